"""What tells a loudspeaker from a person in the room: frames of speech in, numbers out.

A loudspeaker has a band of its own with resonances, a programme is compressed and has no silence
of its own, and it radiates otherwise into the room than a mouth. All numbers are differences, so
the distance to the microphone and its gain change nothing. Only what lies below 3.7 kHz is looked
at: recorded speech that is trained with ends at 4 kHz, and a model would learn that instead.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.sounds.mel import CENTRES_HZ

Floats = NDArray[np.float32]

TOP_HZ: Final = 3700.0
USED: Final = int((CENTRES_HZ < TOP_HZ).sum()) // 4 * 4
"""Bands that are looked at."""
GROUPS: Final = USED // 4
FEWEST: Final = 60
"""Frames of 10 ms that are needed."""
_LAGS: Final = (3, 6, 12)
_LEVELS: Final = (5, 25, 50, 75, 95)
COUNT: Final = USED // 2 + 4 * GROUPS + len(_LEVELS) + 4 * len(_LAGS) + 3


def features(frames: Floats) -> Floats:
    """Return the (COUNT,) numbers of frames (T, BANDS) of one stretch of speech.

    Raises
    ------
    ValueError
        For fewer frames than `FEWEST`.
    """
    if len(frames) < FEWEST:
        raise ValueError(f"expected at least {FEWEST} frames of speech, got {len(frames)}")
    used = frames[:, :USED]
    level = used.mean(axis=1)
    loud = used[level >= np.median(level)]
    spectrum = loud.reshape(len(loud), -1, 2).mean(axis=(0, 2))
    groups = used.reshape(len(used), GROUPS, 4).mean(axis=2)
    top = np.percentile(groups, 90, axis=0)
    spread = top - np.percentile(groups, 10, axis=0)
    moves = np.abs(np.diff(groups, axis=0)).mean(axis=0)
    floor = np.percentile(groups, 3, axis=0)
    deep = floor - floor.mean()
    # How the spectrum of pauses differs from that of speech: a room's noise, or the programme's.
    apart = (top - top.mean()) - deep
    heights = np.percentile(level, _LEVELS) - level.mean()
    slopes = [
        value
        for lag in _LAGS
        for value in np.percentile(level[lag:] - level[:-lag], (3, 15, 85, 97))
    ]
    # The syllables' beat, 2 to 8 Hz, beside all changes of level.
    power = np.square(np.abs(np.fft.rfft(level - level.mean())))
    hertz = np.arange(len(power)) * 100.0 / len(level)
    total = float(power.sum()) + 1e-9
    beat = [
        float(power[(hertz >= a) & (hertz < b)].sum()) / total for a, b in ((0, 2), (2, 8), (8, 20))
    ]
    whole = np.concatenate(
        [spectrum - spectrum.mean(), spread, moves, deep, apart, heights, slopes, beat]
    )
    return np.asarray(whole, np.float32)
