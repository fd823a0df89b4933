"""How a room's calls for help go usually: calls in, and how one departs from that out.

A resident who calls all night is measured against the own rate. Learned, with a half-life of
three days: how often somebody calls, how loud, and what other sounds come with it; and for four
weeks the most calls of one hour of each day, and how long calling went on. A call of somebody who
calls often departs when there are more in an hour than ever in those weeks and than that rate
explains, when it is louder, when a kind of sound comes with it that usually does not, or when it
goes on far longer than ever: whom nobody helps calls on. Each of these is asked so strictly that,
while nothing changes, it comes about once in `FALSE_DAYS` days. Where calls are few, or known for
too short a time, nothing is held against the own rate. Pure, and kept over a restart.

Calls are taken to come as a Poisson process of which the rate is not known exactly (a gamma
distribution), so how many come within an hour follows a negative binomial; levels in dB to be
normal, so a new one follows Student's t (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6 and
3.2).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ambient.observations import SoundClass
from fusion.hours import HOUR

HALF_LIFE_H: Final = 72.0
PRIOR_CALLS: Final = 0.05
PRIOR_HOURS: Final = 24.0
"""What is believed of a room of which nothing is known: a call in twenty days."""
OFTEN_A_DAY: Final = 4.0
"""Somebody calls often from so many calls a day on …"""
LEAST_HOURS: Final = 38.0
"""… over so many hours, weighted by age, at least: that is two days, which always ring."""
FALSE_DAYS: Final = 60.0
KEPT_DAYS: Final = 28
DAY: Final = 24 * HOUR
SPREAD_DB: Final = 3.0
"""Calls are not taken to be more alike in level than this."""
PRIOR_BESIDE: Final = 0.02
"""Share of calls that any other sound is believed to come with, weighed as one call."""
MOST_LLR: Final = 4.0
LONG_S: Final = 300.0
LONGER: Final = 1.5
"""Calling that goes on for `LONG_S` departs, unless in `KEPT_DAYS` days it went on for so long, or
for more than one part in `LONGER` of it. Both are stated beliefs."""


class OwnCalls(Struct):
    """What is known of a room; survives a restart.

    Attributes
    ----------
    calls, hours
        Weighted with age.
    t
        When that was, ns.
    level, squares
        Mean level of calls, dBFS, and the weighted sum of squared deviations from it.
    beside
        By kind of sound, the weighted calls that it came with.
    recent
        `t` of calls of the last hour.
    most
        By day (number since the epoch), the most calls within an hour.
    longest
        By day, how long calling went on at most, s.
    """

    calls: float = 0.0
    hours: float = 0.0
    t: int | None = None
    level: float = 0.0
    squares: float = 0.0
    beside: dict[SoundClass, float] = {}
    recent: list[int] = []
    most: dict[int, int] = {}
    longest: dict[int, float] = {}


def passed(own: OwnCalls, t: int) -> OwnCalls:
    """Return what is known after time without a call."""
    if own.t is not None and t <= own.t:
        return own
    hours = 0.0 if own.t is None else (t - own.t) / HOUR
    keep = 0.5 ** (hours / HALF_LIFE_H)
    # The integral of the weights over the time that passed.
    added = (1.0 - keep) * HALF_LIFE_H / math.log(2.0)
    return replace(
        own,
        calls=own.calls * keep,
        hours=own.hours * keep + added,
        t=t,
        squares=own.squares * keep,
        beside={kind: weight * keep for kind, weight in own.beside.items()},
        recent=[at for at in own.recent if t - at < HOUR],
        most={day: most for day, most in own.most.items() if t // DAY - day < KEPT_DAYS},
        longest={day: s for day, s in own.longest.items() if t // DAY - day < KEPT_DAYS},
    )


def called(own: OwnCalls, t: int, level: float) -> OwnCalls:
    """Return what is known after a call at `t`."""
    own = passed(own, t)
    calls = own.calls + 1.0
    away = level - own.level
    recent = [*own.recent, t][-100:]
    day = t // DAY
    return replace(
        own,
        calls=calls,
        level=own.level + away / calls,
        squares=own.squares + away * away * own.calls / calls,
        recent=recent,
        most={**own.most, day: max(len(recent), own.most.get(day, 0))},
    )


def came_with(own: OwnCalls, kinds: Collection[SoundClass]) -> OwnCalls:
    """Return what is known after other kinds of sound came with a call."""
    beside = dict(own.beside)
    for kind in kinds:
        beside[kind] = beside.get(kind, 0.0) + 1.0
    return replace(own, beside=beside)


def went_on(own: OwnCalls, t: int, seconds: float) -> OwnCalls:
    """Return what is known after calling that ended at `t` and went on for so long."""
    own = passed(own, t)
    day = t // DAY
    return replace(own, longest={**own.longest, day: max(seconds, own.longest.get(day, 0.0))})


def departure_long(own: OwnCalls, t: int, seconds: float) -> float | None:
    """Return by how much it departs that calling goes on for so long; as `departure`.

    It is the natural logarithm of how many times longer it is than what departs; None too while it
    has not gone on for `LONG_S`.
    """
    own = passed(own, t)
    if often(own) is None or seconds < LONG_S:
        return None
    usual = max(own.longest.values(), default=0.0)
    return min(MOST_LLR, math.log(seconds / max(LONG_S, LONGER * usual)))


def departure(own: OwnCalls, t: int, level: float, beside: Collection[SoundClass]) -> float | None:
    """Return by how much a call departs from the own ones: from 0 on it does, below it is usual.

    Parameters
    ----------
    own
        What is known without this call.
    level
        Of the call, dBFS.
    beside
        Kinds of sound that came with it.

    Returns
    -------
    float | None
        Natural logarithm of how many times rarer such a call is than once in `FALSE_DAYS` days,
        within `MOST_LLR` of 0; None where nobody is known to call often.
    """
    own = passed(own, t)
    a_day = often(own)
    if a_day is None:
        return None
    rarest = min([_as_many(own), _as_loud(own, level), *(_beside(own, kind) for kind in beside)])
    return _weighed(a_day * rarest)


def departure_beside(own: OwnCalls, t: int, kind: SoundClass) -> float | None:
    """Return by how much it departs that this kind of sound comes with a call; as `departure`."""
    own = passed(own, t)
    a_day = often(own)
    return None if a_day is None else _weighed(a_day * _beside(own, kind))


def often(own: OwnCalls) -> float | None:
    """Return the calls a day of somebody who is known to call often; None of anybody else."""
    if own.hours < LEAST_HOURS:
        return None
    a_day = own.calls / own.hours * 24.0
    return a_day if a_day >= OFTEN_A_DAY else None


def _weighed(a_day: float) -> float:
    """Return the departure of what comes so many times a day."""
    return max(-MOST_LLR, min(MOST_LLR, -math.log(max(a_day * FALSE_DAYS, 1e-9))))


def _as_many(own: OwnCalls) -> float:
    """Return how probable as many other calls within the hour are; 1 if there were already."""
    others = len(own.recent)
    if others + 1 <= max(own.most.values(), default=0):
        return 1.0
    calls, hours = own.calls + PRIOR_CALLS, own.hours + PRIOR_HOURS
    # One less what is below, term by term; each follows from the one before.
    chance = (hours / (hours + 1.0)) ** calls
    fewer = 0.0
    for number in range(others):
        fewer += chance
        chance *= (calls + number) / (number + 1) / (hours + 1.0)
    return max(0.0, 1.0 - fewer)


def _as_loud(own: OwnCalls, level: float) -> float:
    """Return how probable a call as loud is."""
    free = own.calls - 1.0
    if free < 2.0:
        return 1.0
    spread = max(SPREAD_DB, math.sqrt(own.squares / free)) * math.sqrt(1.0 + 1.0 / own.calls)
    apart = (level - own.level) / spread
    # As of a normal deviate (Wallace 1959), within a few per cent of Student's t.
    deviate = math.sqrt(free * math.log1p(apart * apart / free)) * (8 * free + 1) / (8 * free + 3)
    return 0.5 * math.erfc(math.copysign(deviate, apart) / math.sqrt(2.0))


def _beside(own: OwnCalls, kind: SoundClass) -> float:
    """Return how probable it is that this kind of sound comes with a call."""
    return (own.beside.get(kind, 0.0) + PRIOR_BESIDE) / (own.calls + 1.0)
