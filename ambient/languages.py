"""In which languages Ambient speaks to people, and which of them a browser asks for.

Comes in: the header ``Accept-Language``. Goes out: `Language`.
"""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """Languages that hub and node speak, by their tags (BCP 47)."""

    EN = "en"
    DE = "de"


def accepted(header: str) -> Language:
    """Return the language that `header` (RFC 9110, 12.5.4) asks for first, else English."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header[:500].split(",")):
        tag, *parameters = part.strip().lower().split(";")
        primary = tag.split("-")[0]
        weight = _weight(parameters)
        if primary in set(Language) and weight > 0:
            ranked.append((-weight, place, Language(primary)))
    return min(ranked)[2] if ranked else Language.EN


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
