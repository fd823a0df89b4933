"""Is it the resident who speaks: stretches of speech in, probabilities out.

A stretch is heard in parts of about 3 s (`audio.speech.embedding.spans`). Parts that follow each
other and are alike are one run, since somebody who goes on speaking is told more surely by all that
was said; where the voice changes, a new run begins, since a carer may answer without a pause. Each
run is compared with the enrolment; the cosine becomes a probability by a logistic curve that was
fitted on voices marked `train`. Whoever makes features of speech takes only the runs that pass:
nothing of another voice may be stored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.errors import ModelError
from audio.blocks import RATE, Samples
from audio.speech.embedding import Embedder, Vector, direction, heard, spans
from audio.speech.enrolment import Enrolment

ONE_RUN: Final = 0.6
"""Cosine to the mean of a run from which on a part belongs to it. On rows marked `train`, 95 of 100
parts of 3 s lie at 0.75 and above to their own voice, 99 of 100 at 0.53 and below to another's
(``ambient evaluate speakers MANIFEST --fit``)."""
_NOMINAL_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the cosine of a run, and its length, to a probability and a decision.

    Attributes
    ----------
    offset, per_cosine, per_octave
        Log-odds (natural) = offset + per_cosine × cosine + per_octave × octaves, where octaves =
        log2(length / 3 s).
    passes, passes_per_octave
        Cosine from which on a run of 3 s passes, and how it goes up with its length: so that runs
        of every length let as few strangers pass.
    """

    offset: float
    per_cosine: float
    per_octave: float
    passes: float
    passes_per_octave: float

    def probability(self, cosine: float, seconds: float) -> float:
        """Return how likely a run is the resident's, a stranger being as likely beforehand."""
        octaves = math.log2(seconds / _NOMINAL_S)
        odds = self.offset + self.per_cosine * cosine + self.per_octave * octaves
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, odds))))

    def lets_pass(self, cosine: float, seconds: float) -> bool:
        """Return whether a run passes."""
        octaves = math.log2(seconds / _NOMINAL_S)
        return cosine >= self.passes + self.passes_per_octave * octaves


FITTED: Final = Calibration(
    offset=-9.98, per_cosine=19.98, per_octave=-1.59, passes=0.554, passes_per_octave=0.033
)
"""By ``ambient evaluate speakers MANIFEST --fit``: rows marked `train` and synthesis alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a stretch as the network hears it.

    Attributes
    ----------
    samples
        Which of the stretch.
    voice
        Its direction, shape (192,).
    seconds
        How much of it was heard.
    """

    samples: slice
    voice: Vector
    seconds: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A run: a part of a stretch of speech in which one voice speaks.

    Attributes
    ----------
    samples
        Which of the stretch.
    resident
        Probability that it is the enrolled voice; None where there was too little speech to say.
    passes
        Whether features may be made of it.
    """

    samples: slice
    resident: float | None
    passes: bool


class VoiceGate:
    """Lets the enrolled resident's speech pass.

    Parameters
    ----------
    enrolment
        Whom to let pass.
    embedder
        The network that the enrolment was made with.
    network
        Its revision.
    calibration
        Of the probabilities.

    Raises
    ------
    ModelError
        The enrolment is of another network.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        embedder: Embedder,
        network: str,
        calibration: Calibration = FITTED,
    ) -> None:
        if enrolment.network != network:
            raise ModelError(
                f"expected an enrolment by the speaker network {network}, got one by "
                f"{enrolment.network}; run ambient enroll-voice again"
            )
        self._voice = enrolment.direction
        self._embedder = embedder
        self._calibration = calibration

    def judge(self, speech: Samples) -> list[Judged]:
        """Return the runs of a stretch of speech, in order; together they are the stretch.

        Parameters
        ----------
        speech
            float32 at 16 kHz, shape (n,): one stretch, without its pauses at either end. Below a
            second nothing is said, and nothing passes.
        """
        parts = listen(speech, self._embedder)
        if parts:
            return judge(parts, self._voice, self._calibration)
        return [Judged(slice(0, len(speech)), None, False)] if len(speech) else []


def listen(speech: Samples, embedder: Embedder) -> list[Part]:
    """Return the parts of a stretch of speech; none where it is shorter than a second."""
    found = []
    for span in spans(len(speech)):
        piece = heard(speech, span)
        found.append(Part(span, embedder.embed(piece), len(piece) / RATE))
    return found


def runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Return `parts` in order, those together that follow each other and are one voice."""
    found: list[list[Part]] = []
    for part in parts:
        if found and float(_mean(found[-1]) @ part.voice) >= ONE_RUN:
            found[-1].append(part)
        else:
            found.append([part])
    return found


def judge(parts: Sequence[Part], voice: Vector, calibration: Calibration = FITTED) -> list[Judged]:
    """Return what is to be said of the runs of a stretch.

    Parameters
    ----------
    voice
        The enrolled direction, shape (192,).
    """
    judged = []
    for run in runs(parts):
        cosine, seconds = float(_mean(run) @ voice), sum(part.seconds for part in run)
        judged.append(
            Judged(
                slice(run[0].samples.start, run[-1].samples.stop),
                calibration.probability(cosine, seconds),
                calibration.lets_pass(cosine, seconds),
            )
        )
    return judged


def of_stretch(judged: Sequence[Judged]) -> float | None:
    """Return the probability of a whole stretch: that of its runs, weighted by their length."""
    told: list[tuple[float, int]] = [
        (each.resident, int(each.samples.stop - each.samples.start))
        for each in judged
        if each.resident is not None
    ]
    if not told:
        return None
    return sum(p * length for p, length in told) / sum(length for _, length in told)


def passed(speech: Samples, judged: Sequence[Judged]) -> Samples:
    """Return what of a stretch may be measured: the runs that pass, joined."""
    parts = [speech[each.samples] for each in judged if each.passes]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _mean(run: Sequence[Part]) -> Vector:
    return direction(np.sum([part.voice * np.float32(part.seconds) for part in run], axis=0))
