"""What the network of sounds says, and how its outputs become probabilities.

The outputs are logits of `OUTPUTS`, one row every 80 ms. `Calibration` (``sounds.json``) turns
them into probabilities that mean what they say, and holds the levels from which on a sound is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from models.calibrated import load_calibration

Floats = NDArray[np.float32]

JSON: Final = "sounds.json"
BIN: Final = "sounds.bin"
OUTPUTS: Final = ("scream", "help", "call", "moan", "thud", "glass", "cough", "speech")
"""`help` is a word that asks for help (help, Hilfe, au secours …), `call` one that calls somebody
(hello, nurse, Schwester …); `speech` is any voice that speaks. The smoke detector is a rule."""
FIELD: Final = 31
"""Frames (of 10 ms) that one output sees beside its memory."""
STRIDE: Final = 8
"""Frames from one output to the next."""

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class Scaling(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one output: probability = sigmoid(slope * logit + bias)."""

    slope: Positive
    bias: float


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """How outputs become probabilities, and from where on a sound is told.

    Attributes
    ----------
    version
        Semantic version of the model.
    weights
        SHA-256 of ``sounds.bin``, so that a calibration is never used with other weights.
    scaling
        By name, one for each of `OUTPUTS`.
    thresholds
        By name, one for each of `OUTPUTS`: from where on a sound is told as an observation.
    """

    version: str
    weights: str
    scaling: dict[str, Scaling]
    thresholds: dict[str, Share]

    def __post_init__(self) -> None:
        """Refuse a calibration that lacks an output.

        Raises
        ------
        ValueError
            One is missing or unknown.
        """
        for got in (self.scaling, self.thresholds):
            if set(got) != set(OUTPUTS):
                raise ValueError(f"expected one entry for each of {OUTPUTS}, got {sorted(got)}")

    def probabilities(self, outputs: NDArray[np.floating]) -> Floats:
        """Return the probabilities (n, O) of logits (n, O)."""
        slope = np.array([self.scaling[name].slope for name in OUTPUTS])
        bias = np.array([self.scaling[name].bias for name in OUTPUTS])
        scaled = np.clip(outputs * slope + bias, -30.0, 30.0)
        return np.asarray(1.0 / (1.0 + np.exp(-scaled)), np.float32)


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
        network="the network of sounds",
        command="ambient train sounds",
    )
