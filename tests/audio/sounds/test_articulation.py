"""How much the shape of a sound changes: what speaks, and what only makes a sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audio.sounds.articulation import articulation
from audio.sounds.calling import ARTICULATED
from models.sounds.mel import RATE, mel
from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import Floats, Rng, noise, peak
from models.sounds.synthesis.voice import formed, source
from tests.audio.sounds.snoring import snore

_VOWELS = np.array([[300.0, 2200.0, 3000.0], [750.0, 1200.0, 2600.0], [320.0, 800.0, 2400.0]])


def _syllables(rng: Rng) -> Floats:
    """Return i-a-u in one voice."""
    n = round(0.3 * RATE)
    f0 = np.full(n, rng.uniform(120, 260), np.float32)
    voices = (source(rng, f0, tilt_db=6.0, breath=0.01, rough=0.0) for _ in _VOWELS)
    return np.concatenate([peak(formed(v, each)) for v, each in zip(voices, _VOWELS, strict=True)])


def _vowel(rng: Rng) -> Floats:
    f0 = np.full(RATE, rng.uniform(120, 260), np.float32)
    return peak(formed(source(rng, f0, tilt_db=6.0, breath=0.01, rough=0.0), _VOWELS[1]))


def _snore(rng: Rng) -> Floats:
    return machines.snoring(rng, 6.0)[RATE : 2 * RATE]


MAKERS: dict[str, tuple[Callable[[Rng], Floats], bool]] = {
    "syllables": (_syllables, True),
    "a vowel that is held": (_vowel, False),
    "a snore": (snore, False),
    "a snore of another making": (_snore, False),
    "noise": (lambda rng: noise(rng, RATE, 3.0), False),
}


@pytest.mark.parametrize(("maker", "spoken"), MAKERS.values(), ids=MAKERS.keys())
def test_what_is_articulated(maker: Callable[[Rng], Floats], spoken: bool) -> None:
    found = [articulation(mel(maker(np.random.default_rng(seed)))) for seed in range(20)]
    if spoken:
        assert np.quantile(found, 0.1) > ARTICULATED[1]
    else:
        assert np.median(found) < ARTICULATED[0]


def test_level_and_what_is_soft_count_for_nothing() -> None:
    frames = mel(_syllables(np.random.default_rng(1)))
    after = np.concatenate([frames, mel(noise(np.random.default_rng(2), RATE) * np.float32(1e-3))])
    # Where the noise begins, means over 50 ms hold some of it.
    assert articulation(after) == pytest.approx(articulation(frames), rel=0.02)
    assert articulation(frames + np.float32(2.0)) == pytest.approx(articulation(frames), abs=1e-4)


@pytest.mark.parametrize(("maker", "spoken"), [(_syllables, True), (snore, False), (_snore, False)])
def test_noise_beside_a_voice_does_not_hide_it(
    maker: Callable[[Rng], Floats], spoken: bool
) -> None:
    found, deaf = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        voice = maker(rng)
        behind = noise(rng, len(voice) + RATE, 2.0)
        # As loud as the voice.
        behind *= np.float32(np.sqrt(np.square(voice).mean() / np.square(behind).mean()))
        frames = mel(np.concatenate([np.zeros(RATE, np.float32), voice]) + behind)
        before, after = frames[:90], frames[98:]
        found.append(articulation(after, before))
        deaf.append(articulation(after))
    if spoken:
        assert np.quantile(found, 0.1) > ARTICULATED[1]
        assert np.median(found) > np.median(deaf)
    else:
        assert np.median(found) < ARTICULATED[0]


@pytest.mark.parametrize("level", [-60.0, 0.0, 20.0])
def test_noise_alone_is_not_articulated(level: float) -> None:
    frames = mel(noise(np.random.default_rng(3), 2 * RATE, 2.0)) + np.float32(level)
    assert articulation(frames[100:], frames[:90]) < ARTICULATED[1]


def test_of_nothing_it_is_nothing() -> None:
    assert articulation(np.empty((0, 64), np.float32)) == 0.0
    silence = np.full((30, 64), -23.0, np.float32)
    assert articulation(silence[:2]) == 0.0
    assert articulation(silence, silence) == 0.0
