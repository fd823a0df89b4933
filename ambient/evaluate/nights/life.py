"""A night of one bedroom from its seed: who turns, sits up, gets up, comes back, looks in.

In: seed and number of the night. Out: a `Night`: what the simulated days need to show it (a `Day`
of which only the hours from 21:00 to 06:30 are lived in), and what is true of each bed. How often
each thing happens stands in `RATES`, an assumption, listed in docs/situations.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.days import life, stances, visits
from ambient.evaluate.days.diary import DAY_S, HOUR_S, Diary, Where, resident
from ambient.evaluate.days.people import LEVEL_BED, Role, Somebody
from ambient.evaluate.days.rooms import Knowledge, yaw_to
from ambient.evaluate.days.schedule import Day
from ambient.evaluate.nights.rooms import Bedroom, bedroom

UP_H: Final = 6.4
TO_BED_H: Final = 21.1
HOURS: Final = 9.5
"""A night of the watch, 21:00 to 06:30; a shorter one has the same rises and less sleep."""
EDGE_S: Final = (30.0, 0.8)
"""How long somebody sits on the edge before standing up: median, and spread of the logarithm."""
EDGE_LEAST_S, EDGE_MOST_S = 4.0, 300.0
RESTLESS: Final = 0.3
"""Share of sleepers who turn and kick several times as often."""
PRESSED: Final = 0.6
"""Share of visits of carers who press the button at the door."""
LONG: Final = 0.12
"""Share of trips that last longer than a quarter of an hour."""


class Kind(StrEnum):
    """Why somebody rises in bed."""

    OUT = "gets up"
    EDGE = "sits on the edge and lies down again"
    DRINKS = "sits up in bed to drink"
    HELPED = "is helped up by a carer"


RATES: Final = {Kind.OUT: 2.0, Kind.EDGE: 0.4, Kind.DRINKS: 1.0, Kind.HELPED: 0.3}
"""How often in a night of `HOURS`."""
CHECKS: Final = 1.5
"""How often a carer looks in, in a night."""


@dataclass(slots=True)
class Rise:
    """Somebody rises in bed; seconds of the day.

    Attributes
    ----------
    start
        The trunk begins to rise.
    edge
        Sits on the edge with the legs out; None in bed.
    stood
        The seat leaves the mattress; None when not.
    back
        Lies again; the end of what is known when not.
    """

    bed: str
    kind: Kind
    start: float
    edge: float | None = None
    stood: float | None = None
    back: float = DAY_S


@dataclass(frozen=True, slots=True)
class Visit:
    """A carer is in the room, with or without having pressed the button."""

    start: float
    end: float
    pressed: bool


@dataclass(frozen=True, slots=True)
class Night:
    """One night.

    Attributes
    ----------
    asleep
        By bed, spans of seconds in which somebody lies or sits in it.
    """

    day: Day
    room: Bedroom
    rises: tuple[Rise, ...]
    visits: tuple[Visit, ...]
    asleep: dict[str, tuple[tuple[float, float], ...]]
    restless: tuple[bool, ...]


@dataclass
class _Sleeper:
    """One resident's night in the making."""

    diary: Diary
    bed: str
    restless: bool
    rises: list[Rise] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    lain: list[tuple[float, float]] = field(default_factory=list)
    since: float = 0.0


