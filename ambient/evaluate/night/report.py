"""Rings of many nights of a station, needed and needless, by kind: nights in, a report out.

Behind ``ambient evaluate night``. Each night is lived three times, with the measured rates at their
middle and at either end of their intervals. A ring is *needless* when no resident needed anybody:
false alarms of every sense, an edge of the bed that nothing came of, a carer's own help, technical
ones. What nobody has measured is left out and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.evaluate.night.life import NEEDLESS, What, night, residents
from ambient.evaluate.night.rates import Level, Table, carried
from ambient.evaluate.night.station import Board, Ring, played
from ambient.evaluate.night.telling import telling

RESIDENTS: Final = 30
CARERS: Final = 2
BAR: Final = 3.0
"""Needless rings a carer and night, at most."""
RESAMPLES: Final = 2000
CHOSEN: Final = frozenset({What.EDGE, What.HELPED})
"""Needless ones that are true: somebody who is watched for it did sit on the edge."""

FALLS: Final = "falls by camera (purposes: falls)"
SWITCHES: Final = {
    FALLS: (What.FALL_FALSE,),
    "edge of the bed (beds: watch: edge)": (What.EDGE, What.HELPED, What.EDGE_FALSE),
    "exit from bed (beds: watch: exit)": (What.EXIT_FALSE,),
    "wristbands (wearables)": (What.IMPACT_FALSE,),
    "sounds (purposes: sounds)": (What.SOUND_FALSE,),
    "wet rooms (wet_rooms)": (What.NOT_OUT_FALSE,),
}
"""What an installer can leave out, and the needless rings that go with it."""


class Mean(Struct, frozen=True):
    """Rings a night in the whole station.

    Attributes
    ----------
    low, high
        95 % of a bootstrap over nights, at these rates.
    least, most
        5th and 95th percentile of nights.
    """

    mean: float
    low: float
    high: float
    least: float
    most: float


class Nights(Struct, frozen=True):
    """All nights at one end of the rates.

    Attributes
    ----------
    needed, needless
        Rings a night in the whole station.
    of_nothing
        Needless ones without those of `CHOSEN`.
    a_carer
        Needless rings a carer, where each ring is answered by one of them.
    shown
        Alarms that were shown and did not ring.
    by_kind, by_cause
        Rings a night; by the alarm's kind needed and needless, by what they were about.
    wait_min
        Median minutes until a carer was there.
    meets
        Whether `a_carer` is at most `BAR`.
    """

    level: str
    needed: Mean
    needless: Mean
    of_nothing: Mean
    a_carer: Mean
    shown: float
    by_kind: dict[str, tuple[float, float]]
    by_cause: dict[str, float]
    wait_min: float
    meets: bool


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    costs
        Needless rings a night by what an installer can leave out, at the middle of the rates.
    off
        By level, what to leave out for the bar to be met, the costliest first; empty when it is
        met, or cannot be without leaving out falls.
    unmeasured
        Rates that the nights ran without, each with what is known of it.
    at_goal
        Needless rings a night that each of those would add if it were at its goal.
    """

    seed: int
    nights: int
    residents: int
    carers: int
    bar: float
    levels: dict[str, Nights]
    costs: dict[str, float]
    off: dict[str, list[str]]
    unmeasured: dict[str, str]
    at_goal: dict[str, float]


