"""Blood Pressure Measurement (0x2A35) of the Blood Pressure Service 1.0.

Comes in: an indication at the end of a measurement. Goes out: systolic, diastolic and mean
pressure, and the pulse, each on its own; what the cuff found wrong is a doubt of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    DIASTOLIC,
    HEART_RATE,
    MEAN_PRESSURE,
    SYSTOLIC,
    Context,
    Layout,
    Parsed,
    impossible_time,
    of_user,
    raised,
    value,
)
from vitals.parse.gatt.numbers import Number, sfloat
from vitals.parse.gatt.times import LENGTH, NoTime, date_time
from vitals.readings import AnyReading, Refused

NAME: Final = "blood pressure measurement"

KILOPASCAL: Final = 0x01
TIME: Final = 0x02
PULSE: Final = 0x04
USER: Final = 0x08
STATUS: Final = 0x10

MOVED: Final = 0x01
CUFF_LOOSE: Final = 0x02
IRREGULAR: Final = 0x04
RATE_RANGE: Final = 0x18
"""Pulse rate above or below what the device can count; both bits: not defined."""
POSITION: Final = 0x20

MEANING: Final = (
    (MOVED, Doubt.MOTION),
    (CUFF_LOOSE | IRREGULAR | POSITION, Doubt.WEAK_SIGNAL),
)
"""A loose cuff, an arm not at the height of the heart and an uneven pulse each make the
oscillations that the pressure is read from a poor measure of it."""

_LAYOUT: Final = Layout.of(NAME, 7, {TIME: LENGTH, PULSE: 2, USER: 1, STATUS: 2}, 0x1F)


@dataclass(frozen=True, slots=True)
class BloodPressure:
    """A Blood Pressure Measurement.

    Attributes
    ----------
    systolic, diastolic, mean
        In kPa when `kilopascal`, else in mmHg; NaN for what the device does not measure.
    t
        When, nanoseconds; `NoTime.UNKNOWN` when the device does not know, None when it says none.
    pulse
        Beats a minute; None when it says none.
    user
        Who, as the device numbers its users; 255 when it does not know.
    status
        The bits of Measurement Status; 0 when it says none.
    """

    systolic: Number
    diastolic: Number
    mean: Number
    kilopascal: bool = False
    t: int | NoTime | None = None
    pulse: Number | None = None
    user: int | None = None
    status: int = 0


def decode(data: bytes) -> BloodPressure | Refused:
    """Return the fields of a Blood Pressure Measurement."""
    wrong = _LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    systolic, diastolic, mean = unpack_from("<HHH", data, 1)
    at = 7
    t: int | NoTime | None = None
    if flags & TIME:
        t = date_time(data, at)
        at += LENGTH
        if t is NoTime.IMPOSSIBLE:
            return impossible_time(NAME)
    pulse = None
    if flags & PULSE:
        pulse = sfloat(unpack_from("<H", data, at)[0])
        at += 2
    user = None
    if flags & USER:
        user = data[at]
        at += 1
    return BloodPressure(
        sfloat(systolic),
        sfloat(diastolic),
        sfloat(mean),
        bool(flags & KILOPASCAL),
        t,
        pulse,
        user,
        unpack_from("<H", data, at)[0] if flags & STATUS else 0,
    )


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the readings of a Blood Pressure Measurement."""
    read = decode(data)
    if isinstance(read, Refused):
        return (read,)
    whose = of_user(context, device, read.user)
    if isinstance(whose, Refused):
        return (whose,)
    doubts = raised(read.status, MEANING)
    if read.t is NoTime.UNKNOWN:
        doubts = (*doubts, Doubt.CLOCK)
    t = read.t if isinstance(read.t, int) else None
    unit = "kPa" if read.kilopascal else "mm[Hg]"
    found: list[AnyReading | Refused] = [
        value(whose, code, number, unit, doubts, t=t)
        for code, number in (
            (SYSTOLIC, read.systolic),
            (DIASTOLIC, read.diastolic),
            (MEAN_PRESSURE, read.mean),
        )
    ]
    if read.pulse is not None:
        if read.status & RATE_RANGE:
            doubts = (*doubts, Doubt.SATURATED)
        found.append(value(whose, HEART_RATE, read.pulse, "/min", doubts, t=t))
    return tuple(found)
