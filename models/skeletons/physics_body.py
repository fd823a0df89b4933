"""Human bodies of the size, weight, stoop and strength of old people, and their joints.

X points forward, y left, z up; lengths are shares of the stature. 26 hinges besides the free
pelvis, each with a position servo whose torque is limited; `physics_model` writes the model. The
families of bodies and controllers
(`Family`) have ranges that do not touch, so what is learned on one can be measured on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bands = tuple[tuple[float, float], ...]
"""Intervals that a value is drawn from, each as likely as it is wide."""


class Family(StrEnum):
    """Which range of bodies and controllers: to learn from, or to measure on."""

    TRAIN = "train"
    HELDOUT = "heldout"


@dataclass(frozen=True, slots=True)
class Ranges:
    """What a family draws from.

    Attributes
    ----------
    height, girth, age
        Stature in metres, breadth as a factor, age in years. Stoop and strength follow from age.
    reaction
        Seconds from the loss of balance to the first defence.
    tone
        Share of the servos' stiffness that is left in the legs during a fall; log-uniform.
    tempo
        Factor on the time that a movement of one's own will takes.
    friction
        Between body and floor.
    push
        Speed in m/s that the disturbance gives the body.
    """

    height: Bands
    girth: Bands
    age: Bands
    reaction: Bands
    tone: Bands
    tempo: Bands
    friction: Bands
    push: Bands


RANGES: Final = {
    Family.TRAIN: Ranges(
        height=((1.48, 1.61), (1.66, 1.82)), girth=((0.85, 1.03), (1.12, 1.32)),
        age=((66.0, 77.0), (81.0, 93.0)), reaction=((0.12, 0.24), (0.30, 0.42)),
        tone=((0.02, 0.05), (0.09, 0.35)), tempo=((0.75, 1.1), (1.25, 1.6)),
        friction=((0.45, 0.7), (0.8, 1.1)), push=((0.25, 0.6), (0.75, 1.2)),
    ),
    Family.HELDOUT: Ranges(
        height=((1.45, 1.48), (1.61, 1.66), (1.82, 1.90)), girth=((1.03, 1.12), (1.32, 1.42)),
        age=((77.0, 81.0), (93.0, 98.0)), reaction=((0.24, 0.30), (0.42, 0.50)),
        tone=((0.05, 0.09), (0.35, 0.45)), tempo=((1.1, 1.25), (1.6, 1.8)),
        friction=((0.7, 0.8), (1.1, 1.2)), push=((0.6, 0.75), (1.2, 1.4)),
    ),
}  # fmt: skip
"""Disjoint, and interleaved, so that the held-out family lies both between and beyond."""


def draw(rng: np.random.Generator, bands: Bands) -> float:
    """Draw one value from the bands."""
    widths = np.array([high - low for low, high in bands])
    low, high = bands[int(rng.choice(len(bands), p=widths / widths.sum()))]
    return float(rng.uniform(low, high))


@dataclass(frozen=True, slots=True)
class Body:
    """One person's build.

    Attributes
    ----------
    height, mass
        Metres, kilograms.
    girth
        Factor on the breadth of trunk and limbs.
    age, stoop, strength
        Years; forward bend of the upper back in radians; factor on the torque of every joint.
    leg, arm
        Factor on the length of leg and arm beside the mean share.
    """

    height: float
    mass: float
    girth: float
    age: float
    stoop: float
    strength: float
    leg: float = 1.0
    arm: float = 1.0

    @property
    def thigh(self) -> float:
        """Hip to knee in metres."""
        return 0.252 * self.height * self.leg

    @property
    def shank(self) -> float:
        """Knee to ankle in metres."""
        return 0.245 * self.height * self.leg

    @property
    def ankle(self) -> float:
        """Height of the ankle above the sole in metres."""
        return 0.058 * self.height

    @property
    def pelvis(self) -> float:
        """Height of the pelvis when standing straight, in metres."""
        return self.ankle + self.shank + self.thigh + 0.012 * self.height

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow in metres."""
        return 0.165 * self.height * self.arm

    @property
    def forearm(self) -> float:
        """Elbow to wrist in metres."""
        return 0.145 * self.height * self.arm

    def hip(self, side: int) -> NDArray[np.float64]:
        """(3,) from pelvis to hip; `side` is +1 for left and -1 for right."""
        return np.array([0.0, side * 0.05, -0.012]) * self.height

    def shoulder(self, side: int) -> NDArray[np.float64]:
        """(3,) from the chest's joint to the shoulder, before the stoop."""
        return np.array([0.0, side * 0.1, 0.085]) * self.height


