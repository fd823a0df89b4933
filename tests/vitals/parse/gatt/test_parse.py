"""All characteristics by their numbers: whatever the bytes, readings or refusals and no error."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitals.parse.gatt.kit import DEVICE, NOTHING, WHEN_NS
from vitals.parse.gatt import MEASUREMENTS, Characteristic, Context, Service, parse, uuid
from vitals.parse.gatt.base import LIMITS
from vitals.parse.gatt.cgm import decode_feature, decode_start
from vitals.parse.gatt.pulse_oximeter import decode_features
from vitals.parse.gatt.records import answer
from vitals.readings import IntervalsRead, Refused, ValueRead, WearRead

MEASURED = sorted({number for line in MEASUREMENTS.values() for number in line})
CONTEXTS = (
    NOTHING,
    Context(users={1: "a"}, off_body_told=True, crc=True, session_start=WHEN_NS, sample=2),
)


def check(found: tuple[object, ...]) -> None:
    """Assert that what came out is in range, finite and complete."""
    assert found
    for one in found:
        if isinstance(one, ValueRead):
            least, most = LIMITS[one.unit]
            assert math.isfinite(one.value)
            assert least <= one.value <= most
            assert 0 <= one.quality <= 1
            assert len(one.doubts) == len(set(one.doubts)) <= 8
            assert one.t is None or isinstance(one.t, int)
        elif isinstance(one, IntervalsRead):
            assert one.seconds
            assert all(0 < second < 64 for second in one.seconds)
        elif isinstance(one, WearRead):
            assert one.worn is not None or (one.battery is not None and 0 <= one.battery <= 1)
        else:
            assert isinstance(one, Refused)
            assert one.what
            assert one.why


def test_every_service_has_its_characteristics() -> None:
    assert set(MEASUREMENTS) == set(Service)
    assert uuid(Characteristic.HEART_RATE) == "00002a37-0000-1000-8000-00805f9b34fb"


@pytest.mark.parametrize(
    "number",
    [0, 0x2A38, 0xFFFF, *sorted(set(Characteristic) - set(MEASURED))],
)
def test_a_number_that_is_no_measurement(number: int) -> None:
    (found,) = parse(number, b"\0\0", DEVICE)
    assert found == Refused("characteristic", f"0x{number:04X} is none that is read here")


@pytest.mark.parametrize("number", MEASURED)
def test_random_bytes(number: int) -> None:
    # Half of them begin with flags that exist, else nearly all would end at the first byte.
    rng = random.Random(number)
    context = CONTEXTS[0]
    for turn in range(12_000):
        length = rng.randrange(26)
        data = rng.randbytes(length)
        if turn & 1 and data:
            data = bytes((data[0] & 0x1F,)) + data[1:]
        if turn % 97 == 0:
            context = CONTEXTS[turn % 2]
        check(parse(number, data, DEVICE, context))


@given(st.sampled_from(MEASURED), st.binary(max_size=600), st.sampled_from(CONTEXTS))
def test_any_bytes(number: int, data: bytes, context: Context) -> None:
    check(parse(number, data, DEVICE, context))


@given(st.binary(max_size=24), st.booleans())
def test_any_bytes_where_a_device_tells_about_itself(data: bytes, crc: bool) -> None:
    for found in (decode_feature(data), decode_features(data), answer(data)):
        assert found is not None
    assert decode_start(data, crc=crc) is not None
