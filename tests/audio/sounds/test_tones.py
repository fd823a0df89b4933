"""Steady tones: what a machine that beeps holds of them, and what a voice does."""

from __future__ import annotations

import numpy as np
import pytest

from audio.sounds.tones import NONE, STEADY, Tones, same, tones
from models.sounds.synthesis import machines, voice
from models.sounds.synthesis.basics import RATE, Floats, noise


def _beep(hertz: float, seconds: float = 0.6) -> Floats:
    return machines.beeps(seconds, ((0.15, 0.1),), (hertz, hertz, 1.26 * hertz), 0.3)


def test_pulses_of_a_machine_are_steady_tones_and_the_same_again() -> None:
    one, again, other = _beep(500.0), _beep(500.0, 0.9) * np.float32(0.5), _beep(530.0)
    assert tones(one).share >= STEADY
    assert tones(one).hertz[0] == pytest.approx(500.0, abs=3.0)
    assert same(tones(one), tones(again))
    assert not same(tones(one), tones(other))


@pytest.mark.parametrize("seed", range(4))
def test_a_voice_that_trembles_is_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f0 = (220.0 * np.linspace(1.0, 0.8, RATE)).astype(np.float32)
    said = voice.source(rng, f0, tilt_db=6.0, breath=0.01, rough=0.2)
    assert tones(said).share < STEADY
    assert not same(tones(said), tones(said))
    assert tones(noise(rng, RATE)).share < 0.1


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros(9_000, np.float32), np.ones(1, np.float32)]
)
def test_nothing_is_no_tone(samples: Floats) -> None:
    assert tones(samples).share < STEADY
    assert not same(tones(samples), NONE)


def test_the_strongest_lines_must_be_the_same() -> None:
    one = Tones(0.9, (500.0, 1000.0))
    assert same(one, Tones(0.9, (1000.0, 500.0)))
    assert same(one, Tones(0.9, (500.0, 1100.0)))
    assert not same(one, Tones(0.9, (750.0, 500.0)))
    assert not same(one, Tones(0.5, (500.0, 1000.0)))
