"""Cries without a word: what the speech embedding says of a voice in, how surely it is one out.

A scream, a shout of pain. A line over the mean of the embeddings (`Weights`, ``cries.json``),
learned from synthesis; asked, with the words, about a voice that called out by itself
(`models.sounds.spotter`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import ModelError
from models.carried import read_weights

Floats = NDArray[np.float32]

JSON: Final = "cries.json"
_COMMAND: Final = "ambient train cries"
FOLDER: Final = Path(__file__).parent
FIRST: Final = 6
"""Embeddings before this one, of the sixteen of a window, are of what was before."""
_FAR: Final = 5.0


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """``cries.json``.

    Attributes
    ----------
    version
        Semantic version of the model.
    embedding
        Revision of the speech embedding it was trained on.
    threshold
        From which probability on a cry is told.
    mean, scale
        By which the embeddings are made alike.
    weights, bias
        Of the line.
    """

    version: str
    embedding: str
    threshold: float
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float


class Cries:
    """Tells cries.

    Raises
    ------
    ModelError
        Of other than as many weights as numbers.
    """

    def __init__(self, weights: Weights) -> None:
        sizes = {len(weights.mean), len(weights.scale), len(weights.weights)}
        if len(sizes) != 1:
            raise ModelError(
                f"{JSON}: expected mean, scale and weights of one length, got {sizes}; "
                f"make them with: {_COMMAND}"
            )
        self.threshold = weights.threshold
        self._mean, self._scale = (
            np.array(each, np.float32) for each in (weights.mean, weights.scale)
        )
        self._weights, self._bias = np.array(weights.weights), weights.bias

    def probability(self, embedded: Floats) -> float:
        """Return the probability of a cry in windows (n, STEPS, WIDTH): the surest counts."""
        line = middle(embedded, self._mean, self._scale) @ self._weights + self._bias
        return float(1.0 / (1.0 + np.exp(-np.clip(line.max(), -30.0, 30.0))))


def middle(embedded: Floats, mean: Floats, scale: Floats) -> Floats:
    """Return what the line is over: (n, WIDTH) of windows (n, STEPS, WIDTH)."""
    alike = np.clip((embedded - mean) * scale, -_FAR, _FAR)
    return np.asarray(alike[:, FIRST:].mean(axis=1), np.float32)


def load(folder: Path = FOLDER) -> Cries:
    """Return the model in `folder`, by default the one that this version carries.

    Raises
    ------
    ModelError
        It is missing or damaged.
    """
    weights = read_weights(folder / JSON, Weights, model="cries without a word", command=_COMMAND)
    return Cries(weights)
