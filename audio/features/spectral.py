"""Loudness, balance, flux and cepstrum: spectra of short frames in, one number a frame out.

Definitions of Eyben et al. 2016 (GeMAPS), section 3.1 and 6.1; the auditory spectrum is that of
Hermansky 1990 ("Perceptual linear predictive analysis of speech", JASA 87(4)), the mel scale and
the scaling of the cepstrum those of the HTK book (Young et al. 2006, section 5.4 and 5.6).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.frames import HAMMING, SHORT_HZ, Real

BANDS: Final = 26
LOWEST_HZ: Final = 20.0
HIGHEST_HZ: Final = 8000.0
COMPRESSION: Final = 0.33
MFCCS: Final = 4
LIFTER: Final = 22
MEL_FLOOR: Final = 1e-8
"""Least power of a band before its logarithm; digital silence is as quiet as this."""
LOUDNESS_FLOOR: Final = 2.0**-30
"""Least power of a band for loudness: one step of 16 bits."""
FULL_SCALE: Final = float((HAMMING.sum(dtype=np.float64) / 2) ** 2)
"""Power of a sine of amplitude 1 in its bin; loudness is that of power over it."""
POWER_FLOOR: Final = 1e-12


def mel(hz: Real | float) -> Real:
    """Return mel of Hz (HTK book, equation 5.13)."""
    return np.asarray(1127.0 * np.log1p(np.asarray(hz) / 700.0))


def _bands() -> tuple[NDArray[np.float32], Real]:
    """Return triangles of shape (bins, 26), and the middles of the bands in Hz."""
    edges = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), BANDS + 2)
    at = mel(SHORT_HZ)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return triangles.astype(np.float32), 700.0 * np.expm1(edges[1:-1] / 1127.0)


def _equal_loudness(hz: Real) -> Real:
    """Return the ear's weight of power at 40 dB (Hermansky 1990, equation 7)."""
    w2 = (2 * np.pi * hz) ** 2
    return np.asarray((w2 + 56.8e6) * w2**2 / ((w2 + 6.3e6) ** 2 * (w2 + 0.38e9)))


def _cosines() -> Real:
    """Return the liftered cosine transform, shape (26, 4)."""
    order = np.arange(1, MFCCS + 1)
    at = np.arange(BANDS)[:, None] + 0.5
    lifter = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return np.asarray(np.sqrt(2 / BANDS) * np.cos(np.pi * order * at / BANDS) * lifter)


def _slope(low: float, high: float) -> tuple[slice, Real]:
    """Return the bins of a range, and what gives the regression slope per Hz."""
    bins = np.flatnonzero((low <= SHORT_HZ) & (high >= SHORT_HZ))
    hz = SHORT_HZ[bins] - SHORT_HZ[bins].mean()
    return slice(bins[0], bins[-1] + 1), hz / (hz**2).sum()


_TRIANGLES, _MIDDLES = _bands()
_EAR: Final = _equal_loudness(_MIDDLES)
_COSINES: Final = _cosines()
_LOW_SLOPE: Final = _slope(0.0, 500.0)
_HIGH_SLOPE: Final = _slope(500.0, 1500.0)


def _range(low: float, high: float) -> slice:
    bins = np.flatnonzero((low <= SHORT_HZ) & (high >= SHORT_HZ))
    return slice(bins[0], bins[-1] + 1)


_ALPHA_LOW: Final = _range(50.0, 1000.0)
_ALPHA_HIGH: Final = _range(1000.01, 5000.0)
_BELOW_2K: Final = _range(0.0, 2000.0)
_ABOVE_2K: Final = _range(2000.01, 5000.0)


def mel_power(power: Real) -> Real:
    """Return the power in each of 26 mel bands, shape (frames, 26)."""
    return np.asarray(power @ _TRIANGLES, np.float64)


def loudness(bands: Real) -> Real:
    """Return the sum of the auditory spectrum (dimensionless), shape (frames,)."""
    heard = np.maximum(bands, LOUDNESS_FLOOR) / FULL_SCALE * _EAR
    return np.asarray((heard**COMPRESSION).sum(1))


def mfcc(bands: Real) -> Real:
    """Return MFCC 1 to 4, shape (frames, 4); those of digital silence are 0."""
    return np.asarray(np.log(np.maximum(bands, MEL_FLOOR)) @ _COSINES)


def alpha_ratio(power: Real) -> Real:
    """Return the energy of 1 to 5 kHz over that of 50 to 1000 Hz, dB; 0 in digital silence."""
    return _ratio_db(
        power[:, _ALPHA_HIGH].sum(1, dtype=np.float64),
        power[:, _ALPHA_LOW].sum(1, dtype=np.float64),
    )


def hammarberg(power: Real) -> Real:
    """Return the strongest peak below 2 kHz over that of 2 to 5 kHz, dB; 0 in digital silence."""
    return _ratio_db(power[:, _BELOW_2K].max(1), power[:, _ABOVE_2K].max(1))


def slopes(power: Real) -> tuple[Real, Real]:
    """Return the slopes of the power spectrum, 0 to 500 and 500 to 1500 Hz, dB per Hz."""
    level = 10 * np.log10(
        np.maximum(power[:, : _HIGH_SLOPE[0].stop], POWER_FLOOR), dtype=np.float64
    )
    return level[:, _LOW_SLOPE[0]] @ _LOW_SLOPE[1], level[:, _HIGH_SLOPE[0]] @ _HIGH_SLOPE[1]


def flux(magnitude: Real, before: Real) -> Real:
    """Return the root mean square change of the magnitude spectrum since the frame before.

    Parameters
    ----------
    magnitude, before
        Spectra of the frames and of those 10 ms earlier, shape (frames, 257).
    """
    change = magnitude - before
    square = np.einsum("fb,fb->f", change, change, dtype=np.float64)
    return np.asarray(np.sqrt(square / magnitude.shape[1]))


def _ratio_db(upper: Real, lower: Real) -> Real:
    upper, lower = np.asarray(upper, np.float64), np.asarray(lower, np.float64)
    heard = np.maximum(upper, lower) > POWER_FLOOR
    ratio = np.maximum(upper, POWER_FLOOR) / np.maximum(lower, POWER_FLOOR)
    return np.where(heard, 10 * np.log10(ratio), 0.0)
