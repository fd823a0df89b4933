"""The stances of daily life and of falls, as joint angles written by hand.

Angles are those of `models.bodies.pose`. Yaw is left to whoever uses a stance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.bodies.pose import SIZE, Pose
from models.skeletons.daily import Array


@dataclass(frozen=True, slots=True)
class Stance:
    """A way to be.

    Attributes
    ----------
    pose
        Joint angles, degrees.
    roll
        Turn about the body's long axis, degrees: lying on the back (0), a side, the front (180).
    feet
        Whether the feet stay where the body is put, else the pelvis.
    lies
        Whether the body's axis lies along a bed or the floor: its yaw is then where the head is.
    """

    pose: Pose
    roll: float = 0.0
    feet: bool = False
    lies: bool = False


def _legs(hip: float, knee: float, ankle: float, apart: float = 4.0) -> dict[str, object]:
    leg = (hip, apart, 6.0)
    return {"hip_l": leg, "hip_r": leg, "knee_l": knee, "knee_r": knee, "ankle_l": ankle,
            "ankle_r": ankle}  # fmt: skip


def _arms(lift: float, elbow: float, apart: float = 8.0) -> dict[str, object]:
    arm = (lift, apart, 0.0)
    return {"shoulder_l": arm, "shoulder_r": arm, "elbow_l": elbow, "elbow_r": elbow}


def _pose(lean: float, flexion: float, nod: float = 0.0, **angles: object) -> Pose:
    turned: dict[str, object] = {"turn": (0.0, lean, 0.0), "spine": (flexion, 0.0, 0.0)}
    return Pose(**turned, neck=(nod, 0.0, 0.0), **angles)  # type: ignore[arg-type]


STAND: Final = Stance(Pose(), feet=True)
FRAME: Final = Stance(_pose(8, 16, -10, **_arms(34, 38), **_legs(6, 12, 6)), feet=True)
"""Upright at a walking frame."""
REACH: Final = Stance(_pose(2, 4, -8, **_arms(110, 24)), feet=True)
LEAN: Final = Stance(_pose(36, 26, 10, **_arms(62, 26, 14), **_legs(44, 14, 6)), feet=True)
"""A carer bends over somebody in bed."""
STOOP: Final = Stance(_pose(62, 42, 6, **_arms(84, 12), **_legs(78, 26, 10)), feet=True)
"""To the floor with straight legs."""
SQUAT: Final = Stance(_pose(28, 26, -8, **_arms(58, 30), **_legs(112, 122, 22, 12)), feet=True)
KNEEL: Final = Stance(_pose(6, 10, 4, **_arms(34, 46), **_legs(8, 96, -32)))
HEELS: Final = Stance(_pose(18, 22, 8, **_arms(36, 44), **_legs(86, 142, -36)))
"""Kneels and sits on the heels."""
HALF_KNEEL: Final = Stance(
    replace(KNEEL.pose, hip_l=(84.0, 8.0, 6.0), knee_l=88.0, ankle_l=4.0, spine=(22.0, 0.0, 0.0))
)
FOURS: Final = Stance(_pose(82, 4, -34, **_arms(86, 8), **_legs(84, 92, -32)))
PEER: Final = Stance(_pose(104, 14, -30, **_arms(104, 82, 16), **_legs(88, 98, -32)))
"""On knees and elbows, the head near the floor: looks under the bed."""
FLAT: Final = Stance(_pose(88, -4, -26, **_arms(132, 64, 24), **_legs(6, 22, -30, 10)), feet=False)
"""On the belly under the bed, arms in front."""
SIT: Final = Stance(_pose(-8, 14, 2, **_arms(28, 52), **_legs(80, 85, 0)))
BEND_UP: Final = Stance(_pose(34, 22, -16, **_arms(30, 22, 14), **_legs(88, 62, 14)), feet=True)
"""Between sitting and standing."""
LOUNGE: Final = Stance(_pose(-26, 10, 14, **_arms(16, 60, 12), **_legs(58, 66, 0)))
"""Deep in an armchair."""
NAP: Final = Stance(
    _pose(-32, 24, 34, **_arms(10, 48), **_legs(50, 58, -4)),
)
FEET_UP: Final = Stance(_pose(-34, 8, 10, **_arms(14, 40, 14), **_legs(54, 8, -14)))
"""A recliner with its foot rest out."""
AT_TABLE: Final = Stance(_pose(6, 18, 10, **_arms(46, 86, 12), **_legs(82, 88, 0)))
LACES: Final = Stance(_pose(46, 48, 8, **_arms(92, 14), **_legs(112, 84, 6)))
"""Sits and ties the shoes."""
HUG: Final = Stance(_pose(10, 14, 6, **_arms(76, 46, 18), **_legs(10, 10, 4)), feet=True)
PROPPED: Final = Stance(_pose(-52, 22, 16, **_arms(18, 62, 12), **_legs(52, 12, -16)))
"""Half sits in bed, the head end raised."""
ON_BACK: Final = Stance(_pose(-88, 2, 8, **_arms(6, 26, 18), **_legs(6, 8, -22)), lies=True)
ON_SIDE: Final = Stance(
    _pose(-88, 10, 10, **_arms(40, 62), **_legs(48, 64, -14)), roll=82.0, lies=True
)
CURLED: Final = Stance(
    _pose(-88, 26, 18, **_arms(64, 104), **_legs(92, 104, -10)), roll=-84.0, lies=True
)
PRONE: Final = Stance(
    _pose(-88, -4, -4, **_arms(24, 50, 40), **_legs(2, 8, -34)), roll=176.0, lies=True
)
FLOOR_SIT: Final = Stance(_pose(-12, 26, 4, **_arms(-24, 12, 16), **_legs(82, 18, -12, 10)))
PLAY: Final = Stance(
    _pose(4, 30, 16, **_arms(40, 40), **_legs(84, 96, 0, 34)),
)
"""A child on the floor."""
LEG_UP: Final = Stance(replace(SIT.pose, hip_r=(84.0, 4.0, 4.0), knee_r=14.0))
ARMS_UP: Final = Stance(replace(SIT.pose, **_arms(160, 14, 20)))  # type: ignore[arg-type]
BRIDGE: Final = Stance(_pose(-104, 0, 14, **_arms(4, 8, 24), **_legs(32, 92, 4)), lies=True)
KNEES_UP: Final = Stance(_pose(-88, 2, 6, **_arms(4, 8, 24), **_legs(48, 98, 0)), lies=True)
LEGS_IN: Final = Stance(_pose(-46, 20, 12, **_arms(-20, 40, 20), **_legs(72, 66, -8)))
"""On the way from the bed's edge to lying."""

