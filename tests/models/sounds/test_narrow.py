"""The bands that the words are heard in: shapes, the scale, and that loudness changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.sounds.narrow import BANDS, FILTERS, HOP, RANGE, RATE, SIZE, TOP, count, narrow
from models.sounds.synthesis.basics import noise


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(0, 0), (1, 0), (SIZE - 1, 0), (SIZE, 1), (SIZE + HOP - 1, 1), (SIZE + HOP, 2)],
)
def test_whole_frames(samples: int, frames: int) -> None:
    assert count(samples) == frames
    assert narrow(np.ones(samples, np.float32)).shape == (frames, BANDS)


@pytest.mark.parametrize(("hertz", "band"), [(125.0, 0), (1156.0, 15), (3530.0, 31)])
def test_a_tone_is_in_its_band(hertz: float, band: int) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32)
    assert int(narrow(tone).mean(axis=0).argmax()) == band


def test_bands_are_of_equal_area() -> None:
    area = FILTERS.sum(axis=0) * RATE / SIZE
    np.testing.assert_allclose(area[8:], 1.0, atol=0.03)


@pytest.mark.parametrize("gain", [1e-3, 0.1, 30.0])
def test_loudness_changes_nothing(gain: float) -> None:
    sound = noise(np.random.default_rng(0), RATE, 3.0)
    np.testing.assert_allclose(narrow(sound * np.float32(gain)), narrow(sound), atol=1e-3)


def test_silence_is_the_floor_and_nothing_leaves_the_range() -> None:
    sound = np.zeros(RATE, np.float32)
    sound[: RATE // 2] = noise(np.random.default_rng(0), RATE // 2)
    found = narrow(sound)
    assert found.max() == pytest.approx(TOP)
    assert found.min() == pytest.approx(TOP - RANGE)
    assert np.isfinite(narrow(np.zeros(RATE, np.float32))).all()
