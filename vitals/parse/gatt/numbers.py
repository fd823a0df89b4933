"""Medical numbers as they go over the air: SFLOAT (16 bits) and FLOAT (32 bits).

Comes in: the raw word. Goes out: a finite number, or the name of the special value that stands in
its place. IEEE 11073-20601, annex F: a signed decimal exponent above a signed mantissa; five
mantissas with exponent zero are no numbers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Special(StrEnum):
    """What may stand in place of a number."""

    NAN = "NaN"
    """No value: not measured, or not valid."""
    NRES = "NRes"
    """The value cannot be told at this resolution."""
    PLUS_INFINITY = "+INF"
    """Above what the device can measure."""
    MINUS_INFINITY = "-INF"
    """Below what the device can measure."""
    RESERVED = "reserved"


Number = float | Special

_ORDER: Final = (
    Special.PLUS_INFINITY,
    Special.NAN,
    Special.NRES,
    Special.RESERVED,
    Special.MINUS_INFINITY,
)
"""From the largest mantissa over the smallest one upwards, as two's complement goes round."""

SFLOAT_SPECIAL: Final = {0x07FE + place: special for place, special in enumerate(_ORDER)}
FLOAT_SPECIAL: Final = {0x007FFFFE + place: special for place, special in enumerate(_ORDER)}

_POWERS: Final[tuple[int, ...]] = tuple(10**power for power in range(129))


def _scaled(mantissa: int, exponent: int) -> float:
    """Return mantissa × 10^exponent, correctly rounded: 364 with exponent -1 is 36.4."""
    if exponent < 0:
        return mantissa / _POWERS[-exponent]
    return float(mantissa * _POWERS[exponent])


def sfloat(raw: int) -> Number:
    """Return the number of a 16-bit word.

    Parameters
    ----------
    raw
        0..65535: four bits of exponent (-8..7), twelve of mantissa (-2048..2047).
    """
    special = SFLOAT_SPECIAL.get(raw)
    if special is not None:
        return special
    mantissa = raw & 0x0FFF
    if mantissa & 0x0800:
        mantissa -= 0x1000
    exponent = raw >> 12
    if exponent & 0x8:
        exponent -= 0x10
    return _scaled(mantissa, exponent)


def float32(raw: int) -> Number:
    """Return the number of a 32-bit word of IEEE 11073, which is not that of IEEE 754.

    Parameters
    ----------
    raw
        0..2³²-1: eight bits of exponent (-128..127), 24 of mantissa.
    """
    special = FLOAT_SPECIAL.get(raw)
    if special is not None:
        return special
    mantissa = raw & 0x00FFFFFF
    if mantissa & 0x00800000:
        mantissa -= 0x01000000
    exponent = raw >> 24
    if exponent & 0x80:
        exponent -= 0x100
    return _scaled(mantissa, exponent)
