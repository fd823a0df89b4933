"""The shape of a body that is down: a logistic model of six features, fitted by us.

Comes in: ``weights.json``, written by ``python -m ambient.evaluate.fit_posture``. Goes out:
`POSTURE`. What it was fitted on and how far it carries stands in ``models/cards/posture.md``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import msgspec
from msgspec import Struct

FEATURES: Final = ("extent_m", "tilt_world", "height", "log_ratio", "tilt", "thigh")
"""Vertical extent in metres; trunk angle over 90° in world landmarks; height over size; log of
(width over height + 0.1); trunk angle over 90° in the picture; thigh angle over 90°."""


class PostureWeights(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights in the order of `FEATURES`, and the intercept.

    Attributes
    ----------
    version
        Semantic version; a new one starts a new baseline segment.
    """

    version: str
    weights: tuple[float, float, float, float, float, float]
    bias: float


def load() -> PostureWeights:
    """Return the weights that this version of Ambient carries."""
    data = (files(__name__) / "weights.json").read_bytes()
    return msgspec.json.decode(data, type=PostureWeights)


POSTURE: Final = load()
