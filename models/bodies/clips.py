"""The sample clips: who does what, where the camera stands, what is true about it.

Key poses are written by hand. Lengths are metres, times seconds from the first frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import ConvexHull

from models.bodies.body import Body, Sex, Shape
from models.bodies.motion import Anchor, Chain, Key, KeyMotion, Motion, Walk, seat_height
from models.bodies.pose import Pose, Triple
from models.bodies.raster import Camera
from models.bodies.room import Room, bedroom
from models.bodies.scene import Outfit, Person

FPS = 12
C1 = Camera((2.35, 0.12, 2.2), (2.2, 2.3, 1.0), fov_deg=80.0)
C2 = Camera((0.12, 0.6, 2.2), (2.2, 2.3, 0.85), fov_deg=80.0)
C1_BED = Camera((1.6, 0.75, 2.2), (1.5, 3.1, 0.80), fov_deg=84.0)
#: How far a body sinks into a mattress and into a cushion.
MATTRESS, CUSHION = 0.05, 0.03

WOMAN = Person.dressed(Body.load(Shape(Sex.FEMALE, 79.0, 1.64, 66.0)), Outfit())
MAN = Person.dressed(
    Body.load(Shape(Sex.MALE, 82.0, 1.74, 76.0)),
    Outfit(
        skin=(0.80, 0.60, 0.48),
        hair=(0.78, 0.77, 0.75),
        top=(0.62, 0.33, 0.25),
        bottom=(0.36, 0.36, 0.42),
        long_sleeves=False,
    ),
)
CARER = Person.dressed(
    Body.load(Shape(Sex.FEMALE, 35.0, 1.70, 68.0)),
    Outfit(
        skin=(0.70, 0.50, 0.38),
        hair=(0.16, 0.11, 0.08),
        top=(0.86, 0.88, 0.90),
        bottom=(0.22, 0.36, 0.44),
        shoes=(0.85, 0.85, 0.85),
        long_sleeves=False,
    ),
)

STAND = Pose()
SIT = Pose(
    turn=(0.0, -8.0, 0.0),
    spine=(14.0, 0.0, 0.0),
    neck=(2.0, 0.0, 0.0),
    hip_l=(80.0, 4.0, 4.0),
    hip_r=(80.0, 4.0, 4.0),
    knee_l=86.0,
    knee_r=84.0,
    ankle_l=0.0,
    ankle_r=0.0,
    shoulder_l=(28.0, 8.0, -8.0),
    shoulder_r=(28.0, 8.0, -8.0),
    elbow_l=52.0,
    elbow_r=52.0,
)
BEND = Pose(
    turn=(0.0, 34.0, 0.0),
    spine=(22.0, 0.0, 0.0),
    neck=(-16.0, 0.0, 0.0),
    hip_l=(88.0, 4.0, 4.0),
    hip_r=(88.0, 4.0, 4.0),
    knee_l=62.0,
    knee_r=62.0,
    ankle_l=14.0,
    ankle_r=14.0,
    shoulder_l=(30.0, 14.0, 0.0),
    shoulder_r=(30.0, 14.0, 0.0),
    elbow_l=22.0,
    elbow_r=22.0,
)
SUPINE = Pose(
    turn=(0.0, -90.0, 0.0),
    spine=(0.0, 0.0, 0.0),
    neck=(6.0, 0.0, 0.0),
    hip_l=(2.0, 4.0, 14.0),
    hip_r=(2.0, 4.0, 14.0),
    knee_l=4.0,
    knee_r=4.0,
    ankle_l=-22.0,
    ankle_r=-22.0,
    shoulder_l=(4.0, 16.0, 0.0),
    shoulder_r=(4.0, 16.0, 0.0),
    elbow_l=18.0,
    elbow_r=18.0,
)


def facing(pose: Pose, yaw: float) -> Pose:
    """Return the pose with its body turned to `yaw` degrees."""
    return replace(pose, turn=(yaw, *pose.turn[1:]))


@dataclass(frozen=True)
class Clip:
    """One sample clip and what its row of the manifest says."""

    name: str
    description: str
    seconds: float
    camera: Camera
    room: Room
    people: tuple[tuple[Person, Motion], ...] = ()
    subject: str = ""
    fall: tuple[float, float] | None = None


def bed_zone(clip: Clip) -> list[tuple[float, float]]:
    """Outline of somebody who lies on the clip's bed, in 0..1 of the picture, clockwise."""
    (bed,) = clip.room.mattresses
    corners = [
        (x, y, z)
        for x in (bed.low[0], bed.high[0])
        for y in (bed.low[1], bed.high[1])
        for z in (bed.high[2], bed.high[2] + 0.3)
    ]
    pixels, _ = clip.camera.project(np.array(corners))
    points = (pixels / (clip.camera.width, clip.camera.height)).clip(0.0, 1.0)
    return [(float(x), float(y)) for x, y in points[ConvexHull(points).vertices]]


