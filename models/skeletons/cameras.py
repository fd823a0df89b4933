"""Cameras of a room: places and lenses, and what they make of points in it.

Points in metres (z up) go in; picture positions, depths and vectors in camera axes come out.
One lens formula covers every field of view: r = f tan(c θ) / c with θ the angle off the axis. It
is a pinhole at c = 1, stereographic at 1/2 and equidistant at 0 (Kannala and Brandt 2006, section
2, equations 1 to 4 are its special cases).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np

from models.skeletons.joints import Array, across, unit

Triple = tuple[float, float, float]


class Family(StrEnum):
    """How a camera is mounted."""

    WALL = "wall"
    LOW = "low"
    CLOSE = "close"
    CEILING = "ceiling"


SHARES: Final = {Family.WALL: 0.53, Family.LOW: 0.24, Family.CLOSE: 0.12, Family.CEILING: 0.11}
"""How often each family is drawn when none is asked for."""

ASPECTS: Final = (16 / 9, 4 / 3, 4 / 3, 16 / 9, 1.0, 9 / 16)
_MAX_ANGLE: Final = np.radians(84.0)
"""Largest c θ: points beside or behind a pinhole land far outside instead of nowhere."""


@dataclass(frozen=True)
class Camera:
    """One camera.

    Attributes
    ----------
    position
        Metres, z above the floor.
    yaw_deg
        Where it looks: 0 along x, 90 along y.
    pitch_deg
        How far it looks down: 0 level, 90 straight down.
    roll_deg
        How far it is turned clockwise, seen from behind it; the picture turns the other way.
    fov_deg
        Horizontal field of view, 20 to 175.
    aspect
        Width / height of the picture.
    lens
        c of the formula above, 0 to 1.
    family
        How it is mounted.
    """

    position: Triple
    yaw_deg: float
    pitch_deg: float
    roll_deg: float = 0.0
    fov_deg: float = 80.0
    aspect: float = 16 / 9
    lens: float = 1.0
    family: Family = Family.WALL

    def __post_init__(self) -> None:
        """Refuse a lens that cannot show its field."""
        if not 20.0 <= self.fov_deg <= 175.0:
            raise ValueError(f"Camera.fov_deg: expected 20 to 175, got {self.fov_deg}")
        if not 0.0 <= self.lens <= 1.0 or np.radians(self.fov_deg) / 2 * self.lens > _MAX_ANGLE:
            raise ValueError(
                f"Camera.lens: expected 0 to 1 and less for a wider field, got {self.lens} "
                f"for {self.fov_deg} degrees"
            )

    @cached_property
    def axes(self) -> Array:
        """Right, down and forward as rows (3, 3)."""
        yaw, pitch, roll = np.radians([self.yaw_deg, self.pitch_deg, self.roll_deg])
        flat = np.array([np.cos(yaw), np.sin(yaw), 0.0])
        forward = flat * np.cos(pitch) - np.array([0.0, 0.0, np.sin(pitch)])
        right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
        down = np.cross(forward, right)
        cos, sin = np.cos(roll), np.sin(roll)
        return np.stack([cos * right + sin * down, cos * down - sin * right, forward])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Where points (..., 3) appear.

        Returns
        -------
        tuple
            Picture positions (..., 2), 0..1 of width and height and beyond where outside; depths
            (...) in metres along the optical axis, negative behind the camera.
        """
        local = (points - np.asarray(self.position)) @ self.axes.T
        side = np.hypot(local[..., 0], local[..., 1])
        angle = np.arctan2(side, local[..., 2])
        radius = _radius(angle, self.lens) / _radius(np.radians(self.fov_deg) / 2, self.lens)
        flat = local[..., :2] / np.maximum(side, 1e-9)[..., None]
        xy = 0.5 + 0.5 * radius[..., None] * flat * np.array([1.0, self.aspect])
        return xy, local[..., 2]

    def to_camera(self, points: Array) -> Array:
        """World landmarks (T, 33, 3) of landmarks (T, 33, 3), metres.

        Origin between the hips, x right, y down, z away, true size; a pose network gives about
        0.85 of it (`NoiseModel.world_scale`). The axes are those of a camera turned towards the
        hips: a network that is given a crop does not know where in the picture it was cut out.
        """
        middle = 0.5 * (points[:, 23] + points[:, 24])
        away = unit(middle - np.asarray(self.position))
        _, down, forward = self.axes
        # The picture's down at that place: what is across the ray and least off the camera's own.
        # Straight above or below the ray it vanishes, and the forward axis stands in.
        local = across(down - 1e-6 * forward + np.zeros_like(away), away)
        frame = np.stack([np.cross(local, away), local, away], axis=-1)
        out: Array = (points - middle[:, None]) @ frame
        return out


