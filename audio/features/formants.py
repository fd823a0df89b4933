"""Resonances of the vocal tract: spectra of short frames in, frequency and bandwidth of three out.

Linear prediction by the autocorrelation method (Markel & Gray 1976) of the frame as it would be at
11 kHz: the autocorrelation is summed from the power spectrum up to 5.5 kHz, so nothing needs
resampling. Formants are the roots of the predictor in order of frequency, without a limit on
bandwidth (Eyben et al. 2016, section 6.1; Praat's way without its bounds).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audio.features.frames import SHORT_HZ, Real, running_mean

ORDER: Final = 11
BAND_HZ: Final = 5500.0
FORMANTS: Final = 3
LOWEST_HZ: Final = 50.0
EMPHASIS_HZ: Final = 50.0
"""From here on the spectrum is raised by 6 dB an octave."""
SMOOTH: Final = 5
"""Bins over which a spectrum is averaged before noise is taken from it."""
SHARE: Final = 1.0
LEFT: Final = 0.02
"""So much of a bin is left, however loud the noise."""
_USED: Final = int(np.flatnonzero(SHORT_HZ <= BAND_HZ)[-1]) + 1


def _to_lags() -> Real:
    """Return what takes a power spectrum to emphasised autocorrelation, shape (bins, lags)."""
    hz = SHORT_HZ[:_USED]
    turn = np.pi * hz / BAND_HZ
    keep = np.exp(-np.pi * EMPHASIS_HZ / BAND_HZ)
    emphasis = 1 + keep**2 - 2 * keep * np.cos(turn)
    weight = np.where(hz == 0, 1.0, 2.0) * emphasis
    return np.asarray(np.cos(np.outer(turn, np.arange(ORDER + 1))) * weight[:, None])


_LAGS: Final = _to_lags()


def quietened(power: Real) -> Real:
    """Return power spectra without as much noise as there is above 5.5 kHz, as if it were white.

    A voice has little there, so it hardly changes; in a noisy room the poles stay on the voice.
    """
    noise = power[:, _USED:].mean(1, keepdims=True)
    smooth = running_mean(power, SMOOTH)
    return np.asarray(np.maximum(smooth - SHARE * noise, LEFT * smooth))


def predictor(lags: Real) -> Real:
    """Return prediction polynomials, shape (frames, lags), the first coefficient 1.

    Levinson's recursion (Markel & Gray 1976, section 3.3).

    Parameters
    ----------
    lags
        Autocorrelation from lag 0 on, shape (frames, lags).
    """
    frames, count = lags.shape
    out = np.zeros((frames, count))
    out[:, 0] = 1.0
    error = lags[:, 0].copy()
    for order in range(1, count):
        known = out[:, :order]
        reflected = -np.einsum("fo,fo->f", known, lags[:, order:0:-1]) / error
        out[:, 1 : order + 1] += reflected[:, None] * known[:, ::-1]
        error *= 1 - reflected**2
    return out


def formants(power: Real) -> tuple[Real, Real]:
    """Return frequencies and bandwidths of F1 to F3 in Hz, shape (frames, 3); 0: there is none.

    Parameters
    ----------
    power
        Power spectra of short frames, shape (frames, 257).
    """
    lags = np.asarray(power[:, :_USED], np.float64) @ _LAGS
    lags[:, 0] = lags[:, 0] * (1 + 1e-9) + 1e-12
    polynomials = predictor(lags)
    companion = np.zeros((len(polynomials), ORDER, ORDER))
    companion[:, 0] = -polynomials[:, 1:]
    companion[:, np.arange(1, ORDER), np.arange(ORDER - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    hz = np.angle(roots) * (BAND_HZ / np.pi)
    wide = -np.log(np.maximum(np.abs(roots), 1e-9)) * (2 * BAND_HZ / np.pi)
    good = (hz > LOWEST_HZ) & (hz < BAND_HZ - LOWEST_HZ)
    hz = np.where(good, hz, np.inf)
    order = np.argsort(hz, axis=1)[:, :FORMANTS]
    hz, wide = np.take_along_axis(hz, order, 1), np.take_along_axis(wide, order, 1)
    found = np.isfinite(hz)
    return np.where(found, hz, 0.0), np.where(found, wide, 0.0)
