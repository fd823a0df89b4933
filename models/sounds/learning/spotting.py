"""Learn which word is said: embeddings in, weights, list and figures out; seeded, numpy alone.

Small enough to need no PyTorch, so a site may train its own list on its own machine. One hidden
layer over the embeddings of a look; the best of several looks counts, for a word may be anywhere in
a window; cross-entropy over the words of the list and *none of them*, Adam (Kingma & Ba 2015).
Calibrated on voices that are not learned from, measured on others again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from models.falls.learning.measure import average_precision, temperature
from models.sounds.learning.figures import Found, found, found_by, found_by_band, write_json
from models.sounds.learning.utterances import Utterances, utterances, vocabulary
from models.sounds.spotter import (
    JSON,
    NPZ,
    SPAN,
    WIDTH,
    Embedding,
    Head,
    List,
    looks,
    pooled,
    standard,
)
from models.sounds.synthesis.scenes import Cast

Floats = NDArray[np.float32]

VERSION: Final = "1.0.0"
FIGURES: Final = "words-figures.json"
LEVELS: Final = (0.5, 0.9, 0.98)
"""Probabilities from which on found and wrong are counted."""
RATIOS_DB: Final = ((0, 10), (10, 20), (20, 30))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the words are learned.

    Attributes
    ----------
    hidden
        Units.
    rounds, batch, rate, decay
        Of Adam; the rate falls as a cosine.
    dropped, deaf
        Share of hidden units, and of the numbers of an embedding, left out of each example.
    shift
        Steps by which an example is moved in time, at most.
    """

    hidden: int = 160
    rounds: int = 12
    batch: int = 64
    rate: float = 2e-3
    decay: float = 0.02
    dropped: float = 0.3
    deaf: float = 0.1
    shift: int = 1


class Figures(Struct, frozen=True):
    """What is known of the words, on voices held out.

    Attributes
    ----------
    precision
        Average precision of *a word that asks for help* and *one that calls somebody*.
    found, wrong
        By kind and probability: words of the kind that are told; what is no such word and is.
    by_language, by_snr, wrong_by
        At the second of `LEVELS`, help and call together; `wrong_by` by what was said.
    """

    version: str
    seed: int
    utterances: dict[str, int]
    temperature: float
    precision: dict[str, float]
    found: dict[str, Found]
    wrong: dict[str, Found]
    by_language: dict[str, Found]
    by_snr: dict[str, Found]
    wrong_by: dict[str, Found]


def course(
    casts: tuple[Cast, Cast, Cast],
    counts: tuple[int, int, int],
    recipe: Recipe,
    embedding: Embedding,
    revision: str,
    folder: Path,
    *,
    seed: int,
    tell: Callable[[str], None],
) -> Figures:
    """Learn, calibrate and measure; write everything to `folder`.

    Parameters
    ----------
    casts, counts
        To learn from, to calibrate on, to measure on: what is spoken by whom, and how many.
    revision
        Of the speech embedding, as the catalogue names it.
    """
    words = vocabulary(casts[0].words)
    made = [
        utterances(cast, words, count, seed * 3 + number, embedding, tell=tell)
        for number, (cast, count) in enumerate(zip(casts, counts, strict=True))
    ]
    layers = fit(made[0], len(words) + 1, recipe, seed, tell)
    digest = export(layers, folder)
    with np.load(folder / NPZ) as stored:
        head = Head({name: stored[name] for name in stored.files})
    kept = List(VERSION, digest, revision, calibrated(head, made[1]), words)
    write_json(folder / JSON, kept)
    named = dict(zip(("learned", "calibrating", "held"), counts, strict=True))
    figures = measure(head, kept, made[2], seed=seed, counts=named)
    write_json(folder / FIGURES, figures)
    return figures


def fit(
    source: Utterances,
    outputs: int,
    recipe: Recipe,
    seed: int,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Floats]:
    """Return the layers of a `Head`; the same seed and machine give the same."""
    rng = np.random.default_rng(seed)
    known = source.embedded.astype(np.float32)
    mean, scale = known.mean(axis=(0, 1)), 1.0 / (known.std(axis=(0, 1)) + 1e-3)
    known = standard(known, mean, scale)
    inside = SPAN * WIDTH
    parts = [
        rng.normal(0, np.sqrt(2 / inside), (inside, recipe.hidden)).astype(np.float32),
        np.zeros(recipe.hidden, np.float32),
        rng.normal(0, np.sqrt(1 / recipe.hidden), (recipe.hidden, outputs)).astype(np.float32),
        np.zeros(outputs, np.float32),
    ]
    first = [np.zeros_like(each) for each in parts]
    second = [np.zeros_like(each) for each in parts]
    labels = np.where(source.word < 0, outputs - 1, source.word)
    batches = len(labels) // recipe.batch
    done = 0
    for number in range(recipe.rounds):
        order, total = rng.permutation(len(labels)), 0.0
        for batch in range(batches):
            some = order[batch * recipe.batch : (batch + 1) * recipe.batch]
            x = _moved(known[some], rng, recipe.shift)
            x = looks(x * _mask(rng, (len(some), 1, WIDTH), recipe.deaf))
            cost, slopes = _slopes(x, labels[some], parts, rng, recipe.dropped)
            total += cost
            done += 1
            rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * done / (recipe.rounds * batches + 1)))
            for i, slope in enumerate(slopes):
                first[i] += 0.1 * (slope - first[i])
                second[i] += 0.001 * (np.square(slope) - second[i])
                ahead = first[i] / (1 - 0.9**done)
                parts[i] -= rate * ahead / (np.sqrt(second[i] / (1 - 0.999**done)) + 1e-8)
                if i % 2 == 0:
                    parts[i] -= rate * recipe.decay * parts[i]
        if (number + 1) % 4 == 0:
            tell(f"words: round {number + 1}, loss {total / max(1, batches):.3f}")
    return {
        "mean": mean, "scale": scale, "weights0": parts[0], "bias0": parts[1],
        "weights1": parts[2], "bias1": parts[3],
    }  # fmt: skip


