"""Blood Pressure Measurement (0x2A35)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt
from tests.vitals.parse.gatt.kit import (
    DEVICE,
    NO_DATE,
    NO_DAY,
    NOTHING,
    SFLOAT_SPECIALS,
    WHEN,
    WHEN_NS,
    fields,
    known,
    only_whole,
    refused,
    sf,
    u16,
    unknown,
)
from vitals.parse.gatt.base import Context
from vitals.parse.gatt.blood_pressure import BloodPressure, decode, parse
from vitals.parse.gatt.numbers import Special
from vitals.readings import Refused, ValueRead

MASK = 0x1F
CODES = ("8480-6", "8462-4", "8478-0")
MMHG = (sf(128), sf(83), sf(98))
PULSE = sf(71)
KPA = (sf(171, -1), sf(111, -1), sf(131, -1))


def encoded(flags, pressures=None, when=WHEN, pulse=PULSE, user=1, status=0) -> bytes:
    if pressures is None:
        pressures = KPA if flags & 1 else MMHG
    return fields(
        flags,
        b"".join(pressures),
        [(0x02, when), (0x04, pulse), (0x08, bytes((user,))), (0x10, u16(status))],
    )


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags(flags: int) -> None:
    message = encoded(flags, status=0x01)
    t = WHEN_NS if flags & 0x02 else None
    numbers = (17.1, 11.1, 13.1) if flags & 1 else (128.0, 83.0, 98.0)
    assert decode(message) == BloodPressure(
        *numbers,
        bool(flags & 0x01),
        t,
        71.0 if flags & 0x04 else None,
        1 if flags & 0x08 else None,
        0x01 if flags & 0x10 else 0,
    )
    doubts = (Doubt.MOTION,) if flags & 0x10 else ()
    unit = "kPa" if flags & 1 else "mm[Hg]"
    expected = [
        ValueRead(device=DEVICE, t=t, code=code, value=number, unit=unit, doubts=doubts)
        for code, number in zip(CODES, numbers, strict=True)
    ]
    if flags & 0x04:
        expected.append(
            ValueRead(device=DEVICE, t=t, code="8867-4", value=71.0, unit="/min", doubts=doubts)
        )
    assert parse(message, DEVICE, NOTHING) == tuple(expected)
    only_whole(parse, message)


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(21):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("00 7800 5000 5d00", BloodPressure(120.0, 80.0, 93.0)),
        ("01 9ff0 6bf0 7cf0", BloodPressure(15.9, 10.7, 12.4, True)),
        ("00 7800 ff07 ff07", BloodPressure(120.0, Special.NAN, Special.NAN)),
        (
            "1e 7800 5000 5d00 e9070b19042300 4800 ff 0400",
            BloodPressure(120.0, 80.0, 93.0, False, WHEN_NS, 72.0, 255, 4),
        ),
    ],
)
def test_by_hand(message: str, found: BloodPressure) -> None:
    assert decode(bytes.fromhex(message)) == found


@pytest.mark.parametrize(("raw", "place"), [*itertools.product(SFLOAT_SPECIALS, range(4))])
def test_special_values_in_each_place(raw: int, place: int) -> None:
    parts = [*MMHG, sf(71)]
    parts[place] = u16(raw)
    found = parse(encoded(0x04, parts[:3], pulse=parts[3]), DEVICE, NOTHING)
    for at, one in enumerate(found):
        if at == place:
            assert isinstance(one, Refused)
            assert one.why == f"no value: {SFLOAT_SPECIALS[raw]}"
        else:
            assert isinstance(one, ValueRead)


DOUBTS = {
    0x01: {Doubt.MOTION},
    0x02: {Doubt.WEAK_SIGNAL},
    0x04: {Doubt.WEAK_SIGNAL},
    0x08: set(),
    0x10: set(),
    0x20: {Doubt.WEAK_SIGNAL},
}


def test_every_status() -> None:
    for status in range(64):
        *pressures, pulse = parse(encoded(0x14, status=status), DEVICE, NOTHING)
        expected = set().union(*(doubts for bit, doubts in DOUBTS.items() if status & bit))
        assert all(set(one.doubts) == expected for one in pressures)
        assert set(pulse.doubts) == expected | ({Doubt.SATURATED} if status & 0x18 else set())


def test_undefined_bits_of_the_status_are_left_alone() -> None:
    assert parse(encoded(0x10, status=0xFFC0), DEVICE, NOTHING) == parse(
        encoded(0x00), DEVICE, NOTHING
    )


def test_time_stamps() -> None:
    assert refused(parse(encoded(0x02, when=NO_DATE), DEVICE, NOTHING))
    found = parse(encoded(0x06, when=NO_DAY), DEVICE, NOTHING)
    assert all((one.t, one.doubts) == (None, (Doubt.CLOCK,)) for one in found)


def test_a_device_that_several_share() -> None:
    context = Context(users={1: "d-anna"})
    assert {one.device for one in parse(encoded(0x0C), DEVICE, context)} == {"d-anna"}
    for message in (encoded(0x08, user=2), encoded(0x08, user=255), encoded(0x00)):
        assert refused(parse(message, DEVICE, context))


SFLOATS = st.integers(0, 65535)


@given(SFLOATS, SFLOATS, SFLOATS, SFLOATS, st.sampled_from(known(MASK)), SFLOATS)
def test_only_pressures_that_a_cuff_can_hold(one, two, three, pulse, flags, status) -> None:
    pressures = (u16(one), u16(two), u16(three))
    found = parse(encoded(flags, pressures, pulse=u16(pulse), status=status), DEVICE, NOTHING)
    assert len(found) == (4 if flags & 0x04 else 3)
    for each in found:
        if isinstance(each, ValueRead):
            most = {"mm[Hg]": 500, "kPa": 66.7, "/min": 600}[each.unit]
            assert 0 <= each.value <= most
