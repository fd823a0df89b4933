"""Whom the engine follows from frame to frame, and when it looks for more. Pure logic.

In: instants, and what the networks said; out: whether to run the detector now and on which
views, and which of several poses are one person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.pose.roi import Roi
from vision.pose.smoothing import PoseSmoother
from vision.pose.types import Box, Floats

# Quarter turns anticlockwise for views that may show somebody who lies, or a ceiling view.
TURNS = (1, 3, 2)
# Two sets of landmarks nearer than this, on average and in sizes of the region, are one person.
_SAME_DISTANCE = 0.08
# Landmarks end at eyes, ankles and fingertips: the body goes on by this share of their extent.
_BODY_MARGIN = 0.1
_SURE_VISIBILITY = 0.3
# A region around another detector's box: larger by this, and along its side if longer by that.
_BOX_MARGIN = 1.25
_LONG = 1.25
# After somebody was lost, new looks come this many times as often for a while.
_HUNT_RATE = 4
_HUNT_NS = 3_000_000_000


@dataclass(slots=True)
class Person:
    """Somebody who is followed: where to look next, and their smoothing."""

    roi: Roi
    smoother: PoseSmoother = field(default_factory=PoseSmoother)


class Lookout:
    """When to run the detector.

    At once when nobody is followed or somebody was just lost, then four times every
    ``redetect_s`` for 3 s (who went behind somebody comes out again), else every ``redetect_s``
    while there is room for one more, and never when as many as wanted are followed.
    """

    def __init__(self, num_people: int, redetect_s: float) -> None:
        self._num_people = num_people
        self._redetect_ns = round(redetect_s * 1e9)
        self._last_ns: int | None = None
        self._lost_ns: int | None = None
        self._turn = 0

    def due(self, t_ns: int, followed: int, lost: bool) -> bool:
        """Say whether to look now, with so many followed and, maybe, one just lost."""
        if lost:
            self._lost_ns = t_ns
        if followed >= self._num_people:
            return False
        if followed == 0 or lost or self._last_ns is None:
            return True
        hunting = self._lost_ns is not None and t_ns - self._lost_ns <= _HUNT_NS
        interval = self._redetect_ns // _HUNT_RATE if hunting else self._redetect_ns
        return t_ns - self._last_ns >= interval

    def looked(self, t_ns: int) -> None:
        """Note that the detector ran on the plain view."""
        self._last_ns = t_ns

    def next_turn(self) -> int:
        """Return the turned view to try in this frame; the three come in rotation."""
        turn = TURNS[self._turn]
        self._turn = (self._turn + 1) % len(TURNS)
        return turn


def body_box(points: Floats, visibility: Floats) -> Box:
    """Return the box of a body whose landmarks are (33, 2), in their unit, with its margin."""
    sure = points[visibility >= _SURE_VISIBILITY]
    if not len(sure):
        sure = points
    x0, y0 = sure.min(axis=0).tolist()
    x1, y1 = sure.max(axis=0).tolist()
    margin = _BODY_MARGIN * max(x1 - x0, y1 - y0)
    return x0 - margin, y0 - margin, x1 + margin, y1 + margin


def regions_of(box: Box) -> list[Roi]:
    """Return where the landmark network may find the body that fills a box, in pixels.

    A long box is a body along its axis, the head at either end; in a square one it may crouch
    upright or lie curled up to either side.
    """
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    x, y, size = (x0 + x1) / 2, (y0 + y1) / 2, _BOX_MARGIN * max(width, height)
    if height > _LONG * width:
        turns = [0.0, math.pi]
    elif width > _LONG * height:
        turns = [math.pi / 2, -math.pi / 2]
    else:
        turns = [0.0, math.pi / 2, -math.pi / 2]
    return [Roi(x, y, size, turn) for turn in turns]


def covered(box: Box, other: Box) -> bool:
    """Say whether two boxes can be one person: half of the smaller lies in the other."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return False
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (box, other))
    return width * height >= 0.5 * smaller


def elsewhere(region: Box | None, taken: Sequence[Box], width: int, height: int) -> bool:
    """Say whether a region is given, in 0..1, whose middle isn't in a box that is taken."""
    if region is None:
        return False
    x, y = (region[0] + region[2]) / 2 * width, (region[1] + region[3]) / 2 * height
    return not any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in taken)


def new_regions(found: Sequence[Roi], taken: Sequence[Box], room: int) -> list[Roi]:
    """Return at most ``room`` regions, surest first, of people not listed before.

    Parameters
    ----------
    found
        Surest first.
    taken
        Boxes, in pixels, of the people already followed: hips in there are theirs.
    room
        How many more may be followed.
    """
    fresh: list[Roi] = []
    for roi in found:
        if len(fresh) == room:
            break
        known = any(x0 <= roi.x <= x1 and y0 <= roi.y <= y1 for x0, y0, x1, y1 in taken)
        if not known and not any(roi.same_person(other) for other in fresh):
            fresh.append(roi)
    return fresh


def duplicates(points: Sequence[Floats], sizes: Sequence[float]) -> set[int]:
    """Return the indices of sets of landmarks that repeat an earlier one.

    Parameters
    ----------
    points
        (33, 2) each, pixels, the ones to keep first.
    sizes
        Side length of the region of each, pixels.
    """
    repeated: set[int] = set()
    for index in range(len(points)):
        for earlier in range(index):
            if earlier in repeated:
                continue
            apart = np.linalg.norm(points[index] - points[earlier], axis=1).mean()
            if apart < _SAME_DISTANCE * min(sizes[index], sizes[earlier]):
                repeated.add(index)
                break
    return repeated