def _backward(yaw: float, t: float, place: tuple[float, float]) -> list[Key]:
    """Fall backwards from standing at `t`: knees give way, seat, back and head hit the floor."""

    def pose(forward: float, left: float, **angles: float | Triple) -> Pose:
        return replace(STAND, turn=(yaw, forward, left), **angles)  # type: ignore[arg-type]

    lost = pose(
        -9.0, 2.0, spine=(10.0, 4.0, 0.0), neck=(10.0, 0.0, 0.0), hip_l=(14.0, 4.0, 6.0),
        hip_r=(10.0, 5.0, 6.0), knee_l=20.0, knee_r=16.0, ankle_l=8.0, ankle_r=8.0,
        shoulder_l=(34.0, 30.0, 0.0), shoulder_r=(42.0, 34.0, 0.0), elbow_l=34.0, elbow_r=30.0,
    )  # fmt: skip
    dropping = pose(
        -26.0, 4.0, spine=(24.0, 6.0, 0.0), neck=(20.0, 0.0, 0.0), hip_l=(58.0, 6.0, 8.0),
        hip_r=(50.0, 8.0, 8.0), knee_l=64.0, knee_r=56.0, ankle_l=2.0, ankle_r=2.0,
        shoulder_l=(44.0, 52.0, 0.0), shoulder_r=(56.0, 50.0, 0.0), elbow_l=42.0, elbow_r=36.0,
    )  # fmt: skip
    seated = pose(
        -44.0, 6.0, spine=(30.0, 6.0, 0.0), neck=(24.0, 0.0, 0.0), hip_l=(86.0, 8.0, 10.0),
        hip_r=(78.0, 8.0, 10.0), knee_l=82.0, knee_r=72.0, ankle_l=-12.0, ankle_r=-12.0,
        shoulder_l=(0.0, 52.0, 0.0), shoulder_r=(34.0, 54.0, 0.0), elbow_l=28.0, elbow_r=40.0,
    )  # fmt: skip
    rolling = pose(
        -74.0, 4.0, spine=(18.0, 4.0, 0.0), neck=(22.0, 0.0, 0.0), hip_l=(70.0, 8.0, 12.0),
        hip_r=(60.0, 8.0, 12.0), knee_l=72.0, knee_r=60.0, ankle_l=-10.0, ankle_r=-10.0,
        shoulder_l=(-4.0, 56.0, 0.0), shoulder_r=(20.0, 64.0, 0.0), elbow_l=32.0, elbow_r=52.0,
    )  # fmt: skip
    down = pose(
        -90.0, 2.0, spine=(0.0, 2.0, 0.0), neck=(4.0, 0.0, 10.0), hip_l=(44.0, 6.0, 14.0),
        hip_r=(30.0, 8.0, 16.0), knee_l=64.0, knee_r=40.0, ankle_l=-10.0, ankle_r=-16.0,
        shoulder_l=(2.0, 52.0, 0.0), shoulder_r=(6.0, 74.0, 10.0), elbow_l=30.0, elbow_r=60.0,
    )  # fmt: skip
    settled = replace(
        down, neck=(2.0, 0.0, 22.0), hip_l=(26.0, 10.0, 18.0), hip_r=(3.0, 10.0, 22.0),
        knee_l=48.0, knee_r=6.0, ankle_l=-18.0, ankle_r=-24.0,
        shoulder_l=(2.0, 40.0, 0.0), shoulder_r=(4.0, 70.0, 16.0), elbow_l=24.0, elbow_r=66.0,
    )  # fmt: skip
    still = replace(settled, neck=(2.0, 0.0, 16.0), elbow_r=58.0, shoulder_r=(3.0, 62.0, 16.0))
    return [
        Key(t - 0.4, facing(STAND, yaw), place, stop=True),
        Key(t, facing(STAND, yaw), place, stop=True),
        Key(t + 0.45, lost, place),
        Key(t + 0.75, dropping, place),
        Key(t + 0.98, seated, place),
        Key(t + 1.22, rolling, anchor=Anchor.PELVIS),
        Key(t + 1.42, down, anchor=Anchor.PELVIS),
        Key(t + 2.2, settled, anchor=Anchor.PELVIS, stop=True),
        Key(t + 5.0, settled, anchor=Anchor.PELVIS, stop=True),
        Key(t + 6.2, still, anchor=Anchor.PELVIS, stop=True),
    ]


