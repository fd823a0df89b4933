"""The rooms that days are lived in, and the camera's view of each.

A room is a rectangle with a bed, a place to sit, a table, a television, a mat and a door, and a
camera in an upper corner. Out come spots where people sit and lie, boxes that hide what is behind
them, and the zones an installer would draw. Metres; x to the right, y to the far wall, z up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from ambient.config_cameras import Zone
from ambient.observations import Place

Array = npt.NDArray[np.float64]
Spot = tuple[float, float]

BED_TOP: Final = 0.5
BED_LENGTH: Final = 2.0
BED_WIDTH: Final = 0.95
ASPECT: Final = 16 / 9
NEAREST_M: Final = 0.15
"""What is nearer to the camera's plane is drawn as if it were there."""
DRAWN_ERROR: Final = 0.012
"""How far, in picture heights, an installer's corner is off (one standard deviation)."""
UNDRAWN: Final = 0.1
"""Share of armchairs that nobody drew: they came later."""
MOVED: Final = 0.3
"""Share of armchairs that stand elsewhere by now than where they were drawn …"""
MOVED_M: Final = (0.1, 0.5)
"""… by so much …"""
TURNED_DEG: Final = 30.0
"""… and turned by up to so much, either way."""


class Knowledge(StrEnum):
    """How a node knows what people lie on."""

    ZONES = "zones"
    """The installer drew zones around bed and sofa and masked the television: see the README."""
    FURNITURE = "furniture"
    """Nobody drew anything; the map of furniture answers."""


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera: a pinhole with roll and a little barrel distortion.

    Attributes
    ----------
    position, target
        Where it is and what it looks at, metres.
    fov_deg
        Horizontal field of view.
    roll_deg
        Turn about the line of sight.
    barrel
        First radial coefficient, negative draws the edges in.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float
    roll_deg: float
    barrel: float

    @property
    def focal(self) -> float:
        """Focal length in picture heights."""
        return ASPECT / 2 / float(np.tan(np.radians(self.fov_deg) / 2))

    @property
    def axes(self) -> Array:
        """Right, down and forward as rows (3, 3)."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right = right / np.linalg.norm(right)
        down = np.cross(forward, right)
        c, s = np.cos(np.radians(self.roll_deg)), np.sin(np.radians(self.roll_deg))
        return np.stack([c * right + s * down, c * down - s * right, forward])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return x, y (..., 2), 0..1 of the picture, and depth (...) of points (..., 3)."""
        local = (points - np.asarray(self.position)) @ self.axes.T
        depth = local[..., 2]
        flat = local[..., :2] / np.maximum(depth, NEAREST_M)[..., None]
        radius = np.minimum((flat**2).sum(axis=-1, keepdims=True), 1.5)
        flat = flat * (1.0 + self.barrel * radius) * self.focal
        return flat / (ASPECT, 1.0) + 0.5, depth


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody sits: the pelvis over `at`, looking along `facing` degrees of yaw."""

    at: Spot
    facing: float
    front: Spot
    """Where the feet are before sitting down."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One room.

    Attributes
    ----------
    boxes
        (N, 6) lower and upper corners of what hides things.
    head
        Unit vector along the bed, towards its head.
    beside
        Where a carer stands at the bed.
    edge
        The bed's edge as a seat.
    sofa
        Whether `rest` is a sofa that one can lie on.
    """

    size: Spot
    eye: Eye
    boxes: Array
    bed: Spot
    head: Spot
    edge: Seat
    beside: Spot
    rest: Seat
    sofa: bool
    chair: Seat
    mat: Spot
    door: Spot
    hub: Spot
    screen: tuple[float, float, float, float]
    """The television, normalised box in the picture."""

    @property
    def head_yaw(self) -> float:
        """Yaw, degrees, of somebody who lies on the back with the head at the bed's head."""
        return float(np.degrees(np.arctan2(-self.head[0], self.head[1])))


