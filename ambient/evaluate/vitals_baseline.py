"""Rises over the own usual of vital signs measured on simulated residents: false chains, and found.

Behind ``ambient evaluate vitals-baseline``. There is no recording of a resident over months, so
residents are simulated: each marker has a level in each part of the day, days that drift and hang
together, parts of days with heavy tails, and a fifth of them not measured. Half of the residents
stay as they are and give the rate of false chains; in the other half each marker in turn gets worse
for some days, by so many of the person's own spreads. The judge is the one of the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate.statistics import Rate, Share, poisson, wilson
from ambient.events import Marker, SituationStep
from fusion.hours import TimeOfDay
from fusion.vitals_baseline import DOWN, RULES, BaselineJudge
from fusion.vitals_summary import Figure

HOUR: Final = 3_600_000_000_000
PARTS: Final = (
    (TimeOfDay.MORNING, 5),
    (TimeOfDay.DAY, 6),
    (TimeOfDay.EVENING, 5),
    (TimeOfDay.NIGHT, 8),
)
"""Parts of a day and their hours."""
MISSING: Final = 0.2
"""Of the parts of days are not measured."""
DAYS_SHARE: Final = 0.6
"""Of the spread belongs to the whole day, the rest to its part."""
HANGS: Final = 0.5
"""How days hang together: correlation of one with the next."""
TAILS: Final = 5
"""Degrees of freedom of the part of a day (Student): one in 300 lies beyond 4 standard deviations
where of a normal distribution one in 16,000 does."""
USUAL: Final = {
    Marker.HEART_RATE: (72.0, 5.0),
    Marker.RESPIRATORY_RATE: (16.0, 1.6),
    Marker.OXYGEN_SATURATION: (95.5, 1.2),
    Marker.BODY_TEMPERATURE: (36.5, 0.25),
    Marker.SYSTOLIC_PRESSURE: (132.0, 11.0),
}
"""Level and spread of a resident; assumptions."""
BEFORE: Final = 30
"""Days that a resident is known before anything gets worse."""
WORSE_DAYS: Final = 5


class Found(Struct, frozen=True):
    """What of a worsening of one size was found.

    Attributes
    ----------
    spreads
        How far, in the person's own spreads.
    found, confirmed
        Share of worsenings in which a chain began, or was confirmed, within `WORSE_DAYS`.
    after_h
        Median hours to the chain's beginning, where there was one.
    """

    spreads: float
    found: Share
    confirmed: Share
    after_h: float | None


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    false_per_100_days
        Chains that begin in residents who stay as they are, by 100 days of a resident.
    confirmed_per_100_days
        Those of them that are confirmed.
    worse
        By size.
    """

    residents: int
    days: int
    false_per_100_days: Rate
    confirmed_per_100_days: Rate
    worse: list[Found]


def run(
    *,
    residents: int = 200,
    days: int = 180,
    sizes: tuple[float, ...] = (3.0, 4.0, 5.0, 6.0),
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Simulate and measure.

    Raises
    ------
    UsageError
        When there is less than a resident, or days that the baseline needs to learn.
    """
    if residents < 1 or days <= BEFORE:
        raise UsageError(
            f"expected a resident and more than {BEFORE} days, got {residents} and {days}"
        )
    begun = confirmed = 0
    everything = residents * (1 + len(sizes))
    for number in range(residents):
        steps = _live(np.random.default_rng([seed, number]), days, None, 0.0)
        begun += sum(step is SituationStep.SUSPECTED for _, _, step in steps)
        confirmed += sum(step is SituationStep.CONFIRMED for _, _, step in steps)
        if progress is not None:
            progress(number + 1, everything)
    worse = []
    for at, size in enumerate(sizes):
        worse.append(_worse(size, residents, seed))
        if progress is not None:
            progress(residents * (at + 2), everything)
    exposure = residents * days / 100.0
    return Report(
        residents=residents,
        days=days,
        false_per_100_days=poisson(begun, exposure),
        confirmed_per_100_days=poisson(confirmed, exposure),
        worse=worse,
    )


def _worse(size: float, residents: int, seed: int) -> Found:
    hours: list[float] = []
    confirmed = 0
    markers = list(RULES)
    for number in range(residents):
        marker = markers[number % len(markers)]
        rng = np.random.default_rng([seed, 7, number])
        steps = _live(rng, BEFORE + WORSE_DAYS, marker, size)
        own = [(h, step) for h, of, step in steps if of is marker and h >= 24 * BEFORE]
        first = next((h for h, step in own if step is SituationStep.SUSPECTED), None)
        if first is not None:
            hours.append(first - 24 * BEFORE)
        confirmed += any(step is SituationStep.CONFIRMED for _, step in own)
    return Found(
        spreads=size,
        found=wilson(len(hours), residents),
        confirmed=wilson(confirmed, residents),
        after_h=float(np.median(hours)) if hours else None,
    )


def _live(
    rng: np.random.Generator, days: int, worse: Marker | None, size: float
) -> list[tuple[int, Marker, SituationStep]]:
    """Return the steps that a resident's days give: hours since the first, marker and step."""
    judge = BaselineJudge("s-0001")
    shape = (days, len(PARTS))
    values = {}
    for marker, (level, spread) in USUAL.items():
        offsets = rng.normal(0.0, spread, len(PARTS)) + level
        noise = rng.standard_t(TAILS, shape) * np.sqrt((TAILS - 2) / TAILS)
        whole = np.empty(days)
        whole[0] = rng.normal()
        steps = rng.normal(0.0, np.sqrt(1 - HANGS**2), days)
        for day in range(1, days):
            whole[day] = HANGS * whole[day - 1] + steps[day]
        mixed = DAYS_SHARE * whole[:, None] + np.sqrt(1 - DAYS_SHARE**2) * noise
        of = offsets + spread * mixed
        if marker is worse:
            of[BEFORE:] += size * spread * (-1.0 if RULES[marker].grave == DOWN else 1.0)
        of[rng.random(shape) < MISSING] = np.nan
        values[marker] = of.tolist()
    out: list[tuple[int, Marker, SituationStep]] = []
    hour = 0
    for day in range(days):
        for at, (part, length) in enumerate(PARTS):
            measured = [
                ("w1", Figure(marker, of[day][at], 3600.0))
                for marker, of in values.items()
                if of[day][at] == of[day][at]
            ]
            judge.hour(hour * HOUR, measured)
            hour += length
            out += [(hour, one.marker, one.change.step) for one in judge.close(part, hour * HOUR)]
    return out
