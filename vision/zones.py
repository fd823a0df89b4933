"""What a person is on: a body's position and the installer's zones in, a place out.

Zones are polygons in normalised picture coordinates. A body is on a bed (sofa, chair, permitted
place) when half of its trunk and legs lie in that zone, as both hips alone are; when zones are
drawn and none holds the body it is on the floor; without any zone the place is unknown. `On.drawn`
tells the floor that somebody drew from the rest of the room, where an armchair may stand that was
moved since, or came later.

A chair that the picture's border cuts ends there when it is drawn, while the pose of who sits in
it goes on below. For a chair, joints beyond the border count as just within. For a bed or sofa
they do not: who lies in front of it may be out of sight, and it is a safe place where a chair is
not. Who lies on a sofa that the lower border cuts may be half below it: there joints below the
picture say nothing, if a hip and half of the others are in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ambient.observations import Box, Keypoint, Place, Point
from ambient.outlines import within
from vision.settings import ZoneSettings

ON_SHARE: Final = 0.5
"""Share of the body that must lie in a zone. Somebody who sleeps at a bed's far rim has the hips in
it, and shoulders and knees over the edge that was drawn."""

_RIM: Final = 0.005
"""How near to the border, as a share of the picture, still counts as in a zone drawn up to it."""

_SUPPORT: Final = (11, 12, 23, 24, 23, 24, 25, 26)
"""Shoulders, hips (twice: they carry the weight) and knees."""
_HIPS: Final = slice(2, 6)
_CUT: Final = 0.99
"""A zone with a corner below this is cut by the picture's lower border."""


@dataclass(frozen=True, slots=True)
class On:
    """A place, the bed's id when it is a bed's zone, and how probable the place is, 0..1.

    Attributes
    ----------
    drawn
        Whether a zone says so; else it is what is left where no zone is.
    """

    place: Place
    bed: str | None = None
    sure: float = 1.0
    drawn: bool = False


_NOWHERE: Final = On(Place.UNKNOWN)
_FLOOR: Final = On(Place.FLOOR)


class Zones:
    """The zones of one camera.

    Parameters
    ----------
    zones
        As configured; empty when the installer drew none.
    """

    def __init__(self, zones: Sequence[ZoneSettings]) -> None:
        self._zones = list(zones)
        self._cut = [
            zone.kind is Place.SOFA and any(y > _CUT for _, y in zone.polygon) for zone in zones
        ]
        self._surfaces = any(zone.kind is not Place.FLOOR for zone in zones)

    @property
    def surfaces(self) -> bool:
        """Whether somebody drew where there are beds and seats."""
        return self._surfaces

    def of_body(self, keypoints: Sequence[Keypoint]) -> On:
        """Return what a body with these 33 keypoints is on."""
        points = [keypoints[joint][:2] for joint in _SUPPORT]
        seen = [point for point in points if point[1] <= 1.0]
        enough = len(seen) >= len(points) / 2 and any(y <= 1.0 for _, y in points[_HIPS])
        return self._where(points, seen if enough else points)

    def of_box(self, box: Box) -> On:
        """Return what a body of which only the outline is known is on: its lower half counts."""
        x0, y0, x1, y1 = box
        across = [x0 + k * ((x1 - x0) / 6) for k in range(1, 6)]
        down = [y0 + 0.6 * (y1 - y0), y0 + 0.85 * (y1 - y0)]
        points = [(x, y) for y in down for x in across]
        return self._where(points, points)

    def _where(self, points: Sequence[Point], seen: Sequence[Point]) -> On:
        best, best_share = _NOWHERE, 0.0
        for zone, cut in zip(self._zones, self._cut, strict=True):
            on = seen if cut else points
            if zone.kind is Place.CHAIR:
                on = _in_picture(points)
            share = sum(within(point, zone.polygon) for point in on) / len(on)
            if share >= ON_SHARE and share > best_share:
                best, best_share = On(zone.kind, zone.bed, drawn=True), share
        if best_share == 0.0 and self._surfaces:
            return _FLOOR
        return best


def _in_picture(points: Sequence[Point]) -> list[Point]:
    """Return the points, those beyond the picture's border just within it."""
    return [(min(max(x, _RIM), 1.0 - _RIM), min(max(y, _RIM), 1.0 - _RIM)) for x, y in points]
