"""Bed edge and exit over many nights: how many get-ups are found, how early, and what is false.

Behind ``ambient evaluate nights``. Nights of ``nights.life`` are shown to a node; each confirmed
alarm is matched to what is true of that bed. Pure but for the clock that tells how long it took.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from ambient.evaluate.days.diary import HOUR_S
from ambient.evaluate.nights.life import HOURS, Kind, Night, Rise, night
from ambient.evaluate.nights.watch import Senses, camera, carers, config_of, judged, merged, sensors
from ambient.evaluate.statistics import Quantiles, Rate, Share, poisson, quantiles, wilson
from ambient.events import (
    AnyEvent,
    BedEdge,
    BedExit,
    BedNotBack,
    BedRestless,
    FallConfirmed,
    SituationStep,
)
from ambient.observations import AnyObservation

BEFORE_S: Final = 3.0
AFTER_S: Final = 30.0
"""An exit may be told so long after it; an edge only until the seat has left the mattress."""
NONE: Final = "sleeping"


class Told(Struct, frozen=True):
    """One confirmed alarm, and what it was about."""

    kind: str
    bed: str
    t: float
    during: str
    """The rise that it fell into, or `NONE`."""
    warning_s: float | None = None
    """Before the seat left the mattress; None where nobody got up."""


class Watched(Struct, frozen=True):
    """One night measured.

    Attributes
    ----------
    ups
        Of the times that somebody got up alone: whether the edge was told before standing, the
        exit was told, how long before standing, and how long after sitting on the edge.
    helped
        Of the times that a carer helped somebody up: whether an edge rang.
    """

    number: int
    bed_hours: float
    beds: int
    rails: int
    restless: int
    ups: list[tuple[bool, bool, float | None, float | None]]
    helped: list[bool]
    away: list[bool]
    """Of the absences longer than the limit, whether they were told."""
    told: list[Told]
    shown: int
    """Chains of restlessness that were shown."""
    room_hours: float
    falls: list[str]
    """What went on when a fall was confirmed: nobody falls in these nights."""


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    edge_found, exit_found
        Of the get-ups without help, those told as an edge before standing, and as an exit.
    either_found
        … told by either until `AFTER_S` after standing.
    precision
        Of the edges that rang, those that were followed by standing up without help.
    precision_edge
        … those during which somebody did sit on the edge.
    warning, after_edge
        Seconds from the alarm to standing, and from sitting on the edge to the alarm.
    false_per_bed_night
        Edges and exits that rang while nobody sat on the edge nor was up, per bed and night of
        9.5 hours in bed.
    helped_rang
        Of those whom a carer helped up, for how many an edge rang.
    not_back
        Of the absences longer than a quarter of an hour, those told.
    falls_of_nobody
        Confirmed falls a room and night of 9.5 hours; nobody falls in these nights.
    """

    seed: int
    nights: int
    senses: str
    bed_nights: float
    rails: Share
    restless: Share
    edge_found: Share
    exit_found: Share
    either_found: Share
    precision: Share
    precision_edge: Share
    warning: Quantiles
    after_edge: Quantiles
    false_per_bed_night: Rate
    helped_rang: Share
    not_back: Share
    restless_shown: Rate
    falls_of_nobody: Rate
    causes: dict[str, int]
    seconds: float
    config_version: str


