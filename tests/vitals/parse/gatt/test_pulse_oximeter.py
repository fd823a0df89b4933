"""PLX Spot-Check (0x2A5E), Continuous Measurement (0x2A5F) and Features (0x2A60)."""

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
    u24,
    unknown,
)
from vitals.parse.gatt.base import Context
from vitals.parse.gatt.numbers import Special
from vitals.parse.gatt.pulse_oximeter import (
    Oximetry,
    Pulse,
    decode_continuous,
    decode_features,
    decode_spot,
    parse_continuous,
    parse_spot,
)
from vitals.readings import Refused, ValueRead, WearRead

MASK = 0x1F
NORMAL = sf(97) + sf(66)
AMPLITUDE = sf(23, -1)


def spot(flags, pulse=NORMAL, when=WHEN, status=0, sensor=0, amplitude=AMPLITUDE) -> bytes:
    return fields(
        flags,
        pulse,
        [(0x01, when), (0x02, u16(status)), (0x04, u24(sensor)), (0x08, amplitude)],
    )


def continuous(flags, pulse=NORMAL, status=0, sensor=0, amplitude=AMPLITUDE) -> bytes:
    return fields(
        flags,
        pulse,
        [
            (0x01, sf(96) + sf(67)),
            (0x02, sf(98) + sf(65)),
            (0x04, u16(status)),
            (0x08, u24(sensor)),
            (0x10, amplitude),
        ],
    )


def expected(t, doubts, *, amplitude, worn=None):
    made = [
        ValueRead(device=DEVICE, t=t, code="59408-5", value=97.0, unit="%", doubts=doubts),
        ValueRead(device=DEVICE, t=t, code="8889-8", value=66.0, unit="/min", doubts=doubts),
    ]
    if amplitude:
        made.append(
            ValueRead(device=DEVICE, t=t, code="61006-3", value=2.3, unit="%", doubts=doubts)
        )
    if worn is not None:
        made.append(WearRead(device=DEVICE, t=t, worn=worn))
    return tuple(made)


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags_of_a_spot_check(flags: int) -> None:
    message = spot(flags, status=0x0020, sensor=0x000800)
    t = WHEN_NS if flags & 0x01 else None
    assert decode_spot(message) == Oximetry(
        Pulse(97.0, 66.0),
        t=t,
        clock_not_set=bool(flags & 0x10),
        status=0x0020 if flags & 0x02 else None,
        sensor=0x000800 if flags & 0x04 else None,
        amplitude=2.3 if flags & 0x08 else None,
    )
    doubts = (
        ((Doubt.OFF_BODY,) if flags & 0x04 else ())
        + ((Doubt.EARLY,) if flags & 0x02 else ())
        + ((Doubt.CLOCK,) if flags & 0x10 else ())
    )
    worn = False if flags & 0x04 else None
    assert parse_spot(message, DEVICE, NOTHING) == expected(
        t, doubts, amplitude=flags & 0x08, worn=worn
    )
    only_whole(parse_spot, message)


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags_of_a_continuous_measurement(flags: int) -> None:
    message = continuous(flags, status=0x0400, sensor=0x000010)
    assert decode_continuous(message) == Oximetry(
        Pulse(97.0, 66.0),
        Pulse(96.0, 67.0) if flags & 0x01 else None,
        Pulse(98.0, 65.0) if flags & 0x02 else None,
        status=0x0400 if flags & 0x04 else None,
        sensor=0x000010 if flags & 0x08 else None,
        amplitude=2.3 if flags & 0x10 else None,
    )
    doubts = ((Doubt.DEMO,) if flags & 0x04 else ()) + (
        (Doubt.WEAK_SIGNAL,) if flags & 0x08 else ()
    )
    assert parse_continuous(message, DEVICE, NOTHING) == expected(
        None, doubts, amplitude=flags & 0x10
    )
    only_whole(parse_continuous, message)


@pytest.mark.parametrize("parse", [parse_spot, parse_continuous])
def test_flags_that_nobody_defined(parse) -> None:
    for flags in unknown(MASK):
        for length in range(21):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("00 6200 4800", Oximetry(Pulse(98.0, 72.0))),
        ("00 ff07 ff07", Oximetry(Pulse(Special.NAN, Special.NAN))),
        (
            "1f 6200 4800 00000000000000 e0ff ffff00 ff07",
            None,
        ),
    ],
)
def test_by_hand(message: str, found: Oximetry | None) -> None:
    read = decode_spot(bytes.fromhex(message))
    if found is not None:
        assert read == found
        assert decode_continuous(bytes.fromhex(message)) == found
    else:
        assert isinstance(read, Oximetry)
        assert (read.status, read.sensor, read.amplitude) == (0xFFE0, 0xFFFF, Special.NAN)


