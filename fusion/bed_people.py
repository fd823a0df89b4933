"""Whose body is seen in or at which bed: postures of tracks in, the bed's occupant out.

Who is first seen lying or sitting in an empty bed is its occupant, and stays it while getting up
and walking away, until the track ends. A track that appears where another has just been lost is
that one again, carer or occupant; one that appears at a bed whose occupant lies there unseen, and
where nobody else was, is the occupant, as is one that appears in a bed's outline when nobody else
was seen for a minute. Who came from elsewhere and stands at a bed is not. Faces
tell nothing. Pure: time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from ambient.observations import Point, PostureSeen, TrackEnded
from fusion.chains import SECOND
from fusion.looks import GOOD_VIEW

ASPECT: Final = 16 / 9
"""Of a picture whose observations have not yet said it."""
AGAIN_S: Final = 8.0
"""A track that begins so soon after another was lost near by is the same person."""
AGAIN: Final = 0.6
AT_BED: Final = 0.9
"""How near, in lengths of the body, a track must begin to be the one who was lost, or who lies
unseen in a bed."""
BESIDE: Final = 0.8
"""So near, in lengths of the body, stands who helps; who sits on the next bed's edge does not."""
BLEND: Final = 0.03
"""How much of where somebody lies each further sight settles."""
USUAL_DEPTH: Final = 0.3
"""How deep inside a bed's outline hips lie, before it is known of this bed."""
CLOSE: Final = 0.2
"""Hips that have come so near to the outline that they move towards, in lengths of the body, are at
the bed's rim; lying in the middle of a bed of 0.95 m they are 0.28 from it."""
RETURNS_S: Final = 4.0
"""Who lies or sits in a bed that is empty for so long is its occupant."""
SLIP_S: Final = 2.0
"""Who looks upright for less than this meanwhile has not risen."""
GONE_S: Final = 3.0
FORGET_S: Final = 60.0
LOOKED_S: Final = 20.0
"""So long must a room have been looked at before somebody can appear in it."""


class Shift(NamedTuple):
    """Where an occupant's hips are, in lengths of the body.

    Attributes
    ----------
    apart
        From where they are when lying.
    outwards
        How much further out than there.
    depth
        How far inside the bed's outline; < 0 outside.
    size
        Length of the body as a share of what it is when lying.
    """

    apart: float
    outwards: float
    depth: float
    size: float


class Tracked(Struct):
    """One track of one camera."""

    source: str
    track: int
    began: int
    t: int
    at: Point
    size: float
    upright: float
    quality: float = 1.0
    bed: str | None = None
    """Whose occupant it is."""
    in_bed: str | None = None
    in_bed_since: int = 0
    in_bed_last: int = 0
    ended: bool = False


class People(Struct):
    """Everybody who is seen or was just now; survives a restart."""

    tracks: list[Tracked] = []
    lain: dict[str, dict[str, tuple[float, float, float, float]]] = {}
    """By bed and camera, where its occupant lies: x, y and length of the body, in picture heights,
    and how deep inside the bed's outline, in lengths of the body."""
    aspects: dict[str, float] = {}
    """By camera, width over height of its picture."""
    since: int = 0
    """Since when the room is looked at without a break; 0 when not yet."""


