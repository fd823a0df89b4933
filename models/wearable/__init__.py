"""Whether an impact that a worn accelerometer felt was a fall: a small network of our own.

Comes in: a window of acceleration around an impact, and where the device is worn. Goes out: the
calibrated probability of a fall. ``weights.json`` is written by ``ambient train wearable``; what it
learned from and how far it carries stands in ``models/cards/wearable.md``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.carried import carried, other_inputs

Floats = NDArray[np.float64]
_COMMAND: Final = "ambient train wearable"
LIMIT: Final = 4.0
"""Standard deviations beyond which an input is cut: how violent an impact is does not matter
then."""


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One hidden layer of U units (hyperbolic tangent) and a logistic output.

    Attributes
    ----------
    hidden, hidden_bias
        (I, U) and (U,).
    output, bias
        (U,) and the intercept.
    """

    hidden: list[list[float]]
    hidden_bias: list[float]
    output: list[float]
    bias: float


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """The networks, whose log-odds are averaged, and what makes a probability of the mean.

    Attributes
    ----------
    version
        Semantic version.
    inputs
        Names of the inputs, which must be those of `models.wearable.inputs`.
    mean, scale
        Of the inputs (I,).
    slope, shift
        Calibration: log-odds · slope + shift.
    threshold
        Probability from which on an impact is called a fall in the measurements.
    """

    version: str
    inputs: list[str]
    mean: list[float]
    scale: list[float]
    members: list[Member]
    slope: float
    shift: float
    threshold: float


class FallNet:
    """The networks as arrays."""

    def __init__(self, weights: Weights) -> None:
        self.threshold = weights.threshold
        self._mean = np.asarray(weights.mean)
        self._scale = np.asarray(weights.scale)
        self._hidden = np.hstack([np.asarray(m.hidden) for m in weights.members])
        self._bias = np.concatenate([m.hidden_bias for m in weights.members])
        self._output = np.concatenate([m.output for m in weights.members]) / len(weights.members)
        self._shift = float(np.mean([m.bias for m in weights.members]))
        self._calibration = (weights.slope, weights.shift)

    def log_odds(self, inputs: Floats) -> Floats:
        """Return the log-odds (N,) of inputs (N, I), before calibration."""
        z = ((inputs - self._mean) / self._scale).clip(-LIMIT, LIMIT)
        return np.asarray(np.tanh(z @ self._hidden + self._bias) @ self._output + self._shift)

    def probability(self, inputs: Floats) -> Floats:
        """Return the calibrated probability (N,) of a fall for inputs (N, I)."""
        slope, shift = self._calibration
        total = (self.log_odds(inputs) * slope + shift).clip(-30.0, 30.0)
        return np.asarray(1.0 / (1.0 + np.exp(-total)))


def load() -> Weights:
    """Return the weights that this version of Ambient carries.

    Raises
    ------
    ModelError
        They are missing, damaged, or of other inputs than this code computes.
    """
    from models.wearable.inputs import INPUTS

    found = carried(__name__, Weights, model="the wearable fall detector", command=_COMMAND)
    if tuple(found.inputs) != INPUTS:
        raise other_inputs(__name__, f"{len(INPUTS)}", f"{len(found.inputs)}", _COMMAND)
    return found
