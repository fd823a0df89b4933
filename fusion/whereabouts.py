"""What one person is on: places of single looks in, a place that is believed out. Pure."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from ambient.observations import Place, Point, PostureSeen
from fusion.looks import SAFE, safe

SAFE_S: Final = 1.0
STAYS: Final = 0.35
"""Hips that moved by more than this share of the body's length may have left the bed."""
STAYS_SAFE: Final = 0.8
"""Least probability of still being on a bed or sofa for who has not moved from it."""
PLACE_WEIGHT: Final = 0.1
"""How much of its probability each further sight of the same place settles."""
PLACE_S: Final = 2.0
"""So long must a person be seen on something else before it is believed."""


class Whereabouts(Struct):
    """What one person is on."""

    place: Place = Place.UNKNOWN
    bed: str | None = None
    sure: float = 1.0
    """Probability of `place`."""
    safe: float = 0.0
    """Smoothed probability of being on something on which lying is no fall, 0..1."""
    safe_at: Point | None = None
    """Where that was established; who does not move from there stays on it."""
    other_since: int | None = None
    """Since when the person has been seen on something else than `place`."""

    @classmethod
    def first(cls, seen: PostureSeen) -> Whereabouts:
        """Return what is known at first sight."""
        return cls(place=seen.place, bed=seen.bed, sure=seen.place_sure, safe=safe(seen))

    def see(self, seen: PostureSeen, dt: float) -> int | None:
        """Take in a look, `dt` seconds after the last; return since when the bed is left, if so."""
        left = self._follow_place(seen)
        self._follow_safe(seen, dt)
        return left

    @property
    def rests(self) -> bool:
        """Whether the person is on a bed or sofa, and was not seen elsewhere since."""
        return self.place in (Place.BED, Place.SOFA) and self.other_since is None

    def on_safe(self) -> float:
        """Return how probable it is that lying is no fall here, 0..1."""
        sure = self.sure if self.place in SAFE else 0.0
        return sure if sure > self.safe else self.safe

    def _follow_place(self, seen: PostureSeen) -> int | None:
        """Believe a new place once it has lasted; return since when, if that left a bed."""
        if seen.place is self.place:
            self.other_since, self.bed = None, seen.bed
            self.sure += PLACE_WEIGHT * (seen.place_sure - self.sure)
            return None
        since = self.other_since = seen.t if self.other_since is None else self.other_since
        lasted_s = (seen.t - since) / 1e9
        if lasted_s < PLACE_S and (seen.place in SAFE or self.place in SAFE):
            return None
        left_bed = self.place in SAFE and seen.place not in SAFE
        self.place, self.sure, self.other_since = seen.place, seen.place_sure, None
        # Who rolled off a bed still belongs to it.
        self.bed = self.bed if left_bed else seen.bed
        return since if left_bed else None

    def _follow_safe(self, seen: PostureSeen, dt: float) -> None:
        """Follow how surely the person is on a bed or sofa.

        Furniture that was found wavers with every pose; nobody leaves a bed without moving, so
        what was established holds until the hips are elsewhere or the person is upright.
        """
        now = safe(seen)
        self.safe += (dt / SAFE_S if dt < SAFE_S else 1.0) * (now - self.safe)
        if self.safe >= 0.5 and now >= 0.5:
            self.safe_at = seen.at
        if self.safe_at is None:
            return
        moved = math.dist(self.safe_at, seen.at) > STAYS * seen.size
        elsewhere = seen.place not in SAFE and seen.place is not Place.UNKNOWN
        if moved or seen.upright >= 0.5 or (elsewhere and seen.place_sure >= 0.9):
            self.safe_at = None
        elif self.safe < STAYS_SAFE:
            self.safe = STAYS_SAFE
