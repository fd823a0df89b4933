"""The square, turned region around one person that the landmark network looks at.

In: two alignment points (middle of the hips, and a point on the circle around the whole body).
Out: the region, and the affine map between it and the picture. Everything here is in pixels of
the picture; angles are radians, clockwise as seen, because y points down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.pose.types import Floats

# How much larger than the circle's square the network was trained to see.
_MARGIN = 1.25
# The smallest region with anything to see in it, and how far out of the picture one may be.
_MIN_SIZE = 8.0
_MAX_SIZES = 6.0
# Cosine of the turn from which on a body is head down: 115 degrees.
_HEAD_DOWN = -0.42


@dataclass(frozen=True, slots=True)
class Roi:
    """A square: centre, side length and clockwise turn (0: the person stands upright)."""

    x: float
    y: float
    size: float
    rotation: float

    @classmethod
    def from_alignment(cls, centre: tuple[float, float], rim: tuple[float, float]) -> Roi:
        """Make the region from BlazePose's two alignment points, in pixels.

        Parameters
        ----------
        centre
            The middle between the hips.
        rim
            A point on the circle that encloses the whole body, in the direction of the head.
        """
        dx, dy = rim[0] - centre[0], rim[1] - centre[1]
        turn = normalise_angle(math.pi / 2 - math.atan2(-dy, dx))
        return cls(centre[0], centre[1], 2.0 * math.hypot(dx, dy) * _MARGIN, turn)

    @property
    def head_down(self) -> bool:
        """Whether the head is nearer to the lower border of the picture than the feet, clearly."""
        return math.cos(self.rotation) < _HEAD_DOWN

    def turned(self, angle: float) -> Roi:
        """Return the same region turned further, clockwise, radians."""
        return Roi(self.x, self.y, self.size, normalise_angle(self.rotation + angle))

    def to_picture(self, pixels: int, *, mirrored: bool = False) -> NDArray[np.float64]:
        """Return the 2 x 3 matrix from a crop of ``pixels`` x ``pixels`` to the picture.

        A mirrored crop has left and right swapped.
        """
        step = self.size / pixels
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        half = self.size / 2
        matrix = np.array(
            [
                [step * cos, -step * sin, self.x - (cos - sin) * half],
                [step * sin, step * cos, self.y - (sin + cos) * half],
            ]
        )
        if mirrored:
            matrix[:, 2] += matrix[:, 0] * pixels
            matrix[:, 0] *= -1.0
        return matrix

    def usable(self, width: int, height: int) -> bool:
        """Say whether the region is finite, not tiny nor huge, and centred near the picture."""
        if not all(map(math.isfinite, (self.x, self.y, self.size, self.rotation))):
            return False
        margin = self.size / 2
        return (
            _MIN_SIZE <= self.size <= _MAX_SIZES * max(width, height)
            and -margin <= self.x <= width + margin
            and -margin <= self.y <= height + margin
        )

    def same_person(self, other: Roi) -> bool:
        """Say whether two regions can only be one person.

        Regions reach far beyond the body, so those of two people side by side overlap by more
        than half: the distance between the hips decides, not the overlap.
        """
        size = min(self.size, other.size)
        apart = math.hypot(self.x - other.x, self.y - other.y)
        return apart < 0.1 * size and max(self.size, other.size) < 2 * size


def normalise_angle(angle: float) -> float:
    """Return the angle in -pi..pi."""
    return angle - 2 * math.pi * math.floor((angle + math.pi) / (2 * math.pi))


def apply_affine(matrix: NDArray[np.float64], points: Floats) -> Floats:
    """Map (n, 2) points by a 2 x 3 matrix."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped.astype(np.float32)