def run(
    nights: int,
    board: Callable[[], Board],
    *,
    seed: int = 1,
    count: int = RESIDENTS,
    carers: int = CARERS,
    table: Table | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `nights` nights at each end of the rates and return how often it rang.

    Parameters
    ----------
    board
        Makes the hub's rules anew for a night.
    seed
        Equal seeds give equal reports.
    count, carers
        Residents, each with a room, and who looks after them.
    table
        Of rates; the carried one when none is given.
    progress
        Called with (done, all) after each night.
    """
    table = table or carried()
    levels: dict[str, Nights] = {}
    done = 0
    for level in Level:
        rings: list[list[Ring]] = []
        shown = 0
        for number in range(nights):
            dice, errors, work = (np.random.default_rng((seed, number, i)) for i in range(3))
            people = residents(table, count, dice)
            happenings = night(table, level, people, dice, errors)
            told = telling(table, level, happenings, work)
            made = board()
            rings.append(
                played(table, made, told, happenings, carers=carers, rooms=count, dice=work)
            )
            shown += made.shown
            done += 1
            if progress is not None:
                progress(done, 3 * nights)
        levels[level.value] = summarise(level, rings, carers, shown / nights, seed)
    middle = levels[Level.MIDDLE.value]
    return Report(
        seed=seed,
        nights=nights,
        residents=count,
        carers=carers,
        bar=BAR,
        levels=levels,
        costs=costs(middle),
        off={name: fewest_off(each, carers) for name, each in levels.items()},
        unmeasured={name: table.rates[name].source for name in table.unmeasured},
        at_goal=at_goal(table, count),
    )


def summarise(
    level: Level, rings: Sequence[Sequence[Ring]], carers: int, shown: float, seed: int
) -> Nights:
    """Return the figures of the nights at one end of the rates; pure."""
    nights = len(rings)
    needed = [sum(one.of not in NEEDLESS for one in each) for each in rings]
    needless = [sum(one.of in NEEDLESS for one in each) for each in rings]
    nothing = [sum(one.of in NEEDLESS - CHOSEN for one in each) for each in rings]
    every = [one for each in rings for one in each]
    kinds = sorted({one.kind for one in every})
    waits = [one.waited_s for one in every if one.waited_s is not None]
    a_carer = mean_of([n / carers for n in needless], seed)
    return Nights(
        level=level.value,
        needed=mean_of(needed, seed),
        needless=mean_of(needless, seed),
        of_nothing=mean_of(nothing, seed),
        a_carer=a_carer,
        shown=round(shown, 3),
        by_kind={
            kind: (
                round(sum(o.kind == kind and o.of not in NEEDLESS for o in every) / nights, 3),
                round(sum(o.kind == kind and o.of in NEEDLESS for o in every) / nights, 3),
            )
            for kind in kinds
        },
        by_cause={
            what: round(count / nights, 3)
            for what, count in Counter(one.of.value for one in every).most_common()
        },
        wait_min=round(float(np.median(waits)) / 60.0, 2) if waits else 0.0,
        meets=a_carer.mean <= BAR,
    )


def costs(nights: Nights) -> dict[str, float]:
    """Return what each switch of a configuration costs: needless rings a night; pure."""
    return {
        switch: round(sum(nights.by_cause.get(what.value, 0.0) for what in causes), 3)
        for switch, causes in SWITCHES.items()
    }


def fewest_off(nights: Nights, carers: int) -> list[str]:
    """Return what to switch off for the bar to be met, the costliest first; pure.

    Falls are never switched off for it; empty when the bar is met, or cannot be.
    """
    left, off = nights.needless.mean, []
    choice = [(rings, switch) for switch, rings in costs(nights).items() if switch != FALLS]
    for rings, switch in sorted(choice, reverse=True):
        if left / carers <= BAR or rings == 0.0:
            break
        off.append(switch)
        left -= rings
    return off if left / carers <= BAR else []


def at_goal(table: Table, count: int) -> dict[str, float]:
    """Return what each rate without a figure would add a night if it were at its goal; pure."""
    found = {}
    for name in table.unmeasured:
        rate = table.rates[name]
        if rate.goal is not None:
            share = table.night_share(name)
            found[name] = round(rate.goal * share * count, 3)
    return found


def mean_of(counts: Sequence[float], seed: int) -> Mean:
    """Return the mean of nights with the interval of a bootstrap over them."""
    values = np.asarray(counts, np.float64)
    dice = np.random.default_rng(seed)
    drawn = dice.choice(values, (RESAMPLES, len(values))).mean(1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    least, most = np.percentile(values, (5, 95))
    return Mean(
        mean=round(float(values.mean()), 3),
        low=round(float(low), 3),
        high=round(float(high), 3),
        least=float(least),
        most=float(most),
    )
