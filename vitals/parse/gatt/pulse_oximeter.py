"""PLX Spot-Check (0x2A5E) and PLX Continuous Measurement (0x2A5F), Pulse Oximeter Service 1.0.

Comes in: an indication of one measurement, or a notification about once a second; PLX Features
(0x2A60) tells what the device can say. Goes out: saturation, pulse rate and perfusion index, with
the device's own doubts, and whether it is on the finger.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    PERFUSION,
    PULSE_RATE,
    SATURATION,
    Context,
    Layout,
    Parsed,
    impossible_time,
    misfit,
    raised,
    value,
)
from vitals.parse.gatt.numbers import Number, sfloat
from vitals.parse.gatt.times import LENGTH, NoTime, date_time
from vitals.readings import AnyReading, Refused, WearRead

SPOT: Final = "pulse oximeter spot-check"
CONTINUOUS: Final = "pulse oximeter continuous"
FEATURES: Final = "pulse oximeter features"

TIME: Final = 0x01
SPOT_STATUS: Final = 0x02
SPOT_SENSOR: Final = 0x04
SPOT_AMPLITUDE: Final = 0x08
CLOCK_NOT_SET: Final = 0x10

FAST: Final = 0x01
SLOW: Final = 0x02
STATUS: Final = 0x04
SENSOR: Final = 0x08
AMPLITUDE: Final = 0x10

SENSOR_SHIFT: Final = 16
"""Measurement Status (16 bits) and Device and Sensor Status (24) are looked up as one word."""
OFF_FINGER: Final = 1 << 11
"""Sensor Unconnected to User, in Device and Sensor Status."""


def _status(*bits: int) -> int:
    return sum(1 << bit for bit in bits)


def _sensor(*bits: int) -> int:
    return _status(*bits) << SENSOR_SHIFT


MEANING: Final = (
    # Measurement unavailable, invalid; equipment or sensor malfunction, sensor unplugged.
    (_status(13, 15) | _sensor(1, 14, 15), Doubt.NO_VALUE),
    # Sensor unconnected to user, displaced.
    (_sensor(11, 13), Doubt.OFF_BODY),
    # Measurement ongoing, early estimate, calibration ongoing; signal analysis ongoing.
    (_status(5, 6, 12) | _sensor(9), Doubt.EARLY),
    # Data for demonstration, for testing.
    (_status(10, 11), Doubt.DEMO),
    # Questionable measurement; processing irregular; signal inadequate, poor, of low perfusion,
    # erratic, without pulse; pulse questionable; interference; unknown sensor.
    (_status(14) | _sensor(2, 3, 4, 5, 6, 7, 8, 10, 12), Doubt.WEAK_SIGNAL),
    # Extended display update: what is shown has not been renewed for long (ISO 80601-2-61).
    (_sensor(0), Doubt.STUCK),
)

_SPOT_LAYOUT: Final = Layout.of(
    SPOT, 5, {TIME: LENGTH, SPOT_STATUS: 2, SPOT_SENSOR: 3, SPOT_AMPLITUDE: 2}, 0x1F
)
_CONTINUOUS_LAYOUT: Final = Layout.of(
    CONTINUOUS, 5, {FAST: 4, SLOW: 4, STATUS: 2, SENSOR: 3, AMPLITUDE: 2}, 0x1F
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Saturation in percent and pulse rate in beats a minute."""

    saturation: Number
    rate: Number


@dataclass(frozen=True, slots=True)
class Oximetry:
    """A Spot-Check or Continuous Measurement.

    Attributes
    ----------
    normal
        What a display shows.
    fast, slow
        The same, with less and with more averaging; None when not sent.
    t
        When, nanoseconds; `NoTime.UNKNOWN` when the device does not know, None when it says none.
    clock_not_set
        Whether the device says that its clock was never set.
    status
        Bits of Measurement Status; None when not sent.
    sensor
        Bits of Device and Sensor Status; None when not sent.
    amplitude
        Pulse amplitude (perfusion) index in percent; None when not sent.
    """

    normal: Pulse
    fast: Pulse | None = None
    slow: Pulse | None = None
    t: int | NoTime | None = None
    clock_not_set: bool = False
    status: int | None = None
    sensor: int | None = None
    amplitude: Number | None = None


