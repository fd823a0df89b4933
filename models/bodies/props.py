"""Things that people have beside them: a walking frame, a sofa, a blanket.

What moves is a figure of triangles, as people are; what stands is boxes of the room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from models.bodies.body import Body, PosedBody, Shape, data
from models.bodies.motion import Point
from models.bodies.pose import Array
from models.bodies.raster import Indices, Triple
from models.bodies.room import Box, Pattern
from models.bodies.scene import SKIN, Figure, Outfit, Person

METAL: Final = (0.72, 0.73, 0.75)
TUBE: Final = 0.016
"""Half the thickness of a tube, metres."""
_CORNERS: Final = np.array(
    [[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (0.0, 1.0)]
)
_FACES: Final = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip


class WalkingFrame:
    """A frame without wheels, open towards the person, its handles 0.86 m high."""

    def __init__(self, height: float = 0.86) -> None:
        wide, deep, handle = 0.29, 0.38, height
        ends: list[tuple[Triple, Triple]] = []
        for x in (-wide, wide):
            ends += [
                ((x * 1.08, 0.04, 0.0), (x, 0.0, handle)),
                ((x * 1.08, -deep - 0.04, 0.0), (x, -deep, handle)),
                ((x, 0.02, handle), (x, -deep - 0.02, handle)),
                ((x, 0.02, 0.45), (x, -deep, 0.45)),
            ]
        ends += [((-wide, -deep, level), (wide, -deep, level)) for level in (0.45, handle - 0.12)]
        tubes = [_tube(np.asarray(a, np.float64), np.asarray(b, np.float64)) for a, b in ends]
        self._vertices = np.concatenate([vertices for vertices, _ in tubes])
        self._normals = np.concatenate([normals for _, normals in tubes])
        faces = np.concatenate([_FACES + 8 * number for number in range(len(tubes))])
        self._person = _coloured(self._vertices, faces.astype(np.int64), METAL)

    def figure(self, at: Point, yaw: float, tilt: float = 0.0) -> Figure:
        """Return the frame as the renderer draws it.

        Parameters
        ----------
        at
            Its open side's middle over the floor, metres.
        yaw
            Which way its user faces, degrees as in `models.bodies.pose`.
        tilt
            How far it has toppled to the left, degrees; 90 lies on its side.
        """
        turn = Rotation.from_euler("ZY", (yaw, tilt), degrees=True).as_matrix()
        vertices = self._vertices @ turn.T
        vertices[:, 2] -= vertices[:, 2].min()
        vertices[:, :2] += at
        posed = PosedBody(vertices, self._normals @ turn.T, np.empty((0, 3)), np.empty((0, 3)))
        return Figure(self._person, posed)


def sofa(x: float, y: float, seat: float, *, length: float = 2.1) -> tuple[list[Box], Box]:
    """Return a sofa along x with its back at the high end of y, and the cushions lain on."""
    cloth, depth, arm = (0.42, 0.44, 0.40), 0.85, 0.18
    x1, y1 = x + length, y + depth
    cushions = Box(
        (x + arm, y, 0.16), (x1 - arm, y1 - 0.2, seat), (0.47, 0.49, 0.45), Pattern.CLOTH
    )
    boxes = [
        Box((x, y, 0.04), (x1, y1, 0.16), cloth, Pattern.CLOTH),
        Box((x, y, 0.04), (x + arm, y1, seat + 0.17), cloth, Pattern.CLOTH),
        Box((x1 - arm, y, 0.04), (x1, y1, seat + 0.17), cloth, Pattern.CLOTH),
        Box((x, y1 - 0.2, 0.16), (x1, y1, seat + 0.42), cloth, Pattern.CLOTH),
        cushions,
    ]
    return boxes, cushions


def blanket(bed: Box, share: float, thick: float = 0.27) -> Box:
    """Return a blanket over the feet's share of a mattress and whoever lies under it."""
    x = bed.high[0] - share * (bed.high[0] - bed.low[0])
    return Box(
        (x, bed.low[1] + 0.1, bed.high[2]),
        (bed.high[0] - 0.02, bed.high[1] - 0.1, bed.high[2] + thick),
        (0.62, 0.55, 0.48),
        Pattern.CLOTH,
    )


def _tube(start: Array, end: Array) -> tuple[Array, Array]:
    """Vertices (8, 3) and normals (8, 3) of a square tube."""
    way = end - start
    side = np.cross(way, (0.0, 1.0, 0.0) if abs(way[1]) < abs(way[2]) else (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    other = np.cross(way, side) / np.linalg.norm(way)
    outward = _CORNERS[:, :1] * side + _CORNERS[:, 1:2] * other
    return start + TUBE * outward + _CORNERS[:, 2:] * way, outward / np.sqrt(2.0)


def thing(vertices: Array, normals: Array, faces: Indices, colour: Triple) -> Figure:
    """Return triangles of one colour as the renderer draws them."""
    posed = PosedBody(vertices, normals, np.empty((0, 3)), np.empty((0, 3)))
    return Figure(_coloured(vertices, faces, colour), posed)


def _coloured(vertices: Array, faces: Indices, colour: Triple) -> Person:
    """Return triangles of one colour as the renderer takes a person: skin without clothes."""
    bare = replace(data(), faces=faces)
    body = Body(Shape(), vertices, np.empty((0, 3)), np.empty((0, 3, 3)), bare)
    return Person(body, Outfit(skin=colour), np.full(len(vertices), SKIN))
