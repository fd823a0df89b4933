"""Words that call: the head's arithmetic, what a site may listen for, stretches of any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.errors import ConfigError, ModelError
from models import store
from models.sounds import spotter
from models.sounds.spotter import (
    LOOKS,
    SAMPLES,
    SPAN,
    STEPS,
    WIDTH,
    Head,
    List,
    Spotter,
    Word,
    pooled,
)
from models.sounds.synthesis.basics import noise

WORDS = (Word("de", "help", "Hilfe"), Word("de", "call", "hallo"), Word("fr-fr", "call", "allô"))


def _head(outputs: int = len(WORDS) + 1) -> Head:
    rng = np.random.default_rng(0)
    inside = SPAN * WIDTH
    return Head(
        {
            "mean": np.zeros(WIDTH, np.float32),
            "scale": np.full(WIDTH, 0.1, np.float32),
            "weights0": rng.normal(0, 0.05, (inside, 8)).astype(np.float16),
            "bias0": np.zeros(8, np.float32),
            "weights1": rng.normal(0, 1.0, (8, outputs)).astype(np.float16),
            "bias1": np.zeros(outputs, np.float32),
        }
    )


def _list(words: tuple[Word, ...] = WORDS) -> List:
    return List("1.0.0", "0" * 64, "0" * 12, 1.0, words)


@pytest.fixture(scope="module")
def embedding() -> spotter.Embedding:
    there = store.Store(store.locate())
    if there.look(spotter.MODEL).state is not store.State.OK:
        pytest.skip(f"the model isn't here, run: ambient models pull {spotter.MODEL}")
    return spotter.Embedding(there.path(spotter.MODEL))


def test_a_word_counts_where_it_is_seen_best() -> None:
    scores = np.zeros((1, len(LOOKS), 3), np.float32)
    scores[0, 2] = (9.0, 0.0, 4.0)
    logits, shares = pooled(scores)
    assert logits[0] == pytest.approx([9.0 - np.log(len(LOOKS)), 0.0, 1.0], abs=1e-3)
    assert shares[0, 2, 0] == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)


def test_the_looks_reach_both_ends() -> None:
    assert LOOKS[0] == 0
    assert LOOKS[-1] + SPAN == STEPS


def test_the_head_is_a_product_and_a_rectifier() -> None:
    embedded = np.random.default_rng(1).normal(size=(3, STEPS, WIDTH)).astype(np.float32)
    found = _head().logits(embedded)
    assert found.shape == (3, len(WORDS) + 1)
    np.testing.assert_allclose(_head().logits(embedded[1:2]), found[1:2], rtol=1e-4, atol=1e-5)
    # What is far from anything heard in training does not run away.
    assert np.abs(_head().logits(embedded * 1e6)).max() < 1e4


def test_a_site_listens_for_some_of_the_list(embedding: spotter.Embedding) -> None:
    sound = noise(np.random.default_rng(2), SAMPLES, 3.0)
    every = Spotter(embedding, _head(), _list()).said(sound)
    one = Spotter(embedding, _head(), _list(), ["HILFE", "Allô"]).said(sound)
    none = Spotter(embedding, _head(), _list(), ["hallo"]).said(sound)
    assert one.help == pytest.approx(every.help)
    assert none.help == 0.0
    assert one.call + none.call == pytest.approx(every.call, abs=1e-6)
    assert 0.0 < every.help + every.call < 1.0


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, {"hilfe", "hallo", "allô"}),
        (["HILFE", "Allô"], {"hilfe", "allô"}),
        (["hallo", "hallo"], {"hallo"}),
    ],
)
def test_what_a_site_listens_for(wanted: list[str] | None, expected: set[str]) -> None:
    assert spotter.checked(_list(), wanted) == expected


def test_a_word_that_is_not_in_the_list() -> None:
    with pytest.raises(ConfigError, match=r"sounds\.words: expected .*Hilfe.*got 'pomocy'"):
        spotter.checked(_list(), ["hallo", "pomocy"])


@pytest.mark.parametrize("samples", [0, 1, SAMPLES - 1, SAMPLES, SAMPLES + 100, 5 * 16_000])
def test_any_length(embedding: spotter.Embedding, samples: int) -> None:
    said = Spotter(embedding, _head(), _list()).said(noise(np.random.default_rng(3), samples, 3.0))
    assert all(0.0 <= each <= 1.0 for each in said[:3])
    assert said.trace is None


def test_the_end_of_a_long_stretch_counts_as_alone(embedding: spotter.Embedding) -> None:
    listens = Spotter(embedding, _head(), _list())
    long = noise(np.random.default_rng(4), 4 * 16_000, 3.0)
    end = listens.said(long[-SAMPLES:])
    whole = listens.said(long)
    assert whole.help >= end.help - 1e-6
    assert whole.call >= end.call - 1e-6


@pytest.mark.parametrize(
    ("began_s", "ended_s", "middles_s"),
    [
        # What is heard in the middle of the steps, as seconds before the end of the window.
        (1.3, 0.3, (1.36, 0.4)),
        (0.7, 0.3, (0.72, 0.4)),
        # A short voice is looked at in four steps, a long one in all that the window has.
        (0.4, 0.3, (0.64, 0.4)),
        (9.0, 0.3, (1.6, 0.4)),
        (9.0, 8.0, (1.6, 1.36)),
    ],
)
def test_the_steps_of_a_voice(
    began_s: float, ended_s: float, middles_s: tuple[float, float]
) -> None:
    steps = range(STEPS)[spotter.steps_of(began_s, ended_s)]
    assert len(steps) >= 4
    middles = [SAMPLES / 16_000 - 0.38 - 0.08 * each for each in (steps[0], steps[-1])]
    assert middles == pytest.approx(middles_s, abs=0.09)


def test_the_trace_of_a_voice(embedding: spotter.Embedding) -> None:
    listens = Spotter(embedding, _head(), _list())
    sound = noise(np.random.default_rng(5), 3 * 16_000, 3.0)
    said = listens.said(sound, (1.0, 0.3))
    assert said.trace is not None
    assert said.trace.shape[1] == WIDTH
    # It is of the end, however long the stretch is; asking for it changes nothing else.
    short = listens.said(sound[-SAMPLES:], (1.0, 0.3)).trace
    assert short is not None
    # Frames begin elsewhere, by less than one of them.
    assert np.corrcoef(said.trace.ravel(), short.ravel())[0, 1] > 0.95
    assert said[:3] == listens.said(sound)[:3]


@pytest.mark.parametrize("missing", [spotter.NPZ, spotter.JSON])
def test_what_is_missing_is_said(tmp_path: Path, missing: str) -> None:
    for name in {spotter.NPZ, spotter.JSON} - {missing}:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelError, match="train words"):
        spotter.load(tmp_path)


def test_what_is_carried_is_whole() -> None:
    words = spotter.load()
    kinds = {(word.language, word.kind) for word in words.words}
    languages = {language for language, _ in kinds}
    assert len(languages) >= 6
    assert kinds == {(each, kind) for each in languages for kind in ("help", "call")}
    store_revision = store.Store(store.locate()).catalogue.revision(spotter.MODEL)
    assert words.embedding == store_revision
