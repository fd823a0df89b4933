"""How well the movement of a wearable fits that of a tracked person: seconds in, log-odds out.

`Speeds` keeps how fast the wrists and hips of one track moved, `Likeness` compares one wearable
with one track. Both keep a fixed amount of numbers. The clock of the wearable may be off: every
figure is kept for each lag of `LAGS_S`. Pure: time is an argument.

For each of left wrist, right wrist and hips, and at each lag, exponentially forgotten sums give the
correlation r of x = log(0.05 + speed) and y = log(0.01 + counts), and that of both less what they
were over the eight seconds before. n ln(1 - r^2) / -2 is the logarithm of the generalised
likelihood ratio of a common movement over n independent seconds (Kay 1998, Detection Theory, 6.4);
seconds are not independent, so each term has a weight, learned on simulated rooms (`WEIGHTS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Wear

SECOND: Final = 1_000_000_000
BIN_NS: Final = SECOND // 4
PER_S: Final = 4
LAG_S: Final = 5.5
"""The clocks may be this far apart."""
LAGS: Final = round(2 * LAG_S * PER_S) + 1
BEFORE_S: Final = 8
"""Seconds before, with which a second is compared."""
HALF_LIFE_S: Final = 300.0
"""After so many seconds of a wearable, what was seen counts half."""
HELD_S: Final = 2.0
"""A speed holds for the time since the person was seen before, if that is no longer ago."""
KEPT_BINS: Final = 1024
CHANNELS: Final = 3
SLOW_SPEED: Final = 0.05
SMALL_COUNTS: Final = 0.01
UNREST: Final = 0.05
"""Variance that noise alone has; keeps correlations of two that are still near 0."""
MOST_R: Final = 0.97
PRIOR_S: Final = 10.0
"""A few seconds agree by chance: as if so many without any relation had been seen before."""
CHANCE: Final = 2.5
"""Nats that two unrelated people reach easily: half the logarithm of a few minutes' seconds, which
is what one free parameter costs (Schwarz 1978)."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Speeds:
    """How fast the wrists and hips of one track moved, in quarters of a second."""

    def __init__(self) -> None:
        self.kept: Floats = np.full((KEPT_BINS, CHANNELS), np.nan)
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
            self._turn(number, (left, right, hips))
        for channel, value in enumerate((left, right, hips)):
            if value is not None:
                self.sums[channel] += value
                self.counts[channel] += 1

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

    def _turn(self, number: int, now: tuple[float | None, ...]) -> None:
        """Close the current bin and begin another."""
        old = self.bin
        if old >= 0:
            self.kept[old - self.base] = [
                total / count if count else np.nan
                for total, count in zip(self.sums, self.counts, strict=True)
            ]
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
        if old >= 0 and 1 < number - old <= HELD_S * PER_S:
            row = [np.nan if value is None else value for value in now]
            self.kept[max(0, old + 1 - self.base) : number - self.base] = row
        self.bin, self.sums, self.counts = number, [0.0] * CHANNELS, [0] * CHANNELS


def looked_up(speeds: Speeds, t: int) -> tuple[Floats, Floats, Bools]:
    """Return how a track moved in the second up to `t`, at every lag.

    Returns
    -------
    The level x and its change against the seconds before, both (3, LAGS), and where both are known.
    """
    lead = BEFORE_S * PER_S
    first = round((t - SECOND) / BIN_NS) - LAGS // 2 - lead
    rows = speeds.between(first, lead + LAGS + PER_S - 1)
    seen = np.isfinite(rows)
    total = np.zeros((len(rows) + 1, CHANNELS))
    count = np.zeros((len(rows) + 1, CHANNELS))
    np.cumsum(np.where(seen, rows, 0.0), axis=0, out=total[1:])
    np.cumsum(seen, axis=0, out=count[1:])
    now, there = _window(total, lead, PER_S), _window(count, lead, PER_S)
    past, known = _window(total, 0, lead), _window(count, 0, lead)
    both = (there >= PER_S / 2) & (known >= lead / 4)
    x = np.log(SLOW_SPEED + now / np.maximum(there, 1.0))
    before = np.log(SLOW_SPEED + past / np.maximum(known, 1.0))
    return x.T, (x - before).T, both.T


def _window(summed: Floats, first: int, length: int) -> Floats:
    return summed[first + length : first + length + LAGS] - summed[first : first + LAGS]


FEATURES: Final = 9


