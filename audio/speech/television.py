"""Whether a person in the room speaks, or a loudspeaker: a segment of speech in, a probability out.

`TelevisionJudge` judges one segment, from its sound alone. `Lately` adds what the segments before
it were taken for, as numbers: a television goes on, and so does who tells a story. What was heard
is not kept.
"""

from __future__ import annotations

import math
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


CHANGES: Final = 0.1
"""How probable it is that the next segment, right after this one, is of another kind of source; a
belief: talks with a television on change once in ten segments."""
FORGETS_S: Final = 30.0
"""Half-life of what is known of who spoke, while nobody speaks."""
NEW: Final = 0.7
"""Share of a segment's log-odds that counts beside those before it: segments of one room and one
voice err alike. A stated belief."""
_CERTAIN: Final = 0.999


class Lately:
    """Adds up what the segments of one microphone were taken for.

    Two states, a person and a loudspeaker, of which one speaks a segment and which change with
    `CHANGES` from one to the next (the forward algorithm of a hidden Markov model, Rabiner 1989,
    III A). So three segments that look a little like a television's are one, and one that surely is
    a person's is, whatever was before it. Pure: probabilities and times in.
    """

    def __init__(self) -> None:
        self._person = UNKNOWN
        self._t: int | None = None

    def add(self, person: float, start_ns: int, end_ns: int) -> float:
        """Take in a segment; return the probability that a person spoke it.

        Parameters
        ----------
        person
            Of its sound alone; `UNKNOWN` adds nothing.
        start_ns, end_ns
            When it was spoken; one that began before the last had ended counts as right after it.
        """
        before = UNKNOWN
        if self._t is not None:
            gap_s = max(0.0, (start_ns - self._t) / 1e9)
            kept = (1.0 - 2.0 * CHANGES) * 0.5 ** (gap_s / FORGETS_S)
            before += (self._person - UNKNOWN) * kept
        now = person
        if before != UNKNOWN:
            odds = _log_odds(before) + NEW * _log_odds(person)
            now = 1.0 / (1.0 + math.exp(-odds))
        self._person, self._t = now, end_ns
        return now

    def forget(self) -> None:
        """Forget who spoke."""
        self._person, self._t = UNKNOWN, None


def _log_odds(probability: float) -> float:
    held = min(_CERTAIN, max(1.0 - _CERTAIN, probability))
    return math.log(held / (1.0 - held))
