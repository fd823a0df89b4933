"""Outlines that were drawn on a picture: corners in, whether a point lies within out.

Plain numbers: an outline has a handful of sides, for which numpy takes ten times longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from ambient.observations import Point


def within(at: Point, outline: Sequence[Point]) -> bool:
    """Return whether a point lies in an outline, closed by itself (even-odd rule)."""
    x, y = at
    found = False
    x0, y0 = outline[-1]
    for x1, y1 in outline:
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            found = not found
        x0, y0 = x1, y1
    return found
