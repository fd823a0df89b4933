"""Beats in a stretch of raw pulse wave or ECG, and how much each looks like the others.

Two moving averages: one as wide as the peak, one as wide as the beat; where the narrow one is above
the wide one there is a beat. Pulse wave: Elgendi et al. 2013 (PLoS ONE 8:e76585); ECG: Elgendi et
al. 2010 (BIOSIGNALS, 428). Each beat's shape is compared with the median shape (Orphanidou et al.
2015, IEEE J Biomed Health Inform 19:832).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from ambient.errors import UsageError

Floats = NDArray[np.float64]

RATES: Final = (20.0, 2000.0)
"""Hertz of waves that are taken in."""
SHORTEST_S: Final = 4.0
GAP_S: Final = 0.3
"""Beats are further apart than this: 200 a minute."""
STOPPED_S: Final = 0.35
"""So long a run of the very same number is a sensor that says nothing; tops of pulses that are cut
off at the end of the range take up to 0.2 s."""
FLAT_S: Final = 0.04
"""So long a run of the largest number of a stretch, and of three samples at least, is the end of
the range: where between its sides the peak was is not known."""
PEAK_S: Final = 0.1
"""Around a beat where such a run is looked for."""
SHAPE: Final = (0.25, 0.45)
"""Before and after its peak, as shares of the usual interval, that a beat's shape is looked at."""
POINTS: Final = 48
EDGE: Final = 0.5
"""So near to the beginning, as a share of the usual interval, the filter still settles."""
LOUD: Final = (0.25, 4.0)
"""Height of a peak over the usual one; beyond is movement."""
RISE_S: Final = 0.3
"""Before a pulse's peak that its steepest rise is looked for."""
STRAY_S: Final = 0.025
"""A pulse's peak that comes so much sooner or later after its steepest rise than usual is not
where the beat put it: recorded clean pulses stray by 3 to 5 ms."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Band of the signal in hertz, widths of peak and beat in seconds, offset as share of power."""

    band: tuple[float, float]
    peak_s: float
    beat_s: float
    offset: float


PULSE: Final = _Kind((0.5, 8.0), 0.111, 0.667, 0.02)
ECG: Final = _Kind((8.0, 20.0), 0.097, 0.611, 0.08)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Beats of a stretch.

    Attributes
    ----------
    at
        Places (B,) in samples, between samples too.
    like
        Likeness (B,), 0..1.
    delay
        Seconds (B,) from the steepest rise to the peak of a pulse; NaN in an ECG.
    """

    at: Floats
    like: Floats
    delay: Floats

    @staticmethod
    def none() -> Found:
        """Return no beats."""
        return Found(np.zeros(0), np.zeros(0), np.zeros(0))


def beats(wave: Floats, rate: float, *, ecg: bool) -> Found:
    """Return the beats in a stretch.

    Parameters
    ----------
    wave
        (N,), in any unit, peaks upwards (an ECG either way), 4 s or more.
    rate
        Hertz, 20 to 2000; an ECG needs 60.
    ecg
        Whether it is an ECG.

    Raises
    ------
    UsageError
        The rate cannot be.
    """
    kind = ECG if ecg else PULSE
    least = 60.0 if ecg else RATES[0]
    if not least <= rate <= RATES[1]:
        raise UsageError(
            f"wave: expected {least:g} to {RATES[1]:g} hertz, got {rate:g}; look at what the "
            "device's parser gives"
        )
    if len(wave) < SHORTEST_S * rate or not np.isfinite(wave).all() or np.ptp(wave) == 0.0:
        return Found.none()
    band = np.asarray(sosfiltfilt(_filter(kind.band, rate), wave))
    power = np.square(band if ecg else np.maximum(band, 0.0))
    narrow = uniform_filter1d(power, max(1, round(kind.peak_s * rate)))
    wide = uniform_filter1d(power, round(kind.beat_s * rate))
    above = narrow > wide + kind.offset * power.mean()
    edges = np.flatnonzero(np.diff(np.r_[False, above, False]))
    starts, ends = edges[::2], edges[1::2]
    keep = ends - starts >= kind.peak_s * rate
    height = np.abs(band) if ecg else band
    peaks = [a + int(height[a:b].argmax()) for a, b in zip(starts[keep], ends[keep], strict=True)]
    chosen = _apart(np.asarray(peaks, np.int64), height, GAP_S * rate)
    chosen = chosen[(chosen > 0) & (chosen < len(wave) - 1)]
    if not len(chosen):
        return Found.none()
    at = _between(height, chosen)
    like = _likeness(band, height, chosen, wave, rate)
    if ecg:
        return Found(at, like, np.full(len(at), np.nan))
    delay = (at - _rises(band, chosen, rate)) / rate
    return Found(at, np.where(_strays(delay, like), 0.0, like), delay)


@lru_cache(maxsize=16)
def _filter(band: tuple[float, float], rate: float) -> Floats:
    high = min(band[1], 0.45 * rate)
    return np.asarray(butter(2, (band[0], high), "bandpass", fs=rate, output="sos"))


def _apart(peaks: NDArray[np.int64], height: Floats, gap: float) -> NDArray[np.int64]:
    """Return the peaks without those that a higher one is too close to."""
    while len(peaks) > 1:
        close = np.flatnonzero(np.diff(peaks) < gap)
        if not len(close):
            break
        lower = np.where(height[peaks[close]] < height[peaks[close + 1]], close, close + 1)
        peaks = np.delete(peaks, lower)
    return peaks


def _between(height: Floats, at: NDArray[np.int64]) -> Floats:
    """Return places of peaks by the parabola through three samples (Smith 2011, app. D)."""
    left, top, right = height[at - 1], height[at], height[at + 1]
    curve = left - 2.0 * top + right
    shift = np.where(curve < 0.0, 0.5 * (left - right) / np.where(curve < 0.0, curve, -1.0), 0.0)
    return np.asarray(at + shift.clip(-0.5, 0.5))


def _rises(band: Floats, at: NDArray[np.int64], rate: float) -> Floats:
    """Return places (B,) of the steepest rise before each peak, between samples too."""
    slope = np.diff(band)
    width = max(3, round(RISE_S * rate))
    around = (at[:, None] - width + np.arange(width)).clip(1, len(slope) - 2)
    steepest = around[np.arange(len(at)), slope[around].argmax(axis=1)]
    return _between(slope, steepest) + 0.5


def _strays(delay: Floats, like: Floats) -> NDArray[np.bool_]:
    """Return which beats' peaks are not as long after their rises as those of beats alike."""
    alike = delay[like > 0.0]
    if not len(alike):
        return np.zeros(len(delay), np.bool_)
    return np.asarray(np.abs(delay - np.median(alike)) > STRAY_S)