class Likeness:
    """One wearable and one track: sums over their seconds, for every joint and lag."""

    def __init__(self) -> None:
        self.sums: Floats = np.zeros((CHANNELS, LAGS, 5, 7))
        self._of: Floats = np.empty((CHANNELS, LAGS, 5, 1))

    @property
    def seconds(self) -> float:
        """Seconds compared, forgotten ones left out."""
        return float(self.sums[:, LAGS // 2, 0, 0].max())

    def add(self, x: Floats, dx: Floats, known: Bools, of: Floats) -> None:
        """Take in a second.

        Parameters
        ----------
        x, dx, known
            Of the track, see `looked_up`.
        of
            (7,) of the wearable, see `second_of`.
        """
        terms = self._of[..., 0]
        terms[..., 0] = known
        terms[..., 1] = np.where(known, x, 0.0)
        terms[..., 2] = terms[..., 1] * x
        terms[..., 3] = np.where(known, dx, 0.0)
        terms[..., 4] = terms[..., 3] * dx
        self.sums *= DECAY
        self.sums += self._of * of

    def features(self) -> Floats:
        """Return (2, LAGS, FEATURES): what speaks for and against, by wrist and lag.

        Of the wrist and of the hips: the likelihood ratio of level and of change; of the hips that
        of steps; of both how much there was to compare, weighed by how much each side moved.
        """
        sums = self.sums
        n = sums[..., 0, 0]
        per = 1.0 / np.maximum(n, 1.0)
        mx, my, ms = sums[..., 1, 0] * per, sums[..., 0, 1] * per, sums[..., 0, 3] * per
        mdx, mdy = sums[..., 3, 0] * per, sums[..., 0, 2] * per
        vx = np.maximum(sums[..., 2, 0] * per - mx * mx, 0.0)
        vy = np.maximum(sums[..., 0, 4] * per - my * my, 0.0)
        vs = np.maximum(sums[..., 0, 6] * per - ms * ms, 0.0)
        vdx = np.maximum(sums[..., 4, 0] * per - mdx * mdx, 0.0)
        vdy = np.maximum(sums[..., 0, 5] * per - mdy * mdy, 0.0)
        level = _likely(n, sums[..., 1, 1] * per - mx * my, vx, vy)
        change = _likely(n, sums[..., 3, 2] * per - mdx * mdy, vdx, vdy)
        steps = _likely(n, sums[..., 1, 3] * per - mx * ms, vx, vs)
        moved = vx / (vx + 0.5)
        felt = vy / (vy + 0.5)
        out = np.empty((2, LAGS, FEATURES))
        wrists, hips = slice(0, 2), 2
        out[..., 0] = level[wrists]
        out[..., 1] = change[wrists]
        out[..., 2] = level[hips]
        out[..., 3] = change[hips]
        out[..., 4] = steps[hips]
        out[..., 5] = (n * moved)[wrists]
        out[..., 6] = (n * felt)[wrists]
        out[..., 7] = (n * moved)[hips]
        out[..., 8] = (n * felt)[hips]
        return out


DECAY: Final = float(0.5 ** (1.0 / HALF_LIFE_S))


def _likely(n: Floats, covariance: Floats, one: Floats, other: Floats) -> Floats:
    """Return -n ln(1 - r^2) / 2 of a rising relation less what chance gives; 0 of a falling one.

    r is what `PRIOR_S` more seconds without any relation would leave of it.
    """
    shrunk = covariance * n / (n + PRIOR_S)
    r = np.clip(shrunk / np.sqrt((one + UNREST) * (other + UNREST)), 0.0, MOST_R)
    return np.asarray(np.maximum(-0.5 * n * np.log1p(-r * r) - CHANCE, 0.0))


def second_of(counts: float, before: float, steps: int) -> Floats:
    """Return what a second of a wearable gives to the sums of `Likeness`.

    Parameters
    ----------
    counts
        Mean amplitude deviation, g.
    before
        Its mean over the seconds before.
    steps
        Found in it.
    """
    y = float(np.log(SMALL_COUNTS + counts))
    change = y - float(np.log(SMALL_COUNTS + before))
    step = 1.0 if steps else 0.0
    return np.array([1.0, y, change, step, y * y, change * change, step])


_WRIST: Final = (0.442, 0.7, 0.0, 0.7, 0.0, -0.121, 0.0, -0.011, 0.0, -0.5)
_TRUNK: Final = (0.0, 0.0, 0.479, 0.086, 0.0, -0.047, -0.001, -0.062, 0.0, -0.052)
_LEG: Final = (0.497, 0.434, 0.342, 0.19, 0.001, 0.0, 0.0, -0.104, 0.0, -0.351)
WEIGHTS: Final[Mapping[Wear, tuple[float, ...]]] = {
    Wear.WRIST: _WRIST,
    Wear.FINGER: _WRIST,
    Wear.WAIST: _TRUNK,
    Wear.CHEST: _TRUNK,
    Wear.THIGH: _LEG,
    Wear.ANKLE: _LEG,
}
"""Of the features of `Likeness`, and a constant at the end; what `ambient.evaluate.matching.fit`
prints. A place that is not known (`Wear.ELSEWHERE`) is not matched."""


ANY_LAG: Final = np.full(LAGS, 1.0 / LAGS)
"""Before anything is known of a wearable's clock."""
STRAY: Final = 0.1
"""Probability that what was learned of the clock is wrong by now."""


def log_odds(features: Floats, weights: tuple[float, ...], lags: Floats = ANY_LAG) -> float:
    """Return the logarithm of the likelihood ratio "worn by this person" to "by nobody seen".

    Either wrist is as likely, each lag as `lags` (LAGS,) say; both are summed over.
    """
    scores = features @ np.asarray(weights[:FEATURES])
    top = float(scores.max())
    return top + float(np.log((np.exp(scores - top).mean(axis=0) * lags).sum())) + weights[FEATURES]


def lags_after(features: Floats, weights: tuple[float, ...], lags: Floats) -> Floats:
    """Return how probable each lag is once it is known who wears the wearable.

    Clocks drift: a quarter of a second to either side is left as probable.
    """
    scores = features @ np.asarray(weights[:FEATURES])
    known = np.exp(scores - scores.max()).mean(axis=0) * lags
    wide = np.convolve(known, np.ones(3), "same")
    return np.asarray((1.0 - STRAY) * wide / wide.sum() + STRAY * ANY_LAG)
