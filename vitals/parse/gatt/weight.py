"""Weight Measurement (0x2A9D) of the Weight Scale Service 1.0: an indication in, the weight out."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.base import (
    WEIGHT,
    Context,
    Layout,
    Parsed,
    impossible_time,
    of_user,
    value,
)
from vitals.parse.gatt.times import LENGTH, NoTime, date_time
from vitals.readings import Refused

NAME: Final = "weight measurement"

IMPERIAL: Final = 0x01
TIME: Final = 0x02
USER: Final = 0x04
BODY_MASS_INDEX: Final = 0x08

UNSUCCESSFUL: Final = 0xFFFF

_LAYOUT: Final = Layout.of(NAME, 3, {TIME: LENGTH, USER: 1, BODY_MASS_INDEX: 4}, 0x0F)


@dataclass(frozen=True, slots=True)
class Weight:
    """A Weight Measurement, in the steps in which it was sent.

    Attributes
    ----------
    steps
        Of 0.01 pounds when `imperial`, else of 0.005 kg; 0..65534.
    t
        When, nanoseconds; `NoTime.UNKNOWN` when the scale does not know, None when it says none.
    user
        Who, as the scale numbers its users; 255 when it does not know.
    index
        Body mass index in steps of 0.1 kg/m².
    height
        In steps of 0.1 inches when `imperial`, else of 1 mm.
    """

    steps: int
    imperial: bool = False
    t: int | NoTime | None = None
    user: int | None = None
    index: int | None = None
    height: int | None = None


def decode(data: bytes) -> Weight | Refused:
    """Return the fields of a Weight Measurement."""
    wrong = _LAYOUT.misfit(data)
    if wrong is not None:
        return wrong
    flags = data[0]
    steps = unpack_from("<H", data, 1)[0]
    if steps == UNSUCCESSFUL:
        return Refused(WEIGHT, "no value: the scale says that the measurement was unsuccessful")
    at = 3
    t: int | NoTime | None = None
    if flags & TIME:
        t = date_time(data, at)
        at += LENGTH
        if t is NoTime.IMPOSSIBLE:
            return impossible_time(NAME)
    user = None
    if flags & USER:
        user = data[at]
        at += 1
    index = height = None
    if flags & BODY_MASS_INDEX:
        index, height = unpack_from("<HH", data, at)
    return Weight(steps, bool(flags & IMPERIAL), t, user, index, height)


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the reading of a Weight Measurement.

    Body mass index and height are decoded and not handed on: the scale has the height from its
    owner, it does not measure it.
    """
    read = decode(data)
    if isinstance(read, Refused):
        return (read,)
    whose = of_user(context, device, read.user)
    if isinstance(whose, Refused):
        return (whose,)
    return (
        value(
            whose,
            WEIGHT,
            read.steps / 100 if read.imperial else read.steps / 200,
            "[lb_av]" if read.imperial else "kg",
            (Doubt.CLOCK,) if read.t is NoTime.UNKNOWN else (),
            t=read.t if isinstance(read.t, int) else None,
        ),
    )
