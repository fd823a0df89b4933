"""What the benchmark of fusion measures with: the thinner day, throughput, figures of a series."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from ambient.evaluate import benchmark_fusion, replay_day
from ambient.events import FallRecovered, NodeDiskFull
from ambient.observations import SensorSeen, Tick

MS = 1_000_000


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
    count, processor_s, clock_s = benchmark_fusion.throughput(1, 400, 3)
    assert count == 400
    assert len(processor_s) == len(clock_s) == 3
    assert min(*processor_s, *clock_s) > 0.0


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
    assert benchmark_fusion.Spread.of([2.0, 1.0, 3.0, 4.0]) == benchmark_fusion.Spread(2, 4, 4, 4)


@pytest.mark.parametrize("taken_away", [0, 1])
def test_an_event_is_measured_from_its_observation(
    monkeypatch: pytest.MonkeyPatch, taken_away: int
) -> None:
    """Only steps of falls are, and the disk's time beside fusion's own."""

    class Disk:
        def receive(self, wait_s: float) -> None:
            return None

        def commit(self, new: object, state: object) -> int:
            return 0

    instants = [
        benchmark_fusion._Instant(0, 0, 5),
        benchmark_fusion._Instant(2 * MS, 1 * MS, 5),
        benchmark_fusion._Instant(5 * MS, 3 * MS, 5 + taken_away),
    ]
    monkeypatch.setattr(benchmark_fusion._Instant, "now", classmethod(lambda _: instants.pop(0)))
    monkeypatch.setattr(benchmark_fusion.time, "monotonic_ns", lambda: 9 * MS)
    node = benchmark_fusion._Node(Disk(), Disk())  # type: ignore[arg-type]
    assert node.receive(0.0) == []
    head: dict[str, Any] = {"node": "n", "chain": "c", "position": 0, "config_version": "v"}
    fallen = FallRecovered(id="a", t=1 * MS, down_s=1.0, probability=0.9, **head)
    node.commit([fallen, NodeDiskFull(id="b", t=0, free_mb=1, **head)])
    assert node.judged == [3.0]
    assert node.undisturbed == [3.0] * (1 - taken_away)
    assert (node.processor, node.disk, node.whole) == ([2.0], [4.0], [8.0])
