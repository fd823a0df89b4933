"""Poses of a body of any size: upright, on the floor, on furniture.

Each in the person's own frame: x forward, the floor (or the surface lain on) at z = 0. Lengths are
shares of the stature, so that they fit everybody.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from models.skeletons.physics_body import Body
from models.skeletons.physics_control import Pose, Reach

UP: Final[Reach] = ((0.7, 0.25, 0.9), (0.7, -0.25, 0.9))
"""Knees up in front, for a trunk that sits or squats."""

ON_LAP: Final = ((38.0, 6.0, 12.0, 62.0), (38.0, 6.0, 12.0, 62.0))
BESIDE: Final = ((5.0, 24.0, 0.0, 18.0), (5.0, 24.0, 0.0, 18.0))
ON_BELLY: Final = ((20.0, 14.0, 45.0, 85.0), (20.0, 14.0, 45.0, 85.0))


def _feet(x: float, y: float, z: float) -> Reach:
    return ((x, y, z), (x, -y, z))


def standing(body: Body, width: float = 0.055, crouch: float = 0.015) -> Pose:
    """Return upright, feet `width` statures from the middle, a little bent at the knees."""
    h = body.height
    return Pose(
        pelvis=(0.0, 0.0, body.pelvis - crouch * h), ankles=_feet(0.0, width * h, body.ankle),
        spine=(4.0, 0.0, 0.0), neck=(2.0, 0.0), lean=2.0,
    )  # fmt: skip


def sitting(body: Body, seat: float, lean: float = -6.0) -> Pose:
    """Return on a seat of that height in metres, pelvis over x = 0, the feet on the floor."""
    h = body.height
    z = seat + 0.062 * h * body.girth
    return Pose(
        pelvis=(0.0, 0.0, z), ankles=_feet(body.thigh * 1.0, 0.065 * h, body.ankle), lean=lean,
        spine=(10.0, 0.0, 0.0), knees=UP, arms=ON_LAP,
    )  # fmt: skip


def rising(body: Body, seat: float) -> Pose:
    """Return between seat and standing: the trunk bent over the feet."""
    h = body.height
    z = 0.55 * (seat + 0.062 * h) + 0.45 * body.pelvis
    return Pose(
        pelvis=(0.14 * h, 0.0, z), ankles=_feet(body.thigh * 1.0, 0.065 * h, body.ankle), lean=32.0,
        spine=(18.0, 0.0, 0.0), neck=(-12.0, 0.0), arms=((40.0, 8.0, 0.0, 35.0),) * 2,
    )  # fmt: skip


def squatting(body: Body, reach: bool = True) -> Pose:
    """Return low over flat feet, hands at the shoes or on the knees."""
    h = body.height
    return Pose(
        pelvis=(-0.13 * h, 0.0, 0.24 * h), ankles=_feet(0.0, 0.075 * h, body.ankle), lean=28.0,
        spine=(38.0 if reach else 18.0, 0.0, 0.0), neck=(-10.0, 0.0), knees=UP,
        hands=_feet(0.09 * h, 0.06 * h, 0.07 * h) if reach else None, arms=ON_LAP,
    )  # fmt: skip


def stooping(body: Body, depth: float = 1.0) -> Pose:
    """Return bent forward from the hips, hands towards the floor; `depth` up to 1."""
    h = body.height
    return Pose(
        pelvis=(-0.08 * h * depth, 0.0, body.pelvis - 0.05 * h * depth - 0.02 * h),
        ankles=_feet(0.0, 0.06 * h, body.ankle), lean=55.0 * depth, spine=(45.0 * depth, 0.0, 0.0),
        neck=(-10.0, 0.0), arms=((60.0 * depth, 6.0, 0.0, 12.0),) * 2,
    )  # fmt: skip


def _on_knees(body: Body) -> float:
    """Height of the pelvis above knees that rest on the floor, in metres."""
    return body.thigh + (0.018 + 0.028 * math.sqrt(body.girth)) * body.height


def kneeling(body: Body) -> Pose:
    """Return upright on both knees, which are below x = 0."""
    h = body.height
    return Pose(
        pelvis=(0.0, 0.0, _on_knees(body)), ankles=_feet(-body.shank, 0.06 * h, 0.05 * h),
        spine=(4.0, 0.0, 0.0), planted=(0.0, 0.0), knees=((1, 0.1, -0.4), (1, -0.1, -0.4)),
    )  # fmt: skip


def on_heels(body: Body) -> Pose:
    """Return on the knees, sitting on the heels."""
    h = body.height
    return replace(
        kneeling(body), pelvis=(-0.2 * h, 0.0, 0.135 * h), lean=6.0, spine=(14.0, 0.0, 0.0),
        arms=ON_LAP,
    )  # fmt: skip


def half_kneeling(body: Body, side: int) -> Pose:
    """Return on one knee; the foot of `side` stands in front."""
    h = body.height
    pose = Pose(
        pelvis=(0.0, 0.0, _on_knees(body)), lean=14.0, spine=(12.0, 0.0, 0.0),
        ankles=((body.thigh * 0.95, 0.08 * h, body.ankle), (-body.shank, -0.06 * h, 0.05 * h)),
        planted=(1.0, 0.0), knees=((1.0, 0.2, 0.3), (1.0, -0.1, -0.4)),
        arms=((40.0, 8.0, 0.0, 40.0), (20.0, 15.0, 0.0, 20.0)),
    )  # fmt: skip
    return pose if side > 0 else pose.mirrored()


def all_fours(body: Body, slide: float = 0.0) -> Pose:
    """Return on hands and knees; with `slide` one hand and the other knee are ahead (statures)."""
    h = body.height
    ahead = 0.3 * h
    s = slide * h
    return Pose(
        pelvis=(0.0, 0.0, _on_knees(body) - 2.0 * slide * s), lean=66.0, spine=(10.0, 0.0, 0.0),
        ankles=((-body.shank - s, 0.07 * h, 0.04 * h), (-body.shank + s, -0.07 * h, 0.04 * h)),
        neck=(-28.0, 0.0), planted=(0.0, 0.0), knees=((1.0, 0.1, -0.5), (1.0, -0.1, -0.5)),
        hands=((ahead + s, 0.11 * h, 0.05 * h), (ahead - s, -0.11 * h, 0.05 * h)),
    )  # fmt: skip


def floor_sitting(body: Body, lean: float = -12.0, bent: float = 0.5) -> Pose:
    """Return sitting on the floor; `bent` 0 is with straight legs, 1 with the knees high."""
    h = body.height
    return Pose(
        pelvis=(0.0, 0.0, 0.064 * h * body.girth), lean=lean, spine=(24.0, 0.0, 0.0), neck=(-5, 0),
        ankles=_feet((0.48 - 0.2 * bent) * h, 0.07 * h, 0.05 * h), planted=(bent, bent), knees=UP,
        arms=((15.0, 14.0, 0.0, 30.0),) * 2,
    )  # fmt: skip


def side_sitting(body: Body, side: int) -> Pose:
    """Return sitting on one hip, held up by the hand of `side`, the legs to the other side."""
    h = body.height
    pose = Pose(
        pelvis=(0.0, 0.0, 0.075 * h * body.girth), roll=-16.0, spine=(10.0, -14.0, 0.0), lean=4.0,
        ankles=((0.26 * h, -0.12 * h, 0.05 * h), (0.2 * h, -0.22 * h, 0.05 * h)),
        knees=((0.8, -0.1, 0.6), (0.7, -0.7, 0.4)), planted=(0.0, 0.0),
        hands=((0.0, 0.27 * h, 0.05 * h), (0.2 * h, -0.02 * h, 0.16 * h)),
    )  # fmt: skip
    return pose if side > 0 else pose.mirrored()


def supine(body: Body, bent: float = 0.0) -> Pose:
    """Return on the back, feet towards x; `bent` 1 has the soles on the ground."""
    h = body.height
    return Pose(
        pelvis=(0.0, 0.0, 0.064 * h * body.girth), lean=-88.0, neck=(10.0, 0.0), arms=BESIDE,
        ankles=_feet((0.5 - 0.22 * bent) * h, 0.06 * h, 0.045 * h), planted=(bent, bent),
        knees=FLAT if bent < 0.3 else ((1.0, 0.15, 0.3), (1.0, -0.15, 0.3)),
    )  # fmt: skip


FLAT: Final[Reach] = ((1.0, 0.2, 0.0), (1.0, -0.2, 0.0))


def on_side(body: Body, side: int) -> Pose:
    """Return on the side that `side` names, knees drawn up, feet towards x."""
    h = body.height
    # On the left side with the feet towards x, the front of the body points to y.
    pose = Pose(
        pelvis=(0.0, 0.0, 0.095 * h), lean=-88.0, twist=90.0, neck=(12.0, 0.0),
        ankles=((0.34 * h, 0.0, 0.04 * h), (0.31 * h, 0.03 * h, 0.12 * h)), spine=(14.0, 0.0, 0.0),
        knees=((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)), planted=(0.0, 0.0),
        arms=((125.0, 5.0, 0.0, 75.0), (50.0, 4.0, 20.0, 50.0)),
    )  # fmt: skip
    return pose if side > 0 else pose.mirrored()


def prone(body: Body) -> Pose:
    """Return on the belly, head towards x."""
    h = body.height
    return Pose(
        pelvis=(0.0, 0.0, 0.064 * h * body.girth), lean=88.0, neck=(-8.0, 50.0),
        ankles=_feet(-0.5 * h, 0.07 * h, 0.05 * h), planted=(0.0, 0.0),
        arms=((0.0, 65.0, -80.0, 110.0), (0.0, 85.0, -80.0, 85.0)), knees=FLAT,
    )  # fmt: skip


def plank(body: Body, up: float) -> Pose:
    """Return the push-up position: `up` 1 on straight arms, 0 just above the floor."""
    h = body.height
    toe, trunk = 0.065 * h, 0.75 * h
    shoulder = (0.1 + 0.19 * up) * h
    tilt = float(np.arcsin((shoulder - toe) / trunk))
    leg = 0.505 * h
    pelvis = toe + leg * np.sin(tilt)
    return Pose(
        pelvis=(0.0, 0.0, float(pelvis)), lean=float(90 - np.degrees(tilt)), neck=(-18.0, 0.0),
        ankles=_feet(-float(leg * np.cos(tilt)), 0.05 * h, toe), planted=(0.0, 0.0), knees=FLAT,
        hands=_feet(0.25 * h, 0.13 * h, 0.05 * h),
    )  # fmt: skip
