"""What the benchmark of fusion measures with: the thinner day, throughput, figures of a series."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from ambient.evaluate import benchmark_fusion, replay_day
from ambient.observations import SensorSeen, Tick


def test_a_thinner_day_has_the_same_senses() -> None:
    config = replay_day.config_of(1)
    full, thin = (
        [one for _, one in replay_day.arriving(config, 1.0, 3, every_s=every_s)]
        for every_s in (1, 10)
    )
    assert len(thin) < len(full) / 4
    steady = {one.source for one in full if not isinstance(one, SensorSeen)}
    assert {one.source for one in thin} >= steady
    ticks = [one.t for one in thin if isinstance(one, Tick) and one.source == "c1"]
    assert {b - a for a, b in pairwise(ticks)} == {10 * replay_day.NS}


def test_throughput_judges_what_it_says() -> None:
    count, processor_s, clock_s = benchmark_fusion.throughput(1, 400)
    assert count == 400
    assert processor_s > 0.0
    assert clock_s > 0.0


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(i) for i in range(1, 101)], 0.99, 99.0),
        ([7.0], 0.99, 7.0),
    ],
)
def test_percentiles_are_values_that_were_measured(
    values: list[float], share: float, expected: float
) -> None:
    assert benchmark_fusion._percentile(values, share) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(benchmark_fusion._percentile([], 0.5))
