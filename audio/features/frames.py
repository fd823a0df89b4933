"""How sound is cut into frames: lengths, windows and spectra that the descriptors share.

In: 16 kHz mono samples in [-1, 1]. Out: overlapping frames every 10 ms, and their spectra. Windows
are those of GeMAPS (Eyben et al. 2016, section 6.1): 60 ms with a Gaussian for F0, voice quality
and harmonics, 20 ms with a Hamming window for the rest; both are padded with zeros to the next
power of two.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.blocks import RATE, Samples
from models.fourier import rfft

__all__ = ["RATE", "Samples"]

Real = NDArray[np.floating]
STEP: Final = 160
"""Samples between frames: 10 ms."""
LONG: Final = 960
"""Samples of a long frame: 60 ms."""
SHORT: Final = 320
"""Samples of a short frame: 20 ms."""
LONG_FFT: Final = 1024
ACF_FFT: Final = 2048
"""Long enough for an autocorrelation of a long frame that does not wrap around."""
SHORT_FFT: Final = 512
STEP_S: Final = STEP / RATE
SIGMA: Final = 0.4
"""Of the Gaussian, in halves of the window (Eyben et al. 2016)."""


def _gauss(length: int) -> Samples:
    at = (np.arange(length) - (length - 1) / 2) / ((length - 1) / 2)
    return np.asarray(np.exp(-0.5 * (at / SIGMA) ** 2), np.float32)


GAUSS: Final = _gauss(LONG)
HAMMING: Final = np.hamming(SHORT).astype(np.float32)
LONG_HZ: Final = np.arange(LONG_FFT // 2 + 1) * (RATE / LONG_FFT)
"""Frequencies of the bins of a long frame."""
SHORT_HZ: Final = np.arange(SHORT_FFT // 2 + 1) * (RATE / SHORT_FFT)


def count(samples: int, length: int) -> int:
    """Return how many whole frames of `length` samples there are in so many samples."""
    return max(0, (samples - length) // STEP + 1)


def cut(samples: Samples, length: int) -> Samples:
    """Return the frames of `samples`, one every 10 ms, as a view of shape (frames, length)."""
    frames = count(len(samples), length)
    if frames == 0:
        return np.empty((0, length), np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples, length)[::STEP][:frames]


def long_spectrum(windowed: Samples) -> NDArray[np.complex64]:
    """Return the spectrum of windowed long frames, shape (frames, 1025).

    Every second bin is one of a spectrum of `LONG_FFT`.
    """
    return np.asarray(rfft(windowed, ACF_FFT))


def short_spectrum(frames: Samples) -> NDArray[np.complex64]:
    """Return the spectrum of short frames under a Hamming window, shape (frames, 257)."""
    return np.asarray(rfft(frames * HAMMING, SHORT_FFT))


def running_mean(values: Real, width: int) -> Real:
    """Return the means over `width` neighbours, an odd number, along rows; edges are repeated."""
    half = width // 2
    padded = np.pad(values, ((0, 0), (half + 1, half)), mode="edge")
    padded[:, 0] = 0
    summed = np.cumsum(padded, axis=1, dtype=np.float64)
    return np.asarray((summed[:, width:] - summed[:, :-width]) / width, values.dtype)
