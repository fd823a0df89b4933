"""How far an outline behind a table tells how somebody is: boxes and tables in, a trust out.

Whoever sits down to a meal and is lost by the pose network looks as low as somebody who lies. So
does who lies behind the table, and nobody may have seen that fall: what is seen there is believed
less for a while, never for good. A meal is had in the sight of the pose network, time and again.
Pure: time is the `t` of what is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ambient.observations import Box
from vision.boxes import iou
from vision.outline_shape import behind

AT_TABLE: Final = 0.3
"""How far such an outline is believed: as one that nothing bears out, so that a fall which was seen
is still told."""
WAITS_S: Final = 60.0
"""Whoever has shown nothing but an outline there for so long is believed as anywhere else."""
HERE: Final = 0.3
"""Intersection over union from which an outline is where one was before, whatever its track."""
GONE_S: Final = 30.0
"""Where no outline was for so long, the next is somebody else's."""


@dataclass(slots=True)
class _Place:
    box: Box
    since: int
    last: int


class AtTable:
    """The outlines behind the tables of one camera."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def trust(self, box: Box, tables: Sequence[Box], t: int) -> float:
        """Return how far an outline tells how somebody is, 0..1."""
        if not behind(box, tables):
            return 1.0
        # A clock that was set back begins anew.
        self._places = [p for p in self._places if 0.0 <= (t - p.last) / 1e9 <= GONE_S]
        place = max(self._places, key=lambda p: iou(p.box, box), default=None)
        if place is None or iou(place.box, box) < HERE:
            place = _Place(box, t, t)
            self._places.append(place)
        place.box, place.last = box, t
        return AT_TABLE if (t - place.since) / 1e9 < WAITS_S else 1.0

    def up(self, box: Box) -> None:
        """Take in that a pose here is of somebody who is not down."""
        self._places = [p for p in self._places if iou(p.box, box) < HERE]

    def reset(self) -> None:
        """Forget everything: the camera was moved."""
        self._places = []