def yaw_to(start: Spot, end: Spot) -> float:
    """Return the yaw, degrees, of somebody at `start` who looks at `end`."""
    return float(np.degrees(np.arctan2(end[0] - start[0], start[1] - end[1])))


def layout(rng: np.random.Generator) -> Layout:
    """Draw a room."""
    width, depth = float(rng.uniform(3.8, 5.4)), float(rng.uniform(3.7, 4.8))
    along = bool(rng.random() < 0.5)
    if along:
        bed, head = (0.15 + BED_LENGTH / 2, depth - 0.1 - BED_WIDTH / 2), (-1.0, 0.0)
        side = (bed[0], depth - 0.1 - BED_WIDTH)
    else:
        bed = (float(rng.uniform(1.15, 1.6)), depth - 0.1 - BED_LENGTH / 2)
        head, side = (0.0, 1.0), (bed[0] + BED_WIDTH / 2, bed[1])
    out = (0.0, -1.0) if along else (1.0, 0.0)
    edge = _seat((side[0] - 0.12 * out[0], side[1] - 0.12 * out[1]), out)
    beside = (side[0] + 0.35 * out[0], side[1] + 0.35 * out[1])
    sofa = bool(rng.random() < 0.4)
    rest = _seat((width - 0.5, float(rng.uniform(0.5, 0.62)) * depth), (-1.0, 0.0))
    chair = _seat((width - 1.35, 0.9), (1.0, 0.0))
    table = (width - 1.05, 0.45, width - 0.15, 1.35)
    boxes = [
        _lying_box(bed, head, BED_LENGTH, BED_WIDTH, 0.1, BED_TOP - 0.08),
        _foot_board(bed, head),
        np.array([width - 0.9, rest.at[1] - 0.45, 0.0, width - 0.05, rest.at[1] + 0.45, 0.3]),
        np.array([table[0], table[1], 0.70, table[2], table[3], 0.74]),
    ]
    eye = _eye(rng, (width, depth), bed)
    screen_at, _ = eye.project(np.array([[width * 0.5, 0.05, 1.1], [width * 0.5, depth, 1.3]]))
    centre = screen_at[1] if eye.position[1] < depth / 2 else screen_at[0]
    size = float(rng.uniform(0.12, 0.2))
    screen = (
        float(np.clip(centre[0], 0.15, 0.85)) - size / 2,
        float(np.clip(centre[1], 0.15, 0.6)) - size * 0.45,
        size,
        size * 0.9,
    )
    return Layout(
        size=(width, depth),
        eye=eye,
        boxes=np.stack(boxes),
        bed=bed,
        head=head,
        edge=edge,
        beside=beside,
        rest=rest,
        sofa=sofa,
        chair=chair,
        mat=(width * 0.52, depth * 0.42),
        door=(0.1, 0.7),
        hub=(width * 0.5, depth * 0.4),
        screen=screen,
    )


def installer_zones(room: Layout, rng: np.random.Generator) -> list[Zone]:
    """Return the zones that somebody draws around bed, sofa and armchair, each corner a little off.

    An armchair may have been moved since, or not have been there.
    """
    low, high = bounds(room.bed, room.head, BED_LENGTH, BED_WIDTH)
    bed = _outline(room.eye, _corners((*low, BED_TOP), (*high, BED_TOP + 0.3)), rng)
    zones = [Zone(kind=Place.BED, polygon=bed, bed=None)]
    x, y = room.rest.at
    reach = 0.85 if room.sofa else 0.4
    seat = _corners((x - 0.35, y - reach, 0.4), (x + 0.4, y + reach, 0.8))
    rest = _outline(room.eye, seat, rng)
    if room.sofa:
        return [*zones, Zone(kind=Place.SOFA, polygon=rest)]
    fate = rng.random()
    if fate < UNDRAWN:
        return zones
    if fate < UNDRAWN + MOVED:
        # Of a stream of its own, so that the day is the same however the armchair was drawn.
        own = rng.spawn(1)[0]
        rest = _outline(room.eye, _moved(seat, own), own)
    return [*zones, Zone(kind=Place.CHAIR, polygon=rest)]


