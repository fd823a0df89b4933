"""When to say that a node's hub is away: once lost, again while it stays away, once it is back.

Comes in: whether a hub takes messages, and the time. Goes out: what is to be said now, if anything.
Pure. A connection that is made anew within `LOST_S` (a hub that is started again, a key that is
changed) is not worth a line.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from msgspec import Struct

LOST_S: Final = 10.0
AGAIN_S: Final = 600.0
"""Between two lines while it stays away."""


class Said(Enum):
    """What is to be said."""

    LOST = auto()
    STILL = auto()
    BACK = auto()


class Line(Struct, frozen=True):
    """What is to be said, and for how long (s) the hub is or was away."""

    said: Said
    away_s: float


class Outage:
    """Follows one link.

    Parameters
    ----------
    now
        Since when there is no hub, in seconds of a steady clock.
    """

    def __init__(self, now: float) -> None:
        self._since: float | None = now
        self._next = now + LOST_S
        self._told = False

    def step(self, *, welcomed: bool, now: float) -> Line | None:
        """Take in whether a hub takes messages at `now` (s); return what is to be said."""
        if welcomed:
            return self._back(now)
        if self._since is None:
            self._since, self._next = now, now + LOST_S
        if now < self._next:
            return None
        said = Said.STILL if self._told else Said.LOST
        self._told = True
        self._next = now + AGAIN_S
        return Line(said, now - self._since)

    def _back(self, now: float) -> Line | None:
        since, told = self._since, self._told
        self._since, self._told = None, False
        return Line(Said.BACK, now - since) if told and since is not None else None
