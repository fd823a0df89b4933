"""Bodies: what age and nature make of one, and how a movement is given to another.

A motion and a body go in, the motion of that body comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.skeletons.joints import JOINTS, Array, Joint, across, assemble, lengths, offsets, unit
from models.skeletons.motion import Motion


@dataclass(frozen=True, slots=True)
class Build:
    """A body to move: what age and nature make of one.

    Attributes
    ----------
    height
        Metres.
    legs, arms, width
        Length of legs, of arms, and breadth of hips and shoulders, relative to the height.
    stoop
        Radians by which the upper back bends forward.
    head_forward
        Radians by which neck and head bend forward of it.
    """

    height: float = 1.7
    legs: float = 1.0
    arms: float = 1.0
    width: float = 1.0
    stoop: float = 0.0
    head_forward: float = 0.0


_LEGS: Final = [Joint.L_KNEE, Joint.R_KNEE, Joint.L_ANKLE, Joint.R_ANKLE]
_ARMS: Final = [Joint.L_ELBOW, Joint.R_ELBOW, Joint.L_WRIST, Joint.R_WRIST]
_WIDE: Final = [Joint.L_HIP, Joint.R_HIP, Joint.L_SHOULDER, Joint.R_SHOULDER]
_BACK: Final = [Joint.CHEST, Joint.NECK, Joint.L_COLLAR, Joint.R_COLLAR]
_HEAD: Final = [Joint.HEAD, Joint.HEAD_TOP]


def build_for(rng: np.random.Generator, *, child: bool = False) -> Build:
    """Draw a body: mostly old people, with some carers and, if asked, a child."""
    if child:
        return Build(float(rng.uniform(1.0, 1.4)), float(rng.uniform(0.92, 1.0)))
    old = rng.random() < 0.7
    return Build(
        height=float(np.clip(rng.normal(1.62 if old else 1.71, 0.09), 1.45, 1.9)),
        legs=float(rng.normal(1.0, 0.03)),
        arms=float(rng.normal(1.0, 0.03)),
        width=float(rng.uniform(0.92, 1.18)),
        stoop=float(abs(rng.normal(0.0, 0.2))) if old else 0.0,
        head_forward=float(abs(rng.normal(0.0, 0.15))) if old else 0.0,
    )


def retarget(motion: Motion, build: Build) -> Motion:
    """Give the movement to another body.

    Bones keep their directions and get the body's lengths; the pelvis' path is scaled with the
    legs, and so is all furniture the motion was made with (`scale_of`). An upright back stoops.
    """
    scale = scale_of(motion, build)
    parts = offsets(motion.joints)
    _bend(parts, build)
    factor = np.full(JOINTS, scale)
    factor[_LEGS] *= build.legs
    factor[_ARMS] *= build.arms
    factor[_WIDE] *= build.width
    parts *= factor[None, :, None]
    # Longer legs under an unchanged pelvis would push the feet through the floor.
    leg = lengths(motion.joints)[_LEGS].sum() / 2
    stand = np.clip(parts[:, 0, 2] / (1.05 * leg * scale), 0.0, 1.0)
    parts[:, 0, 2] += stand * leg * scale * (build.legs - 1.0)
    return replace(motion, joints=assemble(parts), height=build.height)


def scale_of(motion: Motion, build: Build) -> float:
    """By how much places and heights grow when the motion is given to that body."""
    return build.height / motion.height


def _bend(parts: Array, build: Build) -> None:
    if build.stoop == 0.0 and build.head_forward == 0.0:
        return
    trunk = unit(parts[:, Joint.SPINE] + parts[:, Joint.CHEST])
    side = across(parts[:, Joint.L_HIP] - parts[:, Joint.R_HIP], trunk)
    upright = np.clip(trunk[:, 2], 0.0, 1.0)
    for rows, angle in (
        (_BACK, build.stoop * upright),
        (_HEAD, (build.stoop + build.head_forward) * upright),
    ):
        bones = parts[:, rows]
        turn, axis = angle[:, None, None], side[:, None]
        along = np.sum(bones * axis, axis=-1, keepdims=True) * axis
        # Rodrigues' formula about the left-pointing axis: positive bends forward.
        parts[:, rows] = (
            np.cos(turn) * bones + np.sin(turn) * np.cross(axis, bones) + (1 - np.cos(turn)) * along
        )
