"""Scenes that differ in one attribute alone: a seed and a number in, who and where out.

A base scene draws one level of every attribute, so that each level is as frequent as its
neighbours over all scenes; around it, each attribute is set to each of its other levels while all
else stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np

from ambient.evaluate.subgroups_falls import SEATED, Act, Fall, Mover, falling, lying
from models.bodies.body import Body, Sex, Shape
from models.bodies.motion import Point, seat_height
from models.bodies.pose import Pose
from models.bodies.props import blanket, sofa
from models.bodies.raster import Array, Camera, Triple
from models.bodies.room import Box, Room, bedroom
from models.bodies.scene import Outfit, Person

SIZE: Final = (640, 360)
CUSHION: Final = 0.03
"""How far a body sinks into a seat, metres."""


class Attribute(StrEnum):
    """What people, rooms and cameras differ in."""

    SEX = "sex"
    BUILD = "build"
    AGE = "age"
    SKIN = "skin"
    CONTRAST = "contrast"
    AID = "aid"
    VIEW = "view"
    LIGHT = "light"


class Level(StrEnum):
    """One way to be of an attribute; the value is said in reports."""

    FEMALE = "female"
    MALE = "male"
    THIN = "thin"
    MIDDLE = "middle"
    HEAVY = "heavy"
    UPRIGHT = "60, upright"
    BENT = "76, a little bent"
    STOOPED = "88, stooped"
    LIGHT_SKIN = "light skin"
    BROWN_SKIN = "brown skin"
    DARK_SKIN = "dark skin"
    LIKE_FLOOR = "clothes as light as the floor"
    UNLIKE_FLOOR = "clothes unlike the floor"
    NO_AID = "none"
    FRAME = "walking frame"
    HIGH = "wall, high"
    LOW = "wall, low"
    CEILING = "ceiling"
    DAY = "day"
    DIM = "dim"
    INFRARED = "infrared-like"


LEVELS: Final[Mapping[Attribute, tuple[Level, ...]]] = {
    Attribute.SEX: (Level.FEMALE, Level.MALE),
    Attribute.BUILD: (Level.THIN, Level.MIDDLE, Level.HEAVY),
    Attribute.AGE: (Level.UPRIGHT, Level.BENT, Level.STOOPED),
    Attribute.SKIN: (Level.LIGHT_SKIN, Level.BROWN_SKIN, Level.DARK_SKIN),
    Attribute.CONTRAST: (Level.LIKE_FLOOR, Level.UNLIKE_FLOOR),
    Attribute.AID: (Level.NO_AID, Level.FRAME),
    Attribute.VIEW: (Level.HIGH, Level.LOW, Level.CEILING),
    Attribute.LIGHT: (Level.DAY, Level.DIM, Level.INFRARED),
}

BMI: Final = {
    (Level.FEMALE, Level.THIN): 18.0, (Level.FEMALE, Level.MIDDLE): 22.5,
    (Level.FEMALE, Level.HEAVY): 27.0, (Level.MALE, Level.THIN): 21.5,
    (Level.MALE, Level.MIDDLE): 25.0, (Level.MALE, Level.HEAVY): 28.5,
}  # fmt: skip
"""Body mass index, kg/m²: what the parametric body can be between its ends."""
TALLER: Final = 1.075
"""Height of a man over that of a woman of the same rank."""
AGES: Final = {
    Level.UPRIGHT: (60.0, 0.0, 0.95), Level.BENT: (76.0, 14.0, 0.65),
    Level.STOOPED: (88.0, 30.0, 0.42),
}  # fmt: skip
"""Years, stoop in degrees, walking speed in m/s."""
SKINS: Final[Mapping[Level, Triple]] = {
    Level.LIGHT_SKIN: (0.90, 0.73, 0.63),
    Level.BROWN_SKIN: (0.63, 0.44, 0.33),
    Level.DARK_SKIN: (0.27, 0.18, 0.13),
}
FLOORS: Final[tuple[Triple, ...]] = (
    (0.74, 0.62, 0.47), (0.58, 0.45, 0.33), (0.34, 0.25, 0.18), (0.64, 0.64, 0.62),
    (0.42, 0.47, 0.52),
)  # fmt: skip
WALLS: Final[tuple[Triple, ...]] = (
    (0.90, 0.87, 0.80), (0.84, 0.87, 0.86), (0.90, 0.82, 0.74), (0.78, 0.82, 0.88),
)  # fmt: skip
HEIGHTS: Final = {Level.HIGH: (2.15, 2.45), Level.LOW: (1.0, 1.3), Level.CEILING: (2.55, 2.55)}
"""Of the camera, metres."""


_HELD_M: Final = 0.12
"""The frame's open side is so far ahead of the pelvis while walking."""
PUSHED_M: Final = 1.2
"""Who falls forward or sinks down pushes the frame so far."""


