"""The shape of a body in numbers: one pose in, a handful of geometric features out.

Angles are in radians from the vertical of the picture (a camera's roll is not corrected). Lengths
are in metres where they come from world landmarks, else in units of the picture's height or of
the body's own size, so that distance and resolution fall out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import PoseSeen

_HEAD: Final = [0, 7, 8]
_CORE: Final = [0, 11, 12, 23, 24, 25, 26, 27, 28]


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
    keypoints = np.asarray(pose.keypoints, np.float64)
    xy = keypoints[:, :2] * (pose.aspect, 1.0)
    head, shoulders, hips, _, ankles = _joints(xy)
    core = xy[_CORE]
    width, height = (core.max(axis=0) - core.min(axis=0)).tolist()
    size = body_size(xy)
    extent, tilt_world, thigh, shin = height / size * 1.3, 0.0, 0.0, 0.0
    if pose.world:
        world = _joints(np.asarray(pose.world, np.float64))
        column = np.stack(world)[:, 1]
        extent = float(column.max() - column.min())
        tilt_world = _angle(world[1] - world[2], -1.0)
        thigh = _angle(world[3] - world[2], 1.0)
        shin = _angle(world[4] - world[3], 1.0)
    trunk = shoulders - hips
    tilt = float(np.arctan2(abs(trunk[0]), -trunk[1]))
    return BodyFeatures(
        extent_m=extent,
        tilt_world=tilt_world if pose.world else tilt,
        tilt=tilt,
        thigh=thigh,
        shin=shin,
        height=height / size,
        ratio=width / max(height, 1e-3),
        size=size,
        box_height=height,
        head=_pair(head),
        hip=_pair(hips),
        ankle=_pair(ankles),
        seen=float(keypoints[_CORE, 2].mean()),
        legs=float(keypoints[[25, 26, 27, 28], 2].reshape(2, 2).max(axis=1).mean()),
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
    _, shoulders, hips, knees, ankles = _joints(xy)
    trunk = float(np.linalg.norm(shoulders - hips))
    legs = float(np.linalg.norm(hips - knees) + np.linalg.norm(knees - ankles))
    core = xy[_CORE]
    diagonal = float(np.linalg.norm(core.max(axis=0) - core.min(axis=0)))
    return max(trunk * 2.6, legs * 2.0, diagonal * 0.8, 1e-3)


def ramp(value: float, low: float, high: float) -> float:
    """Return how far `value` is on the way from `low` to `high`, 0..1."""
    return max(0.0, min(1.0, (value - low) / (high - low)))


def _joints(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return head and the middles of shoulders, hips, knees and ankles."""
    pairs = [(11, 12), (23, 24), (25, 26), (27, 28)]
    middles = [(points[a] + points[b]) / 2 for a, b in pairs]
    return [points[_HEAD].mean(axis=0), *middles]


def _angle(vector: NDArray[np.float64], down: float) -> float:
    length = float(np.linalg.norm(vector)) + 1e-9
    return float(np.arccos(np.clip(vector[1] * down / length, -1.0, 1.0)))


def _pair(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])
