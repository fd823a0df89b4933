"""The project's own messages, in JSON and in MessagePack."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt, SensorKind, Wear
from vitals.parse import native
from vitals.readings import (
    AccelerationRead,
    IntervalsRead,
    Refused,
    SensorRead,
    ValueRead,
    WaveRead,
    WearRead,
)

ENCODE = pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.msgpack.encode])
ROWS = [(0.0, 0.0, 1.0), (0.1, 0.0, 1.0)]


@ENCODE
def test_every_kind(encode: Callable[[object], bytes]) -> None:
    message = native.Message(
        v=1,
        device="w1",
        readings=[
            native.Value(t=5, n=1, code="8867-4", value=72.0, unit="/min", doubts=[Doubt.MOTION]),
            native.Intervals(t=5, seconds=[0.8, 0.82]),
            native.WearStated(worn=True, battery=0.5),
            native.Acceleration(t=5, samples=ROWS, rate=50, wear=Wear.WRIST),
            native.Wave(t=5, samples=[1.0, 2.0], rate=100, ecg=True),
            native.Sensor(kind=SensorKind.CORD, on=True),
        ],
    )
    found = native.parse(encode(message), "lab/")
    assert [one.device for one in found if not isinstance(one, Refused)] == ["lab/w1"] * 6
    value, intervals, wear, acceleration, wave, sensor = found
    assert value == ValueRead(
        device="lab/w1",
        t=5,
        number=1,
        code="8867-4",
        value=72.0,
        unit="/min",
        doubts=(Doubt.MOTION,),
    )
    assert intervals == IntervalsRead(device="lab/w1", t=5, seconds=(0.8, 0.82))
    assert wear == WearRead(device="lab/w1", worn=True, battery=0.5)
    assert isinstance(acceleration, AccelerationRead)
    np.testing.assert_allclose(acceleration.samples, ROWS)
    assert isinstance(wave, WaveRead)
    assert wave.ecg
    assert sensor == SensorRead(device="lab/w1", kind=SensorKind.CORD, on=True)


def test_samples_as_bytes() -> None:
    rows = np.asarray(ROWS, "<f4")
    message = native.Message(
        v=1,
        device="w",
        readings=[
            native.Acceleration(samples=rows.tobytes(), rate=50),
            native.Wave(samples=rows.tobytes(), rate=50),
            native.Acceleration(samples=b"12345", rate=50),
            native.Wave(samples=b"12345", rate=50),
        ],
    )
    acceleration, wave, *bad = native.parse(msgspec.msgpack.encode(message))
    assert isinstance(acceleration, AccelerationRead)
    np.testing.assert_array_equal(acceleration.samples, rows)
    assert isinstance(wave, WaveRead)
    np.testing.assert_array_equal(wave.samples, rows.ravel())
    assert all(isinstance(one, Refused) for one in bad)


GOOD = {"v": 1, "device": "w", "readings": [{"type": "wear", "worn": True}]}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"v": 2}, id="another version"),
        pytest.param({"device": ""}, id="no device"),
        pytest.param({"readings": []}, id="no reading"),
        pytest.param({"extra": 1}, id="a field unheard of"),
        pytest.param({"readings": [{"type": "mood"}]}, id="a kind unheard of"),
        pytest.param({"readings": [{"type": "wear", "t": 2**63}]}, id="a time too large"),
        pytest.param({"readings": [{"type": "wear", "battery": 1.5}]}, id="a battery above full"),
        pytest.param({"readings": [{"type": "wear", "worm": True}]}, id="a field misspelt"),
        pytest.param(
            {"readings": [{"type": "sensor", "kind": "cat", "on": True}]}, id="an unknown sensor"
        ),
    ],
)
@ENCODE
def test_refused(encode: Callable[[object], bytes], change: dict[str, object]) -> None:
    assert native.parse(encode(GOOD)) == (WearRead(device="w", worn=True),)
    (one,) = native.parse(encode({**GOOD, **change}))
    assert isinstance(one, Refused)
    assert one.what == "message"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_not_a_number(value: float) -> None:
    reading = {"type": "value", "code": "8867-4", "value": value, "unit": "/min"}
    (one,) = native.parse(msgspec.msgpack.encode({**GOOD, "readings": [reading]}))
    assert isinstance(one, Refused)
    assert one.what == "value of 8867-4"


@pytest.mark.parametrize("cut", range(1, 20))
@ENCODE
def test_half_a_message(encode: Callable[[object], bytes], cut: int) -> None:
    (one,) = native.parse(encode(GOOD)[:-cut])
    assert isinstance(one, Refused)


def test_too_long_and_too_deep() -> None:
    for data in (b"{" * (native.MAX_BYTES + 1), b'{"a":' * 50_000, b"\x91" * 50_000):
        (one,) = native.parse(data)
        assert isinstance(one, Refused)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    native.parse(data)