# What a fall goes through, and how it ends.
TRIP: Final = Stance(_pose(34, 16, -18, **_arms(70, 40, 24), **_legs(30, 40, 8)), feet=True)
DIVE: Final = Stance(_pose(68, 10, -30, **_arms(104, 36, 20), **_legs(26, 62, -6)))
LOST: Final = Stance(_pose(-14, 12, 12, **_arms(42, 34, 34), **_legs(16, 20, 6)), feet=True)
DROP: Final = Stance(_pose(-32, 26, 20, **_arms(44, 40, 44), **_legs(64, 68, -2)))
SEATED: Final = Stance(_pose(-46, 28, 24, **_arms(4, 32, 46), **_legs(84, 74, -12, 10)))
BUCKLE: Final = Stance(_pose(16, 26, 24, **_arms(14, 24, 12), **_legs(66, 96, 18)), feet=True)
CRUMPLE: Final = Stance(_pose(8, 38, 32, **_arms(16, 46, 18), **_legs(94, 128, -6)))
TOPPLE: Final = Stance(replace(BUCKLE.pose, turn=(0.0, 10.0, 38.0), shoulder_l=(20.0, 70.0, 0.0)))
SLUMPED: Final = Stance(_pose(-30, 30, 32, **_arms(-6, 30, 22), **_legs(62, 30, -16, 10)))
"""On the floor, the back against furniture."""
SLIDING: Final = Stance(_pose(-44, 26, 22, **_arms(-10, 44, 30), **_legs(50, 60, -2)))


def forwards(stance: Stance) -> Stance:
    """Return a lying stance as somebody takes it who went down head first."""
    _, lean, left = stance.pose.turn
    pose = replace(stance.pose, turn=(0.0, -lean, left))
    return replace(stance, pose=pose, roll=stance.roll - 180.0)


def varied(stance: Stance, rng: np.random.Generator, degrees: float) -> Stance:
    """Return the stance as somebody does it this time: all joints a little different."""
    moved = stance.pose.vector() + _LIMITS * rng.normal(0.0, degrees, SIZE)
    return replace(stance, pose=Pose.from_vector(moved))


def _limits() -> Array:
    """Return how much each joint varies, 1 for a hip."""
    pose = Pose(
        turn=(0.0, 0.5, 0.4), spine=(1.0, 0.5, 0.7), neck=(1.2, 0.6, 1.5),
        hip_l=(1.0, 0.5, 1.0), hip_r=(1.0, 0.5, 1.0), knee_l=1.0, knee_r=1.0,
        ankle_l=0.6, ankle_r=0.6, shoulder_l=(1.6, 1.0, 1.0), shoulder_r=(1.6, 1.0, 1.0),
        elbow_l=2.0, elbow_r=2.0,
    )  # fmt: skip
    return pose.vector()


_LIMITS: Final = _limits()
