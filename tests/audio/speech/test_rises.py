"""What is passed over: steady sound, and nothing that rises."""

from __future__ import annotations

import numpy as np
import pytest

from audio.speech.rises import HANG, LOWEST_DB, Rises
from audio.speech.vad import STEP

RATE = 16_000
PER_S = RATE / STEP


def steps(seconds: float, amplitude: float = 1e-3, seed: int = 0) -> np.ndarray:
    count = int(seconds * PER_S)
    noise = np.random.default_rng(seed).standard_normal((count, STEP))
    return np.asarray(amplitude * noise, np.float32)


def test_a_steady_room_is_passed_over_once_it_is_known() -> None:
    heard = Rises().push(steps(120.0))
    assert all(heard[: int(10 * PER_S)])  # from -100 dBFS to a room of -60 at 2 dB/s, and 2 s
    assert not any(heard[int(30 * PER_S) :])


def test_digital_silence_is_passed_over_after_the_hang() -> None:
    heard = Rises().push(np.zeros((200, STEP), np.float32))
    assert heard == [True] * (HANG - 1) + [False] * (200 - HANG + 1)


@pytest.mark.parametrize("snr_db", [0.0, 5.0, 20.0])
def test_what_rises_is_listened_to_at_once_and_for_two_seconds(snr_db: float) -> None:
    rises = Rises()
    rises.push(steps(60.0))
    louder = steps(0.5, 1e-3 * np.sqrt(1 + 10 ** (snr_db / 10)), seed=1)
    assert all(rises.push(louder))
    after = rises.push(steps(4.0, seed=2))
    assert all(after[: HANG - 1])
    assert not after[-1]


def test_a_hum_does_not_hide_what_is_bright() -> None:
    t = np.arange(60 * RATE) / RATE
    hum = 0.02 * np.sin(2 * np.pi * 50 * t)
    hiss = 2e-4 * np.random.default_rng(0).standard_normal(t.size)
    bright = hiss.copy()
    bright[-RATE:] += 1e-3 * np.sin(2 * np.pi * 3000 * t[-RATE:])
    cut = t.size // STEP * STEP
    for sound, last in ((hiss, False), (bright, True)):
        whole = (hum + sound)[:cut].astype(np.float32).reshape(-1, STEP)
        assert Rises().push(whole)[-1] is last


def test_speech_never_becomes_the_floor() -> None:
    """Syllables of 30 dB, four a second, for ten minutes."""
    t = np.arange(int(600 * PER_S)) / PER_S
    level = 1e-3 * 10 ** (1.5 * np.clip(np.sin(2 * np.pi * 2.0 * t), 0, 1))
    assert all(Rises().push(steps(600.0) * level[:, None].astype(np.float32)))


@pytest.mark.parametrize("length", [1, 3, 50])
def test_cut_anyhow_the_answers_are_the_same(length: int) -> None:
    sound = np.concatenate([steps(20.0), steps(1.0, 0.01), steps(9.0)])
    rises = Rises()
    parts = [rises.push(sound[at : at + length]) for at in range(0, len(sound), length)]
    assert [each for part in parts for each in part] == Rises().push(sound)


def test_the_room_is_forgotten() -> None:
    rises = Rises()
    first = rises.push(steps(30.0))
    rises.reset()
    assert rises.push(steps(30.0)) == first
    assert LOWEST_DB < -96.0  # half a step of 16 bits
