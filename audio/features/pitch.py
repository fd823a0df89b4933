"""Candidates of the fundamental frequency: spectra of long frames in, six candidates a frame out.

Subharmonic summation (Hermes 1988, "Measurement of pitch by subharmonic summation", JASA 83(1))
with the settings of GeMAPS (Eyben et al. 2016, section 6.1): 15 harmonics, each weighing 0.85 times
the one below it, up to 6 candidates between 55 and 1000 Hz. The voicing of a candidate is one less
the mean of the sum spectrum over the candidate's peak. Which candidate is the pitch is decided in
`viterbi`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.frames import LONG_HZ, Real

LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 1000.0
CANDIDATES: Final = 6
HARMONICS: Final = 15
COMPRESSION: Final = 0.85
FLOOR_HZ: Final = 25.0
"""Where the logarithmic scale begins."""
POINTS: Final = len(LONG_HZ)
"""Of the logarithmic scale; as many as the linear one has."""
OCTAVE: Final = (POINTS - 1) / np.log2(LONG_HZ[-1] / FLOOR_HZ)
"""Points an octave."""
LOW_EAR_HZ: Final = 65.0
"""Where the weight of the ear is one half."""


def _spline() -> NDArray[np.float32]:
    """Return the matrix that takes a linear spectrum to the logarithmic scale by cubic splines.

    Natural splines through even knots: the second derivatives M of knots y hold
    M[i-1] + 4 M[i] + M[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]), and are 0 at both ends. SciPy has them
    too, and takes 50 MB of memory for it (measured).
    """
    at = FLOOR_HZ * 2 ** (np.arange(POINTS) / OCTAVE)
    at[-1] = LONG_HZ[-1]
    knots = np.eye(POINTS)
    inner = POINTS - 2
    system = 4 * np.eye(inner) + np.eye(inner, k=1) + np.eye(inner, k=-1)
    bends = np.zeros((POINTS, POINTS))
    bends[1:-1] = np.linalg.solve(system, 6 * (knots[:-2] - 2 * knots[1:-1] + knots[2:]))
    left = np.minimum((at / LONG_HZ[1]).astype(int), POINTS - 2)
    past = (at / LONG_HZ[1] - left)[:, None]
    short = 1 - past
    straight = short * knots[left] + past * knots[left + 1]
    bent = (short**3 - short) * bends[left] + (past**3 - past) * bends[left + 1]
    matrix = (straight + bent / 6).T
    # A spline reaches far with tiny weights, and numbers below the normal range are slow.
    return np.asarray(np.where(np.abs(matrix) > 1e-6, matrix, 0.0), np.float32)


def _strips(matrix: NDArray[np.float32]) -> list[tuple[slice, slice, NDArray[np.float32]]]:
    """Return the parts of a banded matrix that hold everything: rows, columns, and weights."""
    found = []
    for first in range(0, matrix.shape[1], _STRIP):
        columns = slice(first, min(first + _STRIP, matrix.shape[1]))
        there = np.flatnonzero(matrix[:, columns].any(axis=1))
        rows = slice(int(there[0]), int(there[-1]) + 1)
        found.append((rows, columns, np.ascontiguousarray(matrix[rows, columns])))
    return found


def _weighting() -> NDArray[np.float32]:
    """Return how well the ear hears each point: an arc tangent over octaves (Hermes 1988)."""
    octaves = np.arange(POINTS) / OCTAVE
    centre = np.log2(LOW_EAR_HZ / FLOOR_HZ)
    return np.asarray(0.5 + np.arctan(3.0 * (octaves - centre)) / np.pi, np.float32)


_STRIP: Final = 32
"""Points that are computed together: all weights of so many lie close together."""
_SPLINE: Final = _strips(_spline())
_WEIGHTING: Final = _weighting()
_SHIFTS: Final = np.rint(np.log2(np.arange(1, HARMONICS + 1)) * OCTAVE).astype(int)
_FIRST: Final = int(np.ceil(np.log2(LOWEST_HZ / FLOOR_HZ) * OCTAVE))
_LAST: Final = int(np.floor(np.log2(HIGHEST_HZ / FLOOR_HZ) * OCTAVE))


@dataclass(frozen=True)
class Candidates:
    """What the pitch of each frame may be.

    Attributes
    ----------
    hz
        Shape (frames, 6), from the strongest to the weakest; 0 where there are fewer.
    voicing
        Shape (frames, 6), 0..1; 0 where there is no candidate.
    """

    hz: Real
    voicing: Real


def enhanced(magnitude: Real) -> Real:
    """Return spectra with what is far from any peak set to zero, then smoothed (Hermes 1988).

    Parameters
    ----------
    magnitude
        Shape (frames, bins).
    """
    peak = np.zeros(magnitude.shape, bool)
    middle = magnitude[:, 1:-1]
    peak[:, 1:-1] = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:])
    near = peak.copy()
    for shift in (1, 2):
        near[:, shift:] |= peak[:, :-shift]
        near[:, :-shift] |= peak[:, shift:]
    kept = np.where(near, magnitude, np.float32(0))
    smooth = kept * np.float32(0.5)
    smooth[:, 1:] += np.float32(0.25) * kept[:, :-1]
    smooth[:, :-1] += np.float32(0.25) * kept[:, 1:]
    return smooth


def sums(magnitude: Real) -> Real:
    """Return the subharmonic sum spectrum, shape (frames, points of the logarithmic scale)."""
    spectrum = enhanced(magnitude)
    heard = np.empty((len(spectrum), POINTS), np.float32)
    for rows, columns, weights in _SPLINE:
        heard[:, columns] = spectrum[:, rows] @ weights
    heard = np.maximum(heard, 0) * _WEIGHTING
    total = heard.copy()
    weight = 1.0
    for shift in _SHIFTS[1:]:
        weight *= COMPRESSION
        total[:, :-shift] += np.float32(weight) * heard[:, shift:]
    return total


def candidates(magnitude: Real) -> Candidates:
    """Return the candidates of each frame.

    Parameters
    ----------
    magnitude
        Magnitude spectra of long frames, shape (frames, 513).
    """
    total = sums(magnitude)
    frames = np.arange(len(total))[:, None]
    inside = total[:, _FIRST : _LAST + 1]
    before, after = total[:, _FIRST - 1 : _LAST], total[:, _FIRST + 1 : _LAST + 2]
    height = np.where((inside > before) & (inside >= after), inside, np.float32(0))
    if not len(total):
        return Candidates(np.zeros((0, CANDIDATES)), np.zeros((0, CANDIDATES)))
    best = np.argpartition(-height, CANDIDATES, axis=1)[:, :CANDIDATES]
    order = np.argsort(-height[frames, best], axis=1, kind="stable")
    best = best[frames, order]
    peak = height[frames, best].astype(np.float64)
    left, right = before[frames, best].astype(np.float64), after[frames, best].astype(np.float64)
    bend = left - 2 * peak + right
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.where(bend < 0, 0.5 * (left - right) / bend, 0.0)
        top = peak - 0.25 * (left - right) * offset
        voicing = np.where(peak > 0, 1 - total.mean(1, dtype=np.float64)[:, None] / top, 0.0)
    hz = np.where(peak > 0, FLOOR_HZ * 2 ** ((best + _FIRST + offset) / OCTAVE), 0.0)
    return Candidates(hz, np.clip(voicing, 0.0, 1.0))
