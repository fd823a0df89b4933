"""The 88 functionals of eGeMAPS v02: rows of descriptors in, one number for each name out.

Definitions of Eyben et al. 2016, section 3.2; names as published, in the published order. Where a
descriptor ends in ``nz``, rows in which it is 0 do not count.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.descriptors import Descriptors, Lld
from audio.features.frames import HAMMING, STEP_S, Real

PERCENTILES: Final = (20.0, 50.0, 80.0)
PEAK: Final = 0.1
"""Least height of a turn, as a share of the contour's range."""
WINDOW: Final = float(np.mean(np.square(HAMMING, dtype=np.float64)))
"""What the window leaves of a short frame's energy: the published level is of windowed frames
(docs/voice-features.md)."""
_SHAPED: Final = {
    "F0semitoneFrom27.5Hz_sma3nz": Lld.F0_SEMITONES,
    "loudness_sma3": Lld.LOUDNESS,
}
_EVERYWHERE: Final = {
    "spectralFlux_sma3": Lld.FLUX,
    "mfcc1_sma3": Lld.MFCC1,
    "mfcc2_sma3": Lld.MFCC2,
    "mfcc3_sma3": Lld.MFCC3,
    "mfcc4_sma3": Lld.MFCC4,
}
_NONZERO: Final = (
    Lld.JITTER,
    Lld.SHIMMER,
    Lld.HNR,
    Lld.H1_H2,
    Lld.H1_A3,
    Lld.F1,
    Lld.F1_WIDTH,
    Lld.F1_LEVEL,
    Lld.F2,
    Lld.F2_WIDTH,
    Lld.F2_LEVEL,
    Lld.F3,
    Lld.F3_WIDTH,
    Lld.F3_LEVEL,
)
_VOICED: Final = {
    "alphaRatioV_sma3nz": Lld.ALPHA_RATIO,
    "hammarbergIndexV_sma3nz": Lld.HAMMARBERG,
    "slopeV0-500_sma3nz": Lld.SLOPE_LOW,
    "slopeV500-1500_sma3nz": Lld.SLOPE_HIGH,
    "spectralFluxV_sma3nz": Lld.FLUX,
    "mfcc1V_sma3nz": Lld.MFCC1,
    "mfcc2V_sma3nz": Lld.MFCC2,
    "mfcc3V_sma3nz": Lld.MFCC3,
    "mfcc4V_sma3nz": Lld.MFCC4,
}
_UNVOICED: Final = {
    "alphaRatioUV_sma3nz": Lld.ALPHA_RATIO,
    "hammarbergIndexUV_sma3nz": Lld.HAMMARBERG,
    "slopeUV0-500_sma3nz": Lld.SLOPE_LOW,
    "slopeUV500-1500_sma3nz": Lld.SLOPE_HIGH,
    "spectralFluxUV_sma3nz": Lld.FLUX,
}


def functionals(rows: Descriptors) -> dict[str, float]:
    """Return the 88 functionals of a stretch of sound, in the published order.

    A functional of nothing (no voice at all, say) is 0.
    """
    voiced = rows.voiced
    out: dict[str, float] = {}
    for name, lld in _SHAPED.items():
        column = rows[lld]
        contour = column[column > 0] if lld is Lld.F0_SEMITONES else column
        out |= _moments(name, contour) | _shape(name, contour)
    for name, lld in _EVERYWHERE.items():
        out |= _moments(name, rows[lld])
    for lld in _NONZERO:
        out |= _moments(lld.value, _nonzero(rows[lld]))
    for name, lld in _VOICED.items():
        out |= _moments(name, _nonzero(rows[lld][voiced]))
    for name, lld in _UNVOICED.items():
        out[f"{name}_amean"] = _mean(_nonzero(rows[lld][~voiced]))
    seconds = max(rows.seconds, STEP_S)
    with_voice, without = lengths(voiced), lengths(~voiced)
    peaks, _ = turns(rows[Lld.LOUDNESS], _least(rows[Lld.LOUDNESS]))
    power = WINDOW * _mean(rows[Lld.ENERGY])
    out["loudnessPeaksPerSec"] = len(peaks) / seconds
    out["VoicedSegmentsPerSec"] = len(with_voice) / seconds
    out["MeanVoicedSegmentLengthSec"] = _mean(with_voice)
    out["StddevVoicedSegmentLengthSec"] = _spread(with_voice)
    out["MeanUnvoicedSegmentLength"] = _mean(without)
    out["StddevUnvoicedSegmentLength"] = _spread(without)
    out["equivalentSoundLevel_dBp"] = float(10 * np.log10(max(power, 1e-12)))
    return out