class BedPeople:
    """Tell the occupants of the beds of one room from everybody else.

    Parameters
    ----------
    polygons
        By camera and bed, the outline of the bed in 0..1 of the picture.
    state
        What an earlier run left.
    """

    def __init__(
        self, polygons: Mapping[tuple[str, str], Sequence[Point]], state: People | None = None
    ) -> None:
        self._polygons = dict(polygons)
        self._scaled: dict[tuple[str, str], list[Point]] = {}
        self._depths: dict[tuple[str, str], tuple[Point, float, float]] = {}
        """The last of each camera and bed: one look is asked after several times."""
        self.state = state or People()

    def restarted(self) -> None:
        """Take in that sensors begin anew: they number their tracks from here."""
        for track in self.state.tracks:
            track.ended = True
        self.state.since = 0

    def advance(self, t: int) -> None:
        """Let time go on to `t`."""
        if not self.state.since:
            self.state.since = t

    def shape(self, source: str, aspect: float) -> None:
        """Take in the width over the height of a camera's picture."""
        if self.state.aspects.get(source) != aspect:
            self.state.aspects[source] = aspect
            self._scaled, self._depths = {}, {}

    def depth(self, source: str, bed: str, at: Point, size: float) -> float | None:
        """Return how far inside a bed's outline a place is, in lengths of the body; < 0 outside."""
        known = self._depths.get((source, bed))
        if known is not None and known[0] == at and known[1] == size:
            return known[2]
        outline = self._outline(source, bed)
        if outline is None:
            return None
        depth = _depth(at, outline) / (size if size > 0.1 else 0.1)
        self._depths[source, bed] = at, size, depth
        return depth

    def see(self, seen: PostureSeen, empty: Mapping[str, bool]) -> Tracked:
        """Take in how somebody is; `empty` tells of each bed whether nobody is believed in it."""
        track = self._find(seen.source, seen.track)
        fresh = track is None
        if track is None:
            track = Tracked(
                seen.source, seen.track, seen.t, seen.t, seen.at, seen.size, seen.upright
            )
            self._forget(seen.t)
        elif track.ended:
            track.ended = False
        track.t, track.at, track.size = seen.t, seen.at, seen.size
        track.upright, track.quality = seen.upright, seen.quality
        bed = self._bed_at(seen)
        lies = seen.down >= 0.5 or seen.upright < 0.5
        if fresh:
            self._recognise(track, bed, seen.t, empty, lies=lies)
            self.state.tracks.append(track)
        here = bed if lies else None
        if here is not None and here != track.in_bed:
            track.in_bed, track.in_bed_since = here, seen.t
        if here is not None:
            track.in_bed_last = seen.t
        elif (seen.t - track.in_bed_last) / SECOND > SLIP_S:
            track.in_bed = None
        long = (seen.t - track.in_bed_since) / SECOND >= RETURNS_S
        if here is not None and track.bed != here and long:
            # Or goes on where the occupant's track broke off: one of the two began too soon.
            unseen = track.bed is None and self.occupant(here, seen.t) is None
            if unseen or empty.get(here, True):
                self._occupies(track, here)
        return track

    def outside(self, track: Tracked) -> bool:
        """Return whether an occupant's hips are outside the bed's outline, as far as known."""
        depth = self.depth(track.source, track.bed or "", track.at, track.size)
        return depth is not None and depth < 0.0

    def lies(self, track: Tracked) -> None:
        """Take in that an occupant lies where it is seen now."""
        bed = track.bed
        depth = None if bed is None else self.depth(track.source, bed, track.at, track.size)
        if bed is None or depth is None:
            return
        places = self.state.lain.setdefault(bed, {})
        new = (*track.at, track.size, depth)
        old = places.get(track.source, new)
        x, y, size, deep = old
        places[track.source] = (
            x + BLEND * (new[0] - x),
            y + BLEND * (new[1] - y),
            size + BLEND * (new[2] - size),
            deep + BLEND * (new[3] - deep),
        )

    def shift(self, track: Tracked) -> Shift:
        """Return how far an occupant's hips are from where they lay, and how much further out.

        Without an outline nothing is known and they are there; before anybody has lain there it is
        what the outline alone says. Further out is nearer to the outline, or, where they have come
        close to it, all of the way that they have come towards it: seen from beside the bed, who
        lies is as near to the wall as who sits to the open side.
        """
        bed = track.bed or ""
        depth = self.depth(track.source, bed, track.at, track.size)
        lain = self.state.lain.get(bed, {}).get(track.source)
        if depth is None:
            return Shift(0.0, 0.0, USUAL_DEPTH, 1.0)
        if lain is None:
            return Shift(max(0.0, USUAL_DEPTH - depth), USUAL_DEPTH - depth, depth, 1.0)
        x, y, lying, deep = lain
        size = track.size if track.size > 0.1 else 0.1
        lying = lying if lying > 0.1 else 0.1
        length = size if size > lying else lying
        apart = math.dist((x, y), track.at) / length
        outwards = deep - depth
        # Who is further than that inside it comes upon no side of the outline sooner.
        if 0.0 < depth * size <= 1.01 * CLOSE * length and apart > outwards:
            outline = self._outline(track.source, bed) or ()
            if _ahead((x, y), track.at, outline) <= CLOSE * length:
                outwards = apart
        return Shift(apart, outwards, depth, track.size / lying)

    def ended(self, end: TrackEnded) -> Tracked | None:
        """Take in that somebody is no longer seen; return who it was."""
        track = self._find(end.source, end.track)
        if track is not None:
            track.ended = True
        return track

    def occupant(self, bed: str, t: int) -> Tracked | None:
        """Return the occupant of a bed as seen just now, if at all."""
        now = [one for one in self.state.tracks if one.bed == bed and not self._gone(one, t)]
        return max(now, key=lambda one: one.t, default=None)

    def company(self, one: Tracked, t: int) -> bool:
        """Return whether somebody who is no bed's occupant stands up beside this one."""
        if len(self.state.tracks) <= 1:
            return False
        return any(
            other is not one
            and other.source == one.source
            and other.bed is None
            and not self._gone(other, t)
            and other.upright >= 0.5
            and other.quality >= GOOD_VIEW
            and math.dist(other.at, one.at) <= BESIDE * max(other.size, one.size)
            for other in self.state.tracks
        )

    def alone(self, track: Tracked) -> bool:
        """Return whether its camera had seen nobody but other beds' occupants for a minute before.

        Nobody walked to the bed then: who appears in its outline was in it. Who is there when the
        room is first looked at does not appear.
        """
        since = self.state.since
        if not since or (track.began - since) / SECOND < LOOKED_S:
            return False
        return not any(
            other is not track
            and other.source == track.source
            and other.bed is None
            and (track.began - other.t) / SECOND <= FORGET_S
            for other in self.state.tracks
        )

    def _recognise(
        self,
        track: Tracked,
        bed: str | None,
        t: int,
        empty: Mapping[str, bool],
        *,
        lies: bool,
    ) -> None:
        """Tell who a track is that begins now."""
        lost = [
            one
            for one in self.state.tracks
            if one.source == track.source
            and self._gone(one, t, 0.4)
            and (t - one.t) / SECOND <= AGAIN_S
            and math.dist(one.at, track.at) <= AGAIN * max(one.size, track.size)
        ]
        if lost:
            same = min(lost, key=lambda one: math.dist(one.at, track.at))
            track.bed, same.bed = same.bed, None
            return
        for name, places in self.state.lain.items():
            place = places.get(track.source)
            if place is None or empty.get(name, True) or self.occupant(name, t) is not None:
                continue
            near = math.dist(place[:2], track.at) <= AT_BED * max(place[2], track.size)
            if near:
                self._occupies(track, name)
                return
        taken = bed is None or self.occupant(bed, t) is not None
        if bed is not None and not taken and (lies or self.alone(track)):
            self._occupies(track, bed)

    def _occupies(self, track: Tracked, bed: str) -> None:
        for other in self.state.tracks:
            if other.bed == bed and other is not track and other.source == track.source:
                other.bed = None
        track.bed = bed

    def _bed_at(self, seen: PostureSeen) -> str | None:
        """Return the bed whose outline holds the hips, the one they are deepest in."""
        best, deepest = None, 0.0
        for source, bed in self._polygons:
            if source == seen.source:
                depth = self.depth(source, bed, seen.at, seen.size)
                if depth is not None and depth > deepest:
                    best, deepest = bed, depth
        return best

    def _outline(self, source: str, bed: str) -> list[Point] | None:
        key = source, bed
        if key not in self._polygons:
            return None
        if key not in self._scaled:
            aspect = self.state.aspects.get(source, ASPECT)
            self._scaled[key] = [(x * aspect, y) for x, y in self._polygons[key]]
        return self._scaled[key]

    def _find(self, source: str, track: int) -> Tracked | None:
        for one in self.state.tracks:
            if one.track == track and one.source == source:
                return one
        return None

    def _gone(self, one: Tracked, t: int, after_s: float = GONE_S) -> bool:
        return one.ended or (t - one.t) / SECOND > after_s

    def _forget(self, t: int) -> None:
        self.state.tracks = [one for one in self.state.tracks if (t - one.t) / SECOND <= FORGET_S]


