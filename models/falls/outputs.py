"""What the temporal network says, and how its outputs become probabilities.

The outputs are logits: one for each of `models.skeletons.sequence.LABELS`, then `JUDGEMENTS`.
`Calibration` (``falls.json``) turns them into probabilities that mean what they say.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from models.calibrated import load_calibration
from models.skeletons.sequence import LABELS

Floats = NDArray[np.float32]

JSON: Final = "falls.json"
BIN: Final = "falls.bin"
JUDGEMENTS: Final = ("down", "fell", "help")
"""See `models.skeletons.sequence.Sequence`."""
OUTPUTS: Final = (*LABELS, *JUDGEMENTS)

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class Scaling(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one judgement: probability = sigmoid(slope * logit + bias)."""

    slope: Positive
    bias: float


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """How outputs become probabilities, and where a judgement is a yes.

    Attributes
    ----------
    version
        Semantic version of the model; a new one starts a new baseline segment.
    weights
        SHA-256 of ``falls.bin``, so that a calibration is never used with other weights.
    temperature
        The labels' logits are divided by it.
    judgements
        In the order of `JUDGEMENTS`.
    thresholds
        In the same order: the probability from which on a judgement is a yes.
    """

    version: str
    weights: str
    temperature: Positive
    judgements: tuple[Scaling, Scaling, Scaling]
    thresholds: tuple[Share, Share, Share]

    def undone(self) -> Calibration:
        """Return one that takes the outputs as they are, to measure what this one brings.

        Logits are log-odds, and a judgement is a yes from 0.5 on.
        """
        plain = Scaling(1.0, 0.0)
        return replace(
            self,
            temperature=1.0,
            judgements=(plain, plain, plain),
            thresholds=(0.5, 0.5, 0.5),
        )

    def probabilities(self, outputs: NDArray[np.floating]) -> Floats:
        """Return probabilities (n, O) of outputs (n, O): labels sum to 1, judgements stand alone.

        A judgement's are between 0 and 1 each.
        """
        labels = outputs[:, : len(LABELS)] / self.temperature
        labels = np.exp(labels - np.maximum.reduce(labels, axis=1, keepdims=True))
        slope, bias = _lines(self.judgements)
        rest = outputs[:, len(LABELS) :] * slope + bias
        rest = 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(rest, -30.0), 30.0)))
        total = np.add.reduce(labels, axis=1, keepdims=True)
        whole = np.concatenate([labels / total, rest], axis=1)
        return np.asarray(whole, np.float32)


@cache
def _lines(of: tuple[Scaling, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slopes and biases, each as one array."""
    return np.array([each.slope for each in of]), np.array([each.bias for each in of])


def load(folder: Path = Path(__file__).parent) -> Calibration:
    """Return the calibration in `folder`, by default the one that this version carries.

    Raises
    ------
    ModelError
        It is missing, damaged, or belongs to other weights.
    """
    return load_calibration(
        folder / JSON,
        folder / BIN,
        Calibration,
        network="the temporal network",
        command="ambient train falls",
    )
