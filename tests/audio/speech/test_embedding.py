"""A window of speech as a point: features as Kaldi's, parts that cover a stretch, the network."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import ModelError
from audio.speech import embedding
from audio.speech.embedding import SHORTEST, WINDOW, CamPlus, direction, features_of, heard, spans
from audio.speech.fbank import BANDS, fbank, frames_in
from models import store

RATE = 16_000
KALDI = {
    (0, 0): -6.132,
    (0, 10): -3.268,
    (0, 40): -15.701,
    (0, 79): -15.942,
    (20, 0): -7.899,
    (20, 10): -10.636,
    (20, 40): -15.750,
    (47, 0): -10.014,
    (47, 10): -15.572,
    (47, 40): -13.327,
}
"""Row and band ► log energy of `_sweep` by kaldi-native-fbank 1.22, 80 bands, no dither."""


def _sweep() -> np.ndarray:
    t = np.arange(8000) / RATE
    tones = 0.3 * np.sin(2 * np.pi * (200 + 900 * t) * t) + 0.1 * np.sin(2 * np.pi * 3100 * t)
    return (tones + 0.02).astype(np.float32)


def _noise(samples: int, seed: int = 1) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def test_the_features_are_kaldis() -> None:
    rows = fbank(_sweep())
    assert rows.shape == (frames_in(8000), BANDS) == (48, 80)
    assert {at: float(rows[at]) for at in KALDI} == pytest.approx(KALDI, abs=2e-3)


def test_the_level_changes_nothing() -> None:
    speech = _noise(WINDOW)
    loud = features_of(speech)
    np.testing.assert_allclose(features_of(speech * np.float32(0.01)), loud, atol=1e-3)
    np.testing.assert_allclose(loud.mean(axis=0), 0, atol=1e-4)


def test_a_short_window_is_repeated() -> None:
    rows = features_of(_noise(SHORTEST))
    once = frames_in(SHORTEST)
    np.testing.assert_array_equal(rows[once : 2 * once], rows[:once])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(SHORTEST - 1, np.float32),
        np.zeros(WINDOW + 1, np.float32),
        np.zeros((2, WINDOW), np.float32),
        np.zeros(WINDOW, np.float32),
        np.full(WINDOW, np.nan, np.float32),
        np.full(WINDOW, np.inf, np.float32),
    ],
)
def test_what_is_no_window_of_speech_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        features_of(wrong)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.9, []),
        (1.0, [(0, 1.0)]),
        (3.0, [(0, 3.0)]),
        (3.9, [(0, 3.9)]),
        (4.0, [(0, 3.0), (3.0, 4.0)]),
        (9.5, [(0, 3.0), (3.0, 6.0), (6.0, 9.5)]),
    ],
)
def test_parts_cover_a_stretch(seconds: float, expected: list[tuple[float, float]]) -> None:
    samples = round(seconds * RATE)
    parts = spans(samples)
    assert [(part.start / RATE, part.stop / RATE) for part in parts] == expected
    assert all(before.stop == after.start for before, after in pairwise(parts))
    speech = np.arange(samples, dtype=np.float32)
    for part in parts:
        piece = heard(speech, part)
        assert SHORTEST <= len(piece) <= WINDOW
        assert piece[-1] == part.stop - 1


def test_a_direction_has_length_one() -> None:
    assert direction(np.array([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8])
    with pytest.raises(ValueError, match="direction"):
        direction(np.zeros(3))


@pytest.fixture(scope="module")
def network() -> CamPlus:
    there = store.Store(store.locate())
    if there.look(embedding.MODEL).state is not store.State.OK:
        pytest.skip(f"model {embedding.MODEL} isn't here, run: ambient models pull")
    return CamPlus(there.path(embedding.MODEL))


def test_the_network_gives_directions(network: CamPlus) -> None:
    first, again, other = (network.embed(_noise(WINDOW, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (embedding.DIMENSIONS,)
    assert float(np.linalg.norm(first)) == pytest.approx(1.0, abs=1e-5)
    assert float(first @ other) < 0.9999


def test_another_network_is_refused(tmp_path: Path) -> None:
    there = store.Store(store.locate())
    if there.look("voice_activity").state is store.State.OK:
        with pytest.raises(ModelError, match="expected shapes"):
            CamPlus(there.path("voice_activity"))
    with pytest.raises(ModelError, match="ambient models pull"):
        CamPlus(tmp_path / "none.xml")
