"""Temperature Measurement (0x2A1C) and Intermediate Temperature (0x2A1E), Health Thermometer 1.0.

Comes in: an indication, or a notification while the measurement still goes on. Goes out: the
temperature, in the unit of the device, with where on the body it was taken as the code says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    BODY_TEMPERATURE,
    SKIN_TEMPERATURE,
    Context,
    Layout,
    Parsed,
    impossible_time,
    value,
)
from vitals.parse.gatt.numbers import Number, float32
from vitals.parse.gatt.times import LENGTH, NoTime, date_time
from vitals.readings import Refused

NAME: Final = "temperature measurement"

FAHRENHEIT: Final = 0x01
TIME: Final = 0x02
TYPE: Final = 0x04

_LAYOUT: Final = Layout.of(NAME, 5, {TIME: LENGTH, TYPE: 1}, 0x07)


class Site(IntEnum):
    """Where a temperature was taken (Temperature Type, 0x2A1D)."""

    ARMPIT = 1
    BODY = 2
    EAR = 3
    FINGER = 4
    GUT = 5
    MOUTH = 6
    RECTUM = 7
    TOE = 8
    EARDRUM = 9


SKIN: Final = (Site.FINGER, Site.TOE)
"""Temperatures that say nothing of the core: a cold finger is no hypothermia."""

_SITES: Final = {int(site): site for site in Site}


@dataclass(frozen=True, slots=True)
class Temperature:
    """A Temperature Measurement.

    Attributes
    ----------
    degrees
        In Fahrenheit when `fahrenheit`, else in Celsius.
    t
        When, nanoseconds; `NoTime.UNKNOWN` when the device does not know, None when it says none.
    site
        Where; None when it was not said, or by a number that nobody has defined.
    """

    degrees: Number
    fahrenheit: bool = False
    t: int | NoTime | None = None
    site: Site | None = None


def decode(data: bytes) -> Temperature | Refused:
    """Return the fields of a Temperature Measurement or Intermediate Temperature."""
    wrong = _LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    t = date_time(data, 5) if flags & TIME else None
    if t is NoTime.IMPOSSIBLE:
        return impossible_time(NAME)
    return Temperature(
        float32(unpack_from("<I", data, 1)[0]),
        bool(flags & FAHRENHEIT),
        t,
        _SITES.get(data[-1]) if flags & TYPE else None,
    )


def parse(data: bytes, device: str, context: Context, *, early: bool = False) -> Parsed:
    """Return the reading of a Temperature Measurement.

    Parameters
    ----------
    early
        Whether it is an Intermediate Temperature.
    """
    read = decode(data)
    if isinstance(read, Refused):
        return (read,)
    doubts: tuple[Doubt, ...] = (Doubt.EARLY,) if early else ()
    if read.t is NoTime.UNKNOWN:
        doubts = (*doubts, Doubt.CLOCK)
    return (
        value(
            device,
            SKIN_TEMPERATURE if read.site in SKIN else BODY_TEMPERATURE,
            read.degrees,
            "[degF]" if read.fahrenheit else "Cel",
            doubts,
            t=read.t if isinstance(read.t, int) else None,
        ),
    )


def parse_early(data: bytes, device: str, context: Context) -> Parsed:
    """Return the reading of an Intermediate Temperature."""
    return parse(data, device, context, early=True)
