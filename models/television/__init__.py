"""The model of television: whether a person in the room speaks, or a loudspeaker.

Comes in: ``weights.json``, written by ``ambient train television``, and numbers of
`models.television.features`. Goes out: a calibrated probability. What it was trained on, how good
it is and where it fails stands in ``models/cards/television.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from ambient.errors import ModelError
from models.carried import read_weights
from models.television.features import COUNT

Floats = NDArray[np.float32]

FOLDER: Final = Path(__file__).parent
JSON: Final = "weights.json"
_COMMAND: Final = "ambient train television"


class Layer(Struct, frozen=True, forbid_unknown_fields=True):
    """One layer: `weights` (out, in) and `bias` (out,)."""

    weights: list[list[float]]
    bias: list[float]


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Of the whole model.

    Attributes
    ----------
    version
        Semantic version; a new one starts a new baseline segment.
    mean, scale
        By which the numbers are made alike.
    members
        Networks whose logits are averaged; layers with a rectifier between them.
    slope, bias
        Probability of a person = sigmoid(slope * logit + bias).
    """

    version: str
    mean: list[float]
    scale: list[float]
    members: list[list[Layer]]
    slope: Annotated[float, Meta(gt=0)]
    bias: float


class Television:
    """Says how likely a person speaks.

    Parameters
    ----------
    weights
        As `load` returns them.

    Raises
    ------
    ModelError
        They are of another version.
    """

    def __init__(self, weights: Weights) -> None:
        self.version = weights.version
        self._mean = np.array(weights.mean, np.float32)
        self._scale = np.array(weights.scale, np.float32)
        self._members = [
            [(np.array(each.weights, np.float32), np.array(each.bias, np.float32)) for each in some]
            for some in weights.members
        ]
        self._slope, self._bias = weights.slope, weights.bias
        if self._mean.shape != (COUNT,):
            raise ModelError(
                f"{JSON}: expected {COUNT} inputs, got {len(self._mean)}; the weights are of "
                f"another version: make them with: {_COMMAND}"
            )

    def logits(self, numbers: Floats) -> Floats:
        """Return the mean logit (n,) of rows (n, COUNT); above 0 for a person."""
        standard = np.clip((numbers - self._mean) * self._scale, -5.0, 5.0)
        total = np.zeros(len(numbers), np.float32)
        for layers in self._members:
            x = standard
            for number, (weights, bias) in enumerate(layers):
                x = x @ weights.T + bias
                if number < len(layers) - 1:
                    x = np.maximum(x, 0.0)
            total += x[:, 0]
        return np.asarray(total / len(self._members), np.float32)

    def person(self, numbers: Floats) -> Floats:
        """Return the probability (n,) that a person speaks, of rows (n, COUNT)."""
        scaled = np.clip(self.logits(numbers) * self._slope + self._bias, -30.0, 30.0)
        return np.asarray(1.0 / (1.0 + np.exp(-scaled)), np.float32)


def load(folder: Path = FOLDER) -> Television:
    """Return the model in `folder`, by default the one that this version carries.

    Raises
    ------
    ModelError
        It is missing or damaged.
    """
    weights = read_weights(
        folder / JSON, Weights, model="the model of television", command=_COMMAND
    )
    return Television(weights)
