"""A device whose range was taken for another: cells in, cells in true g out, half a second later.

A device that lies or hangs still measures 1 g, whatever its place. Ranges are powers of two, and a
device set to ±8 g whose numbers are read as ±2 g says 0.25 g at rest; several recordings of
UMAFall switch by such a factor in the middle. A still stretch near a power of two other than 1
tells the factor, from its beginning on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitals.motion.cells import Cells, Floats

STILL: Final = 10
"""Cells (0.4 s) that a still stretch takes."""
STEADY: Final = 0.03
"""Largest standard deviation of length over mean, and of each axis, in a still stretch."""
NEAR: Final = 0.13
"""How far from a power of two a length at rest may be: cheap sensors have offsets of 0.1 g."""
MOST: Final = 3
"""Powers of two, either way, that are believed."""
LAG: Final = STILL - 1


class Scale:
    """The factor of one device, and what waits for it to be known."""

    def __init__(self) -> None:
        self.factor = 1.0
        self._waiting: Cells | None = None

    def push(self, cells: Cells) -> Cells | None:
        """Return the cells that are old enough, scaled."""
        joined = cells.after(self._waiting)
        ready = len(joined) - LAG
        if ready <= 0:
            self._waiting = joined
            return None
        factors = self._factors(joined.mean, ready)
        self._waiting = joined.cut(ready, len(joined))
        out = joined.cut(0, ready)
        return replace(
            out, mean=out.mean * factors[:, None], high=out.high * factors, low=out.low * factors
        )

    def _factors(self, mean: Floats, ready: int) -> Floats:
        """Return the factor of each of the first `ready` cells, by the stretch that it begins."""
        runs = np.lib.stride_tricks.sliding_window_view(mean, STILL, axis=0)
        spread = runs.std(axis=2).max(axis=1)
        length = np.sqrt(np.square(runs.mean(axis=2)).sum(axis=1))
        still = (spread <= STEADY * np.maximum(length, 1e-6)) & (length > 2.0 ** -(MOST + 1))
        power = np.round(np.log2(np.where(still, length, 1.0)))
        sure = still & (np.abs(length / 2.0**power - 1.0) <= NEAR) & (np.abs(power) <= MOST)
        at: NDArray[np.int64] = np.where(sure, np.arange(ready), -1)
        latest = np.maximum.accumulate(at)
        factors = np.where(latest >= 0, 2.0 ** -power[np.maximum(latest, 0)], self.factor)
        self.factor = float(factors[-1])
        return np.asarray(factors)
