"""Proportions and rates of counted things with their 95 % intervals; no package is needed for it.

In: counts. Out: `Share`, `Rate`. Pure. What is measured on recordings
(`ambient.evaluate.statistics`) and what a hub reports of its alarms use the same.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from msgspec import Struct

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
_TINY: Final = 1e-300
_CLOSE: Final = 1e-15
_HALVINGS: Final = 200


class Share(Struct, frozen=True):
    """A proportion with its intervals (95 %).

    Attributes
    ----------
    k, n, share
        Count, of how many, and their ratio.
    low, high
        Wilson score interval.
    resampled_low, resampled_high
        Percentile interval of a bootstrap over people (over recordings where nobody is named):
        recordings of one person are not independent of each other. None when not asked for.
    """

    k: int
    n: int
    share: float | None
    low: float | None
    high: float | None
    resampled_low: float | None = None
    resampled_high: float | None = None


class Rate(Struct, frozen=True):
    """Events over an exposure, with the exact Poisson interval (95 %).

    Attributes
    ----------
    count
        Events.
    exposure
        Hours, or days; whichever the field's name says.
    rate, low, high
        Events per unit of exposure; None without any exposure.
    """

    count: int
    exposure: float
    rate: float | None
    low: float | None
    high: float | None


def wilson(k: int, n: int) -> Share:
    """Return k of n with the Wilson score interval (Wilson 1927)."""
    if n == 0:
        return Share(0, 0, None, None, None)
    low, high = wilson_bounds(k, n)
    return Share(k, n, round(k / n, 4), round(low, 4), round(high, 4))


def wilson_bounds(k: int, n: int) -> tuple[float, float]:
    """Return the Wilson score interval of k of n, n above 0, not rounded."""
    p, z2 = k / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)


def poisson(count: int, exposure: float) -> Rate:
    """Return a rate with the exact interval (Garwood 1936)."""
    if exposure <= 0:
        return Rate(count, 0.0, None, None, None)
    tail = (1 - CONFIDENCE) / 2
    low = gamma_quantile(count, tail) if count else 0.0
    high = gamma_quantile(count + 1, 1 - tail)
    per = (count / exposure, low / exposure, high / exposure)
    return Rate(count, round(exposure, 4), *(round(value, 4) for value in per))


def gamma_quantile(shape: float, p: float) -> float:
    """Return where the gamma distribution of `shape` (scale 1) reaches the probability `p`.

    By halving: half of a chi-square quantile of twice as many degrees of freedom.
    """
    low, high = 0.0, max(1.0, 2 * shape)
    while regularized_gamma(shape, high) < p:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if regularized_gamma(shape, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def regularized_gamma(a: float, x: float) -> float:
    """Return the regularized lower incomplete gamma function P(a, x), a > 0.

    Below a + 1 by the series DLMF 8.11.4, above by the continued fraction DLMF 8.9.2.
    """
    if x <= 0:
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return min(1.0, scale * _series(a, x))
    return max(0.0, 1 - scale * _fraction(a, x))


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    n = a
    while term > total * _CLOSE:
        n += 1
        term *= x / n
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """Return the continued fraction by Lentz's method (Thompson and Barnett 1986)."""
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / (b or _TINY)
    value = d
    n = 1
    while True:
        numerator = -n * (n - a)
        b += 2
        d = 1 / ((numerator * d + b) or _TINY)
        c = (b + numerator / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < _CLOSE * 4:
            return value
        n += 1
