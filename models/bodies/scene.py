"""People in a room: posed bodies with clothes and a camera go in, RGB pictures come out.

Clothes are the skin pushed outwards by 12 to 22 mm and coloured by the bone beneath: enough for a
pose network, which needs shading in three dimensions and the colours of skin and cloth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bodies.body import Body, PosedBody
from models.bodies.raster import Array, Camera, Floats, Indices, Triple, draw, shade
from models.bodies.room import Room, view

SKIN, HAIR, TOP, BOTTOM, SHOES, EYES, LIPS = range(7)
#: How far each material lies outside of the skin, metres.
OFFSETS = np.array([0.0, 0.012, 0.020, 0.016, 0.012, 0.0, 0.0])
#: Pixels a side and pixels a metre of the shadow map.
SHADOW_SIZE, SHADOW_SCALE = 560, 90.0
LIGHT: Triple = (0.30, -0.42, 1.0)
SUPERSAMPLE = 2
#: Distance at which a camera's own lamp lights as the key light does, the nearest it grows
#: brighter to, metres; and the share of its light that walls throw back from everywhere.
LAMP_M, LAMP_NEAR_M, LAMP_BACK = 3.0, 1.2, 0.35


@dataclass(frozen=True)
class Outfit:
    """Colours in 0..1; long or short sleeves."""

    skin: Triple = (0.86, 0.66, 0.54)
    hair: Triple = (0.62, 0.60, 0.58)
    top: Triple = (0.24, 0.42, 0.58)
    bottom: Triple = (0.26, 0.25, 0.28)
    shoes: Triple = (0.20, 0.15, 0.12)
    long_sleeves: bool = True


@dataclass(frozen=True)
class Person:
    """A body with its clothes; `materials` of every vertex (V,) are found once."""

    body: Body
    outfit: Outfit
    materials: Indices

    @classmethod
    def dressed(cls, body: Body, outfit: Outfit | None = None) -> Person:
        """Dress a body."""
        outfit = outfit or Outfit()
        return cls(body, outfit, materials(body, long_sleeves=outfit.long_sleeves))


@dataclass(frozen=True)
class Figure:
    """One dressed person at one instant."""

    person: Person
    posed: PosedBody


def materials(body: Body, *, long_sleeves: bool) -> Indices:
    """Material of every vertex (V,), from the bone that moves it most."""
    baked = body.data
    owner = baked.weight_bones[:, 0]
    of = {name: i for i, name in enumerate(body.bones)}
    rest = body.vertices
    out = np.full(len(rest), SKIN)

    spine = [of[f"spine{i}"] for i in range(1, 6)]
    sides = ("l", "r")
    arms = [of[f"upper_arm_{s}"] for s in sides] + [of[f"clavicle_{s}"] for s in sides]
    legs = [of[f"{b}_{s}"] for b in ("thigh", "shin") for s in sides]
    out[np.isin(owner, [*spine, *arms])] = TOP
    if long_sleeves:
        out[np.isin(owner, [of[f"forearm_{s}"] for s in sides])] = TOP
    out[np.isin(owner, [of["pelvis"], *legs])] = BOTTOM
    hem = body.heads[of["pelvis"], 2] + 0.01
    out[(out == BOTTOM) & (rest[:, 2] > hem)] = TOP
    out[(out == TOP) & (rest[:, 2] < hem) & (np.abs(rest[:, 0]) < 0.25)] = BOTTOM
    out[np.isin(owner, [of[f"foot_{s}"] for s in sides])] = SHOES
    collar = body.heads[of["neck"], 2] - 0.005
    out[(out == TOP) & (rest[:, 2] > collar) & (np.abs(rest[:, 0]) < 0.09)] = SKIN

    head = np.isin(owner, [of["head"], of["neck"]])
    face = rest[baked.landmarks]
    nose, eyes, ears, mouth = face[0], face[[2, 5]], face[[7, 8]], face[[9, 10]]
    size = float(np.linalg.norm(ears[0] - ears[1]))
    high = rest[:, 2] > eyes[0, 2] + 0.36 * size + 0.25 * (nose[1] - rest[:, 1]).clip(0)
    behind = (rest[:, 1] > ears[0, 1] - 0.01) & (rest[:, 2] > mouth[0, 2])
    out[head & (high | behind)] = HAIR
    for eye in eyes:
        out[head & (np.linalg.norm(rest - eye, axis=1) < 0.06 * size)] = EYES
    brow = np.abs(rest[:, 2] - eyes[0, 2] - 0.13 * size) < 0.02 * size
    out[head & brow & (rest[:, 1] < eyes[0, 1] + 0.02) & (out == SKIN)] = HAIR
    between = (np.abs(rest[:, 0]) < abs(mouth[0, 0])) & (
        np.abs(rest[:, 2] - mouth[0, 2]) < 0.05 * size
    )
    out[head & between & (rest[:, 1] < mouth[0, 1] + 0.01)] = LIPS
    return out


def dress(figure: Figure) -> tuple[Array, Floats]:
    """Skin and clothes as drawn: vertices (V, 3) in metres and face colours (F, 3) in 0..1."""
    outfit, material = figure.person.outfit, figure.person.materials
    vertices = figure.posed.vertices + figure.posed.normals * OFFSETS[material][:, None]
    lips = tuple(np.multiply(outfit.skin, (0.92, 0.72, 0.72)))
    palette = np.array(
        [
            outfit.skin,
            outfit.hair,
            outfit.top,
            outfit.bottom,
            outfit.shoes,
            (0.20, 0.15, 0.13),
            lips,
        ],
        np.float32,
    )
    return vertices, palette[material[figure.person.body.faces].max(axis=1)]


class Renderer:
    """One camera in one room; the empty room is computed once.

    Parameters
    ----------
    lamp
        Whether the only light is the camera's own lamp, as at night under infrared: it comes from
        where the camera is, falls off with the square of the distance, and casts no shadow that the
        camera could see.
    """

    def __init__(self, room: Room, camera: Camera, *, lamp: bool = False) -> None:
        self.camera = camera
        self._lamp = lamp
        self._fine = camera.scaled(SUPERSAMPLE)
        from_camera = np.subtract(camera.position, camera.target)
        light = from_camera if lamp else np.asarray(LIGHT)
        self._light = light / np.linalg.norm(light)
        self._view = view(room, self._fine, self._light)
        if lamp:
            self._view.light.fill(1.0)
        self._sun = Camera(tuple(self._light), (0.0, 0.0, 0.0)).axes
        self._centre = np.array([room.size[0] / 2, room.size[1] / 2, 0.6])

    def render(self, figures: Sequence[Figure]) -> npt.NDArray[np.uint8]:
        """Draw the room with these people: RGB, (height, width, 3) uint8."""
        depth, normal, colour = (
            a.copy() for a in (self._view.depth, self._view.normal, self._view.colour)
        )
        # A lamp at the camera casts no shadow that it could see: one cell is never looked up.
        size = 1 if self._lamp else SHADOW_SIZE
        shadow = np.full((size, size), 1e9, np.float32)
        unused = np.empty((size, size, 3), np.float32)
        for figure in figures:
            vertices, colours = dress(figure)
            faces = figure.person.body.faces
            normals = figure.posed.normals
            screen, along = self._fine.project(vertices)
            draw(screen, along, faces, normals, colours, True, depth, normal, colour)
            if self._lamp:
                continue
            local = (vertices - self._centre) @ self._sun.T
            flat = SHADOW_SIZE / 2 + local[:, :2] * SHADOW_SCALE
            draw(flat, local[:, 2], faces, normals, colours, False, shadow, unused, unused)
        out = np.empty_like(colour)
        shade(
            depth,
            normal,
            colour,
            self._view.light,
            self._view.depth,
            np.asarray(self.camera.position),
            self._fine.axes,
            self._fine.focal,
            self._light,
            shadow,
            self._sun,
            self._centre,
            SHADOW_SCALE,
            out,
        )
        if self._lamp:
            near = (LAMP_M / depth.clip(LAMP_NEAR_M)) ** 2
            out *= (LAMP_BACK + (1.0 - LAMP_BACK) * near)[..., None]
        height, width, n = self.camera.height, self.camera.width, SUPERSAMPLE
        mean = out.reshape(height, n, width, n, 3).mean(axis=(1, 3))
        picture: npt.NDArray[np.uint8] = (mean.clip(0, 1) * 255 + 0.5).astype(np.uint8)
        return picture
