"""The model of television: what it looks at, what it says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import ModelError
from models.sounds.mel import mel
from models.sounds.synthesis.basics import noise
from models.television import FOLDER, JSON, Layer, Television, Weights, load
from models.television.features import COUNT, FEWEST, features
from models.television.learning.area import area


def _frames(seconds: float = 2.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    n = round(seconds * 16_000)
    syllables = np.clip(np.sin(2 * np.pi * 4 * np.arange(n) / 16_000), 0.05, 1)
    return mel((0.1 * noise(rng, n, 4.0) * syllables).astype(np.float32))


def test_gain_and_distance_change_nothing() -> None:
    frames = _frames()
    np.testing.assert_allclose(features(frames - 3.0), features(frames), atol=2e-3)
    assert features(frames).shape == (COUNT,)


def test_what_lies_above_4_khz_changes_nothing() -> None:
    frames = _frames()
    other = frames.copy()
    other[:, 48:] = -20.0
    np.testing.assert_array_equal(features(other), features(frames))


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {FEWEST} frames"):
        features(_frames(0.3))


def test_a_network_by_hand() -> None:
    layers = [
        Layer([[1.0] + [0.0] * (COUNT - 1), [-1.0] + [0.0] * (COUNT - 1)], [0.0, 0.5]),
        Layer([[2.0, -1.0]], [0.25]),
    ]
    weights = Weights("1", [1.0] * COUNT, [2.0] * COUNT, [layers, layers], 2.0, -0.5)
    numbers = np.full((2, COUNT), 1.0, np.float32)
    numbers[1, 0] = 2.0
    # Standardised to 0 and 2: 2·0 − 1·0.5 + 0.25, and 2·2 − 0 + 0.25.
    model = Television(weights)
    np.testing.assert_allclose(model.logits(numbers), [-0.25, 4.25])
    np.testing.assert_allclose(model.person(numbers), 1 / (1 + np.exp(-np.array([-1.0, 8.0]))))


def test_weights_of_another_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ambient train television"):
        load(tmp_path)
    with pytest.raises(ModelError, match=f"expected {COUNT} inputs, got 1"):
        Television(Weights("1", [0.0], [1.0], [], 1.0, 0.0))


def test_the_model_that_is_carried() -> None:
    model = load()
    said = model.person(features(_frames())[None])
    assert 0.0 <= float(said[0]) <= 1.0
    figures = msgspec.json.decode((FOLDER / "figures.json").read_bytes())
    assert figures["version"] == model.version
    assert (FOLDER / JSON).stat().st_size < 500_000


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5), ([1, 3, 2, 4], 0.75)],
)
def test_area_under_the_curve(scores: list[float], expected: float) -> None:
    found = area(scores, [False, False, True, True], ["a", "b", "a", "b"])
    assert (found.auc, found.n) == (expected, 4)
    assert area(scores, [True] * 4, "abcd").auc is None
