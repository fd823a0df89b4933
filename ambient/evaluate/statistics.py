"""Proportions, rates and delays with their intervals.

In: counts. Out: structs with a 95 % interval. Pure; what is drawn at random is drawn with a seed.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.intervals import CONFIDENCE as CONFIDENCE
from ambient.intervals import Rate as Rate
from ambient.intervals import Share as Share
from ambient.intervals import poisson as poisson
from ambient.intervals import wilson as wilson
from ambient.intervals import wilson_bounds

RESAMPLES: Final = 2000
SEED: Final = 20240607


class Quantiles(Struct, frozen=True):
    """Seconds at the 50th and 95th percentile of `n` delays."""

    n: int
    p50_s: float | None
    p95_s: float | None


class Difference(Struct, frozen=True):
    """A change of a proportion over the same recordings, with its interval (95 %)."""

    n: int
    change: float | None
    low: float | None
    high: float | None


def share_of(hits: Sequence[bool], clusters: Sequence[Hashable] | None = None) -> Share:
    """Return how many of `hits` are true, with both intervals.

    Parameters
    ----------
    hits
        One for each recording.
    clusters
        Whom each recording shows; recordings of one cluster are drawn together. None for no
        bootstrap.
    """
    share = wilson(sum(hits), len(hits))
    if clusters is None or not hits:
        return share
    low, high = bootstrap(hits, clusters)
    return msgspec.structs.replace(share, resampled_low=low, resampled_high=high)


def bootstrap(hits: Sequence[bool], clusters: Sequence[Hashable]) -> tuple[float, float]:
    """Return the percentile interval of the share of `hits`, clusters drawn with replacement.

    Raises
    ------
    ValueError
        When there is nothing to draw from, or the two are not of one length.
    """
    if not hits or len(hits) != len(clusters):
        raise ValueError(
            f"expected one cluster for each of at least one recording, got {len(hits)} recordings "
            f"and {len(clusters)} clusters"
        )
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    of = np.array([numbers[name] for name in clusters])
    sizes = np.bincount(of, minlength=len(numbers))
    found = np.bincount(of, weights=np.asarray(hits, np.float64), minlength=len(numbers))
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), RESAMPLES)
    shares = (drawn @ found) / (drawn @ sizes)
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(shares, [tail, 100 - tail]).tolist()
    return round(low, 4), round(high, 4)


def quantiles(delays: Sequence[float]) -> Quantiles:
    """Return the median and the 95th percentile of delays in seconds."""
    if not delays:
        return Quantiles(0, None, None)
    p50, p95 = np.percentile(delays, [50, 95]).tolist()
    return Quantiles(len(delays), round(p50, 2), round(p95, 2))


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return a quantile of seconds, rounded to milliseconds; nothing of nothing."""
    return round(float(np.quantile(values, share)), 3) if len(values) else None


def paired(before: Sequence[bool], after: Sequence[bool]) -> Difference:
    """Return the change from `before` to `after` over the same recordings.

    The interval is the hybrid score interval for paired proportions (Newcombe 1998, Statistics in
    Medicine 17:2635, method 10), which holds when few or none of the pairs differ.

    Raises
    ------
    ValueError
        When the two are not of one length.
    """
    if len(before) != len(after):
        raise ValueError(f"expected pairs, got {len(before)} before and {len(after)} after")
    n = len(before)
    if n == 0:
        return Difference(0, None, None, None)
    pairs = list(zip(after, before, strict=True))
    both, gained = pairs.count((True, True)), pairs.count((True, False))
    lost, neither = pairs.count((False, True)), pairs.count((False, False))
    p1, p2 = (both + gained) / n, (both + lost) / n
    low1, high1 = wilson_bounds(both + gained, n)
    low2, high2 = wilson_bounds(both + lost, n)
    phi = _phi(both, gained, lost, neither)
    down, up = p1 - low1, high2 - p2
    rise, fall = high1 - p1, p2 - low2
    below = math.sqrt(max(0.0, down * down - 2 * phi * down * up + up * up))
    above = math.sqrt(max(0.0, rise * rise - 2 * phi * rise * fall + fall * fall))
    change = p1 - p2
    return Difference(n, round(change, 4), round(change - below, 4), round(change + above, 4))


def _phi(both: int, gained: int, lost: int, neither: int) -> float:
    """Return the correlation of the pairs, corrected for continuity where it is positive."""
    product = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    if product == 0:
        return 0.0
    cross = float(both * neither - gained * lost)
    if cross > 0:
        cross = max(0.0, cross - (both + gained + lost + neither) / 2)
    return cross / math.sqrt(product)
