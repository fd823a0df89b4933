"""A device whose range was taken for another: cells in, cells in true g out, half a second later.

A device that lies or hangs still measures 1 g, whatever its place, and for a whole second nobody
falls or flies. Ranges are powers of two. A device set to ±8 g whose numbers are read as ±2 g says
0.25 g at rest, and some change their range while they are worn: at chest and ankle one recording of
UMAFall in seven does, a third of them of falls. A still stretch near a power of two other than 1
tells the factor, and so does a second of movement that no body makes at the factor held so far.
When it changed is found in hindsight, as the likeliest instant since the factor before was sure;
`Scaled.mend` tells it to whoever keeps cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitals.motion.cells import RATE, Cells, Floats

STILL: Final = 10
"""Cells (0.4 s) that a still stretch takes."""
STEADY: Final = 0.03
"""Largest standard deviation of length over mean, and of each axis, in a still stretch."""
NEAR: Final = 0.13
"""How far from a power of two a length at rest may be: cheap sensors have offsets of 0.1 g."""
MOST: Final = 3
"""Powers of two, either way, that are believed."""
LAG: Final = STILL - 1
HALF: Final = RATE // 2
LONG: Final = 2 * HALF
"""Cells of movement that tell a factor, in two halves of half a second that must agree."""
MEAN_G: Final = 1.5
LEAST_G: Final = 0.6
"""In a body that goes on standing, walking or lying the mean acceleration over either half is not
longer, and its mean length not less. Free fall lasts half a second, and a landing less; only what
both refutes one factor and fits another is believed."""
FAR: Final = 2
"""Powers of two that movement must tell apart: an ankle that jogs comes near to one."""
BACK: Final = 150
"""Cells that are looked back upon."""
STEP: Final = 0.2
"""How much the logarithm of the length changes from cell to cell where somebody moves."""


@dataclass(frozen=True, slots=True)
class Mend:
    """Cells already told, from number `since` on, are to be taken times `ratio`."""

    since: int
    ratio: float


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A run of cells in g, and what is to be done before it to those that came earlier."""

    cells: Cells
    mend: Mend | None


class Scale:
    """The factor of one device, and what waits for it to be known."""

    def __init__(self) -> None:
        self.factor = 1.0
        self._kept: Cells | None = None
        self._told = 0
        self._changed = self._quiet = 0
        self._sure = False

    def push(self, cells: Cells) -> list[Scaled]:
        """Return the cells that are old enough, scaled: a run, or one more for every change."""
        if cells.fresh or self._kept is None:
            self._told, self._sure = cells.first, False
            self._changed = self._quiet = cells.first
        joined = cells.after(self._kept)
        begin, end = self._told - joined.first, len(joined) - LAG
        out: list[Scaled] = []
        if end > begin:
            out = self._runs(joined, begin, end)
            self._told = joined.first + end
        drop = max(0, min(end, len(joined)) - BACK)
        self._kept = joined.cut(drop, len(joined))
        return out

    def _runs(self, cells: Cells, begin: int, end: int) -> list[Scaled]:
        """Return the cells from `begin` to `end`, cut where a factor becomes known."""
        still, moving = _still(cells, begin, end), None
        seen = cells.mean[max(0, begin + STILL - LONG) : end + LAG]
        square = np.einsum("ij,ij->i", seen, seen)
        least, most = float(square.min()) ** 0.5, float(square.max()) ** 0.5
        number = np.arange(begin, end) + cells.first
        out: list[Scaled] = []
        mend, at = None, begin
        while True:
            power = round(float(np.log2(self.factor)))
            told = np.where(np.isnan(still), power, still)
            # A mean outside of both bounds needs a cell that is: mostly none is.
            if least * self.factor < LEAST_G or most * self.factor > MEAN_G:
                moving = _moving(cells, begin, end) if moving is None else moving
                long = moving.other(power) & (number + STILL - LONG >= self._changed)
                told = np.where(np.isnan(still) & long, moving.power, told)
            other = np.flatnonzero(told[at - begin :] != power) + at
            turn = int(other[0]) if len(other) else end
            sure = np.flatnonzero(still[at - begin : turn - begin] == power)
            if len(sure):
                self._quiet = cells.first + at + int(sure[-1]) + STILL
                self._sure = True
            if turn > at:
                out.append(Scaled(_times(cells.cut(at, turn), self.factor), mend))
            if turn == end:
                return out
            mend = self._change(cells, turn, 2.0 ** float(told[turn - begin]))
            at = turn
        return out

    def _change(self, cells: Cells, turn: int, factor: float) -> Mend:
        """Take another factor, known at cell `turn`, from its likeliest instant on."""
        begin = max(self._quiet, self._changed, cells.first) - cells.first
        since = _likeliest(
            cells.mean[: turn + 1], min(begin, turn), self.factor, factor, self._sure
        )
        mend = Mend(cells.first + since, factor / self.factor)
        self.factor, self._sure = factor, True
        self._changed = self._quiet = mend.since
        return mend


