"""Postures that bodies rest in: on the floor after a fall, and leant back in an armchair.

A random generator goes in, a motion that stands still comes out; `edit.idle` gives it breath.
Physics alone leaves bodies more crumpled than people lie: who has fallen straightens the legs,
rolls over or props the trunk up within a second or two, which `settled` does.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

import numpy as np

from models.skeletons.edit import cut, heading, spliced, turned
from models.skeletons.joints import Array, offsets
from models.skeletons.motion import RATE_HZ, Motion, Segment, Source
from models.skeletons.postures import (
    CURLED,
    HEIGHT,
    LONG_SIT,
    PRONE,
    SIDE,
    SUPINE,
    Angles,
    figure,
)

BENT_KNEES: Final = replace(SUPINE, hip_l=50, hip_r=45, knee_l=85, knee_r=80, ankle=0)
"""On the back, the feet on the floor."""
ONE_KNEE: Final = replace(SUPINE, hip_l=45, knee_l=80, shoulder_r=120, elbow_r=40, apart=40)
TUCKED: Final = replace(PRONE, hip_l=55, knee_l=80, shoulder_l=20, shoulder_r=100, elbow_r=95)
"""Face down, one leg drawn up."""
LONG_SIDE: Final = replace(SIDE, hip_l=15, hip_r=8, knee_l=20, knee_r=12)
PROPPED: Final = replace(SIDE, pitch=-62, spine=4, shoulder_l=35, shoulder_r=15, elbow_l=70)
"""On the side, the trunk on an elbow."""
HALF_UP: Final = replace(SUPINE, pitch=-58, spine=22, hip_l=35, hip_r=30, knee_l=30, knee_r=20,
                         shoulder_l=-30, shoulder_r=-25, elbow_l=40, elbow_r=40)  # fmt: skip
"""On the back, the trunk on both elbows."""
SLUMPED: Final = replace(LONG_SIT, pitch=-38, spine=38, neck=32, hip_l=62, hip_r=58)
"""Slid down a wall or a chair: the seat on the floor, the trunk leans, the head hangs."""

FALLEN: Final = (
    SUPINE, SUPINE, BENT_KNEES, ONE_KNEE, SIDE, SIDE, LONG_SIDE, CURLED, PRONE, PRONE, TUCKED,
    PROPPED, HALF_UP, SLUMPED,
)  # fmt: skip
"""How people are found on the floor, those more often that are so more often."""

RECLINED: Final = Angles(pitch=-33, spine=18, neck=14, hip_l=58, hip_r=58, knee_l=72, knee_r=72,
                         shoulder_l=25, shoulder_r=25, elbow_l=65, elbow_r=65)  # fmt: skip
FEET_UP: Final = replace(RECLINED, pitch=-40, hip_l=50, hip_r=50, knee_l=22, knee_r=24)
DOZING: Final = replace(RECLINED, pitch=-20, spine=30, neck=38, hip_l=70, hip_r=70)

_SPREAD: Final = 13.0
"""Degrees by which a limb differs from one body to the next."""
_TRUNK: Final = ("pitch", "twist", "spine", "neck")
_SEAT_M: Final = (0.36, 0.5)
_TRIES: Final = 5


def fallen(rng: np.random.Generator, seconds: float) -> Motion:
    """Return somebody who lies, or sits slumped, on the floor."""
    pose = FALLEN[int(rng.integers(len(FALLEN)))]
    return _still(_drawn(rng, pose), seconds, "fallen")


def reclined(rng: np.random.Generator, seconds: float) -> Motion:
    """Return somebody who leans back in an armchair, the feet up or not."""
    pose = (RECLINED, FEET_UP, DOZING)[int(rng.integers(3))]
    joints = _drawn(rng, pose)
    pelvis = joints[0, 0, 2]
    seat = max(pelvis, rng.uniform(*_SEAT_M) + 0.1)
    joints[..., 2] += seat - pelvis
    return _still(joints, seconds, "sitting")


def settled(rng: np.random.Generator, motion: Motion, at_s: float, seconds: float) -> Motion:
    """Let a body that has fallen come to rest as people lie, from `at_s` on, and end there.

    Of a few postures the one is taken that is nearest to how the body lies already.

    Parameters
    ----------
    rng
        Where chance comes from.
    motion
        Down on the floor at `at_s`.
    at_s
        When it begins to settle.
    seconds
        How long that takes.
    """
    before = cut(motion, 0.0, at_s)
    end = before.joints[-1]
    drawn = [fallen(rng, 0.2) for _ in range(_TRIES)]
    scaled = [replace(m, joints=m.joints * motion.height / HEIGHT) for m in drawn]
    bones = offsets(end)[1:]
    apart = [
        float(
            np.abs(
                offsets(turned(m, heading(end) - heading(m.joints[0])).joints[0])[1:] - bones
            ).sum()
        )
        for m in scaled
    ]
    return spliced(before, scaled[int(np.argmin(apart))], seconds)


def _drawn(rng: np.random.Generator, pose: Angles) -> Array:
    spread = np.array([0.5 * _SPREAD if f.name in _TRUNK else _SPREAD for f in fields(Angles)])
    return figure((pose.vector() + rng.normal(0.0, 1.0, len(spread)) * spread)[None])


def _still(joints: Array, seconds: float, label: str) -> Motion:
    count = max(2, round(seconds * RATE_HZ))
    pieces = (Segment(0.0, count / RATE_HZ, label),)
    return Motion(
        "rest", "own-rest", np.repeat(joints, count, axis=0), RATE_HZ, pieces, Source.OWN, HEIGHT,
        "rest",
    )  # fmt: skip
