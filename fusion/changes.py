"""Has the level of a daily value changed lately: the last days against all days before them.

Comes in: the values of recent days and a level that learned from older ones. Goes out: how telling
a change is, as a standard normal score, or nothing before there is enough to compare. Pure.

For each possible beginning among the recent days the mean since then is compared with everything
before it by a two-sample t statistic, and the caller takes the largest: the change-point model with
unknown parameters (Hawkins, Qiu and Kang 2003, J Qual Technol 35:355, section 3), limited to a
window (Lai 1995, J R Stat Soc B 57:613). The t statistics of different degrees of freedom are made
comparable by Wallace's normal approximation (1959, Ann Math Stat 30:1121). Two things are added:
days are not independent of each other, so a mean of days never counts as surer than `WANDER`
allows, and a spread from few days leans on one that is known beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from fusion.baseline import Level

LEAST_BEFORE: Final = 9
"""Days to compare with, at least."""

LEAST_SINCE: Final = 2
"""Days that deviate, at least: one day alone is no change."""

WANDER: Final = 0.1
"""Share of a day's variance that lasts for weeks in somebody who is well (assumed)."""

MOST: Final = 3.0
"""In spreads: a single day counts no more than this towards a change, however far it lies off."""

KNOWN_SPREAD: Final = 0.7
"""Spread of a marker from day to day that is expected beforehand: a mean of some z-scores that
go together in part."""

KNOWN_DAYS: Final = 5
"""Days that this expectation counts for."""


class Shift(Struct, frozen=True):
    """A possible change of one value.

    Attributes
    ----------
    score
        As a standard normal; its sign says the direction.
    size
        Difference of the means, in spreads from day to day.
    days, before
        Days since the change, and days compared with.
    """

    score: float
    size: float
    days: int
    before: int


def compare(level: Level, before: Sequence[float], since: Sequence[float]) -> Shift | None:
    """Compare the days since a possible change with all days before it.

    Parameters
    ----------
    level
        Learned from days before `before`; may be empty.

    Returns
    -------
    Shift or None
        None when less than `LEAST_BEFORE` or `LEAST_SINCE` days stand on either side.
    """
    known = float(level.memory)
    count = known + len(before)
    days = len(since)
    if count < LEAST_BEFORE or days < LEAST_SINCE:
        return None
    mean = (known * level.location + sum(before)) / count
    squares = known * (level.spread**2 + (level.location - mean) ** 2)
    squares += sum((value - mean) ** 2 for value in before) + KNOWN_DAYS * KNOWN_SPREAD**2
    spread = math.sqrt(squares / (count + KNOWN_DAYS))
    distances = [(value - mean) / spread for value in since]
    counted = sum(max(-MOST, min(MOST, distance)) for distance in distances) / days
    size = sum(distances) / days
    t = counted / math.sqrt(1.0 / days + 1.0 / count + WANDER)
    return Shift(_normal(t, count + KNOWN_DAYS - 1.0), size, days, int(count))


def together(scores: Sequence[float]) -> float:
    """Return one score for several values that may change together, in whatever directions.

    The sum of their sizes over the root of their number: of all patterns of signs the one that
    fits best, each value weighing the same. Its threshold is chosen by simulation.
    """
    return sum(abs(score) for score in scores) / math.sqrt(len(scores))


def _normal(t: float, freedom: float) -> float:
    """Return the standard normal score as rare as `t` with so many degrees of freedom."""
    score = math.sqrt(freedom * math.log1p(t * t / freedom))
    return math.copysign(score * (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0), t)