def hidden(room: Layout, points: Array) -> npt.NDArray[np.bool_]:
    """Return which points (..., 3) the camera does not see because a box is before them."""
    start = np.asarray(room.eye.position)
    ray = points - start
    ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    result = np.zeros(points.shape[:-1], np.bool_)
    for box in room.boxes:
        a, b = (box[:3] - start) / ray, (box[3:] - start) / ray
        enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
        # What lies on or in the box itself is not hidden by the last few centimetres of it.
        result |= (enter < leave) & (enter > 0) & (enter < 0.96)
    return result


def _seat(at: Spot, out: Spot) -> Seat:
    front = (at[0] + 0.45 * out[0], at[1] + 0.45 * out[1])
    return Seat(at, yaw_to((0.0, 0.0), out), front)


def bounds(at: Spot, head: Spot, length: float, width: float) -> tuple[Spot, Spot]:
    """Return the lower and upper corner, over the floor, of a bed that lies along `head`."""
    half = np.abs(np.asarray(head)) * length / 2 + np.abs(np.asarray(head)[::-1]) * width / 2
    return (at[0] - half[0], at[1] - half[1]), (at[0] + half[0], at[1] + half[1])


def _lying_box(
    at: Spot, head: Spot, length: float, width: float, bottom: float, top: float
) -> Array:
    low, high = bounds(at, head, length, width)
    return np.array([*low, bottom, *high, top])


def _foot_board(bed: Spot, head: Spot) -> Array:
    at = (bed[0] - head[0] * 1.02, bed[1] - head[1] * 1.02)
    return _lying_box(at, head, 0.04, BED_WIDTH, 0.0, BED_TOP + 0.12)


def _eye(rng: np.random.Generator, size: Spot, bed: Spot) -> Eye:
    width, depth = size
    corners = [(0.12, 0.12), (width - 0.12, 0.12), (width - 0.12, depth - 0.12)]
    x, y = corners[int(rng.integers(len(corners)))]
    target = (
        0.5 * (width * 0.5 + bed[0]) + float(rng.normal(0.0, 0.15)),
        0.5 * (depth * 0.45 + bed[1]) + float(rng.normal(0.0, 0.15)),
        float(rng.uniform(0.5, 0.9)),
    )
    return Eye(
        (x, y, float(rng.uniform(2.15, 2.65))),
        target,
        float(rng.uniform(78.0, 108.0)),
        float(rng.normal(0.0, 1.5)),
        float(rng.uniform(-0.06, 0.0)),
    )


def _corners(low: tuple[float, ...], high: tuple[float, ...]) -> Array:
    """Return the eight corners (8, 3) of a box."""
    return np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1])
                     for z in (low[2], high[2])])  # fmt: skip


def _moved(corners: Array, rng: np.random.Generator) -> Array:
    """Return where a box's corners were before it was pushed and turned to where it stands."""
    way, far = rng.uniform(0.0, 2 * np.pi), rng.uniform(*MOVED_M)
    turn = np.radians(rng.uniform(-TURNED_DEG, TURNED_DEG))
    middle = corners[:, :2].mean(axis=0)
    c, s = np.cos(turn), np.sin(turn)
    flat = (corners[:, :2] - middle) @ np.array([[c, s], [-s, c]]) + middle
    flat += (far * np.cos(way), far * np.sin(way))
    return np.column_stack([flat, corners[:, 2]])


def _outline(eye: Eye, corners: Array, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return what somebody draws around these corners (n, 3): their hull, a little off."""
    points, _ = eye.project(corners)
    hull = points[ConvexHull(points).vertices]
    hull = hull + rng.normal(0.0, DRAWN_ERROR, hull.shape) / (ASPECT, 1.0)
    return [(float(x), float(y)) for x, y in hull.clip(0.0, 1.0)]
