"""Words that call: a stretch of voice in, how surely a word of the site's list is in it out.

The speech embedding of the store says what is said, without language; a small network of our own,
trained on synthesis (``words.npz``, ``words.json``), says which word of its list that is, or none.
It is asked only about a voice that called out by itself, a few times an hour, so its cost is no
matter. Nothing but two numbers leaves it: no word is kept or told.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from ambient.errors import ConfigError, ModelError
from models.calibrated import load_calibration
from models.runtime import at_once
from models.sounds import cries
from models.sounds.cries import Cries
from models.sounds.narrow import BANDS, HOP, RATE, SIZE, count, narrow

Floats = NDArray[np.float32]

MODEL: Final = "speech_embedding"
"""In the catalogue."""
FOLDER: Final = Path(__file__).parent
NPZ: Final = "words.npz"
JSON: Final = "words.json"
FRAMES: Final = 196
"""In a window."""
STEPS: Final = 16
WIDTH: Final = 96
"""Embeddings of a window, and numbers of each."""
SPAN: Final = 9
"""Embeddings that a look at a word sees: 1.4 s."""
LOOKS: Final = (0, 2, 4, 7)
"""Steps at which the looks of a window begin."""
SAMPLES: Final = (FRAMES - 1) * HOP + SIZE
"""Of a window: just under 2 s."""
AGAIN: Final = 40
"""Frames between two windows of a longer stretch."""
_STEP_S: Final = 0.08
_MIDDLE_S: Final = 0.38
"""Seconds between two embeddings, and from the beginning of the first to its middle."""
_AROUND_S: Final = 0.1
_STEPS_LEAST: Final = 4
Kind = Literal["help", "call"]


class Word(Struct, frozen=True, forbid_unknown_fields=True):
    """A word of the list: of a language as espeak-ng names it, and what it asks for."""

    language: str
    kind: Kind
    text: str


class List(Struct, frozen=True, forbid_unknown_fields=True):
    """``words.json``.

    Attributes
    ----------
    version
        Semantic version of the model.
    weights
        SHA-256 of ``words.npz``.
    embedding
        Revision of the speech embedding it was trained on.
    temperature
        By which logits are divided, so that probabilities mean what they say.
    words
        In the order of the outputs; the last output is none of them.
    """

    version: str
    weights: str
    embedding: str
    temperature: Annotated[float, Meta(gt=0)]
    words: tuple[Word, ...]


class Said(NamedTuple):
    """Probability that a word that asks for help was said, one that calls somebody, and a cry.

    A cry is a scream or a shout of pain, without a word.

    `trace` (n, WIDTH) is what the embedding says of the voice itself every 80 ms, to be compared
    with that of another voice; None where nobody asked for it.
    """

    help: float
    call: float
    cry: float = 0.0
    trace: Floats | None = None


class Embedding:
    """The speech embedding, compiled.

    Parameters
    ----------
    xml
        As the store holds it.

    Raises
    ------
    ModelError
        It cannot be read, or is of another shape.
    """

    def __init__(self, xml: Path) -> None:
        compiled = at_once(xml, mend="; pull it again")
        got = tuple(tuple(port.shape) for port in (compiled.input(0), compiled.output(0)))
        if got != ((1, FRAMES, BANDS, 1), (1, STEPS, 1, WIDTH)):
            raise ModelError(f"{xml}: expected {FRAMES} frames in, got shapes {got}; pull it again")
        self._request = compiled.create_infer_request()

    def __call__(self, frames: Floats) -> Floats:
        """Return embeddings (`STEPS`, `WIDTH`) of frames (`FRAMES`, BANDS)."""
        found = self._request.infer([frames[None, :, :, None]])[0]
        return np.asarray(found.reshape(STEPS, WIDTH), np.float32).copy()


class Head:
    """Says which word it is: one look at `SPAN` embeddings, slid over a window, the best counts.

    Parameters
    ----------
    layers
        ``words.npz``: mean and scale (WIDTH,) of the embeddings, weights0 (SPAN * WIDTH, H),
        bias0 (H,), weights1 (H, words + 1), bias1.
    """

    def __init__(self, layers: dict[str, Floats]) -> None:
        self.mean, self.scale = layers["mean"], layers["scale"]
        self._weights = [layers[name].astype(np.float32) for name in ("weights0", "weights1")]
        self._bias = [layers[name] for name in ("bias0", "bias1")]
        self.outputs = len(self._bias[1])

    def logits(self, embedded: Floats) -> Floats:
        """Return logits (n, words + 1) of embeddings (n, STEPS, WIDTH)."""
        x = looks(standard(embedded, self.mean, self.scale))
        hidden = np.maximum(x @ self._weights[0] + self._bias[0], 0.0)
        return pooled(hidden @ self._weights[1] + self._bias[1])[0]


def standard(embedded: Floats, mean: Floats, scale: Floats) -> Floats:
    """Return embeddings (n, STEPS, WIDTH) made alike, within 5 deviations."""
    return np.asarray(np.clip((embedded - mean) * scale, -5.0, 5.0), np.float32)


def looks(embedded: Floats) -> Floats:
    """Return what each look sees: (n, len(LOOKS), SPAN * WIDTH)."""
    return np.stack(
        [embedded[:, at : at + SPAN].reshape(len(embedded), -1) for at in LOOKS], axis=1
    )


def pooled(scores: Floats) -> tuple[Floats, Floats]:
    """Return logits (n, words + 1) of looks (n, L, words + 1), and each look's share in a word.

    A word counts where it is seen best (logarithm of the mean of exponentials), *none of them* by
    its mean.
    """
    words = scores[..., :-1]
    top = words.max(axis=1, keepdims=True)
    risen = np.exp(words - top)
    total = risen.sum(axis=1, keepdims=True)
    best = (top + np.log(total / len(LOOKS)))[:, 0]
    none = scores[..., -1].mean(axis=1, keepdims=True)
    return np.concatenate([best, none], axis=1), risen / total


class Spotter:
    """Finds the words of a site. May be used from several threads: they take turns.

    Parameters
    ----------
    embedding, head, words
        Of one version.
    wanted
        Texts to listen for; None for all of the list.
    cries
        Tells a cry without a word; None to tell none.

    Raises
    ------
    ConfigError
        A wanted text is not in the list.
    """

    def __init__(
        self,
        embedding: Embedding,
        head: Head,
        words: List,
        wanted: Collection[str] | None = None,
        cries: Cries | None = None,
    ) -> None:
        texts = checked(words, wanted)
        self._embedding, self._head, self._cries = embedding, head, cries
        self._temperature = words.temperature
        self._columns = {
            kind: [
                number
                for number, word in enumerate(words.words)
                if word.kind == kind and word.text.casefold() in texts
            ]
            for kind in ("help", "call")
        }
        self._lock = threading.Lock()

    @property
    def cried(self) -> float:
        """From which probability on a cry is one; above 1 where none is told."""
        return 2.0 if self._cries is None else self._cries.threshold

    @classmethod
    def load(
        cls, embedding: Path, folder: Path = FOLDER, wanted: Collection[str] | None = None
    ) -> Spotter:
        """Return the spotter with the weights in `folder`.

        Raises
        ------
        ModelError
            Something is missing, damaged, or of another version.
        ConfigError
            As the class says.
        """
        words = load(folder)
        with np.load(folder / NPZ) as stored:
            head = Head({name: stored[name] for name in stored.files})
        if head.outputs != len(words.words) + 1:
            raise ModelError(
                f"{folder / JSON}: expected {head.outputs - 1} words, got {len(words.words)}; "
                "make both with: ambient train words"
            )
        return cls(Embedding(embedding), head, words, wanted, cries.load())

    def said(self, samples: Floats, voice: tuple[float, float] | None = None) -> Said:
        """Return what is said in samples (n,), 16 kHz, that end shortly after a voice did.

        Parameters
        ----------
        voice
            How many seconds before the end the voice began and ended: its trace is returned too.

        Notes
        -----
        A stretch longer than a window is looked at in several, each ending `AGAIN` frames before
        the next; the surest of them counts. A shorter one is taken to follow on silence.
        """
        if len(samples) < SAMPLES:
            samples = np.concatenate([np.zeros(SAMPLES - len(samples), np.float32), samples])
        last = count(len(samples)) - FRAMES
        windows = [
            samples[(last - back) * HOP : (last - back) * HOP + SAMPLES]
            for back in range(0, last + 1, AGAIN)
        ]
        with self._lock:
            embedded = np.stack([self._embedding(narrow(each)) for each in windows])
        logits = self._head.logits(embedded).astype(np.float64) / self._temperature
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        help_, call = (
            float(shares[:, self._columns[kind]].sum(axis=1).max()) for kind in ("help", "call")
        )
        trace = None
        if voice is not None:
            trace = standard(embedded[0], self._head.mean, self._head.scale)[steps_of(*voice)]
        cry = 0.0 if self._cries is None else self._cries.probability(embedded)
        return Said(help_, call, cry, trace)


def steps_of(began_s: float, ended_s: float) -> slice:
    """Return the steps of the last window in whose middle a voice was, at least four.

    Parameters
    ----------
    began_s, ended_s
        Seconds before the end of the window.
    """
    middles = _MIDDLE_S + _STEP_S * np.arange(STEPS) - SAMPLES / RATE
    inside = np.flatnonzero((middles >= -began_s - _AROUND_S) & (middles <= -ended_s + _AROUND_S))
    if len(inside) >= _STEPS_LEAST:
        return slice(int(inside[0]), int(inside[-1]) + 1)
    nearest = int(np.argmin(np.abs(middles + (began_s + ended_s) / 2)))
    first = min(max(0, nearest - _STEPS_LEAST // 2), STEPS - _STEPS_LEAST)
    return slice(first, first + _STEPS_LEAST)


def checked(words: List, wanted: Collection[str] | None) -> set[str]:
    """Return what a site listens for, case folded: `wanted`, or all of the list.

    Raises
    ------
    ConfigError
        A wanted text is not in the list.
    """
    known = {word.text.casefold() for word in words.words}
    texts = known if wanted is None else {each.casefold() for each in wanted}
    for each in sorted(texts - known):
        listed = ", ".join(sorted({word.text for word in words.words}))
        raise ConfigError(
            f"sounds.words: expected words of the list ({listed}), got {each!r}; choose among "
            "them, or train your own with: ambient train words"
        )
    return texts


def load(folder: Path = FOLDER) -> List:
    """Return the list of words in `folder`, by default the one that this version carries.

    Raises
    ------
    ModelError
        It is missing, damaged, or belongs to other weights.
    """
    return load_calibration(
        folder / JSON,
        folder / NPZ,
        List,
        network="the words that call",
        command="ambient train words",
    )
