"""What vision must be told of a camera: the shape of its settings, wherever they come from.

The sections ``cameras`` and ``zones`` of a node's configuration have this shape; vision itself
reads no configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ambient.observations import Place, Point


class ZoneSettings(Protocol):
    """A place in the picture, drawn by the installer."""

    @property
    def kind(self) -> Place:
        """What is there."""
        ...

    @property
    def polygon(self) -> Sequence[Point]:
        """At least three points, normalised."""
        ...

    @property
    def bed(self) -> str | None:
        """Which bed, if it is one."""
        ...


class CameraSettings(Protocol):
    """One camera of a room."""

    @property
    def id(self) -> str:
        """Names the source of its observations."""
        ...

    @property
    def night(self) -> str:
        """``infrared``, ``light`` or ``not_watched``."""
        ...

    @property
    def mount(self) -> str:
        """``wall``, or ``ceiling`` if it looks straight down."""
        ...

    @property
    def mask(self) -> Sequence[Sequence[Point]]:
        """Polygons, normalised, that nobody sees."""
        ...

    @property
    def zones(self) -> Sequence[ZoneSettings]:
        """Places in the picture."""
        ...
