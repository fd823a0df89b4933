"""How tall an outline is beside a body there: boxes and the learned floor in, what that says out.

A box alone says little of posture, but beside how tall people stand at its row it says one thing.
Whoever is taller in the picture than somebody who lies there away from the camera, or sits on the
floor with the legs out, is not down: at night people on the bed's edge are often no more than such
a box. How small a box is says nothing, since who lies curled up away from the camera is small too.
Where the floor is not known this is silent. Pure: time is the `t` of what is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import msgspec

from ambient.observations import BoxSeen, PostureSeen
from vision.floor import FloorPlane
from vision.outline_shape import near_border

LOW: Final = ((0.9, 0.15), (0.55, 0.52))
"""The highest points of those who are down, how far behind the feet and how high, in heights of a
person: of who lies away from the camera, and of who sits on the floor against something, legs out.
(Of the stature a sitting body has 0.52 and a leg 0.53: Drillis and Contini 1966.)"""
TALLER: Final = 1.3
"""An outline so many times as tall as all of them is not of somebody who is down. It leaves room
for people a tenth taller than those who walked there, and for a floor by which they look 8 % too
small, since old people walk with a stoop (0.83 to 0.98 of what is true in eight of ten simulated
rooms). Who sits on a bed's edge is 1.27 times as tall at a usual pitch."""
DOWN: Final = 0.2
DESCENT: Final = 0.25
"""Most probabilities of being down, and of having fallen, of such an outline."""
SMOOTH_S: Final = 2.0
"""A detector's sides waver by a tenth of the box from look to look; the first decide nothing."""
SURE: Final = 0.15
"""Most standard deviation of a person's height there, as a share of it."""


@dataclass(slots=True)
class _Track:
    since: int
    t: int
    taller: float


class OutlineSize:
    """The outlines of one camera beside its floor.

    Parameters
    ----------
    floor
        Of the camera; learned by somebody else.
    """

    def __init__(self, floor: FloorPlane) -> None:
        self._floor = floor
        self._tracks: dict[int, _Track] = {}

    def told(self, said: PostureSeen, seen: BoxSeen) -> PostureSeen:
        """Return what is to be said of somebody of whom only this outline is seen."""
        taller = self.taller(seen)
        if taller is None:
            return said
        known = self._tracks.setdefault(seen.track, _Track(seen.t, seen.t, taller))
        share = min(0.5, max(0.0, (seen.t - known.t) / 1e9 / SMOOTH_S))
        known.taller += share * (taller - known.taller)
        known.t = seen.t
        if (seen.t - known.since) / 1e9 < SMOOTH_S or known.taller < TALLER:
            return said
        down, descent = min(said.down, DOWN), min(said.descent, DESCENT)
        return msgspec.structs.replace(said, down=down, descent=descent)

    def taller(self, seen: BoxSeen) -> float | None:
        """Return how many times as tall a box is as whoever is down there may be.

        None where the floor is not known surely, and where the border may cut the box.
        """
        if near_border(seen.box):
            return None
        foot = seen.box[3]
        standing, plane = self._floor.expected_height(foot), self._floor.plane
        if plane is None or standing is None or standing.sd > SURE * standing.value:
            return None
        extents = [plane.extent(foot, behind, over) for behind, over in LOW]
        lowest = max((extent for extent in extents if extent is not None), default=0.0)
        taller = (foot - seen.box[1]) / lowest if lowest > 0.0 else math.nan
        return taller if math.isfinite(taller) else None

    def end(self, track: int) -> None:
        """Forget a person who is no longer tracked."""
        self._tracks.pop(track, None)
