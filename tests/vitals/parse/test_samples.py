"""Batches of samples: what no sensor on a person gives is refused whole."""

from __future__ import annotations

import numpy as np
import pytest

from vitals.parse import samples
from vitals.readings import AccelerationRead, IntervalsRead, Refused, WaveRead


@pytest.mark.parametrize(
    ("unit", "raw", "expected"),
    [("g", 1.0, 1.0), ("[g]", 1.0, 1.0), ("mg", 1000.0, 1.0), ("m/s2", 9.80665, 1.0)],
)
def test_units_of_acceleration(unit: str, raw: float, expected: float) -> None:
    one = samples.acceleration("w", [[0, 0, raw]], rate=50, unit=unit)
    assert isinstance(one, AccelerationRead)
    assert one.samples[0, 2] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "rate"),
    [
        ([], 50),
        ([[1, 2]], 50),
        ([1, 2, 3], 50),
        ([[1, 2, 3], [1, 2]], 50),
        ([[0, 0, float("nan")]], 50),
        ([[0, 0, float("inf")]], 50),
        ([[0, 0, 201]], 50),
        ([[0, 0, 1]], 0.1),
        ([[0, 0, 1]], float("nan")),
        ([[0, 0, 1]], float("inf")),
        (np.zeros((samples.MAX_SAMPLES + 1, 3)), 50),
    ],
)
def test_no_acceleration(rows: object, rate: float) -> None:
    assert isinstance(samples.acceleration("w", rows, rate=rate), Refused)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "rate"),
    [([], 100), ([[1]], 100), ([float("nan")], 100), ([1e10], 100), ([1], 3000)],
)
def test_no_wave(row: object, rate: float) -> None:
    assert isinstance(samples.wave("w", row, rate=rate, ecg=False), Refused)  # type: ignore[arg-type]


def test_a_wave_and_intervals() -> None:
    assert isinstance(samples.wave("w", [1, 2, 3], rate=100, ecg=True), WaveRead)
    assert samples.intervals("w", [0.8]) == IntervalsRead(device="w", seconds=(0.8,))


@pytest.mark.parametrize("seconds", [[], [0.05], [11.0], [float("nan")], [0.8] * 2001])
def test_no_intervals(seconds: list[float]) -> None:
    assert isinstance(samples.intervals("w", seconds), Refused)
