"""Which vital signs are taken, under which code, in which unit, and within which limits.

Comes in: a LOINC code, a number and a unit as a device sent them. Goes out: the vital sign and the
number in the one unit that this project keeps it in, or a refusal by name. The catalogue is
`codes.toml`, for review by people who do not read code; units are converted by ucumvert and pint,
each pair once.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from vitals.readings import Refused

if TYPE_CHECKING:
    from ucumvert import PintUcumRegistry  # type: ignore[import-untyped]

GLUCOSE_G_PER_MOL: Final = 180.156
"""Molar mass of glucose, C6H12O6: 6 × 12.011 + 12 × 1.008 + 6 × 15.999 (IUPAC 2021), g/mol."""

LONGEST_UNIT: Final = 24
"""Characters; what `ambient.observations.Ucum` holds. None in use is longer."""
LONGEST_SHOWN: Final = 48
"""Characters of a refused name that are passed on."""

_CACHED: Final = 2048
_ASCII: Final = re.compile(r"[!-~]+")
# A power beyond what any unit has would make pint compute numbers of that many digits.
_LONG_NUMBER: Final = re.compile(r"[0-9]{4}")
_COUNT: Final = re.compile(r"\{[^{}]*\}")
# Angles have no dimension for pint, so that turns a minute would pass for beats a minute.
_ANGLE: Final = re.compile(r"(?<![a-zA-Z])(?:deg|rad|sr|gon|circ)(?![a-zA-Z])|['\"]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One vital sign of the catalogue.

    Attributes
    ----------
    name
        Its key in the catalogue.
    words
        What it is called.
    code
        The LOINC code that it is kept under.
    unit
        The UCUM unit that it is kept in.
    kind
        Which spellings of units may stand for it.
    possible
        Smallest and largest number that the quantity can be at all; outside is refused.
    plausible
        Smallest and largest that a living person can have; outside is marked.
    jump, jump_s
        Largest change that is believed within so many seconds; marked beyond.
    accepts
        Further LOINC codes that mean the same, with what LOINC calls them.
    why
        Where the limits come from.
    """

    name: str
    words: str
    code: str
    unit: str
    kind: str
    possible: tuple[float, float]
    plausible: tuple[float, float]
    jump: float
    jump_s: float
    accepts: dict[str, str] = field(default_factory=dict)
    why: str

    def is_plausible(self, value: float) -> bool:
        """Return whether a living person can have `value`, in `unit`."""
        return self.plausible[0] <= value <= self.plausible[1]


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a sender's unit to the one kept: ``value * scale + shift``."""

    vital: Vital
    scale: float
    shift: float


def _read() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("codes.toml").read_text("utf-8"))


def _vital(name: str, row: dict[str, Any]) -> Vital:
    ranges = {key: (float(row[key][0]), float(row[key][1])) for key in ("possible", "plausible")}
    return Vital(name=name, **{**row, **ranges})


_TABLE: Final = _read()
CATALOGUE: Final[dict[str, Vital]] = {
    name: _vital(name, row) for name, row in _TABLE["vital"].items()
}
"""Every vital sign that is taken, by name."""

BY_CODE: Final[dict[str, Vital]] = {
    code: vital for vital in CATALOGUE.values() for code in (vital.code, *vital.accepts)
}
"""Every LOINC code that is taken, with the vital sign it is kept as."""

SPELLED: Final[dict[str, dict[str, str]]] = _TABLE["spelled"]
"""UCUM for what senders write instead, in lower case, by kind."""

MDC_CODES: Final[dict[str, str]] = {
    key: str(loinc)
    for name, (number, loinc) in _TABLE["mdc"]["codes"].items()
    for key in (name, str(number))
}
"""LOINC code by MDC reference identifier and by MDC code (ISO/IEEE 11073-10101)."""

MDC_UNITS: Final[dict[str, str]] = {
    key: str(ucum)
    for name, (number, ucum) in _TABLE["mdc"]["units"].items()
    for key in (name, str(number))
}
"""UCUM unit by MDC reference identifier and by MDC code."""