def night(seed: int, number: int, hours: float = HOURS) -> Night:
    """Return a night; equal arguments give equal nights.

    Parameters
    ----------
    hours
        How much of it is lived in: from midnight on and up to midnight, in the same shares.
    """
    rng = np.random.default_rng((seed, number, 7))
    room = bedroom(rng)
    sleepers = []
    for bed, layout in zip(room.beds, room.layouts, strict=True):
        body = replace(resident(rng), wheels=False)
        one = Somebody(Role.RESIDENT, body, layout, 0.0, layout.edge.at, rng)
        diary = Diary(layout, rng, one, permitted=False, where=Where.EDGE)
        sleeper = _Sleeper(diary, bed, bool(rng.random() < RESTLESS))
        _sleep_through(sleeper, hours / HOURS)
        sleepers.append(sleeper)
    stays = [s for each in sleepers for s in (*each.diary.resident.stays, *each.diary.others)]
    day = Day(
        number=number,
        knowledge=Knowledge.ZONES,
        room=room.layouts[0],
        zones=room.zones,
        stays=tuple(s for s in stays if s.start < DAY_S),
        episodes=tuple(e for each in sleepers for e in each.diary.episodes),
        truths=(),
    )
    return Night(
        day=day,
        room=room,
        rises=tuple(
            sorted((r for each in sleepers for r in each.rises), key=lambda r: (r.start, r.bed))
        ),
        visits=tuple(sorted((v for s in sleepers for v in s.visits), key=lambda v: v.start)),
        asleep={each.bed: tuple(each.lain) for each in sleepers},
        restless=tuple(each.restless for each in sleepers),
    )


def _sleep_through(sleeper: _Sleeper, share: float) -> None:
    diary = sleeper.diary
    diary.to_bed()
    sleeper.since = diary.t
    first = UP_H / HOURS
    _hours(sleeper, UP_H * HOUR_S * share, first)
    _get_up(sleeper)
    evening = (24.0 - TO_BED_H - diary.uniform(0.0, 0.5)) * share
    diary.out(DAY_S - evening * HOUR_S)
    diary.to_bed()
    _lies(sleeper)
    _hours(sleeper, DAY_S - 1.0, 1.0 - first)
    _rises(sleeper, DAY_S)
    diary.resident.gone()


def _hours(sleeper: _Sleeper, until: float, share: float) -> None:
    """Live some hours in bed: a share of a night."""
    diary = sleeper.diary
    start = diary.t + 120.0
    doing: dict[Kind, Callable[[_Sleeper], None]] = {
        Kind.OUT: _to_the_toilet,
        Kind.EDGE: _edge,
        Kind.DRINKS: _drink,
        Kind.HELPED: _helped,
    }
    for t in diary.rng.uniform(start, max(start + 1.0, until - 200.0), diary.some(CHECKS * share)):
        before = len(diary.others)
        visits.check(diary, float(t))
        carer = diary.others[before]
        sleeper.visits.append(Visit(carer.start, carer.end, diary.chance(PRESSED)))
    happenings = [
        (float(t), kind)
        for kind, rate in RATES.items()
        for t in diary.rng.uniform(start, max(start + 1.0, until - 900.0), diary.some(rate * share))
    ]
    for t, kind in sorted(happenings):
        if t > until - 900.0 or diary.t > until - 900.0:
            break
        _sleep(sleeper, max(diary.t + 120.0, t))
        doing[kind](sleeper)
    _sleep(sleeper, max(diary.t + 120.0, until))


def _sleep(sleeper: _Sleeper, until: float) -> None:
    """Sleep; the restless turn, kick and lift the trunk many times as often."""
    diary = sleeper.diary
    one = diary.resident
    if not sleeper.restless:
        life.sleep(diary, until)
        return
    with diary.episode("sleeping badly"):
        while one.t < until - 30.0:
            quiet = min(until - 20.0, one.t + float(diary.rng.exponential(1200.0)))
            one.until(max(one.t + 1.0, quiet))
            for _ in range(int(diary.rng.integers(2, 7))):
                how = (*life.ASLEEP, stances.KNEES_UP)[int(diary.rng.integers(5))]
                one.lie(how, diary.uniform(0.7, 2.5))
                one.hold(diary.uniform(1, 25))
                if one.t > until - 12.0:
                    break
        one.until(until)


def _rises(sleeper: _Sleeper, t: float) -> None:
    if t > sleeper.since:  # else back in bed only after the day is over
        sleeper.lain.append((sleeper.since, t))


def _lies(sleeper: _Sleeper) -> None:
    sleeper.since = sleeper.diary.t
    if sleeper.rises:
        sleeper.rises[-1].back = sleeper.diary.t