def _fall(name: str, camera: Camera, words: str) -> Clip:
    walk = Walk(WOMAN.body, [(1.0, 2.75), (2.5, 2.2), (2.75, 2.1)], 0.0, 2.6)
    start = 3.1
    place = walk.end_place
    feet = KeyMotion(WOMAN.body, _backward(walk.end_yaw, start, place))
    return Clip(
        name,
        f"Walks, falls backwards, lies still on the floor; {words}",
        22.0,
        camera,
        bedroom(),
        ((WOMAN, Chain([(0.0, walk), (start - 0.4, feet)])),),
        "woman",
        (start, start + 1.42),
    )


def _sit() -> Clip:
    seat = seat_height(MAN.body, SIT)
    chair = (3.3, 3.1)
    front = (chair[0], chair[1] - 0.42)
    walk = Walk(MAN.body, [(0.9, 2.1), (2.4, 2.35), front], 0.0, 3.4)
    yaw = walk.end_yaw
    step = replace(STAND, hip_l=(18.0, 0.0, 14.0), knee_l=32.0, ankle_l=6.0)
    keys = [
        Key(3.2, facing(STAND, yaw), walk.end_place, stop=True),
        Key(3.7, facing(step, yaw * 0.7), front),
        Key(4.1, facing(STAND, yaw * 0.45), front),
        Key(4.5, facing(step.mirrored(), yaw * 0.2), front),
        Key(4.9, facing(STAND, 0.0), front, stop=True),
        Key(5.9, facing(BEND, 0.0), front),
        Key(6.8, facing(SIT, 0.0), front, stop=True),
    ]
    rest = replace(SIT, neck=(4.0, 0.0, 24.0), turn=(0.0, -12.0, 0.0))
    keys += [Key(9.0, SIT, front, stop=True), Key(10.2, rest, front, stop=True)]
    return Clip(
        "sit",
        "Walks to a chair and sits down",
        13.0,
        C1,
        bedroom(seat=seat + CUSHION, chair_at=chair),
        ((MAN, Chain([(0.0, walk), (3.2, KeyMotion(MAN.body, keys))])),),
        "man",
    )


