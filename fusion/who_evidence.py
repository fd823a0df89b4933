"""How well the movement of a wearable fits that of a tracked person: seconds in, log-odds out.

`Speeds` keeps how fast the wrists and hips of one track moved, `Likeness` compares one wearable
with one track. Both keep a fixed amount of numbers. The clock of the wearable may be off: every
figure is kept for each lag of -`LAG_S` to `LAG_S`. Pure: time is an argument.

Of each second, x = ln(0.05 + speed) of a joint and y = ln(0.01 + counts), each less `PERSISTS`
times what it was in the second before, since movement lasts. At each lag, for either wrist,
exponentially forgotten sums give the Bayes factor of a linear relation of y to x against none:
normal slopes around what people's are (`RELATIONS`), an unknown level and an unknown variance that
both share (conjugate priors; Bishop 2006, Pattern Recognition and Machine Learning, 3.5.1). It is
about 0 where nobody moves, and costs whom does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import log, nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Wear

SECOND: Final = 1_000_000_000
BIN_NS: Final = SECOND // 4
PER_S: Final = 4
LAG_S: Final = 5.5
"""The clocks may be this far apart."""
LAG_BINS: Final = 2
"""Lags are tried in steps of so many bins: what is compared is the movement of whole seconds, which
half a second more or less hardly changes."""
LAGS: Final = round(2 * LAG_S * PER_S / LAG_BINS) + 1
HALF_LIFE_S: Final = 300.0
"""After so many seconds of a wearable, what was seen counts half."""
HELD_S: Final = 2.0
"""A speed holds for the time since the person was seen before, if that is no longer ago."""
KEPT_BINS: Final = 1024
CHANNELS: Final = 3
SLOW_SPEED: Final = 0.05
SMALL_COUNTS: Final = 0.01
PERSISTS: Final = 0.5
"""Share of a second's movement that is that of the second before; what remains of a relation after
taking it off is nearly independent from second to second (measured on simulated rooms)."""
COUNTED: Final = 1.0
"""A second in which the wearable moves counts as so much of an independent one: what is left has
long tails."""
STILL: Final = 0.1
"""One in which it does not move counts so much of that: most people are still most of the time, and
a stuck or jumping pose shall not speak against who sits."""
MOVES: Final = 0.01
ABOVE: Final = 2.5
"""A wearable moves when its counts, g, in this second or the one before reach `MOVES`, and are
`ABOVE` times those that it has when it lies: its noise."""
RISES: Final = 1.001
"""The noise is the least of the counts, but may grow so much a second: twofold in 12 minutes."""
NUISANCE: Final = 0.01
"""Precision of the level's prior, in the variance's units: next to nothing is known of it."""
SHAPE: Final = 1.0
SCALE: Final = 0.01
"""Of the variance's prior: as if two seconds with a standard deviation of 0.1 had been seen."""

_HELD_BINS: Final = round(HELD_S * PER_S)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.int64]


class Speeds:
    """How fast the wrists and hips of one track moved, in quarters of a second."""

    def __init__(self, kept: Floats | None = None) -> None:
        self.kept = np.full((KEPT_BINS, CHANNELS), np.nan) if kept is None else kept
        self._flat = memoryview(self.kept).cast("B").cast("d")  # type: ignore[arg-type]
        """The same numbers one after the other: to set one of them costs a tenth."""
        self.base = 0
        self.bin = -1
        self.sums = [0.0] * CHANNELS
        self.counts = [0] * CHANNELS

    def add(self, t: int, left: float | None, right: float | None, hips: float | None) -> None:
        """Take in speeds of one instant, later than the one before."""
        number = t // BIN_NS
        if number != self.bin:
            if number < self.bin:
                return
            self._turn(number, left, right, hips)
        sums, counts = self.sums, self.counts
        if left is not None:
            sums[0] += left
            counts[0] += 1
        if right is not None:
            sums[1] += right
            counts[1] += 1
        if hips is not None:
            sums[2] += hips
            counts[2] += 1

    def between(self, first: int, count: int) -> Floats:
        """Return the mean speeds (count, 3) from bin `first` on; NaN for what is not known."""
        begin, end = first - self.base, first - self.base + count
        if begin >= 0 and end <= KEPT_BINS:
            return self.kept[begin:end]
        out = np.full((count, CHANNELS), np.nan)
        low, high = max(begin, 0), min(end, KEPT_BINS)
        if low < high:
            out[low - begin : high - begin] = self.kept[low:high]
        return out

    def _turn(
        self, number: int, left: float | None, right: float | None, hips: float | None
    ) -> None:
        """Close the current bin and begin another."""
        old, flat = self.bin, self._flat
        between = number - old - 1
        if old >= 0:
            at = CHANNELS * (old - self.base)
            (a, b, c), (m, n, o) = self.sums, self.counts
            flat[at], flat[at + 1] = a / m if m else nan, b / n if n else nan
            flat[at + 2] = c / o if o else nan
        if old < 0 or number - self.base >= 2 * KEPT_BINS:
            self.kept[:] = np.nan
            self.base = number - KEPT_BINS // 2
        elif number - self.base >= KEPT_BINS:
            half = KEPT_BINS // 2
            moves = (number - self.base - KEPT_BINS) // half + 1
            gone = min(moves * half, KEPT_BINS)
            self.kept[: KEPT_BINS - gone] = self.kept[gone:].copy()
            self.kept[KEPT_BINS - gone :] = np.nan
            self.base += moves * half
        if old >= 0 and 0 < between < _HELD_BINS:
            a, b = nan if left is None else left, nan if right is None else right
            c = nan if hips is None else hips
            first = max(0, old + 1 - self.base)
            for at in range(CHANNELS * first, CHANNELS * (number - self.base), CHANNELS):
                flat[at], flat[at + 1], flat[at + 2] = a, b, c
        self.bin, self.sums, self.counts = number, [0.0] * CHANNELS, [0] * CHANNELS