@dataclass(frozen=True, slots=True, eq=False)
class _Moving:
    """What a second of movement before each cell tells (M,).

    Attributes
    ----------
    power, fits
        Likeliest power of two of the factor, and whether both halves of the second allow it.
    vector, size
        Of the halves: least length of the mean, largest mean length, unscaled.
    """

    power: Floats
    fits: NDArray[np.bool_]
    vector: Floats
    size: Floats

    def other(self, power: int) -> NDArray[np.bool_]:
        """Return where the second refutes a power and fits another that is far from it."""
        refuted = (self.vector * 2.0**power > MEAN_G) | (self.size * 2.0**power < LEAST_G)
        return refuted & self.fits & (np.abs(self.power - power) >= FAR)


def _still(cells: Cells, begin: int, end: int) -> Floats:
    """Return the power of two of the factor at each cell that a still stretch begins at, or NaN."""
    runs = np.lib.stride_tricks.sliding_window_view(cells.mean[begin : end + LAG], STILL, axis=0)
    spread = runs.std(axis=2).max(axis=1)
    length = np.sqrt(np.square(runs.mean(axis=2)).sum(axis=1))
    still = (spread <= STEADY * np.maximum(length, 1e-6)) & (length > 2.0 ** -(MOST + 1))
    power = np.round(np.log2(np.where(still, length, 1.0)))
    sure = still & (np.abs(length / 2.0**power - 1.0) <= NEAR) & (np.abs(power) <= MOST)
    sure &= _known(cells.known[begin : end + LAG], STILL)
    return np.where(sure, -power + 0.0, np.nan)


def _moving(cells: Cells, begin: int, end: int) -> _Moving:
    """Return what the second up to `LAG` cells after each cell tells."""
    count = end - begin
    vector, size, both = np.ones((2, count)), np.ones((2, count)), np.ones(count)
    known = np.zeros(count, np.bool_)
    first = max(begin, LONG - STILL)
    if first < end:
        of, told = slice(first + STILL - LONG, end + LAG), slice(first - begin, count)
        mean = cells.mean[of]
        sums = np.cumsum(np.c_[mean, np.sqrt(np.square(mean).sum(axis=1))], axis=0)
        sums = np.vstack([np.zeros(4), sums])
        half = (sums[HALF:] - sums[:-HALF]) / HALF
        halves = np.stack([half[:-HALF], half[HALF:]])
        vector[:, told] = np.sqrt(np.square(halves[..., :3]).sum(axis=2))
        size[:, told] = halves[..., 3]
        both[told] = np.sqrt(np.square(halves[..., :3].mean(axis=0)).sum(axis=1))
        known[told] = _known(cells.known[of], LONG)
    power = np.round(-np.log2(np.maximum(both, 1e-6))).clip(-MOST, MOST)
    fits = (vector * 2.0**power <= MEAN_G) & (size * 2.0**power >= LEAST_G)
    return _Moving(power, known & fits.all(axis=0), vector.min(axis=0), size.max(axis=0))


def _known(known: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return whether every cell is known of the `length` that begin at each."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(known, length).all(axis=1))


def _likeliest(mean: Floats, begin: int, old: float, new: float, sure: bool) -> int:
    """Return from which cell on, of `begin` to the last, a device had another factor.

    Somebody is likelier to feel 1 g than more or less, and feels it change little from a cell to
    the next; the sums of both, of logarithms, are least at the change. Where nothing before was
    `sure` it may have been so from the beginning.
    """
    length = np.log(np.maximum(np.sqrt(np.square(mean).sum(axis=1)), 1e-6))
    before, after = np.abs(length + np.log(old)), np.abs(length + np.log(new))
    here = np.arange(begin, len(mean))
    cost = np.r_[0.0, np.cumsum(before - after)][here]
    step = length[here] - length[np.maximum(here - 1, 0)]
    jump = (np.abs(step + np.log(new / old)) - np.abs(step)) / STEP
    if not sure:
        jump[0] = 0.0
    return int(here[np.argmin(cost + jump)])


def mended(cells: Cells, mend: Mend) -> Cells:
    """Return cells told earlier as they are known now."""
    ratio = np.where(np.arange(len(cells)) + cells.first >= mend.since, mend.ratio, 1.0)
    return replace(
        cells, mean=cells.mean * ratio[:, None], high=cells.high * ratio, low=cells.low * ratio
    )


def _times(cells: Cells, factor: float) -> Cells:
    """Return cells with their lengths times a factor."""
    return replace(
        cells, mean=cells.mean * factor, high=cells.high * factor, low=cells.low * factor
    )