def _sits_up(sleeper: _Sleeper, kind: Kind) -> Rise:
    """From lying to sitting on the edge, then so long as one sits there."""
    diary = sleeper.diary
    rise = Rise(sleeper.bed, kind, diary.t)
    sleeper.rises.append(rise)
    diary.to_edge()
    rise.edge = diary.t
    return rise


def _stays(diary: Diary) -> float:
    median, spread = EDGE_S
    drawn = float(np.exp(diary.rng.normal(np.log(median), spread)))
    return float(np.clip(drawn, EDGE_LEAST_S, EDGE_MOST_S))


def _get_up(sleeper: _Sleeper) -> Rise:
    diary = sleeper.diary
    rise = _sits_up(sleeper, Kind.OUT)
    diary.resident.linger(_stays(diary), 60.0)
    rise.stood = diary.t + 0.6 * diary.resident.body.pace
    _rises(sleeper, rise.stood)
    diary.up()
    return rise


def _to_the_toilet(sleeper: _Sleeper) -> None:
    diary = sleeper.diary
    _get_up(sleeper)
    away = diary.uniform(1100, 2600) if diary.chance(LONG) else diary.uniform(150, 700)
    diary.out(diary.t + away)
    diary.to_bed()
    _lies(sleeper)


def _edge(sleeper: _Sleeper) -> None:
    diary = sleeper.diary
    _sits_up(sleeper, Kind.EDGE)
    diary.resident.linger(diary.uniform(10, 120), 60.0)
    diary.to_bed()
    sleeper.rises[-1].back = diary.t


def _drink(sleeper: _Sleeper) -> None:
    """Sit up in bed, legs under the blanket, drink, lie down again."""
    diary = sleeper.diary
    one, room = diary.resident, diary.room
    sleeper.rises.append(Rise(sleeper.bed, Kind.DRINKS, diary.t))
    at = (room.bed[0] + 0.12 * room.head[0], room.bed[1] + 0.12 * room.head[1])
    upright = replace(stances.FLOOR_SIT, pose=replace(
        stances.FLOOR_SIT.pose, shoulder_r=(52.0, 10.0, 0.0), elbow_r=96.0,
    ))  # fmt: skip
    yaw = room.head_yaw
    one.to(upright, 2.0, at=at, yaw=yaw, level=LEVEL_BED, vary=4.0)
    one.linger(diary.uniform(15, 120), 120.0)
    one.lie(stances.ON_BACK, 2.0)
    sleeper.rises[-1].back = one.t


def _helped(sleeper: _Sleeper) -> None:
    """Let a carer come, help up, go with the resident and bring them back."""
    diary = sleeper.diary
    one, room = diary.resident, diary.room
    carer = diary.comes(Role.CARER, diary.t)
    start = carer.t
    carer.walk(room.beside, facing=yaw_to(room.beside, room.bed))
    carer.to(stances.LEAN, 1.0)
    one.until(carer.t)
    rise = _sits_up(sleeper, Kind.HELPED)
    carer.until(one.t)
    front = (room.edge.front[0] + 0.35 * room.head[0], room.edge.front[1] + 0.35 * room.head[1])
    carer.to(stances.STAND, 0.8)
    carer.walk(front, facing=yaw_to(front, room.edge.at))
    one.until(carer.t + diary.uniform(5, 40))
    rise.stood = one.t + 0.6 * one.body.pace
    _rises(sleeper, rise.stood)
    diary.up()
    carer.until(one.t)
    one.leave()
    diary.where = Where.OUT
    diary.goes(carer)
    sleeper.visits.append(Visit(start, max(carer.t, one.t), diary.chance(PRESSED)))
    diary.out(diary.t + diary.uniform(200, 600))
    carer = diary.comes(Role.CARER, diary.t)
    start = carer.t
    diary.to_bed()
    _lies(sleeper)
    carer.walk(room.beside, facing=yaw_to(room.beside, room.bed))
    carer.until(max(carer.t, diary.t + 5.0))
    diary.goes(carer)
    sleeper.visits.append(Visit(start, carer.t, diary.chance(PRESSED)))
