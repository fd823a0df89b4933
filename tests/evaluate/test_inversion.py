"""The attack on what is emitted of a voice: its parts, and that it can succeed and can fail."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate import inversion, phrases
from ambient.evaluate.inversion import CHANCE, MOST, VALID, balanced, logistic


@pytest.mark.parametrize(
    ("guess", "said", "expected"),
    [
        ([[1], [0]], [[1], [0]], 1.0),
        ([[0], [1]], [[1], [0]], 0.0),
        ([[1], [1], [1], [1]], [[1], [0], [0], [0]], 0.5),  # however rare it is
        ([[1], [1]], [[1], [1]], CHANCE),  # spoken in all of them: nothing to tell
        ([[1, 0], [0, 0]], [[1, 1], [0, 0]], 0.75),
    ],
)
def test_balanced_accuracy(guess, said, expected):
    assert balanced(np.array(guess, bool), np.array(said, bool)) == expected


def test_the_attacker_learns_what_is_there():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((400, 5))
    said = np.column_stack([values[:, 0] > 0.0, values[:, 1] > 1.5])
    weights = logistic(values, said, 1e-4)
    again = rng.standard_normal((400, 5))
    truth = np.column_stack([again[:, 0] > 0.0, again[:, 1] > 1.5])
    assert balanced(inversion._odds(weights, again) > 0, truth) > 0.95


def test_the_attacker_finds_nothing_where_nothing_is():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(8), 100)
    values = rng.standard_normal((800, 13))
    said = rng.random((800, 20)) < 0.4
    found = inversion._attack(values, said, who, 60.0)
    assert abs(found.success - CHANCE) < 0.03


def test_what_hangs_on_the_speaker_alone_helps_nobody():
    """A deep voice that always says the same phrase is not told by its depth."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(8), 50)
    values = rng.standard_normal((400, 3)) + 10.0 * who[:, None]
    said = rng.random((400, 5)) < 0.5
    assert abs(inversion._attack(values, said, who, 60.0).success - CHANCE) < 0.04


def test_phrases_by_synthesis_are_the_same_again_and_unlike_each_other(monkeypatch):
    monkeypatch.setattr(phrases.shutil, "which", lambda _: None)
    first, second = (list(phrases.spoken(2, 1, 1, seed=3)) for _ in range(2))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(first, second, strict=True))
    assert first[0].samples.size != first[1].samples.size
    assert [(clip.phrase, clip.speaker) for clip in first] == [(0, 0), (1, 0)]


@pytest.mark.long
def test_the_attack_is_valid_and_weaker_the_more_is_mixed():
    """On a quarter of what ``ambient evaluate inversion`` takes, which prints the bar itself."""
    report = inversion.run(phrases=20, speakers=4, windows=60)
    assert report.descriptors.success >= VALID
    found = [one.success for one in report.emitted]
    assert found == sorted(found, reverse=True)
    assert report.ok is (found[-1] <= CHANCE + MOST)
