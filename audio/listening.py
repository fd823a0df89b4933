"""What one second of sound measures, as far as it tells how a microphone is.

Comes in: a second of samples. Goes out: `Listen`: its level, its constant part, and how far the
hum of the mains stands out of it. Pure and vectorised.

Mains hum is a set of lines at the multiples of 50 or 60 Hz, which stand on nothing: the power of a
line is that of its bins less what the bins beside it hold. So a rumble, or a voice that glides
past, is not taken for hum; a steady hum of a machine in the room is, and is as bad for hearing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audio.blocks import RATE, Samples
from models.fourier import rfft

WINDOW: Final = RATE
"""One second: bins of 1 Hz, so that 50 and 60 Hz and their multiples fall on bins."""
LINES: Final = 8
"""Multiples that are looked at: up to 400 and 480 Hz."""
WIDTH: Final = 3
"""Bins to each side that belong to a line: the main lobe of the Hann window (2), and the mains,
which drift by 0.2 Hz, times eight."""
LOWEST_HZ: Final = 20
"""Below this nothing is heard, and wind and doors push the membrane."""
FLOOR_DBFS: Final = -200.0
"""Said of digital silence."""

_HANN: Final = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_SCALE: Final = 2.0 / (float(np.square(_HANN, dtype=np.float64).sum()) * WINDOW)
_CENTRES: Final = np.outer((50, 60), np.arange(1, LINES + 1))
_LINE: Final = _CENTRES[..., None] + np.arange(-WIDTH, WIDTH + 1)
_BESIDE: Final = _CENTRES[..., None] + np.r_[-11:-4, 5:12]
_TOP: Final = int(_BESIDE.max()) + 1


@dataclass(frozen=True, slots=True)
class Listen:
    """Measures of one second.

    Attributes
    ----------
    level
        Root mean square without the constant part, dBFS (a full-scale square wave has 0).
    offset
        Mean, −1..1.
    hum
        Level of the mains' lines, dBFS.
    hum_ratio
        The power of these lines over that of everything else above 20 Hz, dB.
    """

    level: float
    offset: float
    hum: float
    hum_ratio: float


def listen(samples: Samples) -> Listen:
    """Measure one second of sound.

    Parameters
    ----------
    samples
        Shape (`WINDOW`,), finite.
    """
    offset = float(samples.mean(dtype=np.float64))
    moving = samples - np.float32(offset)
    power = float(np.dot(moving, moving)) / WINDOW
    if power == 0.0:
        return Listen(FLOOR_DBFS, offset, FLOOR_DBFS, 0.0)
    bins = np.asarray(rfft(moving * _HANN))[:_TOP]
    lines = np.square(np.abs(bins)) * _SCALE
    beside = np.median(lines[_BESIDE], axis=-1) * (2 * WIDTH + 1)
    hum = float(np.maximum(lines[_LINE].sum(axis=-1) - beside, 0.0).sum(axis=-1).max())
    rest = max(power - hum - float(lines[:LOWEST_HZ].sum()), 0.0)
    return Listen(_db(power), offset, _db(hum), _db(hum) - _db(rest))


def _db(power: float) -> float:
    """Return a power relative to full scale in dB, not below `FLOOR_DBFS`."""
    return max(10.0 * float(np.log10(power)), FLOOR_DBFS) if power > 0.0 else FLOOR_DBFS
