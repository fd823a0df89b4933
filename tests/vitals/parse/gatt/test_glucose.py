"""Glucose Measurement (0x2A18)."""

from __future__ import annotations

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
    fields,
    known,
    only_whole,
    refused,
    sf,
    u16,
    unknown,
)
from vitals.parse.gatt.glucose import Glucose, decode, parse
from vitals.parse.gatt.times import NoTime
from vitals.readings import Refused, ValueRead

MASK = 0x1F
MINUTE_NS = 60 * 10**9
MASS = sf(95, -5)
"""95 mg/dL."""
MOLES = sf(53, -4)
"""5.3 mmol/L."""


def encoded(
    flags, number=7, when=WHEN, offset=-60, glucose=None, sample=1, place=1, status=0
) -> bytes:
    if glucose is None:
        glucose = MOLES if flags & 0x04 else MASS
    return fields(
        flags,
        u16(number) + when,
        [
            (0x01, pack("<h", offset)),
            (0x02, glucose + bytes((place << 4 | sample,))),
            (0x08, u16(status)),
        ],
    )


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags(flags: int) -> None:
    message = encoded(flags, status=0x0004)
    glucose, unit, code = (
        (0.0053, "mol/L", "15074-8") if flags & 0x04 else (0.00095, "kg/L", "2339-0")
    )
    has = flags & 0x02
    assert decode(message) == Glucose(
        7,
        WHEN_NS,
        -60 if flags & 0x01 else None,
        glucose if has else None,
        bool(flags & 0x04),
        1 if has else 0,
        1 if has else 0,
        0x0004 if flags & 0x08 else 0,
        bool(flags & 0x10),
    )
    found = parse(message, DEVICE, NOTHING)
    if has:
        assert found == (
            ValueRead(
                device=DEVICE,
                t=WHEN_NS - (60 * MINUTE_NS if flags & 0x01 else 0),
                number=7,
                code=code,
                value=glucose,
                unit=unit,
                doubts=(Doubt.WEAK_SIGNAL,) if flags & 0x08 else (),
            ),
        )
        only_whole(parse, message)
    else:
        assert refused(found)
        for length in range(len(message)):
            assert isinstance(decode(message[:length]), Refused)


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(21):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "0b 0100 e9070b19042300 1e00 5fb0 11 0000",
            Glucose(1, WHEN_NS, 30, 0.00095, False, 1, 1),
        ),
        (
            "06 ffff e9070b19042300 35c0 fa",
            Glucose(65535, WHEN_NS, None, 0.0053, True, 10, 15),
        ),
        ("00 0000 00000000000000", Glucose(0, NoTime.UNKNOWN)),
    ],
)
def test_by_hand(message: str, found: Glucose) -> None:
    assert decode(bytes.fromhex(message)) == found


@pytest.mark.parametrize("raw", sorted(SFLOAT_SPECIALS))
def test_special_values(raw: int) -> None:
    for flags in known(MASK):
        if flags & 0x02:
            (found,) = parse(encoded(flags, glucose=u16(raw)), DEVICE, NOTHING)
            assert isinstance(found, Refused)
            assert found.why == f"no value: {SFLOAT_SPECIALS[raw]}"


@pytest.mark.parametrize(
    ("sample", "mass", "moles"),
    [(number, "2339-0", "15074-8") for number in (0, 1, 3, 5, 7, 10, 11, 12, 13, 14, 15)]
    + [(number, "2345-7", "14749-6") for number in (2, 4, 6, 8)]
    + [(9, "99504-3", "105272-9")],
)
def test_what_was_measured(sample: int, mass: str, moles: str) -> None:
    for flags, code in ((0x02, mass), (0x06, moles)):
        (found,) = parse(encoded(flags, sample=sample), DEVICE, NOTHING)
        assert isinstance(found, ValueRead)
        assert found.code == code
        assert found.doubts == ((Doubt.DEMO,) if sample == 10 else ())


def test_control_solution_by_its_place() -> None:
    (found,) = parse(encoded(0x02, place=4), DEVICE, NOTHING)
    assert found.doubts == (Doubt.DEMO,)


DOUBTS = {
    1: Doubt.NO_VALUE,
    2: Doubt.WEAK_SIGNAL,
    3: Doubt.NO_VALUE,
    4: Doubt.NO_VALUE,
    5: Doubt.SATURATED,
    6: Doubt.SATURATED,
    7: Doubt.WEAK_SIGNAL,
    8: Doubt.WEAK_SIGNAL,
    9: Doubt.EARLY,
    10: Doubt.NO_VALUE,
    11: Doubt.CLOCK,
}


def test_each_bit_of_the_status_alone() -> None:
    for bit in range(16):
        (found,) = parse(encoded(0x0A, status=1 << bit), DEVICE, NOTHING)
        assert found.doubts == ((DOUBTS[bit],) if bit in DOUBTS else ())


@pytest.mark.parametrize(
    ("message", "t", "doubts"),
    [
        (encoded(0x03, offset=0), WHEN_NS, ()),
        (encoded(0x03, offset=32766), WHEN_NS + 32766 * MINUTE_NS, ()),
        (encoded(0x03, offset=-32767), WHEN_NS - 32767 * MINUTE_NS, ()),
        (encoded(0x03, offset=32767), None, (Doubt.CLOCK,)),
        (encoded(0x03, offset=-32768), None, (Doubt.CLOCK,)),
        (encoded(0x02, when=NO_DAY), None, (Doubt.CLOCK,)),
        (encoded(0x0A, when=NO_DAY, status=1 << 11), None, (Doubt.CLOCK,)),
        (encoded(0x0A, status=1 << 11), WHEN_NS, (Doubt.CLOCK,)),
    ],
)
def test_times(message: bytes, t: int | None, doubts: tuple[Doubt, ...]) -> None:
    (found,) = parse(message, DEVICE, NOTHING)
    assert isinstance(found, ValueRead)
    assert (found.t, found.doubts) == (t, doubts)


def test_no_such_date() -> None:
    assert refused(parse(encoded(0x02, when=NO_DATE), DEVICE, NOTHING))


@given(
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.integers(-32768, 32767),
    st.integers(0, 65535),
    st.sampled_from([flags for flags in known(MASK) if flags & 0x02]),
)
def test_only_what_dissolves_in_blood(number, raw, offset, status, flags) -> None:
    message = encoded(flags, number, offset=offset, glucose=u16(raw), status=status)
    (found,) = parse(message, DEVICE, NOTHING)
    if isinstance(found, ValueRead):
        assert found.number == number
        milligrams = found.value * (1e5 if found.unit == "kg/L" else 18_016)
        assert 0 <= milligrams <= 5000
