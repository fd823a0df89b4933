"""Bodies on, before and beside beds, couches and chairs, as many cameras see them.

Comes in: a kind of furniture, a number and a seed. Goes out: cases in exact perspective (a little
roll and lens distortion included): the furniture's box and the body's landmarks, roughened as
detectors roughen them, and whether the furniture truly carries the body. Nothing is drawn.

Development only, like `models.bodies`, whose bodies and cameras are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.bodies.body import Body, Sex, Shape
from models.bodies.motion import grounded
from models.bodies.pose import Pose
from models.bodies.raster import Camera, Triple
from models.support import Box, Carrier
from models.support.poses import LOW, LYING, ON_SEAT, SITTING_UP, UPRIGHT

Floats = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Case:
    """One body and one piece of furniture in one picture.

    Attributes
    ----------
    kind
        The furniture.
    what
        Where the body is: lying ``on`` it, sitting ``up`` on it with the legs upon it, or sitting
        on its ``edge``; lying on the floor ``before``, ``beside`` or ``behind`` it as the camera
        sees it, or ``away`` from it; ``low`` (sitting on the floor, kneeling, crouching) or
        ``upright`` next to it.
    on
        Whether the furniture carries the body.
    box, body_box
        Of the furniture and of the body, normalised.
    keypoints
        (33, 3) as a pose engine gives them.
    aspect
        Width / height of the picture.
    """

    kind: Carrier
    what: str
    on: bool
    box: Box
    body_box: Box
    keypoints: Floats
    aspect: float


@cache
def bodies() -> tuple[Body, ...]:
    """Return who lies there."""
    return (
        Body.load(Shape(Sex.FEMALE, 80.0, 1.58, 56.0)),
        Body.load(Shape(Sex.MALE, 76.0, 1.76, 82.0)),
        Body.load(Shape(Sex.FEMALE, 70.0, 1.66, 80.0)),
    )


@cache
def shape(which: int, pose: Pose) -> Floats:
    """Return landmarks (33, 3) of a body on the floor, the hips over the origin."""
    body = bodies()[which]
    posed = body.landmarks(pose, (0.0, 0.0, grounded(body, pose, 0.0)))
    hips = posed[[23, 24]].mean(axis=0)
    return moved(posed, -float(hips[0]), -float(hips[1]), 0.0)


@dataclass(frozen=True)
class Piece:
    """Furniture around the origin, its back or wall side towards +y, metres."""

    kind: Carrier
    half: tuple[float, float]
    top: float
    seat: float

    def corners(self) -> Floats:
        """Return the corners of its hull (8, 3)."""
        x, y = self.half
        return np.array([(i, j, k) for i in (-x, x) for j in (-y, y) for k in (0.0, self.top)])


def piece(kind: Carrier, random: Random) -> Piece:
    """Return furniture of a common size."""
    if kind is Carrier.BED:
        seat = random.uniform(0.38, 0.65)
        width = float(random.choice([0.9, 1.0, 1.4, 1.6], p=[0.45, 0.3, 0.15, 0.1]))
        board = float(random.choice([0.0, 0.15, 0.4]))
        return Piece(kind, (random.uniform(0.95, 1.05), width / 2), seat + board, seat)
    if kind is Carrier.COUCH:
        seat = random.uniform(0.38, 0.46)
        return Piece(kind, (random.uniform(0.75, 1.1), random.uniform(0.4, 0.5)), seat + 0.4, seat)
    seat = random.uniform(0.42, 0.5)
    half = random.uniform(0.22, 0.36)
    return Piece(kind, (half, half), seat + random.uniform(0.4, 0.55), seat)


def moved(points: Floats, x: float, y: float, z: float) -> Floats:
    """Move points (n, 3)."""
    return np.asarray(points + np.array([x, y, z]))


def turned(points: Floats, degrees: float) -> Floats:
    """Turn points (n, 3) around the vertical, counter-clockwise from above."""
    a = np.radians(degrees)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    return np.asarray(points @ turn.T)


def placed(thing: Piece, what: str, which: int, random: Random) -> Floats:
    """Return landmarks (33, 3) of a body that is `what` of the furniture, metres."""
    half_x, half_y = thing.half

    def pick(poses: dict[str, Pose]) -> Floats:
        return shape(which, list(poses.values())[int(random.integers(len(poses)))])

    def side() -> tuple[float, float, float]:
        """Return a place just outside and which way is outwards, degrees from -y."""
        gap = random.uniform(0.0, 0.25)
        where = random.choice(["-y", "+y", "-x", "+x"], p=[0.5, 0.2, 0.15, 0.15])
        along = random.uniform(-0.8, 0.8)
        return {
            "-y": (along * half_x, -half_y - gap, 0.0),
            "+y": (along * half_x, half_y + gap, 180.0),
            "-x": (-half_x - gap, along * half_y, -90.0),
            "+x": (half_x + gap, along * half_y, 90.0),
        }[str(where)]

    if what == "on" and thing.kind is Carrier.CHAIR:
        points = turned(pick(ON_SEAT), random.normal(0, 15))
        height = thing.seat + 0.09 - float(points[[23, 24], 2].mean())
        return moved(points, 0.0, random.uniform(-0.05, 0.08), height)
    if what == "on":
        points = pick(LYING)
        points = turned(points, float(random.choice([90.0, -90.0])) + random.normal(0, 7))
        low, high = points[:, 0].min(), points[:, 0].max()
        room = max(0.0, half_x - (high - low) / 2)
        shift = -(low + high) / 2 + random.uniform(-1, 1) * min(room, 0.25)
        free = max(0.0, half_y - 0.3)
        sunk = random.uniform(0.02, 0.07)
        return moved(points, shift, random.uniform(-1, 1) * free, thing.seat - sunk)
    if what == "up":
        # The back mostly to the wall or to either end.
        backs = (0.0, 90.0, -90.0, random.uniform(0, 360))
        points = turned(pick(SITTING_UP), backs[int(random.integers(4))] + random.normal(0, 12))
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        free = np.maximum(np.array(thing.half) - (high - low) / 2, 0.0)
        x, y = random.uniform(-1, 1, 2) * free - (low + high) / 2
        return moved(points, float(x), float(y), thing.seat - random.uniform(0.02, 0.07))
    if what == "edge":
        # Sitting on the bed's edge or on the couch, the feet on the floor before it.
        points = turned(pick(ON_SEAT), random.normal(0, 12))
        x = random.uniform(-0.75, 0.75) * half_x
        y = -half_y + random.uniform(0.12, 0.3)
        return moved(points, x, y, thing.seat + 0.09 - float(points[[23, 24], 2].mean()))
    if what in ("floor", "away"):
        points = turned(pick(LYING), random.uniform(0, 360))
        if what == "away":
            angle, far = random.uniform(0, 2 * np.pi), random.uniform(1.8, 3.0)
            return moved(points, far * np.cos(angle), far * np.sin(angle), 0.0)
        # Right beside: the body's nearest point at most 0.6 m from an edge, mostly along it.
        if random.random() < 0.6:
            points = turned(pick(LYING), float(random.choice([90.0, -90.0])) + random.normal(0, 25))
        gap, along = random.uniform(0.02, 0.6), random.uniform(-0.9, 0.9)
        where = int(random.choice(4, p=[0.4, 0.2, 0.2, 0.2]))
        if where == 0:
            return moved(points, along * half_x, -half_y - gap - points[:, 1].max(), 0.0)
        if where == 1:
            return moved(points, along * half_x, half_y + gap - points[:, 1].min(), 0.0)
        points = turned(points, float(random.choice([0.0, 90.0])))
        sign = -1.0 if where == 2 else 1.0
        edge = half_x + gap - (points[:, 0] * sign).min()
        return moved(points, sign * edge, along * half_y, 0.0)
    x, y, outwards = side()
    points = turned(pick(LOW if what == "low" else UPRIGHT), outwards + random.normal(0, 50))
    reach = 0.15 + random.uniform(0.0, 0.5)
    step = turned(np.array([[0.0, -reach, 0.0]]), outwards)[0]
    return moved(points + step, x, y, 0.0)


def camera(random: Random) -> Camera:
    """Return a camera on a wall or in a corner, 1.5 to 2.8 m high, anywhere around it."""
    angle = random.uniform(0, 2 * np.pi)
    far = random.uniform(1.2, 5.0)
    height = random.uniform(1.5, 2.8)
    width, rows = [(640, 360), (640, 480)][int(random.integers(2))]
    aside, deep = (float(v) for v in random.normal(0, 0.5, 2))
    target: Triple = (aside, deep, random.uniform(0.3, 0.9))
    position: Triple = (far * float(np.cos(angle)), far * float(np.sin(angle)), height)
    return Camera(position, target, width, rows, random.uniform(55.0, 105.0))


WHATS: Final = {
    Carrier.BED: (
        "on",
        "on",
        "on",
        "up",
        "edge",
        "floor",
        "floor",
        "floor",
        "floor",
        "low",
        "upright",
        "away",
    ),
    Carrier.COUCH: (
        "on",
        "on",
        "up",
        "edge",
        "edge",
        "floor",
        "floor",
        "floor",
        "low",
        "upright",
        "away",
    ),
    Carrier.CHAIR: ("on", "on", "on", "floor", "floor", "floor", "low", "upright", "away"),
}
"""How often what comes: half of the cases carry the body or nearly so."""


def cases(kind: Carrier, number: int, seed: int) -> Iterator[Case]:
    """Give `number` cases of one kind of furniture."""
    random = np.random.default_rng(seed)
    found = 0
    while found < number:
        thing, eye = piece(kind, random), camera(random)
        what = WHATS[kind][int(random.integers(len(WHATS[kind])))]
        case = seen(thing, eye, what, int(random.integers(len(bodies()))), random)
        if case is not None:
            found += 1
            yield case


def seen(thing: Piece, eye: Camera, what: str, which: int, random: Random) -> Case | None:
    """Return what the camera sees; None when too much is out of the picture or hidden."""
    aspect = eye.width / eye.height
    roll, bend = random.normal(0, 2.0), random.uniform(-0.12, 0.02)
    corners = pictured(eye, thing.corners(), roll, bend)
    points = placed(thing, what, which, random)
    pixels = pictured(eye, points, roll, bend)
    if corners is None or pixels is None:
        return None
    hull = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    box = hull.clip(0.0, 1.0)
    if (box[2:] - box[:2]).prod() < 0.6 * (hull[2:] - hull[:2]).prod():
        return None
    inside = ((pixels > -0.03) & (pixels < 1.03)).all(axis=1)
    clear = inside & ~hidden(np.asarray(eye.position), points, thing)
    if clear.mean() < 0.45 or not clear[[11, 12, 23, 24]].any():
        return None
    if what == "floor":
        what = side_of(points, eye)
    # A pose network errs more where it guesses, and in some pictures more than in others.
    trunk = float(np.linalg.norm((pixels[11] - pixels[23]) * [aspect, 1.0]))
    unit = max(trunk, 0.04) / np.array([aspect, 1.0])
    amount = random.choice([0.5, 1.0, 2.0], p=[0.3, 0.5, 0.2])
    own = random.normal(0, 1, (33, 2)) * np.where(clear, 0.05, 0.12)[:, None]
    shaken = pixels + amount * unit * (own + random.normal(0, 0.04, 2))
    # A detector's box is off by some per cent, and often ends above the legs of the furniture.
    size = np.tile(box[2:] - box[:2], 2)
    rough = random.normal(0, random.choice([0.02, 0.06], p=[0.7, 0.3]), 4)
    rough[3] += random.choice([0.0, -0.05, -0.1])
    box = (box + rough * size).clip(0.0, 1.0)
    sight = np.where(clear, random.uniform(0.7, 1.0, 33), random.uniform(0.1, 0.6, 33))
    return Case(
        thing.kind,
        what,
        what in ("on", "up", "edge"),
        boxed(box),
        boxed(np.concatenate([shaken.min(axis=0), shaken.max(axis=0)])),
        np.concatenate([shaken, sight[:, None]], axis=1),
        aspect,
    )


def boxed(sides: Floats) -> Box:
    """Return an array (4,) as a box."""
    x0, y0, x1, y1 = (float(side) for side in sides)
    return x0, y0, x1, y1


def pictured(eye: Camera, points: Floats, roll_deg: float, bend: float) -> Floats | None:
    """Return points (n, 2), normalised; None when one is nearer than 0.3 m.

    `bend` is the first radial coefficient for a radius of half a picture's width; negative makes
    barrels.
    """
    pixels, depths = eye.project(points)
    if depths.min() < 0.3:
        return None
    half = np.array([eye.width, eye.height]) / 2
    local = (pixels - half) / half[0]
    square = (local**2).sum(axis=1, keepdims=True).clip(max=1.5)
    local = local * (1.0 + bend * square)
    a = np.radians(roll_deg)
    local = local @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return np.asarray((local * half[0] + half) / (2 * half))


def side_of(points: Floats, eye: Camera) -> str:
    """Return on which side of the furniture, at the origin, a body lies as the camera sees it."""
    hips = points[[23, 24], :2].mean(axis=0)
    away = eye.axes[2, :2]
    farther = float(hips @ away / np.linalg.norm(hips) / np.linalg.norm(away))
    return "behind" if farther > 0.5 else "before" if farther < -0.5 else "beside"


def hidden(eye: Floats, points: Floats, thing: Piece) -> NDArray[np.bool_]:
    """Return which points (n, 3) the furniture hides from the eye: slab test with its seat."""
    low = np.array([-thing.half[0], -thing.half[1], 0.0]) + 0.02
    high = np.array([*thing.half, thing.seat]) - 0.02
    ray = points - eye
    ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    a, b = (low - eye) / ray, (high - eye) / ray
    near, far = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    return np.asarray((near < far) & (near > 0) & (near < 0.97))
