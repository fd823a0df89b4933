"""Whether two voices said the same, in whatever language: what they said in, log-odds out.

In: traces, what the speech embedding says of a voice every 80 ms
(`models.sounds.spotter.Said.trace`). One is slid over the other, and the mean correlation of what
lies side by side is turned to the odds that both are one word of one voice. Where no embedding is
asked, the shape of the spectrum must do, which tells far less. Pure.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SLOPE: Final = 15.0
EVEN: Final = 0.40
"""Odds of *the same word again* against another word, by the mean correlation. The slope is fitted
on 480 pairs of each by voices that are trained with, at -2 to 22 dB; where they are even, between
the correlation of calls in noise (0.57) and that of voices in talks and telephone calls (0.14)."""
CALLED: Final = 0.8
SPOKEN: Final = 0.01
"""Share of neighbours that say the same among those who call (a stated belief), and among other
voices that are loud and alone: 1 of 92 pairs of talks, television and telephone calls made with
voices that are trained with had a correlation above 0.6."""
_SLIDE: Final = 3
_LEAST: Final = 3
"""Rows that must lie side by side."""
_SHAPED: Final = 0.8
SHAPE_ODDS: Final = 1.68
"""Natural logarithm of the odds that a shape alike brings."""


def correlation(one: Floats, other: Floats) -> float:
    """Return the highest mean correlation of traces (n, W) and (m, W), slid by up to 0.24 s.

    Rows that have nothing beside them count as unlike.
    """
    if min(len(one), len(other)) < _LEAST:
        return 0.0
    table = _directions(one) @ _directions(other).T
    shorter = min(table.shape)
    best = 0.0
    for shift in range(-_SLIDE, _SLIDE + 1):
        beside = np.diagonal(table, shift)
        if len(beside) >= max(_LEAST, shorter - _SLIDE):
            best = max(best, float(beside.sum()) / shorter)
    return best


def log_odds(one: Floats, other: Floats) -> float:
    """Return by how much two traces raise or lower the log-odds of a call."""
    same = np.exp(min(30.0, SLOPE * (correlation(one, other) - EVEN)))
    ratio = (CALLED * same + 1 - CALLED) / (SPOKEN * same + 1 - SPOKEN)
    return float(np.log(ratio))


def shape_log_odds(one: Floats, other: Floats) -> float:
    """Return the same by the shapes (G,) of two spectra."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return SHAPE_ODDS if size > 0.0 and float(a @ b) / size >= _SHAPED else 0.0


def _directions(trace: Floats) -> Floats:
    size = np.linalg.norm(trace, axis=1, keepdims=True)
    return np.asarray(trace / np.maximum(size, 1e-9), np.float32)
