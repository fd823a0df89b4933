"""Log mel energies of speech, as the speaker network was trained on them.

In: samples at 16 kHz. Out: one row of 80 values for every 10 ms. The definition is Kaldi's
(Povey et al. 2011, *The Kaldi Speech Recognition Toolkit*; `compute-fbank-feats`): frames of 25 ms
that lie wholly in the signal, mean taken away, pre-emphasis 0.97, a Hann window to the power 0.85,
power spectrum of 512 points, 80 triangles of equal width in mel between 20 Hz and 8 kHz. Nothing is
dithered, so the same samples give the same rows.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE: Final = 16_000
FRAME: Final = 400
STEP: Final = 160
BANDS: Final = 80
_POINTS: Final = 512
_LOWEST_HZ: Final = 20.0
_PREEMPHASIS: Final = 0.97
_POWER: Final = 0.85
_FLOOR: Final = float(np.finfo(np.float32).eps)
"""Energy below which nothing is told apart."""

Samples = NDArray[np.float32]


def frames_in(samples: int) -> int:
    """Return how many rows `fbank` makes of so many samples."""
    return max(0, 1 + (samples - FRAME) // STEP)


def fbank(samples: Samples) -> NDArray[np.float32]:
    """Return natural logarithms of mel energies.

    Parameters
    ----------
    samples
        float32, shape (n,), at 16 kHz, n at least 400.

    Returns
    -------
    ndarray
        float32, shape (frames_in(n), 80).
    """
    frames = sliding_window_view(np.asarray(samples, np.float64), FRAME)[::STEP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    # In place, for each of these takes a megabyte.
    shaped = np.empty_like(frames)
    np.multiply(_PREEMPHASIS, frames[:, :1], out=shaped[:, :1])
    np.multiply(_PREEMPHASIS, frames[:, :-1], out=shaped[:, 1:])
    np.subtract(frames, shaped, out=shaped)
    del frames
    shaped *= _window()
    spectrum = np.fft.rfft(shaped, _POINTS, axis=1)
    del shaped
    power = spectrum.real**2
    power += spectrum.imag**2
    return np.log(np.maximum(power @ _bands(), _FLOOR)).astype(np.float32)


@cache
def _window() -> NDArray[np.float64]:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))
    return np.asarray(hann**_POWER, np.float64)


@cache
def _bands() -> NDArray[np.float64]:
    """Return (257, 80) weights; a band's triangle is straight in mel, not in Hz."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(RATE / 2), BANDS + 2)
    mel = _mel(np.arange(_POINTS // 2 + 1) * RATE / _POINTS)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    return np.asarray(np.clip(np.minimum(rising, falling), 0.0, None), np.float64)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0), np.float64)
