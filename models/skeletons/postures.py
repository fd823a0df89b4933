"""Postures and exercises that no recording shows, made of joint angles.

Key angles go in, a motion comes out: push-ups, sit-ups, squats, yoga, tying shoes, crawling under
a bed, lying down on the floor. Angles move on minimum-jerk curves and the lowest part of the body
rests on the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from models.skeletons.joints import JOINTS, Array, Joint, assemble
from models.skeletons.motion import RATE_HZ, Motion, Segment, Source

HEIGHT: Final = 1.70


@dataclass(frozen=True, slots=True)
class Angles:
    """A posture in degrees; 0 everywhere stands with hanging arms, looking along x.

    Attributes
    ----------
    pitch, twist
        Of the pelvis: forward lean (90 face down, -90 face up), turn about the body's long axis.
    spine, neck
        Flexion on top of it.
    hip_l, hip_r, knee_l, knee_r
        Flexion.
    spread
        Abduction of both thighs.
    ankle
        Stretch of both feet.
    shoulder_l, shoulder_r, elbow_l, elbow_r
        Flexion: 90 reaches forward, 180 overhead.
    apart
        Abduction of both arms.
    """

    pitch: float = 0.0
    twist: float = 0.0
    spine: float = 0.0
    neck: float = 0.0
    hip_l: float = 0.0
    hip_r: float = 0.0
    knee_l: float = 3.0
    knee_r: float = 3.0
    spread: float = 4.0
    ankle: float = 0.0
    shoulder_l: float = 3.0
    shoulder_r: float = 3.0
    elbow_l: float = 12.0
    elbow_r: float = 12.0
    apart: float = 8.0

    def vector(self) -> Array:
        """All angles in the order of the fields."""
        return np.array([getattr(self, field.name) for field in fields(self)], np.float64)


STAND: Final = Angles()
BENT: Final = Angles(pitch=40, spine=45, hip_l=70, hip_r=70, knee_l=15, knee_r=15,
                     shoulder_l=95, shoulder_r=95)  # fmt: skip
TOUCH: Final = Angles(pitch=50, spine=60, neck=20, hip_l=52, hip_r=52, knee_l=5, knee_r=5,
                      shoulder_l=115, shoulder_r=115, elbow_l=5, elbow_r=5)  # fmt: skip
SQUAT: Final = Angles(pitch=30, spine=15, hip_l=125, hip_r=125, knee_l=125, knee_r=125, spread=12,
                      ankle=-25, shoulder_l=70, shoulder_r=70)  # fmt: skip
TIE: Final = Angles(pitch=45, spine=50, neck=15, hip_l=130, hip_r=95, knee_l=110, knee_r=125,
                    ankle=-15, shoulder_l=70, shoulder_r=75, elbow_l=25, elbow_r=25)  # fmt: skip
KNEEL: Final = Angles(hip_l=3, hip_r=3, knee_l=92, knee_r=92, ankle=45)
HEELS: Final = Angles(pitch=12, spine=12, hip_l=70, hip_r=70, knee_l=150, knee_r=150, ankle=60,
                      shoulder_l=30, shoulder_r=30, elbow_l=35, elbow_r=35)  # fmt: skip
SCRUB: Final = Angles(pitch=62, spine=25, neck=-20, hip_l=78, hip_r=78, knee_l=95, knee_r=95,
                      ankle=45, shoulder_l=88, shoulder_r=88, elbow_l=8, elbow_r=8)  # fmt: skip
ALL_FOURS: Final = Angles(pitch=85, spine=2, neck=-30, hip_l=85, hip_r=85, knee_l=90, knee_r=90,
                          ankle=45, shoulder_l=88, shoulder_r=88, elbow_l=5, elbow_r=5)  # fmt: skip
CHILD: Final = Angles(pitch=70, spine=40, neck=10, hip_l=135, hip_r=135, knee_l=150, knee_r=150,
                      ankle=60, shoulder_l=170, shoulder_r=170, elbow_l=10, elbow_r=10)  # fmt: skip
DOG: Final = Angles(pitch=128, spine=0, neck=0, hip_l=92, hip_r=92, knee_l=5, knee_r=5,
                    ankle=-20, shoulder_l=170, shoulder_r=170, elbow_l=3, elbow_r=3)  # fmt: skip
PLANK: Final = Angles(pitch=72, spine=3, neck=-15, hip_l=2, hip_r=2, ankle=-25,
                      shoulder_l=75, shoulder_r=75, elbow_l=4, elbow_r=4, apart=12)  # fmt: skip
PUSH: Final = Angles(pitch=85, spine=2, neck=-15, hip_l=2, hip_r=2, ankle=-20, apart=40,
                     shoulder_l=-15, shoulder_r=-15, elbow_l=105, elbow_r=105)  # fmt: skip
PRONE: Final = Angles(pitch=90, neck=-8, knee_l=4, knee_r=8, ankle=50, shoulder_l=140,
                      shoulder_r=150, elbow_l=60, elbow_r=60, apart=45)  # fmt: skip
SUPINE: Final = Angles(pitch=-90, neck=8, ankle=25, hip_l=2, hip_r=4, shoulder_l=2,
                       shoulder_r=5, apart=22, spread=8)  # fmt: skip
SIDE: Final = Angles(pitch=-90, twist=88, neck=12, spine=10, hip_l=45, hip_r=25, knee_l=60,
                     knee_r=40, ankle=20, shoulder_l=60, shoulder_r=75, elbow_l=70,
                     elbow_r=80, spread=2)  # fmt: skip
CURLED: Final = replace(SIDE, spine=40, neck=25, hip_l=95, hip_r=85, knee_l=105, knee_r=100)
SIT_UP_LOW: Final = replace(SUPINE, hip_l=45, hip_r=45, knee_l=88, knee_r=88, ankle=0,
                            shoulder_l=150, shoulder_r=150, elbow_l=120, elbow_r=120)  # fmt: skip
SIT_UP_HIGH: Final = Angles(pitch=-32, spine=55, neck=15, hip_l=95, hip_r=95, knee_l=88, knee_r=88,
                            shoulder_l=130, shoulder_r=130, elbow_l=120, elbow_r=120)  # fmt: skip
LONG_SIT: Final = Angles(pitch=-14, spine=20, hip_l=78, hip_r=78, knee_l=12, knee_r=18, ankle=10,
                         shoulder_l=15, shoulder_r=15, elbow_l=25, elbow_r=25)  # fmt: skip
CHAIR: Final = Angles(pitch=-6, spine=12, hip_l=84, hip_r=84, knee_l=86, knee_r=86,
                      shoulder_l=30, shoulder_r=30, elbow_l=60, elbow_r=60)  # fmt: skip
HUG: Final = Angles(spine=6, neck=8, shoulder_l=70, shoulder_r=62, elbow_l=75, elbow_r=70, apart=18)
CARE: Final = Angles(pitch=35, spine=40, neck=10, hip_l=48, hip_r=48, knee_l=18, knee_r=12,
                     shoulder_l=75, shoulder_r=80, elbow_l=35, elbow_r=30)  # fmt: skip

# Metres in a body of `HEIGHT`: hips from the pelvis, then bone lengths.
_HIP: Final = np.array([0.0, 0.088, -0.06])
_THIGH, _SHIN, _FOOT, _UPPER_ARM, _FOREARM, _HAND = 0.43, 0.42, 0.17, 0.28, 0.25, 0.08
_TRUNK: Final = (0.12, 0.17, 0.17)
_HEAD: Final = (0.085, 0.17)
_SHOULDER: Final = np.array([0.0, 0.165, -0.03])
_COLLAR: Final = np.array([0.0, 0.025, 0.14])

RADII: Final = np.array(
    [0.10, 0.09, 0.09, 0.055, 0.055, 0.075, 0.075, 0.03, 0.03, 0.10, 0.11, 0.06, 0.09, 0.0, 0.07,
     0.07, 0.08, 0.08, 0.04, 0.04, 0.03, 0.03, 0.015, 0.015]
)  # fmt: skip
"""How far flesh goes beyond each joint, metres, in a body of `HEIGHT`."""


def figure(angles: Array) -> Array:
    """Joints (T, 24, 3) in metres of angles (T, 15) in degrees; the lowest part is at 0."""
    a = dict(zip((f.name for f in fields(Angles)), np.radians(angles).T, strict=True))
    count = len(angles)
    parts = np.zeros((count, JOINTS, 3))
    pelvis = _about_left(a["pitch"]) @ _about_up(a["twist"])
    lower = pelvis @ _about_left(a["spine"] * 0.5)
    upper = pelvis @ _about_left(a["spine"])
    head = upper @ _about_left(a["neck"])
    up = np.array([0.0, 0.0, 1.0])
    parts[:, Joint.SPINE] = _TRUNK[0] * (pelvis @ up)
    parts[:, Joint.CHEST] = _TRUNK[1] * (lower @ up)
    parts[:, Joint.NECK] = _TRUNK[2] * (upper @ up)
    parts[:, Joint.HEAD] = _HEAD[0] * (head @ np.array([0.3, 0.0, 0.95]))
    parts[:, Joint.HEAD_TOP] = _HEAD[1] * (head @ np.array([0.12, 0.0, 0.99]))
    for side, sign in ((0, 1.0), (1, -1.0)):
        flip = np.array([1.0, sign, 1.0])
        name = "lr"[side]
        parts[:, Joint.L_HIP + side] = pelvis @ (_HIP * flip)
        parts[:, Joint.L_COLLAR + side] = upper @ (_COLLAR * flip)
        parts[:, Joint.L_SHOULDER + side] = upper @ (_SHOULDER * flip)
        hip, knee = a[f"hip_{name}"], a[f"knee_{name}"]
        arm, elbow = a[f"shoulder_{name}"], a[f"elbow_{name}"]
        for joint, frame, length, angle, aside in (
            (Joint.L_KNEE, pelvis, _THIGH, hip, a["spread"]),
            (Joint.L_ANKLE, pelvis, _SHIN, hip - knee, 0.3 * a["spread"]),
            (Joint.L_TOE, pelvis, _FOOT, hip - knee + np.radians(72) - a["ankle"], a["spread"]),
            (Joint.L_ELBOW, upper, _UPPER_ARM, arm, a["apart"]),
            (Joint.L_WRIST, upper, _FOREARM, arm + elbow, 0.2 * a["apart"]),
            (Joint.L_HAND, upper, _HAND, arm + 1.1 * elbow, 0.1 * a["apart"]),
        ):
            ahead, below = np.sin(angle) * np.cos(aside), np.cos(angle) * np.cos(aside)
            local = np.stack([ahead, sign * np.sin(aside), -below], axis=-1)
            parts[:, joint + side] = length * np.einsum("tij,tj->ti", frame, local)
    out = assemble(parts)
    out[..., 2] -= (out[..., 2] - RADII).min(axis=1)[:, None]
    return out


def _about_left(angle: Array) -> Array:
    """Rotations (T, 3, 3) that lean forward."""
    c, s, z, o = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([c, z, s, z, o, z, -s, z, c], axis=-1).reshape(-1, 3, 3)


def _about_up(angle: Array) -> Array:
    """Rotations (T, 3, 3) that turn to the left."""
    c, s, z, o = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([c, -s, z, s, c, z, z, z, o], axis=-1).reshape(-1, 3, 3)


@dataclass(frozen=True, slots=True)
class Key:
    """A posture to be reached after `seconds` of movement called `label`, as all of it is."""

    angles: Angles
    seconds: float
    label: str


def animate(
    rng: np.random.Generator, name: str, keys: Sequence[Key], *, wobble_deg: float = 5.0
) -> Motion:
    """Go through postures, each reached at rest and each a little different every time."""
    shape = (len(keys), len(fields(Angles)))
    targets = np.stack([key.angles.vector() for key in keys]) + rng.normal(0.0, wobble_deg, shape)
    ends = np.cumsum([key.seconds for key in keys])
    t = np.arange(max(2, round(float(ends[-1]) * RATE_HZ))) / RATE_HZ
    at = np.minimum(np.searchsorted(ends, t, side="right"), len(keys) - 1)
    starts = np.concatenate([[0.0], ends[:-1]])
    s = np.clip((t - starts[at]) / np.maximum(ends[at] - starts[at], 1e-6), 0.0, 1.0)
    # Minimum jerk from rest to rest (Flash and Hogan 1985).
    part = (10 * s**3 - 15 * s**4 + 6 * s**5)[:, None]
    before = targets[np.maximum(at - 1, 0)]
    joints = figure((1 - part) * before + part * targets[at])
    pieces = tuple(
        Segment(float(a), float(b), key.label) for a, b, key in zip(starts, ends, keys, strict=True)
    )
    return Motion(name, f"own-{name}", joints, RATE_HZ, pieces, Source.OWN, HEIGHT, name)


def held(angles: Angles, seconds: float, label: str) -> Key:
    """Return a key that stays about where it is."""
    return Key(angles, seconds, label)


def exercise(rng: np.random.Generator, kind: str) -> Motion:
    """Return some exercise; `kind` is one of `EXERCISES`.

    Lying flat before, between and after is `lying`; the exercise itself is `other`, for whoever
    pushes himself up does not lie.
    """
    beat = float(rng.uniform(0.5, 1.4))
    times = int(rng.integers(4, 10))
    rest = float(rng.uniform(2.0, 9.0))
    lie = SUPINE if kind == "sit_ups" else PRONE
    down = [Key(STAND, 0.5, "standing"), Key(SQUAT, rng.uniform(0.8, 1.6), "other"),
            Key(KNEEL, 0.7, "kneeling")]  # fmt: skip
    up = [Key(KNEEL, rng.uniform(1.0, 2.5), "stand_up"),
          Key(STAND, rng.uniform(1.0, 2.5), "stand_up"), Key(STAND, 1.0, "standing")]  # fmt: skip
    if kind == "push_ups":
        work = [Key(k, beat, "other") for _ in range(times) for k in (PLANK, PUSH)]
        keys = [*down, Key(ALL_FOURS, 0.8, "crawl"), *work]
        if rng.random() < 0.5:
            keys += [Key(lie, 0.8, "lie_down"), held(lie, rest, "lying")]
        keys += [Key(ALL_FOURS, 1.0, "stand_up"), *up]
    elif kind == "sit_ups":
        first = [Key(LONG_SIT, 1.0, "sit_down"), held(LONG_SIT, 0.6, "sitting"),
                 Key(lie, 1.2, "lie_down"), held(lie, rng.uniform(0.5, 3.0), "lying")]  # fmt: skip
        work = [Key(k, beat, "other") for _ in range(times) for k in (SIT_UP_LOW, SIT_UP_HIGH)]
        keys = [*down, *first, *work]
        if rng.random() < 0.5:
            keys += [Key(lie, 0.9, "lie_down"), held(lie, rest, "lying")]
        keys += [Key(LONG_SIT, 1.2, "stand_up"), *up]
    elif kind == "squats":
        keys = [Key(k, beat, w) for _ in range(times)
                for k, w in ((STAND, "standing"), (SQUAT, "squatting"))]  # fmt: skip
        keys += [Key(STAND, 0.8, "stand_up"), held(STAND, rest, "standing")]
    elif kind == "toe_touch":
        keys = [Key(k, 1.4 * beat, w) for _ in range(times)
                for k, w in ((STAND, "standing"), (TOUCH, "other"))]  # fmt: skip
        keys += [Key(STAND, 0.9, "other"), held(STAND, 1.5, "standing")]
    elif kind == "yoga":
        poses = [(CHILD, "kneeling"), (DOG, "other"), (ALL_FOURS, "crawl"), (HEELS, "kneeling"),
                 (LONG_SIT, "sitting"), (PLANK, "other")]  # fmt: skip
        keys = list(down)
        for at in rng.permutation(len(poses))[: int(rng.integers(2, 5))]:
            pose, word = poses[int(at)]
            keys += [
                Key(pose, rng.uniform(0.8, 2.0), word),
                held(pose, rng.uniform(2.0, 7.0), word),
            ]
        keys += up
    else:
        raise ValueError(f"exercise: expected one of {EXERCISES}, got {kind!r}")
    return animate(rng, kind, keys, wobble_deg=4.0)


EXERCISES: Final = ("push_ups", "sit_ups", "squats", "toe_touch", "yoga")


def chore(rng: np.random.Generator, kind: str) -> Motion:
    """Return an everyday low movement; `kind` is one of `CHORES`."""
    slow = float(rng.uniform(0.7, 1.6))
    stay = float(rng.uniform(1.5, 10.0))
    back = [Key(STAND, 1.3 * slow, "stand_up"), held(STAND, rng.uniform(0.6, 3.0), "standing")]
    start = [held(STAND, rng.uniform(0.2, 2.0), "standing")]
    if kind == "tie_shoes":
        keys = [*start, Key(TIE, slow, "squatting"), held(TIE, stay, "squatting"), *back]
    elif kind == "pick_up":
        pose, word = ((BENT, "other"), (SQUAT, "squatting"), (TOUCH, "other"))[int(rng.integers(3))]
        keys = [*start, Key(pose, 0.8 * slow, word), held(pose, 0.4 + 0.2 * stay, word), *back]
    elif kind == "scrub":
        keys = [*start, Key(KNEEL, 1.2 * slow, "kneeling"), Key(SCRUB, 0.7, "kneeling")]
        for _ in range(int(rng.integers(2, 7))):
            lean = replace(SCRUB, shoulder_l=60, elbow_l=40)
            keys += [Key(lean, 0.6, "kneeling"), Key(SCRUB, 0.6, "kneeling")]
        keys += [Key(KNEEL, 0.9, "kneeling"), *back]
    elif kind == "pray":
        keys = [*start, Key(KNEEL, 1.2 * slow, "kneeling"), Key(HEELS, 0.8, "kneeling")]
        for _ in range(int(rng.integers(1, 4))):
            keys += [Key(CHILD, 1.1, "kneeling"), held(CHILD, rng.uniform(0.8, 4.0), "kneeling"),
                     Key(HEELS, 1.1, "kneeling"), held(HEELS, 1.0, "kneeling")]  # fmt: skip
        keys += [Key(KNEEL, 0.9, "stand_up"), *back]
    elif kind == "under_bed":
        flat = replace(ALL_FOURS, elbow_l=95, elbow_r=95, shoulder_l=60, shoulder_r=60, spine=-12)
        keys = [*start, Key(KNEEL, 1.2 * slow, "kneeling"), Key(ALL_FOURS, 0.8, "crawl")]
        keys += [Key(flat, 0.9, "crawl"), held(flat, 0.6 * stay, "crawl")]
        keys += [Key(ALL_FOURS, 0.9, "crawl"), Key(KNEEL, 0.9, "stand_up"), *back]
    elif kind == "floor_sit":
        keys = [*start, Key(SQUAT, slow, "sit_down"), Key(LONG_SIT, 0.8 * slow, "sit_down"),
                held(LONG_SIT, stay, "sitting"), Key(KNEEL, 1.5 * slow, "stand_up"),
                *back]  # fmt: skip
    elif kind == "lie_floor":
        lie = (SUPINE, SIDE, PRONE, CURLED)[int(rng.integers(4))]
        keys = [*start, Key(KNEEL, 1.3 * slow, "kneeling"), Key(HEELS, 0.7 * slow, "kneeling")]
        if lie is PRONE:
            keys += [Key(ALL_FOURS, 0.9 * slow, "crawl"), Key(PRONE, slow, "lie_down")]
        else:
            keys += [Key(LONG_SIT, 1.1 * slow, "sit_down"), held(LONG_SIT, 0.8, "sitting"),
                     Key(lie, 1.4 * slow, "lie_down")]  # fmt: skip
        keys += [held(lie, 2.0 + stay, "lying")]
        if rng.random() < 0.6:
            keys += [
                Key(LONG_SIT, 1.5 * slow, "stand_up"),
                Key(KNEEL, 1.4 * slow, "stand_up"),
                *back,
            ]
    elif kind == "care":
        keys = [*start, Key(CARE, slow, "other"), held(CARE, 1.5 * stay, "other"), *back]
    elif kind == "hug":
        keys = [*start, Key(HUG, 0.8, "standing"), held(HUG, stay, "standing"), *back]
    else:
        raise ValueError(f"chore: expected one of {CHORES}, got {kind!r}")
    return animate(rng, kind, keys)


CHORES: Final = (
    "tie_shoes", "pick_up", "scrub", "pray", "under_bed", "floor_sit", "lie_floor", "care", "hug",
)  # fmt: skip

STATIC: Final = (STAND, BENT, SQUAT, KNEEL, HEELS, CHAIR, LONG_SIT, SUPINE, SIDE, CURLED, HUG)
"""What furniture and coats are taken for."""


def still(rng: np.random.Generator, angles: Angles, seconds: float, label: str) -> Motion:
    """Hold one posture, drawn about `angles`, without breath: `edit.rested` gives it."""
    vector = angles.vector() + rng.normal(0.0, 7.0, len(fields(Angles)))
    count = max(2, round(seconds * RATE_HZ))
    joints = np.repeat(figure(vector[None]), count, axis=0)
    pieces = (Segment(0.0, count / RATE_HZ, label),)
    return Motion("still", "own-still", joints, RATE_HZ, pieces, Source.OWN, HEIGHT, "still")
