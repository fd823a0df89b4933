"""What lies on a bed at night: a pillow with a dent, a duvet that follows whoever lies under it.

A posed body and a mattress go in, figures of triangles come out, as the renderer draws people. Both
are height fields over the mattress: cloth lies on the highest point beneath it, spans what is
narrow, and hangs down over the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter, grey_closing, grey_dilation

from models.bodies.body import Body, PosedBody
from models.bodies.pose import Array
from models.bodies.props import thing
from models.bodies.raster import Triple
from models.bodies.room import Box
from models.bodies.scene import Figure

CELL: Final = 0.03
"""Width of a cell, metres."""
THICK: Final = 0.045
"""Of a duvet over what it lies on."""
SPANS: Final = 7
"""It hangs taut over gaps narrower than so many cells."""
HANGS: Final = 0.16
"""How far it hangs down over the edge of the mattress."""
TRUNK_M: Final = 0.34
"""Trunk and arms higher over the mattress than this have risen out of it."""
LEGS_M: Final = 0.7
PILLOW: Final = (0.42, 0.62, 0.12)
"""Length along the bed, width and height."""
HEAD_R: Final = 0.10
COTTON: Final[Triple] = (0.90, 0.90, 0.90)


@dataclass(frozen=True)
class Fold:
    """How a duvet lies.

    Attributes
    ----------
    below
        How far below the shoulders it begins, metres.
    pushed
        How far it has been pushed away to the wall and the feet, 0..1.
    colour
        Of its cover.
    waves
        Phases of its creases (3, 3): any numbers.
    """

    below: float
    pushed: float
    colour: Triple
    waves: Array


class Bedding:
    """Pillow and duvet of one bed whose head is at the low end of x and its wall at the high of y.

    Parameters
    ----------
    mattress
        What lies under them.
    body
        Who sleeps there.
    lies
        How they lie at first: the pillow is under the head.
    """

    def __init__(self, mattress: Box, body: Body, lies: PosedBody) -> None:
        self._bed, self._body = mattress, body
        names = body.bones
        owner = body.data.weight_bones[:, 0]
        legs = [n for n, name in enumerate(names) if name.startswith(("thigh", "shin", "foot"))]
        self._legs = np.isin(owner, legs)
        self._head = names.index("head")
        self._hips = names.index("pelvis")
        self._shoulders = [names.index("upper_arm_l"), names.index("upper_arm_r")]
        least = mattress.low[0] + 0.03
        self._pillow = max(least, float(lies.joints[self._head][0]) - 0.6 * PILLOW[0])

    def pillow(self, posed: PosedBody) -> Figure:
        """Return the pillow, dented where the head lies."""
        long, wide, high = PILLOW
        low, top = self._bed.low, self._bed.high[2]
        middle = (low[1] + self._bed.high[1]) / 2
        x, y = _grid(self._pillow, self._pillow + long, middle - wide / 2, middle + wide / 2)
        u, v = 2 * (x - x.mean()) / long, 2 * (y - y.mean()) / wide
        z = top + high * np.sqrt(np.clip((1 - u**4) * (1 - v**4), 0.0, 1.0))
        head = posed.joints[self._head] + 0.6 * (posed.landmarks[0] - posed.joints[self._head])
        around = (x - head[0]) ** 2 + (y - head[1]) ** 2
        under = head[2] - np.sqrt(np.clip(HEAD_R**2 - around, 0.0, None))
        z = np.where(around < HEAD_R**2, np.minimum(z, np.maximum(top, under)), z)
        return _cloth(x, y, gaussian_filter(z, 0.8), COTTON)

    def duvet(self, posed: PosedBody, fold: Fold) -> Figure:
        """Return the duvet over a body."""
        low, high = self._bed.low, self._bed.high
        hem, near = self._begins(posed, fold)
        x, y = _grid(hem, high[0] + 0.02, near, high[1] + 0.02)
        z = np.full(x.shape, high[2])
        tall = np.where(self._legs, LEGS_M, TRUNK_M)
        over = posed.vertices[posed.vertices[:, 2] < high[2] + tall]
        column = np.rint((over[:, 0] - hem) / CELL).astype(int)
        row = np.rint((over[:, 1] - near) / CELL).astype(int)
        inside = (column >= 0) & (column < x.shape[1]) & (row >= 0) & (row < x.shape[0])
        np.maximum.at(z, (row[inside], column[inside]), over[inside, 2] + 0.02)
        z = grey_closing(grey_dilation(z, (3, 3)), (SPANS, SPANS))
        z = np.maximum(z, gaussian_filter(z, 2.0)) + THICK
        z = gaussian_filter(z, 1.0) + self._creases(x, y, fold)
        # What was pushed away lies there in a heap.
        heap = np.sin(np.pi * np.clip((y - near) / max(high[1] - near, CELL), 0.05, 0.95))
        z += 0.16 * fold.pushed * heap * np.clip((x - hem) / 0.15, 0.0, 1.0)
        hangs = np.clip((low[1] - y) / 0.05, 0.0, 1.0)
        z = np.where(hangs > 0, np.minimum(z, high[2] + THICK), z) - HANGS * hangs
        return _cloth(x, y, z, fold.colour)

    def _begins(self, posed: PosedBody, fold: Fold) -> tuple[float, float]:
        """Return where its hem at the head's end is, and its edge at the open side."""
        low, high = self._bed.low, self._bed.high
        shoulders = posed.joints[self._shoulders].mean(axis=0)
        hips = posed.joints[self._hips]
        # Of who sits up it has slipped into the lap.
        risen = float(np.clip((shoulders[2] - hips[2] - 0.08) / 0.2, 0.0, 1.0))
        lies = (1.0 - risen) * (shoulders[0] + fold.below) + risen * (hips[0] - 0.02)
        away = low[0] + 0.35 * (high[0] - low[0])
        hem = (1.0 - fold.pushed) * lies + fold.pushed * away
        wall = low[1] + 0.55 * (high[1] - low[1])
        near = (1.0 - fold.pushed) * (low[1] - 0.06) + fold.pushed * wall
        return float(np.clip(hem, low[0] + 0.2, high[0] - 0.4)), float(near)

    def _creases(self, x: Array, y: Array, fold: Fold) -> Array:
        out = np.zeros_like(x)
        for number, (a, b, c) in enumerate(fold.waves):
            turn, long = 2 * np.pi * a, 0.12 * (1.8**number)
            along = (x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / long
            out += 0.006 * (1.0 + fold.pushed) * np.sin(along + 6.0 * np.sin(2.3 * x + 6.3 * b) + c)
        return out


def _grid(x0: float, x1: float, y0: float, y1: float) -> tuple[Array, Array]:
    columns = np.arange(x0, x1 + CELL / 2, CELL)
    rows = np.arange(y0, y1 + CELL / 2, CELL)
    x, y = np.meshgrid(columns, rows)
    return x, y


def _cloth(x: Array, y: Array, z: Array, colour: Triple) -> Figure:
    """Return a height field (H, W) as a figure."""
    dy, dx = np.gradient(z, CELL)
    normals = np.stack([-dx, -dy, np.ones_like(z)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    number = np.arange(z.size).reshape(z.shape)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    faces = np.concatenate(
        [np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
    )
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    return thing(vertices, normals.reshape(-1, 3), faces, colour)
