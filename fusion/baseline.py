"""A person's own baseline: where a number usually lies and how far it strays, learned over days.

Comes in: one value a day and time of day. Goes out: a robust location and spread that learn over
days and then drift slowly, and how far a new value lies from them. A few numbers per level,
whatever the time that has gone by. Pure.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Final

from msgspec import Struct

from ambient.observations import VoiceFeature

LEARN_DAYS: Final = 10
"""Days whose values are kept, for a median and a MAD; afterwards the level follows recursively."""

MEMORY_DAYS: Final = 60
"""A level drifts as if it were the mean of so many days."""

HUBER: Final = 2.0
"""In spreads: what lies further out teaches no more than this."""

_SLOPE: Final = 0.9545
"""Expectation of the derivative of Huber's function at `HUBER`, for normal values."""
_SQUARE: Final = 0.9205
"""Expectation of its square."""
_MAD: Final = 1.4826
_SMALL: Final = (1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107)
"""Factors that make a MAD of 2 to 9 values unbiased (Croux and Rousseeuw 1992, COMPSTAT)."""


class Level(Struct):
    """Where values lie: learned from the first days exactly, from then on recursively.

    Attributes
    ----------
    days
        Values learned.
    location, spread
        Median and scaled MAD at first; then Huber's joint estimate of location and scale (1964,
        proposal 2) as a stochastic approximation with a gain of at least 1 / `MEMORY_DAYS`.
    first
        The first values, while they are needed.
    """

    days: int = 0
    location: float = 0.0
    spread: float = 0.0
    first: list[float] = []

    @property
    def memory(self) -> int:
        """Days that the location stands for."""
        return min(self.days, MEMORY_DAYS)

    def learn(self, value: float, floor: float) -> None:
        """Take in the value of one more day; the spread never falls below `floor`."""
        self.days += 1
        if self.days <= LEARN_DAYS:
            self.first.append(value)
            self.location = median(self.first)
            self.spread = max(floor, _spread(self.first, self.location))
            if self.days == LEARN_DAYS:
                self.first = []
            return
        gain = 1.0 / self.memory
        pull = max(-HUBER, min(HUBER, (value - self.location) / self.spread))
        self.location += gain * self.spread * pull / _SLOPE
        growth = max(0.25, 1.0 + gain * (pull * pull / _SQUARE - 1.0))
        self.spread = max(floor, self.spread * math.sqrt(growth))

    def distance(self, value: float) -> float:
        """Return how many spreads `value` lies above the location.

        Widened by what the location itself may be wrong after few days.
        """
        return (value - self.location) / (self.spread * math.sqrt(1.0 + 1.0 / self.memory))


def _spread(values: list[float], location: float) -> float:
    n = len(values)
    small = _SMALL[n] if n < len(_SMALL) else n / (n - 0.8)
    return small * _MAD * median(abs(value - location) for value in values)


_LOGARITHMIC: Final = frozenset(
    {
        VoiceFeature.LOUDNESS,
        VoiceFeature.JITTER,
        VoiceFeature.SHIMMER,
        VoiceFeature.PAUSE_LENGTH,
    }
)
"""Positive and skewed: their logarithm strays evenly to both sides."""

FLOOR: Final = {
    VoiceFeature.F0_LEVEL: 0.22,
    VoiceFeature.F0_RANGE: 0.15,
    VoiceFeature.LOUDNESS: 0.055,
    VoiceFeature.SPECTRAL_SLOPE: 0.0018,
    VoiceFeature.ALPHA_RATIO: 0.36,
    VoiceFeature.JITTER: 0.055,
    VoiceFeature.SHIMMER: 0.03,
    VoiceFeature.HNR: 0.3,
    VoiceFeature.CPP: 0.15,
    VoiceFeature.SPEECH_RATE: 0.09,
    VoiceFeature.ARTICULATION_RATE: 0.075,
    VoiceFeature.PAUSE_RATIO: 0.012,
    VoiceFeature.PAUSE_LENGTH: 0.04,
}
"""Least spread of each feature on its own scale: below it a z-score would count noise of the
measurement itself, and the rounding of what leaves the audio process: the standard deviation that
rounding to a grain makes (grain / sqrt(12))."""


def on_scale(feature: VoiceFeature, value: float) -> float | None:
    """Return `value` on the scale on which it is compared; None when it is no number on it."""
    if not math.isfinite(value):
        return None
    if feature in _LOGARITHMIC:
        return math.log(value) if value > 0.0 else None
    return value