def _slopes(
    x: Floats, labels: NDArray[np.int64], parts: list[Floats], rng: np.random.Generator, drop: float
) -> tuple[float, list[Floats]]:
    """Return the mean cross-entropy of looks (n, L, inside), and its slope for each part."""
    count = len(x)
    mask = _mask(rng, (count, 1, len(parts[1])), drop)
    hidden = np.maximum(x @ parts[0] + parts[1], 0.0) * mask
    logits, shares = pooled(hidden @ parts[2] + parts[3])
    error = softmax(logits, axis=1)
    cost = -float(np.log(error[np.arange(count), labels] + 1e-9).mean())
    error[np.arange(count), labels] -= 1.0
    error /= count
    none = np.repeat(error[:, None, -1:] / x.shape[1], x.shape[1], axis=1)
    back = np.concatenate([shares * error[:, None, :-1], none], axis=2).astype(np.float32)
    below = (back @ parts[2].T) * mask * (hidden > 0)
    flat = [each.reshape(-1, each.shape[2]) for each in (x, below, hidden, back)]
    return cost, [
        flat[0].T @ flat[1],
        flat[1].sum(axis=0),
        flat[2].T @ flat[3],
        flat[3].sum(axis=0),
    ]


def _mask(rng: np.random.Generator, shape: tuple[int, ...], drop: float) -> Floats:
    """Return zeros for a share `drop`, and what keeps the mean for the others."""
    return np.asarray((rng.random(shape, np.float32) >= drop) / np.float32(1 - drop), np.float32)


def _moved(some: Floats, rng: np.random.Generator, most: int) -> Floats:
    """Move each example in time; what comes in at an end is the row that was there."""
    by = rng.integers(-most, most + 1, len(some))
    rows = np.clip(np.arange(some.shape[1])[None] + by[:, None], 0, some.shape[1] - 1)
    return np.take_along_axis(some, rows[:, :, None], axis=1)


def export(layers: dict[str, Floats], folder: Path) -> str:
    """Write ``words.npz`` (the large layers in float16) to `folder`; return its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Any] = {
        name: each.astype(np.float16 if name.startswith("weights") else np.float32)
        for name, each in layers.items()
    }
    np.savez(folder / NPZ, **stored)
    return hashlib.sha256((folder / NPZ).read_bytes()).hexdigest()


def calibrated(head: Head, source: Utterances) -> float:
    """Return the temperature under which the words of `source` are most likely, to a tenth."""
    logits = head.logits(source.embedded.astype(np.float32)).astype(np.float64)
    labels = np.where(source.word < 0, head.outputs - 1, source.word)
    return max(0.1, round(temperature(logits, labels), 1))


def measure(
    head: Head, words: List, source: Utterances, *, seed: int, counts: dict[str, int]
) -> Figures:
    """Return how good the head is on `source`."""
    logits = head.logits(source.embedded.astype(np.float32)).astype(np.float64)
    share = np.exp(log_softmax(logits / words.temperature, axis=1))
    kinds = np.array([word.kind for word in words.words] + [""])
    languages = np.array([word.language for word in words.words] + [""])
    truth = kinds[source.word]
    said = {kind: share[:, kinds == kind].sum(axis=1) for kind in ("help", "call")}
    right = np.where(truth == "help", said["help"], said["call"]) >= LEVELS[1]
    asked = truth != ""
    wrong = ~asked & (np.maximum(said["help"], said["call"]) >= LEVELS[1])
    spoken = languages[source.word]
    return Figures(
        version=words.version,
        seed=seed,
        utterances=counts,
        temperature=words.temperature,
        precision={
            kind: round(average_precision(said[kind], (truth == kind).astype(np.float64)), 4)
            for kind in said
        },
        found={
            f"{kind} {level}": found(said[kind][truth == kind] >= level)
            for kind in said
            for level in LEVELS
        },
        wrong={
            f"{kind} {level}": found(said[kind][truth != kind] >= level)
            for kind in said
            for level in LEVELS
        },
        by_language=found_by(spoken[asked], right[asked]),
        by_snr=found_by_band(source.snr_db[asked], right[asked], RATIOS_DB),
        wrong_by=found_by(source.kinds[~asked], wrong[~asked]),
    )
