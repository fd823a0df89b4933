"""Who a second detector's boxes are: boxes of one look and the people followed in, matches out.

A box over somebody whose pose is seen bears that pose out. A box where somebody followed was
last seen keeps that person in sight. What is left are people of whom only the outline is known:
they get an identity once two looks agree. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ambient.observations import Box
from vision.boxes import inside, iou

CONFIRM_LOOKS: Final = 2
PATIENCE_S: Final = 3.0
"""Somebody known by the outline only is lost after so long without a box."""
_SAME_IOU: Final = 0.2
_LENGTHS: Final = 0.4
"""Least ratio of the longer sides of two boxes of one person."""
_VERY_IOU: Final = 0.5
"""A pose that covers an outline so well is of the one whose outline it is."""
_INSIDE: Final = 0.6
"""Share of the smaller box that must lie in the other for the two to be one person."""


@dataclass(slots=True)
class Outline:
    """Somebody known by boxes only since `since`; `track` is 0 until it counts."""

    box: Box
    score: float
    t: int
    since: int
    looks: int = 1
    track: int = 0


def overlap(a: Box, b: Box) -> float:
    """Return how far two boxes may be one person, 0..1; 0 when they cannot be.

    Somebody who lies down is about as long as before was high: a chair in the box of a person who
    stood before it is not what is left of that person.
    """
    longer, shorter = sorted((max(a[2] - a[0], a[3] - a[1]), max(b[2] - b[0], b[3] - b[1])))[::-1]
    if shorter < _LENGTHS * longer:
        return 0.0
    both, share = iou(a, b), inside(a, b)
    return max(both, 0.5 * share) if both >= _SAME_IOU or share >= _INSIDE else 0.0


def match(boxes: Sequence[Box], others: Sequence[Box]) -> dict[int, int]:
    """Return which box is which of the others, best pairs first, each used once."""
    pairs = sorted(
        (
            (overlap(a, b), i, j)
            for i, a in enumerate(boxes)
            for j, b in enumerate(others)
            if overlap(a, b) > 0
        ),
        reverse=True,
    )
    found: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in found and j not in found.values():
            found[i] = j
    return found


class Outlines:
    """The people of one camera of whom only boxes are known."""

    def __init__(self) -> None:
        self._all: list[Outline] = []

    @property
    def known(self) -> list[Outline]:
        """Those who count."""
        return [outline for outline in self._all if outline.track]

    @property
    def fresh(self) -> bool:
        """Whether somebody was seen once only, so that a second look would tell."""
        return any(not outline.track for outline in self._all)

    def at(self, box: Box) -> bool:
        """Return whether somebody is known there already."""
        return any(overlap(outline.box, box) > 0 for outline in self._all)

    def since(self, box: Box) -> int | None:
        """Return since when whoever is exactly there has been seen; None for nobody."""
        there = (outline for outline in self.known if iou(outline.box, box) >= _VERY_IOU)
        return min((outline.since for outline in there), default=None)

    def keep(self, track: int, t: int) -> None:
        """Somebody is where they were."""
        for outline in self._all:
            if outline.track == track:
                outline.t = t

    def update(self, boxes: Sequence[tuple[Box, float]], t: int) -> list[Outline]:
        """Take in the boxes of one look that are nobody else's.

        Returns
        -------
        Those who are seen in this look and agree with an earlier one; `track` 0 wants a number.
        """
        found = match([box for box, _ in boxes], [outline.box for outline in self._all])
        seen: list[Outline] = []
        fresh: list[Outline] = []
        for index, (box, score) in enumerate(boxes):
            if index not in found:
                fresh.append(Outline(box, score, t, t))
                continue
            outline = self._all[found[index]]
            outline.box, outline.score, outline.t = box, score, t
            outline.looks += 1
            if outline.looks >= CONFIRM_LOOKS:
                seen.append(outline)
        self._all += fresh
        return seen

    def take(self, box: Box) -> Outline | None:
        """Forget and return whoever is where a pose was found now."""
        best = max(self._all, key=lambda o: overlap(o.box, box), default=None)
        if best is None or overlap(best.box, box) == 0.0:
            return None
        self._all.remove(best)
        return best

    def end(self, t: int) -> list[Outline]:
        """Forget and return those who count and were not seen for `PATIENCE_S`."""
        lost = [o for o in self._all if (t - o.t) / 1e9 > PATIENCE_S]
        self._all = [o for o in self._all if (t - o.t) / 1e9 <= PATIENCE_S]
        return [outline for outline in lost if outline.track]
