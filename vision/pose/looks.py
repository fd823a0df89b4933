"""Several looks at one body, and what is in the middle of what they show.

The landmark network answers a shift of its region by a fraction of a pixel with another pose where
a body is hard to read: on the floor, crumpled, half hidden, in the dark. A single look then is a
draw from several answers, and where nothing moves the same wrong one comes again and again. Looks
from regions that are moved, scaled, turned and mirrored a little err differently; the median of
each landmark is nearer to what is there. Pure arithmetic; the engine runs the network.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from vision.pose.landmarks import Landmarks
from vision.pose.roi import Roi
from vision.pose.types import Floats

_WAYS: Final = (
    (0.0, 0.0, 1.0, 0.0, True),
    (0.02, 0.015, 1.06, 0.06, False),
    (-0.02, -0.015, 0.95, -0.06, True),
    (0.015, -0.02, 1.03, -0.04, False),
)
"""Shift to the body's right and downwards in sizes of the region, scale, turn (radians), mirrored:
all within what the region itself changes from one frame to the next."""


def other_regions(roi: Roi) -> Iterator[tuple[Roi, bool]]:
    """Yield further regions around the body that one region shows, and whether to mirror them."""
    cos, sin = math.cos(roi.rotation) * roi.size, math.sin(roi.rotation) * roi.size
    for right, down, scale, turn, mirrored in _WAYS:
        x, y = roi.x + cos * right - sin * down, roi.y + sin * right + cos * down
        yield Roi(x, y, roi.size * scale, roi.rotation + turn), mirrored


def middle(looks: Sequence[Landmarks]) -> Landmarks:
    """Return the landmarks in the middle of several looks at one body, one at least.

    Each number is the median over the looks; the turn of the next region is that of the mean
    direction, since angles have no middle.
    """
    if len(looks) == 1:
        return looks[0]
    regions = np.array([(r.x, r.y, r.size) for r in (look.next_roi for look in looks)])
    x, y, size = np.median(regions, axis=0).tolist()
    turns = [look.next_roi.rotation for look in looks]
    turn = math.atan2(sum(map(math.sin, turns)), sum(map(math.cos, turns)))
    return Landmarks(
        _median([look.points for look in looks]),
        _median([look.visibility for look in looks]),
        _median([look.world for look in looks]),
        Roi(x, y, size, turn),
    )


def _median(values: Sequence[Floats]) -> Floats:
    return np.median(np.stack(values), axis=0).astype(np.float32)
