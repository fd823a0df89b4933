"""Stretches of voice to learn words from: seeded, with the word where a node would cut it."""

from __future__ import annotations

import numpy as np
import pytest

from models.sounds.learning.spotting import Recipe, calibrated, fit
from models.sounds.learning.utterances import (
    SHARES,
    Utterances,
    learned,
    nonsense,
    utterances,
    vocabulary,
)
from models.sounds.narrow import Floats
from models.sounds.spotter import FRAMES, STEPS, WIDTH, Head, Word
from models.sounds.synthesis import espeak
from models.sounds.synthesis.scenes import Cast
from models.sounds.synthesis.words import CALLS, TALK


def _embed(frames: Floats) -> Floats:
    """Stand in for the network, which is not needed to see what is made: bands in its shape."""
    assert frames.shape == (FRAMES, 32)
    return np.resize(frames, (STEPS, WIDTH))


def test_the_list_has_every_word_once() -> None:
    words = vocabulary()
    assert len(set(words)) == len(words) == sum(len(w.help) + len(w.call) for w in CALLS.values())
    assert words[0] == Word("en-gb", "help", "help")


def test_some_everyday_texts_are_only_measured_with() -> None:
    texts = [text for some in TALK.values() for text in some]
    share = np.mean([learned(text) for text in texts])
    assert 0.6 < share < 0.85


def test_shares_are_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_nonsense_is_no_word_of_the_list() -> None:
    made = {nonsense(np.random.default_rng(seed)) for seed in range(300)}
    assert len(made) > 200
    assert not made & {word.text.casefold() for word in vocabulary()}


@pytest.mark.skipif(not espeak.there(), reason="espeak-ng isn't here")
def test_what_is_made() -> None:
    made_of = Cast(espeak.Speaker(), [], {})
    words = vocabulary()
    made = utterances(made_of, words, 12, 3, _embed)
    assert made.embedded.shape == (12, STEPS, WIDTH)
    assert np.isfinite(made.embedded.astype(np.float32)).all()
    assert ((made.word >= 0) == (made.kinds == "word")).all()
    assert (made.word < len(words)).all()
    assert ((made.snr_db >= 0) & (made.snr_db <= 30)).all()


def _apart(count: int, seed: int) -> Utterances:
    """Return utterances of two words and of none that a plane tells apart."""
    rng = np.random.default_rng(seed)
    word = rng.integers(-1, 2, count)
    embedded = rng.normal(0, 1, (count, STEPS, WIDTH))
    for each in (0, 1):
        embedded[word == each, :, each] += 4.0
    return Utterances(
        embedded.astype(np.float16),
        word,
        np.where(word < 0, "short", "word"),
        np.full(count, 10.0, np.float32),
    )


def test_words_are_learned_the_same_again_and_calibrated() -> None:
    recipe = Recipe(hidden=16, rounds=20, batch=32, rate=3e-3)
    one, two = (fit(_apart(400, 0), 3, recipe, 5) for _ in range(2))
    assert all((one[name] == two[name]).all() for name in one)
    head, held = Head(one), _apart(200, 1)
    said = head.logits(held.embedded.astype(np.float32)).argmax(axis=1)
    assert np.mean(said == np.where(held.word < 0, 2, held.word)) > 0.9
    assert 0.1 <= calibrated(head, held) <= 1.0
