"""The shape of a body in numbers: one pose in, a handful of geometric features out.

Angles are in radians from the vertical of the picture (a camera's roll is not corrected). Lengths
are in metres where they come from world landmarks, else in units of the picture's height or of
the body's own size, so that distance and resolution fall out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Point, PoseSeen

_CORE: Final = (0, 11, 12, 23, 24, 25, 26, 27, 28)
_PAIRS: Final = ((11, 12), (23, 24), (25, 26), (27, 28))

Points = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class BodyFeatures:
    """What a posture is judged by.

    Attributes
    ----------
    extent_m
        Vertical extent from head to ankles in metres (world landmarks): about 1.25 standing,
        0.9 sitting on a chair, below 0.55 lying.
    tilt_world, tilt
        Angle of the trunk (hips to shoulders) from upright, radians 0..pi, in world landmarks and
        in the picture.
    thigh
        Angle of the thighs from hanging down, radians 0..pi, in world landmarks.
    shin
        Angle of the shins from hanging down, radians 0..pi, in world landmarks.
    height
        Vertical extent of the skeleton in the picture over `size`.
    ratio
        Width over height of the skeleton in the picture.
    size
        Length of the skeleton whatever its posture, in picture heights (see `body_size`).
    box_height
        Vertical extent of the skeleton, in picture heights.
    head, hip, ankle
        Mean x, y in picture heights.
    seen
        Mean visibility of head, shoulders, hips, knees and ankles, 0..1.
    legs
        Visibility of knee and ankle, each on the side that is seen better, 0..1; low where the
        network guesses them, as behind a table.
    """

    extent_m: float
    tilt_world: float
    tilt: float
    thigh: float
    shin: float
    height: float
    ratio: float
    size: float
    box_height: float
    head: tuple[float, float]
    hip: tuple[float, float]
    ankle: tuple[float, float]
    seen: float
    legs: float


def measure(pose: PoseSeen) -> BodyFeatures:
    """Return the features of one pose."""
    keypoints, aspect = pose.keypoints, pose.aspect
    xy = [(x * aspect, y) for x, y, _ in keypoints]
    middles = _joints(xy)
    head, shoulders, hips, _, ankles = middles
    width, height = _extent(xy)
    size = _length(middles, width, height)
    trunk_x, trunk_y = shoulders[0] - hips[0], shoulders[1] - hips[1]
    tilt = float(np.arctan2(abs(trunk_x), -trunk_y))
    extent, tilt_world, thigh, shin = height / size * 1.3, tilt, 0.0, 0.0
    if pose.world:
        extent, tilt_world, thigh, shin = _solid(pose.world)
    visible = [keypoints[joint][2] for joint in _CORE]
    left_knee, right_knee, left_ankle, right_ankle = visible[5:]
    return BodyFeatures(
        extent_m=extent,
        tilt_world=tilt_world,
        tilt=tilt,
        thigh=thigh,
        shin=shin,
        height=height / size,
        ratio=width / max(height, 1e-3),
        size=size,
        box_height=height,
        head=head,
        hip=hips,
        ankle=ankles,
        seen=float(np.add.reduce(visible)) / len(visible),
        legs=(max(left_knee, right_knee) + max(left_ankle, right_ankle)) / 2,
    )


def body_size(xy: NDArray[np.float64]) -> float:
    """Return the length of a skeleton whatever its posture.

    Parameters
    ----------
    xy
        (33, 2) in units of the picture's height, both axes alike.

    Returns
    -------
    float
        The largest of 2.6 trunks, 2 legs and 0.8 diagonals of head, trunk and legs: a trunk that
        points at the camera does not make a person small. Proportions after Winter 2009, Fig 4.1.
    """
    points = xy.tolist()
    return _length(_joints(points), *_extent(points))


def ramp(value: float, low: float, high: float) -> float:
    """Return how far `value` is on the way from `low` to `high`, 0..1."""
    share = (value - low) / (high - low)
    if share < 1.0:
        return share if share > 0.0 else 0.0
    return 1.0


# A body has five joints here: numpy takes ten times longer for them than plain numbers do. What
# rounds in its own way (dot products, inverse functions) stays numpy's, all of a body at once.


def _joints(points: Points) -> list[Point]:
    """Return head and the middles of shoulders, hips, knees and ankles."""
    nose, left, right = points[0], points[7], points[8]
    head = (nose[0] + left[0] + right[0]) / 3, (nose[1] + left[1] + right[1]) / 3
    pairs = [(points[left], points[right]) for left, right in _PAIRS]
    return [head, *(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairs)]


def _extent(points: Points) -> tuple[float, float]:
    """Return width and height of head, trunk and legs."""
    core = [points[joint] for joint in _CORE]
    x, y = [point[0] for point in core], [point[1] for point in core]
    return max(x) - min(x), max(y) - min(y)


def _length(middles: Sequence[Point], width: float, height: float) -> float:
    """Return the size of a body by its `_joints` and `_extent`; see `body_size`."""
    _, shoulders, hips, knees, ankles = middles
    trunk, thigh, shin, diagonal = _norms(
        [
            (shoulders[0] - hips[0], shoulders[1] - hips[1]),
            (hips[0] - knees[0], hips[1] - knees[1]),
            (knees[0] - ankles[0], knees[1] - ankles[1]),
            (width, height),
        ]
    )
    return max(trunk * 2.6, (thigh + shin) * 2.0, diagonal * 0.8, 1e-3)


def _solid(world: Points) -> tuple[float, float, float, float]:
    """Return extent, and the angles of trunk, thighs and shins, of world landmarks."""
    head = (world[0][1] + world[7][1] + world[8][1]) / 3
    pairs = [(world[left], world[right]) for left, right in _PAIRS]
    shoulders, hips, knees, ankles = (
        ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2) for a, b in pairs
    )
    limbs = [
        (end[0] - start[0], end[1] - start[1], end[2] - start[2])
        for start, end in ((hips, shoulders), (hips, knees), (knees, ankles))
    ]
    trunk, thigh, shin = np.arccos(
        [
            max(min(limb[1] * down / (length + 1e-9), 1.0), -1.0)
            for limb, down, length in zip(limbs, (-1.0, 1.0, 1.0), _norms(limbs), strict=True)
        ]
    ).tolist()
    column = (head, shoulders[1], hips[1], knees[1], ankles[1])
    return max(column) - min(column), trunk, thigh, shin


def _norms(vectors: Sequence[Sequence[float]]) -> list[float]:
    """Return the length of each."""
    array = np.array(vectors)
    lengths: list[float] = np.sqrt(np.vecdot(array, array)).tolist()
    return lengths
