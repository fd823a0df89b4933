"""The walk through a new room, judged: what the senses said of one station in, covered or not out.

Comes in: the observations and levels of the time in which somebody did what a station asks for, and
which senses the room has. Goes out: `Judged`, per camera and microphone. Pure: time stands in what
comes in, and the same observations give the same judgement.

A camera covers a station when it said for long enough what was to be seen; of places on the floor
each counts once. A station is covered when one sense of the room covers it; where no sense could
have told, that is unknown, not covered and not missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

import msgspec
from msgspec import Struct

from ambient.events import Coverage, Station
from ambient.node.wizard.looks import Level
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    Place,
    Point,
    Posture,
    PostureSeen,
    SoundClass,
    SoundHeard,
    SpeechHeard,
    ViewState,
)

NS: Final = 1_000_000_000
GAP_NS: Final = NS
"""Between two sightings at most so much time counts as seen all along."""
UPRIGHT_S: Final = 2.0
SITTING_S: Final = 2.0
LYING_S: Final = 3.0
WALKED: Final = 0.5
"""Body lengths that the middle of the hips goes, at least, for a walk."""
SURE: Final = 0.5
APART: Final = 0.5
"""Nearer than so many body lengths, a little under a metre, two places on the floor are one."""
CLAP_DB: Final = 15.0
"""A clap stands so far out of the median level of its time …"""
CLAP_STEPS: Final = 5
"""… for half a second at most."""
CALL_DB: Final = 10.0
CALL_STEPS: Final = 3
"""A call stands out for three tenths of a second in a row, at least."""

ON_FLOOR: Final = frozenset({Station.LIE_FLOOR_1, Station.LIE_FLOOR_2, Station.LIE_FLOOR_3})
HEARD: Final = frozenset({Station.CLAP, Station.CALL})
SHORT: Final = (Station.WALK, Station.LIE_FLOOR_1, Station.CALL)
"""The walk after a node was replaced in a room that was walked through before."""


class Why(StrEnum):
    """Why a sense does not cover a station, or what else is to be said of it."""

    FINE = "fine"
    NOT_LONG_ENOUGH = "not_long_enough"
    """Seen, but not as asked for, or not for long enough."""
    NOBODY = "nobody"
    ON_FURNITURE = "on_furniture"
    """Seen lying, but on what is taken for a bed, a sofa or a permitted place."""
    ON_FLOOR = "on_floor"
    """Seen lying, but not on the bed."""
    NO_VIEW = "no_view"
    NOTHING_HEARD = "nothing_heard"
    NO_HEARING = "no_hearing"
    SAME_PLACE = "same_place"
    """Seen as asked for, but at a place that was tried before."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What one camera or microphone gave.

    Attributes
    ----------
    seconds
        For how long it saw what was asked for.
    at, size
        Where, and how long the body is there, in picture heights; of lying only.
    """

    source: str
    covered: Coverage
    why: Why
    seconds: float = 0.0
    at: Point | None = None
    size: float = 0.0


class Judged(Struct, frozen=True, kw_only=True):
    """What a station gave, by sense."""

    station: Station
    covered: Coverage
    verdicts: list[Verdict]


class Senses(Struct, frozen=True, kw_only=True):
    """What a room has to notice somebody by."""

    cameras: Sequence[str]
    microphones: Sequence[str]
    beds: int


def asked(senses: Senses, *, short: bool = False) -> list[Station]:
    """Return the stations that a room with these senses is walked through by."""
    found = []
    for station in SHORT if short else tuple(Station):
        has = senses.microphones if station in HEARD else senses.cameras
        if has and not (station is Station.LIE_BED and not senses.beds):
            found.append(station)
    return found


def judge(
    station: Station,
    observations: Iterable[AnyObservation],
    levels: Iterable[Level],
    senses: Senses,
    before: Sequence[Judged] = (),
) -> Judged:
    """Judge one station.

    Parameters
    ----------
    observations
        Of this room, from the beginning of the station to its end; the last state of view and
        hearing before it may come first.
    levels
        Of this room's microphones in the same time.
    senses
        Of the room.
    before
        What the other stations gave that ask to lie on the floor; a place that one of them covers
        is not covered again.
    """
    said = list(observations)
    if station in HEARD:
        loud = list(levels)
        verdicts = [_hears(station, one, said, loud) for one in senses.microphones]
    else:
        verdicts = [_sees(station, one, said) for one in senses.cameras]
        if station in ON_FLOOR and any(_same_place(verdicts, one.verdicts) for one in before):
            verdicts = [_again(one) for one in verdicts]
    return Judged(station=station, covered=_together(verdicts), verdicts=verdicts)


def _together(verdicts: Sequence[Verdict]) -> Coverage:
    covered = {verdict.covered for verdict in verdicts}
    for one in (Coverage.YES, Coverage.NO):
        if one in covered:
            return one
    return Coverage.UNKNOWN


def _same_place(now: Sequence[Verdict], before: Sequence[Verdict]) -> bool:
    """Return whether every camera that saw somebody lie both times saw it at one place.

    Two bodies far apart may look near along a camera's line of sight; seen apart, they are apart.
    """
    lain = {one.source: one for one in before if one.covered is Coverage.YES}
    both = [
        (one, lain[one.source]) for one in now if one.covered is Coverage.YES and one.source in lain
    ]
    return bool(both) and all(_near(one, other) for one, other in both)


def _near(one: Verdict, other: Verdict) -> bool:
    if one.at is None or other.at is None:
        return False
    return math.dist(one.at, other.at) < APART * max(one.size, other.size)


def _again(verdict: Verdict) -> Verdict:
    if verdict.covered is not Coverage.YES:
        return verdict
    return msgspec.structs.replace(verdict, covered=Coverage.NO, why=Why.SAME_PLACE)


def _sees(station: Station, camera: str, said: Sequence[AnyObservation]) -> Verdict:
    views = [one for one in said if isinstance(one, ViewState) and one.source == camera]
    seen = [one for one in said if isinstance(one, PostureSeen) and one.source == camera]
    if not seen:
        blind = bool(views) and not any(one.view.clear for one in views)
        why, covered = (Why.NO_VIEW, Coverage.UNKNOWN) if blind else (Why.NOBODY, Coverage.NO)
        return Verdict(source=camera, covered=covered, why=why)
    if station is Station.WALK:
        seconds = _lasting(seen, lambda one: one.upright >= SURE)
        fine = seconds >= UPRIGHT_S and _gone(seen) >= WALKED
        return _verdict(camera, fine, seconds)
    if station is Station.SIT:
        seconds = _lasting(seen, _sits)
        return _verdict(camera, seconds >= SITTING_S, seconds)
    return _lies(station, camera, seen)


def _lies(station: Station, camera: str, seen: Sequence[PostureSeen]) -> Verdict:
    """Judge lying: long enough, and where it was asked for."""

    def there(one: PostureSeen) -> bool:
        in_bed = one.place is Place.BED
        on_floor = one.place in (Place.FLOOR, Place.UNKNOWN)
        return one.down >= SURE and (in_bed if station is Station.LIE_BED else on_floor)

    seconds = _lasting(seen, there)
    lying = _lasting(seen, lambda one: one.down >= SURE)
    if seconds < LYING_S:
        why = Why.NOT_LONG_ENOUGH
        if lying >= LYING_S:
            why = Why.ON_FLOOR if station is Station.LIE_BED else Why.ON_FURNITURE
        return Verdict(source=camera, covered=Coverage.NO, why=why, seconds=seconds)
    lain = [one for one in seen if there(one)]
    return Verdict(
        source=camera,
        covered=Coverage.YES,
        why=Why.FINE,
        seconds=seconds,
        at=_middle([one.at for one in lain]),
        size=round(median(one.size for one in lain), 3),
    )


def _sits(one: PostureSeen) -> bool:
    return one.posture in (Posture.SITTING, Posture.SIT_DOWN) and one.probability >= SURE


def _verdict(camera: str, fine: bool, seconds: float) -> Verdict:
    covered = Coverage.YES if fine else Coverage.NO
    why = Why.FINE if fine else Why.NOT_LONG_ENOUGH
    return Verdict(source=camera, covered=covered, why=why, seconds=seconds)


def _lasting(seen: Sequence[PostureSeen], is_so: Callable[[PostureSeen], bool]) -> float:
    """Return for how many seconds somebody, one and the same, was seen so."""
    longest = 0
    for track in {one.track for one in seen}:
        times = sorted(one.t for one in seen if one.track == track and is_so(one))
        longest = max(longest, sum(b - a for a, b in pairwise(times) if b - a <= GAP_NS))
    return round(longest / NS, 3)


def _gone(seen: Sequence[PostureSeen]) -> float:
    """Return the widest way between two sightings of one person, in body lengths."""
    widest = 0.0
    for track in {one.track for one in seen}:
        own = [one for one in seen if one.track == track and one.upright >= SURE]
        if not own:
            continue
        size = median(one.size for one in own)
        xs, ys = [one.at[0] for one in own], [one.at[1] for one in own]
        way = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
        widest = max(widest, way / size if size > 0 else 0.0)
    return widest


def _middle(points: Sequence[Point]) -> Point:
    return (
        round(median(x for x, _ in points), 3),
        round(median(y for _, y in points), 3),
    )


def _hears(
    station: Station, microphone: str, said: Sequence[AnyObservation], levels: Sequence[Level]
) -> Verdict:
    own = [one for one in said if one.source == microphone]
    states = [one for one in own if isinstance(one, HearingState)]
    if states and all(one.hearing is not Hearing.OK for one in states):
        return Verdict(source=microphone, covered=Coverage.UNKNOWN, why=Why.NO_HEARING)
    peaks = [one.peak for one in sorted(levels, key=lambda one: one.t) if one.source == microphone]
    if station is Station.CLAP:
        told = any(isinstance(one, SoundHeard) and one.sound is SoundClass.THUD for one in own)
        fine = told or any(run <= CLAP_STEPS for run in _runs(peaks, CLAP_DB))
    else:
        told = any(
            isinstance(one, SpeechHeard)
            or (isinstance(one, SoundHeard) and one.sound in (SoundClass.HELP, SoundClass.SCREAM))
            for one in own
        )
        fine = told or any(run >= CALL_STEPS for run in _runs(peaks, CALL_DB))
    return Verdict(
        source=microphone,
        covered=Coverage.YES if fine else Coverage.NO,
        why=Why.FINE if fine else Why.NOTHING_HEARD,
    )


def _runs(peaks: Sequence[float], above: float) -> list[int]:
    """Return how many steps each stretch lasts in which it was so much louder than usual."""
    if not peaks:
        return []
    usual = median(peaks)
    runs, run = [], 0
    for peak in [*peaks, -math.inf]:
        if peak >= usual + above:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    return runs
