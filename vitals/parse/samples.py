"""Batches of samples that came as numbers in a text or message, checked and made arrays.

Comes in: lists of numbers with their rate and unit. Goes out: readings, or `Refused` by name. A
sample that no sensor on a person can give refuses its batch: it is a mistake of coding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ambient.observations import Wear
from vitals.readings import AccelerationRead, IntervalsRead, Refused, WaveRead

STANDARD_GRAVITY: Final = 9.80665
"""m/s² in one g (CGPM 1901)."""
MAX_SAMPLES: Final = 20_000
"""In one batch: 100 s at 200 Hz."""
RATES: Final = (0.5, 2000.0)
"""Hertz."""
MAX_G: Final = 200.0
"""The widest range of accelerometers that are worn; most end at 16."""
MAX_WAVE: Final = 1e9
"""Raw counts of a converter of 24 bits stay far below."""
MAX_INTERVALS: Final = 2_000
INTERVAL_S: Final = (0.1, 10.0)
"""600 beats a minute, and a pause that nobody stays conscious over."""

_UNITS: Final = {"g": 1.0, "[g]": 1.0, "mg": 1e-3, "m/s2": 1.0 / STANDARD_GRAVITY}


def acceleration(
    device: str,
    samples: ArrayLike,
    *,
    rate: float,
    unit: str = "g",
    wear: Wear = Wear.ELSEWHERE,
    t: int | None = None,
    number: int | None = None,
) -> AccelerationRead | Refused:
    """Return a batch of an accelerometer.

    Parameters
    ----------
    samples
        (N, 3) in `unit`, N from 1 to `MAX_SAMPLES`.
    rate
        Hertz, within `RATES`.
    unit
        ``g`` (also ``[g]``, its name in UCUM), ``mg`` (thousandths) or ``m/s2``.
    """
    what = "acceleration"
    if unit not in _UNITS:
        return Refused(what, f"expected a unit of {', '.join(_UNITS)}, got {unit[:20]!r}")
    found = _array(what, samples, rate)
    if isinstance(found, Refused):
        return found
    if found.ndim != 2 or found.shape[1] != 3:
        return Refused(what, f"expected (N, 3) samples, got {found.shape}")
    in_g = found * _UNITS[unit]
    if not bool(np.all(np.abs(in_g) <= MAX_G)):
        return Refused(what, f"expected samples within ±{MAX_G:g} g")
    return AccelerationRead(
        device=device, t=t, number=number, samples=in_g.astype(np.float32), rate=rate, wear=wear
    )


def wave(
    device: str,
    samples: ArrayLike,
    *,
    rate: float,
    ecg: bool,
    t: int | None = None,
    number: int | None = None,
) -> WaveRead | Refused:
    """Return a batch of a raw pulse wave or ECG: `samples` (N,), any unit, `rate` in hertz."""
    what = "ecg" if ecg else "pulse wave"
    found = _array(what, samples, rate)
    if isinstance(found, Refused):
        return found
    if found.ndim != 1:
        return Refused(what, f"expected (N,) samples, got {found.shape}")
    if not bool(np.all(np.abs(found) <= MAX_WAVE)):
        return Refused(what, f"expected samples within ±{MAX_WAVE:g}")
    return WaveRead(
        device=device, t=t, number=number, samples=found.astype(np.float32), rate=rate, ecg=ecg
    )


def intervals(
    device: str, seconds: Sequence[float], *, t: int | None = None, number: int | None = None
) -> IntervalsRead | Refused:
    """Return times between beats, in seconds, oldest first."""
    if not 1 <= len(seconds) <= MAX_INTERVALS:
        return Refused("intervals", f"expected 1 to {MAX_INTERVALS} of them, got {len(seconds)}")
    low, high = INTERVAL_S
    for each in seconds:
        if not low <= each <= high:
            return Refused("intervals", f"expected {low:g} to {high:g} s, got {each:g}")
    return IntervalsRead(device=device, t=t, number=number, seconds=tuple(seconds))


def _array(what: str, samples: ArrayLike, rate: float) -> NDArray[np.float64] | Refused:
    low, high = RATES
    if not low <= rate <= high:
        return Refused(what, f"expected a rate of {low:g} to {high:g} Hz, got {rate:g}")
    try:
        found = np.asarray(samples, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return Refused(what, "expected rows of equal length")
    if not 1 <= found.shape[0] <= MAX_SAMPLES:
        return Refused(what, f"expected 1 to {MAX_SAMPLES} samples, got {found.shape[0]}")
    return found
