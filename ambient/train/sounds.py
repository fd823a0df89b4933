"""``ambient train sounds`` and ``television``: recordings and synthesis in, weights out.

Comes in: the folder of labelled recordings, and a seed. Goes out: weights, calibration, reference
and figures in a folder, by default where a node reads them. Only rows that may be learned from are
opened; everything else is made anew each time, from the seed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ambient.errors import UsageError
from ambient.evaluate import speech_rows
from audio.blocks import Samples

if TYPE_CHECKING:
    from models.sounds.spotter import Embedding
    from models.sounds.synthesis.scenes import Cast

MODELS: Final = Path(__file__).parents[2] / "models"
SOUNDS: Final = MODELS / "sounds"
TELEVISION: Final = MODELS / "television"
_SPEECH: Final = ("neutral-digit", "neutral_prompt")
_CALLS: Final = ("help", "hello")
"""Prompts that say one of these words are no speech without a call."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is made of what.

    Attributes
    ----------
    scenes
        To learn from, to calibrate on, to measure on.
    rooms
        Of each of them.
    steps
        Of training.
    utterances
        For the words that call: to learn from, to calibrate on, to measure on.
    cries
        Stretches of voice for the cries without a word, in the same way.
    talks
        Stretches of speech for the model of television, each from as many persons as
        loudspeakers: to learn from, to calibrate on, to measure on.
    """

    scenes: tuple[int, int, int]
    rooms: int
    steps: int
    talks: tuple[int, int, int]
    utterances: tuple[int, int, int]
    cries: tuple[int, int, int]


FULL: Final = Plan(
    scenes=(5000, 1000, 1000),
    rooms=160,
    steps=1700,
    talks=(1600, 400, 400),
    utterances=(9000, 500, 700),
    cries=(1200, 500, 600),
)
QUICK: Final = Plan(
    scenes=(120, 60, 60),
    rooms=8,
    steps=30,
    talks=(60, 30, 30),
    utterances=(150, 60, 60),
    cries=(60, 30, 30),
)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Recordings that may be learned from.

    Attributes
    ----------
    speech
        Speech without a call, 16 kHz mono.
    sounds
        Other sounds by label.
    """

    speech: list[Samples]
    sounds: dict[str, list[Samples]]


def recorded(data: Path, *, held: bool) -> Recorded:
    """Return the recordings of `data` that may be learned from, three fifths or the others.

    Speakers (recordings, where nobody is named) stay together.

    Raises
    ------
    UsageError
        There is no manifest, or no row that may be learned from.
    """
    rows = [
        row
        for row in speech_rows.read(data / "audio" / "manifest.csv")
        if row.use == speech_rows.TRAIN
    ]
    if not rows:
        raise UsageError(f'{data}: expected rows marked "train" in its audio, got none')
    speech: list[Samples] = []
    sounds: dict[str, list[Samples]] = {}
    for row in rows:
        name = row.path.stem if row.label == "neutral_prompt" else row.speaker or row.file
        if (hashlib.sha256(name.encode()).digest()[0] % 5 >= 3) != held:
            continue
        if row.label not in _SPEECH:
            sounds.setdefault(row.label, []).append(speech_rows.samples_of(row.path))
        elif not any(word in row.path.stem for word in _CALLS):
            speech.append(speech_rows.samples_of(row.path))
    return Recorded(speech, sounds)


def casts(
    data: Path,
    plan: Plan,
    seed: int,
    words: Path | None = None,
    variants: tuple[Sequence[str] | None, ...] = (None, None, None),
) -> tuple[Cast, Cast, Cast]:
    """Return what is made to learn from, to calibrate on, and to measure on.

    Parameters
    ----------
    variants
        Voices of espeak-ng of each; None for those that are learned from or measured on.
    """
    from models.sounds.synthesis.espeak import Speaker
    from models.sounds.synthesis.scenes import cast
    from models.sounds.synthesis.words import CALLS, site

    calls = CALLS if words is None else site(words)
    made = []
    for number, held in enumerate((False, True, True)):
        heard = recorded(data, held=held)
        # Of what is not learned from, one half is calibrated on and the other measured on.
        half = slice(None) if not held else slice(number - 1, None, 2)
        made.append(
            cast(
                np.random.default_rng((seed, number)),
                Speaker(held=held, variants=variants[number]),
                heard.speech[half],
                {label: some[half] for label, some in heard.sounds.items() if some[half]},
                rooms=plan.rooms,
                held=held,
                words=calls,
            )
        )
    return made[0], made[1], made[2]


