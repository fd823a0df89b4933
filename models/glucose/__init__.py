"""Glucose in half an hour, from a sensor's last half hour: a small regression of our own.

Comes in: readings of a sensor up to now. Goes out: a normal distribution for 30 minutes ahead.
``weights.json`` is written by ``ambient train glucose``; what it learned from and how far it
carries stands in ``models/cards/glucose.md``. Pure: time is an argument.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from models.carried import carried, other_inputs

_COMMAND: Final = "ambient train glucose"
LOW: Final = 3.9
"""mmol/L; below is hypoglycaemia, level 1 (International Hypoglycaemia Study Group 2017)."""
MG_PER_MMOL: Final = 18.0156
"""mg/dL in a mmol/L, by a molar mass of 180.156 g/mol."""
AHEAD_S: Final = 1800.0
STEP_S: Final = 300.0
STEPS: Final = 7
"""Values looked at: now and each 5 minutes back to half an hour ago."""
HOLE_S: Final = 960.0
"""A longer hole between two readings is not bridged: three readings may be missing."""
SLACK_S: Final = 150.0
"""The oldest value may be so much younger than half an hour."""

INPUTS: Final = (
    "level above 6",
    *(f"change from {5 * (n + 1)} to {5 * n} min ago" for n in range(STEPS - 1)),
    "level beyond 7",
    "level short of 5",
    "change of 15 min by level",
    "rise of 15 min",
    "one",
)
SPREAD_INPUTS: Final = (
    "level above 6",
    "size of the change of 15 min",
    "size of the change of 5 min",
    "rise of 15 min",
    "spread of the half hour",
    "level short of 5",
    "one",
)
_LOG_SPREAD: Final = (-4.0, 3.0)

Reading = tuple[int, float]
"""When, nanoseconds, and mmol/L."""


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What ``ambient train glucose`` writes.

    Attributes
    ----------
    version
        Semantic version.
    inputs, spread_inputs
        Names, which must be `INPUTS` and `SPREAD_INPUTS`.
    change
        By input: makes the expected change over 30 minutes, mmol/L.
    log_spread
        By input of the spread: makes the logarithm of its standard deviation.
    threshold
        From this probability of a low value on it is warned.
    prior
        Share of low values among all that it learned from.
    """

    version: str
    inputs: list[str]
    spread_inputs: list[str]
    change: list[float]
    log_spread: list[float]
    threshold: float
    prior: float


class Forecast(Struct, frozen=True):
    """What is expected in 30 minutes: a normal distribution, mmol/L."""

    mean: float
    spread: float

    @property
    def low(self) -> float:
        """Probability of a value below `LOW`."""
        return 0.5 * math.erfc((self.mean - LOW) / (self.spread * math.sqrt(2.0)))

    def quantile(self, z: float) -> float:
        """Return the value `z` standard deviations above the mean: -1.28 is the lower tenth."""
        return self.mean + z * self.spread


def history(readings: Sequence[Reading]) -> list[float] | None:
    """Return the last half hour in steps of 5 minutes, the newest first.

    Parameters
    ----------
    readings
        In order of time; what lies between two is drawn as a line.

    Returns
    -------
    list of float, or None
        `STEPS` values, mmol/L; None when there is less than half an hour, or a hole in it.
    """
    if not readings:
        return None
    newest = readings[-1][0]
    oldest = newest - round((STEPS - 1) * STEP_S * 1e9)
    first = bisect.bisect_right(readings, oldest, key=lambda one: one[0]) - 1
    if first < 0:
        first = 0
        if readings[0][0] - oldest > SLACK_S * 1e9:
            return None
    used = readings[first:]
    hole = HOLE_S * 1e9
    if any(b[0] - a[0] > hole for a, b in pairwise(used)):
        return None
    values = []
    at = len(used) - 1
    for step in range(STEPS):
        t = newest - round(step * STEP_S * 1e9)
        while at > 0 and used[at][0] > t:
            at -= 1
        values.append(_between(used[at], used[min(at + 1, len(used) - 1)], t))
    return values


def _between(before: Reading, after: Reading, t: int) -> float:
    if after[0] <= before[0] or t <= before[0]:
        return before[1]
    share = min(1.0, (t - before[0]) / (after[0] - before[0]))
    return before[1] + share * (after[1] - before[1])


def inputs(values: Sequence[float]) -> list[float]:
    """Return the inputs of the mean, from what `history` gave; in the order of `INPUTS`."""
    now, slope = values[0], values[0] - values[3]
    return [
        now - 6.0,
        *(values[n] - values[n + 1] for n in range(STEPS - 1)),
        max(0.0, now - 7.0),
        max(0.0, 5.0 - now),
        slope * (now - 6.0),
        max(0.0, slope),
        1.0,
    ]


def spread_inputs(values: Sequence[float]) -> list[float]:
    """Return the inputs of the spread, in the order of `SPREAD_INPUTS`."""
    now, slope = values[0], values[0] - values[3]
    mean = sum(values) / len(values)
    return [
        now - 6.0,
        abs(slope),
        abs(values[0] - values[1]),
        max(0.0, slope),
        math.sqrt(sum((one - mean) ** 2 for one in values) / len(values)),
        max(0.0, 5.0 - now),
        1.0,
    ]


def forecast(weights: Weights, values: Sequence[float]) -> Forecast:
    """Return what is expected 30 minutes after the newest of `values` (see `history`)."""
    mean = values[0] + _dot(weights.change, inputs(values))
    low, high = _LOG_SPREAD
    return Forecast(
        mean=mean,
        spread=math.exp(min(high, max(low, _dot(weights.log_spread, spread_inputs(values))))),
    )


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def load() -> Weights:
    """Return the weights that this version of Ambient carries.

    Raises
    ------
    ModelError
        They are missing, damaged, or of other inputs than this code computes.
    """
    found = carried(__name__, Weights, model="the glucose forecast", command=_COMMAND)
    if (tuple(found.inputs), tuple(found.spread_inputs)) != (INPUTS, SPREAD_INPUTS):
        raise other_inputs(
            __name__,
            f"{len(INPUTS)} and {len(SPREAD_INPUTS)}",
            f"{len(found.inputs)} and {len(found.spread_inputs)}",
            _COMMAND,
        )
    return found
