"""A torque-limited human body for MuJoCo, of the size, weight, stoop and strength of old people.

X points forward, y left, z up; lengths are shares of the stature. 26 hinges besides the free
pelvis, each with a position servo whose torque is limited. The families of bodies and controllers
(`Family`) have ranges that do not touch, so what is learned on one can be measured on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree

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
_TRUNK: Final = ("spine_y", "spine_x", "spine_z", "chest_y", "neck_y", "neck_z")
_LEG: Final = ("hip_y", "hip_x", "hip_z", "knee", "ankle_y", "ankle_x")
_ARM: Final = ("shoulder_y", "shoulder_x", "shoulder_z", "elbow")
HINGES: Final = _TRUNK + tuple(f"{s}_{n}" for s, _ in SIDES for n in (*_LEG, *_ARM))
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


def _hinge(name: str) -> tuple[float, float, float, float, float]:
    """Limits in degrees, stiffness, torque and damping of a hinge by its full name."""
    side, bare = (name[:2], name[2:]) if name[:2] in ("l_", "r_") else ("", name)
    low, high, stiff, torque, damping = _SERVOS[bare]
    if side == "r_" and bare.endswith(("_x", "_z")):
        low, high = -high, -low
    return low, high, stiff, torque, damping


LIMITS: Final = np.radians([_hinge(name)[:2] for name in HINGES])
"""(26, 2) radians."""

STIFFNESS: Final = np.array([_hinge(name)[2] for name in HINGES], dtype=float)
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

_MASSES: Final = {
    "pelvis": 0.14, "spine": 0.15, "chest": 0.205, "head": 0.08, "thigh": 0.105, "shank": 0.045,
    "foot": 0.014, "upper": 0.028, "lower": 0.022,
}  # fmt: skip
"""Shares of the body's mass after Winter, Biomechanics of human movement, rounded; sum 1.003."""


def _numbers(*values: float) -> str:
    return " ".join(f"{v:.5f}" for v in values)


class _Builder:
    """Writes the model as MJCF."""

    def __init__(self, body: Body, friction: float) -> None:
        self.body = body
        self.friction = friction

    def part(
        self, parent: ElementTree.Element, name: str, at: tuple[float, float, float],
        hinges: tuple[str, ...] = (), pitch: float = 0.0,
    ) -> ElementTree.Element:  # fmt: skip
        """Add a rigid part; `at` in statures, `pitch` in radians, hinges from outer to inner."""
        h = self.body.height
        element = ElementTree.SubElement(
            parent, "body", name=name, pos=_numbers(*(v * h for v in at)),
            euler=_numbers(0, pitch, 0),
        )  # fmt: skip
        for hinge in hinges:
            low, high, _, _, damping = _hinge(hinge)
            axis = {"x": "1 0 0", "z": "0 0 1"}.get(hinge[-1] if hinge[-2] == "_" else "y", "0 1 0")
            ElementTree.SubElement(
                element, "joint", name=hinge, type="hinge", axis=axis, limited="true",
                range=_numbers(*np.radians([low, high])), damping=f"{damping:.3f}",
                armature="0.02", stiffness=f"{damping:.3f}",
            )  # fmt: skip
        return element

    def capsule(
        self, part: ElementTree.Element, share: float, start: tuple[float, float, float],
        end: tuple[float, float, float], radius: float, name: str = "", slick: float = 1.0,
    ) -> None:  # fmt: skip
        """Add a capsule, in statures, with a share of the body's mass."""
        h = self.body.height
        ElementTree.SubElement(
            part, "geom", type="capsule", size=_numbers(radius * h), mass=f"{share:.6f}",
            fromto=_numbers(*(v * h for v in (*start, *end))), contype="2", conaffinity="1",
            friction=_numbers(self.friction * slick, 0.01, 0.003),
            **({"name": name} if name else {}),
        )  # fmt: skip

    def site(self, part: ElementTree.Element, name: str, at: tuple[float, float, float]) -> None:
        """Mark a joint of the skeleton that is recorded; `at` in statures."""
        pos = _numbers(*(v * self.body.height for v in at))
        ElementTree.SubElement(part, "site", name=name, pos=pos, size="0.01")


