"""How long something usually takes somebody: past values in, what is usual out.

Robust, so that one long evening in the bath teaches nothing: median and median absolute deviation
of at most `KEPT` values, of their logarithm where they are durations. Pure.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final

KEPT: Final = 60
LEAST: Final = 10
"""Fewer values say nothing of what is usual."""
MAD: Final = 1.4826
"""Of a normal distribution, standard deviation over median absolute deviation."""
SPREADS: Final = 4.0
"""So many spreads above the median is unusually long: one in 30,000 were it log-normal."""
LEAST_SPREAD: Final = 0.25
"""Of the logarithm: nobody is so regular."""


def kept(values: Sequence[float], new: float) -> list[float]:
    """Return the values with a new one, the oldest left out."""
    return [*values, round(new, 1)][-KEPT:]


def longest(durations: Sequence[float]) -> float | None:
    """Return beyond what a duration is unusual, in its unit; None while too few are known."""
    if len(durations) < LEAST:
        return None
    logs = [math.log(max(1.0, value)) for value in durations]
    middle, spread = robust(logs)
    return math.exp(middle + SPREADS * max(LEAST_SPREAD, spread))


def robust(values: Sequence[float]) -> tuple[float, float]:
    """Return median and spread (1.4826 times the median absolute deviation) of some values."""
    middle = statistics.median(values)
    return middle, MAD * statistics.median([abs(value - middle) for value in values])
