"""A worn accelerometer: batches in, seconds, impacts and what is doubted out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient.observations import (
    AnyObservation,
    Doubt,
    ImpactMeasured,
    MotionMeasured,
    Wear,
    WearState,
    decode,
    encode,
)
from models.wearable import FallNet, load
from models.wearable.inputs import BEFORE
from tests.vitals.motion.kit import NS, T0, falling, lying, rotation, times, walking
from vitals.devices import Device, Signal
from vitals.motion.cells import Floats
from vitals.motion.meter import MotionMeter
from vitals.readings import AccelerationRead, IntervalsRead

DEVICE = Device(source="band-1", room="r12", subject="s-4f2a")
NET = FallNet(load())


def signal(samples: np.ndarray, t: int, rate: float) -> Signal:
    reading = AccelerationRead(device="d", samples=samples.astype(np.float32), rate=rate)
    return Signal(device=DEVICE, reading=reading, t=t, received=t + NS, offset_s=0.2, trusted=True)


def taken(samples: Floats, rate: float, cuts: list[int], wear: Wear = Wear.WAIST) -> list[
    AnyObservation
]:  # fmt: skip
    meter, step, out = MotionMeter(DEVICE, wear, NET), round(NS / rate), []
    for begin, end in zip([0, *cuts], [*cuts, len(samples)], strict=True):
        if end > begin:
            out += meter.take(signal(samples[begin:end], T0 + end * step, rate))
    return out


def day(rate: float) -> Floats:
    return np.vstack([lying(3.0, rate), walking(9.0, rate), falling(rate), lying(4.0, rate)])


@pytest.mark.parametrize("rate", [20.0, 50.0, 100.0, 200.0])
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_batches_of_any_size_say_the_same(rate: float, data: st.DataObject) -> None:
    samples = day(rate)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(samples) - 1), max_size=40)))
    whole, parts = taken(samples, rate, []), taken(samples, rate, cuts)
    assert len(parts) == len(whole)
    key = {MotionMeasured: 0, ImpactMeasured: 1}
    order = sorted(parts, key=lambda one: (one.t, key[type(one)]))
    for one, other in zip(sorted(whole, key=lambda o: (o.t, key[type(o)])), order, strict=True):
        assert type(one) is type(other)
        assert one.t == other.t
        for name in ("counts", "peak", "lowest", "fall", "still", "turned", "steps"):
            if hasattr(one, name):
                assert abs(getattr(one, name) - getattr(other, name)) <= 1e-6


def test_a_sample_at_a_time_says_the_same() -> None:
    samples = day(50.0)
    whole = taken(samples, 50.0, [])
    parts = taken(samples, 50.0, list(range(1, len(samples))))
    assert {(one.t, type(one)) for one in parts} == {(one.t, type(one)) for one in whole}


@pytest.mark.parametrize("rate", [20.0, 25.0, 50.0, 104.0, 200.0])
def test_somebody_walks(rate: float) -> None:
    moved = [one for one in taken(walking(30.0, rate), rate, []) if isinstance(one, MotionMeasured)]
    assert 27 <= len(moved) <= 30
    # 1.8 steps a second; the run is believed from its fourth step on, the end is not yet there.
    assert 48 <= sum(one.steps for one in moved) <= 54
    for one in moved[2:-2]:
        assert 0.1 < one.counts < 0.25
        assert 1.15 < one.peak < 1.4
        assert 0.6 < one.lowest < 0.85
        assert not one.saturated
        assert one.doubts == []


def test_somebody_lies() -> None:
    moved = [one for one in taken(lying(20.0, 50.0), 50.0, []) if isinstance(one, MotionMeasured)]
    assert all(one.counts < 0.01 and one.steps == 0 for one in moved)
    assert all(abs(one.gravity[1] - 1.0) < 0.01 for one in moved)
    assert moved[0].received == moved[0].received // NS * NS
    assert moved[0].wear is Wear.WAIST
    assert (moved[0].subject, moved[0].offset_s) == ("s-4f2a", 0.2)


@pytest.mark.parametrize("rate", [20.0, 50.0, 200.0])
@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_fall_is_told_however_the_device_is_turned(rate: float, turn: int) -> None:
    found = [
        one
        for one in taken(falling(rate) @ rotation(turn).T, rate, [])
        if isinstance(one, ImpactMeasured)
    ]
    assert len(found) == 1
    assert abs(found[0].impact - T0 - 4.54 * NS) < 0.1 * NS
    assert found[0].t - found[0].impact == 88 * 40_000_000
    assert found[0].fall > 0.8
    assert found[0].still > 0.8
    assert 60 < found[0].turned < 120
    assert decode(encode(found[0])) == found[0]


def test_a_fall_that_hits_the_end_of_the_range_is_saturated_and_still_told() -> None:
    found = taken(np.clip(falling(100.0), -2.0, 2.0), 100.0, [])
    assert any(one.saturated for one in found if isinstance(one, MotionMeasured))
    assert [one.fall > 0.5 for one in found if isinstance(one, ImpactMeasured)] == [True]


def test_an_impact_with_too_much_missing_around_it_is_counted_and_not_judged() -> None:
    meter, at, samples = MotionMeter(DEVICE, Wear.WAIST, NET), times(11.5, 50.0), falling(50.0)
    there = (at - T0 < 4.8 * NS) | (at - T0 > 7.6 * NS)
    meter.push(at[there], samples[there])
    assert meter.unknown == 1


def test_an_hour_on_a_table_is_a_state_and_a_doubt() -> None:
    meter, rate = MotionMeter(DEVICE, Wear.WRIST, NET), 25.0
    said: list[AnyObservation] = []
    still = lying(60.0, rate, size=0.002)
    for minute in range(1, 63):
        said += meter.take(signal(still, T0 + minute * 60 * NS, rate))
    states = [one for one in said if isinstance(one, WearState)]
    assert [one.worn for one in states] == [False]
    after = [one for one in said if isinstance(one, MotionMeasured) and one.t > states[0].t]
    assert after
    assert all(one.doubts == [Doubt.OFF_BODY] for one in after)
    said = meter.take(signal(walking(10.0, rate), T0 + (62 * 60 + 10) * NS, rate))
    assert [one.worn for one in said if isinstance(one, WearState)] == [True]


def test_late_batches_are_counted_and_other_readings_say_nothing() -> None:
    meter = MotionMeter(DEVICE, Wear.WAIST, NET)
    meter.take(signal(lying(2.0, 50.0), T0, 50.0))
    assert meter.take(signal(lying(2.0, 50.0), T0 - NS, 50.0)) == []
    assert meter.late == 1
    beats = IntervalsRead(device="d", seconds=(0.8,))
    other = Signal(device=DEVICE, reading=beats, t=T0, received=T0, offset_s=0.0, trusted=True)
    assert meter.take(other) == []


def test_the_window_holds_the_impact_where_the_network_expects_it() -> None:
    from vitals.motion.cells import Grid
    from vitals.motion.impacts import Windows
    from vitals.motion.scale import Scaled

    found = [
        window
        for cells in Grid().push(times(11.5, 50.0), falling(50.0))
        for window in Windows().push(Scaled(cells, None))
    ]
    assert len(found) == 1
    assert int(found[0].high.argmax()) == BEFORE
