"""Rooms made of boxes: floor, walls, furniture, each with a colour and a pattern.

x runs along the far wall from left to right, y from the near to the far wall, z up; metres. What
comes out is the picture of the empty room before light: depth, normal and colour of every pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from models.bodies.raster import Array, Camera, Floats, Triple, cast, lit


class Pattern(Enum):
    """What varies the colour of a surface."""

    PLAIN = 0
    PLANKS = 1
    CLOTH = 2


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: lower and upper corner in metres, colour in 0..1."""

    low: Triple
    high: Triple
    colour: Triple
    pattern: Pattern = Pattern.PLAIN


@dataclass(frozen=True)
class Room:
    """A shell and what stands in it.

    Attributes
    ----------
    size
        Width, depth and height of the shell.
    wall, floor, ceiling
        Colours in 0..1.
    boxes
        Furniture, doors, pictures.
    mattresses
        Those of the boxes that people sleep on.
    """

    size: Triple = (4.4, 4.2, 2.6)
    wall: Triple = (0.90, 0.87, 0.80)
    floor: Triple = (0.58, 0.45, 0.33)
    ceiling: Triple = (0.88, 0.88, 0.86)
    boxes: tuple[Box, ...] = ()
    mattresses: tuple[Box, ...] = ()

    @property
    def bounds(self) -> Array:
        """The shell and every box (N, 6), as `raster.cast` takes them."""
        shell = [*(0.0, 0.0, 0.0), *self.size]
        return np.array([shell, *([*b.low, *b.high] for b in self.boxes)], np.float64)


def bed(x: float, y: float, top: float, *, length: float = 2.0, width: float = 0.95) -> list[Box]:
    """Return a bed along x with its head at the low end and its mattress's top at `top`."""
    wood, sheet, cover = (0.50, 0.34, 0.22), (0.87, 0.88, 0.90), (0.34, 0.45, 0.57)
    x1, y1 = x + length, y + width
    return [
        Box((x, y, 0.12), (x1, y1, top - 0.18), wood),
        Box((x - 0.05, y, 0.0), (x, y1, top + 0.42), wood),
        Box((x1, y, 0.0), (x1 + 0.05, y1, top + 0.12), wood),
        Box((x, y + 0.01, top - 0.18), (x1, y1 - 0.01, top), sheet, Pattern.CLOTH),
        Box((x1 - 0.55, y - 0.01, top - 0.16), (x1, y1 + 0.01, top + 0.012), cover, Pattern.CLOTH),
        Box((x + 0.03, y + 0.16, top), (x + 0.42, y1 - 0.16, top + 0.09), (0.93, 0.93, 0.91)),
    ]


def chair(x: float, y: float, seat: float, *, size: float = 0.46) -> list[Box]:
    """Return a chair whose seat's centre is at (x, y), its back at the high end of y."""
    wood, cloth, half = (0.40, 0.27, 0.18), (0.55, 0.24, 0.22), size / 2
    legs = [
        Box((x + i - 0.02, y + j - 0.02, 0.0), (x + i + 0.02, y + j + 0.02, seat - 0.05), wood)
        for i in (-half + 0.03, half - 0.03)
        for j in (-half + 0.03, half - 0.03)
    ]
    return [
        *legs,
        Box((x - half, y - half, seat - 0.06), (x + half, y + half, seat), cloth, Pattern.CLOTH),
        Box(
            (x - half, y + half - 0.05, seat + 0.12),
            (x + half, y + half, seat + 0.48),
            cloth,
            Pattern.CLOTH,
        ),
        Box((x - half, y + half - 0.05, seat), (x - half + 0.04, y + half, seat + 0.5), wood),
        Box((x + half - 0.04, y + half - 0.05, seat), (x + half, y + half, seat + 0.5), wood),
    ]


