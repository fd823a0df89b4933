"""Whether a piece of furniture carries a body: a small network over where one lies in the other.

Comes in: the box of a bed, couch or chair, and a body's keypoints and box. Goes out: the
probability that the furniture carries the body, and not the floor before, beside or behind it.
``weights.json`` is written by ``python -m models.support.fit`` from bodies and furniture in exact
perspective (`models.support.scenes`); how far it carries stands in ``models/cards/support.md``.

The geometry. A camera looks down on a bed: in its box the sleeping surface is the part away from
the camera, the nearest lower edge is the box's lower side, and of a bed that stands slantwise the
box's lower corners are floor. Who lies on the floor before it sticks out below or at that lower
side, and is larger for the bed's size than one who lies on it; who lies behind it is smaller and
higher up. So the inputs are the places of head, shoulders, hips, knees and ankles within the box,
the lower and upper end of the body's own box, and lengths of the body as shares of the box's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.carried import carried

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]

INPUTS: Final = (
    "head_x", "shoulder_x", "hip_x", "knee_x", "ankle_x",
    "head_y", "shoulder_y", "hip_y", "knee_y", "ankle_y",
    "bottom", "top", "trunk", "leg", "log_ratio", "head_to_hip",
)  # fmt: skip
"""Places run from -1 (left, upper side of the furniture's box) to 1 (right, lower side), mirrored
so that the hips are in the right half. Lengths are shares of the square root of the box's area."""

LIMIT: Final = 3.0
"""Inputs beyond are cut: how far away a body is does not matter then."""

_PARTS: Final = ((11, 12), (23, 24), (25, 26), (27, 28))


class Carrier(StrEnum):
    """Furniture that can carry a body."""

    BED = "bed"
    COUCH = "couch"
    CHAIR = "chair"


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """One hidden layer of N units (hyperbolic tangent) and a logistic output.

    Attributes
    ----------
    mean, scale
        Of the inputs, in the order of `INPUTS`.
    hidden, hidden_bias
        (16, N) and (N,).
    output, bias
        (N,) and the intercept, which is set so that 0.5 is the operating point.
    """

    mean: list[float]
    scale: list[float]
    hidden: list[list[float]]
    hidden_bias: list[float]
    output: list[float]
    bias: float


class Stored(Struct, frozen=True, forbid_unknown_fields=True):
    """What ``weights.json`` holds: a network for each carrier, and the semantic version."""

    version: str
    bed: Weights
    couch: Weights
    chair: Weights


class SupportNet:
    """The network of one kind of furniture."""

    def __init__(self, weights: Weights) -> None:
        self._mean = np.asarray(weights.mean)
        self._scale = np.asarray(weights.scale)
        self._hidden = np.asarray(weights.hidden)
        self._hidden_bias = np.asarray(weights.hidden_bias)
        self._output = np.asarray(weights.output)
        self._bias = weights.bias

    def probability(self, inputs: Floats) -> Floats:
        """Return how probably each body (n, 16) is carried (n,)."""
        hidden = np.tanh((inputs - self._mean) / self._scale @ self._hidden + self._hidden_bias)
        total = (hidden @ self._output + self._bias).clip(-30.0, 30.0)
        return np.asarray(1.0 / (1.0 + np.exp(-total)))


def load() -> Stored:
    """Return the weights that this version of Ambient carries.

    Raises
    ------
    ModelError
        They are missing or damaged.
    """
    return carried(
        __name__, Stored, model="what carries a body", command="python -m models.support.fit"
    )


def networks(stored: Stored) -> dict[Carrier, SupportNet]:
    """Return the network of every carrier."""
    return {carrier: SupportNet(getattr(stored, carrier.value)) for carrier in Carrier}


def inputs(furniture: Box, keypoints: Floats, body: Box, aspect: float) -> Floats:
    """Return the network's inputs (16,), in the order of `INPUTS`.

    Parameters
    ----------
    furniture, body
        x0, y0, x1, y1, normalised to the picture; the furniture's with an area.
    keypoints
        (33, 2) or more columns, of which x and y are used.
    aspect
        Width / height of the picture.
    """
    low = np.asarray(furniture[:2])
    size = np.maximum(np.asarray(furniture[2:]) - low, 1e-3)
    parts = [
        keypoints[:11, :2].mean(axis=0),
        *(keypoints[[a, b], :2].mean(axis=0) for a, b in _PARTS),
    ]
    points = np.asarray(parts)
    x, y = (2.0 * (points - low) / size - 1.0).T
    x = x if x[2] >= 0.0 else -x
    ends = 2.0 * (np.asarray((body[3], body[1])) - low[1]) / size[1] - 1.0
    square = points * (aspect, 1.0)
    steps = np.linalg.norm(np.diff(square, axis=0), axis=1)
    unit = float(np.sqrt(size[0] * aspect * size[1]))
    head_to_hip = float(np.linalg.norm(square[2] - square[0]))
    ratio = float(np.log(size[0] * aspect / size[1]))
    lengths = np.asarray((steps[1], steps[2] + steps[3])) / unit
    every = np.concatenate([x, y, ends, lengths, [ratio, head_to_hip / unit]])
    return np.asarray(every.clip(-LIMIT, LIMIT))
