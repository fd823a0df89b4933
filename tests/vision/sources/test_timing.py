"""Event time: strictly forward, the right frames, and clocks that step."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.timing import ClockWatch, EventClock, FramePicker, StrictTime

MS = 1_000_000
S = 1_000_000_000


@pytest.mark.parametrize(
    ("raw_ms", "expected_ms"),
    [
        ([0, 40, 80], [0, 40, 80]),
        ([0, 0, 0, 40], [0, 4, 8, 40]),
        ([0, 80, 40, 120], [0, 80, 84, 120]),
        ([0, 5000, 9000], [0, 5000, 9000]),
        ([0, 5000, 0, 40, 80], [0, 5000, 5040, 5080, 5120]),
        ([-100, 0, 40], [0, 4, 40]),
    ],
)
def test_strict_time(raw_ms, expected_ms):
    time = StrictTime(40 * MS)
    assert [time.next(raw * MS) / MS for raw in raw_ms] == expected_ms


@given(st.lists(st.integers(-(10**12), 10**15), max_size=50))
def test_strict_time_always_increases(raw):
    time = StrictTime(33 * MS)
    times = [time.next(value) for value in raw]
    assert all(b > a for a, b in pairwise(times))


@given(
    st.lists(st.integers(1, 3 * S), min_size=1, max_size=100),
    st.floats(1, 30),
)
def test_picker_never_exceeds_its_rate(gaps, fps):
    picker = FramePicker(fps)
    t, taken = 0, []
    for gap in gaps:
        if picker.take(t):
            taken.append(t)
        t += gap
    assert taken[0] == 0
    assert len(taken) <= (taken[-1] / S + 0.002) * fps + 1


@pytest.mark.parametrize("fps", [None, 1000.0])
def test_picker_takes_all(fps):
    picker = FramePicker(fps)
    assert all(picker.take(t * 33 * MS) for t in range(20))


def test_event_clock():
    clock = EventClock.at(wall_ns=1_000 * S, monotonic_ns=5 * S)
    assert clock.t(7 * S) == 1_002 * S
    assert EventClock(-10 * S).t(S) == 0


@pytest.mark.parametrize(
    ("walls_s", "steps"),
    [
        ([100, 101, 102], [None, None, None]),
        ([100, 3701, 3702], [None, 3600, None]),
        ([3700, 101, 102], [None, -3600, None]),
        # Slewing: half a second gained with every second, and no step.
        ([100, 101.5, 103, 104.5], [None, None, None, None]),
        ([100, 102.5], [None, 1.5]),
    ],
)
def test_clock_steps(walls_s, steps):
    watch = ClockWatch()
    found = [watch.update(round(wall * S), second * S) for second, wall in enumerate(walls_s)]
    assert found == steps
