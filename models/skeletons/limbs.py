"""Limbs of world landmarks: a network errs in directions, hardly in lengths.

World landmarks with errors go in, the same with limbs as long as they were come out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.skeletons.joints import Array
from models.skeletons.landmarks import HIPS, SHOULDERS

_BONES: Final = (
    (11, 13, (13,)), (12, 14, (14,)), (13, 15, (15, 17, 19, 21)), (14, 16, (16, 18, 20, 22)),
    (23, 25, (25,)), (24, 26, (26,)), (25, 27, (27, 29, 31)), (26, 28, (28, 30, 32)),
)  # fmt: skip
"""From where, to where, and the landmarks that go along; nearer bones first."""
_UPPER: Final = slice(0, 13)


def lengths_of(points: Array) -> Array:
    """Return typical lengths (11,) in landmarks (T, 33, 3): trunk, half widths, `_BONES`."""
    trunk = points[:, SHOULDERS].mean(1) - points[:, HIPS].mean(1)
    wide, narrow = points[:, 11] - points[:, 12], points[:, 23] - points[:, 24]
    vectors = [trunk, 0.5 * wide, 0.5 * narrow]
    vectors += [points[:, end] - points[:, start] for start, end, _ in _BONES]
    stacked = np.stack(vectors)
    return np.asarray(np.median(_norm(stacked), axis=-1))


def boned(points: Array, lengths: Array) -> Array:
    """Return landmarks (T, 33, 3), the hips' middle at 0, with limbs of these lengths.

    Directions are kept; face, hands and feet go along with what carries them.
    """
    out = points.copy()
    shoulders = points[:, SHOULDERS].mean(1)
    out[:, _UPPER] += (_sized(shoulders, lengths[0]) - shoulders)[:, None]
    for at, pair in ((1, SHOULDERS), (2, HIPS)):
        half = 0.5 * (out[:, pair[0]] - out[:, pair[1]])
        middle = 0.5 * (out[:, pair[0]] + out[:, pair[1]])
        sized = _sized(half, lengths[at])
        out[:, pair[0]], out[:, pair[1]] = middle + sized, middle - sized
    for at, (start, end, along) in enumerate(_BONES, start=3):
        bone = points[:, end] - points[:, start]
        shift = out[:, start] + _sized(bone, lengths[at]) - points[:, end]
        out[:, list(along)] = points[:, list(along)] + shift[:, None]
    return out


def _norm(vectors: Array) -> Array:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)))


def _sized(vectors: Array, length: float) -> Array:
    out: Array = vectors * (length / np.maximum(_norm(vectors), 1e-3))[..., None]
    return out