def _radius(angle: Array | float, lens: float) -> Array:
    if lens < 1e-3:
        return np.asarray(angle, np.float64)
    return np.asarray(np.tan(np.minimum(np.multiply(angle, lens), _MAX_ANGLE)) / lens)


def lens_for(rng: np.random.Generator, fov_deg: float) -> float:
    """Draw a lens that is made for this field: narrow ones straight, wide ones bent."""
    if fov_deg < 85.0:
        return 1.0 if rng.random() < 0.7 else float(rng.uniform(0.75, 1.0))
    if fov_deg < 115.0:
        return float(rng.uniform(0.45, 1.0))
    return float(rng.uniform(0.0, 0.5))


def family_for(rng: np.random.Generator) -> Family:
    """Draw a family by `SHARES`."""
    return list(SHARES)[int(rng.choice(len(SHARES), p=list(SHARES.values())))]


def sample(
    rng: np.random.Generator,
    family: Family | None = None,
    *,
    target: Triple = (0.0, 0.0, 0.9),
    azimuth_deg: float | None = None,
) -> Camera:
    """Draw a camera that looks at a place.

    Parameters
    ----------
    rng
        Where chance comes from.
    family
        How it is mounted; None draws one by `SHARES`.
    target
        Where people are, metres: the camera looks there with some error.
    azimuth_deg
        From where it looks, seen from the target: 0 stands on the x axis; None draws one.
    """
    family = family_for(rng) if family is None else family
    azimuth = np.radians(rng.uniform(0.0, 360.0) if azimuth_deg is None else azimuth_deg)
    if family is Family.WALL:
        height, away = rng.uniform(1.8, 3.0), rng.triangular(1.3, 2.3, 5.2)
        fov, miss = rng.triangular(48.0, 62.0, 125.0), 8.0
    elif family is Family.LOW:
        height, away = rng.uniform(0.7, 1.7), rng.triangular(1.5, 2.5, 5.2)
        fov, miss = rng.triangular(46.0, 60.0, 100.0), 6.0
    elif family is Family.CLOSE:
        height, away = rng.uniform(0.9, 2.6), rng.uniform(1.0, 2.2)
        fov, miss = rng.uniform(60.0, 90.0), 14.0
    else:
        height, away = rng.uniform(2.2, 3.0), rng.uniform(0.0, 1.6)
        fov, miss = rng.uniform(60.0, 170.0), 5.0
    offset = away * np.array([np.cos(azimuth), np.sin(azimuth)])
    position = (target[0] + offset[0], target[1] + offset[1], height)
    yaw = np.degrees(azimuth) + 180.0 + rng.normal(0.0, miss)
    if family is Family.CEILING:
        # Straight down under the lens, or leaning towards the middle of the room.
        pitch = 90.0 - min(28.0, np.degrees(np.arctan2(away, height))) * rng.uniform(0.0, 1.0)
        roll = rng.uniform(-180.0, 180.0) if pitch > 80.0 else rng.normal(0.0, 4.0)
    else:
        pitch = np.degrees(np.arctan2(height - target[2], max(away, 0.1)))
        pitch, roll = pitch + rng.normal(0.0, 0.5 * miss), rng.normal(0.0, 3.0)
    aspect = float(ASPECTS[int(rng.integers(len(ASPECTS)))])
    if aspect < 1.0:
        # Held upright: the field that was drawn is that of the picture's longer side.
        fov = float(np.degrees(2 * np.arctan(np.tan(np.radians(min(fov, 120.0)) / 2) * aspect)))
    return Camera(
        position=(float(position[0]), float(position[1]), float(height)),
        yaw_deg=float(yaw),
        pitch_deg=float(np.clip(pitch, -10.0, 90.0)),
        roll_deg=float(np.clip(roll, -180.0, 180.0)),
        fov_deg=float(fov),
        aspect=aspect,
        lens=lens_for(rng, float(fov)),
        family=family,
    )
