"""A segment of speech is a person's or a loudspeaker's; too little of it is neither's."""

from __future__ import annotations

import numpy as np
import pytest

from audio.speech.television import LONGEST, UNKNOWN, Lately, TelevisionJudge
from models.sounds.synthesis.basics import noise
from models.sounds.synthesis.voice import revoice


@pytest.fixture(scope="module")
def judge() -> TelevisionJudge:
    return TelevisionJudge()


@pytest.mark.parametrize("samples", [1, 400, 9_000])
def test_too_short_to_tell(judge: TelevisionJudge, samples: int) -> None:
    assert judge.person(np.full(samples, 0.01, np.float32)) == UNKNOWN


def test_only_the_last_seconds_count(judge: TelevisionJudge) -> None:
    rng = np.random.default_rng(0)
    last = revoice(rng, 0.1 * noise(rng, LONGEST, 6.0))[:LONGEST]
    last = np.resize(last, LONGEST).astype(np.float32)
    whole = np.concatenate([noise(rng, 50_000), last])
    assert judge.person(whole) == judge.person(last)


@pytest.mark.parametrize("level", [0.0, 1e-4, 1.0])
def test_it_answers_whatever_it_hears(judge: TelevisionJudge, level: float) -> None:
    sound = np.float32(level) * noise(np.random.default_rng(1), 32_000)
    assert 0.0 <= judge.person(sound) <= 1.0


def test_it_has_a_version(judge: TelevisionJudge) -> None:
    assert judge.version.count(".") == 2


@pytest.mark.parametrize(
    ("alone", "least", "most"),
    [
        ([0.3], 0.3, 0.3),
        ([0.3, 0.3, 0.3], 0.0, 0.2),
        ([0.7, 0.7, 0.7], 0.8, 1.0),
        # Who is sure is believed, whatever was before.
        ([0.05, 0.05, 0.95], 0.5, 0.9),
        ([0.95, 0.95, 0.05], 0.1, 0.5),
        # Too short to tell: what was before, less surely.
        ([0.05, UNKNOWN], 0.05, 0.3),
        ([UNKNOWN, 0.8], 0.8, 0.8),
        ([0.0, 0.0, 0.0, 1.0], 0.5, 1.0),
    ],
)
def test_what_was_before_counts(alone: list[float], least: float, most: float) -> None:
    lately = Lately()
    said = [lately.add(each, i * 9 * 10**9, (i * 9 + 8) * 10**9) for i, each in enumerate(alone)]
    assert least <= said[-1] <= most


def test_what_was_long_before_is_forgotten() -> None:
    said = []
    for gap_s in (1, 30, 300, 3000):
        lately = Lately()
        lately.add(0.05, 0, 8 * 10**9)
        said.append(lately.add(0.5, (8 + gap_s) * 10**9, (16 + gap_s) * 10**9))
    assert said == sorted(said)
    assert said[0] < 0.2
    assert said[-1] == pytest.approx(0.5, abs=1e-6)
    lately.forget()
    assert lately.add(0.3, 0, 10**9) == 0.3
