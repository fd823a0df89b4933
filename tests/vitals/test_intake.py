"""Bad input, order, repeats and claims: what becomes of a reading on its way to an observation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient.observations import (
    Doubt,
    SensorKind,
    SensorSeen,
    VitalMeasured,
    WearState,
    decode,
    encode,
)
from vitals.checks import Reason
from vitals.clocks import NS
from vitals.devices import Device, Signal
from vitals.intake import MOST_HELD, MOST_NAMES, PEER_SILENT_NS, REMEMBERED, AnyTaken, Intake
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    IntervalsRead,
    Refused,
    SensorRead,
    ValueRead,
    WaveRead,
    WearRead,
)

T0 = 1_700_000_000 * NS
HOUR = 3600 * NS
BAND = Device(source="band-1", room="r12", subject="s-4f2a")
OTHER = Device(source="band-2", room="r14", peer="ble")
BED = Device(source="bed-1", room="r12", bed="r12-a")


def intake(**options: int) -> Intake:
    return Intake({"AA:01": BAND, "AA:02": OTHER, "bed": BED}, **options)


def pulse(t: int | None = T0, value: float = 72.0, **changes: object) -> ValueRead:
    reading = ValueRead(device="AA:01", t=t, code="8867-4", value=value, unit="bpm")
    return replace(reading, **changes)  # type: ignore[arg-type]


def taken(found: Sequence[AnyTaken]) -> list[VitalMeasured]:
    assert all(isinstance(one, VitalMeasured) for one in found)
    return [one for one in found if isinstance(one, VitalMeasured)]


def test_a_reading_becomes_an_observation() -> None:
    got = intake().take([pulse()], received=T0 + 250_000_000, peer="mqtt")
    assert got.refused == ()
    assert got.items == (
        VitalMeasured(
            t=T0,
            room="r12",
            source="band-1",
            received=T0 + 250_000_000,
            offset_s=0.0,
            subject="s-4f2a",
            code="8867-4",
            value=72.0,
            unit="/min",
        ),
    )


BAD_TIMES = [
    ("none", None),
    ("before 1970", -1),
    ("long before 1970", -(10**19)),
    ("1970", 0),
    ("the year 2000, after a reset", 946_684_800 * NS),
    ("in eleven seconds", T0 + 11 * NS),
    ("next year", T0 + 365 * 86_400 * NS),
    ("beyond what 64 bits hold", 2**63),
]


@pytest.mark.parametrize("t", [t for _, t in BAD_TIMES], ids=[name for name, _ in BAD_TIMES])
def test_a_time_that_cannot_be_is_replaced_and_said_so(t: int | None) -> None:
    (got,) = taken(intake().take([pulse(t)], received=T0, peer="p").items)
    assert (got.t, got.received, got.offset_s) == (T0, T0, 0.0)
    assert got.doubts == [Doubt.CLOCK]


REFUSED = [
    # what is sent, why it is counted, what is named
    (pulse(unit="mm[Hg]"), Reason.UNKNOWN_UNIT, "unit mm[Hg]"),
    (pulse(unit=""), Reason.UNKNOWN_UNIT, "unit "),
    (pulse(code="1234-5"), Reason.UNKNOWN_CODE, "code 1234-5"),
    (pulse(code="heart\nrate"), Reason.UNKNOWN_CODE, "code heart?rate"),
    (pulse(value=math.nan), Reason.VALUE, "value of 8867-4"),
    (pulse(value=math.inf), Reason.VALUE, "value of 8867-4"),
    (pulse(value=-1.0), Reason.VALUE, "value of 8867-4"),
    (pulse(value=1e30), Reason.VALUE, "value of 8867-4"),
    (pulse(code="59408-5", unit="%", value=-3.0), Reason.VALUE, "value of 59408-5"),
    (pulse(code="59408-5", unit="%", value=127.0), Reason.VALUE, "value of 59408-5"),
    (pulse(quality=1.5), Reason.VALUE, "quality"),
    (pulse(quality=math.nan), Reason.VALUE, "quality"),
    (pulse(device="BB:09"), Reason.UNKNOWN_DEVICE, "device BB:09"),
    (pulse(device="x" * 500), Reason.UNKNOWN_DEVICE, f"device {'x' * 48}…"),
    (pulse(device="AA:02"), Reason.TWO_PEERS, "device band-2"),
    (Refused("message", "expected JSON"), Reason.MESSAGE, "message"),
    (WearRead(device="AA:01", battery=1.01), Reason.VALUE, "battery"),
    (WearRead(device="AA:01", battery=math.nan), Reason.VALUE, "battery"),
    (IntervalsRead(device="AA:01", seconds=(0.8, math.nan)), Reason.VALUE, "intervals"),
    (IntervalsRead(device="AA:01", seconds=(0.8, -0.8)), Reason.VALUE, "intervals"),
    (IntervalsRead(device="AA:01", seconds=(0.8,) * 10_001), Reason.VALUE, "intervals"),
    (
        SensorRead(device="bed", kind=SensorKind.BED, on=True, probability=2.0),
        Reason.VALUE,
        "probability",
    ),
    (
        AccelerationRead(device="AA:01", samples=np.ones((5, 2), np.float32), rate=50),
        Reason.VALUE,
        "samples",
    ),
    (
        AccelerationRead(device="AA:01", samples=np.zeros((0, 3), np.float32), rate=50),
        Reason.VALUE,
        "samples",
    ),
    (
        AccelerationRead(device="AA:01", samples=np.full((5, 3), np.inf, np.float32), rate=50),
        Reason.VALUE,
        "samples",
    ),
    (
        AccelerationRead(device="AA:01", samples=np.ones((5, 3), np.float32), rate=math.nan),
        Reason.VALUE,
        "rate",
    ),
    (WaveRead(device="AA:01", samples=np.ones(5, np.float32), rate=0.0), Reason.VALUE, "rate"),
]


@pytest.mark.parametrize(("reading", "reason", "named"), REFUSED)
def test_bad_input_is_refused_by_name_and_counted(
    reading: AnyReading | Refused, reason: Reason, named: str
) -> None:
    one = intake()
    got = one.take([reading], received=T0, peer="p")
    assert got.items == ()
    assert [refused.what for refused in got.refused] == [named]
    assert one.counts.refused == {reason: 1}
    assert one.counts.names == {named: 1}
    assert one.counts.taken == 0


@pytest.mark.parametrize(
    ("reading", "doubts"),
    [
        (pulse(value=72.0), []),
        (pulse(value=19.0), [Doubt.IMPLAUSIBLE]),
        (pulse(value=251.0), [Doubt.IMPLAUSIBLE]),
        (
            pulse(value=0.0, doubts=(Doubt.OFF_BODY,)),
            [Doubt.OFF_BODY, Doubt.NO_VALUE, Doubt.IMPLAUSIBLE],
        ),
        (pulse(value=10.0, doubts=(Doubt.IMPLAUSIBLE,)), [Doubt.IMPLAUSIBLE]),
        (pulse(t=None, value=300.0), [Doubt.IMPLAUSIBLE, Doubt.CLOCK]),
        (pulse(code="59408-5", unit="%", value=50.0), [Doubt.NO_VALUE, Doubt.IMPLAUSIBLE]),
        (pulse(code="8310-5", unit="[degF]", value=212 / 2), []),
    ],
)
def test_what_a_living_person_cannot_have_is_marked_and_kept(
    reading: ValueRead, doubts: list[Doubt]
) -> None:
    (got,) = taken(intake().take([reading], received=T0, peer="p").items)
    assert got.doubts == doubts


def test_each_kind_of_reading_goes_its_way() -> None:
    readings: list[AnyReading] = [
        WearRead(device="AA:01", t=T0, worn=False, battery=0.5),
        SensorRead(device="bed", t=T0, kind=SensorKind.BED, on=True, retained=True),
        IntervalsRead(device="AA:01", t=T0 + 1, seconds=(0.8, 0.9)),
        AccelerationRead(device="AA:01", t=T0 + 2, samples=np.ones((4, 3), np.float32), rate=50),
        WaveRead(device="AA:01", t=T0 + 3, samples=np.ones(4, np.float32), rate=100),
    ]
    got = intake().take(readings, received=T0 + NS, peer="p").items
    by_kind = {type(one): one for one in got}
    state, bed = by_kind[WearState], by_kind[SensorSeen]
    assert isinstance(state, WearState)
    assert (state.worn, state.battery, state.subject) == (False, 0.5, "s-4f2a")
    assert isinstance(bed, SensorSeen)
    assert (bed.bed, bed.retained, bed.kind) == ("r12-a", True, SensorKind.BED)
    signals = [one for one in got if isinstance(one, Signal)]
    assert [(one.t, one.trusted) for one in signals] == [(T0 + n, True) for n in (1, 2, 3)]
    assert all(one.device is BAND for one in signals)


def test_one_device_two_peers() -> None:
    one = intake()
    assert one.take([pulse(T0)], received=T0, peer="first").items
    got = one.take([pulse(T0 + NS)], received=T0 + NS, peer="second")
    assert got.items == ()
    assert got.refused == (Refused("device band-1", "expected first to speak for it, got second"),)
    assert one.counts.refused == {Reason.TWO_PEERS: 1}
    # The claim of the other has kept nobody from speaking.
    assert one.take([pulse(T0 + 2 * NS)], received=T0 + 2 * NS, peer="first").items
    later = T0 + 2 * NS + PEER_SILENT_NS
    assert one.take([pulse(later)], received=later, peer="second").refused
    assert one.take([pulse(later + 1)], received=later + 1, peer="second").items
    assert one.take([pulse(later + 2)], received=later + 2, peer="first").refused


def test_a_peer_that_the_installer_named_is_the_only_one() -> None:
    one = intake()
    late = T0 + 10 * PEER_SILENT_NS
    assert one.take([pulse(device="AA:02")], received=T0, peer="ble").items
    assert one.take([pulse(late, device="AA:02")], received=late, peer="mqtt").refused


@pytest.mark.parametrize(
    ("again", "same"),
    [
        (pulse(), True),
        (pulse(T0 + 1), False),
        (pulse(value=73.0), False),
        (pulse(code="9279-1"), False),
        (pulse(number=1), False),
    ],
)
def test_what_came_before_is_known(again: ValueRead, same: bool) -> None:
    one = intake()
    one.take([pulse()], received=T0, peer="p")
    got = one.take([again], received=T0 + NS, peer="p")
    assert (got.items == ()) is same
    assert one.counts.duplicates == same
    assert got.refused == ()


def test_values_whose_hashes_are_the_same_are_not() -> None:
    assert hash(-1.0) == hash(-2.0)
    one = intake()
    skin = [pulse(code="39106-0", unit="Cel", value=value) for value in (-1.0, -2.0)]
    assert len(one.take(skin, received=T0, peer="p").items) == 2


def test_without_a_time_a_repeat_is_known_by_its_number_if_it_comes_at_once() -> None:
    one = intake()

    def sent(number: int | None, after_s: int) -> int:
        reading = pulse(t=None, number=number)
        return len(one.take([reading], received=T0 + after_s * NS, peer="p").items)

    assert [sent(7, 0), sent(7, 1), sent(8, 2), sent(7, 3), sent(None, 4), sent(None, 5)] == [
        1,
        0,
        1,
        1,
        1,
        1,
    ]
    assert sent(7, 200) == 1


def test_an_hour_without_a_way_loses_and_doubles_nothing() -> None:
    one = intake()
    all_of_it = [pulse(T0 + second * NS, 60.0 + second % 7) for second in range(7200)]
    out: list[AnyTaken] = []
    for second in range(1800):
        got = one.take([all_of_it[second]], received=T0 + second * NS, peer="p")
        out += got.items
    back = T0 + 5400 * NS
    # Sent again from a little before the break, since the last answers were lost.
    for begin in range(1700, 5400, 100):
        part = all_of_it[begin : begin + 100]
        out += one.take(part, received=back + begin * 1_000_000, peer="p").items
    for second in range(5410, 7200):
        out += one.take([all_of_it[second]], received=T0 + second * NS, peer="p").items
    vitals = taken(out)
    expected = [*range(5400), *range(5410, 7200)]
    assert [round((v.t - T0) / NS) for v in vitals] == expected
    assert [v.t for v in vitals] == sorted(v.t for v in vitals)
    assert [v.value for v in vitals] == [60.0 + second % 7 for second in expected]
    assert one.counts.duplicates == 100
    assert one.counts.late == 0


def test_what_comes_in_one_message_goes_out_in_order() -> None:
    one = intake()
    newest_first = [pulse(T0 - second * 600 * NS, 60.0 + second) for second in range(50)]
    got = taken(one.take(newest_first, received=T0, peer="p").items)
    assert [v.value for v in got] == [60.0 + second for second in reversed(range(50))]


def test_a_backlog_in_pieces_out_of_order_can_be_held_until_it_ends() -> None:
    one = intake(hold_ns=2 * NS)
    order = [5, 1, 4, 0, 3, 2]
    for n, second in enumerate(order):
        reading = pulse(T0 + second * NS, 60.0 + second)
        assert one.take([reading], received=T0 + HOUR + n, peer="p").items == ()
    assert one.counts.taken == 6
    assert one.release(T0 + HOUR + NS) == ()
    out = taken(one.release(T0 + HOUR + 5 + 2 * NS))
    assert [v.value for v in out] == [60.0 + second for second in range(6)]
    assert one.release(T0 + HOUR + 99 * NS) == ()


def test_a_fresh_reading_lets_what_is_held_go_before_it() -> None:
    one = intake(hold_ns=2 * NS)
    for second in (2, 1):
        one.take([pulse(T0 + second * NS, 60.0 + second)], received=T0 + HOUR, peer="p")
    fresh = pulse(T0 + HOUR, 99.0)
    out = taken(one.take([fresh], received=T0 + HOUR + 1, peer="p").items)
    assert [v.value for v in out] == [61.0, 62.0, 99.0]


def test_no_more_is_held_than_stated() -> None:
    one = intake(hold_ns=2 * NS)
    backlog = [pulse(T0 + n * 1_000_000, 70.0) for n in range(MOST_HELD)]
    assert one.take(backlog[:-1], received=T0 + HOUR, peer="p").items == ()
    assert len(one.take(backlog[-1:], received=T0 + HOUR, peer="p").items) == MOST_HELD


def test_what_is_older_than_what_went_out_is_late_and_comes_all_the_same() -> None:
    one = intake()
    one.take([pulse(T0)], received=T0, peer="p")
    old = [pulse(T0 - 100 * NS), pulse(T0 - 200 * NS)]
    got = taken(one.take(old, received=T0 + 1, peer="p").items)
    assert [v.t for v in got] == [T0 - 200 * NS, T0 - 100 * NS]
    assert one.counts.late == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 5 * NS), st.integers(0, 3 * NS)), min_size=20, max_size=200),
    st.integers(-7200, 7200),
)
def test_t_never_goes_back_while_the_devices_clock_does_not(
    steps: list[tuple[int, int]], offset_s: int
) -> None:
    one = intake()
    own, received, last = T0 - offset_s * NS, T0, 0
    for passed, delay in steps:
        own += passed
        received = max(received, own + offset_s * NS + delay)
        for v in taken(one.take([pulse(own, number=own)], received=received, peer="p").items):
            if one.clock("AA:01").segment == 0 and one.counts.late == 0:
                assert v.t >= last
                last = v.t
            assert v.t <= v.received
            assert decode(encode(v)) == v


def test_ten_thousand_messages_at_once() -> None:
    one = intake()
    readings = [pulse(T0 + n * 1_000_000, 60.0 + n % 9) for n in range(10_000)]
    out: list[AnyTaken] = []
    for reading in readings:
        out += one.take([reading], received=T0 + 11 * NS, peer="p").items
    assert [v.t for v in taken(out)] == [reading.t for reading in readings]
    again = one.take(readings, received=T0 + 12 * NS, peer="p")
    assert again.items == ()
    assert one.counts.duplicates == 10_000


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert REMEMBERED == 65_536
    monkeypatch.setattr("vitals.intake.REMEMBERED", 1000)
    one = intake()
    readings = [pulse(T0 - HOUR + n * 1000, 60.0) for n in range(3000)]
    one.take(readings, received=T0, peer="p")
    source = one._sources["AA:01"]
    assert 1000 <= len(source._known) + len(source._known_before) < 2000
    assert one.take(readings[-1000:], received=T0, peer="p").items == ()
    for n in range(2 * MOST_NAMES):
        one.take([pulse(device=f"made up {n}")], received=T0, peer="p")
    assert len(one.counts.names) == MOST_NAMES
    assert one.counts.refused == {Reason.UNKNOWN_DEVICE: 2 * MOST_NAMES}


def test_the_night_with_two_half_past_twos() -> None:
    """A device without a zone goes through half past two twice; nothing of the second is lost."""
    one = intake()
    summer, winter = 2 * HOUR, HOUR
    out: list[VitalMeasured] = []
    for minute in range(360):
        true = T0 + minute * 15 * NS
        local = true + (summer if minute < 180 else winter)
        reading = pulse(local, 60.0 + minute % 3)
        out += taken(one.take([reading], received=true + 20_000_000, peer="p").items)
    assert len(out) == 360
    settled = [v for n, v in enumerate(out) if not (n < 4 or 180 <= n < 185)]
    for v in settled:
        assert v.received - v.t <= 40_000_000
        assert v.doubts == []
    assert {round(v.offset_s / 3600) for v in settled} == {-2, -1}
