"""How much a device moved in each second: cells in, a `Moved` a second out.

Counts are the mean amplitude deviation (Vähä-Ypyä et al. 2015, Clin Physiol Funct Imaging 35:64):
the mean distance of the acceleration's length from its own mean. They published it on raw samples
over 6 s; here it is taken of cells of 40 ms over 1 s.

Steps are peaks of the length between 0.7 and 3 Hz in a steady rhythm: four or more, 0.27 to 1.2 s
apart. A wrist or waist feels every step, an ankle or pocket mostly those of its own leg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfilt, sosfilt_zi

from ambient.observations import Doubt
from vitals.motion.cells import CELL_NS, RATE, Cells, Floats
from vitals.motion.wearing import Wearing

KNOWN: Final = 13
"""Cells of a second that must be known; with fewer, nothing is said of it."""
STEP_BAND_HZ: Final = (0.7, 3.0)
STEP_PEAK_G: Final = 0.03
"""Walking at the waist reaches 0.1 g and more in this band, sitting and reaching 0.01."""
STEP_GAP_S: Final = (0.27, 1.2)
STEADY: Final = 0.3
"""Largest coefficient of variation of the gaps between steps."""
RUN: Final = 4
"""Peaks of a steady run; a first step is counted when the fourth comes."""
LOOK_S: Final = 4


@dataclass(frozen=True, slots=True)
class Moved:
    """One second; see `ambient.observations.MotionMeasured`. `t` is its end, nanoseconds.

    `worn` is what `vitals.motion.wearing` made of the device up to then.
    """

    t: int
    counts: float
    peak: float
    lowest: float
    gravity: tuple[float, float, float]
    steps: int
    saturated: bool
    doubts: tuple[Doubt, ...]
    worn: bool | None


class Seconds:
    """Cells into whole seconds, for one device."""

    def __init__(self) -> None:
        self._kept: Cells | None = None
        self._steps = Steps()
        self._wearing = Wearing()

    def push(self, cells: Cells) -> list[Moved]:
        """Take in cells; return the seconds that are now complete."""
        if cells.fresh:
            self._steps = Steps()
            self._wearing.leave()
        cells = cells.after(self._kept)
        out: list[Moved] = []
        at = 0
        while True:
            end = at + RATE - (cells.first + at) % RATE
            if end > len(cells):
                break
            moved = self._second(cells, at, end)
            if moved is not None:
                out.append(moved)
            at = end
        self._kept = cells.cut(at, len(cells))
        return out

    def _second(self, cells: Cells, begin: int, end: int) -> Moved | None:
        of = slice(begin, end)
        mean = cells.mean[of]
        length = np.sqrt(np.square(mean).sum(axis=1))
        steps = self._steps.push(length)
        if end - begin < RATE or int(cells.known[of].sum()) < KNOWN:
            return None
        doubts = self._wearing.push(mean)
        x, y, z = mean.mean(axis=0).tolist()
        return Moved(
            t=(cells.first + end) * CELL_NS,
            counts=float(np.abs(length - length.mean()).mean()),
            peak=float(cells.high[of].max()),
            lowest=float(cells.low[of].min()),
            gravity=(x, y, z),
            steps=steps,
            saturated=bool(cells.saturated[of].any()),
            doubts=doubts,
            worn=self._wearing.worn,
        )


class Steps:
    """Counts steps in the length of the acceleration, a second at a time."""

    def __init__(self) -> None:
        self._sos = butter(2, STEP_BAND_HZ, "bandpass", fs=RATE, output="sos")
        self._state: Floats | None = None
        self._band: Floats = np.zeros(0)
        self._end = 0
        self._counted = -1

    def push(self, length: Floats) -> int:
        """Take in the length (N,), g, of the newest cells; return the steps found new."""
        if self._state is None:
            self._state = sosfilt_zi(self._sos) * length[0]
        band, self._state = sosfilt(self._sos, length, zi=self._state)
        self._band = np.r_[self._band, band][-LOOK_S * RATE :]
        self._end += len(length)
        begin = self._end - len(self._band)
        apart = int(STEP_GAP_S[0] * RATE)
        peaks, _ = find_peaks(self._band, height=STEP_PEAK_G, distance=apart)
        peaks = peaks + begin
        steady = _steady(peaks)
        fresh = steady[steady > self._counted]
        if not len(fresh):
            return 0
        self._counted = int(fresh[-1])
        return len(fresh)


def _steady(peaks: NDArray[np.int64]) -> Floats:
    """Return the peaks that belong to a steady run up to the newest, else none."""
    if len(peaks) < RUN:
        return np.zeros(0)
    gaps = np.diff(peaks) / RATE
    broken = np.flatnonzero(gaps > STEP_GAP_S[1])
    run = peaks[broken[-1] + 1 :] if len(broken) else peaks
    if len(run) < RUN:
        return np.zeros(0)
    gaps = np.diff(run)
    if float(gaps.std()) > STEADY * float(gaps.mean()):
        return np.zeros(0)
    return np.asarray(run, np.float64)
