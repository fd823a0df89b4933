"""Figures of a model: calibration, precision, alarms, on cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.falls.learning.measure import (
    Judged,
    alarms,
    average_precision,
    best_threshold,
    platt,
    reliability,
    temperature,
)


def drawn(n: int, slope: float, bias: float) -> Judged:
    """Logits whose true probability is sigmoid(slope * logit + bias)."""
    random = np.random.default_rng(0)
    logit = random.normal(0, 2, n)
    truth = random.random(n) < 1 / (1 + np.exp(-(slope * logit + bias)))
    return Judged(logit, truth.astype(float), np.arange(n) // 10)


@pytest.mark.parametrize(("slope", "bias"), [(1.0, 0.0), (0.4, 0.0), (2.0, -1.0)])
def test_scaling_is_found_again(slope: float, bias: float) -> None:
    found = platt(drawn(20_000, slope, bias))
    assert found.slope == pytest.approx(slope, rel=0.08)
    assert found.bias == pytest.approx(bias, abs=0.12)


def test_reliability_tells_honest_from_too_sure() -> None:
    judged = drawn(20_000, 0.4, 0.0)
    honest = reliability(1 / (1 + np.exp(-0.4 * judged.logit)), judged)
    sure = reliability(1 / (1 + np.exp(-judged.logit)), judged)
    assert honest.ece < 0.02 < 0.08 < sure.ece
    for each in (honest, sure):
        assert each.low <= each.ece <= each.high
        assert sum(each.count) == 20_000
        assert len(each.said) == len(each.happened) == len(each.count)


def test_temperature_is_found_again() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (20_000, 5))
    share = np.exp(logits / 2.5)
    share /= share.sum(axis=1, keepdims=True)
    labels = (share.cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    assert temperature(logits, labels) == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize(
    ("score", "truth", "expected"),
    [
        ([0.9, 0.8, 0.1], [1, 1, 0], 1.0),
        ([0.9, 0.8, 0.1], [0, 1, 1], (1 / 2 + 2 / 3) / 2),
        ([0.1, 0.2], [0, 0], np.nan),
    ],
    ids=["perfect", "half", "no answer"],
)
def test_average_precision(score: list[float], truth: list[float], expected: float) -> None:
    found = average_precision(np.array(score), np.array(truth, float))
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_threshold_lies_between_what_can_be_told_apart() -> None:
    probability = np.array([0.1, 0.3, 0.35, 0.6, 0.7, 0.9])
    assert 0.35 < best_threshold(probability, (probability > 0.5).astype(float)) < 0.61


@pytest.mark.parametrize(
    ("down", "fell", "helped", "rings"),
    [
        (0.9, 0.9, 0.1, True),
        (0.9, 0.1, 0.1, False),
        (0.1, 0.9, 0.1, False),
        (0.1, 0.1, 0.9, True),
    ],
    ids=["down by a fall", "in bed", "fell and caught", "on the floor"],
)
def test_alarms(down: float, fell: float, helped: float, rings: bool) -> None:
    t = np.arange(0, 4, 0.1)
    said = np.tile([0.05, 0.05, 0.05], (40, 1))
    said[10:] = (down, fell, helped)
    found = alarms(t, said, (0.5, 0.5, 0.5))
    assert bool(found.any()) is rings
    assert not found[:12].any()
