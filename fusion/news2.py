"""NEWS2, the National Early Warning Score 2: values in, points with a lower and an upper bound out.

Source: Royal College of Physicians, *National Early Warning Score (NEWS) 2*, London 2017, chart 1
and its notes on the two scales of oxygen saturation. A parameter that is not known may be anything
that the chart allows, so an incomplete set has a lower and an upper bound and never a total.

Values are rounded as they are written on the chart before they are scored: rates, saturation and
pressure to whole numbers, temperature to tenths, halves up. Pure; research only.
"""

from __future__ import annotations

import bisect
import math
from enum import IntEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct

HIGHEST: Final = 3
"""Points that one parameter can give; alone they are a *red* score."""
OXYGEN: Final = 2
"""Points for supplemental oxygen."""
PARAMETERS: Final = 7


class Scale(IntEnum):
    """Which scale of oxygen saturation holds for the resident."""

    ONE = 1
    TWO = 2
    """Prescribed in hypercapnic respiratory failure, with a target of 88 to 92 %."""


class Values(Struct, frozen=True, kw_only=True):
    """The seven parameters; None where one is not known.

    Attributes
    ----------
    respiratory_rate, pulse
        Per minute.
    saturation
        Oxygen saturation, %.
    oxygen
        Whether supplemental oxygen is given; False is room air.
    systolic
        Systolic blood pressure, mm[Hg].
    alert
        Whether fully alert; False is new confusion or a response to voice, to pain or to nothing.
    temperature
        Cel.
    """

    respiratory_rate: float | None = None
    saturation: float | None = None
    oxygen: bool | None = None
    systolic: float | None = None
    pulse: float | None = None
    alert: bool | None = None
    temperature: float | None = None


class Score(Struct, frozen=True, kw_only=True):
    """Bounds of a score.

    Attributes
    ----------
    lower, upper
        Least and most points, 0..20, that the values known allow; equal when all are known.
    missing
        How many of the seven parameters are not known.
    red
        Whether a known parameter gives 3 points for certain.
    """

    lower: int
    upper: int
    missing: int
    red: bool


class _Band(Struct, frozen=True):
    """Points of one parameter: `points[i]` from ``starts[i - 1]`` on, up to ``starts[i]``."""

    starts: tuple[float, ...]
    points: tuple[int, ...]
    decimals: int = 0

    def of(self, value: float) -> int:
        step = 10.0**self.decimals
        # A hair is added so that 38.05, which no binary number is, rounds up as it is read.
        written = math.floor(value * step + 0.5 + 1e-9) / step
        return self.points[bisect.bisect_right(self.starts, written)]


_RESPIRATION: Final = _Band((9, 12, 21, 25), (3, 1, 0, 2, 3))
_SATURATION: Final = _Band((92, 94, 96), (3, 2, 1, 0))
_SATURATION_2_AIR: Final = _Band((84, 86, 88), (3, 2, 1, 0))
_SATURATION_2_OXYGEN: Final = _Band((84, 86, 88, 93, 95, 97), (3, 2, 1, 0, 1, 2, 3))
_SYSTOLIC: Final = _Band((91, 101, 111, 220), (3, 2, 1, 0, 3))
_PULSE: Final = _Band((41, 51, 91, 111, 131), (3, 1, 0, 1, 2, 3))
_TEMPERATURE: Final = _Band((35.1, 36.1, 38.1, 39.1), (3, 1, 0, 1, 2), decimals=1)


@lru_cache(maxsize=256)
def score(values: Values, scale: Scale = Scale.ONE) -> Score:
    """Score `values`.

    Parameters
    ----------
    values
        Finite; whether each may be believed is for the caller to say: what may not is None.
    scale
        Of oxygen saturation. On scale 2 the points of a saturation above the target depend on
        whether oxygen is given, so both are bounded together.

    Raises
    ------
    ValueError
        When a value is not finite.
    """
    for name in values.__struct_fields__:
        value = getattr(values, name)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name}: expected a finite number or None, got {value}")
    singles = [
        _points(_RESPIRATION, values.respiratory_rate),
        _points(_SYSTOLIC, values.systolic),
        _points(_PULSE, values.pulse),
        _points(_TEMPERATURE, values.temperature),
        (0, HIGHEST) if values.alert is None else (0 if values.alert else HIGHEST,) * 2,
    ]
    ways = [
        (_saturation(values.saturation, given, scale), OXYGEN if given else 0)
        for given in ((False, True) if values.oxygen is None else (values.oxygen,))
    ]
    breathing = (
        min(low + oxygen for (low, _), oxygen in ways),
        max(high + oxygen for (_, high), oxygen in ways),
    )
    saturated = min(low for (low, _), _ in ways)
    known = [getattr(values, name) is not None for name in values.__struct_fields__]
    return Score(
        lower=sum(low for low, _ in singles) + breathing[0],
        upper=sum(high for _, high in singles) + breathing[1],
        missing=PARAMETERS - sum(known),
        red=saturated == HIGHEST or any(low == HIGHEST for low, _ in singles),
    )


def _points(band: _Band, value: float | None) -> tuple[int, int]:
    if value is None:
        return min(band.points), max(band.points)
    points = band.of(value)
    return points, points


def _saturation(value: float | None, oxygen: bool, scale: Scale) -> tuple[int, int]:
    if scale is Scale.ONE:
        return _points(_SATURATION, value)
    return _points(_SATURATION_2_OXYGEN if oxygen else _SATURATION_2_AIR, value)