ACVPU: Final[dict[str, float]] = {code: float(level) for code, level in _TABLE["acvpu"].items()}
"""Level of consciousness by the letter or the SNOMED CT concept that a sender writes."""

CONSCIOUSNESS: Final = CATALOGUE["consciousness"]


def kept(code: str, value: float, unit: str) -> tuple[Vital, float] | Refused:
    """Return the vital sign and its number in the unit kept, or why it is refused.

    Parameters
    ----------
    code
        LOINC, as it came.
    value
        In `unit`.
    unit
        UCUM, or a spelling of the catalogue.
    """
    found = conversion(code, unit)
    if isinstance(found, Refused):
        return found
    if not math.isfinite(value):
        return Refused(f"value of {code}", f"expected a finite number, got {value}")
    # A conversion that adds and takes away again leaves dust in the last places.
    converted = round(value * found.scale + found.shift, 9)
    vital = found.vital
    low, high = vital.possible
    if not low <= converted <= high:
        return Refused(
            f"value of {code}",
            f"expected {low:g} to {high:g} {vital.unit}, got {converted:.6g}",
        )
    return vital, converted


def conversion(code: str, unit: str) -> Conversion | Refused:
    """Return how a number of `code` in `unit` becomes one in the unit kept, or a refusal."""
    if code not in BY_CODE:
        return Refused(f"code {shown(code)}", "not a vital sign of the catalogue")
    if len(unit) > LONGEST_UNIT:
        return _unknown(unit, BY_CODE[code])
    return _conversion(code, unit)


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a foreign name so that a log can hold it: printable ASCII, and not long."""
    kept_back = "".join(sign if " " <= sign <= "~" else "?" for sign in text[:longest])
    return kept_back if len(text) <= longest else f"{kept_back}…"


# Bounded, because a sender chooses what it is asked for.
@lru_cache(maxsize=_CACHED)
def _conversion(code: str, unit: str) -> Conversion | Refused:
    vital = BY_CODE[code]
    ucum = SPELLED.get(vital.kind, {}).get(unit.strip().lower(), unit)
    if ucum == vital.unit:
        return Conversion(vital, 1.0, 0.0)
    if not _ASCII.fullmatch(ucum) or _LONG_NUMBER.search(ucum) or _ANGLE.search(ucum):
        return _unknown(unit, vital)
    line = _line(ucum, vital)
    return Conversion(vital, *line) if line is not None else _unknown(unit, vital)


def _line(ucum: str, vital: Vital) -> tuple[float, float] | None:
    """Return scale and shift from `ucum` to the unit of `vital`, None where there is none."""
    from lark.exceptions import LarkError
    from pint.errors import PintError

    if _COUNT.fullmatch(ucum) or _COUNT.fullmatch(vital.unit):
        # A bare annotation counts one thing, and nothing else becomes it.
        return None
    registry = _registry()
    target = _unit(vital.unit)
    try:
        given = registry.from_ucum(ucum)
        factor, units = float(given.magnitude), given.units
        if vital.kind == "glucose" and given.dimensionality == _unit("mol/L").dimensionality:
            grams = given * registry.from_ucum("g/mol") * GLUCOSE_G_PER_MOL
            return float(grams.to(target).magnitude), 0.0
        at_zero, at_hundred = (
            float(registry.Quantity(factor * number, units).to(target).magnitude)
            for number in (0.0, 100.0)
        )
    # What ucumvert and pint raise for texts that are no unit or one of another dimension.
    except (LarkError, PintError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None
    scale = (at_hundred - at_zero) / 100.0
    if not (math.isfinite(scale) and math.isfinite(at_zero) and scale > 0.0):
        return None
    return scale, at_zero


def _unit(ucum: str) -> Any:
    return _registry().from_ucum(ucum).units


def _unknown(unit: str, vital: Vital) -> Refused:
    return Refused(f"unit {shown(unit)}", f"expected one that is a {vital.unit}, for {vital.words}")


@cache
def _registry() -> PintUcumRegistry:
    """Return the registry of units: it takes a second to make, so only where one is needed."""
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()
