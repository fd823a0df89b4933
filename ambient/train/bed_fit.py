"""Fit a scorecard of looks at beds in which no part can turn round.

Comes in: of each look the step of each part, what is true, and how much it counts. Goes out: what
each step says of lying, sitting up, sitting on the edge and being out.

A multinomial logistic regression whose weights are sums of increments that cannot be negative
(L-BFGS-B with bounds), so that what `fusion.bed_card` demands of a card holds by construction:
that is monotone regression with linear constraints, as in isotonic additive models.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ambient.observations import Posture
from fusion.bed_card import BOUNDED, LABEL, OUTER, RISING, UPRIGHT
from fusion.bed_looks import ABOUT, HOW, WHERE
from fusion.ratios_beds import EDGE, LIES, OUT, SITS

RIDGE: Final = 2.0
"""Penalty on each squared increment, in looks."""
ITERATIONS: Final = 400
STATES: Final = 4
DIGITS: Final = 2

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Bound = tuple[float | None, float | None]
GROWS: Final[Bound] = (0.0, None)


class Part(NamedTuple):
    """How the weights of one part follow from what is fitted.

    Attributes
    ----------
    basis
        (steps, states, increments): the weights are this times the increments.
    bounds
        Least and most of each increment.
    """

    basis: Floats
    bounds: list[Bound]

    def weights(self, increments: Floats) -> Floats:
        """Return the weights, (steps, states)."""
        return np.asarray(self.basis @ increments)


def parts(widths: Sequence[int]) -> list[Part]:
    """Return the parts of a card, in the order of `ABOUT`, then label and `together`.

    Parameters
    ----------
    widths
        How many steps each of these has.
    """
    *numbers, labels, both = widths
    found = []
    for name, width in zip(ABOUT, numbers, strict=True):
        if name in RISING:
            found.append(_rising(width, up=RISING[name]))
        elif name in OUTER:
            found.append(_outer(width, up=OUTER[name]))
        else:
            half = BOUNDED[name] / 2
            found.append(_free([(-half, half)] * STATES * width))
    if labels != len(Posture) or both != len(HOW) * len(WHERE):
        raise ValueError(f"expected {len(Posture)} labels and 12 places, got {labels} and {both}")
    found.append(_free([bound for one in Posture for bound in _label(one)]))
    found.append(_together())
    return found


def _steps(width: int, *, up: bool) -> Floats:
    """Return (width, width - 1): the increments that each step is the sum of."""
    below = np.tril(np.ones((width, width - 1)), -1)
    return below if up else below[::-1]


def _rising(width: int, *, up: bool) -> Part:
    """Return a part in which lying is 0 and every other state only gains on it."""
    steps, each = _steps(width, up=up), width - 1
    basis = np.zeros((width, STATES, 3 * each))
    for n, state in enumerate((SITS, EDGE, OUT)):
        basis[:, state, n * each : (n + 1) * each] = steps
    return Part(basis, [GROWS] * (3 * each))


def _outer(width: int, *, up: bool) -> Part:
    """Return a part in which the edge is 0, the bed only falls and being out only gains."""
    steps, each = _steps(width, up=up), width - 1
    basis = np.zeros((width, STATES, 3 * each))
    for n, (state, sign) in enumerate(((LIES, -1.0), (SITS, -1.0), (OUT, 1.0))):
        basis[:, state, n * each : (n + 1) * each] = sign * steps
    return Part(basis, [GROWS] * (3 * each))


def _free(bounds: Sequence[Bound]) -> Part:
    """Return a part whose every weight is bounded and nothing else."""
    each = len(bounds)
    return Part(np.eye(each).reshape(each // STATES, STATES, each), list(bounds))


def _label(one: Posture) -> list[Bound]:
    half = LABEL / 2
    if one is Posture.OTHER:
        return [(0.0, 0.0)] * STATES
    if one in UPRIGHT:
        return [(-half, 0.0), (-half, half), (0.0, half), (0.0, half)]
    return [(-half, half)] * STATES


def _together() -> Part:
    """Return the part of how upright and where: lying is 0, sitting up follows from how alone."""
    how, where = len(HOW), len(WHERE)
    cells = how * where
    both = np.kron(np.tril(np.ones((how, how))), np.tril(np.ones((where, where))))
    upright = np.repeat(_steps(how, up=True), where, axis=0)
    basis = np.zeros((cells, STATES, 2 * cells + how - 1))
    basis[:, EDGE, :cells] = both
    basis[:, OUT, cells : 2 * cells] = both
    basis[:, SITS, 2 * cells :] = upright
    return Part(basis, [GROWS] * (2 * cells + how - 1))


def fit(
    places: Places, widths: Sequence[int], state: NDArray[np.intp], counts: Floats
) -> tuple[list[Floats], Floats]:
    """Return the weights of each part, (steps, states), and what is added to each look (states,).

    Parameters
    ----------
    places
        (looks, parts): the step of each part.
    widths
        How many steps each part has.
    state
        (looks,): what is true.
    counts
        (looks,): how much it counts.

    Notes
    -----
    The shares of the states are taken out, so that likelihoods are left. Values are rounded to
    `DIGITS`, which keeps what must not turn round: the state that is 0 stays 0.
    """
    made = parts(widths)
    ends = np.cumsum([0, *(len(part.bounds) for part in made)])
    spans = [slice(a, b) for a, b in pairwise(ends)]
    shares = np.maximum(np.bincount(state, counts, STATES), 1.0)
    prior = np.log(shares / shares.sum())
    truth = np.eye(STATES)[state]
    everyone = np.arange(len(state))

    def loss(flat: Floats) -> tuple[float, Floats]:
        odds = np.tile(flat[-STATES:] + prior, (len(state), 1))
        for part, span, column in zip(made, spans, places.T, strict=True):
            odds += part.weights(flat[span])[column]
        likely = odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)
        value = RIDGE / 2 * float((flat[:-STATES] ** 2).sum())
        value -= float((counts * likely[everyone, state]).sum())
        error = counts[:, None] * (np.exp(likely) - truth)
        upward = RIDGE * flat
        for part, span, column in zip(made, spans, places.T, strict=True):
            width = len(part.basis)
            of = np.stack([np.bincount(column, one, width) for one in error.T], axis=1)
            upward[span] += np.tensordot(of, part.basis, axes=2)
        upward[-STATES:] = error.sum(axis=0)
        scale = counts.sum()
        return value / scale, upward / scale

    bounds = [bound for part in made for bound in part.bounds] + [(None, None)] * STATES
    best = minimize(
        loss,
        np.zeros(len(bounds)),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS, "ftol": 1e-10, "gtol": 1e-8},
    ).x
    weights = [np.round(part.weights(best[s]), DIGITS) for part, s in zip(made, spans, strict=True)]
    return [one + 0.0 for one in weights], np.round(best[-STATES:], DIGITS)