def train(
    data: Path,
    folder: Path = SOUNDS,
    *,
    quick: bool = False,
    seed: int = 0,
    words: Path | None = None,
    tell: Tell = lambda line: None,
) -> object:
    """Train the network of sounds from nothing; return its figures.

    Parameters
    ----------
    data
        The folder of labelled recordings.
    folder
        Where everything is written.
    quick
        A small model of poor quality, to see that it works.
    seed
        The same seed gives the same scenes and, on the same machine, the same weights.
    words
        A site's own list of calls (`models.sounds.synthesis.words.site`).

    Raises
    ------
    UsageError
        PyTorch or espeak-ng is missing, or the data is.
    """
    try:
        from models.sounds.learning.course import course
        from models.sounds.learning.fit import Recipe
    except ModuleNotFoundError as error:
        raise UsageError(_missing(error, "sounds")) from error
    plan = QUICK if quick else FULL
    return course(
        casts(data, plan, seed, words),
        plan.scenes,
        Recipe(steps=plan.steps),
        folder,
        seed=seed,
        tell=_timed(tell),
    )


def train_television(
    data: Path,
    folder: Path = TELEVISION,
    *,
    quick: bool = False,
    seed: int = 0,
    tell: Tell = lambda line: None,
) -> object:
    """Train the model of television from nothing; return its figures. As `train`."""
    try:
        from models.television.learning.course import STEPS, course
    except ModuleNotFoundError as error:
        raise UsageError(_missing(error, "television")) from error
    plan = QUICK if quick else FULL
    return course(
        casts(data, plan, seed),
        plan.talks,
        folder,
        steps=plan.steps if quick else STEPS,
        seed=seed,
        tell=_timed(tell),
    )


def train_words(
    data: Path,
    folder: Path = SOUNDS,
    *,
    quick: bool = False,
    seed: int = 0,
    words: Path | None = None,
    tell: Tell = lambda line: None,
) -> object:
    """Learn the words that call from nothing; return their figures. As `train`, without PyTorch.

    Raises
    ------
    UsageError
        espeak-ng is missing, or the data is.
    ModelError
        The speech embedding is not in the store.
    """
    from models.sounds.learning.spotting import Recipe, course

    plan = QUICK if quick else FULL
    speaking, embedding, revision = _voices(data, plan, seed, words)
    return course(
        speaking,
        plan.utterances,
        Recipe(rounds=4) if quick else Recipe(),
        embedding,
        revision,
        folder,
        seed=seed,
        tell=_timed(tell),
    )


def train_cries(
    data: Path,
    folder: Path = SOUNDS,
    *,
    quick: bool = False,
    seed: int = 0,
    tell: Tell = lambda line: None,
) -> object:
    """Learn cries without a word from nothing; return their figures. As `train_words`."""
    from models.sounds.learning.crying import course

    plan = QUICK if quick else FULL
    speaking, embedding, revision = _voices(data, plan, seed)
    return course(
        speaking,
        plan.cries,
        embedding,
        revision,
        folder,
        seed=seed,
        tell=_timed(tell),
    )


def _voices(
    data: Path, plan: Plan, seed: int, words: Path | None = None
) -> tuple[tuple[Cast, Cast, Cast], Embedding, str]:
    """Return who speaks, each with voices of their own, and the speech embedding and its revision.

    Voices of espeak-ng that are calibrated on are not learned from.
    """
    from models.sounds import spotter
    from models.sounds.synthesis.espeak import TUNED, VARIANTS
    from models.store import Store, locate

    store = Store(locate())
    learned = tuple(each for each in VARIANTS if each not in TUNED)
    return (
        casts(data, plan, seed, words, (learned, TUNED, None)),
        spotter.Embedding(store.path(spotter.MODEL)),
        store.catalogue.revision(spotter.MODEL),
    )


def _missing(error: ModuleNotFoundError, what: str) -> str:
    return (
        f"training needs {error.name}, which is not in this environment; "
        f"make it with: make setup-train, and run .venv-train/bin/ambient train {what}"
    )


def _timed(tell: Tell) -> Tell:
    began = time.monotonic()
    return lambda line: tell(f"{(time.monotonic() - began) / 60:5.1f} min  {line}")
