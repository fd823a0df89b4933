"""CGM Measurement (0x2AA7), CGM Feature (0x2AA8), Session Start Time (0x2AAA)."""

from __future__ import annotations

from dataclasses import replace
from struct import pack

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
    crc,
    known,
    only_whole,
    refused,
    sf,
    u16,
    u24,
    unknown,
)
from vitals.parse.gatt.base import Context
from vitals.parse.gatt.cgm import (
    Feature,
    Record,
    checksum,
    decode,
    decode_feature,
    decode_start,
    parse,
)
from vitals.parse.gatt.numbers import Special
from vitals.parse.gatt.times import NoTime
from vitals.readings import Refused, ValueRead

MASK = 0xE3
MINUTE_NS = 60 * 10**9
PLAIN = Context(session_start=WHEN_NS)
SECURED = replace(PLAIN, crc=True)


def record(
    flags=0, glucose=None, minutes=5, status=0, trend=None, quality=None, *, secured=False
) -> bytes:
    body = (glucose or sf(124)) + u16(minutes)
    for bit, shift in ((0x80, 0), (0x40, 8), (0x20, 16)):
        if flags & bit:
            body += bytes((status >> shift & 0xFF,))
    if flags & 0x01:
        body += trend or sf(-12, -1)
    if flags & 0x02:
        body += quality or sf(90)
    size = 2 + len(body) + (2 if secured else 0)
    message = bytes((size, flags)) + body
    return message + crc(message) if secured else message


def test_checksum() -> None:
    # The check value of CRC-16/MCRF4XX, and records that a published decoder is tested with.
    assert checksum(b"123456789") == 0x6F91
    assert checksum(bytes.fromhex("0fe3d2e405000214ff02f0e5f3")) == 0x3F8E
    assert checksum(bytes.fromhex("08000c100600")) == 0x6F59
    assert checksum(b"") == 0xFFFF


@given(st.binary(max_size=40))
def test_checksum_bit_by_bit(data: bytes) -> None:
    assert u16(checksum(data)) == crc(data)


@pytest.mark.parametrize("flags", known(MASK))
@pytest.mark.parametrize("context", [PLAIN, SECURED])
def test_every_combination_of_flags(flags: int, context: Context) -> None:
    message = record(flags, status=0x800102, secured=context.crc)
    octets = (
        (0x02 if flags & 0x80 else 0)
        | (0x0100 if flags & 0x40 else 0)
        | (0x800000 if flags & 0x20 else 0)
    )
    assert decode(message, crc=context.crc) == (
        Record(
            124.0,
            5,
            octets,
            -1.2 if flags & 0x01 else None,
            90.0 if flags & 0x02 else None,
        ),
    )
    doubts = ((Doubt.CLOCK,) if flags & 0x40 else ()) + ((Doubt.SATURATED,) if flags & 0x20 else ())
    assert parse(message, DEVICE, context) == (
        ValueRead(
            device=DEVICE,
            t=WHEN_NS + 5 * MINUTE_NS,
            code="99504-3",
            value=124.0,
            unit="mg/dL",
            doubts=doubts,
            quality=0.9 if flags & 0x02 else 1.0,
        ),
    )
    only_whole(parse, message, context)


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(20):
            message = bytes((length + 2, flags)) + bytes(length)
            assert refused(parse(message, DEVICE, PLAIN))


@pytest.mark.parametrize(
    ("message", "secured", "found"),
    [
        ("06 00 7c00 0500", False, (Record(124.0, 5),)),
        ("06 00 0c10 0600", False, (Record(120.0, 6),)),
        (
            "06 00 0c10 0500 06 00 0c10 0600",
            False,
            (Record(120.0, 5), Record(120.0, 6)),
        ),
        (
            "0f e3 d2e4 0500 02 14 ff 02f0 e5f3 8e3f",
            True,
            (Record(12.34, 5, 0xFF1402, 0.2, 99.7),),
        ),
        ("07 80 ff07 ffff 08", False, (Record(Special.NAN, 65535, 8),)),
    ],
)
def test_by_hand(message: str, secured: bool, found: tuple[Record, ...]) -> None:
    assert decode(bytes.fromhex(message), crc=secured) == found


@pytest.mark.parametrize(
    ("message", "secured"),
    [
        ("", False),
        ("00", False),
        ("06", False),
        ("00 00 7c00 0500", False),
        ("05 00 7c00 05", False),
        ("07 00 7c00 0500", False),
        ("07 00 7c00 0500 00", False),
        ("06 00 7c00 0500 06", False),
        ("06 00 7c00 0500 00", False),
        ("ff 00 7c00 0500", False),
        # With and without a checksum where the feature says the other.
        ("06 00 0c10 0600", True),
        ("08 00 0c10 0600 596f", False),
        ("08 00 0c10 0600 586f", True),
    ],
)
def test_what_is_no_record(message: str, secured: bool) -> None:
    assert isinstance(decode(bytes.fromhex(message), crc=secured), Refused)


