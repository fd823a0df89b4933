"""How much the shape of a spectrum changes in time: a word is articulated, a snore keeps its shape.

In: frames of `models.sounds.mel`, and what was heard in the pause before them. Out: one number.
Noise beside a voice hides its shape, so the power of that noise is taken away first, and bands
count by how much of their power is the voice's. Pure.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LOUD: Final = 3.5
"""Natural logarithm of power (15 dB) below its loudest frame from which on a frame counts."""
_SPOKEN: Final = 45
"""Lowest bands, which tell of articulation: up to 3.3 kHz, which every recording holds."""
_SIDE_BY_SIDE: Final = 3
_FRAMES: Final = 5
"""Bands and frames whose mean power is looked at: that of one alone scatters by itself."""
_LEFT: Final = 0.5
"""Share of the noise's power under which a voice is not followed."""
_DEEPEST: Final = 1e-4
"""… and of the loudest power, where there is no noise: 40 dB."""
_FEWEST: Final = 3
"""Frames of which anything can be said."""


def articulation(frames: Floats, noise: Floats | None = None) -> float:
    """Return how much the shape of a spectrum changes in time.

    The standard deviation over time of the logarithm of power of each three bands, less the mean
    of all then, as a mean over the bands below 3.3 kHz, each weighed by the share of its power
    that is not the noise's; only while the sound is loud, and of means over 50 ms. Who says a
    word opens and closes the mouth; a snore, a moan or a machine keeps its shape.

    Parameters
    ----------
    frames
        (n, BANDS) of `models.sounds.mel`.
    noise
        (m, BANDS) of what was heard before, when nobody spoke; None where that is not known.
    """
    if len(frames) < _FEWEST:
        return 0.0
    power = _over_time(_grouped(frames))
    behind = np.zeros(power.shape[1]) if noise is None else _grouped(noise).mean(axis=0)
    voice = np.maximum(power - behind, 0.0)
    total = voice.sum(axis=1)
    loud = (total > 0.0) & (total >= total.max() * np.exp(-_LOUD))
    if loud.sum() < _FEWEST:
        return 0.0
    voice, power = voice[loud], power[loud]
    share = (voice / power).mean(axis=0)
    share /= share.sum()
    shape = np.log(voice + _LEFT * behind + _DEEPEST * voice.max())
    shape -= (shape * share).sum(axis=1, keepdims=True)
    return float((shape.std(axis=0) * share).sum())


def _grouped(frames: Floats) -> NDArray[np.float64]:
    """Return the mean power (n, bands / 3) of bands side by side."""
    power = np.exp(frames[:, :_SPOKEN].astype(np.float64))
    return np.asarray(power.reshape(len(frames), -1, _SIDE_BY_SIDE).mean(axis=2))


def _over_time(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running mean over frames; the first and the last go on beyond the ends."""
    half = _FRAMES // 2
    padded = np.pad(power, ((half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _FRAMES, axis=0)
    return np.asarray(windows.mean(axis=-1))