def looked_up(speeds: Speeds, times: Times) -> tuple[Floats, Bools]:
    """Return how a track moved in the seconds up to `times` (seconds,), rising, at every lag.

    Returns
    -------
    x of each joint, less that of the second before, and where both are known; both (seconds,
    LAGS, 3).
    """
    firsts = (times - _EARLIER) // BIN_NS - _SPREAD // 2
    begin = int(firsts[0])
    rows = speeds.between(begin, int(firsts[-1]) - begin + _SPREAD + 2 * PER_S)
    seen = np.isfinite(rows)
    total = np.zeros((len(rows) + 1, 2 * CHANNELS))
    np.copyto(total[1:, :CHANNELS], rows, where=seen)
    total[1:, CHANNELS:] = seen
    total.cumsum(axis=0, out=total)
    total = total[PER_S:] - total[:-PER_S]
    count = total[:, CHANNELS:]
    x = np.log(SLOW_SPEED + total[:, :CHANNELS] / np.maximum(count, 1.0))
    known = count >= PER_S / 2
    at = (firsts - begin)[:, None] + _LAGGED
    fresh, both = x[PER_S:] - PERSISTS * x[:-PER_S], known[PER_S:] & known[:-PER_S]
    return fresh.take(at, axis=0), both.take(at, axis=0)


_EARLIER: Final = 2 * SECOND - BIN_NS // 2
_SPREAD: Final = (LAGS - 1) * LAG_BINS
_LAGGED: Final = np.arange(0, _SPREAD + 1, LAG_BINS)
TERMS: Final = 6
"""1; whether the wrist is known; x of wrist and of hips where it is; of hips where not; y."""
_LEVELS: Final = 2
_Y: Final = 5
_TINY: Final = 1e-9 * np.eye(TERMS)
"""Keeps the matrix positive while nothing is left to explain."""


@dataclass(frozen=True, slots=True)
class Relation:
    """How movement of a place on the body follows that of the picture.

    Attributes
    ----------
    slopes
        Mean of the slope of wrist and hips where both are seen, and of the hips alone.
    precision
        Of each, in units of the variance that is left.
    """

    slopes: tuple[float, float, float]
    precision: tuple[float, float, float]


class Likeness:
    """One wearable and one person: sums over their seconds, for either wrist and every lag."""

    def __init__(self) -> None:
        self.sums: Floats = np.zeros((2, LAGS, TERMS, TERMS))

    def copy(self) -> Likeness:
        """Return another that goes on from here."""
        out = Likeness()
        out.sums[:] = self.sums
        return out

    @property
    def seconds(self) -> float:
        """Seconds compared in which it moved, forgotten ones left out."""
        return float(seconds_of(self.sums))

    def add(self, found: Seconds) -> None:
        """Take in what `products` makes of seconds; `sums` are replaced, never changed."""
        self.sums = self.sums * DECAY**found.count + found.sums


