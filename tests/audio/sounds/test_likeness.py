"""Whether two voices said the same: traces in, log-odds out."""

from __future__ import annotations

import numpy as np
import pytest

from audio.sounds.likeness import CALLED, SPOKEN, correlation, log_odds, shape_log_odds

RNG = np.random.default_rng(0)
WORD = RNG.normal(size=(10, 96)).astype(np.float32)
OTHER = RNG.normal(size=(10, 96)).astype(np.float32)
NOISE = RNG.normal(size=(10, 96)).astype(np.float32)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        (WORD, WORD, 1.0, 1.0),
        (WORD, 3.0 * WORD, 1.0, 1.0),
        (WORD, OTHER, 0.0, 0.3),
        # Begun a little later, and cut a little short.
        (WORD, WORD[2:], 1.0, 1.0),
        (WORD[:9], WORD[1:], 0.85, 1.0),
        (WORD, WORD + NOISE, 0.55, 0.85),
        # A part of a long word is not that word again.
        (WORD, OTHER[:3], 0.0, 0.5),
        # Too little to be compared, and silence.
        (WORD[:2], WORD[:2], 0.0, 0.0),
        (WORD, np.zeros_like(WORD), 0.0, 0.0),
    ],
)
def test_correlation(one: np.ndarray, other: np.ndarray, least: float, most: float) -> None:
    for found in (correlation(one, other), correlation(other, one)):
        assert least - 1e-5 <= found <= most + 1e-5


def test_log_odds_lie_between_what_is_believed() -> None:
    assert log_odds(WORD, WORD) == pytest.approx(np.log(CALLED / SPOKEN), abs=0.1)
    assert log_odds(WORD, OTHER) == pytest.approx(np.log((1 - CALLED) / (1 - SPOKEN)), abs=0.3)
    assert log_odds(WORD, OTHER) < 0 < log_odds(WORD, WORD + 0.7 * NOISE)


def test_shapes() -> None:
    shape = np.linspace(0, 4, 16).astype(np.float32)
    assert shape_log_odds(shape, shape + 2) > 0
    assert shape_log_odds(shape, shape[::-1]) == 0.0
    assert shape_log_odds(shape, np.zeros_like(shape)) == 0.0
