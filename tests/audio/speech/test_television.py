"""A segment of speech is a person's or a loudspeaker's; too little of it is neither's."""

from __future__ import annotations

import numpy as np
import pytest

from audio.speech.television import LONGEST, UNKNOWN, TelevisionJudge
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
