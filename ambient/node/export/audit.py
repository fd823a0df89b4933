"""The book of exports: a line for each, kept on the node, before the file is handed out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import StoreError
from ambient.events import ExportFormat

BOOK: Final = "exports.jsonl"


class Audited(Struct, frozen=True, kw_only=True):
    """One export.

    Attributes
    ----------
    at
        When it was made, ns.
    user
        Number of the system user who made it.
    recipient
        Fingerprint of the researcher's public key.
    sha256
        Of the sealed file.
    """

    at: int
    user: int
    subjects: list[str]
    began: int
    ended: int
    form: ExportFormat
    rows: int
    recipient: str
    sha256: str


def write(state_dir: Path, entry: Audited) -> None:
    """Add a line to the book, and have it on the disk.

    Raises
    ------
    StoreError
        When the disk does not take it: then nothing may be handed out.
    """
    path = state_dir / BOOK
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(path, flags, 0o600)
        try:
            os.write(file, msgspec.json.encode(entry) + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}), and without its line nothing is "
            "exported; free space on this disk, or run as the node's user"
        ) from None


def read(state_dir: Path) -> list[Audited]:
    """Return all lines, oldest first.

    Raises
    ------
    StoreError
        When the book cannot be read.
    """
    path = state_dir / BOOK
    if not path.exists():
        return []
    try:
        lines = path.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Audited) for line in lines]
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(f"{path}: expected the book of exports, cannot read it: {error}") from None