def _person(world: ElementTree.Element, build: _Builder) -> None:
    """Add the body; the origin of the pelvis is where its free joint puts it."""
    body, g, m = build.body, build.body.girth, body_mass(build.body)
    zero = (0.0, 0.0, 0.0)
    pelvis = build.part(world, "pelvis", zero)
    ElementTree.SubElement(pelvis, "freejoint", name="root")
    build.capsule(pelvis, m["pelvis"], (0, -0.028, 0), (0, 0.028, 0), 0.062 * g, "pelvis")
    build.site(pelvis, "pelvis", zero)
    spine = build.part(pelvis, "spine", (0, 0, 0.075), _TRUNK[:3])
    build.capsule(
        spine, m["spine"], (0.008, -0.025, 0.03), (0.008, 0.025, 0.03), 0.066 * g, "belly"
    )
    build.site(spine, "spine", zero)
    chest = build.part(spine, "chest", (0, 0, 0.1), _TRUNK[3:4], pitch=body.stoop)
    build.capsule(
        chest, m["chest"], (0.004, -0.045, 0.04), (0.004, 0.045, 0.04), 0.062 * g, "chest"
    )
    build.site(chest, "chest", zero)
    head = build.part(chest, "head", (0, 0, 0.095), _TRUNK[4:], pitch=-0.75 * body.stoop)
    build.capsule(head, 0.75 * m["head"], (0.014, 0, 0.088), (0.014, 0, 0.108), 0.05, "head")
    build.capsule(head, 0.25 * m["head"], (0, 0, 0), (0.005, 0, 0.05), 0.032)
    for name, at in (("neck", zero), ("head", (0.008, 0, 0.055)), ("head_top", (0.014, 0, 0.158))):
        build.site(head, name, at)
    for s, side in SIDES:
        _leg(pelvis, build, s, side, m)
        _arm(chest, build, s, side, m)


def _leg(
    pelvis: ElementTree.Element, build: _Builder, s: str, side: int, m: dict[str, float]
) -> None:
    h, g = build.body.height, build.body.girth
    thigh, shank, sole = (v / h for v in (build.body.thigh, build.body.shank, build.body.ankle))
    names = tuple(f"{s}_{n}" for n in _LEG)
    zero = (0.0, 0.0, 0.0)
    upper = build.part(pelvis, f"{s}_thigh", (0, side * 0.05, -0.012), names[:3])
    build.capsule(
        upper, m["thigh"], (0, 0, -0.02), (0, 0, -thigh + 0.012), 0.039 * g**0.5, f"{s}_thigh"
    )
    build.site(upper, f"{s}_hip", zero)
    lower = build.part(upper, f"{s}_shank", (0, 0, -thigh), names[3:4])
    build.capsule(lower, m["shank"], (0, 0, -0.015), (0, 0, -shank), 0.028 * g**0.5, f"{s}_shank")
    build.site(lower, f"{s}_knee", zero)
    foot = build.part(lower, f"{s}_foot", (0, 0, -shank), names[4:])
    low = -sole + 0.014
    for y in (-0.016, 0.016):
        build.capsule(foot, m["foot"] / 2, (-0.022, y, low), (0.09, y, low), 0.014)
    build.site(foot, f"{s}_ankle", zero)
    build.site(foot, f"{s}_toe", (0.095, 0, -sole + 0.012))


def _arm(
    chest: ElementTree.Element, build: _Builder, s: str, side: int, m: dict[str, float]
) -> None:
    h = build.body.height
    upper_length, lower_length = build.body.upper_arm / h, build.body.forearm / h
    names = tuple(f"{s}_{n}" for n in _ARM)
    zero = (0.0, 0.0, 0.0)
    build.site(chest, f"{s}_collar", (0, side * 0.015, 0.088))
    upper = build.part(chest, f"{s}_upper", (0, side * 0.1, 0.085), names[:3])
    build.capsule(upper, m["upper"], zero, (0, 0, -upper_length), 0.026, f"{s}_upper")
    build.site(upper, f"{s}_shoulder", zero)
    lower = build.part(upper, f"{s}_lower", (0, 0, -upper_length), names[3:])
    build.capsule(lower, 0.7 * m["lower"], zero, (0, 0, -lower_length), 0.02, f"{s}_lower")
    build.capsule(
        lower, 0.3 * m["lower"], (0, 0, -lower_length), (0, 0, -lower_length - 0.05), 0.02,
        f"{s}_hand", 1.3,
    )  # fmt: skip
    build.site(lower, f"{s}_elbow", zero)
    build.site(lower, f"{s}_wrist", (0, 0, -lower_length))
    build.site(lower, f"{s}_hand", (0, 0, -lower_length - 0.05))


