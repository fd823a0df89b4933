"""Weight Measurement (0x2A9D)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt
from tests.vitals.parse.gatt.kit import (
    DEVICE,
    NO_DATE,
    NO_DAY,
    NOTHING,
    WHEN,
    WHEN_NS,
    fields,
    known,
    only_whole,
    refused,
    u16,
    unknown,
)
from vitals.parse.gatt.base import Context
from vitals.parse.gatt.weight import Weight, decode, parse
from vitals.readings import Refused, ValueRead

MASK = 0x0F


def encoded(flags: int, steps: int = 14_230, when=WHEN, user: int = 2) -> bytes:
    return fields(
        flags,
        u16(steps),
        [(0x02, when), (0x04, bytes((user,))), (0x08, u16(246) + u16(1700))],
    )


@pytest.mark.parametrize("flags", known(MASK))
def test_every_combination_of_flags(flags: int) -> None:
    message = encoded(flags)
    t = WHEN_NS if flags & 2 else None
    assert decode(message) == Weight(
        14_230,
        bool(flags & 1),
        t,
        2 if flags & 4 else None,
        246 if flags & 8 else None,
        1700 if flags & 8 else None,
    )
    weight, unit = (142.3, "[lb_av]") if flags & 1 else (71.15, "kg")
    assert parse(message, DEVICE, NOTHING) == (
        ValueRead(device=DEVICE, t=t, code="29463-7", value=weight, unit=unit),
    )
    only_whole(parse, message)


def test_flags_that_nobody_defined() -> None:
    for flags in unknown(MASK):
        for length in range(17):
            assert refused(parse(bytes((flags,)) + bytes(length), DEVICE, NOTHING))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("00 b836", Weight(14008)),
        ("02 b836 e9070b19042300", Weight(14008, False, WHEN_NS)),
        ("01 0000", Weight(0, True)),
        ("04 feff ff", Weight(65534, False, None, 255)),
    ],
)
def test_by_hand(message: str, found: Weight) -> None:
    assert decode(bytes.fromhex(message)) == found


def test_an_unsuccessful_measurement_is_no_weight() -> None:
    for flags in known(MASK):
        (found,) = parse(encoded(flags, 0xFFFF), DEVICE, NOTHING)
        assert isinstance(found, Refused)
        assert found.what == "29463-7"


def test_time_stamps() -> None:
    assert refused(parse(encoded(0x02, when=NO_DATE), DEVICE, NOTHING))
    (found,) = parse(encoded(0x02, when=NO_DAY), DEVICE, NOTHING)
    assert isinstance(found, ValueRead)
    assert (found.t, found.doubts) == (None, (Doubt.CLOCK,))


SHARED = Context(users={1: "d-anna", 2: "d-bert"})


@pytest.mark.parametrize(
    ("message", "context", "device"),
    [
        (encoded(0x04, user=1), SHARED, "d-anna"),
        (encoded(0x04, user=2), SHARED, "d-bert"),
        (encoded(0x04, user=3), SHARED, None),
        (encoded(0x04, user=255), SHARED, None),
        (encoded(0x00), SHARED, None),
        (encoded(0x04, user=3), NOTHING, DEVICE),
        (encoded(0x04, user=255), NOTHING, DEVICE),
    ],
)
def test_a_scale_that_several_share(message: bytes, context: Context, device: str | None) -> None:
    (found,) = parse(message, DEVICE, context)
    if device is None:
        assert isinstance(found, Refused)
        assert found.what == "user"
    else:
        assert isinstance(found, ValueRead)
        assert found.device == device


@given(st.integers(0, 65534), st.sampled_from(known(MASK)), st.integers(0, 255))
def test_round_trip(steps: int, flags: int, user: int) -> None:
    (found,) = parse(encoded(flags, steps, user=user), DEVICE, NOTHING)
    assert isinstance(found, ValueRead)
    assert round(found.value * (100 if flags & 1 else 200)) == steps
    read = decode(encoded(flags, steps, user=user))
    assert isinstance(read, Weight)
    assert read.user == (user if flags & 4 else None)
