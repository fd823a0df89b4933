"""Who has slid off a seat: poses in, whether somebody sits on the floor where the feet were out.

A trunk that is upright says nothing of how high somebody sits: slumped against a chair or a bed
people look as if they sat on it, with the legs out. What tells them apart is where they sat
before. Whoever slides off a seat comes to rest with the hips where the feet stood, without having
risen; nobody does that who leans back, ties shoes, moves forward on the seat, stands up or rolls
nearer in a wheelchair. Pure: time is the `t` of a pose, and what is kept goes with the track.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ambient.observations import Place, Point, PoseSeen, Posture, PostureSeen
from vision.features import BodyFeatures, measure

GOOD_VIEW: Final = 0.35
SMOOTH_S: Final = 0.25
REST_S: Final = 0.9
"""Who has kept still for so long is at rest there."""
STEADY: Final = 0.06
"""Hips that stay within this share of the body's length are at rest."""
SETTLED_S: Final = 5.0
"""Who stood so shortly before is still sitting down: a rest on the way is no seat."""
STANDS: Final = 0.75
"""Probability of being upright from which somebody whose thighs hang stands."""
SEATS: Final = 4
SEAT_S: Final = 8.0
"""So long after somebody was last seen in a seat it is remembered."""
LEGS: Final = 0.6
"""Visibility from which on legs are not guessed."""
THIGH: Final = math.radians(45.0)
"""Thighs that hang less than this are those of somebody who sits …"""
TALLEST_M: Final = 1.12
"""… who is less tall than this from head to ankles …"""
OVER: Final = 0.2
"""… and has the hips at least so far over the feet, in lengths of the body."""
DROP: Final = 0.2
HEAD_DROP: Final = 0.12
"""Hips and head of whoever slid off are lower than in the seat by this, in lengths of the body …"""
FEET: Final = (-0.15, 0.14)
BESIDE: Final = 0.3
"""… the hips so far over where the feet were and no further beside, in lengths of the body …"""
LESS_M: Final = 0.2
NEARER: Final = 1.2
"""… head and ankles nearer in height by so many metres, and the body no larger than this many
times: who comes nearer in a wheelchair is lower in the picture as well, but larger, and sits as
before …"""
ROSE: Final = 0.07
"""… and neither hips nor head have been higher than in the seat by this, as of who stands up."""
UNSEEN_S: Final = 1.5
"""Who was out of sight for longer may have stood up meanwhile: the seat is forgotten."""
LIES: Final = math.radians(70.0)
"""A trunk that leans further lies, which is seen without this."""
LASTS_S: Final = 1.5
GAP_S: Final = 0.7
"""It must be seen for so long; a shorter look that says otherwise is a slip of the pose network."""
REGAINED: Final = 0.5
"""Share of the drop that ends it when it is regained …"""
AWAY: Final = 0.8
"""… as hips do that are so far from where they came to rest, in lengths of the body: whoever has
slid off a seat stays before it, and who walks about is lower in the picture than on the seat as
soon as the way leads towards the camera."""
DOWN: Final = 0.8
"""Probability of being down of who has slid off a seat."""


@dataclass(slots=True)
class _Look:
    t: int
    head: Point
    hip: Point
    ankle: Point
    size: float
    extent_m: float

    @property
    def over(self) -> float:
        """How far the hips are over the feet, in lengths of the body."""
        return (self.ankle[1] - self.hip[1]) / self.size


@dataclass(slots=True)
class _Seat:
    """How somebody sat, when last, and how much higher hips or head have been since."""

    look: _Look
    t: int
    rose: float = 0.0


@dataclass(slots=True)
class _Track:
    now: _Look | None = None
    """Smoothed."""
    looks: deque[_Look] = field(default_factory=deque)
    seats: list[_Seat] = field(default_factory=list)
    stood: int | None = None
    """When last seen to stand."""
    since: int | None = None
    last: int = 0
    slid: _Seat | None = None
    slid_at: Point = (0.0, 0.0)
    """Where the hips were then."""
    regained_since: int | None = None


