"""How much the shape of a sound changes: what speaks, and what only makes a sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audio.sounds.bursts import articulation
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
    assert articulation(after) == pytest.approx(articulation(frames))
    assert articulation(frames + np.float32(2.0)) == pytest.approx(articulation(frames), abs=1e-4)


def test_of_nothing_it_is_nothing() -> None:
    assert articulation(np.empty((0, 64), np.float32)) == 0.0
