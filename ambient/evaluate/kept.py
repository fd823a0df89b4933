"""What took long to measure, kept in a folder: a run that was stopped goes on, none is done twice.

Comes in: a file's name and how to make what belongs in it. Goes out: what it holds, or what was
made now and is kept, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from ambient.errors import UsageError
from ambient.files import write_atomically

Kept = TypeVar("Kept")


def kept(
    path: Path | None,
    make: Callable[[], Kept],
    *,
    decode: Callable[[bytes], Kept],
    encode: Callable[[Kept], bytes],
    what: str,
    again: str,
) -> Kept:
    """Return what is kept at `path`, or make and keep it.

    Parameters
    ----------
    path
        A file of its own for each thing; None keeps nothing.
    decode, encode
        From and to the file's content; `decode` raises `msgspec.DecodeError` at anything else.
    what, again
        For who reads the error: what the file should hold, and what removing it leads to.

    Raises
    ------
    UsageError
        The file holds something else.
    StoreError
        The disk cannot take it.
    """
    if path is None:
        return make()
    if path.exists():
        try:
            return decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(
                f"{path}: expected {what}, got something else ({error}); remove it, and {again}"
            ) from None
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, encode(made))
    return made


def encoded(one: object) -> bytes:
    """Return a line of JSON."""
    return msgspec.json.encode(one) + b"\n"
