"""What a person's outline says of how the person is: a box in, shape and probabilities out.

Used where the pose network finds no body. A box that is wider than high, or much lower than the
same person stood, is somebody who is down. Lengths are in picture heights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Box, Point
from vision.boxes import covered, lower_half
from vision.features import ramp

_STAND_IN: Final = 33
"""Landmarks of a body."""

_WIDE: Final = 2.5
_LOW: Final = 5.0
_LOW_FROM: Final = 0.62
_BIAS: Final = -0.4
"""Log-odds of being down: `_WIDE` times ln(width / height) plus `_LOW` times what the box is lower
than `_LOW_FROM` of the standing height, plus `_BIAS`."""
_UNKNOWN_TALL: Final = -0.6
"""… in place of the height term for somebody never seen upright."""
_BORDER: Final = 0.015
_NEAR_BORDER: Final = 0.03
"""A detector's box of a body that is cut ends up to so far inside the picture."""
_BEHIND: Final = 0.6
"""Share of the lower half of a box that a table covers, from which it hides the legs."""
_CUT_OFF: Final = -0.5
"""Most log-odds of being down for a box that the picture's side or lower border cuts."""
_STANDING_M: Final = 1.25
"""Head to ankles in world landmarks of somebody who stands (see `BodyFeatures.extent_m`)."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One box as a body.

    Attributes
    ----------
    height, size
        Of the box, and its longer side.
    down, upright
        Probabilities, 0..1.
    extent_m
        As `BodyFeatures.extent_m`, from the standing height.
    level
        As the posture model's level of a pose: minus the mean row of head and hips.
    head, middle, foot
        Points of the box that stand for those of a body.
    """

    height: float
    size: float
    down: float
    upright: float
    extent_m: float
    level: float
    head: Point
    middle: Point
    foot: Point

    @classmethod
    def of(cls, box: Box, aspect: float, tall: float) -> Outline:
        """Judge a box.

        Parameters
        ----------
        box
            x0, y0, x1, y1, normalised.
        aspect
            Width / height of the picture.
        tall
            The person's height when last seen upright, in picture heights; 0 when never.
        """
        x0, y0, x1, y1 = box
        width, height = max((x1 - x0) * aspect, 1e-3), max(y1 - y0, 1e-3)
        wide = math.log(width / height)
        share = min(1.2, height / tall) if tall > 0 else None
        low = _LOW * (_LOW_FROM - share) if share is not None else _UNKNOWN_TALL
        total = _WIDE * wide + low + _BIAS
        if cut_off(box):
            # What is left of somebody at the border has any shape.
            total = min(total, _CUT_OFF)
        down = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
        x = (x0 + x1) / 2 * aspect
        # Of a narrow box the head is at the top, of a wide one in the middle.
        lying = ramp(wide, -0.2, 0.3)
        head_y = y0 + (0.07 + 0.43 * lying) * height
        return cls(
            height=height,
            size=max(width, height),
            down=down,
            upright=(1.0 - down) * ramp(-wide, 0.35, 0.75) * ramp(share or 1.0, 0.55, 0.8),
            extent_m=_STANDING_M * min(1.0, share if share is not None else 1.0 - 0.6 * down),
            level=-(head_y + y0 + (0.47 + 0.03 * lying) * height) / 2,
            head=(x, head_y),
            middle=(x, (y0 + y1) / 2),
            foot=(x, y1),
        )


def cut_off(box: Box) -> bool:
    """Say whether the picture's border hides a part of what is in the box, the legs at least."""
    x0, _, x1, y1 = box
    return x0 < _BORDER or x1 > 1.0 - _BORDER or y1 > 1.0 - _BORDER


def near_border(box: Box) -> bool:
    """Say whether the border may hide so much of a body that its box tells no posture."""
    x0, _, x1, y1 = box
    return x0 < _NEAR_BORDER or x1 > 1.0 - _NEAR_BORDER or y1 > 1.0 - _NEAR_BORDER


def behind(box: Box, tables: Iterable[Box]) -> bool:
    """Say whether a table may hide so much of a body that its box tells no posture.

    Whoever sits behind a table shows no legs, and a box as low as that of somebody who lies. A
    table that ends higher in the picture than the body stands behind it, and hides nothing.
    """
    return covered(lower_half(box), (t for t in tables if t[3] >= box[3])) >= _BEHIND


def stand_in(box: Box) -> NDArray[np.float64]:
    """Return points (33, 3) that stand for the landmarks of a body of which only a box is known.

    They lie along the box's long axis, a little below its middle, where a body rests; visibility
    is 0.5.
    """
    x0, y0, x1, y1 = box
    along = np.linspace(0.08, 0.92, _STAND_IN)
    middle = np.full(_STAND_IN, 0.5)
    wide = x1 - x0 >= y1 - y0
    x = x0 + (x1 - x0) * (along if wide else middle)
    y = y0 + (y1 - y0) * (middle + 0.1 if wide else along)
    return np.stack([x, y, middle], axis=1)
