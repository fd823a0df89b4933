"""What there is to see and how it appears, before anybody errs.

Landmarks in a room and a camera go in; places in the picture, sizes and what is in sight come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import expit

from models.skeletons.cameras import Camera
from models.skeletons.figures import State
from models.skeletons.joints import Array
from models.skeletons.landmarks import HIPS, LANDMARKS, SHOULDERS
from models.skeletons.wander import step_of

Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]

_MAIN: Final = (0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
_EASE_S: Final = 0.3


@dataclass(frozen=True, eq=False)
class Truth:
    """What there is to see.

    Attributes
    ----------
    t
        (T,) seconds.
    points
        (T, 33, 3) landmarks in the room, metres.
    camera
        Who looks.
    state
        (T,) of `State`.
    hidden
        (T, 33): behind furniture or other people.
    speed
        (T,) metres a second at which the body moves.
    others
        (K, 33, 3) landmarks of people and things near by that a track may jump to; K may be 0.
    """

    t: Array
    points: Array
    camera: Camera
    state: Indices
    hidden: Bools
    speed: Array
    others: Array = field(default_factory=lambda: np.empty((0, LANDMARKS, 3)))

    @cached_property
    def picture(self) -> Picture:
        """How it appears; worked out once."""
        return _look(self)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Truth as it appears: positions in picture heights, and what else errors depend on."""

    uv: Array
    xy: Array
    world: Array
    depth: Array
    unit: Array
    state: Array
    hidden: Array
    ceiling: Array


def torso_of(points: Array) -> float:
    """Length of the trunk in metres of landmarks (T, 33, 3)."""
    trunk = points[:, SHOULDERS].mean(1) - points[:, HIPS].mean(1)
    return float(np.median(np.linalg.norm(trunk, axis=-1)))


def _look(truth: Truth) -> Picture:
    camera = truth.camera
    xy, depth = camera.project(truth.points)
    middle = truth.points[:, HIPS].mean(1)
    aspect = np.array([camera.aspect, 1.0])
    ends = [camera.project(middle + 0.05 * axis)[0] * aspect for axis in camera.axes[:2]]
    origin = camera.project(middle)[0] * aspect
    per_metre = np.mean([np.linalg.norm(end - origin, axis=-1) for end in ends], axis=0) / 0.05
    ray = middle - np.asarray(camera.position)
    steep = np.degrees(np.arcsin(np.clip(-ray[:, 2] / np.linalg.norm(ray, axis=-1), -1.0, 1.0)))
    ease = max(1, round(_EASE_S / step_of(truth.t)))
    one_hot = np.eye(len(State))[truth.state]
    return Picture(
        uv=xy * aspect,
        xy=xy,
        world=camera.to_camera(truth.points),
        depth=depth,
        unit=per_metre * torso_of(truth.points),
        state=uniform_filter1d(one_hot, ease, axis=0, mode="nearest"),
        hidden=uniform_filter1d(truth.hidden.astype(np.float64), ease, axis=0, mode="nearest"),
        ceiling=np.clip((steep - 45.0) / 25.0, 0.0, 1.0),
    )


def presence(picture: Picture, aspect: float, small: float) -> Array:
    """Factor (T,) by what is in sight and how large it is."""
    uv = picture.uv[:, _MAIN]
    inside = (uv > -0.02).all(-1) & (uv < np.array([aspect + 0.02, 1.02])).all(-1)
    sight = (inside & (picture.depth[:, _MAIN] > 0.1)) * (1.0 - picture.hidden[:, _MAIN])
    share = sight.mean(-1)
    size = 3.3 * picture.unit
    # Half is found at `small`; the logistic's width is a quarter of that.
    small_factor = expit((size - small) / (0.25 * small))
    out: Array = np.clip((share - 0.15) / 0.4, 0.0, 1.0) * small_factor
    return out