def run(
    nights: int,
    *,
    seed: int = 1,
    first: int = 0,
    hours: float = HOURS,
    senses: Senses = Senses.CAMERA,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `nights` nights and return what was told of them.

    Parameters
    ----------
    seed
        Equal seeds give equal reports (but for the seconds).
    first
        Number of the first night.
    hours
        Of each night; shorter ones have as many rises and less sleep.
    senses
        What the rooms have.
    progress
        Called with (done, all) after each night.
    """
    start = time.monotonic()
    watched: list[Watched] = []
    version = ""
    for number in range(first, first + nights):
        one = night(seed, number, hours)
        version = version or config_of(one, senses).version
        watched.append(watch(one, seed, senses, hours))
        if progress is not None:
            progress(len(watched), nights)
    return summarise(watched, seed, senses, time.monotonic() - start, version)


def watch(one: Night, seed: int, senses: Senses, hours: float = HOURS) -> Watched:
    """Return one night measured."""
    # Loading the network is left to those who need it.
    from vision.temporal import LearnedPosture

    streams: list[list[AnyObservation]] = [carers(one)]
    if senses is not Senses.SENSORS:
        streams.append(camera(one, seed, LearnedPosture.create()))
    if senses is not Senses.CAMERA:
        streams.append(sensors(one, seed))
    return score(one, judged(one, senses, merged(*streams)), hours)


def score(one: Night, events: Iterable[AnyEvent], hours: float = HOURS) -> Watched:
    """Return what the events of a night are worth; pure."""
    told: list[Told] = []
    absent: list[tuple[str, float]] = []
    shown = 0
    falls: list[str] = []
    for event in events:
        if isinstance(event, FallConfirmed):
            falls.append(_episode(one, event.t / 1e9))
        shown += isinstance(event, BedRestless) and event.step is SituationStep.CONFIRMED
        if not isinstance(event, BedEdge | BedExit | BedNotBack):
            continue
        if event.step is not SituationStep.CONFIRMED:
            continue
        t = event.t / 1e9
        if isinstance(event, BedNotBack):
            absent.append((event.bed, t))
            continue
        rise = _during(one.rises, event.bed, t)
        during = NONE if rise is None else rise.kind.value
        stood = None if rise is None or rise.kind is not Kind.OUT else rise.stood
        kind = "edge" if isinstance(event, BedEdge) else "exit"
        warning = None if stood is None else round(stood - t, 2)
        told.append(Told(kind, event.bed, round(t, 2), during, warning))
    slept = sum(end - start for spans in one.asleep.values() for start, end in spans)
    return Watched(
        number=one.day.number,
        bed_hours=slept / HOUR_S,
        beds=len(one.room.beds),
        rails=sum(one.room.rails),
        restless=sum(one.restless),
        ups=[_found(rise, told) for rise in one.rises if rise.kind is Kind.OUT],
        helped=[
            any(a.kind == "edge" and a.bed == r.bed and _covers(r, a.t) for a in told)
            for r in one.rises
            if r.kind is Kind.HELPED
        ],
        away=[
            any(bed == r.bed and (r.stood or 0.0) <= t <= r.back for bed, t in absent)
            for r in one.rises
            if r.stood is not None and r.back - r.stood > 960.0
        ],
        told=told,
        shown=shown,
        room_hours=hours,
        falls=falls,
    )


def summarise(
    watched: Sequence[Watched], seed: int, senses: Senses, seconds: float, version: str
) -> Report:
    """Return the report of the nights; pure."""
    ups = [up for one in watched for up in one.ups]
    told = [alarm for one in watched for alarm in one.told]
    edges = [alarm for alarm in told if alarm.kind == "edge"]
    truly = {Kind.OUT.value, Kind.EDGE.value, Kind.HELPED.value}
    false = [alarm for alarm in told if alarm.during not in truly]
    beds = sum(one.beds for one in watched)
    bed_nights = sum(one.bed_hours for one in watched) / HOURS
    warnings = [up[2] for up in ups if up[2] is not None]
    after = [up[3] for up in ups if up[3] is not None]
    helped = [rang for one in watched for rang in one.helped]
    away = [found for one in watched for found in one.away]
    causes = [f"{alarm.kind} while {alarm.during}" for alarm in told]
    causes += [f"fall while {during}" for one in watched for during in one.falls]
    return Report(
        seed=seed,
        nights=len(watched),
        senses=senses.value,
        bed_nights=round(bed_nights, 2),
        rails=wilson(sum(one.rails for one in watched), beds),
        restless=wilson(sum(one.restless for one in watched), beds),
        edge_found=wilson(sum(up[0] for up in ups), len(ups)),
        exit_found=wilson(sum(up[1] for up in ups), len(ups)),
        either_found=wilson(sum(up[0] or up[1] for up in ups), len(ups)),
        precision=wilson(sum(a.during == Kind.OUT.value for a in edges), len(edges)),
        precision_edge=wilson(sum(a.during in truly for a in edges), len(edges)),
        warning=quantiles(warnings),
        after_edge=quantiles(after),
        false_per_bed_night=poisson(len(false), bed_nights),
        helped_rang=wilson(sum(helped), len(helped)),
        not_back=wilson(sum(away), len(away)),
        restless_shown=poisson(sum(one.shown for one in watched), bed_nights),
        falls_of_nobody=poisson(
            sum(len(one.falls) for one in watched), sum(one.room_hours for one in watched) / HOURS
        ),
        causes=dict(Counter(causes).most_common()),
        seconds=round(seconds, 1),
        config_version=version,
    )


def _found(rise: Rise, told: Sequence[Told]) -> tuple[bool, bool, float | None, float | None]:
    """Return whether a get-up was told as edge and as exit, how early, and how soon."""
    stood, edge = rise.stood or rise.start, rise.edge or rise.start
    mine = [alarm for alarm in told if alarm.bed == rise.bed]
    early = [a.t for a in mine if a.kind == "edge" and rise.start - BEFORE_S <= a.t <= stood]
    late = [a.t for a in mine if a.kind == "exit" and rise.start <= a.t <= stood + AFTER_S]
    first = min(early, default=None)
    warning = None if first is None else round(stood - first, 2)
    after = None if first is None else round(first - edge, 2)
    return first is not None, bool(late), warning, after


def _episode(one: Night, t: float) -> str:
    """Return what went on in a room at second `t` of the day, the latest first."""
    on = [e for e in one.day.episodes if e.start <= t <= e.end + AFTER_S]
    visits = any(v.start - BEFORE_S <= t <= v.end + AFTER_S for v in one.visits)
    name = max(on, key=lambda e: e.start).name if on else NONE
    return f"{name}, a carer there" if visits else name


def _covers(rise: Rise, t: float) -> bool:
    end = rise.back if rise.stood is None else rise.stood + AFTER_S
    return rise.start - BEFORE_S <= t <= end


def _during(rises: Iterable[Rise], bed: str, t: float) -> Rise | None:
    on = [rise for rise in rises if rise.bed == bed and _covers(rise, t)]
    return max(on, key=lambda rise: rise.start, default=None)
