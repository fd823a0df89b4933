"""Heart Rate Measurement (0x2A37) of the Heart Rate Service 1.0.

Comes in: a notification, about one a second. Goes out: heart rate, times between beats, and
whether the sensor touches the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import HEART_RATE, Context, Layout, Parsed, value
from vitals.readings import AnyReading, IntervalsRead, Refused, WearRead

NAME: Final = "heart rate measurement"

WIDE: Final = 0x01
CONTACT: Final = 0x02
CONTACT_TOLD: Final = 0x04
ENERGY: Final = 0x08
INTERVALS: Final = 0x10

INTERVAL_S: Final = 1 / 1024
LONGEST: Final = 0xFFFF
"""An interval that does not fit is sent as this: 64 s or more."""

_LAYOUT: Final = Layout.of(NAME, 2, {WIDE: 1, ENERGY: 2}, 0x1F)


@dataclass(frozen=True, slots=True)
class HeartRate:
    """A Heart Rate Measurement.

    Attributes
    ----------
    rate
        Beats a minute, 0..65535.
    contact
        Whether the sensor touches the skin; None when it cannot tell.
    energy
        Kilojoules since the wearer set it to zero, 0..65535; stays at the last.
    intervals
        Times between beats in 1/1024 s, oldest first.
    """

    rate: int
    contact: bool | None = None
    energy: int | None = None
    intervals: tuple[int, ...] = ()


def decode(data: bytes) -> HeartRate | Refused:
    """Return the fields of a Heart Rate Measurement."""
    if not data:
        return Refused(NAME, "expected a flags byte, got nothing")
    flags = data[0]
    least = _LAYOUT.lengths[flags]
    extra = len(data) - least
    if least == 0 or extra < 0 or not flags & INTERVALS:
        wrong = _LAYOUT.misfit(data)
        if wrong is not None:
            return wrong
    elif extra < 2 or extra % 2:
        return Refused(NAME, f"expected whole intervals of 2 bytes each, got {extra} bytes of them")
    at = 3 if flags & WIDE else 2
    rate: int = unpack_from("<H", data, 1)[0] if flags & WIDE else data[1]
    energy = None
    if flags & ENERGY:
        energy = unpack_from("<H", data, at)[0]
        at += 2
    return HeartRate(
        rate,
        bool(flags & CONTACT) if flags & CONTACT_TOLD else None,
        energy,
        unpack_from(f"<{extra // 2}H", data, at) if flags & INTERVALS else (),
    )


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the readings of a Heart Rate Measurement.

    A rate of 0 is what sensors send while they find no beat: `NO_VALUE`. Energy is decoded and
    not handed on: it is counted from a profile of the wearer, not measured.
    """
    read = decode(data)
    if isinstance(read, Refused):
        return (read,)
    doubts = (Doubt.OFF_BODY,) if read.contact is False else ()
    found: list[AnyReading | Refused] = [
        value(
            device,
            HEART_RATE,
            float(read.rate),
            "/min",
            (*doubts, Doubt.NO_VALUE) if read.rate == 0 else doubts,
        )
    ]
    if read.intervals:
        if 0 in read.intervals:
            found.append(Refused("interval", "expected more than 0 s between two beats, got 0"))
        else:
            if LONGEST in read.intervals:
                doubts = (*doubts, Doubt.SATURATED)
            seconds = tuple(interval * INTERVAL_S for interval in read.intervals)
            found.append(IntervalsRead(device=device, seconds=seconds, doubts=doubts))
    if read.contact is not None:
        found.append(WearRead(device=device, worn=read.contact))
    return tuple(found)
