"""Messages in the project's own schema, for other software that sends readings.

Comes in: bytes, JSON or MessagePack, of one message with readings of one device. Goes out: the
readings, or `Refused` by name; also the structs, with which a Python program can write messages.
The schema is documented in ``docs/gateways.md``. Unknown fields are refused: a sender that
misspells one shall learn of it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta, Struct, field

from ambient.observations import Doubt, SensorKind, Wear
from vitals.parse import samples
from vitals.parse.words import plain
from vitals.readings import AnyReading, Refused, SensorRead, ValueRead, WearRead

Parsed = tuple[AnyReading | Refused, ...]

VERSION: Final = 1
MAX_BYTES: Final = 256 * 1024
"""What the socket takes in one frame."""

_Text = Annotated[str, Meta(min_length=1, max_length=64)]
_TimeNs = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class _Sent(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all kinds share.

    Attributes
    ----------
    t
        Nanoseconds since the Unix epoch by the device's clock; left out where it has none.
    n
        The device's own count of its readings, by which a repeated one is known.
    """

    t: _TimeNs | None = None
    n: _Number | None = None


class Value(_Sent, frozen=True, kw_only=True, tag="value"):
    """One number: a LOINC code and a UCUM unit."""

    code: _Text
    value: float
    unit: _Text
    doubts: Annotated[list[Doubt], Meta(max_length=8)] = field(default_factory=list)
    quality: _Share = 1.0


class Intervals(_Sent, frozen=True, kw_only=True, tag="intervals"):
    """Times between heart beats in seconds, oldest first; the last beat was at `t`."""

    seconds: list[float]


class WearStated(_Sent, frozen=True, kw_only=True, tag="wear"):
    """Whether the device is worn, and its battery 0..1."""

    worn: bool | None = None
    battery: _Share | None = None


class Acceleration(_Sent, frozen=True, kw_only=True, tag="acceleration"):
    """A batch of an accelerometer, the last sample at `t`.

    Attributes
    ----------
    samples
        Rows of x, y, z; or in MessagePack their bytes, float32, little-endian.
    """

    samples: list[tuple[float, float, float]] | bytes
    rate: float
    unit: _Text = "g"
    wear: Wear = Wear.ELSEWHERE


class Wave(_Sent, frozen=True, kw_only=True, tag="wave"):
    """A batch of a raw pulse wave or ECG, the last sample at `t`; `samples` as above."""

    samples: list[float] | bytes
    rate: float
    ecg: bool = False


class Sensor(_Sent, frozen=True, kw_only=True, tag="sensor"):
    """The state of a small sensor."""

    kind: SensorKind
    on: bool
    probability: _Share = 1.0


AnySent = Value | Intervals | WearStated | Acceleration | Wave | Sensor


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Readings of one device.

    Attributes
    ----------
    v
        Version of this schema.
    device
        What the device calls itself.
    readings
        Oldest first.
    """

    v: Annotated[int, Meta(ge=VERSION, le=VERSION)]
    device: Annotated[str, Meta(min_length=1, max_length=150)]
    readings: Annotated[list[AnySent], Meta(min_length=1, max_length=10_000)]


_json: Final = msgspec.json.Decoder(Message)
_msgpack: Final = msgspec.msgpack.Decoder(Message)


def parse(data: bytes, prefix: str = "") -> Parsed:
    """Return the readings of a message; `prefix` goes before what the device calls itself."""
    if len(data) > MAX_BYTES:
        return (Refused("message", f"expected at most {MAX_BYTES} bytes, got {len(data)}"),)
    try:
        # An object in JSON begins with a brace, which in MessagePack is the number 123.
        message = (_json if data.lstrip()[:1] == b"{" else _msgpack).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (Refused("message", plain(str(error) or "nested too deeply")),)
    device = prefix + message.device
    return tuple(_reading(device, one) for one in message.readings)


def _reading(device: str, one: AnySent) -> AnyReading | Refused:
    match one:
        case Value():
            if not np.isfinite(one.value):
                return Refused(f"value of {plain(one.code)}", "expected a finite number")
            return ValueRead(
                device=device,
                t=one.t,
                number=one.n,
                code=one.code,
                value=one.value,
                unit=one.unit,
                doubts=tuple(one.doubts),
                quality=one.quality,
            )
        case Intervals():
            return samples.intervals(device, one.seconds, t=one.t, number=one.n)
        case WearStated():
            return WearRead(
                device=device, t=one.t, number=one.n, worn=one.worn, battery=one.battery
            )
        case Acceleration():
            rows = one.samples
            if isinstance(rows, bytes):
                if len(rows) % 12:
                    return Refused("acceleration", "expected 12 bytes a sample (3 float32)")
                return samples.acceleration(
                    device,
                    np.frombuffer(rows, "<f4").reshape(-1, 3),
                    rate=one.rate,
                    unit=one.unit,
                    wear=one.wear,
                    t=one.t,
                    number=one.n,
                )
            return samples.acceleration(
                device, rows, rate=one.rate, unit=one.unit, wear=one.wear, t=one.t, number=one.n
            )
        case Wave():
            row = one.samples
            if isinstance(row, bytes):
                if len(row) % 4:
                    return Refused("wave", "expected 4 bytes a sample (float32)")
                wave = np.frombuffer(row, "<f4")
                return samples.wave(device, wave, rate=one.rate, ecg=one.ecg, t=one.t, number=one.n)
            return samples.wave(device, row, rate=one.rate, ecg=one.ecg, t=one.t, number=one.n)
        case Sensor():
            return SensorRead(
                device=device,
                t=one.t,
                number=one.n,
                kind=one.kind,
                on=one.on,
                probability=one.probability,
            )
