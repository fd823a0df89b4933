"""Temperature Measurement (0x2A1C) and Intermediate Temperature (0x2A1E)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt
from tests.vitals.parse.gatt.kit import (
    DEVICE,
    FLOAT_SPECIALS,
    NO_DATE,
    NO_DAY,
    NOTHING,
    WHEN,
    WHEN_NS,
    fields,
    fl,
    known,
    only_whole,
    refused,
    unknown,
)
from vitals.parse.gatt.thermometer import Site, Temperature, decode, parse, parse_early
from vitals.parse.gatt.times import NoTime
from vitals.readings import Refused, ValueRead

MASK = 0x07


def encoded(flags: int, degrees: bytes | None = None, when=WHEN, site: int = 6) -> bytes:
    if degrees is None:
        degrees = fl(977, -1) if flags & 1 else fl(365, -1)
    return fields(flags, degrees, [(0x02, when), (0x04, bytes((site,)))])


@pytest.mark.parametrize("flags", known(MASK))
@pytest.mark.parametrize(("read", "early"), [(parse, ()), (parse_early, (Doubt.EARLY,))])
def test_every_combination_of_flags(flags: int, read, early) -> None:
    message = encoded(flags)
    degrees, unit = (97.7, "[degF]") if flags & 1 else (36.5, "Cel")
    t = WHEN_NS if flags & 2 else None
    assert decode(message) == Temperature(
        degrees, bool(flags & 1), t, Site.MOUTH if flags & 4 else None
    )
    assert read(message, DEVICE, NOTHING) == (
        ValueRead(device=DEVICE, t=t, code="8310-5", value=degrees, unit=unit, doubts=early),
    )
    only_whole(read, message)


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(15):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("00 6c0100ff", Temperature(36.4)),
        (
            "06 6c0100ff e4070a0f0d1e00 01",
            Temperature(36.4, False, 1602768600 * 10**9, Site.ARMPIT),
        ),
        ("01 da0300ff", Temperature(98.6, True)),
        ("02 25000000 00000000000000", Temperature(37.0, False, NoTime.UNKNOWN)),
        ("00 ffffffff", Temperature(-0.1)),
    ],
)
def test_by_hand(message: str, found: Temperature) -> None:
    assert decode(bytes.fromhex(message)) == found


@pytest.mark.parametrize("raw", sorted(FLOAT_SPECIALS))
def test_special_values(raw: int) -> None:
    for flags in known(MASK):
        found = parse(encoded(flags, raw.to_bytes(4, "little"), site=2), DEVICE, NOTHING)
        assert found == (Refused("8310-5", f"no value: {FLOAT_SPECIALS[raw]}"),)


def test_where_it_was_taken() -> None:
    for site in range(256):
        (found,) = parse(encoded(0x04, site=site), DEVICE, NOTHING)
        assert isinstance(found, ValueRead)
        assert found.code == ("39106-0" if site in (4, 8) else "8310-5")
        read = decode(encoded(0x04, site=site))
        assert isinstance(read, Temperature)
        assert read.site == (Site(site) if 1 <= site <= 9 else None)


def test_time_stamps() -> None:
    assert refused(parse(encoded(0x02, when=NO_DATE), DEVICE, NOTHING))
    (found,) = parse(encoded(0x02, when=NO_DAY), DEVICE, NOTHING)
    assert isinstance(found, ValueRead)
    assert (found.t, found.doubts) == (None, (Doubt.CLOCK,))


@given(st.integers(-(2**23), 2**23 - 1), st.integers(-128, 127), st.sampled_from(known(MASK)))
def test_only_what_a_thermometer_in_a_house_can_show(mantissa, exponent, flags) -> None:
    (found,) = parse(encoded(flags, fl(mantissa, exponent)), DEVICE, NOTHING)
    if isinstance(found, ValueRead):
        celsius = found.value if found.unit == "Cel" else (found.value - 32) / 1.8
        assert -50 <= celsius <= 100
