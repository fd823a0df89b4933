"""Of whom it is not clear whether they are down: their pose is worth several looks.

Comes in: what is said of each person of one camera. Goes out: the boxes of those whom the pose
engine shall read more than once in the next picture. Who is up is not among them, nor who lies
where people sleep. What this costs is bounded: looks are paid from a purse that fills slowly, so a
fall and what follows are read well, and an hour of exercise on the floor costs little more than
without. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ambient.observations import Box, Place, PostureSeen

LOW: Final = 0.2
"""Probability of being down, or evidence of a descent, from which somebody is in doubt."""
SAFE: Final = frozenset({Place.BED, Place.SOFA, Place.PERMITTED})
SURE: Final = 0.7
"""Probability of such a place from which there is no doubt."""
PURSE: Final = 150.0
"""Bodies that can be read at once: fifteen seconds at ten pictures a second …"""
INCOME: Final = 3.0
"""… and how many more with each second."""


class Doubts:
    """The doubtful people of one camera."""

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._purse = PURSE
        self._t_ns: int | None = None

    def note(self, said: Sequence[tuple[Box, PostureSeen]]) -> None:
        """Take in what is said of everybody whose pose is seen in one picture."""
        self._boxes = [box for box, posture in said if _doubtful(posture)]

    def spend(self, t_ns: int) -> list[Box]:
        """Return whom to read several times in the picture of `t_ns`, as far as it can be paid."""
        if self._t_ns is not None:
            passed_s = max(0.0, (t_ns - self._t_ns) / 1e9)
            self._purse = min(PURSE, self._purse + INCOME * passed_s)
        self._t_ns = t_ns
        boxes, self._boxes = self._boxes, []
        if len(boxes) > self._purse:
            return []
        self._purse -= len(boxes)
        return boxes


def _doubtful(said: PostureSeen) -> bool:
    safe = said.place in SAFE and said.place_sure >= SURE
    return max(said.down, said.descent) >= LOW and not safe
