"""Small files that must survive a power cut: written whole or not at all.

Comes in: bytes and a path. Goes out: the file, replaced in one step and on the disk. Whoever
reads it sees the old content or the new one, never half of either.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ambient.errors import StoreError


def read_bytes(path: Path) -> bytes | None:
    """Return the content of `path`, or nothing when there is no such file.

    Raises
    ------
    StoreError
        When the file exists and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its owner") from None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, which may be larger than the memory.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step; only its owner may read it.

    Raises
    ------
    StoreError
        When the disk cannot take it; the old content stays.
    """
    try:
        put(path, data)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); free space on this disk"
        ) from None


def put(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Do what `write_atomically` does, for callers with words of their own for what fails.

    With `replace` off, a file that is there stays as it is: of several writers the first one wins.

    Raises
    ------
    OSError
        When the disk cannot take it; the old content stays.
    """
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(part, path)
        else:
            with suppress(FileExistsError):
                os.link(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk.

    Without this for the folder, a power cut may bring the old name back.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` for as long as the block runs (other processes wait)."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); check its owner") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
