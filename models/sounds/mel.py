"""Log-mel energies every 10 ms: samples in, frames out; the same in training and in a node.

64 bands from 60 Hz to 7.6 kHz on the mel scale of O'Shaughnessy (1987), 2595 log10(1 + f / 700),
windows of 25 ms (Hann), power in natural logarithm above a floor of about -100 dBFS. Pure; a frame
depends on its own 400 samples alone, so however sound is cut, the frames are the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.fourier import rfft

Floats = NDArray[np.float32]

RATE: Final = 16_000
HOP: Final = 160
WINDOW: Final = 400
SIZE: Final = 512
BANDS: Final = 64
LOWEST_HZ: Final = 60.0
HIGHEST_HZ: Final = 7600.0
FLOOR: Final = 1e-10
"""Power added to each band: what lies below is no sound."""
QUIET: Final = float(np.log(FLOOR))
"""What a band holds in digital silence."""
HOP_S: Final = HOP / RATE
_CHUNK: Final = 6000
"""Frames that are transformed at once, so that a day of sound does not fill the memory."""


def edges() -> NDArray[np.float64]:
    """Return the (BANDS + 2,) corners of the triangular bands, Hz."""
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (LOWEST_HZ, HIGHEST_HZ))
    return np.asarray(700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0))


def _filters() -> Floats:
    """Return (SIZE / 2 + 1, BANDS) weights; each band sums to 1, so noise gives its density."""
    bins = np.arange(SIZE // 2 + 1) * RATE / SIZE
    corner = edges()
    low, middle, high = corner[:-2], corner[1:-1], corner[2:]
    rise = (bins[:, None] - low) / (middle - low)
    fall = (high - bins[:, None]) / (high - middle)
    weights = np.maximum(0.0, np.minimum(rise, fall))
    # The lowest bands are narrower than a bin: none may be empty.
    empty = weights.sum(axis=0) < 0.2
    weights[np.abs(bins[:, None] - middle).argmin(axis=0)[empty], np.flatnonzero(empty)] = 1.0
    return np.asarray(weights / weights.sum(axis=0), np.float32)


_FILTERS: Final = _filters()
_HANN: Final = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_SCALE: Final = np.float32(2.0 / float(np.square(_HANN, dtype=np.float64).sum()) / WINDOW)
CENTRES_HZ: Final = edges()[1:-1]


def count(samples: int) -> int:
    """Return how many whole frames so many samples hold."""
    return max(0, (samples - WINDOW) // HOP + 1)


def mel(samples: Floats) -> Floats:
    """Return the log-mel frames (m, `BANDS`) of samples (n,), m = `count` (n).

    Parameters
    ----------
    samples
        float32 at 16 kHz, full scale 1.
    """
    frames = count(len(samples))
    found = np.empty((frames, BANDS), np.float32)
    if frames == 0:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    for start in range(0, frames, _CHUNK):
        some = windows[start : start + _CHUNK]
        spectrum = np.asarray(rfft(some * _HANN, SIZE))
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        found[start : start + len(some)] = np.log(power @ _FILTERS * _SCALE + np.float32(FLOOR))
    return found


class Streaming:
    """`mel` of sound that comes in pieces."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)

    def push(self, samples: Floats) -> Floats:
        """Take in samples (n,); return the frames (m, BANDS) that are whole now."""
        held = np.concatenate((self._rest, samples)) if self._rest.size else samples
        frames = count(len(held))
        found = mel(held[: (frames - 1) * HOP + WINDOW]) if frames else mel(held[:0])
        self._rest = held[frames * HOP :].copy()
        return found

    def reset(self) -> None:
        """Forget what was heard."""
        self._rest = np.zeros(0, np.float32)


_WIDTHS: Final = (np.diff(edges())[1:] * SIZE / RATE * WINDOW / SIZE).astype(np.float32)
"""By what a band's density is multiplied to give its power: its width in bins of the window."""


def level_db(frames: Floats) -> Floats:
    """Return the level (m,) of frames (m, BANDS), dBFS, -140 at least: what the bands hold."""
    power = (np.exp(frames) - np.float32(FLOOR)) @ _WIDTHS
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-14)), np.float32)