def _ahead(start: Point, at: Point, outline: Sequence[Point]) -> float:
    """Return how far beyond `at` a line from `start` through it crosses an outline; inf if never.

    All in the same unit.
    """
    dx, dy = at[0] - start[0], at[1] - start[1]
    nearest = math.inf
    for n, (x1, y1) in enumerate(outline):
        x0, y0 = outline[n - 1]
        ex, ey = x1 - x0, y1 - y0
        cross = dx * ey - dy * ex
        if cross == 0.0:
            continue
        along = ((x0 - at[0]) * ey - (y0 - at[1]) * ex) / cross
        across = ((x0 - at[0]) * dy - (y0 - at[1]) * dx) / cross
        if along >= 0.0 and 0.0 <= across <= 1.0:
            nearest = min(nearest, along)
    return nearest * math.hypot(dx, dy) if nearest < math.inf else math.inf


def _depth(at: Point, outline: Sequence[Point]) -> float:
    """Return the distance to an outline, positive inside (even-odd rule), negative outside."""
    x, y = at
    inside, nearest = False, math.inf
    x0, y0 = outline[-1]
    for x1, y1 in outline:
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        share = 0.0 if length == 0.0 else ((x - x0) * dx + (y - y0) * dy) / length
        share = 0.0 if share < 0.0 else 1.0 if share > 1.0 else share
        away = math.hypot(x0 + share * dx - x, y0 + share * dy - y)
        nearest = away if away < nearest else nearest
        x0, y0 = x1, y1
    return nearest if inside else -nearest