class Slid:
    """Who of the people of one camera has slid off a seat."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def told(
        self, said: PostureSeen, pose: PoseSeen, body: BodyFeatures | None = None
    ) -> PostureSeen:
        """Return what is to be said of a person whose pose is seen.

        `body` is the pose's shape, where it was measured already.
        """
        track = self._tracks.get(pose.track)
        if track is None:
            track = self._tracks[pose.track] = _Track()
        body = body or measure(pose)
        track.now = now = _smoothed(track.now, pose.t, body)
        if said.quality >= GOOD_VIEW:
            stands = _stands(said, body)
            if now.extent_m > TALLEST_M or stands:
                track.stood = now.t
            self._follow(track, now, body, stands=stands)
        if track.slid is None:
            return said
        place = Place.UNKNOWN if said.place is Place.CHAIR else said.place
        return msgspec.structs.replace(
            said,
            posture=Posture.FALLEN,
            probability=max(DOWN, said.down),
            down=max(DOWN, said.down),
            upright=min(1.0 - DOWN, said.upright),
            place=place,
            place_sure=1.0 if place is not said.place else said.place_sure,
        )

    def end(self, track: int) -> None:
        """Forget a person who is no longer tracked."""
        self._tracks.pop(track, None)

    def _follow(self, track: _Track, now: _Look, body: BodyFeatures, *, stands: bool) -> None:
        looks = track.looks
        if looks and (now.t - looks[-1].t) / 1e9 > UNSEEN_S:
            track.seats = []
        looks.append(now)
        while (now.t - looks[0].t) / 1e9 > REST_S + 0.3:
            looks.popleft()
        for seat in track.seats:
            seat.rose = max(seat.rose, _rise(seat.look, now))
        track.seats = [s for s in track.seats if (now.t - s.t) / 1e9 <= SEAT_S and s.rose <= ROSE]
        if track.slid is not None:
            _follow_rising(track, track.slid, now, stands=stands)
            return
        left = next((seat for seat in track.seats if _has_left(seat.look, now, body)), None)
        if left is not None:
            if track.since is None or (now.t - track.last) / 1e9 > GAP_S:
                track.since = now.t
            track.last = now.t
            if (now.t - track.since) / 1e9 >= LASTS_S:
                track.slid, track.slid_at, track.since = left, now.hip, None
        elif (
            body.legs >= LEGS
            and _sits(now, body)
            and _rests(looks)
            and _settled(track.stood, now.t)
        ):
            seats = [s for s in track.seats if math.dist(s.look.hip, now.hip) > STEADY * now.size]
            track.seats = [*seats, _Seat(now, now.t)][-SEATS:]


def _smoothed(before: _Look | None, t: int, body: BodyFeatures) -> _Look:
    """Return a look with what moves smoothed over `SMOOTH_S`."""
    if before is None:
        return _Look(t, body.head, body.hip, body.ankle, body.size, body.extent_m)
    share = min(1.0, (t - before.t) / 1e9 / SMOOTH_S)

    def between(a: Point, b: Point) -> Point:
        return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])

    return _Look(
        t,
        between(before.head, body.head),
        between(before.hip, body.hip),
        between(before.ankle, body.ankle),
        before.size + share * (body.size - before.size),
        before.extent_m + share * (body.extent_m - before.extent_m),
    )


def _sits(now: _Look, body: BodyFeatures) -> bool:
    return body.thigh >= THIGH and now.extent_m <= TALLEST_M and now.over >= OVER


def _stands(said: PostureSeen, body: BodyFeatures) -> bool:
    return body.thigh < THIGH and body.legs >= LEGS and said.upright >= STANDS


def _settled(stood: int | None, t: int) -> bool:
    return stood is None or (t - stood) / 1e9 >= SETTLED_S


def _rests(looks: deque[_Look]) -> bool:
    now = looks[-1]
    if (now.t - looks[0].t) / 1e9 < REST_S:
        return False
    return all(
        math.dist(look.hip, now.hip) <= STEADY * now.size
        and math.dist(look.head, now.head) <= 1.5 * STEADY * now.size
        for look in looks
    )


def _rise(seat: _Look, now: _Look) -> float:
    """Return how much higher than in the seat hips or head are, in lengths of the body."""
    higher = max(seat.hip[1] - now.hip[1], seat.head[1] - now.head[1])
    return higher / max(seat.size, now.size)


def _has_left(seat: _Look, now: _Look, body: BodyFeatures) -> bool:
    """Return whether somebody who sat so is now on the floor before the seat."""
    size = max(seat.size, now.size)
    dropped = (now.hip[1] - seat.hip[1]) / size
    head = (now.head[1] - seat.head[1]) / size
    feet = (seat.ankle[1] - now.hip[1]) / size
    beside = abs(seat.ankle[0] - now.hip[0]) / size
    return (
        dropped >= DROP
        and head >= HEAD_DROP
        and FEET[0] <= feet <= FEET[1]
        and beside <= BESIDE
        and seat.extent_m - now.extent_m >= LESS_M
        and now.size <= NEARER * seat.size
        and body.tilt_world < LIES
    )


def _follow_rising(track: _Track, seat: _Seat, now: _Look, *, stands: bool) -> None:
    """Let go of who has come up again, or away."""
    size = max(seat.look.size, now.size)
    up = stands or (now.hip[1] - seat.look.hip[1]) / size < REGAINED * DROP
    up = up or (now.head[1] - seat.look.head[1]) / size < 0.0
    up = up or math.dist(now.hip, track.slid_at) > AWAY * size
    if not up:
        track.regained_since = None
    elif track.regained_since is None:
        track.regained_since = now.t
    elif (now.t - track.regained_since) / 1e9 >= GAP_S:
        track.slid, track.regained_since, track.seats = None, None, []
