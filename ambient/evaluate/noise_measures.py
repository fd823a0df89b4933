"""How large errors of pose landmarks are, by the groups that the noise recipe tells apart.

Comes in: landmarks or their errors. Goes out: root mean squares, lengths of the body in them, and
how much of a wandering path is left when its means are taken away.
"""

from __future__ import annotations

from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from models.skeletons.figures import Seven
from models.skeletons.landmarks import HIPS, SHOULDERS
from models.skeletons.wander import wander

Floats = NDArray[np.float64]
TAU_S: Final = 0.2
"""How fast the network's unrest forgets."""
MARKS: Final = ([0, 2, 5, 7, 8], [11, 12], [13, 14], [15, 16], [23, 24], [25, 26], [27, 28])
"""The landmarks that stand for each of `GROUPS`."""


def kept_share(tau_s: float, fps: float, over_s: float) -> float:
    """Return how much of a path that forgets in `tau_s` is left when means `over_s` are taken."""
    size = max(2, round(over_s * fps))
    path = wander(np.random.default_rng(0), np.arange(800 * size) / fps, tau_s)
    pieces = path.reshape(-1, size)
    return rms(pieces - pieces.mean(axis=1, keepdims=True))


def rms(values: Floats) -> float:
    """Return the root mean square of all values."""
    return float(np.sqrt(np.mean(values**2)))


def seven(row: Floats) -> Seven:
    """Return a figure for each group (7,), as the recipe keeps it."""
    return cast(Seven, tuple(round(float(value), 4) for value in row))


def spread(piece: Floats) -> float:
    """Return how much a piece (T, ...) moves about its mean, root mean square."""
    return rms(piece - piece.mean(axis=0))


def trunk(uv: Floats) -> Floats:
    """Return the length of the trunk (T,) of landmarks (T, 33, axes)."""
    out: Floats = np.linalg.norm(uv[:, SHOULDERS].mean(1) - uv[:, HIPS].mean(1), axis=-1)
    return out


def extent(uv: Floats) -> Floats:
    """Return the larger side (T,) of what landmarks (T, 33, axes) cover."""
    out: Floats = np.ptp(uv, axis=1).max(-1)
    return out
