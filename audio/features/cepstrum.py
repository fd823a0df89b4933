"""Smoothed cepstral peak prominence: spectra of long frames in, one number in dB a frame out.

Hillenbrand & Houde 1996 ("Acoustic correlates of breathy vocal quality", JSHR 39): the cepstrum is
smoothed over time and quefrency, and the prominence is how far its peak among the periods of voice
stands above a line fitted through the cepstrum.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audio.features.frames import ACF_FFT, RATE, Real, running_mean
from models.fourier import irfft

BAND_HZ: Final = 5000.0
"""The spectrum up to here counts."""
HIGHEST_HZ: Final = 400.0
LOWEST_HZ: Final = 60.0
FIT_S: Final = (0.001, 0.05)
"""The line is fitted to this range, as Praat does: a shorter one is lifted by the peak itself."""
WIDTH_S: Final = 0.001
"""Smoothed over so much quefrency, and over three frames."""
FLOOR: Final = 1e-12
_BINS: Final = int(BAND_HZ / RATE * ACF_FFT)
_QUEFRENCY: Final = np.arange(_BINS) / (2 * BAND_HZ)
COUNT: Final = int(FIT_S[1] * 2 * BAND_HZ) + 1
"""Quefrencies that are kept."""
_WIDTH: Final = int(WIDTH_S * 2 * BAND_HZ) | 1
_FIT: Final = slice(int(FIT_S[0] * 2 * BAND_HZ), COUNT)
_VOICE: Final = slice(int(2 * BAND_HZ / HIGHEST_HZ), int(2 * BAND_HZ / LOWEST_HZ) + 1)


def cepstra(power: Real) -> Real:
    """Return power cepstra, smoothed over quefrency, shape (frames, quefrencies).

    Parameters
    ----------
    power
        Power spectra of long frames, shape (frames, 1025).
    """
    level = 10 * np.log10(power[:, : _BINS + 1] + np.float32(FLOOR))
    cepstrum = irfft(level, 2 * _BINS)[:, : COUNT + _WIDTH]
    return np.asarray(running_mean(cepstrum**2, _WIDTH)[:, :COUNT])


def prominence(smoothed: Real) -> Real:
    """Return the prominence of the peak in dB, shape (frames,).

    Parameters
    ----------
    smoothed
        Power cepstra, smoothed over quefrency and time.
    """
    level = 10 * np.log10(np.asarray(smoothed, np.float64) + FLOOR)
    at = _QUEFRENCY[_FIT] - _QUEFRENCY[_FIT].mean()
    slope = level[:, _FIT] @ at / (at**2).sum()
    middle = level[:, _FIT].mean(1)
    best = level[:, _VOICE].argmax(1)
    peak = level[np.arange(len(level)), best + _VOICE.start]
    line = middle + slope * (_QUEFRENCY[best + _VOICE.start] - _QUEFRENCY[_FIT].mean())
    return np.asarray(peak - line)
