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

import math
from collections.abc import Sequence
from dataclasses import dataclass
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

_LEFT: Final = np.array([11, 23, 25, 27])
_RIGHT: Final = np.array([12, 24, 26, 28])
"""Shoulders, hips, knees and ankles."""


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
        total = hidden @ self._output + self._bias
        return np.asarray(1.0 / (1.0 + np.exp(-np.minimum(np.maximum(total, -30.0), 30.0))))


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


@dataclass(frozen=True, slots=True)
class Body:
    """What is looked at of a body, whatever it is on.

    Attributes
    ----------
    points
        x, y of head, shoulders, hips, knees and ankles, normalised to the picture.
    ends
        Lower and upper end of the body's box.
    trunk, leg, head_to_hip
        Lengths in picture heights.
    aspect
        Width / height of the picture.
    """

    points: Sequence[Sequence[float]]
    ends: tuple[float, float]
    trunk: float
    leg: float
    head_to_hip: float
    aspect: float

    @classmethod
    def of(cls, keypoints: Floats, box: Box, aspect: float) -> Body:
        """Return the body of these keypoints.

        Parameters
        ----------
        keypoints
            (33, 2) or more columns, of which x and y are used.
        box
            x0, y0, x1, y1, normalised to the picture.
        aspect
            Width / height of the picture.
        """
        xy = keypoints[:, :2]
        head = np.add.reduce(xy[:11], axis=0, keepdims=True) / 11
        points = np.concatenate([head, (xy.take(_LEFT, axis=0) + xy.take(_RIGHT, axis=0)) / 2])
        square = points * (aspect, 1.0)
        steps = np.sqrt(np.add.reduce((square[1:] - square[:-1]) ** 2, axis=1)).tolist()
        up = square[2] - square[0]
        return cls(
            points.tolist(),
            (box[3], box[1]),
            steps[1],
            steps[2] + steps[3],
            math.sqrt(up.dot(up)),
            aspect,
        )


def inputs(furniture: Box, body: Body) -> Floats:
    """Return the network's inputs (16,), in the order of `INPUTS`.

    Parameters
    ----------
    furniture
        x0, y0, x1, y1, normalised to the picture, with an area.
    body
        Of the same picture.
    """
    left, top = furniture[:2]
    width, height = max(furniture[2] - left, 1e-3), max(furniture[3] - top, 1e-3)
    x = [2.0 * (at - left) / width - 1.0 for at, _ in body.points]
    y = [2.0 * (at - top) / height - 1.0 for _, at in body.points]
    if x[2] < 0.0:
        x = [-at for at in x]
    ends = [2.0 * (at - top) / height - 1.0 for at in body.ends]
    unit = math.sqrt(width * body.aspect * height)
    # Not the logarithm of `math`, which rounds otherwise.
    ratio = float(np.log(width * body.aspect / height))
    lengths = (body.trunk / unit, body.leg / unit, ratio, body.head_to_hip / unit)
    return np.minimum(np.maximum((*x, *y, *ends, *lengths), -LIMIT), LIMIT)
