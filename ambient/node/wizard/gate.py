"""Who gets into the wizard, as pure logic: one code, five tries, thirty minutes.

Comes in: what somebody gave, and the time in seconds. Goes out: a `Gate` as it is from now on, and
a verdict.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ambient.bus.opening import is_code

OPEN_S: Final = 30 * 60
"""How long a wizard may be open, however long it is used."""
TRIES: Final = 5


class Verdict(StrEnum):
    """What became of a try."""

    ENTERED = "entered"
    WRONG = "wrong"
    LOCKED = "locked"
    """Too many wrong codes: only a new opening, with a new code, helps."""
    USED = "used"
    """The code served somebody already."""
    OVER = "over"


@dataclass(frozen=True)
class Gate:
    """The gate of one opening.

    Attributes
    ----------
    code
        The code of this opening.
    until
        When it closes, in seconds of a steady clock.
    wrong
        Wrong codes so far.
    session
        SHA-256 of the token of the device that was let in.
    """

    code: str
    until: float
    wrong: int = 0
    session: bytes | None = None

    def is_open(self, now: float) -> bool:
        """Return whether the wizard may be reached at `now` (s)."""
        return now < self.until

    def left_s(self, now: float) -> float:
        """Return for how long it is still open."""
        return max(0.0, self.until - now)

    @property
    def tries_left(self) -> int:
        """How many wrong codes it takes still to close it for good."""
        return max(0, TRIES - self.wrong)

    def enter(self, given: str, token: str, now: float) -> tuple[Gate, Verdict]:
        """Take in that somebody gave a code at `now` (s).

        Parameters
        ----------
        given
            What was given.
        token
            A fresh random token, which lets this device in when the code is right.
        """
        if not self.is_open(now):
            return self, Verdict.OVER
        if self.wrong >= TRIES:
            return self, Verdict.LOCKED
        if self.session is not None:
            return self, Verdict.USED
        if not is_code(given, self.code):
            after = replace(self, wrong=self.wrong + 1)
            return after, Verdict.LOCKED if after.wrong >= TRIES else Verdict.WRONG
        return replace(self, session=_digest(token)), Verdict.ENTERED

    def admits(self, token: str | None, now: float) -> bool:
        """Return whether the device with `token` is in at `now` (s)."""
        if token is None or self.session is None or not self.is_open(now):
            return False
        return hmac.compare_digest(_digest(token), self.session)


def opened(code: str, now: float, seconds: float = OPEN_S) -> Gate:
    """Return the gate of an opening at `now` (s), for `OPEN_S` at most."""
    return Gate(code, now + min(max(0.0, seconds), OPEN_S))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
