"""Things taken for people: doubtful sights in, what is less believed out.

A coat over a chair's arm, a bag or a blanket is taken for somebody who lies there, by fits and
starts, for as long as it stays: each look finds little, and of a thousand looks one rings. What
tells it from somebody who fell is that it was there before. A place at which a doubtful somebody
was seen by several tracks over a long while, always with the same outline, and nobody rang, holds
a thing; who lies there now and is seen no better is believed less. Somebody seen well is believed,
and so is an outline that differs, as of whoever falls over it. Beds and seats are not the floor,
and nothing is learned of them here. Pure: time is the `t` of what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from ambient.observations import Box, Place, PostureSeen
from vision.boxes import iou

DOUBTFUL: Final = 0.5
"""Quality below which a sight may be of a thing."""
CLEAR: Final = 0.9
"""Quality from which it is of a person, whatever was there before."""
SAME: Final = 0.6
"""Intersection over union from which two outlines are of the same thing. (Sides that are off by a
twentieth of the box each leave 0.8.)"""
TRACKS: Final = 3
"""Somebody who lies there is found and lost less often than a thing: so many tracks make one …"""
LASTED_S: Final = 600.0
"""… over so long. Who lies on the floor has rung long before that."""
GONE_S: Final = 1800.0
"""After so long without a doubtful sight it was taken away."""
TRUST: Final = 0.3
"""How far a sight of it is believed: as one that nothing bears out."""
KEPT: Final = 16


@dataclass(slots=True)
class _Thing:
    box: Box
    first: int
    last: int
    tracks: set[int] = field(default_factory=set)

    @property
    def known(self) -> bool:
        """Whether it was there long enough."""
        return len(self.tracks) >= TRACKS and (self.last - self.first) / 1e9 >= LASTED_S


class Things:
    """The things of one camera that were taken for people."""

    def __init__(self) -> None:
        self._things: list[_Thing] = []

    def told(self, said: PostureSeen, box: Box) -> PostureSeen:
        """Return what is to be said of somebody seen in this box."""
        if said.place not in (Place.FLOOR, Place.UNKNOWN):
            return said
        # A clock that was set back begins anew.
        self._things = [e for e in self._things if 0.0 <= (said.t - e.last) / 1e9 <= GONE_S]
        thing = max(self._things, key=lambda each: iou(each.box, box), default=None)
        if thing is not None and iou(thing.box, box) < SAME:
            thing = None
        if said.quality < DOUBTFUL:
            if thing is None:
                thing = _Thing(box, said.t, said.t)
                self._things = [*self._things, thing][-KEPT:]
            thing.last = said.t
            if len(thing.tracks) < TRACKS:
                thing.tracks.add(said.track)
        if thing is None or not thing.known or said.quality >= CLEAR:
            return said
        return msgspec.structs.replace(said, quality=round(TRUST * said.quality, 4))

    def reset(self) -> None:
        """Forget everything: the camera was moved."""
        self._things = []
