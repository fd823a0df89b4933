"""Days with a wet room at the level of its sensors: residents and their habits in, a report out.

Behind ``ambient evaluate wet-room``. A resident has an own usual stay, log-normal; some stays are
long for good reasons; a carer comes along to a shower; now and then somebody does not get up again.
What radar, PIR and door contact say of it, and how they fail, are assumptions, listed in
docs/situations.md. Pure but for the clock that tells how long it took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.config import Bed, Room
from ambient.config_watch import WetRoom
from ambient.evaluate.statistics import Quantiles, Rate, Share, poisson, quantiles, wilson
from ambient.events import SituationStep
from ambient.observations import (
    AnyObservation,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
)
from fusion.chains import SECOND, Kind
from fusion.situations import RoomSituations

ROOM: Final = "room"
DAY_S: Final = 86_400.0
VISITS: Final = 6.0
"""A day."""
USUAL_S: Final = (360.0, 0.45)
"""Median of the residents' usual stays, and spread of its logarithm between residents."""
OWN: Final = 0.45
"""Spread of the logarithm of one resident's stays."""
LONG: Final = (0.02, 900.0, 2700.0)
"""Share of stays that are long for good reasons (a bath, a bad stomach), and how long, seconds."""
SHOWERS: Final = 2.0 / 7.0
"""A day, with a carer, who presses the button in three of four."""
PRESSED: Final = 0.75
NIGHT_H: Final = (21.0, 6.5)
"""Hours of the night, in which nobody is showered."""
INCIDENTS: Final = 0.02
"""A day somebody does not come out again until helped; far more than happen."""
THUD: Final = 0.5
"""Share of incidents whose thud is heard (a node with a microphone in the room)."""
STIRRING: Final = 0.5
"""Share of incidents in which somebody moves now and then until found; others lie still."""
STIRS_S: Final = 120.0
"""… about so often that a PIR notices it."""
HELP_S: Final = 5400.0
"""… and found by somebody anyway after so long."""
LEARNING: Final = 10
"""Days of each resident that are lived before counting begins."""


class Sensors(StrEnum):
    """What hangs in the wet room."""

    RADAR = "radar and door contact"
    PIR = "PIR and door contact"
    BOTH = "radar, PIR and door contact"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay, seconds."""

    start: float
    end: float
    incident: bool = False
    carer: bool = False
    thud: bool = False
    stirring: bool = False


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    found
        Of the incidents, those told before somebody came anyway.
    after_minutes
        From going in to the alarm, as minutes in the fields named seconds.
    after_heard_minutes
        … of those whose thud was heard.
    after_stirring_minutes
        … of those who moved until found.
    false_per_day
        Alarms of stays that were none, per resident and day.
    false_per_night
        … of those that rang between 21:00 and 6:30, per resident and night.
    """

    seed: int
    residents: int
    days: int
    sensors: str
    found: Share
    after_minutes: Quantiles
    after_heard_minutes: Quantiles
    after_stirring_minutes: Quantiles
    false_per_day: Rate
    false_per_night: Rate
    seconds: float