def _lie_bed() -> Clip:
    seat = seat_height(WOMAN.body, SIT)
    top = seat + CUSHION
    edge = (1.1, 2.82)
    lying = (1.16, 3.64)
    level = top - MATTRESS
    walk = Walk(WOMAN.body, [(2.65, 2.6), (1.9, 2.55), edge], 0.0, 2.8)
    yaw = walk.end_yaw
    step = replace(STAND, hip_r=(18.0, 0.0, 14.0), knee_r=32.0, ankle_r=6.0)
    hands_back = replace(SIT, turn=(20.0, -24.0, 0.0), shoulder_l=(-20.0, 24.0, 0.0),
                         shoulder_r=(-30.0, 26.0, 0.0), elbow_l=14.0, elbow_r=14.0)  # fmt: skip
    legs_up = replace(
        SIT, turn=(62.0, -52.0, 0.0), spine=(22.0, 0.0, 0.0), neck=(14.0, 0.0, 0.0),
        hip_l=(74.0, 2.0, 6.0), hip_r=(70.0, 2.0, 6.0), knee_l=72.0, knee_r=66.0,
        ankle_l=-10.0, ankle_r=-10.0, shoulder_l=(-16.0, 20.0, 0.0),
        shoulder_r=(-24.0, 26.0, 0.0), elbow_l=46.0, elbow_r=40.0,
    )  # fmt: skip
    back = replace(
        SUPINE, turn=(86.0, -78.0, 0.0), spine=(8.0, 0.0, 0.0), hip_l=(40.0, 4.0, 10.0),
        hip_r=(30.0, 4.0, 10.0), knee_l=66.0, knee_r=50.0,
    )  # fmt: skip
    asleep = replace(SUPINE, turn=(90.0, -88.0, 0.0), neck=(12.0, 0.0, 12.0))
    keys = [
        Key(2.6, facing(STAND, yaw), walk.end_place, stop=True),
        Key(3.1, facing(step, yaw * 0.7), edge),
        Key(3.5, facing(STAND, yaw * 0.45), edge),
        Key(3.9, facing(step.mirrored(), yaw * 0.2), edge),
        Key(4.3, facing(STAND, 0.0), edge, stop=True),
        Key(5.3, facing(BEND, 0.0), edge),
        Key(6.2, facing(SIT, 0.0), edge, stop=True),
        Key(7.2, hands_back, edge),
        Key(8.6, legs_up, (1.12, 3.45), Anchor.PELVIS, level),
        Key(9.8, back, lying, Anchor.PELVIS, level),
        Key(11.2, asleep, lying, Anchor.PELVIS, level, stop=True),
    ]
    return Clip(
        "lie_bed",
        "Walks to the bed, sits on its edge and lies down",
        18.0,
        C1_BED,
        bedroom(bed_top=top),
        ((WOMAN, Chain([(0.0, walk), (2.6, KeyMotion(WOMAN.body, keys))])),),
        "woman",
    )


def _walk() -> Clip:
    path = [(0.8, 2.0), (2.3, 2.1), (3.5, 2.3), (3.4, 2.9), (2.2, 2.8), (1.0, 2.6)]
    return Clip(
        "walk",
        "Walks to and fro",
        8.5,
        C1,
        bedroom(),
        ((MAN, Walk(MAN.body, path, 0.3, 8.2)),),
        "man",
    )


def _two_people() -> Clip:
    there = Walk(WOMAN.body, [(0.8, 2.75), (3.2, 2.75)], 0.0, 4.2)
    back = Walk(WOMAN.body, [(3.2, 2.75), (0.8, 2.75)], 5.8, 10.0)
    stop = there.end_place
    turn = [
        Key(4.2, facing(STAND, 90.0), stop, stop=True),
        Key(4.8, facing(replace(STAND, hip_r=(18.0, 0.0, 14.0), knee_r=32.0), 40.0), stop),
        Key(5.2, facing(replace(STAND, hip_l=(18.0, 0.0, 14.0), knee_l=32.0), -40.0), stop),
        Key(5.8, facing(STAND, -90.0), stop, stop=True),
    ]
    woman = Chain([(0.0, there), (4.2, KeyMotion(WOMAN.body, turn)), (5.8, back)])
    carer = Walk(CARER.body, [(3.6, 2.1), (1.0, 2.1)], 0.6, 4.4)
    return Clip(
        "two_people",
        "Two people cross, one hidden behind the other for a moment, and one comes back",
        10.0,
        C1,
        bedroom(),
        ((WOMAN, woman), (CARER, carer)),
        "woman and carer",
    )


def _empty() -> Clip:
    return Clip("empty", "The empty room", 10.0, C1, bedroom())


#: The clips by name; each is made when it is asked for.
CLIPS: dict[str, Callable[[], Clip]] = {
    "fall": lambda: _fall("fall", C1, "first camera"),
    "fall_c2": lambda: _fall("fall_c2", C2, "the same fall at the same times, second camera"),
    "sit": _sit,
    "lie_bed": _lie_bed,
    "walk": _walk,
    "two_people": _two_people,
    "empty": _empty,
}
