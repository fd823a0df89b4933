"""Whether a person in the room speaks, or a loudspeaker: a segment of speech in, a probability out.

One segment is judged at a time, from its sound alone; longer ones are judged better. What was heard
is not kept.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from audio.blocks import Samples
from models import television
from models.sounds.mel import mel
from models.television.features import FEWEST, features

LONGEST: Final = 16_000 * 10
"""Samples of a segment that are looked at: its last 10 s."""
UNKNOWN: Final = 0.5
"""Said of a segment that is too short to tell."""


class PersonJudge(Protocol):
    """What says how likely a segment of speech is a person's; tests use one of their own."""

    def person(self, samples: Samples) -> float:
        """Return the probability that a person in the room spoke."""


class TelevisionJudge:
    """The model that this version carries.

    Raises
    ------
    ModelError
        It is missing or damaged.
    """

    def __init__(self) -> None:
        self._model = television.load()

    @property
    def version(self) -> str:
        """Of the model: another one begins another baseline."""
        return self._model.version

    def person(self, samples: Samples) -> float:
        """Return the probability that a person in the room spoke.

        Parameters
        ----------
        samples
            The segment, 16 kHz; of less than 0.6 s nothing is said (`UNKNOWN`).
        """
        frames = mel(samples[-LONGEST:])
        if len(frames) < FEWEST:
            return UNKNOWN
        return float(self._model.person(features(frames)[None].astype(np.float32))[0])
