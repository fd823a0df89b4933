"""What is thought of one wearable: log-odds of each person in, a probability for each out.

Wearables of different subjects are on different bodies, so all of a camera are judged together.
What is not sure enough is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np

from fusion.who_evidence import Floats

SURE: Final = 0.99
"""Probability from which on it is said who wears what, or that nobody here does: the least at which
nothing wrong was said in the rooms that the weights are learned from."""
NOBODY: Final = 0.3
"""Probability beforehand that the wearer is none of those seen (assumed); the rest is shared."""
LEAST_MOVED_S: Final = 30.0
"""Nothing is sure of a wearable that moved for less than this of late: who sits still and what lies
on a table are alike."""
ASSIGNMENTS: Final = 4096
"""No more joint hypotheses than this are judged together; beyond it each wearer alone."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is thought of one wearable, as one camera sees it.

    Attributes
    ----------
    device, subject
        The wearable, and whose it is as configured.
    source
        The camera.
    tracks
        Probability by track.
    nobody
        Probability that the wearer is none of them.
    seconds
        So many in which it moved were compared with the likeliest track, forgotten ones left out.
    moved_s
        Seconds in which the wearable moved, whoever was seen, forgotten ones left out.
    """

    device: str
    subject: str | None
    source: str
    tracks: Mapping[int, float]
    nobody: float
    seconds: float
    moved_s: float

    @property
    def track(self) -> int | None:
        """The track that wears it, when that is sure."""
        best = max(self.tracks, key=lambda one: self.tracks[one], default=None)
        if best is None or self.tracks[best] < SURE or self.moved_s < LEAST_MOVED_S:
            return None
        return best

    @property
    def elsewhere(self) -> bool:
        """Whether it is sure that nobody seen wears it."""
        return self.nobody >= SURE and self.moved_s >= LEAST_MOVED_S

    def beside(self, track: int) -> Belief:
        """Return what is thought once a track has begun: it may be who was not seen."""
        half = 0.5 * self.nobody
        return replace(self, tracks={**self.tracks, track: half}, nobody=half)

    def without(self, track: int) -> Belief:
        """Return what is thought once a track has ended: that one is no longer named."""
        rest = {number: share for number, share in self.tracks.items() if number != track}
        return replace(self, tracks=rest)


def posterior(odds: list[Floats]) -> list[Floats]:
    """Return who wears what, of wearers whose wearables are not on one body.

    Parameters
    ----------
    odds
        For each wearer (people + 1,): log-odds of each person, and at the end of nobody seen.

    Returns
    -------
    For each wearer (people + 1,): the probability of each person, and at the end of nobody.
    """
    if not odds:
        return []
    people = len(odds[0]) - 1
    scores = np.stack(odds) + _prior(people)
    if people == 0:
        return [np.ones(1) for _ in odds]
    if len(odds) == 1 or (people + 1) ** len(odds) > ASSIGNMENTS:
        return [_normed(row) for row in scores]
    every = np.array(list(product(range(people + 1), repeat=len(odds))))
    alone = np.array([len(set(row[row < people])) == (row < people).sum() for row in every])
    every = every[alone]
    weights = _normed(scores[np.arange(len(odds)), every].sum(axis=1))
    return [
        np.asarray(np.bincount(every[:, i], weights, people + 1), np.float64)
        for i in range(len(odds))
    ]


def summed(odds: list[float]) -> float:
    """Return the logarithm of a sum of which the logarithms are given; most times of one."""
    return odds[0] if len(odds) == 1 else float(np.logaddexp.reduce(odds))


@lru_cache(maxsize=64)
def _prior(people: int) -> Floats:
    """Return the logarithms of what is thought beforehand: of each person, and of nobody seen."""
    return np.asarray(np.log(np.r_[np.full(people, (1.0 - NOBODY) / max(people, 1)), NOBODY]))


def _normed(scores: Floats) -> Floats:
    out = np.exp(scores - scores.max())
    return np.asarray(out / out.sum())
