"""Whether the picture's border hides a part of an outline: boxes in, yes or no out.

A detector's sides waver by some hundredths of the picture, so that the box of somebody whom the
lower border cuts ends inside it now and then, and is then as low and wide as that of somebody who
lies. So a border that was reached hides the same outline for some seconds more. Pure: time is the
`t` of what is seen.
"""

from __future__ import annotations

from typing import Final

from ambient.observations import Box
from vision.boxes import iou
from vision.outline_shape import near_border

HIDES_S: Final = 5.0
SAME: Final = 0.6
"""Intersection over union from which an outline is the one that reached the border."""


class AtBorder:
    """The outlines of one camera that its picture's border cut lately."""

    def __init__(self) -> None:
        self._cut: list[tuple[int, Box]] = []

    def hides(self, box: Box, t: int) -> bool:
        """Return whether the border may hide so much of a body that its box tells no posture."""
        # A clock that was set back begins anew.
        self._cut = [(at, cut) for at, cut in self._cut if 0.0 <= (t - at) / 1e9 <= HIDES_S]
        if near_border(box):
            self._cut = [*(c for c in self._cut if iou(c[1], box) < SAME), (t, box)]
            return True
        return any(iou(cut, box) >= SAME for _, cut in self._cut)
