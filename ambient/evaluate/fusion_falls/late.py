"""A late "or" that is fitted elsewhere: scores of single senses in, one ranking out.

The best "or" of `figures` has the thresholds that are best on the very scenarios that it is
measured on, two or three free parameters that no site has. Here how the thresholds of the senses
lie to each other is chosen on other scenarios, of other recordings, as the weights of all senses
together are; one threshold is left, as theirs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.evaluate.fusion_falls.figures import LOST, Bools, Floats, area, sensitivity

OFFSETS: Final = tuple(np.arange(-4.0, 4.01, 0.25).tolist())
"""Log-odds that are tried for each sense but the first."""
FEW: Final = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Shares of everyday scenarios that may alarm, at which a fit is judged beside the area."""


class Scores(Struct, frozen=True):
    """Scenarios to fit on.

    Attributes
    ----------
    scores
        By the name of each single sense its log-odds (N,).
    alive
        In which scenarios it was.
    fall
        Whether somebody fell (N,).
    """

    scores: Mapping[str, Floats]
    alive: Mapping[str, Bools]
    fall: Bools


class LateOr(Struct, frozen=True):
    """How the thresholds of the senses lie to each other.

    Attributes
    ----------
    offsets
        By sense: added to its log-odds before the highest is taken.
    lost_is_prior
        Whether a sense that is lost counts as what it says before anything happened, else as
        saying nothing.
    """

    offsets: dict[str, float]
    lost_is_prior: bool

    def rank(self, scores: Mapping[str, Floats], alive: Mapping[str, Bools]) -> Floats:
        """Return the highest of the senses' log-odds, each with its offset (N,)."""
        ranked: Floats = np.max(
            [
                np.where(alive[name] | self.lost_is_prior, scores[name] + offset, LOST)
                for name, offset in self.offsets.items()
            ],
            axis=0,
        )
        return ranked


def fitted_or(sets: Sequence[Scores]) -> LateOr:
    """Return the "or" with the largest sum of mean area and mean sensitivity at `FEW`."""
    names = list(sets[0].scores)
    tried = (
        LateOr(dict(zip(names, (0.0, *offsets), strict=True)), prior)
        for prior in (False, True)
        for offsets in itertools.product(OFFSETS, repeat=len(names) - 1)
    )
    return max(tried, key=lambda one: _worth(one, sets))


def _worth(one: LateOr, sets: Sequence[Scores]) -> float:
    areas, hits = [], []
    for of in sets:
        score = one.rank(of.scores, of.alive)
        ones: NDArray[np.float64] = np.ones(len(of.fall))
        areas.append(area(score, of.fall, ones))
        hits += [sensitivity(score, of.fall, ones, few) for few in FEW]
    return float(np.mean(areas) + np.mean(hits))
