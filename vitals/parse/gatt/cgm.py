"""CGM Measurement (0x2AA7), CGM Feature (0x2AA8) and Session Start Time (0x2AAA), CGM Service 1.0.

Comes in: a notification with one or more records, each with its own length; the two other
characteristics, read before. Goes out: glucose, mostly in tissue fluid, with its time. A record
counts minutes from the start of its session, so that start makes them instants.

Feature and start bear a checksum (CRC-16 of CCITT: x¹⁶ + x¹² + x⁵ + 1, seed 0xFFFF, least bit
first; CGM Service 1.0.1, E2E-CRC), and so do the records when the feature says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    Context,
    Layout,
    Parsed,
    impossible_time,
    misfit,
    raised,
    value,
)
from vitals.parse.gatt.glucose import codes
from vitals.parse.gatt.numbers import Number, sfloat
from vitals.parse.gatt.times import LENGTH, MINUTE_NS, NoTime, date_time, to_utc
from vitals.readings import Refused, ValueRead

NAME: Final = "cgm measurement"
FEATURE: Final = "cgm feature"
START: Final = "cgm session start"

TREND: Final = 0x01
QUALITY: Final = 0x02
WARNING: Final = 0x20
TEMPERATURE: Final = 0x40
STATUS: Final = 0x80

FIXED: Final = 6
CRC_LENGTH: Final = 2

NO_CRC: Final = 0xFFFF
"""What stands in the place of the feature's checksum when the device has none."""
CRC_SUPPORTED: Final = 1 << 12

MEANING: Final = (
    # Session stopped; sensor of the wrong type, malfunction; device fault.
    (1 << 0 | 1 << 2 | 1 << 3 | 1 << 5, Doubt.NO_VALUE),
    # Time synchronisation required.
    (1 << 8, Doubt.CLOCK),
    # Calibration required; sensor too warm, too cold.
    (1 << 11 | 1 << 12 | 1 << 13, Doubt.WEAK_SIGNAL),
    # Below, above what the device can process.
    (1 << 22 | 1 << 23, Doubt.SATURATED),
)

_LENGTHS: Final = Layout.of(
    NAME, FIXED, {TREND: 2, QUALITY: 2, WARNING: 1, TEMPERATURE: 1, STATUS: 1}, 0xE3
).lengths


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CGM Measurement.

    Attributes
    ----------
    concentration
        mg/dL.
    minutes
        Since the start of the session, 0..65535.
    status
        Bits of Sensor Status Annunciation: status 0..7, calibration and temperature 8..15,
        warnings 16..23; those of octets not sent are 0.
    trend
        mg/dL a minute; None when not sent.
    quality
        Percent; None when not sent.
    """

    concentration: Number
    minutes: int
    status: int = 0
    trend: Number | None = None
    quality: Number | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A CGM Feature: its bits (24), what it measures in, and where (see `glucose`)."""

    bits: int
    sample: int
    place: int

    @property
    def crc(self) -> bool:
        """Whether what the device sends bears a checksum."""
        return bool(self.bits & CRC_SUPPORTED)


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x8408 if rest & 1 else 0)
        table.append(rest)
    return tuple(table)


_CRC: Final = _crc_table()


def checksum(data: bytes) -> int:
    """Return the E2E-CRC of `data`, 0..65535."""
    rest = 0xFFFF
    for byte in data:
        rest = rest >> 8 ^ _CRC[(rest ^ byte) & 0xFF]
    return rest


def _wrong_crc(name: str, data: bytes) -> Refused | None:
    """Return why the checksum at the end of `data` is wrong; None when it is right."""
    body, sent = data[:-CRC_LENGTH], unpack_from("<H", data, len(data) - CRC_LENGTH)[0]
    expected = checksum(body)
    if sent == expected:
        return None
    return Refused(name, f"expected checksum 0x{expected:04X}, got 0x{sent:04X}")


