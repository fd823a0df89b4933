"""The figures of the noise model: what `noise.json` holds, by posture and kind of landmark.

Structs only; `noise` applies them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Generic, TypeVar

import msgspec
import numpy as np

from models.skeletons.joints import Array

T = TypeVar("T")


class State(IntEnum):
    """What the size of an error depends on."""

    UPRIGHT = 0
    LOW = 1
    """Sitting, kneeling, squatting, bent."""
    FALLING = 2
    """Moving fast towards the ground."""
    DOWN = 3


GROUPS: Final = ("head", "shoulders", "elbows", "hands", "hips", "knees", "feet")
GROUP: Final = np.array([0] * 11 + [1] * 2 + [2] * 2 + [3] * 8 + [4] * 2 + [5] * 2 + [6] * 6)
"""Column of each landmark in the tables by `GROUPS`."""

Seven = tuple[float, float, float, float, float, float, float]
Pair = tuple[float, float]


class ByState(msgspec.Struct, Generic[T], frozen=True, forbid_unknown_fields=True):
    """One value for each `State`."""

    upright: T
    low: T
    falling: T
    down: T

    def table(self) -> Array:
        """All in the order of `State`."""
        return np.array([self.upright, self.low, self.falling, self.down], np.float64)


class Jitter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fast errors in torso lengths by `GROUPS`, and what a torso length a second adds."""

    still: ByState[Seven]
    per_speed: Seven
    tau_s: float


class Bias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Slow errors in torso lengths by `GROUPS`; `hidden` multiplies them out of sight."""

    upright: Seven
    low: Seven
    falling: Seven
    down: Seven
    tau_s: float
    hidden: float

    def table(self) -> Array:
        """(4, 7) in the order of `State`."""
        return np.array([self.upright, self.low, self.falling, self.down])


class Visibility(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Median visibility by `GROUPS`; `spread` is in log-odds."""

    upright: Seven
    low: Seven
    falling: Seven
    down: Seven
    hidden: Seven
    spread: float
    tau_s: float

    def table(self) -> Array:
        """(4, 7) in the order of `State`."""
        return np.array([self.upright, self.low, self.falling, self.down])


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """World landmarks: how large, how deep, how wrong.

    A body whose trunk is 0.5 m long comes out at `scale` of its size, others as if they were
    nearer to that: `adapts` is 1 where size makes no difference. Errors across the view are
    `noise_m`, slow, and `jitter_m`, fast; along the view they are `depth_noise` times as large.
    """

    scale: float
    scale_sd: float
    adapts: float
    depth_scale: float
    depth_sd: float
    depth_noise: float
    noise_m: ByState[float]
    jitter_m: ByState[float]


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a person is reported, by view, and how long it stays so.

    `share` is how much of the luck is a recording's own; below `small_heights` picture heights a
    person is found half as often.
    """

    wall: ByState[float]
    ceiling: ByState[float]
    tau_s: ByState[float]
    share: float
    small_heights: float


class Boxes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second detector: how often it finds a person, by view; error in shares of the box."""

    wall: ByState[float]
    ceiling: ByState[float]
    error: float
    score: Pair
    share: float
    tau_s: float


class Gross(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mistakes: how often a minute and how long, or with what probability."""

    swap_per_min: float
    swap_s: float
    jump_per_min: float
    jump_s: float
    guessed_legs: float
    collapse: float
    outside_heights: float