def seconds_of(sums: Floats) -> Floats:
    """Return the `seconds` of sums of `Likeness`es (…, 2, LAGS, TERMS, TERMS)."""
    return np.asarray(sums[..., LAGS // 2, 0, 0].max(axis=-1))


@dataclass(frozen=True, slots=True)
class Seconds:
    """What `count` seconds, the older ones forgotten a little, add to the sums of a `Likeness`."""

    sums: Floats
    count: int


def products(x: Floats, known: Bools, y: Floats, weight: Floats) -> Seconds | None:
    """Return what seconds add to sums; None where hips were never known.

    Parameters
    ----------
    x, known
        Of the track, see `looked_up`.
    y, weight
        (seconds,), of the wearable, see `second_of`.
    """
    return several(x, known, y, weight, [len(y)])[0]


def several(
    x: Floats, known: Bools, y: Floats, weight: Floats, sizes: Sequence[int]
) -> list[Seconds | None]:
    """Return what stretches of seconds, so long each and one after the other, add to sums.

    Each as `products` would; together they cost little more than one.
    """
    hips = known[..., 2].T
    both = known[..., :2].T & hips
    of = np.zeros((2, LAGS, len(y), TERMS))
    of[..., 0] = hips
    of[..., 1] = both
    np.copyto(of[..., 2], x[..., :2].T, where=both)
    np.copyto(of[..., 3], x[..., 2].T, where=both)
    np.copyto(of[..., 4], x[..., 2].T, where=hips & ~both)
    np.copyto(of[..., 5], y, where=hips)
    heard = np.logical_or.reduce(hips, axis=0).tolist()
    stretches = [slice(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]
    # Seconds in which nobody was seen at any lag are zeros, and do not fade what was before.
    later = [n for one in stretches for n in [*accumulate(heard[one][::-1])][::-1]]
    worth = weight * DECAY ** (np.array(later, np.float64) - 1.0)
    weighed = (of * worth[:, None]).swapaxes(-1, -2)
    out: list[Seconds | None] = []
    for one in stretches:
        count = sum(heard[one])
        sums = np.matmul(weighed[..., one], of[:, :, one]) if count else None
        out.append(None if sums is None else Seconds(sums, count))
    return out


def scores(sums: Floats, relation: Relation) -> Floats:
    """Return the logarithms of the Bayes factors of a relation.

    Parameters
    ----------
    sums
        (…, TERMS, TERMS), those of a `Likeness` or of several.

    Returns
    -------
    (…), of each wrist and lag.
    """
    prior, gained = _prior(relation)
    # Its last row holds what each term in turn explains of y.
    root = np.linalg.cholesky(COUNTED * sums + prior + _TINY)
    sizes = np.log(np.diagonal(root, axis1=-2, axis2=-1)[..., _LEVELS:_Y])
    explained = np.square(root[..., _Y, _LEVELS:_Y]).sum(axis=-1)
    with_x = np.square(root[..., _Y, _Y])
    without = with_x + explained - prior[_Y, _Y]
    shape = SHAPE + 0.5 * COUNTED * sums[..., 0, 0]
    odds = np.log(SCALE + 0.5 * np.maximum(without, 0.0)) - np.log(SCALE + 0.5 * with_x)
    return np.asarray(gained - sizes.sum(axis=-1) + shape * odds)


@lru_cache(maxsize=64)
def _prior(relation: Relation) -> tuple[Floats, float]:
    """Return what a relation adds to the sums, and half the logarithm of its precision."""
    slopes = np.array([0.0, 0.0, *relation.slopes])
    precision = np.array([NUISANCE, NUISANCE, *relation.precision])
    prior = np.diag([*precision, float(precision @ (slopes * slopes))])
    prior[_Y, :_Y] = prior[:_Y, _Y] = precision * slopes
    return prior, 0.5 * float(np.log(relation.precision).sum())


DECAY: Final = float(0.5 ** (1.0 / HALF_LIFE_S))


def second_of(counts: float, before: float, noise: float = 0.0) -> tuple[float, float]:
    """Return y of a second of a wearable, and how much the second counts.

    Parameters
    ----------
    counts
        Mean amplitude deviation, g.
    before
        That of the second before.
    noise
        What the wearable has when it lies.
    """
    y = log(SMALL_COUNTS + counts) - PERSISTS * log(SMALL_COUNTS + before)
    return y, 1.0 if max(counts, before) >= max(MOVES, ABOVE * noise) else STILL


_WRIST: Final = Relation((0.317, 0.291, 0.689), (3.1, 18.8, 37.0))
_TRUNK: Final = Relation((0.164, 0.715, 0.732), (39.6, 6.2, 3.0))
_LEG: Final = Relation((0.217, 0.746, 0.922), (35.8, 37.8, 53.7))
RELATIONS: Final[Mapping[Wear, Relation]] = {
    Wear.WRIST: _WRIST,
    Wear.FINGER: _WRIST,
    Wear.WAIST: _TRUNK,
    Wear.CHEST: _TRUNK,
    Wear.THIGH: _LEG,
    Wear.ANKLE: _LEG,
}
"""What `ambient.evaluate.matching.fit` prints. A place that is not known (`Wear.ELSEWHERE`) is not
matched."""


def log_odds(found: Floats) -> Floats:
    """Return the logarithm of the likelihood ratio "worn by this person" to "by nobody seen".

    Parameters
    ----------
    found
        (…, 2, LAGS), see `scores`. Either wrist and each lag is as likely beforehand; both are
        summed over.
    """
    top = found.max(axis=(-2, -1), keepdims=True)
    # What `mean` does, without its checks.
    mean = np.add.reduce(np.exp(found - top), axis=(-2, -1)) / (found.shape[-2] * found.shape[-1])
    return np.asarray(top[..., 0, 0] + np.log(mean))