def _likeness(
    band: Floats, height: Floats, at: NDArray[np.int64], wave: Floats, rate: float
) -> Floats:
    """Return the correlation of each beat's shape with the median shape (B,), 0 where none is."""
    if len(at) < 3:
        return np.zeros(len(at))
    usual = float(np.median(np.diff(at)))
    offsets = np.linspace(-SHAPE[0], SHAPE[1], POINTS) * usual
    places = at[:, None] + offsets
    whole = (at >= EDGE * usual) & (places[:, -1] <= len(band) - 1)
    shapes = np.interp(places.ravel(), np.arange(len(band)), band).reshape(places.shape)
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    shapes /= np.maximum(np.sqrt(np.square(shapes).sum(axis=1, keepdims=True)), 1e-12)
    if whole.sum() < 3:
        return np.zeros(len(at))
    median = np.median(shapes[whole], axis=0)
    like = shapes @ (median / max(float(np.sqrt(np.square(median).sum())), 1e-12))
    share = height[at] / max(float(np.median(height[at])), 1e-12)
    loud = (share < LOUD[0]) | (share > LOUD[1])
    still = np.r_[False, np.diff(wave) == 0.0]
    stopped = _run(still, at, int(usual), max(2, round(STOPPED_S * rate)))
    top = still & (wave == wave.max())
    flat = _run(top, at, round(PEAK_S * rate), max(3, round(FLAT_S * rate)))
    return np.where(loud | ~whole | stopped | flat, 0.0, like.clip(0.0, 1.0))


def _run(
    still: NDArray[np.bool_], at: NDArray[np.int64], near: int, width: int
) -> NDArray[np.bool_]:
    """Return which beats have `width` samples of one number within `near` of them.

    `still` says which samples are the same as the one before them.
    """
    same = np.r_[0, np.cumsum(still)]
    ends = np.arange(width, len(still) + 1)
    runs = np.zeros(len(still) + 1, np.bool_)
    runs[ends] = same[ends] - same[ends - width + 1] >= width - 1
    total = np.r_[0, np.cumsum(runs)]
    begin = np.maximum(at - near, 0)
    end = np.minimum(at + near + width, len(still))
    return np.asarray(total[end + 1] > total[begin])
