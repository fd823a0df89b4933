"""A device's clock on the node's: offset, drift, steps, resets, and clocks that say nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitals.clocks import (
    AHEAD_NS,
    BEHIND_NS,
    LAST_NS,
    NS,
    PACE_NS,
    DeviceClock,
    Placed,
)

T0 = 1_700_000_000 * NS
MS = 1_000_000


def live(
    clock: DeviceClock,
    seconds: range,
    *,
    offset_ns: int = 0,
    drift: float = 0.0,
    delay: random.Random | None = None,
    every_s: int = 1,
) -> list[tuple[int, Placed]]:
    """Send what a device measures as it does; return the true times and where they were placed.

    `offset_ns` is what would have to be added to the device's clock, `drift` how much slower it is.
    """
    placed = []
    for second in seconds:
        true = T0 + second * every_s * NS
        own = true - offset_ns - int(drift * second * every_s * NS)
        late = 20 * MS + int((delay.expovariate(1 / 80) if delay else 0) * MS)
        placed.append((true, clock.place(own, true + late)))
    return placed


@pytest.mark.parametrize(
    ("own", "received", "t", "offset_ns", "trusted"),
    [
        (T0, T0 + 50 * MS, T0, 0, True),
        (T0, T0 + 3600 * NS, T0, 0, True),
        (T0, T0 + BEHIND_NS, T0, 0, True),
        (T0, T0 + BEHIND_NS + 1, T0 + BEHIND_NS + 1, 0, False),
        (T0 + NS, T0, T0, -NS, True),
        (T0 + AHEAD_NS, T0, T0, -AHEAD_NS, True),
        (T0 + AHEAD_NS + 1, T0, T0, 0, False),
        (T0 + 365 * 86_400 * NS, T0, T0, 0, False),
        (-1, T0, T0, 0, False),
        (-(2**70), T0, T0, 0, False),
        (LAST_NS + 1, T0, T0, 0, False),
        (0, T0, T0, 0, False),
        (None, T0, T0, 0, False),
    ],
)
def test_the_first_reading_is_believed_unless_its_clock_cannot_be_right(
    own: int | None, received: int, t: int, offset_ns: int, trusted: bool
) -> None:
    assert DeviceClock().place(own, received) == Placed(t, offset_ns, trusted, 0)


@pytest.mark.parametrize("hours", [-26.5, -2, -1, -0.01, 0.01, 1, 5.75, 300, 24 * 365 * 25])
def test_an_offset_is_settled_and_stated_after_half_a_minute_at_the_nodes_pace(
    hours: float,
) -> None:
    clock = DeviceClock()
    offset_ns = int(hours * 3600) * NS
    placed = live(clock, range(120), offset_ns=offset_ns, delay=random.Random(1))
    assert clock.settled
    for true, one in placed[PACE_NS // NS + 8 :]:
        assert one.trusted
        assert abs(one.t - true) < 100 * MS
        assert abs(one.offset_ns - offset_ns) < 100 * MS


def test_drift_is_estimated_and_followed() -> None:
    clock = DeviceClock()
    placed = live(clock, range(6 * 3600), drift=80e-6, delay=random.Random(2))
    assert clock.drift == pytest.approx(80e-6, rel=0.05)
    assert max(abs(one.t - true) for true, one in placed[600:]) < 150 * MS


def test_no_drift_is_made_up_from_an_uneven_way() -> None:
    clock = DeviceClock()
    live(clock, range(2 * 3600), delay=random.Random(3))
    assert abs(clock.drift) < 5e-6


def test_a_backlog_moves_nothing_and_keeps_its_own_time() -> None:
    clock = DeviceClock()
    offset_ns = 40 * NS
    live(clock, range(600), offset_ns=offset_ns)
    # An hour without a way; then everything at once, the oldest first.
    back = T0 + 4200 * NS
    for second in range(600, 4200):
        true = T0 + second * NS
        placed = clock.place(true - offset_ns, back + (second - 600) * MS)
        assert placed.trusted
        assert abs(placed.t - true) < 100 * MS
    assert clock.segment == 0


def test_a_backlog_at_the_start_settles_nothing() -> None:
    clock = DeviceClock()
    for second in range(3600):
        placed = clock.place(T0 + second * NS, T0 + 3600 * NS + second * 10 * MS)
        assert placed == Placed(T0 + second * NS, 0, True, 0)
    assert not clock.settled
    placed = live(clock, range(3640, 3700))[-1]
    assert clock.settled
    assert abs(placed[1].offset_ns) <= 20 * MS


def test_a_clock_set_forward_is_noticed_at_once() -> None:
    clock = DeviceClock()
    live(clock, range(100), offset_ns=2 * 3600 * NS)
    first, *_, last = live(clock, range(100, 200), offset_ns=3600 * NS)
    assert clock.segment == 1
    # By itself again at first: an hour back is what a backlog could be.
    assert first[1].offset_ns == 0
    assert abs(last[1].t - last[0]) <= 20 * MS


def test_a_clock_set_back_is_noticed_when_it_goes_on_so() -> None:
    clock = DeviceClock()
    live(clock, range(100))
    placed = live(clock, range(100, 200), offset_ns=3600 * NS)
    assert clock.segment == 1
    assert placed[0][1].t < T0
    for true, one in placed[45:]:
        assert abs(one.t - true) <= 20 * MS


def test_a_reset_to_another_century_is_no_backlog() -> None:
    clock = DeviceClock()
    live(clock, range(100))
    years = T0 - 946_684_800 * NS
    placed = live(clock, range(100, 200), offset_ns=years)
    assert not placed[0][1].trusted
    assert placed[0][1].t == placed[0][0] + 20 * MS
    assert placed[-1][1].trusted
    assert abs(placed[-1][1].t - placed[-1][0]) <= 20 * MS
    assert clock.segment == 1


def test_a_backlog_beside_fresh_readings_is_no_clock_that_was_set_back() -> None:
    clock = DeviceClock()
    for second in range(300):
        true = T0 + second * NS
        assert abs(clock.place(true, true + 20 * MS).t - true) <= 20 * MS
        old = true - 7200 * NS
        assert abs(clock.place(old, true + 30 * MS).t - old) <= 20 * MS
    assert clock.segment == 0


def test_days_of_silence_are_no_step() -> None:
    clock = DeviceClock()
    live(clock, range(3600), drift=30e-6)
    placed = live(clock, range(4 * 86_400, 4 * 86_400 + 60), drift=30e-6)
    assert clock.segment == 0
    assert all(abs(one.t - true) < 20 * NS for true, one in placed)


def test_a_cuff_used_twice_a_day_is_believed() -> None:
    clock = DeviceClock()
    for true, one in live(clock, range(20), every_s=43_200):
        assert one.trusted
        assert abs(one.t - true) <= 20 * MS


def test_memory_stays_bounded() -> None:
    clock = DeviceClock()
    live(clock, range(600), every_s=60)
    assert len(clock._line._points) <= 362


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(-(2**64), 2**64), st.integers(0, 10**12)), min_size=1, max_size=200
    )
)
def test_whatever_a_device_says_t_is_never_after_it_was_received(
    said: list[tuple[int, int]],
) -> None:
    clock = DeviceClock()
    received = T0
    for own, passed in said:
        received += passed
        placed = clock.place(own, received)
        assert 0 <= placed.t <= received
        if placed.trusted:
            assert placed.t == own + placed.offset_ns
        else:
            assert placed == Placed(received, 0, False, placed.segment)
