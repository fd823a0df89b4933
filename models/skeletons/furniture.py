"""Beds, sofas, chairs and tables: what they hide, what lies on them, what a map says of them.

Boxes that stand on the floor, turned about the vertical. Joints and a camera go in; hidden joints,
what a body is on, and the `place` channel of a `Sequence` come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.skeletons.joints import Array, Joint
from models.skeletons.sequence import LABELS, PLACES

Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]


class Kind(StrEnum):
    """What stands there."""

    BED = "bed"
    SOFA = "sofa"
    CHAIR = "chair"
    TABLE = "table"
    OTHER = "other"


class Place(IntEnum):
    """Columns of `Sequence.place`, in the order of `PLACES`."""

    FLOOR = 0
    BED = 1
    SOFA = 2
    CHAIR = 3


PLACE_OF: Final = {Kind.BED: Place.BED, Kind.SOFA: Place.SOFA, Kind.CHAIR: Place.CHAIR}
assert len(Place) == len(PLACES)

_UPRIGHT: Final = np.array([LABELS.index(word) for word in ("walk", "standing", "jump")])


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of furniture.

    Attributes
    ----------
    kind
        What it is.
    centre
        Of its footprint, metres.
    angle
        Of its length against the x axis, radians.
    length, width
        Of the footprint, metres.
    top, bottom
        Heights between which it is solid, metres: a table is only its plate.
    """

    kind: Kind
    centre: tuple[float, float]
    angle: float
    length: float
    width: float
    top: float
    bottom: float = 0.0

    def local(self, points: Array) -> Array:
        """Points (..., 3) in its own axes, from the middle of its footprint."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x, y = points[..., 0] - self.centre[0], points[..., 1] - self.centre[1]
        return np.stack([cos * x + sin * y, cos * y - sin * x, points[..., 2]], axis=-1)

    def under(self, points: Array, margin: float = 0.0) -> Bools:
        """Whether points (..., 3) are above or below its footprint (...)."""
        local = self.local(points)
        inside: Bools = (np.abs(local[..., 0]) < self.length / 2 + margin) & (
            np.abs(local[..., 1]) < self.width / 2 + margin
        )
        return inside

    def hides(self, eye: Array, points: Array) -> Bools:
        """Whether it stands between the eye (3,) and points (..., 3), by the slab method.

        What lies on its top is not hidden: the sight ends shortly before each point.
        """
        start = self.local(eye)
        way = self.local(points) - start
        far = np.array([self.length / 2, self.width / 2, self.top])
        near = np.array([-self.length / 2, -self.width / 2, self.bottom])
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (near - start) / way, (far - start) / way
        enter = np.nanmax(np.minimum(a, b), axis=-1)
        leave = np.nanmin(np.maximum(a, b), axis=-1)
        # Flesh is 10 to 15 cm thick, so a joint just inside or behind an edge is still seen.
        end = 1.0 - 0.12 / np.maximum(np.linalg.norm(way, axis=-1), 0.2)
        out: Bools = (enter < leave) & (leave > 0.0) & (enter < end)
        return out


def hidden(items: Sequence[Item], eye: Array, points: Array) -> Bools:
    """Whether any of the items hides points (..., 3) from the eye (3,)."""
    out = np.zeros(points.shape[:-1], np.bool_)
    for item in items:
        out |= item.hides(eye, points)
    return out


def support(items: Sequence[Item], joints: Array, labels: Indices) -> tuple[Indices, Array]:
    """Tell what the body is on.

    Parameters
    ----------
    items
        Furniture of the room.
    joints, labels
        (T, 24, 3) metres; (T,) indices into `LABELS`.

    Returns
    -------
    tuple
        Column of `Place` (T,), and the height of that surface (T,) in metres.
    """
    pelvis = joints[:, Joint.PELVIS]
    chest = joints[:, Joint.CHEST]
    place = np.full(len(joints), int(Place.FLOOR))
    height = np.zeros(len(joints))
    upright = np.isin(labels, _UPRIGHT) | (labels == LABELS.index("fallen"))
    for item in items:
        if item.kind not in PLACE_OF:
            continue
        over = item.under(pelvis, 0.05) | (item.under(chest, 0.0) & item.under(pelvis, 0.25))
        resting = (pelvis[:, 2] > item.top - 0.12) & (pelvis[:, 2] < item.top + 0.45)
        on = over & resting & ~upright
        place[on] = PLACE_OF[item.kind]
        height[on] = item.top
    return place, height


@dataclass(frozen=True, slots=True)
class MapErrors:
    """How well the slow map of furniture knows a room.

    `known` is the probability that a piece has been found, `usable` that the room has a map at
    all, `wrong` that a piece is taken for another kind, `near` that a body beside a piece counts
    as on it.
    """

    usable: float = 0.8
    known: float = 0.7
    wrong: float = 0.06
    near: float = 0.12


def place_channel(
    rng: np.random.Generator,
    items: Sequence[Item],
    joints: Array,
    place: Indices,
    errors: MapErrors | None = None,
) -> NDArray[np.float32]:
    """`Sequence.place` (T, 4) as a furniture map with errors would tell it.

    Parameters
    ----------
    rng
        Where chance comes from.
    items, joints, place
        Furniture; joints (T, 24, 3) metres; what the body is on (T,), see `support`.
    errors
        How good the map is.
    """
    errors = errors or MapErrors()
    out = np.zeros((len(joints), len(PLACES)), np.float32)
    if rng.random() >= errors.usable:
        return out
    sure = float(rng.uniform(0.45, 0.95))
    pelvis = joints[:, Joint.PELVIS]
    floor_known = rng.random() < errors.usable
    if floor_known:
        out[place == Place.FLOOR, Place.FLOOR] = sure
    for item in items:
        if item.kind not in PLACE_OF:
            continue
        true = PLACE_OF[item.kind]
        told, found = true, rng.random() < errors.known
        if rng.random() < errors.wrong:
            told = Place(int(rng.integers(len(PLACES))))
        on = (place == true) & item.under(pelvis, 0.3)
        beside = (place == Place.FLOOR) & item.under(pelvis, 0.45) & (rng.random() < errors.near)
        if found:
            out[on] = 0.0
            out[on, told] = sure
            out[beside] = 0.0
            out[beside, told] = sure * rng.uniform(0.4, 0.9)
            out[beside, Place.FLOOR] = 0.6 * (1.0 - out[beside, told])
        elif rng.random() < errors.wrong:
            # A piece that the map misses is open floor to it.
            out[on, Place.FLOOR] = sure
    return out


def bed_at(centre: tuple[float, float], angle: float, top: float, width: float) -> Item:
    """Return a bed two metres long."""
    return Item(Kind.BED, centre, angle, 2.05, width, top)


def seat_of(kind: Kind, pelvis: Array, facing: float, top: float) -> list[Item]:
    """Return what somebody sits on whose pelvis (3,) is there: seat and back rest.

    A bed has no back rest; a sofa stretches to both sides.
    """
    wide = {Kind.CHAIR: 0.5, Kind.SOFA: 1.8, Kind.BED: 2.0}[kind]
    deep = {Kind.CHAIR: 0.48, Kind.SOFA: 0.8, Kind.BED: 0.95}[kind]
    # The pelvis sits in the rear half of a seat, but near the edge of a bed.
    back = {Kind.CHAIR: 0.02, Kind.SOFA: 0.08, Kind.BED: 0.28}[kind]
    ahead = np.array([np.cos(facing), np.sin(facing)])
    centre = pelvis[:2] - back * ahead
    place = (float(centre[0]), float(centre[1]))
    items = [Item(kind, place, facing, deep, wide, top)]
    if kind is not Kind.BED:
        rear = centre - (deep / 2 + 0.02) * ahead
        items.append(
            Item(Kind.OTHER, (float(rear[0]), float(rear[1])), facing, 0.08, wide, top + 0.42)
        )
    return items
