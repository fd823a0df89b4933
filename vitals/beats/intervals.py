"""Times between beats, cleaned: which of them are from one normal beat to the next.

Comes in: intervals in seconds and which of them can be relied on. Goes out: which count for
variability. Missed and extra beats and early ones (ectopic) stand out from their neighbours; how
far is set by the spread of the stretch itself (after Lipponen and Tarvainen 2019, J Med Eng
Technol 43:173: 5.2 quartile deviations), between bounds. They also come all at once, as those
authors ask of a change from one interval to the next: where a heart slows down and speeds up again
step by step, with a deep breath, no beat was missed.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from vitals.beats.detect import Floats

POSSIBLE_S: Final = (0.3, 2.2)
"""Outside is no interval of one beat: 27 to 200 a minute."""
AROUND: Final = 11
"""Intervals of the running median."""
QUARTILES: Final = 5.2
STRAY: Final = (0.15, 0.35)
"""A share of its neighbours' median beyond which an interval strays: at least, at most."""

Flags = NDArray[np.bool_]


def normal(seconds: Floats, sure: Flags) -> Flags:
    """Return which intervals (N,) are from one normal beat to the next.

    Parameters
    ----------
    seconds
        Intervals in order, (N,).
    sure
        Which were measured well, (N,).
    """
    keep = sure & (seconds >= POSSIBLE_S[0]) & (seconds <= POSSIBLE_S[1])
    known = seconds[keep]
    if len(known) < 5:
        return np.zeros(len(seconds), np.bool_)
    around = median_filter(known, min(AROUND, len(known) // 2 * 2 - 1), mode="mirror")
    off = np.abs(known / around - 1.0)
    low, high = np.percentile(known / around, [25, 75])
    limit = min(max(QUARTILES * float(high - low) / 2, STRAY[0]), STRAY[1])
    out = keep.copy()
    out[keep] = off <= limit
    return out | _step_by_step(seconds, keep, out, limit)


def _step_by_step(seconds: Floats, keep: Flags, counted: Flags, limit: float) -> Flags:
    """Return the intervals that stray, but were come to and left in steps within the limit."""
    steps = np.maximum(seconds[1:] / seconds[:-1], seconds[:-1] / seconds[1:]) - 1.0
    small = (steps <= limit) & keep[1:] & keep[:-1]
    edges = np.flatnonzero(np.diff(counted.astype(np.int8)))
    found = np.zeros(len(seconds), np.bool_)
    for before, last in itertools.pairwise(edges.tolist()):
        # Steps from the last that counts to the next that does.
        if counted[before] and small[before : last + 1].all():
            found[before + 1 : last + 1] = True
    return found