def _pulse(data: bytes, at: int) -> Pulse:
    saturation, rate = unpack_from("<HH", data, at)
    return Pulse(sfloat(saturation), sfloat(rate))


def _tail(
    data: bytes, at: int, has_status: int, has_sensor: int, has_amplitude: int
) -> tuple[int | None, int | None, Number | None]:
    """Return the fields that both kinds end with."""
    status = sensor = amplitude = None
    if has_status:
        status = unpack_from("<H", data, at)[0]
        at += 2
    if has_sensor:
        sensor = int.from_bytes(data[at : at + 3], "little")
        at += 3
    if has_amplitude:
        amplitude = sfloat(unpack_from("<H", data, at)[0])
    return status, sensor, amplitude


def decode_spot(data: bytes) -> Oximetry | Refused:
    """Return the fields of a PLX Spot-Check Measurement."""
    wrong = _SPOT_LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    at = 5
    t: int | NoTime | None = None
    if flags & TIME:
        t = date_time(data, at)
        at += LENGTH
        if t is NoTime.IMPOSSIBLE:
            return impossible_time(SPOT)
    status, sensor, amplitude = _tail(
        data, at, flags & SPOT_STATUS, flags & SPOT_SENSOR, flags & SPOT_AMPLITUDE
    )
    return Oximetry(
        _pulse(data, 1),
        t=t,
        clock_not_set=bool(flags & CLOCK_NOT_SET),
        status=status,
        sensor=sensor,
        amplitude=amplitude,
    )


def decode_continuous(data: bytes) -> Oximetry | Refused:
    """Return the fields of a PLX Continuous Measurement."""
    wrong = _CONTINUOUS_LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    at = 5
    fast = slow = None
    if flags & FAST:
        fast = _pulse(data, at)
        at += 4
    if flags & SLOW:
        slow = _pulse(data, at)
        at += 4
    status, sensor, amplitude = _tail(data, at, flags & STATUS, flags & SENSOR, flags & AMPLITUDE)
    return Oximetry(_pulse(data, 1), fast, slow, status=status, sensor=sensor, amplitude=amplitude)


def decode_features(data: bytes) -> bool | Refused:
    """Return whether the device can say that it is not on the finger, by PLX Features."""
    if len(data) < 2:
        return Refused(FEATURES, f"expected at least 2 bytes, got {len(data)}")
    features = unpack_from("<H", data, 0)[0]
    at = 2 + (2 if features & 0x01 else 0)
    end = at + (3 if features & 0x02 else 0)
    wrong = misfit(FEATURES, data, end)
    if wrong is not None:
        return wrong
    return bool(int.from_bytes(data[at:end], "little") & OFF_FINGER)


def _parse(read: Oximetry | Refused, device: str, context: Context) -> Parsed:
    """Return the readings of either kind.

    Fast and slow are decoded and not handed on: they are the same pulse averaged otherwise, and
    three values of one instant would look like jumps.
    """
    if isinstance(read, Refused):
        return (read,)
    bits = (read.status or 0) | (read.sensor or 0) << SENSOR_SHIFT
    doubts = raised(bits, MEANING) if bits else ()
    if read.clock_not_set or read.t is NoTime.UNKNOWN:
        doubts = (*doubts, Doubt.CLOCK)
    t = read.t if isinstance(read.t, int) else None
    found: list[AnyReading | Refused] = [
        value(device, SATURATION, read.normal.saturation, "%", doubts, t=t),
        value(device, PULSE_RATE, read.normal.rate, "/min", doubts, t=t),
    ]
    if read.amplitude is not None:
        found.append(value(device, PERFUSION, read.amplitude, "%", doubts, t=t))
    if read.sensor is not None:
        off = bool(read.sensor & OFF_FINGER)
        if off or context.off_body_told:
            found.append(WearRead(device=device, t=t, worn=not off))
    return tuple(found)


def parse_spot(data: bytes, device: str, context: Context) -> Parsed:
    """Return the readings of a PLX Spot-Check Measurement."""
    return _parse(decode_spot(data), device, context)


def parse_continuous(data: bytes, device: str, context: Context) -> Parsed:
    """Return the readings of a PLX Continuous Measurement."""
    return _parse(decode_continuous(data), device, context)