def test_several_records_are_read_all_or_none() -> None:
    records = [record(minutes=minute, secured=True) for minute in range(3)]
    message = b"".join(records)
    found = parse(message, DEVICE, SECURED)
    assert [one.t for one in found] == [WHEN_NS + minute * MINUTE_NS for minute in range(3)]
    ends = (len(records[0]), 2 * len(records[0]))
    only_whole(parse, message, SECURED, steps=ends)
    for at in range(len(message)):
        flipped = bytearray(message)
        flipped[at] ^= 0x01
        assert refused(parse(bytes(flipped), DEVICE, SECURED)), at


@pytest.mark.parametrize("raw", sorted(SFLOAT_SPECIALS))
def test_special_values(raw: int) -> None:
    (found,) = parse(record(glucose=u16(raw)), DEVICE, PLAIN)
    assert found == Refused("99504-3", f"no value: {SFLOAT_SPECIALS[raw]}")
    (found,) = parse(record(0x03, trend=u16(raw), quality=u16(raw)), DEVICE, PLAIN)
    assert isinstance(found, ValueRead)
    assert found.quality == 1.0


DOUBTS = {
    0: Doubt.NO_VALUE,
    2: Doubt.NO_VALUE,
    3: Doubt.NO_VALUE,
    5: Doubt.NO_VALUE,
    8: Doubt.CLOCK,
    11: Doubt.WEAK_SIGNAL,
    12: Doubt.WEAK_SIGNAL,
    13: Doubt.WEAK_SIGNAL,
    22: Doubt.SATURATED,
    23: Doubt.SATURATED,
}


def test_each_bit_of_the_status_alone() -> None:
    for bit in range(24):
        (found,) = parse(record(0xE0, status=1 << bit), DEVICE, PLAIN)
        assert found.doubts == ((DOUBTS[bit],) if bit in DOUBTS else ())


def test_without_a_known_start_a_record_has_no_time() -> None:
    (found,) = parse(record(), DEVICE, NOTHING)
    assert (found.t, found.doubts) == (None, (Doubt.CLOCK,))
    (found,) = parse(record(0x40, status=0x0100), DEVICE, NOTHING)
    assert (found.t, found.doubts) == (None, (Doubt.CLOCK,))


@pytest.mark.parametrize(
    ("sample", "code"), [(9, "99504-3"), (1, "2339-0"), (8, "2345-7"), (0, "2339-0")]
)
def test_what_it_measures_in(sample: int, code: str) -> None:
    (found,) = parse(record(), DEVICE, replace(PLAIN, sample=sample))
    assert found.code == code


FEATURE_BODY = u24(0x00_1000) + bytes((0x59,))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (u24(0x01_8000) + bytes((0x59,)) + b"\xff\xff", Feature(0x018000, 9, 5)),
        (FEATURE_BODY + crc(FEATURE_BODY), Feature(0x001000, 9, 5)),
        (FEATURE_BODY + b"\xff\xff", None),
        (u24(0) + bytes((0x59,)) + b"\x00\x00", None),
        (b"", None),
        (FEATURE_BODY + crc(FEATURE_BODY) + b"\0", None),
        (FEATURE_BODY, None),
    ],
)
def test_feature(message: bytes, found: Feature | None) -> None:
    read = decode_feature(message)
    assert read == found if found else isinstance(read, Refused)
    if isinstance(read, Feature):
        assert read.crc is bool(read.bits & 0x1000)


def start(when: bytes = WHEN, zone: int = 0, dst: int = 0) -> bytes:
    return when + pack("<bB", zone, dst)


@pytest.mark.parametrize(
    ("message", "t"),
    [
        (start(), WHEN_NS),
        (start(zone=4), WHEN_NS - 60 * MINUTE_NS),
        (start(zone=4, dst=4), WHEN_NS - 120 * MINUTE_NS),
        (start(zone=-128, dst=255), WHEN_NS),
        (start(NO_DAY), NoTime.UNKNOWN),
        (start(NO_DATE), None),
        (start(zone=60), None),
        (start(dst=5), None),
        (start()[:-1], None),
        (start() + b"\0", None),
        (b"", None),
    ],
)
def test_session_start(message: bytes, t: int | NoTime | None) -> None:
    plain = decode_start(message, crc=False)
    secured = decode_start(message + crc(message), crc=True)
    for found in (plain, secured):
        assert isinstance(found, Refused) if t is None else found == t
    assert isinstance(decode_start(message + crc(message + b"\1"), crc=True), Refused)


@given(st.integers(0, 65535), st.integers(0, 65535), st.sampled_from(known(MASK)))
def test_only_what_dissolves_in_blood(raw: int, minutes: int, flags: int) -> None:
    message = record(flags, u16(raw), minutes, secured=True)
    (found,) = parse(message, DEVICE, SECURED)
    if isinstance(found, ValueRead):
        assert 0 <= found.value <= 5000
        assert found.t == WHEN_NS + minutes * MINUTE_NS


@given(st.lists(st.sampled_from(known(MASK)), min_size=1, max_size=20))
def test_any_run_of_records(flags: list[int]) -> None:
    message = b"".join(record(each, minutes=at) for at, each in enumerate(flags))
    found = decode(message)
    assert isinstance(found, tuple)
    assert [one.minutes for one in found] == list(range(len(flags)))
