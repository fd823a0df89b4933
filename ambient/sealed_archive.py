"""Backups as files: where one goes and how it is called, and a sealed one opened again.

Comes in: a folder, whose backup it is and when; or a backup and the private key. Goes out: the path
to write to, ``<whose>-<time>.age``; or the tar archive that was sealed, to be read. What is in it
and how it is sealed is the matter of whoever makes it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ambient import sealing
from ambient.errors import StoreError

LIST: Final = "contents.json"
"""What a backup says of itself."""
SUFFIX: Final = ".age"
_TIME: Final = "%Y%m%dT%H%M%SZ"


def destination(folder: Path, whose: str, now: datetime) -> Path:
    """Return where a backup of `whose`, taken `now`, goes; make `folder` when it is missing.

    Raises
    ------
    StoreError
        When the folder cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder / f"{whose}-{now.astimezone(UTC).strftime(_TIME)}{SUFFIX}"


@contextmanager
def opened(
    backup: Path, private: str, clear: Path, whose: str, most_bytes: int | None = None
) -> Iterator[tarfile.TarFile]:
    """Open the archive of a backup, to read from it within a ``with``.

    Parameters
    ----------
    backup, private
        What was sealed, and the private key.
    clear
        A folder for what must not stay, where the archive lies meanwhile.
    whose
        Whose backup it should be, for errors: "hub" or "node".
    most_bytes
        More than that is refused.

    Raises
    ------
    UsageError
        When the key is not this backup's.
    StoreError
        When the backup is damaged or too large, is none, or (`KeyError`, `msgspec.MsgspecError` of
        whoever reads) holds something else.
    """
    archive = clear / "backup.tar"
    sealing.open_file(backup, archive, private)
    if most_bytes is not None and archive.stat().st_size > most_bytes:
        raise StoreError(f"{backup}: expected at most {most_bytes >> 20} MiB; take another")
    try:
        with tarfile.open(archive) as tar:
            yield tar
    except (tarfile.TarError, KeyError, msgspec.MsgspecError) as error:
        raise StoreError(
            f"{backup}: expected a {whose}'s backup, got something else ({error}); take another"
        ) from None


def cannot_write(path: Path, error: OSError) -> StoreError:
    """Return what is told when a folder cannot be written to."""
    return StoreError(
        f"{path}: expected a folder to write to, got: {error.strerror}; "
        "check its owner and the free space"
    )