def lengths(inside: NDArray[np.bool_]) -> Real:
    """Return the lengths in seconds of the stretches in which `inside` holds.

    From the first row to the last, as published: a single row has length 0.
    """
    edges = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    return np.asarray((np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0) - 1) * STEP_S)


def turns(contour: Real, height: float) -> tuple[list[int], list[int]]:
    """Return where a contour has peaks and valleys that differ by at least `height`.

    Smaller ripples do not count. The ends of the contour can be valleys, not peaks.
    """
    if len(contour) < 3:
        return [], []
    step = np.diff(contour)
    moving = np.flatnonzero(step != 0)
    if not len(moving):
        return [], []
    turning = moving[1:][np.sign(step[moving[1:]]) != np.sign(step[moving[:-1]])]
    points = [0, *turning.tolist(), len(contour) - 1]
    values = contour.tolist()
    peaks: list[int] = []
    valleys: list[int] = []
    low = high = 0
    rising: bool | None = None
    for at in points[1:]:
        value = values[at]
        if value > values[high]:
            high = at
        if value < values[low]:
            low = at
        if rising is not False and values[high] - value >= height and high > 0:
            if rising is None and low < high:
                valleys.append(low)
            peaks.append(high)
            rising, low, high = False, at, at
        elif rising is not True and value - values[low] >= height:
            valleys.append(low)
            rising, low, high = True, at, at
    if rising is False:
        valleys.append(low)
    return peaks, valleys


def slopes(contour: Real) -> tuple[Real, Real]:
    """Return the slopes of the parts that rise and of those that fall, a second; both positive."""
    peaks, valleys = turns(contour, _least(contour))
    marks = sorted([(at, True) for at in peaks] + [(at, False) for at in valleys])
    rising: list[float] = []
    falling: list[float] = []
    for (begin, _), (end, up) in itertools.pairwise(marks):
        slope = abs(float(contour[end] - contour[begin])) / ((end - begin) * STEP_S)
        (rising if up else falling).append(slope)
    return np.array(rising), np.array(falling)


def _least(contour: Real) -> float:
    return PEAK * float(np.ptp(contour)) if len(contour) else 0.0


def _moments(name: str, values: Real) -> dict[str, float]:
    mean, spread = _mean(values), _spread(values)
    # As published: the sign is that of the mean.
    return {f"{name}_amean": mean, f"{name}_stddevNorm": spread / mean if mean else 0.0}


def _shape(name: str, contour: Real) -> dict[str, float]:
    low, middle, high = np.percentile(contour, PERCENTILES) if len(contour) else (0.0, 0.0, 0.0)
    rising, falling = slopes(contour)
    return {
        f"{name}_percentile20.0": float(low),
        f"{name}_percentile50.0": float(middle),
        f"{name}_percentile80.0": float(high),
        f"{name}_pctlrange0-2": float(high - low),
        f"{name}_meanRisingSlope": _mean(rising),
        f"{name}_stddevRisingSlope": _spread(rising),
        f"{name}_meanFallingSlope": _mean(falling),
        f"{name}_stddevFallingSlope": _spread(falling),
    }


def _nonzero(values: Real) -> Real:
    return np.asarray(values[values != 0])


def _mean(values: Real) -> float:
    return float(values.mean()) if len(values) else 0.0


def _spread(values: Real) -> float:
    return float(values.std()) if len(values) else 0.0
