"""The log's chain of hashes: a line cannot be changed, left out or moved without being found.

Comes in: lines, and the salts of those subjects that are not erased. Goes out: hashes, and the
first line that is wrong, with why. Pure; SHA-256 (FIPS 180-4) and HMAC-SHA-256 (FIPS 198-1).

A line is ``number, at, open part, seal``. Its hash covers the hash before it and all four. What
belongs to a subject is kept apart from the line; the line holds its *seal* alone, HMAC-SHA-256 of
it under the subject's own random salt. Erasing a subject deletes part and salt: without the salt
the seal tells nothing about the part, not even to somebody who guesses it, and the chain still
verifies.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

FIRST: Final = "0" * 64
"""What stands for the hash before the first line."""
SALT_BYTES: Final = 32


class Line(Struct, frozen=True, kw_only=True):
    """One line of the log as it is kept.

    Attributes
    ----------
    number
        From 1 on, without a gap.
    at
        Hub time (ns).
    body
        The open part, canonical JSON.
    seal
        Of the part that belongs to a subject; empty when there is none.
    hash
        SHA-256 in hexadecimal digits.
    subject, sealed
        The subject's pseudonym and their part; None when there is none, or it is erased.
    """

    number: int
    at: int
    body: str
    seal: str
    hash: str
    subject: str | None = None
    sealed: str | None = None


class Broken(Struct, frozen=True, kw_only=True):
    """The first line that is wrong."""

    number: int
    why: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What a check of the chain found.

    Attributes
    ----------
    lines
        How many lines are right before the first wrong one.
    head
        Hash of the last of them; who keeps it elsewhere also finds that lines are missing at the
        end.
    erased
        How many of them have a seal whose part is erased.
    """

    lines: int
    head: str
    erased: int
    broken: Broken | None = None


def seal(salt: bytes, part: str) -> str:
    """Return the seal of what belongs to a subject, in hexadecimal digits."""
    return hmac.new(salt, part.encode(), hashlib.sha256).hexdigest()


def digest(previous: str, number: int, at: int, body: str, sealed: str) -> str:
    """Return the hash of a line after the one whose hash is `previous`."""
    data = body.encode()
    parts = (
        bytes.fromhex(previous),
        number.to_bytes(8, "big"),
        at.to_bytes(8, "big", signed=True),
        len(data).to_bytes(8, "big"),
        data,
        sealed.encode(),
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()


def verify(lines: Iterable[Line], salts: Mapping[str, bytes], erased: Iterable[str]) -> Verdict:
    """Check `lines` in order.

    Parameters
    ----------
    salts
        Subject ► salt.
    erased
        Subjects in the erasure ledger.
    """
    known = frozenset(erased)
    head, right, without = FIRST, 0, 0
    for line in lines:
        why = _wrong(line, head, right + 1, salts, known)
        if why is not None:
            broken = Broken(number=line.number, why=why)
            return Verdict(lines=right, head=head, erased=without, broken=broken)
        head, right = line.hash, right + 1
        without += bool(line.seal) and line.sealed is None
    return Verdict(lines=right, head=head, erased=without)


def _wrong(
    line: Line, head: str, number: int, salts: Mapping[str, bytes], erased: frozenset[str]
) -> str | None:
    if line.number != number:
        return f"expected line {number} here, got {line.number}: lines are missing"
    expected = digest(head, line.number, line.at, line.body, line.seal)
    if line.hash != expected:
        return f"expected the hash {expected[:16]}…, got {line.hash[:16]}…: the line was changed"
    if not line.seal:
        return None if line.sealed is None else "expected no part of a subject, got one"
    if line.sealed is None or line.subject is None:
        return None if erased else "expected the part of a subject, got none, and none is erased"
    salt = salts.get(line.subject)
    if salt is None:
        return f"expected the salt of {line.subject}, got none: their part is still here"
    if not hmac.compare_digest(seal(salt, line.sealed), line.seal):
        return "expected the part that was sealed, got another: it was changed"
    return None
