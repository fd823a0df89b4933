"""The cameras of a room in node.yaml: what is drawn in their pictures, and what is masked.

Comes in: values of the file. Goes out: frozen structs, and `check_cameras` for what spans several
keys.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from ambient.config_base import Strict
from ambient.errors import ConfigError
from ambient.observations import Place, Point
from ambient.places import Slug

Polygon = Annotated[list[Point], Meta(min_length=3, max_length=64)]
"""Points x, y in the picture, each 0..1."""


class Night(StrEnum):
    """What a camera can do in the dark."""

    INFRARED = "infrared"
    LIGHT = "light"
    NOT_WATCHED = "not_watched"


class Mount(StrEnum):
    """Where a camera hangs, and so how it looks at people."""

    WALL = "wall"
    CEILING = "ceiling"
    """Looks straight down, or leans by 20 degrees at most."""


class Zone(Strict, frozen=True, kw_only=True):
    """A place in a camera's picture, drawn by the installer."""

    kind: Place
    polygon: Polygon
    bed: Slug | None = None


class Camera(Strict, frozen=True, kw_only=True):
    """One camera of a room."""

    id: Slug
    source: Annotated[str, Meta(min_length=1, max_length=1000)]
    fps: Annotated[float, Meta(ge=1, le=30)] = 10.0
    night: Night = Night.LIGHT
    mount: Mount = Mount.WALL
    people: Annotated[int, Meta(ge=1, le=6)] = 3
    mask: Annotated[list[Polygon], Meta(max_length=32)] = field(default_factory=list)
    zones: Annotated[list[Zone], Meta(max_length=32)] = field(default_factory=list)


def check_cameras(at: str, cameras: Sequence[Camera], beds: Collection[str]) -> None:
    """Check what is drawn in the pictures of one room.

    Parameters
    ----------
    at
        Where the room stands in the file.
    beds
        Ids of its beds.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    for c, camera in enumerate(cameras):
        for m, polygon in enumerate(camera.mask):
            _inside(f"{at}.cameras[{c}].mask[{m}]", polygon)
        for z, zone in enumerate(camera.zones):
            where = f"{at}.cameras[{c}].zones[{z}]"
            _inside(f"{where}.polygon", zone.polygon)
            if zone.bed is not None and zone.bed not in beds:
                known = ", ".join(sorted(beds)) or "none"
                raise ConfigError(
                    f"{where}.bed: expected a bed of this room ({known}), got {zone.bed!r}"
                )


def _inside(where: str, polygon: Polygon) -> None:
    for p, (x, y) in enumerate(polygon):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ConfigError(f"{where}[{p}]: expected x and y from 0 to 1, got [{x:g}, {y:g}]")