class Zones(StrEnum):
    """Whether the installer drew the place somebody lies on."""

    DRAWN = "zone drawn"
    NONE = "no zone"


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a clip shows.

    Attributes
    ----------
    number
        Of the base scene.
    levels
        One level of every attribute.
    act
        What the person does.
    person, room, camera
        As the renderer takes them.
    mirrored
        Whether left and right are swapped in the picture.
    light
        Day, dim or infrared-like.
    fall
        How somebody falls; None where somebody lies on a bed or sofa.
    frame
        Where a walking frame stands, its yaw, and how far it topples; None without.
    soft
        What somebody lies on; None where somebody falls.
    covered
        Whether a blanket lies over the legs.
    """

    number: int
    levels: Mapping[Attribute, Level]
    act: Act
    person: Person
    room: Room
    camera: Camera
    mirrored: bool
    light: Level
    fall: Fall | None = None
    frame: tuple[Point, float, float] | None = None
    soft: Box | None = None
    covered: bool = False


def base_levels(seed: int, number: int) -> dict[Attribute, Level]:
    """Return the levels of a base scene.

    Over scenes that follow each other each level comes as often as the others, and the levels of
    two attributes do not go together.
    """
    out: dict[Attribute, Level] = {}
    for index, (attribute, levels) in enumerate(LEVELS.items()):
        block, place = divmod(number, len(levels))
        order = np.random.default_rng([seed, index, block]).permutation(len(levels))
        out[attribute] = levels[int(order[place])]
    return out


def variants(seed: int, number: int) -> list[dict[Attribute, Level]]:
    """Return the levels of a base scene, and those of all that differ from it in one."""
    base = base_levels(seed, number)
    others = [
        base | {attribute: level}
        for attribute, levels in LEVELS.items()
        for level in levels
        if level is not base[attribute]
    ]
    # Those that differ in light alone come next to each other and are drawn once.
    return [base, *sorted(others, key=lambda one: one[Attribute.LIGHT] is base[Attribute.LIGHT])]


def fall_scene(seed: int, number: int, levels: Mapping[Attribute, Level]) -> Scene:
    """Return a scene with a fall."""
    rng = _rng(seed, number, 1)
    kind = list(Fall)[number % len(Fall)]
    mover, shape = _mover(rng, levels)
    place, yaw = (float(rng.uniform(1.9, 2.5)), float(rng.uniform(1.5, 1.75))), 0.0
    chair = (float(rng.uniform(2.7, 3.05)), float(rng.uniform(2.8, 3.3)))
    bed_x = float(rng.uniform(1.15, 1.45))
    # Along the room, where nobody falls onto the bed or through a wall.
    turn = float(rng.choice((-90.0, 90.0)) + rng.uniform(-40.0, 40.0))
    floor = FLOORS[int(rng.integers(len(FLOORS)))]
    if kind is not Fall.CHAIR:
        chair = (3.8, 3.6)  # out of the way
    seat = seat_height(mover.body, _sitting(mover)) + CUSHION
    room = bedroom(bed_top=seat, seat=seat, chair_at=chair)
    if kind is Fall.CHAIR:
        place = (chair[0], chair[1] + 0.02)
    elif kind is Fall.BED:
        place = (bed_x, room.mattresses[0].low[1] + 0.14)
    else:
        yaw = turn
    room = replace(room, floor=floor, wall=WALLS[int(rng.integers(len(WALLS)))])
    how = int(rng.integers(2**31))
    act = falling(kind, mover, how, place, yaw)
    # All who are compared are looked at alike: at where somebody of middle build comes down.
    usual = falling(kind, _usual(), how, place, yaw)
    down = usual.posed(usual.rest_s).joints[0]
    middle = (0.35 * place[0] + 0.65 * float(down[0]), 0.35 * place[1] + 0.65 * float(down[1]))
    camera = _camera(_rng(seed, number, 5), levels[Attribute.VIEW], middle)
    frame = _frame(_rng(seed, number, 3), kind, act, place, yaw) if mover.frame else None
    return Scene(
        number=number,
        levels=levels,
        act=act,
        person=Person.dressed(mover.body, _outfit(_rng(seed, number, 4), levels, floor, shape)),
        room=room,
        camera=camera,
        mirrored=bool(number // len(Fall) % 2),
        light=levels[Attribute.LIGHT],
        fall=kind,
        frame=frame,
    )


def bed_scene(seed: int, number: int) -> Scene:
    """Return a scene with somebody who lies on a bed or, each third time, on a sofa."""
    rng = _rng(seed, number, 2)
    levels = base_levels(seed, number) | {Attribute.AID: Level.NO_AID}
    mover, shape = _mover(rng, levels)
    floor = FLOORS[int(rng.integers(len(FLOORS)))]
    seat = seat_height(mover.body, _sitting(mover)) + CUSHION
    room = bedroom(bed_top=seat, seat=seat, chair_at=(3.6, 3.4))
    soft = room.mattresses[0]
    lies_down, covered = number % 2 == 0, number % 4 == 1
    if number % 3 == 2:
        boxes, soft = sofa(0.15, room.size[1] - 0.9, seat)
        furniture = tuple(box for box in room.boxes if not _over(box, soft))
        room = replace(room, boxes=(*furniture, *boxes))
    middle = (
        soft.low[0] + 0.52 * (soft.high[0] - soft.low[0]) + 0.1,
        (soft.low[1] + soft.high[1]) / 2,
    )
    act = lying(
        mover,
        int(rng.integers(2**31)),
        ((middle[0], soft.low[1] + 0.14), middle),
        soft.high[2],
        lies_down=lies_down,
    )
    if covered:
        room = replace(room, boxes=(*room.boxes, blanket(soft, float(rng.uniform(0.45, 0.6)))))
    room = replace(room, floor=floor, wall=WALLS[int(rng.integers(len(WALLS)))])
    return Scene(
        number=number,
        levels=levels,
        act=act,
        person=Person.dressed(mover.body, _outfit(_rng(seed, number, 4), levels, floor, shape)),
        room=room,
        camera=_camera(_rng(seed, number, 5), levels[Attribute.VIEW], (middle[0], soft.low[1])),
        mirrored=bool(number // 2 % 2),
        light=levels[Attribute.LIGHT],
        soft=soft,
        covered=covered,
    )


def _rng(seed: int, number: int, of: int) -> np.random.Generator:
    """Return a generator of its own for each part, so that no level changes what another draws."""
    return np.random.default_rng([seed, number, of])


def frame_at(scene: Scene, t: float) -> tuple[Point, float, float] | None:
    """Return where the walking frame of a scene is at `t`: place, yaw, how far toppled."""
    if scene.frame is None:
        return None
    place, yaw, topples = scene.frame
    if scene.fall in SEATED:
        return place, yaw, 0.0
    start = scene.act.start_s
    if t < start:
        return _ahead(scene.act.posed(t).joints[0], yaw, _HELD_M), yaw, 0.0
    gone = float(np.clip((t - start) / 0.8, 0.0, 1.0))
    pushed = PUSHED_M * gone * (2.0 - gone) if topples else 0.0
    return _ahead(place, yaw, pushed), yaw, topples * gone * gone


def _frame(
    rng: np.random.Generator, kind: Fall, act: Act, place: Point, yaw: float
) -> tuple[Point, float, float]:
    """Return where the frame is left, and to which side it topples, if it does."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    if kind in SEATED:
        # Beside the seat, where nobody falls onto it.
        head = act.posed(act.rest_s).landmarks[0, 0] - place[0]
        side = -float(np.sign(head)) if abs(head) > 0.3 else side
        return (place[0] + 0.7 * side, place[1] - 0.5), yaw, 0.0
    root = act.posed(act.start_s - 0.01).joints[0]
    ahead = kind in (Fall.FORWARD, Fall.COLLAPSE)
    return _ahead(root, yaw, _HELD_M), yaw, 90.0 * side if ahead else 0.0