def decode_feature(data: bytes) -> Feature | Refused:
    """Return the fields of a CGM Feature."""
    wrong = misfit(FEATURE, data, 6)
    if wrong is not None:
        return wrong
    found = Feature(int.from_bytes(data[:3], "little"), data[3] & 0x0F, data[3] >> 4)
    if found.crc:
        wrong = _wrong_crc(FEATURE, data)
        if wrong is not None:
            return wrong
    elif unpack_from("<H", data, 4)[0] != NO_CRC:
        return Refused(FEATURE, "expected 0xFFFF in place of a checksum that it says it has not")
    return found


def decode_start(data: bytes, *, crc: bool) -> int | NoTime | Refused:
    """Return when the session began, in nanoseconds of UTC as far as its zone is known.

    Parameters
    ----------
    crc
        Whether it ends with a checksum (`Feature.crc`).
    """
    wrong = misfit(START, data, LENGTH + 2 + (CRC_LENGTH if crc else 0))
    if wrong is None and crc:
        wrong = _wrong_crc(START, data)
    if wrong is not None:
        return wrong
    local = date_time(data, 0)
    zone, dst = unpack_from("<bB", data, LENGTH)
    if isinstance(local, int):
        local = to_utc(local, zone, dst)
    return impossible_time(START) if local is NoTime.IMPOSSIBLE else local


def _record(data: bytes, at: int, flags: int) -> Record:
    """Return the record at `at`, whose length has been found to fit its flags."""
    concentration, minutes = unpack_from("<HH", data, at + 2)
    at += FIXED
    status = 0
    for bit, shift in ((STATUS, 0), (TEMPERATURE, 8), (WARNING, 16)):
        if flags & bit:
            status |= data[at] << shift
            at += 1
    trend = quality = None
    if flags & TREND:
        trend = sfloat(unpack_from("<H", data, at)[0])
        at += 2
    if flags & QUALITY:
        quality = sfloat(unpack_from("<H", data, at)[0])
    return Record(sfloat(concentration), minutes, status, trend, quality)


def decode(data: bytes, *, crc: bool = False) -> tuple[Record, ...] | Refused:
    """Return the records of a CGM Measurement; one that does not fit refuses them all.

    Parameters
    ----------
    crc
        Whether each record ends with a checksum (`Feature.crc`).
    """
    if not data:
        return Refused(NAME, "expected a record, got nothing")
    found: list[Record] = []
    at = 0
    while at < len(data):
        size = data[at]
        if size < FIXED or at + size > len(data):
            return Refused(
                NAME,
                f"record {len(found)}: expected a size of {FIXED} to {len(data) - at}, got {size}",
            )
        flags = data[at + 1]
        expected = _LENGTHS[flags]
        if expected == 0:
            return Refused(
                NAME,
                f"record {len(found)}: flags 0x{flags:02X} have bits that nobody has defined",
            )
        expected += CRC_LENGTH if crc else 0
        if size != expected:
            return Refused(
                NAME,
                f"record {len(found)}: expected a size of {expected} by its flags "
                f"0x{flags:02X}, got {size}",
            )
        if crc:
            wrong = _wrong_crc(NAME, data[at : at + size])
            if wrong is not None:
                return wrong
        found.append(_record(data, at, flags))
        at += size
    return tuple(found)


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the readings of a CGM Measurement, one for each record.

    Without a known start of the session a record has no time and is marked `CLOCK`. Trend is
    decoded and not handed on: it is worked out from the values. Its quality, where it is a share
    of a hundred, goes with the value.
    """
    records = decode(data, crc=context.crc)
    if isinstance(records, Refused):
        return (records,)
    code, _ = codes(context.sample)
    found: list[ValueRead | Refused] = []
    for record in records:
        doubts = raised(record.status, MEANING) if record.status else ()
        t = None
        if context.session_start is not None:
            t = context.session_start + record.minutes * MINUTE_NS
        elif Doubt.CLOCK not in doubts:
            doubts = (*doubts, Doubt.CLOCK)
        quality = record.quality
        share = quality / 100 if isinstance(quality, float) and 0 <= quality <= 100 else 1.0
        found.append(value(device, code, record.concentration, "mg/dL", doubts, t=t, quality=share))
    return tuple(found)
