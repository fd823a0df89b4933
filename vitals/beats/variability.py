"""Heart-rate variability of a stretch of intervals.

Definitions: Task Force of the European Society of Cardiology, Circulation 1996;93:1043. RMSSD and
pNN50 use pairs of normal intervals that follow one another; SDNN all normal ones (n - 1). LF is
0.04 to 0.15 Hz, HF 0.15 to 0.4 Hz, of Welch's periodogram (Hann, up to 120 s, half overlapped) of
the intervals on an even grid of 4 Hz (cubic), their mean taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import welch

from vitals.beats.detect import Floats
from vitals.beats.intervals import Flags

GRID_HZ: Final = 4.0
SEGMENT_S: Final = 120.0
LF_HZ: Final = (0.04, 0.15)
HF_HZ: Final = (0.15, 0.4)
SPECTRUM_S: Final = 120.0
"""Shortest stretch for LF/HF: five turns of its slowest wave (Task Force 1996: about 2 min)."""
LEAST: Final = 15
"""Normal intervals."""
HOLE_S: Final = 3.0
"""A longer hole in the intervals is not bridged: no spectrum."""


@dataclass(frozen=True, slots=True)
class Variability:
    """RMSSD and SDNN in ms, pNN50 0..1, LF/HF; None where too little is known."""

    rmssd_ms: float | None
    sdnn_ms: float | None
    pnn50: float | None
    lf_hf: float | None


NOTHING: Final = Variability(None, None, None, None)


def variability(ends: Floats, seconds: Floats, normal: Flags) -> Variability:
    """Return the variability of a stretch.

    Parameters
    ----------
    ends
        When each interval ended, seconds, rising (N,).
    seconds
        The intervals (N,).
    normal
        Which count (N,), see `vitals.beats.intervals.normal`.
    """
    known = seconds[normal]
    steps = np.diff(seconds)[following(ends, seconds, normal)]
    if len(known) < LEAST or len(steps) < LEAST - 1:
        return NOTHING
    return Variability(
        rmssd_ms=float(np.sqrt(np.square(steps).mean())) * 1000.0,
        sdnn_ms=float(known.std(ddof=1)) * 1000.0,
        pnn50=float((np.abs(steps) > 0.05).mean()),
        lf_hf=_lf_hf(ends[normal], known),
    )


def following(ends: Floats, seconds: Floats, normal: Flags) -> Flags:
    """Return which pairs (N - 1,) of intervals are normal and follow one another."""
    return normal[1:] & normal[:-1] & (np.abs(np.diff(ends) - seconds[1:]) < 0.05)


def _lf_hf(ends: Floats, seconds: Floats) -> float | None:
    if ends[-1] - ends[0] < SPECTRUM_S or float(np.diff(ends).max()) > HOLE_S:
        return None
    at = np.arange(ends[0], ends[-1], 1.0 / GRID_HZ)
    even = CubicSpline(ends, seconds)(at)
    width = min(len(even), round(SEGMENT_S * GRID_HZ))
    frequency, power = welch(even - even.mean(), GRID_HZ, "hann", nperseg=width, nfft=2048)
    low = (frequency >= LF_HZ[0]) & (frequency < LF_HZ[1])
    high = (frequency >= HF_HZ[0]) & (frequency < HF_HZ[1])
    total = float(power[high].sum())
    return float(power[low].sum()) / total if total > 0.0 else None
