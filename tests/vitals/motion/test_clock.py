"""When samples were taken: batches that are late, early, cut off, sent twice."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vitals.motion.kit import NS, T0
from vitals.motion.clock import SampleClock


def test_a_first_batch_is_laid_out_backwards_from_its_end() -> None:
    found = SampleClock().times(T0, 4, 50.0)
    assert found is not None
    assert (T0 - found).tolist() == [60_000_000, 40_000_000, 20_000_000, 0]


@pytest.mark.parametrize("rate", [20.0, 25.0, 31.25, 50.0, 64.0, 100.0, 128.0, 200.0])
@pytest.mark.parametrize("cut", [1, 7, 25, 64])
def test_cuts_do_not_move_samples(rate: float, cut: int) -> None:
    count, step = 256, round(NS / rate)
    whole = SampleClock().times(T0 + count * step, count, rate)
    clock, parts = SampleClock(), []
    for begin in range(0, count, cut):
        end = min(begin + cut, count)
        part = clock.times(T0 + end * step, end - begin, rate)
        assert part is not None
        parts.append(part)
    assert whole is not None
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_a_device_whose_rate_is_not_quite_what_it_says_leaves_no_seams() -> None:
    clock, every = SampleClock(), []
    for number in range(1, 40):
        # 52 Hz, and says 50; each batch up to 40 ms late by the radio.
        late = (number * 7919 % 41) * 1_000_000
        found = clock.times(T0 + round(number * 26 / 52 * NS) + late, 26, 50.0)
        assert found is not None
        every.append(found)
    steps = np.diff(np.concatenate(every)) / 1e6
    assert steps.min() > 16.0
    assert steps.max() < 22.0


@pytest.mark.parametrize(
    ("missing_s", "gap_ms"), [(0.0, 20), (1.0, 1020), (30.0, 30020)], ids=["none", "1 s", "30 s"]
)
def test_a_lost_batch_leaves_a_hole(missing_s: float, gap_ms: int) -> None:
    clock = SampleClock()
    first = clock.times(T0, 25, 50.0)
    second = clock.times(T0 + round((missing_s + 0.5) * NS), 25, 50.0)
    assert first is not None
    assert second is not None
    assert second[0] - first[-1] == gap_ms * 1_000_000


def test_of_a_batch_that_reaches_back_only_what_is_new_is_used() -> None:
    clock = SampleClock()
    clock.times(T0, 50, 50.0)
    found = clock.times(T0 + NS // 2, 50, 50.0)
    assert found is not None
    assert len(found) == 25
    assert found[0] > T0


@pytest.mark.parametrize("t", [T0, T0 - NS])
def test_what_ends_no_later_than_the_last_one_is_counted_and_left_out(t: int) -> None:
    clock = SampleClock()
    clock.times(T0, 25, 50.0)
    assert clock.times(t, 25, 50.0) is None
    assert clock.late == 1


@pytest.mark.parametrize(("count", "rate"), [(0, 50.0), (10, 1.0), (10, 5000.0)])
def test_rates_that_no_accelerometer_has(count: int, rate: float) -> None:
    clock = SampleClock()
    assert clock.times(T0, count, rate) is None
    assert clock.refused == 1
