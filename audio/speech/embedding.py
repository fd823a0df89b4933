"""A voice as a point: a window of speech in, an embedding of 192 numbers out.

The network is CAM++ (`models/cards/speaker.md`), in OpenVINO. Two windows of one voice lie in about
the same direction, so likeness is the cosine. An embedding tells who somebody is: it is never
sent, never logged, and stored only in an enrolment, enciphered (`audio.speech.vault`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from audio.speech.fbank import BANDS, RATE, Samples, fbank
from audio.speech.network import opened

MODEL: Final = "speaker"
DIMENSIONS: Final = 192
FRAMES: Final = 298
"""Rows of features in the network's window."""
WINDOW: Final = 3 * RATE
"""Samples of the window: 3 s."""
SHORTEST: Final = RATE
"""Samples below which nothing is said about a voice: 1 s. A shorter window than 3 s is repeated
until it fills the network's; how much less it tells is in the card."""
_LEVEL: Final = 0.05
"""Root mean square to which speech is brought, so that the floor of the features lies far below."""

Vector = NDArray[np.float32]


class Embedder(Protocol):
    """What turns a window of speech into a point; tests use one of their own."""

    def embed(self, speech: Samples) -> Vector:
        """Return the direction of a voice: float32, shape (192,), length 1."""


class CamPlus:
    """The speaker network.

    Parameters
    ----------
    model
        Its ``.xml``: ``models.store.path("speaker")``.

    Raises
    ------
    ModelError
        It cannot be opened, or it is another network.
    """

    def __init__(self, model: Path) -> None:
        shapes = ((1, FRAMES, BANDS), (1, DIMENSIONS))
        self._request = opened(model, shapes, full_precision=False).create_infer_request()
        # What the network prepares when it is asked first is prepared when it is opened.
        self._request.infer({0: np.zeros(shapes[0], np.float32)})

    def embed(self, speech: Samples) -> Vector:
        """Return the direction of the voice in `speech`.

        Parameters
        ----------
        speech
            float32 at 16 kHz, shape (n,), n from `SHORTEST` to `WINDOW`; speech only.

        Returns
        -------
        ndarray
            float32, shape (192,), length 1.

        Raises
        ------
        ValueError
            Another length, values that are no numbers, or silence.
        """
        features = features_of(speech)
        raw = np.array(self._request.infer({0: features[None]})[0][0], np.float32)
        return direction(raw)


def features_of(speech: Samples) -> NDArray[np.float32]:
    """Return what the network is given: float32 (298, 80), each band without its mean.

    Raises
    ------
    ValueError
        As `CamPlus.embed`.
    """
    if speech.ndim != 1 or not SHORTEST <= len(speech) <= WINDOW:
        raise ValueError(
            f"expected {SHORTEST} to {WINDOW} samples of speech in one row, got {speech.shape}"
        )
    level = float(np.sqrt(np.mean(np.square(speech, dtype=np.float64))))
    if not np.isfinite(level) or level < 1e-6:
        raise ValueError(f"expected speech, got a level of {level}")
    rows = fbank(speech * np.float32(_LEVEL / level))
    rows = rows - rows.mean(axis=0, keepdims=True)
    return np.asarray(rows[np.arange(FRAMES) % len(rows)], np.float32)


def direction(vector: NDArray[np.floating]) -> Vector:
    """Return `vector` with length 1.

    Raises
    ------
    ValueError
        It has no direction.
    """
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0.0:
        raise ValueError("expected a vector with a direction, got none")
    return np.asarray(vector / length, np.float32)


def spans(samples: int) -> list[slice]:
    """Return the parts of a stretch of speech that are judged one by one.

    Parts of 3 s one after another; what is left over at the end is a part of its own when it is at
    least `SHORTEST` long, and belongs to the last part otherwise, so that every sample lies in one
    part. A stretch shorter than `SHORTEST` has none.
    """
    if samples < SHORTEST:
        return []
    starts = range(0, samples - SHORTEST + 1, WINDOW)
    stops = [*starts[1:], samples]
    return [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]


def heard(speech: Samples, part: slice) -> Samples:
    """Return the samples of `part` that its embedding is made of: the last 3 s of it."""
    return speech[max(part.start, part.stop - WINDOW) : part.stop]
