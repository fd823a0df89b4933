"""How good a network is: probabilities and truth in, figures with intervals out.

Numpy and scipy alone, so that figures can be made again wherever probabilities are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from models.falls.outputs import Scaling

Wide = NDArray[np.float64]

BINS: Final = 15
DRAWS: Final = 500
STEADY_S: Final = 1.0
"""An alarm needs a mean over so long."""


class Reliability(Struct, frozen=True):
    """How far probabilities can be taken at their word.

    Attributes
    ----------
    ece, low, high
        Expected calibration error over `BINS` equal bins, and its 95 % bootstrap interval over
        sequences.
    said, happened, count
        Of each bin that is not empty: mean probability, share of truth, windows.
    """

    ece: float
    low: float
    high: float
    said: list[float]
    happened: list[float]
    count: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Logits and truth of one judgement at n instants.

    Attributes
    ----------
    logit, truth
        (n,); truth 0 or 1.
    group
        (n,) number of the sequence that an instant is of.
    """

    logit: Wide
    truth: Wide
    group: NDArray[np.int64]


def platt(judged: Judged, weight: Wide | None = None) -> Scaling:
    """Return the slope and bias under which the truth is most likely."""
    weight = np.ones(len(judged.truth)) if weight is None else weight

    def loss(theta: Wide) -> tuple[float, Wide]:
        slope = np.exp(theta[0])
        z = slope * judged.logit + theta[1]
        value = weight @ (np.logaddexp(0, z) - judged.truth * z)
        error = weight * (expit(z) - judged.truth)
        gradient = np.array([(error * judged.logit).sum() * slope, error.sum()])
        total = weight.sum()
        return float(value / total + 1e-3 * theta @ theta), gradient / total + 2e-3 * theta

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B").x
    return Scaling(slope=round(float(np.exp(found[0])), 4), bias=round(float(found[1]), 4))


def temperature(logits: Wide, labels: NDArray[np.int64]) -> float:
    """Return by what to divide logits (n, L) so that the labels (n,) are most likely."""

    def loss(theta: Wide) -> float:
        picked = log_softmax(logits / np.exp(theta[0]), axis=1)[np.arange(len(labels)), labels]
        return float(-picked.mean())

    found = minimize(loss, np.zeros(1), method="Nelder-Mead").x
    return round(float(np.exp(found[0])), 4)


def reliability(probability: Wide, judged: Judged, seed: int = 0) -> Reliability:
    """Return the calibration error of probabilities (n,), with interval."""
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    groups, group = np.unique(judged.group, return_inverse=True)
    table = np.zeros((len(groups), BINS, 3))
    np.add.at(
        table,
        (group, bins),
        np.stack([probability, judged.truth, np.ones_like(probability)], axis=1),
    )
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=DRAWS)
    spread = [_ece(each) for each in np.einsum("dg,gbk->dbk", drawn.astype(float), table)]
    total = table.sum(axis=0)
    full = total[:, 2] > 0
    low, high = np.percentile(spread, [2.5, 97.5])
    return Reliability(
        ece=round(_ece(total), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        said=(total[full, 0] / total[full, 2]).round(4).tolist(),
        happened=(total[full, 1] / total[full, 2]).round(4).tolist(),
        count=total[full, 2].astype(int).tolist(),
    )


def _ece(table: Wide) -> float:
    """Return the error of (bins, 3) sums of probability, truth and ones."""
    return float(np.abs(table[:, 0] - table[:, 1]).sum() / max(table[:, 2].sum(), 1.0))


def best_threshold(probability: Wide, truth: Wide) -> float:
    """Return the probability from which on a yes has the highest F1, within 0.2 to 0.8."""
    steps = np.linspace(0.2, 0.8, 61)
    yes = probability[None] >= steps[:, None]
    hit = (yes & (truth[None] > 0.5)).sum(axis=1)
    f1 = 2 * hit / np.maximum(yes.sum(axis=1) + (truth > 0.5).sum(), 1)
    best = np.flatnonzero(f1 >= f1.max() - 1e-3)
    return round(float(steps[best].mean()), 3)


def average_precision(score: Wide, truth: Wide) -> float:
    """Return the area under precision over recall; NaN without both answers."""
    if truth.min(initial=1) > 0.5 or truth.max(initial=0) < 0.5:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = truth[order] > 0.5
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def alarms(t: Wide, probabilities: Wide, thresholds: tuple[float, ...]) -> NDArray[np.bool_]:
    """Return at which instants one would alarm: a stand-in for the judgement of a node.

    Parameters
    ----------
    t
        (T,) seconds.
    probabilities
        (T, 3): `JUDGEMENTS`.
    thresholds
        Of each.

    Returns
    -------
    (T,) bool
        True where the mean over the last `STEADY_S` says "help", or "down" and "fell" at once.
    """
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(probabilities, axis=0)])
    first = np.searchsorted(t, t - STEADY_S)
    count = np.arange(1, len(t) + 1) - first
    mean = (total[1:] - total[first]) / count[:, None]
    down, fell, helped = (mean >= thresholds).T
    return np.asarray((helped | (down & fell)) & (t - t[0] >= STEADY_S * 0.5))
