"""Small files that must survive a power cut: written whole or not at all.

Comes in: bytes and a path. Goes out: the file, replaced in one step and on the disk. Whoever
reads it sees the old content or the new one, never half of either.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
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


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data` in one step.

    Raises
    ------
    StoreError
        When the disk cannot take it; the old content stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); free space on this disk"
        ) from None


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
