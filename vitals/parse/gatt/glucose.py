"""Glucose Measurement (0x2A18) of the Glucose Service 1.0.

Comes in: a notification for each stored record that was asked for. Goes out: glucose in blood,
plasma or tissue fluid, as the record says, with the record's number and time.

Capillary, venous and arterial are one code each for blood (2339-0, 15074-8) and plasma (2345-7,
14749-6): what the vessel changes is small beside the ninth by which plasma is higher than blood.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    BLOOD_GLUCOSE_MASS,
    BLOOD_GLUCOSE_MOLES,
    PLASMA_GLUCOSE_MASS,
    PLASMA_GLUCOSE_MOLES,
    TISSUE_GLUCOSE_MASS,
    TISSUE_GLUCOSE_MOLES,
    Context,
    Layout,
    Parsed,
    impossible_time,
    raised,
    value,
)
from vitals.parse.gatt.numbers import Number, sfloat
from vitals.parse.gatt.times import LENGTH, MINUTE_NS, NoTime, date_time
from vitals.readings import Refused

NAME: Final = "glucose measurement"

OFFSET: Final = 0x01
CONCENTRATION: Final = 0x02
MOLES: Final = 0x04
STATUS: Final = 0x08
CONTEXT_FOLLOWS: Final = 0x10

OVERRUN: Final = 0x7FFF
UNDERRUN: Final = -0x8000

MEANING: Final = (
    # Malfunction; strip put in wrong, of the wrong type; device fault.
    (1 << 1 | 1 << 3 | 1 << 4 | 1 << 10, Doubt.NO_VALUE),
    # Above, below what the device can process.
    (1 << 5 | 1 << 6, Doubt.SATURATED),
    # Too little blood; sensor too warm, too cold.
    (1 << 2 | 1 << 7 | 1 << 8, Doubt.WEAK_SIGNAL),
    # Strip pulled too soon.
    (1 << 9, Doubt.EARLY),
    # Time fault.
    (1 << 11, Doubt.CLOCK),
)

_LAYOUT: Final = Layout.of(NAME, 10, {OFFSET: 2, CONCENTRATION: 3, STATUS: 2}, 0x1F)


class Sample(IntEnum):
    """What was measured (Type); other numbers are kept as they came."""

    CAPILLARY_BLOOD = 1
    CAPILLARY_PLASMA = 2
    VENOUS_BLOOD = 3
    VENOUS_PLASMA = 4
    ARTERIAL_BLOOD = 5
    ARTERIAL_PLASMA = 6
    BLOOD = 7
    PLASMA = 8
    TISSUE_FLUID = 9
    CONTROL_SOLUTION = 10


PLASMA: Final = (
    Sample.CAPILLARY_PLASMA,
    Sample.VENOUS_PLASMA,
    Sample.ARTERIAL_PLASMA,
    Sample.PLASMA,
)


class Place(IntEnum):
    """Where it was taken (Sample Location); other numbers are kept as they came."""

    FINGER = 1
    ELSEWHERE = 2
    EARLOBE = 3
    CONTROL_SOLUTION = 4
    UNKNOWN = 15


@dataclass(frozen=True, slots=True)
class Glucose:
    """A Glucose Measurement.

    Attributes
    ----------
    number
        Of the record, 0..65535, counted by the device.
    base
        Time of the device's clock, nanoseconds, or `NoTime.UNKNOWN`.
    offset
        Minutes to be added to it, as the user set the clock; `OVERRUN` and `UNDERRUN`: not known.
    concentration
        In mol/L when `moles`, else in kg/L; None when not sent.
    sample, place
        0..15, see `Sample` and `Place`.
    status
        Bits of Sensor Status Annunciation; 0 when not sent.
    more
        Whether a record of its context follows.
    """

    number: int
    base: int | NoTime
    offset: int | None = None
    concentration: Number | None = None
    moles: bool = False
    sample: int = 0
    place: int = 0
    status: int = 0
    more: bool = False


def codes(sample: int) -> tuple[str, str]:
    """Return the LOINC codes of a sample in mass and in moles; of an undefined one, as blood's."""
    if sample == Sample.TISSUE_FLUID:
        return TISSUE_GLUCOSE_MASS, TISSUE_GLUCOSE_MOLES
    if sample in PLASMA:
        return PLASMA_GLUCOSE_MASS, PLASMA_GLUCOSE_MOLES
    return BLOOD_GLUCOSE_MASS, BLOOD_GLUCOSE_MOLES


def decode(data: bytes) -> Glucose | Refused:
    """Return the fields of a Glucose Measurement."""
    wrong = _LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    base = date_time(data, 3)
    if base is NoTime.IMPOSSIBLE:
        return impossible_time(NAME)
    at = 3 + LENGTH
    offset = concentration = None
    if flags & OFFSET:
        offset = unpack_from("<h", data, at)[0]
        at += 2
    sample = place = 0
    if flags & CONCENTRATION:
        concentration = sfloat(unpack_from("<H", data, at)[0])
        sample, place = data[at + 2] & 0x0F, data[at + 2] >> 4
        at += 3
    return Glucose(
        unpack_from("<H", data, 1)[0],
        base,
        offset,
        concentration,
        bool(flags & MOLES),
        sample,
        place,
        unpack_from("<H", data, at)[0] if flags & STATUS else 0,
        bool(flags & CONTEXT_FOLLOWS),
    )


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the reading of a Glucose Measurement; of control solution, marked `DEMO`."""
    read = decode(data)
    if isinstance(read, Refused):
        return (read,)
    if read.concentration is None:
        return (Refused(NAME, f"record without a concentration, status 0x{read.status:04X}"),)
    doubts = raised(read.status, MEANING)
    if read.sample == Sample.CONTROL_SOLUTION or read.place == Place.CONTROL_SOLUTION:
        doubts = (*doubts, Doubt.DEMO)
    t = None
    if isinstance(read.base, int) and read.offset not in (OVERRUN, UNDERRUN):
        t = read.base + (read.offset or 0) * MINUTE_NS
    elif Doubt.CLOCK not in doubts:
        doubts = (*doubts, Doubt.CLOCK)
    code = codes(read.sample)[read.moles]
    unit = "mol/L" if read.moles else "kg/L"
    return (value(device, code, read.concentration, unit, doubts, t=t, count=read.number),)
