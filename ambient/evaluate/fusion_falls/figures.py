"""Figures of ranked situations: scores in, areas, sensitivities and their intervals out.

The best "or" and "and" are given every advantage: their thresholds are those that are best on the
very scenarios that they are measured on. An "or" that was fitted elsewhere (`late`) is one more way
of judging. Recordings are drawn with replacement for intervals,
those of the camera and those of the wearable apart: scenarios share them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RESAMPLES: Final = 200
SEED: Final = 20240607
LEVELS: Final = 24
LOST: Final = -1e9
"""Log-odds of a sense that is lost and says nothing."""


class Interval(Struct, frozen=True):
    """A value with its percentile interval (95 %)."""

    value: float
    low: float
    high: float


class Ranking(Struct, frozen=True):
    """One way of judging.

    Attributes
    ----------
    area
        Under the curve of sensitivity against false alarms.
    sensitivity
        At the number of false alarms that is allowed.
    area_less, sensitivity_less
        How much less than all senses together, drawn in pairs.
    """

    area: Interval
    sensitivity: Interval
    area_less: Interval
    sensitivity_less: Interval


def area(score: Floats, fall: Bools, weight: Floats) -> float:
    """Return the area under the curve, ties counting half (Hanley and McNeil 1982)."""
    values, at = np.unique(score, return_inverse=True)
    falls = np.bincount(at, weight * fall, len(values))
    others = np.bincount(at, weight * ~fall, len(values))
    below = np.cumsum(others) - others
    total = falls.sum() * others.sum()
    return float((falls * (below + 0.5 * others)).sum() / total) if total > 0 else float("nan")


def sensitivity(score: Floats, fall: Bools, weight: Floats, allowed: float) -> float:
    """Return the share of falls found where at most `allowed` of the others are taken for one."""
    values, at = np.unique(score, return_inverse=True)
    falls = np.bincount(at, weight * fall, len(values))[::-1].cumsum()
    others = np.bincount(at, weight * ~fall, len(values))[::-1].cumsum()
    good = others <= allowed * others[-1] + 1e-12
    return float(falls[good].max(initial=0.0) / falls[-1])


def either(senses: Sequence[Floats], fall: Bools, weight: Floats, allowed: float) -> float:
    """Return the sensitivity of the best "or": each sense with its own best threshold."""
    silent = [
        np.stack([one < cut for cut in _cuts(one, fall, weight, allowed)]).astype(np.float64)
        for one in senses
    ]
    totals = (weight * fall).sum(), (weight * ~fall).sum()
    falls = totals[0] - _jointly(silent, weight * fall)
    others = totals[1] - _jointly(silent, weight * ~fall)
    good = others <= allowed * totals[1] + 1e-9
    return float(falls[good].max(initial=0.0) / totals[0])


def both(senses: Sequence[Floats], fall: Bools, weight: Floats, allowed: float) -> float:
    """Return the sensitivity of the best "and" of two or more senses with their best thresholds."""
    said = [np.stack([one >= cut for cut in _levels(one)]).astype(np.float64) for one in senses]
    totals = (weight * fall).sum(), (weight * ~fall).sum()
    best = 0.0
    for count in range(2, len(senses) + 1):
        for of in itertools.combinations(said, count):
            falls, others = _jointly(of, weight * fall), _jointly(of, weight * ~fall)
            good = others <= allowed * totals[1] + 1e-9
            best = max(best, float(falls[good].max(initial=0.0) / totals[0]))
    return best


def _jointly(said: Sequence[Floats], weight: Floats) -> Floats:
    """Return the weight of situations in which all senses say so, at each mix of thresholds.

    Parameters
    ----------
    said
        For each sense (thresholds, situations): 1 where it says so.
    """
    rows = weight[None]
    for one in said[:-1]:
        rows = (rows[:, None, :] * one[None]).reshape(-1, len(weight))
    return np.asarray(rows @ said[-1].T)


def percentile(score: Floats, fall: Bools) -> Floats:
    """Return by what share of everyday situations each score is not reached, ties counting half."""
    others = np.sort(score[~fall])
    below = np.searchsorted(others, score, "left") + np.searchsorted(others, score, "right")
    return np.asarray(below / (2.0 * len(others)))


def rankings(
    scores: Mapping[str, Floats],
    senses: Mapping[str, Bools],
    fall: Bools,
    clusters: Sequence[NDArray[np.int64]],
    allowed: float,
    *,
    resamples: int = RESAMPLES,
) -> dict[str, Ranking]:
    """Return the figures of every way of judging, and of the best "or" and "and" of single senses.

    Parameters
    ----------
    scores
        By name, one for each situation; the first name is all senses together.
    senses
        By the name of each single sense, in which situations it was alive.
    fall
        Whether somebody fell.
    clusters
        For each sense that was drawn from recordings: which one, -1 for none.
    allowed
        Share of everyday situations that may alarm.
    """
    known = [np.where(alive, scores[name], LOST) for name, alive in senses.items()]
    shares = [percentile(one, fall) for one in known]
    alive = list(senses.values())
    least = np.min([np.where(a, s, 1.0) for a, s in zip(alive, shares, strict=True)], axis=0)
    ways: dict[str, tuple[Floats, Callable[[Floats], float]]] = {
        name: (score, _at(score, fall, allowed)) for name, score in scores.items()
    }
    # A sense that is lost says either nothing at all, or what it says before anything happened.
    ones = np.ones(len(fall))
    either_way = (
        np.max(shares, axis=0),
        np.max([percentile(scores[name], fall) for name in senses], axis=0),
    )
    ways["best or"] = (
        max(either_way, key=lambda score: area(score, fall, ones)),
        lambda weight: either(known, fall, weight, allowed),
    )
    ways["best and"] = (
        np.where(np.any(alive, axis=0), least, 0.0),
        lambda weight: both(known, fall, weight, allowed),
    )
    rng = np.random.default_rng(SEED)
    weights = [np.ones(len(fall))] + [_drawn(clusters, rng) for _ in range(resamples)]
    weights = [w for w in weights if (w * fall).sum() > 0 and (w * ~fall).sum() > 0]
    areas = {n: np.array([area(s, fall, w) for w in weights]) for n, (s, _) in ways.items()}
    hits = {n: np.array([found(w) for w in weights]) for n, (_, found) in ways.items()}
    first = next(iter(scores))
    return {
        name: Ranking(
            area=_interval(areas[name]),
            sensitivity=_interval(hits[name]),
            area_less=_interval(areas[first] - areas[name]),
            sensitivity_less=_interval(hits[first] - hits[name]),
        )
        for name in ways
    }


def calibration(odds: Floats, fall: Bools, share: float) -> float:
    """Return the expected calibration error of log-odds where `share` of situations are falls."""
    p = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
    weight = np.where(fall, share / fall.mean(), (1.0 - share) / (~fall).mean())
    at = np.minimum((p * 10).astype(int), 9)
    total = np.bincount(at, weight, 10)
    said, was = np.bincount(at, weight * p, 10), np.bincount(at, weight * fall, 10)
    return float(np.abs(said - was).sum() / total.sum())


def _at(score: Floats, fall: Bools, allowed: float) -> Callable[[Floats], float]:
    return lambda weight: sensitivity(score, fall, weight, allowed)


def _cuts(score: Floats, fall: Bools, weight: Floats, allowed: float) -> list[float]:
    """Return thresholds worth trying: just above each of the highest everyday scores."""
    others = np.sort(np.unique(score[~fall & (weight > 0)]))[::-1]
    most = [np.inf]
    spent, limit = 0.0, allowed * (weight * ~fall).sum() + 1e-12
    above = np.nextafter(others[0], np.inf) if len(others) else LOST
    most.append(float(above))
    for value in others[: LEVELS // 3]:
        spent = float((weight * (~fall & (score >= value))).sum())
        if spent > limit:
            break
        following = others[others < value]
        most.append(float(np.nextafter(following[0], np.inf)) if len(following) else LOST)
    return most


def _levels(score: Floats) -> list[float]:
    values = np.unique(score[score > LOST])
    if len(values) > LEVELS:
        values = np.unique(np.quantile(values, np.linspace(0.0, 1.0, LEVELS)))
    return [float(v) for v in values]


def _drawn(clusters: Sequence[NDArray[np.int64]], rng: np.random.Generator) -> Floats:
    """Return how often each situation counts when its recordings are drawn with replacement."""
    weight = np.ones(len(clusters[0]))
    for of in clusters:
        count = int(of.max()) + 1
        times = rng.multinomial(count, np.full(count, 1.0 / count)).astype(np.float64)
        weight *= np.where(of >= 0, times[np.maximum(of, 0)], 1.0)
    return weight


def _interval(values: Floats) -> Interval:
    low, high = np.nanpercentile(values, [2.5, 97.5]).tolist()
    return Interval(round(float(values[0]), 4), round(low, 4), round(high, 4))