def _ahead(root: Point | Array, yaw: float, by: float) -> Point:
    return (
        float(root[0] + by * np.sin(np.radians(yaw))),
        float(root[1] - by * np.cos(np.radians(yaw))),
    )


@cache
def _usual() -> Mover:
    return Mover(Body.load(Shape()), stoop=14.0)


def _mover(rng: np.random.Generator, levels: Mapping[Attribute, Level]) -> tuple[Mover, Shape]:
    sex, build = levels[Attribute.SEX], levels[Attribute.BUILD]
    years, stoop, speed = AGES[levels[Attribute.AGE]]
    height = float(rng.uniform(1.55, 1.67)) * (TALLER if sex is Level.MALE else 1.0)
    shape = Shape(
        Sex.MALE if sex is Level.MALE else Sex.FEMALE,
        years,
        height,
        BMI[sex, build] * height * height,
    )
    frame = levels[Attribute.AID] is Level.FRAME
    return Mover(Body.load(shape), stoop, speed, frame), shape


def _sitting(mover: Mover) -> Pose:
    from ambient.evaluate.days.stances import SIT

    return mover.stooped(SIT.pose)


def _outfit(
    rng: np.random.Generator, levels: Mapping[Attribute, Level], floor: Triple, shape: Shape
) -> Outfit:
    """Clothes as light as the floor, or as far from it as cloth can be; hair by age."""
    tone = float(np.dot(floor, (0.299, 0.587, 0.114)))
    shade = rng.uniform(0.94, 1.06, (2, 3))
    if levels[Attribute.CONTRAST] is Level.LIKE_FLOOR:
        top, bottom = floor * shade[0], floor * shade[1] * 0.93
    elif tone > 0.45:
        top, bottom = (0.12, 0.14, 0.24) * shade[0], (0.10, 0.10, 0.12) * shade[1]
    else:
        top, bottom = (0.90, 0.88, 0.84) * shade[0], (0.82, 0.78, 0.70) * shade[1]
    sleeves = bool(rng.random() < 0.6)
    grey = (0.74, 0.73, 0.71) if shape.age_years > 70 else (0.34, 0.27, 0.22)
    return Outfit(
        skin=SKINS[levels[Attribute.SKIN]],
        hair=grey,
        top=_colour(top),
        bottom=_colour(bottom),
        shoes=(0.20, 0.15, 0.12),
        long_sleeves=sleeves,
    )


