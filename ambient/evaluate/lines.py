"""What a measurement found, as JSON lines for other programs: structs in, a file out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from ambient.errors import StoreError


def expect_place(target: Path | None, option: str) -> None:
    """Find out before a long measurement whether its file can be written.

    Parameters
    ----------
    target
        The file; it is made, and left as it is when it is there. None for none.
    option
        The option of the command that named the file, for the error.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    if target is None:
        return
    try:
        target.open("ab").close()
    except OSError as error:
        raise _not_written(target, option, error) from None


def write_lines(target: Path, lines: Iterable[Struct], option: str) -> None:
    """Write one JSON line for each struct.

    Parameters
    ----------
    target
        Written anew.
    lines
        What to write.
    option
        The option of the command that named the file, for the error.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    try:
        with target.open("wb") as handle:
            for line in lines:
                handle.write(msgspec.json.encode(line) + b"\n")
    except OSError as error:
        raise _not_written(target, option, error) from None


def _not_written(target: Path, option: str, error: OSError) -> StoreError:
    return StoreError(
        f"{target}: cannot be written ({error.strerror}); name another file with {option}"
    )
