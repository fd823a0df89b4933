"""Days of one resident: a seed in, what is done from minute to minute and what goes wrong out.

The resident sleeps, goes to the toilet at night, sits, naps, walks about and is out for meals. Now
and then something is the matter: an `Incident`, far oftener than in life, so that a few hundred
days hold enough of them. All rates are assumptions and are listed in docs/situations.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

DAY_S: Final = 86_400.0
HOUR_S: Final = 3600.0
UP_S, BED_S = 6.75 * HOUR_S, 21.5 * HOUR_S
"""About when a resident gets up and goes to bed."""
MEALS_S: Final = (8.0 * HOUR_S, 12.0 * HOUR_S, 17.5 * HOUR_S)


class Doing(StrEnum):
    """What somebody does."""

    SLEEPS = "sleeps"
    SITS = "sits"
    NAPS = "naps in the chair"
    WALKS = "walks about"
    OUT = "is out of the room"


class Matter(StrEnum):
    """What can be the matter."""

    RESTLESS = "restless in bed"
    STILL = "does not move"
    INACTIVE = "inactive"
    WANDERS = "wanders"
    AGITATED = "agitated"


OFTEN: Final = {
    Matter.RESTLESS: 0.12,
    Matter.STILL: 0.08,
    Matter.INACTIVE: 0.06,
    Matter.WANDERS: 0.08,
    Matter.AGITATED: 0.08,
}
"""Times a day; far more than happen."""
MOVES_H: Final = {Doing.SLEEPS: 3.0, Doing.SITS: 30.0, Doing.NAPS: 4.0}
"""Movements an hour, median of residents."""
BETWEEN: Final = 0.4
"""Spread of the logarithm of rates between residents, and of their days."""
WEARY: Final = 0.3
"""Share of the usual movement that is left on an inactive day."""
TRIPS: Final = 2.0
"""To the toilet, a night: mean of residents, who differ (gamma, shape 2)."""
NAP: Final = 0.6


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a day, seconds from the first midnight; `moves` an hour."""

    start: float
    end: float
    doing: Doing
    moves: float = 0.0
    in_bed: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """Something is the matter from `start` to `end`."""

    matter: Matter
    start: float
    end: float


@dataclass(frozen=True)
class Lived:
    """All days of a resident.

    Attributes
    ----------
    moans_h, coughs_h
        Own usual sounds an hour.
    wears
        Whether a wristband measures the heart rate.
    colds, gymnastics, films
        Spans of seconds: much coughing; arms that swing; a film in which somebody screams.
    """

    stretches: list[Stretch]
    incidents: list[Incident]
    moans_h: float
    coughs_h: float
    pulse: float
    wears: bool
    colds: list[tuple[float, float]]
    gymnastics: list[tuple[float, float]]
    films: list[tuple[float, float]]


def lived(seed: int, number: int, days: int) -> Lived:
    """Return the days of a resident; equal arguments give equal days."""
    rng = np.random.default_rng((seed, number, 21))
    own = {doing: rate * _spread(rng) for doing, rate in MOVES_H.items()}
    trips = float(rng.gamma(2.0, TRIPS / 2.0))
    found = Lived(
        stretches=[],
        incidents=[],
        moans_h=float(rng.gamma(1.0, 0.3)),
        coughs_h=float(rng.gamma(1.0, 1.5)),
        pulse=float(rng.normal(72.0, 8.0)),
        wears=bool(rng.random() < 1 / 3),
        colds=[],
        gymnastics=[],
        films=[],
    )
    for day in range(days):
        _day(found, day * DAY_S, own, trips, rng)
    return found


def _day(
    found: Lived, midnight: float, own: dict[Doing, float], trips: float, rng: np.random.Generator
) -> None:
    happen = {matter: bool(rng.random() < often) for matter, often in OFTEN.items()}
    factor = _spread(rng)
    up = midnight + UP_S + float(rng.normal(0.0, 900.0))
    bed = midnight + BED_S + float(rng.normal(0.0, 900.0))
    if happen[Matter.INACTIVE]:
        factor *= WEARY
        found.incidents.append(Incident(Matter.INACTIVE, midnight + 8 * HOUR_S, bed))
    _night(found, midnight, up, own[Doing.SLEEPS], trips, happen, rng)
    still = midnight + float(rng.uniform(9.5, 15.0)) * HOUR_S if happen[Matter.STILL] else None
    lain = _daylight(found, up, bed, own, factor, still, rng)
    found.stretches.append(
        Stretch(lain, midnight + DAY_S, Doing.SLEEPS, own[Doing.SLEEPS], in_bed=True)
    )
    if happen[Matter.AGITATED]:
        start = midnight + float(rng.uniform(0.0, 23.0)) * HOUR_S
        end = start + float(rng.uniform(600.0, 1800.0))
        found.incidents.append(Incident(Matter.AGITATED, start, end))
    for spans, often, lasts in (
        (found.colds, 0.05, 14 * HOUR_S),
        (found.gymnastics, 0.3, 1200.0),
        (found.films, 0.2, 600.0),
    ):
        if rng.random() < often:
            start = midnight + float(rng.uniform(8.0, 20.0)) * HOUR_S
            spans.append((start, start + lasts))


