"""How probably a rhythm is irregularly irregular, from intervals alone. For research only.

Two numbers from the literature, and the less suspicious one counts, so that each can veto: the
coefficient of sample entropy, which is high only where no pattern repeats (Lake and Moorman 2011,
Am J Physiol Heart Circ Physiol 300:H319; their cut is -1.4), and the root mean square of
differences over the mean interval (Dash et al. 2009, Ann Biomed Eng 37:1701; their cut is 0.1).
Early beats in a steady rhythm raise the second, not the first. No recording of an irregular rhythm
was at hand: the steepness is an assumption, and the answer is withheld in between.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vitals.beats.detect import Floats
from vitals.beats.intervals import POSSIBLE_S, Flags

LEAST: Final = 60
"""Intervals; Lake and Moorman show 12 to do, Dash et al. use 128."""
ENTROPY_CUT: Final = -1.4
ENTROPY_STEEP: Final = 8.0
SPREAD_CUT: Final = 0.1
SPREAD_STEEP: Final = 60.0
UNSURE: Final = (0.2, 0.8)
"""Between these the answer is withheld."""
RADIUS_S: Final = 0.03
MATCHES: Final = 5
"""The radius grows until so many pairs of two intervals match (Lake and Moorman 2011)."""


def irregular(seconds: Floats, sure: Flags) -> float | None:
    """Return the probability that a rhythm is irregularly irregular; None when unsure.

    Parameters
    ----------
    seconds
        Intervals in order (N,), early and late ones included.
    sure
        Which were measured well (N,).
    """
    keep = sure & (seconds >= POSSIBLE_S[0]) & (seconds <= POSSIBLE_S[1])
    pairs = keep[1:] & keep[:-1]
    if int(keep.sum()) < LEAST or int(pairs.sum()) < LEAST - 1:
        return None
    steps = np.diff(seconds)[pairs]
    mean = float(seconds[keep].mean())
    spread = float(np.sqrt(np.square(steps).mean())) / mean
    entropy = _entropy(seconds[:-1][pairs], seconds[1:][pairs]) - float(np.log(mean))
    odds = min(ENTROPY_STEEP * (entropy - ENTROPY_CUT), SPREAD_STEEP * (spread - SPREAD_CUT))
    probability = float(1.0 / (1.0 + np.exp(-np.clip(odds, -20.0, 20.0))))
    return None if UNSURE[0] < probability < UNSURE[1] else probability


def _entropy(first: Floats, second: Floats) -> float:
    """Return the quadratic sample entropy (m = 1) of pairs of intervals that follow each other."""
    one = np.abs(first[:, None] - first[None])
    two = np.abs(second[:, None] - second[None])
    upper = np.triu_indices(len(first), 1)
    one, two = one[upper], two[upper]
    both = np.sort(np.maximum(one, two))
    radius = max(RADIUS_S, float(both[min(MATCHES, len(both)) - 1]))
    a = int((both <= radius).sum())
    b = int((one <= radius).sum())
    return float(-np.log(a / b) + np.log(2.0 * radius))
