"""The ledger of erasures as a file: beside the hub and beside its backups, only ever appended to.

Comes in: keyed digests of residents (`vault`), the key that authenticates them, a path. Goes out:
``erasures.jsonl``, a line each, every one with an authentication code over itself and the line
before (HMAC-SHA-256); and what stands in it, or a refusal when a line was changed, taken out of the
middle, or written by another hub. No pseudonym stands in it and none can be computed from it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ambient.errors import StoreError
from ambient.files import sync

NAME: Final = "erasures.jsonl"


class Erasure(Struct, frozen=True, kw_only=True):
    """One erased resident.

    Attributes
    ----------
    subject
        The keyed digest.
    at
        Hub time (ns).
    """

    subject: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    at: int


class _Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line; the first one of a file has no erasure."""

    erasure: Erasure | None
    code: str


def read(path: Path, key: bytes) -> list[Erasure]:
    """Return what stands in the ledger at `path`, in order.

    A last line that was cut off while it was written is passed over: what it said was not begun.

    Raises
    ------
    StoreError
        When it cannot be read, or a line is not the one that was written.
    """
    return [one.erasure for one in _lines(path, key) if one.erasure is not None]


def names_somebody(path: Path) -> bool:
    """Return whether the ledger at `path` holds any erasure; asked where its key is not at hand.

    Raises
    ------
    StoreError
        When it cannot be read.
    """
    try:
        return path.read_bytes().count(b"\n") > 1  # the first line only begins it
    except OSError as error:
        raise StoreError(
            f"{path}: expected the ledger of erasures, got: {error.strerror}; check the path"
        ) from None


def bring_level(path: Path, key: bytes, erasures: Iterable[Erasure]) -> int:
    """Append to the ledger at `path` those of `erasures` that it lacks; return how many.

    A ledger that is missing is begun, so that one without an erasure is there too: a restore that
    finds none where one should be knows that something is wrong.

    Raises
    ------
    StoreError
        When the ledger is damaged or cannot be written.
    """
    new = not path.exists()
    lines = [] if new else _lines(path, key)
    known = {one.erasure.subject for one in lines if one.erasure is not None}
    last = lines[-1].code if lines else ""
    out = b""
    if not lines:
        last = _code(key, "", None)
        out = _encode(_Line(erasure=None, code=last))
    missing = [one for one in erasures if one.subject not in known]
    for one in missing:
        last = _code(key, last, one)
        out += _encode(_Line(erasure=one, code=last))
    if not out:
        return 0
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = b"".join(_encode(line) for line in lines)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(len(whole))  # over a line that was cut off
            file.write(out)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path}: expected to append to the ledger of erasures, got: {error.strerror}; nothing "
            "was erased: a restore would bring it back. Mend the folder and ask again"
        ) from None
    return len(missing)


def _lines(path: Path, key: bytes) -> list[_Line]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path}: expected the ledger of erasures, got: {error.strerror}; check the path"
        ) from None
    whole = data[: data.rfind(b"\n") + 1]
    lines: list[_Line] = []
    last = ""
    for number, raw in enumerate(whole.splitlines(), 1):
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _changed(path, number) from None
        first = number == 1
        if (line.erasure is None) != first or not hmac.compare_digest(
            line.code, _code(key, last, line.erasure)
        ):
            raise _changed(path, number)
        last = line.code
        lines.append(line)
    return lines


def _changed(path: Path, number: int) -> StoreError:
    return StoreError(
        f"{path}: line {number}: expected the ledger of this hub's erasures as it was written, got "
        "another; take the ledger that lies beside the hub or its newest backups"
    )


def _encode(line: _Line) -> bytes:
    return msgspec.json.encode(line, order="deterministic") + b"\n"


def _code(key: bytes, before: str, erasure: Erasure | None) -> str:
    said = msgspec.json.encode(erasure, order="deterministic")
    return hmac.digest(key, before.encode() + b"\n" + said, hashlib.sha256).hex()
