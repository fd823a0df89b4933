"""What the pose last said of a body that now shows only its outline.

A pose network loses people who did not move: somebody asleep under a blanket, or in an armchair
with a newspaper, is then a box and nothing more. An outline says little of posture and less of
what the body lies on, so what was seen while the pose was there goes on to hold: as long as the
box is where the body was, the body is on the same bed or seat, and as long as the box is the same,
nobody who was up has gone down. Where zones are drawn an outline's lower half says what it is on,
and whoever sits on a bed's edge has the legs over the floor: there as well the box that is the same
is on what the pose was on. A box at another place or of another shape is news and stands for
itself. Pure: time is the `t` of what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from ambient.observations import Box, Place, PostureSeen
from vision.boxes import iou

HELD_S: Final = 300.0
"""So long after the last sight at its place is a body remembered."""
HERE: Final = 0.2
"""Intersection over union from which an outline is where the body was …"""
SAME: Final = 0.5
"""… and from which it is the outline that the body had."""
UNMOVED: Final = 0.6
"""… and from which it is the outline that was the body's before. (Sides that are off by a twentieth
of the box each leave 0.8; who slid from a bed's edge to the floor shows half of it.)"""
REPLACED: Final = 0.3
"""A body remembered here gives way to another whose box overlaps it by this much."""
BELIEVED: Final = 0.5
"""Trust in the pose from which it is remembered."""
GOOD_VIEW: Final = 0.3
SURE: Final = 0.7
"""Probability of a bed or seat from which it is remembered."""
MOVING: Final = 0.3
"""Evidence of a descent from which the body was not at rest."""
ASLEEP: Final = (Place.BED, Place.SOFA)
KEPT: Final = 16
"""Bodies and beds that are remembered at most."""


@dataclass(slots=True)
class _Memory:
    box: Box
    said: PostureSeen
    t: int
    outline: Box | None = None
    """The last outline that was the body's own."""

    def shows(self, here: Box) -> bool:
        """Whether an outline is that of this body, unmoved; remembers it."""
        if iou(self.box, here) >= SAME:
            self.outline = here
            return True
        return self.outline is not None and iou(self.outline, here) >= UNMOVED


class Held:
    """The bodies of one camera as their poses were last seen."""

    def __init__(self) -> None:
        self._bodies: list[_Memory] = []
        self._asleep: list[_Memory] = []

    def pose(self, said: PostureSeen, box: Box, trust: float) -> None:
        """Remember what is said of a body whose pose is seen.

        Parameters
        ----------
        box
            Of the body; what lies outside the picture is left out.
        trust
            How far this is believed to be a person, 0..1.
        """
        if trust < BELIEVED:
            return
        seen = _Memory(_visible(box), said, said.t)
        if said.quality >= GOOD_VIEW:
            others = [m for m in self._bodies if m.said.track != said.track]
            self._bodies = _with(others, seen)
        if said.place in ASLEEP and said.place_sure >= SURE:
            self._asleep = _with(self._asleep, seen)

    def outline(self, said: PostureSeen, box: Box) -> PostureSeen:
        """Return what is to be said of a body that shows only this box."""
        here = _visible(box)
        said = self._on_bed(said, here)
        self._bodies = [m for m in self._bodies if _lately(m, said.t)]
        best = max(self._bodies, key=lambda m: iou(m.box, here), default=None)
        if best is None:
            return said
        alike, last = iou(best.box, here), best.said
        same = best.shows(here)
        where = said.place is Place.UNKNOWN or (said.place is Place.FLOOR and same)
        if alike >= HERE and where and last.place in (*ASLEEP, Place.CHAIR):
            best.t = said.t
            said = _on(said, last)
        if alike >= SAME and last.down < 0.5:
            best.t = said.t
            descent = min(said.descent, last.descent) if last.descent < MOVING else said.descent
            said = msgspec.structs.replace(said, down=min(said.down, last.down), descent=descent)
        return said

    def reset(self) -> None:
        """Forget everything: the camera was moved."""
        self._bodies, self._asleep = [], []

    def _on_bed(self, said: PostureSeen, here: Box) -> PostureSeen:
        if said.place is not Place.UNKNOWN:
            return said
        for bed in self._asleep:
            if _lately(bed, said.t) and iou(bed.box, here) >= HERE:
                bed.t = said.t
                return _on(said, bed.said)
        return said


def _with(memories: list[_Memory], new: _Memory) -> list[_Memory]:
    return [*(m for m in memories if iou(m.box, new.box) < REPLACED), new][-KEPT:]


def _lately(memory: _Memory, t: int) -> bool:
    return (t - memory.t) / 1e9 <= HELD_S


def _on(said: PostureSeen, last: PostureSeen) -> PostureSeen:
    return msgspec.structs.replace(said, place=last.place, place_sure=last.place_sure, bed=last.bed)


def _visible(box: Box) -> Box:
    x0, y0, x1, y1 = box
    return max(0.0, x0), max(0.0, y0), min(1.0, x1), min(1.0, y1)