STATUS_DOUBTS = {
    5: Doubt.EARLY,
    6: Doubt.EARLY,
    10: Doubt.DEMO,
    11: Doubt.DEMO,
    12: Doubt.EARLY,
    13: Doubt.NO_VALUE,
    14: Doubt.WEAK_SIGNAL,
    15: Doubt.NO_VALUE,
}
SENSOR_DOUBTS = {
    0: Doubt.STUCK,
    1: Doubt.NO_VALUE,
    2: Doubt.WEAK_SIGNAL,
    3: Doubt.WEAK_SIGNAL,
    4: Doubt.WEAK_SIGNAL,
    5: Doubt.WEAK_SIGNAL,
    6: Doubt.WEAK_SIGNAL,
    7: Doubt.WEAK_SIGNAL,
    8: Doubt.WEAK_SIGNAL,
    9: Doubt.EARLY,
    10: Doubt.WEAK_SIGNAL,
    11: Doubt.OFF_BODY,
    12: Doubt.WEAK_SIGNAL,
    13: Doubt.OFF_BODY,
    14: Doubt.NO_VALUE,
    15: Doubt.NO_VALUE,
}


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFF))
def test_any_status_gives_the_doubts_of_its_bits(status: int, sensor: int) -> None:
    doubts = {doubt for bit, doubt in STATUS_DOUBTS.items() if status >> bit & 1}
    doubts |= {doubt for bit, doubt in SENSOR_DOUBTS.items() if sensor >> bit & 1}
    for found in (
        parse_spot(spot(0x06, status=status, sensor=sensor), DEVICE, NOTHING),
        parse_continuous(continuous(0x0C, status=status, sensor=sensor), DEVICE, NOTHING),
    ):
        saturation, rate, *wear = found
        assert set(saturation.doubts) == doubts
        assert saturation.doubts == rate.doubts
        assert len(saturation.doubts) == len(doubts) <= 8
        assert wear == ([WearRead(device=DEVICE, worn=False)] if sensor >> 11 & 1 else [])


def test_each_bit_alone() -> None:
    for bit in range(16):
        found = parse_continuous(continuous(0x04, status=1 << bit), DEVICE, NOTHING)[0]
        assert set(found.doubts) == ({STATUS_DOUBTS[bit]} if bit in STATUS_DOUBTS else set())
    for bit in range(24):
        found = parse_continuous(continuous(0x08, sensor=1 << bit), DEVICE, NOTHING)[0]
        assert set(found.doubts) == ({SENSOR_DOUBTS[bit]} if bit in SENSOR_DOUBTS else set())


def test_worn_is_said_only_by_a_device_that_can_tell() -> None:
    told = Context(off_body_told=True)
    worn = WearRead(device=DEVICE, worn=True)
    assert worn in parse_continuous(continuous(0x08), DEVICE, told)
    assert worn not in parse_continuous(continuous(0x08), DEVICE, NOTHING)
    assert worn not in parse_continuous(continuous(0x00), DEVICE, told)


@pytest.mark.parametrize(("raw", "place"), [*itertools.product(SFLOAT_SPECIALS, range(3))])
def test_special_values_in_each_place(raw: int, place: int) -> None:
    parts = [sf(97), sf(66), AMPLITUDE]
    parts[place] = u16(raw)
    for found in (
        parse_spot(spot(0x08, parts[0] + parts[1], amplitude=parts[2]), DEVICE, NOTHING),
        parse_continuous(
            continuous(0x10, parts[0] + parts[1], amplitude=parts[2]), DEVICE, NOTHING
        ),
    ):
        for at, one in enumerate(found):
            if at == place:
                assert isinstance(one, Refused)
                assert one.why == f"no value: {SFLOAT_SPECIALS[raw]}"
            else:
                assert isinstance(one, ValueRead)


def test_time_stamps() -> None:
    assert refused(parse_spot(spot(0x01, when=NO_DATE), DEVICE, NOTHING))
    found = parse_spot(spot(0x01, when=NO_DAY), DEVICE, NOTHING)
    assert all((one.t, one.doubts) == (None, (Doubt.CLOCK,)) for one in found)
    # A clock that was never set runs all the same: the intake can find its offset.
    found = parse_spot(spot(0x11), DEVICE, NOTHING)
    assert all((one.t, one.doubts) == (WHEN_NS, (Doubt.CLOCK,)) for one in found)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("0000", False),
        ("0100 ffff", False),
        ("0200 000800", True),
        ("0200 fff700", False),
        ("0300 0000 ffffff", True),
        ("ff00 e0ff 000800", True),
        ("", None),
        ("00", None),
        ("0000 00", None),
        ("0100", None),
        ("0200 0008", None),
        ("0300 0000 0008", None),
        ("0300 0000 000800 00", None),
    ],
)
def test_features(message: str, told: bool | None) -> None:
    found = decode_features(bytes.fromhex(message))
    if told is None:
        assert isinstance(found, Refused)
    else:
        assert found is told


SFLOATS = st.integers(0, 65535)


@given(SFLOATS, SFLOATS, SFLOATS)
def test_only_shares_of_a_hundred_and_rates_of_a_heart(saturation, rate, amplitude) -> None:
    message = spot(0x08, u16(saturation) + u16(rate), amplitude=u16(amplitude))
    for one in parse_spot(message, DEVICE, NOTHING):
        if isinstance(one, ValueRead):
            assert 0 <= one.value <= (100 if one.unit == "%" else 600)
