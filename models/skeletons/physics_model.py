"""The simulated person and the furniture as a MuJoCo model.

Capsules on the joints of `physics_body`, in metres and kilograms; text goes out, nothing is run.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

import numpy as np

from models.skeletons.physics_body import ARM, HINGES, LEG, SIDES, TRUNK, Body, Box, hinge

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
        for full in hinges:
            low, high, _, _, damping = hinge(full)
            axis = {"_x": "1 0 0", "_z": "0 0 1"}.get(full[-2:], "0 1 0")
            ElementTree.SubElement(
                element, "joint", name=full, type="hinge", axis=axis, limited="true",
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
        named: dict[str, str] = {"name": name} if name else {}
        ElementTree.SubElement(
            part, "geom", named, type="capsule", size=_numbers(radius * h), mass=f"{share:.6f}",
            fromto=_numbers(*(v * h for v in (*start, *end))), contype="2", conaffinity="1",
            friction=_numbers(self.friction * slick, 0.01, 0.003),
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
    spine = build.part(pelvis, "spine", (0, 0, 0.075), TRUNK[:3])
    build.capsule(
        spine, m["spine"], (0.008, -0.025, 0.03), (0.008, 0.025, 0.03), 0.066 * g, "belly"
    )
    build.site(spine, "spine", zero)
    chest = build.part(spine, "chest", (0, 0, 0.1), TRUNK[3:4], pitch=body.stoop)
    build.capsule(
        chest, m["chest"], (0.004, -0.045, 0.04), (0.004, 0.045, 0.04), 0.062 * g, "chest"
    )
    build.site(chest, "chest", zero)
    head = build.part(chest, "head", (0, 0, 0.095), TRUNK[4:], pitch=-0.75 * body.stoop)
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
    names = tuple(f"{s}_{n}" for n in LEG)
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
    names = tuple(f"{s}_{n}" for n in ARM)
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
    common: dict[str, str] = {"contype": "1", "conaffinity": "2"}
    ElementTree.SubElement(
        world, "geom", common, name="floor", type="plane", size="20 20 1", solref="0.012 1",
        friction="0.1 0.01 0.003",
    )  # fmt: skip
    for box in boxes:
        ElementTree.SubElement(
            world, "geom", common, type="box", pos=_numbers(*box.centre),
            size=_numbers(*box.half), friction=_numbers(box.friction, 0.01, 0.003),
            solref="0.02 1",
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
        _, _, stiff, torque, _ = hinge(name)
        limit = torque * (0.45 + 0.55 * body.strength)
        ElementTree.SubElement(
            actuator, "general", joint=name, name=name, biastype="affine",
            gainprm=_numbers(stiff), biasprm=_numbers(0, -stiff, -0.06 * stiff),
            forcerange=_numbers(-limit, limit),
        )  # fmt: skip
    return ElementTree.tostring(root, encoding="unicode")
