"""A minute of a resident's speech becomes an enrolment, or a clear reason why it cannot.

In: the sound of the minute and where speech is in it. Out: an `Enrolment`: the mean direction of
the voice and how far single windows stray from it. The sound itself is kept nowhere. Refused are
too little speech, noise, a level at full scale, and more than one voice: an enrolment of the
resident and the carer together would let the carer's voice pass for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.observations import TimeNs
from ambient.places import Subject
from audio.blocks import RATE, Samples
from audio.speech.embedding import DIMENSIONS, Embedder, Vector, direction, heard, spans

ASKED_S: Final = 60.0
"""What a resident is asked for, pauses included."""
LEAST_SPEECH_S: Final = 30.0
"""Speech in it, pauses not included."""
LEAST_SNR_DB: Final = 10.0
"""Level of the speech over that of the pauses. A judgement is for noise of 5 to 20 dB; what it is
compared with for months should not be as noisy."""
MOST_CLIPPED: Final = 0.001
"""Share of samples at full scale."""
ONE_VOICE: Final = 0.61
"""Cosine between the two halves into which the windows fall most easily. By
``ambient evaluate speakers MANIFEST --fit``, on rows marked `train`, clean and in rooms made by
synthesis: halves of one voice lie at 0.614 and above; with a quarter of a second voice, 98 of 100
lie at 0.595 and below."""
LEAST_SHARE: Final = 0.15
"""A half smaller than this share of the windows is a cough or a word that went wrong."""
_FULL_SCALE: Final = 0.99
_ROUNDS: Final = 8
_FRAME: Final = RATE // 100


class Enrolment(Struct, frozen=True, forbid_unknown_fields=True):
    """A voice that is known.

    Attributes
    ----------
    subject
        Whose, as a pseudonym.
    voice
        Mean direction, 192 numbers, length 1.
    near, spread
        Mean and standard deviation of the cosine of each window to the mean of the others.
    windows, speech_s, snr_db
        What it is made of.
    network
        Revision of the network: with another one it means nothing.
    t
        When it was made.
    """

    subject: Subject
    voice: Annotated[list[float], Meta(min_length=DIMENSIONS, max_length=DIMENSIONS)]
    near: float
    spread: float
    windows: int
    speech_s: float
    snr_db: float
    network: str
    t: TimeNs

    @property
    def direction(self) -> Vector:
        """The mean direction as an array of shape (192,)."""
        return direction(np.asarray(self.voice, np.float32))


def enrol(
    subject: str,
    sound: Samples,
    speech: Sequence[slice],
    embedder: Embedder,
    *,
    network: str,
    t: int,
) -> Enrolment:
    """Return the enrolment of the one voice in `sound`.

    Parameters
    ----------
    sound
        float32 at 16 kHz, shape (n,).
    speech
        Where speech is in it, in samples.

    Raises
    ------
    UsageError
        The sound is not fit for it; the message says what to do.
    """
    talk = np.concatenate([sound[part] for part in speech] or [np.zeros(0, np.float32)])
    speech_s = len(talk) / RATE
    if speech_s < LEAST_SPEECH_S:
        raise UsageError(
            f"expected at least {LEAST_SPEECH_S:.0f} s of speech, got {speech_s:.0f} s; let the "
            "resident talk for a minute, alone and near the microphone"
        )
    clipped = float(np.mean(np.abs(talk) >= _FULL_SCALE))
    if clipped > MOST_CLIPPED:
        raise UsageError(
            f"expected speech below full scale, got {clipped:.1%} of it cut off; turn the "
            "microphone's gain down or move it away, and record again"
        )
    snr_db = level_over_noise(sound, speech)
    if snr_db < LEAST_SNR_DB:
        raise UsageError(
            f"expected speech at least {LEAST_SNR_DB:.0f} dB above the noise, got {snr_db:.0f} dB; "
            "switch off television and fan, go nearer, and record again"
        )
    points = np.stack([embedder.embed(heard(talk, part)) for part in spans(len(talk))])
    apart = halves(points)
    if apart < ONE_VOICE:
        raise UsageError(
            f"expected one voice, got what sounds like two (likeness {apart:.2f}, expected "
            f"{ONE_VOICE:.2f}); record the resident alone, without anybody else talking"
        )
    near = likeness_to_others(points)
    return Enrolment(
        subject=subject,
        voice=[round(float(x), 6) for x in direction(points.mean(axis=0))],
        near=round(float(near.mean()), 4),
        spread=round(float(near.std()), 4),
        windows=len(points),
        speech_s=round(speech_s, 1),
        snr_db=round(snr_db, 1),
        network=network,
        t=t,
    )


def level_over_noise(sound: Samples, speech: Sequence[slice]) -> float:
    """Return the power of speech over that of the pauses, in dB, 60 at most.

    The speech is cleaned of the noise that lies under it. Without a second of pauses, the quietest
    tenth of all frames stands for them.
    """
    count = len(sound) // _FRAME
    power = np.mean(np.square(sound[: count * _FRAME].reshape(count, _FRAME), dtype=np.float64), 1)
    talking = np.zeros(count, np.bool_)
    for part in speech:
        talking[part.start // _FRAME : -(-part.stop // _FRAME)] = True
    quiet = power[~talking]
    if len(quiet) < RATE // _FRAME:
        quiet = np.sort(power)[: max(1, count // 10)]
    noise = float(np.mean(quiet)) + 1e-12
    over = max(float(np.mean(power[talking])) - noise, noise * 1e-3)
    return min(60.0, 10 * float(np.log10(over / noise)))


def likeness_to_others(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine of each of `points`, shape (n, 192), to the mean of all the others."""
    others = points.sum(axis=0, dtype=np.float64) - points
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    return np.asarray(np.einsum("ij,ij->i", points, others), np.float64)


def halves(points: NDArray[np.float32]) -> float:
    """Return the cosine between the two groups into which directions fall most easily.

    Groups by two means on the sphere, begun at the two points that are least alike. A group that
    is too small says nothing: the answer is 1 then.
    """
    if len(points) < 2:
        return 1.0
    alike = points @ points.T
    first, second = np.unravel_index(int(np.argmin(alike)), alike.shape)
    centres = points[[int(first), int(second)]].astype(np.float64)
    of_second = np.zeros(len(points), np.bool_)
    for _ in range(_ROUNDS):
        near = points @ centres.T
        of_second = near[:, 1] > near[:, 0]
        if of_second.all() or not of_second.any():
            return 1.0
        for number, members in enumerate((points[~of_second], points[of_second])):
            centre = members.sum(axis=0, dtype=np.float64)
            centres[number] = centre / np.linalg.norm(centre)
    share = float(of_second.mean())
    if min(share, 1 - share) < LEAST_SHARE:
        return 1.0
    return float(centres[0] @ centres[1])