def run(
    residents: int,
    days: int,
    *,
    seed: int = 1,
    sensors: Sensors = Sensors.RADAR,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `days` days with each of `residents` residents; return what was told."""
    began = time.monotonic()
    found: list[bool] = []
    after: list[float] = []
    heard: list[float] = []
    stirring: list[float] = []
    false, dark, counted = 0, 0, 0.0
    for number in range(residents):
        rng = np.random.default_rng((seed, number, 3))
        stays = list(_lived(rng, days))
        alarms = _alarms(stays, sensors, rng)
        since = LEARNING * DAY_S
        counted += max(0, days - LEARNING)
        used: set[int] = set()
        for stay in (s for s in stays if s.incident and s.start >= since):
            mine = [i for i, t in enumerate(alarms) if stay.start <= t <= stay.end]
            used.update(mine)
            found.append(bool(mine))
            if mine:
                minutes = (alarms[mine[0]] - stay.start) / 60.0
                after.append(minutes)
                heard += [minutes] if stay.thud else []
                stirring += [minutes] if stay.stirring else []
        wrong = [t for i, t in enumerate(alarms) if i not in used and t >= since]
        false, dark = false + len(wrong), dark + sum(at_night(t) for t in wrong)
        if progress is not None:
            progress(number + 1, residents)
    return Report(
        seed=seed,
        residents=residents,
        days=days,
        sensors=sensors.value,
        found=wilson(sum(found), len(found)),
        after_minutes=quantiles(after),
        after_heard_minutes=quantiles(heard),
        after_stirring_minutes=quantiles(stirring),
        false_per_day=poisson(false, counted),
        false_per_night=poisson(dark, counted),
        seconds=round(time.monotonic() - began, 1),
    )


def at_night(t: float) -> bool:
    """Return whether a second of any day lies in the night."""
    hour = t % DAY_S / 3600.0
    return hour >= NIGHT_H[0] or hour < NIGHT_H[1]


def _lived(rng: np.random.Generator, days: int) -> Iterator[Stay]:
    """Yield the stays of a resident in order, apart from each other."""
    median, between = USUAL_S
    usual = float(np.exp(rng.normal(np.log(median), between)))
    last = 0.0
    for day in range(days):
        count = int(rng.poisson(VISITS))
        kinds = ["toilet"] * count + ["shower"] * int(rng.poisson(SHOWERS))
        kinds += ["incident"] * int(rng.poisson(INCIDENTS))
        times = day * DAY_S + rng.uniform(0.0, DAY_S, len(kinds))
        shower = 3600.0 * rng.uniform(NIGHT_H[1], NIGHT_H[0], len(kinds)) + day * DAY_S
        times = np.where(np.array(kinds) == "shower", shower, times)
        for at, kind in sorted(zip(times.tolist(), kinds, strict=True)):
            start = max(at, last + 120.0)
            length = float(np.exp(rng.normal(np.log(usual), OWN)))
            if kind == "shower":
                length = float(rng.uniform(900.0, 2400.0))
            elif kind == "incident":
                length = HELP_S
            elif rng.random() < LONG[0]:
                length = float(rng.uniform(*LONG[1:]))
            last = start + max(30.0, length)
            yield Stay(
                start,
                last,
                incident=kind == "incident",
                carer=kind == "shower",
                thud=kind == "incident" and bool(rng.random() < THUD),
                stirring=kind == "incident" and bool(rng.random() < STIRRING),
            )


def _alarms(stays: Sequence[Stay], sensors: Sensors, rng: np.random.Generator) -> list[float]:
    """Return when it was told that somebody is not out, seconds."""
    wet = WetRoom(id="bath", sensors=["door", "inside", "pir"])
    bed = Bed(id="bed", subject="s-aaaa")
    judge = RoomSituations(Room(id=ROOM, beds=[bed], wet_rooms=[wet]), UTC)
    told: list[float] = []
    for one in _said(stays, sensors, rng):
        for change in judge.observe(one, one.t):
            if change.kind is Kind.NOT_OUT and change.step is SituationStep.CONFIRMED:
                told.append(change.t / 1e9)
    return told


def _said(
    stays: Sequence[Stay], sensors: Sensors, rng: np.random.Generator
) -> Iterator[AnyObservation]:
    """Yield what the sensors say, in order, and a tick each ten seconds while anybody is in."""
    for stay in stays:
        out: list[AnyObservation] = []
        moves = stay.start + 60.0 if stay.incident and not stay.stirring else stay.end
        often_s = STIRS_S if stay.stirring else 60.0
        for t in (stay.start, stay.end):
            if rng.random() < 0.95:  # a door left open tells nothing
                out += [
                    _seen(SensorKind.DOOR, t - 1.0, True),
                    _seen(SensorKind.DOOR, t + 1.0, False),
                ]
        if sensors is not Sensors.PIR:
            out += _radar(stay, rng)
        if sensors is not Sensors.RADAR:
            t = stay.start + float(rng.uniform(0.5, 3.0))
            while t < moves:
                out.append(_seen(SensorKind.PASSIVE_INFRARED, t, True))
                t += float(rng.exponential(often_s)) + 5.0
        if stay.carer and rng.random() < PRESSED:
            t = stay.start + 5.0
            out += [_seen(SensorKind.CARER, t, True), _seen(SensorKind.CARER, t + 0.5, False)]
        if stay.thud:
            t = round((stay.start + 60.0) * SECOND)
            out.append(SoundHeard(t=t, room=ROOM, source="mic", sound=SoundClass.THUD,
                                  probability=0.8))  # fmt: skip
        ticks = np.arange(stay.start, stay.end + 110.0, 10.0)
        out += [Tick(t=round(t * SECOND), room=ROOM, source="node") for t in ticks.tolist()]
        yield from sorted(out, key=lambda one: one.t)


def _radar(stay: Stay, rng: np.random.Generator) -> list[AnyObservation]:
    """Return what a radar says: on, lost now and then for some seconds, off."""
    out: list[AnyObservation] = [_seen(SensorKind.PRESENCE, stay.start + 1.0, True)]
    t = stay.start + 1.0
    while True:
        t += float(rng.exponential(1800.0)) + 20.0  # loses who sits still twice an hour
        if t > stay.end - 70.0:
            break
        out.append(_seen(SensorKind.PRESENCE, t, False))
        t += float(rng.uniform(5.0, 60.0))
        out.append(_seen(SensorKind.PRESENCE, t, True))
    return [*out, _seen(SensorKind.PRESENCE, stay.end + 5.0, False)]


def _seen(kind: SensorKind, t: float, on: bool) -> SensorSeen:
    names = {
        SensorKind.DOOR: "door",
        SensorKind.CARER: "button",
        SensorKind.PASSIVE_INFRARED: "pir",
    }
    ns = round(max(0.0, t) * SECOND)
    return SensorSeen(
        t=ns, received=ns, room=ROOM, source=names.get(kind, "inside"), kind=kind, on=on
    )
