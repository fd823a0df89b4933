"""Log-mel frames: the same however sound is cut, and what they say of tones and levels."""

from __future__ import annotations

import numpy as np
import pytest

from models.sounds.mel import BANDS, CENTRES_HZ, HOP, QUIET, WINDOW, Streaming, count, level_db, mel


def _sound(seconds: float = 1.0) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(round(16_000 * seconds)).astype(np.float32) / 10


@pytest.mark.parametrize("length", [1, 159, 160, 401, 5000])
def test_streaming_is_batch(length: int) -> None:
    sound = _sound(0.3 if length == 1 else 1.0)
    streaming = Streaming()
    pieces = [streaming.push(sound[i : i + length]) for i in range(0, len(sound), length)]
    # A matrix of one row is multiplied in another order.
    np.testing.assert_allclose(np.concatenate(pieces), mel(sound), atol=2e-6)


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (WINDOW - 1, 0), (WINDOW, 1), (WINDOW + HOP, 2)]
)
def test_frames_of_so_many_samples(samples: int, frames: int) -> None:
    assert count(samples) == frames
    assert mel(np.zeros(samples, np.float32)).shape == (frames, BANDS)


@pytest.mark.parametrize("hertz", [520.0, 1000.0, 3100.0])
def test_a_tone_is_in_its_band(hertz: float) -> None:
    t = np.arange(8000) / 16_000
    frames = mel((0.1 * np.sin(2 * np.pi * hertz * t)).astype(np.float32))
    assert CENTRES_HZ[frames.mean(axis=0).argmax()] == pytest.approx(hertz, rel=0.06)


@pytest.mark.parametrize("dbfs", [-60.0, -20.0, -6.0])
def test_the_level_of_noise(dbfs: float) -> None:
    frames = mel(_sound() * np.float32(10 * 10 ** (dbfs / 20)))
    # Noise has 6 % of its power outside the bands.
    assert float(np.median(level_db(frames))) == pytest.approx(dbfs, abs=1.0)


def test_silence() -> None:
    frames = mel(np.zeros(16_000, np.float32))
    np.testing.assert_allclose(frames, QUIET)
    assert level_db(frames).max() <= -135.0