def _night(
    found: Lived,
    midnight: float,
    up: float,
    moves: float,
    trips: float,
    happen: dict[Matter, bool],
    rng: np.random.Generator,
) -> None:
    """Live from midnight until getting up."""
    walks: list[tuple[float, float]] = []
    for t in rng.uniform(midnight + 600.0, up - 1800.0, int(rng.poisson(trips))):
        # To the wet room and back: two short ways with a stay between them.
        stay = float(rng.uniform(150.0, 500.0))
        walks += [
            (float(t), float(t) + float(rng.uniform(15.0, 45.0))),
            (float(t) + stay, float(t) + stay + float(rng.uniform(15.0, 45.0))),
        ]
    if happen[Matter.WANDERS]:
        t = midnight + float(rng.uniform(0.3, 3.0)) * HOUR_S
        end = t + float(rng.uniform(2400.0, 7200.0))
        found.incidents.append(Incident(Matter.WANDERS, t, end))
        while t < end:
            walked = float(rng.uniform(60.0, 360.0))
            walks.append((t, t + walked))
            t += walked + float(rng.uniform(120.0, 480.0))
    t = midnight
    for start, end in _apart(walks):
        if start > t:
            found.stretches.append(Stretch(t, start, Doing.SLEEPS, moves, in_bed=True))
        found.stretches.append(Stretch(max(t, start), end, Doing.WALKS))
        t = end
    found.stretches.append(Stretch(t, up, Doing.SLEEPS, moves, in_bed=True))
    if happen[Matter.RESTLESS]:
        start = midnight + float(rng.uniform(0.5, 4.0)) * HOUR_S
        end = start + float(rng.uniform(1800.0, 5400.0))
        found.incidents.append(Incident(Matter.RESTLESS, start, end))


def _daylight(
    found: Lived,
    up: float,
    bed: float,
    own: dict[Doing, float],
    factor: float,
    still: float | None,
    rng: np.random.Generator,
) -> float:
    """Live from getting up until going to bed; motionless for three hours from `still` on.

    Returns
    -------
    float
        When the resident lies in bed.
    """
    midnight = up - up % DAY_S
    meals = [midnight + at + float(rng.normal(0.0, 300.0)) for at in MEALS_S]
    t = up
    nap_done = rng.random() >= NAP
    while t < bed - 60.0:
        if still is not None and t >= still:
            end = t + 3 * HOUR_S
            found.stretches.append(Stretch(t, end, Doing.SITS, 0.0))
            found.incidents.append(Incident(Matter.STILL, t, end))
            t, still = end, None
            continue
        meal = next((at for at in meals if at > t), bed)
        due = min(meal, bed, still or bed)
        if meal < bed and meal - t < 120.0:
            doing, lasts = Doing.OUT, float(rng.uniform(1800.0, 3600.0))
        elif not nap_done and t - midnight > 12.6 * HOUR_S:
            doing, lasts, nap_done = Doing.NAPS, float(rng.uniform(1800.0, 5400.0)), True
        elif rng.random() < 0.35:
            doing, lasts = Doing.WALKS, float(rng.uniform(20.0, 240.0)) * factor
        else:
            doing, lasts = Doing.SITS, float(rng.exponential(1500.0)) + 60.0
        if doing is not Doing.OUT:
            lasts = min(lasts, max(30.0, due - t - 1.0))
        moves = own.get(doing, 0.0) * (factor if doing is Doing.SITS else 1.0)
        found.stretches.append(Stretch(t, t + lasts, doing, moves))
        t += lasts
    return t


def _apart(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans in order, those that overlap joined."""
    out: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((start, end))
    return out


def _spread(rng: np.random.Generator) -> float:
    return float(np.exp(rng.normal(0.0, BETWEEN)))
