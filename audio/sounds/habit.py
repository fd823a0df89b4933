"""How often somebody calls in this room: calls and times in, how surprising one is out.

A resident who calls all night is measured against the own rate. The rate is learned with a
half-life of three days; a call is as surprising as it is rare that so many come within an hour
under that rate (Poisson). A room of which nothing is known takes each call at its word. Pure, and
its memory is a struct that can be kept.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

from msgspec import Meta, Struct
from scipy.stats import poisson

HALF_LIFE_H: Final = 72.0
PRIOR_CALLS: Final = 0.05
PRIOR_HOURS: Final = 24.0
"""What is believed of a room of which nothing is known: a call in twenty days."""
USUAL: Final = 0.05
"""A call less surprising than this loses as much in its log-odds as it is less surprising."""
HOUR_S: Final = 3600.0


class Habit(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a room.

    Attributes
    ----------
    calls, hours
        Weighted with age.
    at_s
        When that was, seconds of the stream's event time.
    recent_s
        Calls of the last hour.
    """

    calls: Annotated[float, Meta(ge=0)] = 0.0
    hours: Annotated[float, Meta(ge=0)] = 0.0
    at_s: float = 0.0
    recent_s: tuple[float, ...] = ()


def passed(habit: Habit, now_s: float) -> Habit:
    """Return the habit after time without a call."""
    hours = max(0.0, now_s - habit.at_s) / HOUR_S
    keep = 0.5 ** (hours / HALF_LIFE_H)
    # The integral of the weights over the time that passed.
    added = (1.0 - keep) * HALF_LIFE_H / math.log(2.0)
    recent = tuple(t for t in habit.recent_s if now_s - t < HOUR_S)
    return Habit(habit.calls * keep, habit.hours * keep + added, now_s, recent)


def called(habit: Habit, now_s: float) -> tuple[Habit, float]:
    """Return the habit after a call, and by how much the call's log-odds change (0 or less)."""
    before = passed(habit, now_s)
    rate = (before.calls + PRIOR_CALLS) / (before.hours + PRIOR_HOURS)
    recent = (*before.recent_s, now_s)[-100:]
    # Calls of this hour are in the rate already; without them it would be none.
    surprise = float(poisson.sf(len(recent) - 1, rate))
    change = -math.log(max(1.0, surprise / USUAL))
    return Habit(before.calls + 1.0, before.hours, now_s, recent), change
