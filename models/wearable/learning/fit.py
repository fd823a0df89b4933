"""Weights from rows of inputs: networks fitted, their mean calibrated, a threshold chosen.

Pure and repeatable: everything that is drawn is drawn from seeds, by NumPy and SciPy on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.wearable import LIMIT, Member, Weights
from models.wearable.inputs import INPUTS

VERSION: Final = "2.1.0"
UNITS: Final = 8
DECAYS: Final = (3e-4, 1e-3)
"""Weight decays (L2) to choose from."""
STEPS: Final = 120
DIGITS: Final = 5

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Impacts to learn from.

    Attributes
    ----------
    x
        Inputs (N, I).
    fall
        Whether each was one (N,).
    weight
        How much each counts (N,).
    """

    x: Floats
    fall: Flags
    weight: Floats

    def of(self, mask: Flags) -> Rows:
        """Return some of them."""
        return Rows(self.x[mask], self.fall[mask], self.weight[mask])


def fit(rows: Rows, *, seed: int = 0, members: int = 1, decay: float = DECAYS[0]) -> Weights:
    """Return networks fitted on rows, not yet calibrated (slope 1, shift 0, threshold 0.5)."""
    mean = rows.x.mean(axis=0)
    scale = np.maximum(rows.x.std(axis=0), 1e-3)
    z = ((rows.x - mean) / scale).clip(-LIMIT, LIMIT)
    z = np.hstack([z, np.ones((len(z), 1))])
    found = [_member(z, rows, np.random.default_rng([seed, i]), decay) for i in range(members)]
    return Weights(
        version=VERSION,
        inputs=list(INPUTS),
        mean=_short(mean),
        scale=_short(scale),
        members=found,
        slope=1.0,
        shift=0.0,
        threshold=0.5,
    )


def _member(z: Floats, rows: Rows, rng: np.random.Generator, decay: float) -> Member:
    wide = z.shape[1]
    weight = rows.weight / rows.weight.sum()
    fall = rows.fall.astype(np.float64)
    start = np.concatenate([rng.normal(0, wide**-0.5, wide * UNITS), rng.normal(0, 0.3, UNITS + 1)])

    def loss(flat: Floats) -> tuple[float, Floats]:
        hidden, output = flat[: wide * UNITS].reshape(wide, UNITS), flat[wide * UNITS :]
        active = np.tanh(z @ hidden)
        total = active @ output[:-1] + output[-1]
        value = float((weight * (np.logaddexp(0.0, total) - fall * total)).sum())
        value += decay / 2 * float((hidden[:-1] ** 2).sum() + (output[:-1] ** 2).sum())
        error = weight * (1.0 / (1.0 + np.exp(-total.clip(-40, 40))) - fall)
        to_hidden = z.T @ (error[:, None] * output[:-1] * (1.0 - active**2))
        to_hidden[:-1] += decay * hidden[:-1]
        to_output = np.append(active.T @ error + decay * output[:-1], error.sum())
        return value, np.concatenate([to_hidden.ravel(), to_output])

    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    hidden, output = best[: wide * UNITS].reshape(wide, UNITS), best[wide * UNITS :]
    return Member(
        hidden=[_short(row) for row in hidden[:-1]],
        hidden_bias=_short(hidden[-1]),
        output=_short(output[:-1]),
        bias=round(float(output[-1]), DIGITS),
    )


def calibrate(log_odds: Floats, fall: Flags) -> tuple[float, float]:
    """Return slope and shift of the log-odds that fit best (Platt 1999, with his targets)."""
    falls, others = int(fall.sum()), int((~fall).sum())
    target = np.where(fall, (falls + 1) / (falls + 2), 1 / (others + 2))

    def loss(pair: Floats) -> float:
        total = pair[0] * log_odds + pair[1]
        return float((np.logaddexp(0.0, total) - target * total).sum())

    best = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-5}).x
    return round(float(best[0]), DIGITS), round(float(best[1]), DIGITS)


def loss(log_odds: Floats, fall: Flags) -> float:
    """Return the mean negative log-likelihood of log-odds."""
    return float((np.logaddexp(0.0, log_odds) - fall * log_odds).mean())


def threshold(falls: Floats, others: Floats) -> float:
    """Return the probability that parts recordings of falls and others best.

    The middle of the widest of the spans in which the smaller of sensitivity and specificity is
    largest.

    Parameters
    ----------
    falls, others
        Largest probability in each recording.
    """
    cuts = np.unique(np.r_[0.0, falls, others, 1.0])
    middles = (cuts[1:] + cuts[:-1]) / 2
    sensitivity = (falls[None] >= middles[:, None]).mean(axis=1)
    specificity = (others[None] < middles[:, None]).mean(axis=1)
    worst = np.minimum(sensitivity, specificity) + 0.01 * (sensitivity + specificity)
    best = np.flatnonzero(worst >= worst.max() - 1e-9)
    return float(middles[best[np.argmax(np.diff(cuts)[best])]])


def calibration_error(probability: Floats, fall: Flags, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al. 2015)."""
    number = np.minimum((probability * bins).astype(np.int64), bins - 1)
    total = 0.0
    for one in range(bins):
        of = number == one
        if of.any():
            total += float(of.mean()) * abs(float(probability[of].mean() - fall[of].mean()))
    return total


def _short(values: Floats | Sequence[float]) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
