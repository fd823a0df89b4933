"""Voice quality from the spectrum: long frames and their F0 in, HNR and harmonic differences out.

HNR is the logarithmic ratio of the autocorrelation at the period to what is left of the energy
(Eyben et al. 2016, section 6.1), the autocorrelation divided by that of the window, as it must be
for the ratio to be that of harmonic to noise (Boersma 1993, "Accurate short-term analysis of the
fundamental frequency and the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17).
Harmonic differences and the levels of formants are ratios of peaks of the same spectrum.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.frames import ACF_FFT, GAUSS, RATE, Real
from models.fourier import irfft

HNR_FLOOR_DB: Final = -100.0
UNVOICED_DB: Final = -201.0
"""Level of a formant in a frame without voice; the published set counts it."""
REACH: Final = 0.04
"""The period's peak is sought within this share of the period."""
FORMANT_RANGE: Final = 0.2
"""A formant's harmonics lie within this share of its frequency."""
_LAGS: Final = RATE // 50
_BIN_HZ: Final = RATE / ACF_FFT


def _unwindow() -> NDArray[np.float32]:
    power = np.abs(np.fft.rfft(GAUSS.astype(np.float64), ACF_FFT)) ** 2
    acf = np.fft.irfft(power)[: _LAGS + 2]
    return np.asarray(acf[0] / acf, np.float32)


_UNWINDOW: Final = _unwindow()
_BASS: Final = np.clip(2 - np.arange(ACF_FFT // 2 + 1) * _BIN_HZ / 1000, 0, 1).astype(np.float32)
"""Weight of each bin: all up to 1 kHz, nothing from 2 kHz on."""
_BINS: Final = np.arange(ACF_FFT // 2 + 1, dtype=np.float32)


def autocorrelation(power: Real) -> Real:
    """Return the normalised autocorrelation of the sound under the window, shape (frames, lags).

    Parameters
    ----------
    power
        Power spectra of long frames under the window, shape (frames, 1025).
    """
    acf = irfft(power, ACF_FFT)[:, : _LAGS + 2]
    return np.asarray(acf / np.maximum(acf[:, :1], np.float32(1e-20)) * _UNWINDOW)


def likeness(power: Real, hz: Real) -> Real:
    """Return the autocorrelation at the periods of candidates of pitch, of `hz`'s shape.

    Only what is below 2 kHz counts: it is not as sharp, so it can be read between samples.

    Parameters
    ----------
    power
        Power spectra of long frames under the window, shape (frames, 1025).
    hz
        Shape (frames, candidates); 0 where there is none, which gives 0.
    """
    acf = autocorrelation(power * _BASS)
    lag = np.where(hz > 0, RATE / np.maximum(hz, 1.0), 0.0).clip(0, _LAGS)
    whole = lag.astype(int)
    part = lag - whole
    low = np.take_along_axis(acf, whole, 1)
    high = np.take_along_axis(acf, whole + 1, 1)
    return np.where(hz > 0, (1 - part) * low + part * high, 0.0)


def hnr(acf: Real, power: Real, f0: Real) -> Real:
    """Return the harmonics-to-noise ratio in dB, shape (frames,).

    Parameters
    ----------
    acf
        What `autocorrelation` gave, shape (frames, lags).
    power
        Power spectra of long frames under the window, shape (frames, 1025).
    f0
        Hz, all above 50, shape (frames,).
    """
    if not len(f0):
        return np.zeros(0)
    lag = np.arange(_LAGS + 2)
    period = (RATE / f0)[:, None]
    near = np.abs(lag - period) <= np.maximum(REACH * period, 1.0)
    near[:, [0, -1]] = False
    at = np.where(near, acf, -np.inf).argmax(1)
    rows = np.arange(len(f0))
    left, peak, right = (acf[rows, at + step].astype(np.float64) for step in (-1, 0, 1))
    bend = left - 2 * peak + right
    inner = (bend < 0) & (peak >= left) & (peak >= right)
    exact = at + np.where(inner, 0.5 * (left - right) / np.where(inner, bend, -1.0), 0.0)
    # Between samples a parabola is too low for a voice with much treble: the spectrum knows.
    turn = (2 * np.pi / ACF_FFT) * exact.astype(np.float32)
    wave = np.cos(turn[:, None] * _BINS)
    wave[:, 1:-1] *= 2
    total = power.sum(1, dtype=np.float64) * 2 - power[:, 0] - power[:, -1]
    there = np.einsum("fb,fb->f", wave, power, dtype=np.float64) / np.maximum(total, 1e-20)
    peak = np.maximum(peak, there * np.interp(exact, lag, _UNWINDOW))
    # More than 1 - 1e-5 is beyond what single precision can tell (50 dB).
    peak = np.clip(peak, 1e-12, 1 - 1e-5)
    return np.asarray(np.maximum(10 * np.log10(peak / (1 - peak)), HNR_FLOOR_DB))


def relations(magnitude: Real, f0: Real, formants_hz: Real) -> tuple[Real, Real, Real]:
    """Return H1-H2, H1-A3 and the levels of F1 to F3 over H1, all in dB.

    Parameters
    ----------
    magnitude
        Magnitude spectra of long frames, shape (frames, 1025).
    f0
        Hz, shape (frames,).
    formants_hz
        Shape (frames, 3); 0 where there is none.

    Returns
    -------
    h1_h2, h1_a3
        Shape (frames,); 0 where it cannot be said.
    levels
        Shape (frames, 3); `UNVOICED_DB` where there is no formant.
    """
    if not len(f0):
        return np.zeros(0), np.zeros(0), np.zeros((0, 3))
    first = _peak(magnitude, f0, f0 / 4)
    second = _peak(magnitude, 2 * f0, f0 / 4)
    reach = np.maximum(FORMANT_RANGE * formants_hz, f0[:, None] / 2)
    strongest = np.column_stack(
        [_peak(magnitude, formants_hz[:, at], reach[:, at]) for at in range(3)]
    )
    there = formants_hz > 0
    h1_h2 = 20 * np.log10(first / second)
    h1_a3 = np.where(there[:, 2], 20 * np.log10(first / strongest[:, 2]), 0.0)
    levels = np.where(there, 20 * np.log10(strongest / first[:, None]), UNVOICED_DB)
    return h1_h2, h1_a3, levels


def _peak(magnitude: Real, middle: Real, reach: Real) -> Real:
    """Return the greatest magnitude within `reach` of `middle` (Hz), shape (frames,)."""
    low = np.rint((middle - reach) / _BIN_HZ).astype(int).clip(0, magnitude.shape[1] - 1)
    high = np.rint((middle + reach) / _BIN_HZ).astype(int).clip(0, magnitude.shape[1] - 1)
    at = low[:, None] + np.arange(int((high - low).max()) + 1)
    inside = at <= high[:, None]
    taken = np.take_along_axis(magnitude, np.minimum(at, magnitude.shape[1] - 1), 1)
    return np.asarray(np.maximum(np.where(inside, taken, 0).max(1), 1e-9), np.float64)
