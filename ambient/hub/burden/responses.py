"""Times to acknowledge and to resolve, only where they tell of nobody in particular; pure.

Comes in: facts and the period. Goes out: `Responses` with quantiles, or with the reason why there
are none: fewer than `LEAST_PERSONS` people, less than `LEAST_DAYS` days, or one person who gave
more than `MOST_OF_ONE` of the answers (then the quantiles would be theirs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.hub.burden.facts import NS, Fact
from ambient.hub.languages import mark

LEAST_PERSONS: Final = 5
LEAST_DAYS: Final = 28
MOST_OF_ONE: Final = 0.5
HOUR: Final = 3600 * NS
"""Days in which the clock goes on from 2:00 to 3:00 lack one."""


class Delay(Struct, frozen=True):
    """Seconds at the 50th and 90th percentile of `n`."""

    n: int
    p50_s: float | None
    p90_s: float | None


class Responses(Struct, frozen=True, kw_only=True):
    """How fast alarms were answered in one shift, or in all (None).

    Attributes
    ----------
    refused
        Why nothing is told, in English; then both delays are None.
    """

    shift: str | None
    acknowledged: Delay | None = None
    resolved: Delay | None = None
    refused: str | None = None


def responses(facts: Iterable[Fact], shift: str | None, first: int, last: int) -> Responses:
    """Return the response times of one shift or all, from `first` to `last` (ns)."""
    own = [f for f in facts if shift in (None, f.shift) and f.rang and not f.shadow]
    answered = [f for f in own if f.answered_s is not None]
    why = _why_not(answered, (last - first + HOUR) // (24 * HOUR))
    if why is not None:
        return Responses(shift=shift, refused=why)
    return Responses(
        shift=shift,
        acknowledged=_delay([f.answered_s for f in answered if f.answered_s is not None]),
        resolved=_delay([f.resolved_s for f in own if f.resolved_s is not None]),
    )


def _why_not(answered: Sequence[Fact], days: int) -> str | None:
    if days < LEAST_DAYS:
        return mark("fewer than 28 days: choose a longer period")
    people = Counter(f.answered_by for f in answered)
    if len(people) < LEAST_PERSONS:
        # How many there were would tell of them.
        return mark("fewer than 5 people answered")
    if max(people.values()) > MOST_OF_ONE * len(answered):
        return mark("more than half of the answers are of one person")
    return None


def _delay(seconds: Sequence[float]) -> Delay:
    if not seconds:
        return Delay(0, None, None)
    p50, p90 = np.percentile(seconds, [50, 90]).tolist()
    return Delay(len(seconds), round(p50, 1), round(p90, 1))
