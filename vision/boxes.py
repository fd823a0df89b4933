"""Areas of boxes and what they share. A box is x0, y0, x1, y1; lengths in any one unit."""

from __future__ import annotations

from collections.abc import Iterable

from ambient.observations import Box


def area(box: Box) -> float:
    """Return the area of a box; 0 when it is turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def common(a: Box, b: Box) -> float:
    """Return the area that two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def iou(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes, 0..1."""
    shared = common(a, b)
    return shared / max(area(a) + area(b) - shared, 1e-9)


def inside(a: Box, b: Box) -> float:
    """Return the share of the smaller box that lies in the other, 0..1."""
    return common(a, b) / max(min(area(a), area(b)), 1e-9)


def disjoint(a: Box, b: Box) -> bool:
    """Return whether two boxes have nothing in common."""
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def covered(box: Box, by: Iterable[Box]) -> float:
    """Return the largest share of `box` that one of the others covers."""
    return max((common(box, other) for other in by), default=0.0) / max(area(box), 1e-9)


def lower_half(box: Box) -> Box:
    """Return the lower half of a box: of an outline, what touches the floor or a seat."""
    return box[0], (box[1] + box[3]) / 2, box[2], box[3]
