"""Bedrooms of nights: one bed or two, with and without a rail, all of it in the camera's view.

In: a generator of random numbers. Out: a `Bedroom`: a layout of `days.rooms` for each bed, all
with the same walls, camera and things that hide, and the zones that an installer draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ambient.config_cameras import Zone
from ambient.evaluate.days.rooms import (
    BED_LENGTH,
    BED_TOP,
    BED_WIDTH,
    Array,
    Layout,
    Seat,
    Spot,
    bounds,
    installer_zones,
    layout,
)

RAILS: Final = 0.35
"""Share of beds with a rail along the upper half of their open side."""
TWO: Final = 0.4
"""Share of rooms with two beds."""
RAIL_TOP: Final = 0.32
"""Above the mattress, metres; drawn as a board, which hides more than bars do."""
TRIES: Final = 400
NAMES: Final = ("bed-a", "bed-b")


@dataclass(frozen=True, slots=True)
class Bedroom:
    """One room at night.

    Attributes
    ----------
    layouts
        One for each bed: the same room, another bed.
    rails
        Whether each bed has a rail.
    zones
        One around each bed, each corner a little off.
    """

    layouts: tuple[Layout, ...]
    rails: tuple[bool, ...]
    zones: tuple[Zone, ...]

    @property
    def beds(self) -> tuple[str, ...]:
        """Ids of the beds."""
        return NAMES[: len(self.layouts)]


def bedroom(rng: np.random.Generator) -> Bedroom:
    """Draw a room whose camera sees each bed and where one gets up from it, as it is installed."""
    two = bool(rng.random() < TWO)
    layouts: tuple[Layout, ...] = ()
    for _ in range(TRIES):
        first = layout(rng)
        layouts = (first, second) if two and (second := _beside(first)) is not None else (first,)
        if len(layouts) == 1 + two and all(_in_view(each) for each in layouts):
            break
    rails = tuple(bool(rng.random() < RAILS) for _ in layouts)
    boxes = [box for n, each in enumerate(layouts) for box in each.boxes[: 2 if n else None]]
    boxes += [_rail(each) for each, has in zip(layouts, rails, strict=True) if has]
    layouts = tuple(replace(each, boxes=np.stack(boxes)) for each in layouts)
    zones = tuple(
        _named(installer_zones(each, rng)[0], name)
        for each, name in zip(layouts, NAMES, strict=False)
    )
    return Bedroom(layouts, rails, zones)


def _beside(first: Layout) -> Layout | None:
    """Return the same room with its other bed; None where there is no room for one."""
    width, depth = first.size
    if first.head[1] == 0.0:  # along the far wall, its head to the left
        bed: Spot = (width - 0.15 - BED_LENGTH / 2, first.bed[1])
        if bed[0] - first.bed[0] < BED_LENGTH + 0.25:
            return None
        head, side, out = (1.0, 0.0), (bed[0], depth - 0.1 - BED_WIDTH), (0.0, -1.0)
    else:
        bed = (width - 0.25 - BED_WIDTH / 2, first.bed[1])
        if bed[0] - first.bed[0] < BED_WIDTH + 1.0:
            return None
        head, side, out = (0.0, 1.0), (bed[0] - BED_WIDTH / 2, bed[1]), (-1.0, 0.0)
    at = (side[0] - 0.12 * out[0], side[1] - 0.12 * out[1])
    facing = float(np.degrees(np.arctan2(out[0], -out[1])))
    edge = Seat(at, facing, (at[0] + 0.45 * out[0], at[1] + 0.45 * out[1]))
    low, high = bounds(bed, head, BED_LENGTH, BED_WIDTH)
    board = (bed[0] - head[0] * 1.02, bed[1] - head[1] * 1.02)
    foot_low, foot_high = bounds(board, head, 0.04, BED_WIDTH)
    boxes = np.array([
        [*low, 0.1, *high, BED_TOP - 0.08], [*foot_low, 0.0, *foot_high, BED_TOP + 0.12],
    ])  # fmt: skip
    beside = (side[0] + 0.35 * out[0], side[1] + 0.35 * out[1])
    return replace(first, bed=bed, head=head, edge=edge, beside=beside, boxes=boxes)


def _rail(room: Layout) -> Array:
    """Return the rail along the upper half of the open side; one gets up beside its end."""
    out = np.sign(np.subtract(room.edge.front, room.edge.at))
    middle = np.add(room.bed, np.multiply(out, BED_WIDTH / 2))
    middle = middle + np.multiply(room.head, BED_LENGTH * 0.28)
    low, high = bounds((float(middle[0]), float(middle[1])), room.head, BED_LENGTH * 0.44, 0.03)
    return np.array([*low, BED_TOP - 0.1, *high, BED_TOP + RAIL_TOP])


def _in_view(room: Layout) -> bool:
    """Whether who lies, sits on the edge and stands up is in the picture."""
    head = np.add(room.bed, np.multiply(room.head, 0.7))
    feet = np.subtract(room.bed, np.multiply(room.head, 0.6))
    points = [(*head, 0.6), (*feet, 0.6), (*room.edge.at, 0.9), (*room.edge.front, 1.5)]
    points += [(*room.edge.front, 0.3)]
    seen, depth = room.eye.project(np.array(points, np.float64))
    return bool((depth > 0.8).all() and (seen > 0.03).all() and (seen < 0.97).all())


def _named(zone: Zone, bed: str) -> Zone:
    return Zone(kind=zone.kind, polygon=zone.polygon, bed=bed)
