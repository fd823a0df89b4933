"""Who plausibly stands or walks: gates before a pose may tell anything of the floor.

Comes in: keypoints. Goes out: where the feet are and how tall the person looks, or which way the
head lies from the feet; nothing when the pose is not that of somebody upright, wholly in sight.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEEN: Final = 0.5
"""Least visibility of a joint that is used."""
MARGIN: Final = 0.01
SMALL: Final = 0.08
"""Bodies less high in the picture are too coarse."""
UPRIGHT: Final = math.radians(25.0)
LEG: Final = math.radians(30.0)
LEGS: Final = (0.40, 0.62)
"""Hips to ankles as a share of head to ankles of who stands (0.57 face on, less seen from high
above)."""
THIGH: Final = (0.75, 1.4)
"""Thigh over shin in the picture; who sits facing the camera has a short thigh."""
WIDE: Final = 0.33
"""Shoulders wider than this share of the height: bent, lying end-on, or no body."""
LANDMARKS: Final = 0.9
"""From the feet's landmarks to the middle of the face, as a share of a person's height (0.895 in
the generator's bodies)."""
_USED: Final = np.array([0, 11, 12, 23, 24, 25, 26, 27, 28, 31, 32])
_PAIRS: Final = ((11, 12), (23, 24), (25, 26), (27, 28))


def standing(points: Floats, aspect: float) -> tuple[float, float] | None:
    """Return row of the feet and the person's height, if this is plausibly somebody who stands.

    Everything from face to feet seen and inside the picture, trunk and legs upright in it, and
    proportioned like somebody who stands: else None. Heights are in picture heights.
    """
    used = points.take(_USED, axis=0)
    if (used[:, 2] < SEEN).any():
        return None
    inside = (used[:, :2] > MARGIN).all() and (used[:, :2] < 1.0 - MARGIN).all()
    if not inside:
        return None
    face, shoulder, hip, knee, ankle = _parts(points)
    feet = _mean(points[27:33, :2])
    height = float(feet[1] - face[1])
    if height < SMALL:
        return None
    square = np.array([aspect, 1.0])
    across = (points[11, :2] - points[12, :2]) * square
    wide = math.sqrt(across.dot(across))
    legs = float(ankle[1] - hip[1]) / height
    thigh = float(knee[1] - hip[1]) / max(float(ankle[1] - knee[1]), 1e-6)
    tilts = [
        _tilt((shoulder - hip) * square),
        _tilt((hip - knee) * square),
        _tilt((knee - ankle) * square),
    ]
    if tilts[0] > UPRIGHT or max(tilts[1:]) > LEG or wide > WIDE * height:
        return None
    if not (LEGS[0] <= legs <= LEGS[1] and THIGH[0] <= thigh <= THIGH[1]):
        return None
    return float(feet[1]), height / LANDMARKS


def direction(points: Floats, aspect: float) -> tuple[float, float, float, float] | None:
    """Return feet x, y and the unit vector from there to the head, in picture heights."""
    if (points[[0, 11, 12, 23, 24, 27, 28], 2] < SEEN).any():
        return None
    face, _, hip, _, ankle = _parts(points)
    square = np.array([aspect, 1.0])
    up, lower = (face - ankle) * square, (hip - ankle) * square
    length = math.sqrt(up.dot(up))
    if length < SMALL / 2 or float(lower @ up) < 0.2 * length * length:
        return None
    foot = ankle * square
    return float(foot[0]), float(foot[1]), float(up[0]) / length, float(up[1]) / length


def _parts(points: Floats) -> list[Floats]:
    xy = points[:, :2]
    return [_mean(xy[:11]), *((xy[a] + xy[b]) / 2 for a, b in _PAIRS)]


def _mean(points: Floats) -> Floats:
    """Return the middle of points (n, 2); `mean` itself checks for longer than it adds."""
    return np.asarray(np.add.reduce(points, axis=0) / len(points))


def _tilt(upwards: Floats) -> float:
    return math.atan2(abs(float(upwards[0])), -float(upwards[1]))
