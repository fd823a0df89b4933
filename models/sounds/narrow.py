"""What the network of words hears: samples in, 32 bands between 60 Hz and 3.8 kHz out.

The bands and windows that the speech embedding was trained with by its authors: a window of 25 ms
(Hann) in the middle of 512 samples, every 10 ms, triangles on Slaney's mel scale (Auditory Toolbox,
1998) each of equal area, in decibels, divided by ten. The level is taken away, so a whisper nearby
and a shout far off are alike: the loudest band of what is looked at stands at `TOP`, and what lies
80 dB below it is nothing. Pure.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.fourier import rfft

Floats = NDArray[np.float32]

RATE: Final = 16_000
HOP: Final = 160
SIZE: Final = 512
BANDS: Final = 32
LOWEST_HZ: Final = 60.0
HIGHEST_HZ: Final = 3800.0
TOP: Final = 9.0
"""Of the loudest band, in tens of decibels; chosen on synthetic words (the card)."""
RANGE: Final = 8.0
_KNEE_HZ: Final = 1000.0
_LINEAR_HZ: Final = 200.0 / 3.0
_STEP: Final = float(np.log(6.4) / 27.0)


def _filters() -> Floats:
    """Return (SIZE / 2 + 1, BANDS) weights."""
    low, high = (_mel(LOWEST_HZ), _mel(HIGHEST_HZ))
    corner = np.array([_hertz(m) for m in np.linspace(low, high, BANDS + 2)])
    bins = (np.arange(SIZE // 2 + 1) * RATE / SIZE)[:, None]
    rise = (bins - corner[:-2]) / np.diff(corner)[:-1]
    fall = (corner[2:] - bins) / np.diff(corner)[1:]
    weights = np.maximum(0.0, np.minimum(rise, fall))
    return np.asarray(weights * 2.0 / (corner[2:] - corner[:-2]), np.float32)


def _mel(hertz: float) -> float:
    if hertz < _KNEE_HZ:
        return hertz / _LINEAR_HZ
    return _KNEE_HZ / _LINEAR_HZ + float(np.log(hertz / _KNEE_HZ)) / _STEP


def _hertz(mel: float) -> float:
    knee = _KNEE_HZ / _LINEAR_HZ
    if mel < knee:
        return mel * _LINEAR_HZ
    return _KNEE_HZ * float(np.exp(_STEP * (mel - knee)))


FILTERS: Final = _filters()
_HANN: Final = np.zeros(SIZE, np.float32)
_HANN[56:456] = np.hanning(401)[:-1]


def count(samples: int) -> int:
    """Return how many frames so many samples hold."""
    return max(0, (samples - SIZE) // HOP + 1)


def narrow(samples: Floats) -> Floats:
    """Return the frames (m, `BANDS`) of samples (n,), m = `count` (n)."""
    frames = count(len(samples))
    if frames == 0:
        return np.empty((0, BANDS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, SIZE)[::HOP][:frames]
    spectrum = np.asarray(rfft(windows * _HANN))
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    bands = np.log10(np.maximum(power @ FILTERS, 1e-10))
    return np.asarray(np.maximum(bands - bands.max() + TOP, TOP - RANGE), np.float32)