def _colour(values: Array) -> Triple:
    red, green, blue = np.clip(values, 0.0, 0.95).tolist()
    return red, green, blue


def _camera(rng: np.random.Generator, view: Level, place: Point) -> Camera:
    """Return a camera on the near, left or right wall, or at the ceiling, that looks at a place."""
    wall, along = int(rng.integers(3)), float(rng.uniform(0.0, 1.0))
    up, wide = float(rng.uniform(0.0, 1.0)), float(rng.uniform(0.0, 1.0))
    off = rng.uniform(-0.2, 0.2, 2)
    low, high = HEIGHTS[view]
    z = low + up * (high - low)
    if view is Level.CEILING:
        eye = (2.2 + 1.5 * float(off[0]), 2.0 + 1.5 * float(off[1]), z)
        middle = (0.6 * place[0] + 0.4 * 2.2, 0.6 * place[1] + 0.4 * 2.0, 0.3)
        return Camera(eye, middle, *SIZE, fov_deg=100.0 + 10.0 * wide)
    eye = (
        (0.8 + 2.8 * along, 0.12, z),
        (0.25, 0.3 + 1.2 * along, z),
        (4.28, 0.3 + 1.2 * along, z),
    )[wall]
    target = (place[0] + float(off[0]), place[1] + float(off[1]), 0.65)
    return Camera(eye, target, *SIZE, fov_deg=76.0 + 16.0 * wide)


def _over(box: Box, soft: Box) -> bool:
    """Whether a piece of furniture stands where a sofa is put: all but what hangs on the wall."""
    inside = box.low[0] < soft.high[0] + 0.25 and box.high[0] > soft.low[0] - 0.25
    return inside and box.high[1] > soft.low[1] - 0.1 and 0.1 < box.high[2] < 1.15 and (
        box.high[0] - box.low[0] < 3.0
    )  # fmt: skip