def body_mass(body: Body) -> dict[str, float]:
    """Kilograms of each part; limbs are listed once."""
    return {name: share * body.mass for name, share in _MASSES.items()}


_PAIRS: Final = (
    ("l_thigh", "r_thigh"), ("l_shank", "r_shank"), ("l_thigh", "r_shank"), ("l_shank", "r_thigh"),
    *((f"{s}_{limb}", trunk) for s in "lr" for limb in ("lower", "hand")
      for trunk in ("pelvis", "belly", "chest", "head", "l_thigh", "r_thigh")),
    *((f"{s}_thigh", trunk) for s in "lr" for trunk in ("chest", "belly")),
)  # fmt: skip
"""Parts of the body that may not pass through one another."""


def mjcf(body: Body, boxes: tuple[Box, ...], friction: float, walker: bool = False) -> str:
    """Write the model of one person and the furniture.

    Parameters
    ----------
    body, boxes
        Who, and what stands there.
    friction
        Of body on floor.
    walker
        Whether a walking frame stands there too: a free body of three bars.

    Returns
    -------
    str
        MJCF. Sites are the skeleton's joints, servos are in the order of `HINGES`, the equality
        "guide" holds the pelvis to the mocap body of the same name.
    """
    root = ElementTree.Element("mujoco")
    ElementTree.SubElement(root, "compiler", angle="radian", autolimits="true")
    ElementTree.SubElement(
        root, "option", timestep=f"{1 / 240:.8f}", integrator="implicitfast", iterations="12",
        ls_iterations="12", cone="pyramidal",
    )  # fmt: skip
    world = ElementTree.SubElement(root, "worldbody")
    # Friction of a pair is the larger of the two, so that the floor leaves it to the body.
    common = {"contype": "1", "conaffinity": "2"}
    ElementTree.SubElement(
        world, "geom", name="floor", type="plane", size="20 20 1", solref="0.012 1",
        friction="0.1 0.01 0.003", **common,
    )  # fmt: skip
    for box in boxes:
        ElementTree.SubElement(
            world, "geom", type="box", pos=_numbers(*box.centre), size=_numbers(*box.half),
            friction=_numbers(box.friction, 0.01, 0.003), solref="0.02 1", **common,
        )  # fmt: skip
    ElementTree.SubElement(world, "body", name="guide", mocap="true")
    _person(world, _Builder(body, friction))
    if walker:
        frame = ElementTree.SubElement(world, "body", name="walker", pos="0.35 0 0.42")
        ElementTree.SubElement(frame, "freejoint", name="walker")
        for pos, size in (
            ("0.2 0 0", "0.02 0.28 0.4"), ("0 0.28 0", "0.22 0.02 0.4"),
            ("0 -0.28 0", "0.22 0.02 0.4"),
        ):  # fmt: skip
            ElementTree.SubElement(
                frame, "geom", type="box", pos=pos, size=size, mass="0.9",
                friction="0.25 0.01 0.003", contype="3", conaffinity="3",
            )  # fmt: skip
    contact = ElementTree.SubElement(root, "contact")
    for first, second in _PAIRS:
        ElementTree.SubElement(
            contact,
            "pair",
            geom1=first,
            geom2=second,
            friction="0.4 0.4 0.01 0.001 0.001",
            solref="0.03 1",
        )
    equality = ElementTree.SubElement(root, "equality")
    ElementTree.SubElement(
        equality, "weld", name="guide", body1="guide", body2="pelvis", solref="0.03 1",
        relpose="0 0 0 1 0 0 0",
    )  # fmt: skip
    actuator = ElementTree.SubElement(root, "actuator")
    for name in HINGES:
        _, _, stiff, torque, _ = _hinge(name)
        limit = torque * (0.45 + 0.55 * body.strength)
        ElementTree.SubElement(
            actuator, "general", joint=name, name=name, biastype="affine",
            gainprm=_numbers(stiff), biasprm=_numbers(0, -stiff, -0.06 * stiff),
            forcerange=_numbers(-limit, limit),
        )  # fmt: skip
    return ElementTree.tostring(root, encoding="unicode")