def draw_body(rng: np.random.Generator, family: Family) -> Body:
    """Draw a body of the family: the older, the more bent and the weaker."""
    ranges = RANGES[family]
    height, girth, age = (draw(rng, b) for b in (ranges.height, ranges.girth, ranges.age))
    years = age - 65.0
    return Body(
        height=height,
        mass=float(22.5 * girth**1.3 * rng.uniform(0.92, 1.12) * height**2),
        girth=girth,
        age=age,
        stoop=float(np.radians(np.clip(rng.normal(2.0 + 0.75 * years, 6.0), 0.0, 45.0))),
        strength=float(np.clip(1.1 - 0.017 * years + rng.normal(0.0, 0.08), 0.4, 1.2)),
        leg=float(rng.uniform(0.96, 1.04)),
        arm=float(rng.uniform(0.96, 1.04)),
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of furniture or a wall.

    Attributes
    ----------
    centre, half
        Middle and half extent in metres.
    friction
        Sliding friction.
    """

    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    friction: float = 0.7


SIDES: Final = (("l", 1), ("r", -1))
TRUNK: Final = ("spine_y", "spine_x", "spine_z", "chest_y", "neck_y", "neck_z")
LEG: Final = ("hip_y", "hip_x", "hip_z", "knee", "ankle_y", "ankle_x")
ARM: Final = ("shoulder_y", "shoulder_x", "shoulder_z", "elbow")
"""Hinges of the trunk and the neck, and of each leg and arm."""

HINGES: Final = TRUNK + tuple(f"{s}_{n}" for s, _ in SIDES for n in (*LEG, *ARM))
"""The order of angles and servos; y bends forward, x sideways, z turns, right-handed."""

_SERVOS: Final = {
    # degrees from, to (left side), stiffness N m/rad, torque limit N m, damping N m s/rad
    "spine_y": (-20, 60, 600, 170, 6.0), "spine_x": (-28, 28, 450, 120, 6.0),
    "spine_z": (-35, 35, 300, 80, 4.0), "chest_y": (-10, 35, 500, 130, 6.0),
    "neck_y": (-40, 45, 60, 18, 1.2), "neck_z": (-65, 65, 40, 12, 0.8),
    "hip_y": (-125, 22, 450, 140, 3.5), "hip_x": (-25, 50, 350, 90, 3.5),
    "hip_z": (-40, 40, 150, 45, 2.0), "knee": (0, 148, 380, 130, 2.5),
    "ankle_y": (-28, 45, 160, 70, 1.2), "ankle_x": (-22, 22, 80, 30, 1.0),
    "shoulder_y": (-178, 60, 110, 50, 1.5), "shoulder_x": (-30, 150, 110, 45, 1.5),
    "shoulder_z": (-85, 85, 50, 25, 0.8), "elbow": (-148, -2, 70, 35, 0.8),
}  # fmt: skip


def hinge(name: str) -> tuple[float, float, float, float, float]:
    """Return limits in degrees, stiffness, torque and damping of a hinge by its full name."""
    side, bare = (name[:2], name[2:]) if name[:2] in ("l_", "r_") else ("", name)
    low, high, stiff, torque, damping = _SERVOS[bare]
    if side == "r_" and bare.endswith(("_x", "_z")):
        low, high = -high, -low
    return low, high, stiff, torque, damping


LIMITS: Final = np.radians([hinge(name)[:2] for name in HINGES])
"""(26, 2) radians."""

STIFFNESS: Final = np.array([hinge(name)[2] for name in HINGES], dtype=float)
"""(26,) N m/rad of the servos at full tone."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Indices into `HINGES` by part of the body."""

    trunk: tuple[int, ...] = (0, 1, 2, 3)
    neck: tuple[int, ...] = (4, 5)
    legs: tuple[int, ...] = (*range(6, 12), *range(16, 22))
    arms: tuple[int, ...] = (*range(12, 16), *range(22, 26))
    arm: dict[int, tuple[int, ...]] = field(
        default_factory=lambda: {1: tuple(range(12, 16)), -1: tuple(range(22, 26))}
    )
    leg: dict[int, tuple[int, ...]] = field(
        default_factory=lambda: {1: tuple(range(6, 12)), -1: tuple(range(16, 22))}
    )


GROUPS: Final = Groups()
