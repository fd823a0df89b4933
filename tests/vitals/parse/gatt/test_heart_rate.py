"""Heart Rate Measurement (0x2A37): every combination of flags, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt
from tests.vitals.parse.gatt.kit import (
    DEVICE,
    NOTHING,
    fields,
    known,
    only_whole,
    refused,
    u16,
    unknown,
)
from vitals.parse.gatt.heart_rate import HeartRate, decode, parse
from vitals.readings import IntervalsRead, Refused, ValueRead, WearRead

MASK = 0x1F


def encoded(flags: int, rate: int = 72, energy: int = 300, intervals=(819, 834)) -> bytes:
    return fields(
        flags,
        u16(rate) if flags & 0x01 else bytes((rate,)),
        [(0x08, u16(energy)), (0x10, b"".join(map(u16, intervals)))],
    )


def contact(flags: int) -> bool | None:
    return {2: False, 3: True}.get(flags >> 1 & 3)


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags(flags: int) -> None:
    message = encoded(flags)
    assert decode(message) == HeartRate(
        72,
        contact(flags),
        300 if flags & 0x08 else None,
        (819, 834) if flags & 0x10 else (),
    )
    off = (Doubt.OFF_BODY,) if contact(flags) is False else ()
    expected = [ValueRead(device=DEVICE, code="8867-4", value=72.0, unit="/min", doubts=off)]
    if flags & 0x10:
        seconds = (0.7998046875, 0.814453125)
        expected.append(IntervalsRead(device=DEVICE, seconds=seconds, doubts=off))
    if contact(flags) is not None:
        expected.append(WearRead(device=DEVICE, worn=contact(flags)))
    assert parse(message, DEVICE, NOTHING) == tuple(expected)
    # Cut by one interval of two, it is a whole message with one.
    only_whole(parse, message, steps=(len(message) - 2,) if flags & 0x10 else ())


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(12):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("0048", HeartRate(72)),
        ("0648", HeartRate(72, True)),
        ("0448", HeartRate(72, False)),
        ("01 0401", HeartRate(260)),
        ("01 ffff", HeartRate(65535)),
        ("16 3c 0004", HeartRate(60, True, None, (1024,))),
        ("1e 3c 2c01 0004 fffe", HeartRate(60, True, 300, (1024, 0xFEFF))),
        ("10 ff" + "0100" * 9, HeartRate(255, None, None, (1,) * 9)),
    ],
)
def test_by_hand(message: str, found: HeartRate) -> None:
    assert decode(bytes.fromhex(message)) == found


@pytest.mark.parametrize("message", ["", "10 3c", "10 3c 00", "10 3c 0004 00", "19 3c00 2c01"])
def test_intervals_that_are_not_there(message: str) -> None:
    assert refused(parse(bytes.fromhex(message), DEVICE, NOTHING))


def test_a_rate_of_zero_is_no_value() -> None:
    (found,) = parse(bytes((0, 0)), DEVICE, NOTHING)
    assert found == ValueRead(
        device=DEVICE, code="8867-4", value=0.0, unit="/min", doubts=(Doubt.NO_VALUE,)
    )


def test_a_rate_that_no_heart_has_is_refused_and_the_rest_kept() -> None:
    rate, worn = parse(encoded(0x07, 601), DEVICE, NOTHING)
    assert rate == Refused("8867-4", "expected 0 to 600 /min, got 601")
    assert worn == WearRead(device=DEVICE, worn=True)


def test_no_time_between_beats_is_refused_and_the_longest_is_marked() -> None:
    assert isinstance(parse(encoded(0x10, intervals=(800, 0)), DEVICE, NOTHING)[1], Refused)
    longest = parse(encoded(0x10, intervals=(800, 65535)), DEVICE, NOTHING)[1]
    assert longest == IntervalsRead(
        device=DEVICE, seconds=(0.78125, 65535 / 1024), doubts=(Doubt.SATURATED,)
    )


@given(
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.lists(st.integers(0, 65535), min_size=1, max_size=120),
    st.sampled_from(known(MASK)),
)
def test_round_trip(rate: int, energy: int, intervals: list[int], flags: int) -> None:
    rate = rate if flags & 1 else rate & 0xFF
    assert decode(encoded(flags, rate, energy, intervals)) == HeartRate(
        rate,
        contact(flags),
        energy if flags & 0x08 else None,
        tuple(intervals) if flags & 0x10 else (),
    )
