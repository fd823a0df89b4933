"""What the model of television learns from: as varied as it says, for a person and a loudspeaker
alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest

from models.sounds.synthesis.basics import RATE, Floats, Rng, noise, peak
from models.sounds.synthesis.espeak import Speaker
from models.sounds.synthesis.scenes import Cast
from models.television.learning.talks import talks
from models.television.learning.variety import (
    LONGEST_S,
    in_some_room,
    programme,
    varied,
    wide,
)

Made = Callable[[Rng, Floats], Floats]
_SEEDS = range(12)


def _speech(seconds: float = 2.0) -> Floats:
    n = round(seconds * RATE)
    syllables = np.clip(np.sin(2 * np.pi * 4 * np.arange(n) / RATE), 0.02, 1)
    return peak((noise(np.random.default_rng(0), n, 4.0) * syllables).astype(np.float32))


@pytest.mark.parametrize("made", [varied, in_some_room, programme, wide])
def test_the_same_seed_makes_the_same_sound_and_another_seed_another(made: Made) -> None:
    dry = _speech()
    sounds = [made(np.random.default_rng(seed), dry.copy()) for seed in _SEEDS]
    for seed, sound in enumerate(sounds):
        again = made(np.random.default_rng(seed), dry.copy())
        np.testing.assert_array_equal(again, sound)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert sound.any()
    assert len({sound.tobytes() for sound in sounds}) >= len(sounds) // 2


@pytest.mark.parametrize("made", [in_some_room, programme, wide])
def test_what_is_heard_is_as_long_as_what_was_said(made: Made) -> None:
    dry = _speech()
    assert {len(made(np.random.default_rng(seed), dry)) for seed in _SEEDS} == {len(dry)}


def test_varied_speech_is_no_longer_than_a_node_looks_at_and_keeps_what_was_said() -> None:
    dry = _speech(LONGEST_S)
    assert {len(varied(np.random.default_rng(seed), dry)) for seed in _SEEDS} == {len(dry)}
    short = _speech(1.0)
    lengths = {len(varied(np.random.default_rng(seed), short)) for seed in range(40)}
    assert min(lengths) == len(short)
    assert 0.2 * RATE <= max(lengths) - len(short) <= 2.4 * RATE


def test_some_tellings_have_no_room_and_others_ring_on() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 1.0
    after = [np.abs(in_some_room(np.random.default_rng(s), click)[200:]).max() for s in range(40)]
    assert min(after) == 0.0
    assert max(after) > 0.01


def test_a_loudspeaker_of_the_wide_family_levels_what_is_loud_and_what_is_soft() -> None:
    dry = _speech()
    soft = dry * np.float32(0.1)
    both = np.concatenate([dry, soft])
    steps = []
    for seed in _SEEDS:
        sound = wide(np.random.default_rng(seed), both)
        loud, quiet = (float(np.std(half)) for half in np.split(sound, 2))
        steps.append(20 * np.log10(loud / quiet))
    assert max(steps) < 20.0
    assert np.median(steps) < 15.0


class _Says:
    """A voice that says everything alike."""

    def say(self, rng: Rng, language: str, text: str) -> Floats:
        return _speech(1.0) * np.float32(rng.uniform(0.9, 1.0))


@pytest.mark.parametrize(("held", "persons"), [(False, [1, 1, 0, 0]), (True, [0, 1])])
def test_each_stretch_is_told_from_as_many_persons_as_loudspeakers(
    held: bool, persons: list[int]
) -> None:
    made_of = Cast(cast(Speaker, _Says()), (), {}, held=held)
    made, again = talks(made_of, 3, 5), talks(made_of, 3, 5)
    assert made.person.tolist() == persons * 3
    assert made.group.tolist() == sorted([0, 1, 2] * len(persons))
    assert np.isfinite(made.numbers).all()
    np.testing.assert_array_equal(again.numbers, made.numbers)