def bedroom(
    *, bed_top: float = 0.50, seat: float = 0.46, chair_at: tuple[float, float] = (3.45, 3.45)
) -> Room:
    """Return the room of the sample clips: a bed at the far wall, a chair, a door, a window."""
    size = (4.4, 4.2, 2.6)
    skirting, frame = (0.90, 0.90, 0.88), (0.92, 0.92, 0.90)
    sleeping = bed(0.12, size[1] - 1.0, bed_top)
    boxes = [
        *sleeping,
        *chair(*chair_at, seat),
        Box((0.0, size[1] - 0.02, 0.0), (size[0], size[1], 0.09), skirting),
        Box((0.0, 0.0, 0.0), (0.02, size[1], 0.09), skirting),
        Box((size[0] - 0.02, 0.0, 0.0), (size[0], size[1], 0.09), skirting),
        Box((0.0, 0.0, 0.0), (size[0], 0.02, 0.09), skirting),
        # Window over the bed, picture over the chair, door in the left wall, wardrobe on the right.
        Box((0.6, size[1] - 0.03, 1.2), (1.9, size[1], 2.2), frame),
        Box((0.66, size[1] - 0.035, 1.26), (1.22, size[1], 2.14), (0.72, 0.82, 0.90)),
        Box((1.28, size[1] - 0.035, 1.26), (1.84, size[1], 2.14), (0.72, 0.82, 0.90)),
        Box((3.1, size[1] - 0.03, 1.45), (3.8, size[1], 1.95), (0.30, 0.25, 0.22)),
        Box((3.15, size[1] - 0.035, 1.5), (3.75, size[1], 1.9), (0.55, 0.62, 0.50)),
        Box((0.0, 0.9, 0.0), (0.04, 1.85, 2.1), frame),
        Box((0.0, 0.96, 0.0), (0.05, 1.79, 2.04), (0.66, 0.60, 0.52)),
        Box((2.32, size[1] - 0.45, 0.0), (2.75, size[1] - 0.03, 0.55), (0.50, 0.34, 0.22)),
    ]
    return Room(size=size, boxes=tuple(boxes), mattresses=(sleeping[3],))


@dataclass(frozen=True)
class RoomView:
    """The empty room in a camera: depth (H, W) in m, normal and colour (H, W, 3), light (H, W)."""

    depth: Floats
    normal: Floats
    colour: Floats
    light: Floats


def view(room: Room, camera: Camera, light: Array) -> RoomView:
    """Cast a ray for every pixel; `light` (3,) points towards the key light."""
    shape = (camera.height, camera.width)
    depth, normal = np.empty(shape, np.float32), np.empty((*shape, 3), np.float32)
    index = np.empty(shape, np.int16)
    position = np.asarray(camera.position, np.float64)
    cast(position, camera.axes, camera.focal, room.bounds, depth, normal, index)

    v, u = np.mgrid[: camera.height, : camera.width]
    rays = np.stack(
        [
            (u + 0.5 - camera.width / 2) / camera.focal,
            (v + 0.5 - camera.height / 2) / camera.focal,
            np.ones(shape),
        ],
        axis=-1,
    )
    points = position + depth[..., None] * (rays @ camera.axes)
    colours = np.array([room.wall, *(b.colour for b in room.boxes)], np.float32)
    colour = colours[index]
    shell = index == 0
    colour[shell & (normal[..., 2] > 0.5)] = room.floor
    colour[shell & (normal[..., 2] < -0.5)] = room.ceiling
    patterns = np.array([Pattern.PLAIN.value, *(b.pattern.value for b in room.boxes)])[index]
    patterns[shell & (normal[..., 2] > 0.5)] = Pattern.PLANKS.value
    colour *= _pattern(points, patterns)[..., None]

    direct = np.empty(points.shape[0] * points.shape[1], np.float32)
    lit((points + 2e-3 * normal).reshape(-1, 3), light, room.bounds, direct)
    return RoomView(depth, normal, colour, direct.reshape(shape))


def _pattern(points: Array, patterns: npt.NDArray[np.int64]) -> Floats:
    """Brightness of the patterns at points (H, W, 3), around 1."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    row = np.floor(y / 0.14)
    column = np.floor((x + 0.47 * row) / 1.1)
    tone = np.modf(np.abs(np.sin(row * 12.9898 + column * 78.233)) * 43758.5453)[0]
    gap = (np.mod(y, 0.14) < 0.006) | (np.mod(x + 0.47 * row, 1.1) < 0.006)
    planks = np.where(gap, 0.78, 0.92 + 0.16 * tone)
    cloth = 1 + 0.03 * np.sin(31 * x + 5 * y) * np.sin(27 * y + 9 * z)
    plain = 1 + 0.012 * np.sin(2.1 * x + 1.3 * z) * np.sin(1.7 * y - 2.3 * z)
    chosen = np.where(patterns == Pattern.PLANKS.value, planks, plain)
    out: Floats = np.where(patterns == Pattern.CLOTH.value, cloth, chosen).astype(np.float32)
    return out
