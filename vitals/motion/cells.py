"""One grid of time for devices of every rate: samples at their own times in, cells of 40 ms out.

A cell holds the mean of its samples and the largest and smallest length among them. A cell without
a sample lies on the line between its neighbours. Streaming in batches of any size gives the same
cells.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitals.motion.clock import SECOND, Times

RATE: Final = 25
"""Cells a second. Wearables send 20 to 200 Hz; what tells falls apart lies below 12 Hz."""
CELL_NS: Final = SECOND // RATE
NEAR: Final = 4
"""A cell so far from one with samples still counts as known: a 20 Hz device leaves every fifth
cell empty, and some send in bursts."""
BRIDGED: Final = 3 * RATE
"""A longer hole starts anew."""
RAIL_G: Final = 1.9
RAIL_STEP_G: Final = 1e-4
"""Two samples in a row of the same 1.9 g or more to a ten-thousandth: ranges of accelerometers are
2, 4, 8 and 16 g, and noise alone moves a sample by more."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A run of M cells, one after the other.

    Attributes
    ----------
    first
        Number of the first: cell n ends at (n + 1) · 40 ms since the epoch.
    mean
        (M, 3), g.
    high, low
        Largest and smallest length (M,), g.
    known
        Whether a sample was near (M,).
    saturated
        Whether a sample stood at the end of its range (M,).
    fresh
        A hole lies before: what came before is not continued.
    """

    first: int
    mean: Floats
    high: Floats
    low: Floats
    known: NDArray[np.bool_]
    saturated: NDArray[np.bool_]
    fresh: bool = False

    def __len__(self) -> int:
        return len(self.high)

    def cut(self, begin: int, end: int) -> Cells:
        """Return some of the cells."""
        of = slice(begin, end)
        return Cells(
            self.first + begin,
            self.mean[of],
            self.high[of],
            self.low[of],
            self.known[of],
            self.saturated[of],
            self.fresh and begin == 0,
        )

    def after(self, earlier: Cells | None) -> Cells:
        """Return `earlier` and these in one run; these alone after a hole."""
        if earlier is None or self.fresh:
            return self
        return Cells(
            earlier.first,
            np.vstack([earlier.mean, self.mean]),
            np.r_[earlier.high, self.high],
            np.r_[earlier.low, self.low],
            np.r_[earlier.known, self.known],
            np.r_[earlier.saturated, self.saturated],
            earlier.fresh,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Cells that hold samples: number, sum, how many, largest and smallest length."""

    number: NDArray[np.int64]
    total: Floats
    count: NDArray[np.int64]
    high: Floats
    low: Floats
    saturated: NDArray[np.bool_]

    def cut(self, begin: int, end: int) -> _Parts:
        of = slice(begin, end)
        return _Parts(
            self.number[of], self.total[of], self.count[of], self.high[of], self.low[of],
            self.saturated[of],
        )  # fmt: skip

    def joined(self, later: _Parts) -> _Parts:
        """Return this one cell and `later`, which may begin with more of the same cell."""
        if self.number[0] != later.number[0]:
            return _Parts(
                np.r_[self.number, later.number],
                np.vstack([self.total, later.total]),
                np.r_[self.count, later.count],
                np.r_[self.high, later.high],
                np.r_[self.low, later.low],
                np.r_[self.saturated, later.saturated],
            )
        later.total[0] += self.total[0]
        later.count[0] += self.count[0]
        later.high[0] = max(later.high[0], self.high[0])
        later.low[0] = min(later.low[0], self.low[0])
        later.saturated[0] |= self.saturated[0]
        return later


class Grid:
    """Samples into cells, for one device."""

    def __init__(self) -> None:
        self._open: _Parts | None = None
        self._before: tuple[int, Floats] | None = None
        self._last: Floats | None = None

    def push(self, times: Times, samples: NDArray[np.float32] | Floats) -> list[Cells]:
        """Take in samples (N, 3), g, at rising `times` (N,); return what cells are complete.

        More than one run comes out where holes longer than `BRIDGED` lie between.
        """
        values = np.asarray(samples, np.float64)
        number = times // CELL_NS
        length = np.sqrt(np.einsum("ij,ij->i", values, values))
        starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
        part = _Parts(
            number[starts],
            np.add.reduceat(values, starts, axis=0),
            np.diff(np.r_[starts, len(number)]),
            np.maximum.reduceat(length, starts),
            np.minimum.reduceat(length, starts),
            np.logical_or.reduceat(self._railed(values), starts),
        )
        if self._open is not None:
            part = self._open.joined(part)
        self._open = part.cut(len(part.number) - 1, len(part.number))
        if len(part.number) == 1:
            return []
        done = part.cut(0, len(part.number) - 1)
        holes = np.flatnonzero(np.diff(done.number) > BRIDGED) + 1
        ends = [0, *holes.tolist(), len(done.number)]
        return [self._filled(done.cut(a, b)) for a, b in itertools.pairwise(ends)]

    def _filled(self, part: _Parts) -> Cells:
        """Return a run with what lies between its cells filled in."""
        numbers, mean = part.number, part.total / part.count[:, None]
        before = self._before
        self._before = (int(numbers[-1]), mean[-1])
        fresh = before is None or int(numbers[0]) - before[0] > BRIDGED
        if before is None or fresh:
            known, vectors = numbers, mean
            every = np.arange(numbers[0], numbers[-1] + 1)
        else:
            known = np.r_[before[0], numbers]
            vectors = np.vstack([before[1], mean])
            every = np.arange(before[0] + 1, numbers[-1] + 1)
        filled = np.column_stack([np.interp(every, known, vectors[:, axis]) for axis in range(3)])
        length = np.sqrt(np.einsum("ij,ij->i", filled, filled))
        at = np.searchsorted(every, numbers)
        top, bottom = length.copy(), length
        top[at], bottom[at] = part.high, part.low
        flags = np.zeros(len(every), np.bool_)
        flags[at] = part.saturated
        right = known[np.minimum(np.searchsorted(known, every), len(known) - 1)]
        left = known[np.maximum(np.searchsorted(known, every, side="right") - 1, 0)]
        near = np.minimum(np.abs(right - every), np.abs(every - left)) <= NEAR
        return Cells(int(every[0]), filled, top, bottom, near, flags, fresh)

    def _railed(self, values: Floats) -> NDArray[np.bool_]:
        """Whether an axis stands at the very same large value as in the sample before (N,)."""
        last = values[:1] * np.nan if self._last is None else self._last
        before = np.vstack([last, values[:-1]])
        self._last = values[-1:]
        same = (np.abs(values) > RAIL_G) & (np.abs(values - before) < RAIL_STEP_G)
        return np.asarray(same.any(axis=1))
