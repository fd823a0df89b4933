"""How HL7 version 2 writes things: fields, components, escape sequences, times, separators.

Comes in: segments that python-hl7 has split, and text. Goes out: resolved text and instants. After
HL7 2.6, chapter 2. Escape sequences are resolved here: the library repeats a formatting sequence as
often as the message asks for, and writes what it cannot resolve to the log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

_TIME: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:\.([0-9]{1,4}))?)?"
    r"(?:([+-])([0-9]{2})([0-9]{2}))?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Separators:
    """The five signs of MSH-1 and MSH-2."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    @classmethod
    def of(cls, text: str) -> Separators | None:
        """Return those at the start of a message, None when it does not start with MSH and five.

        Signs that numbers, times and codes are written with separate nothing.
        """
        signs = text[3:8]
        fit = (
            text.startswith("MSH")
            and len(set(signs)) == 5
            and signs.isascii()
            and signs.isprintable()
            and not any(sign.isalnum() or sign in " +-.\"'_/" for sign in signs)
        )
        return cls(*signs) if fit else None

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}"


USUAL: Final = Separators("|", "^", "~", "\\", "&")
"""What nearly everybody uses."""


def instant(text: str, zone: tzinfo) -> int | None:
    """Return nanoseconds since 1970 of an HL7 time with hours and minutes, None when it is none.

    Parameters
    ----------
    text
        ``YYYYMMDDHHMM[SS[.S[S[S[S]]]]][+/-ZZZZ]`` (HL7 2.6, section 2.A.22).
    zone
        When the text names none.
    """
    found = _TIME.fullmatch(text)
    if found is None or (found[8] and zone_of(text) is None):
        return None
    year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=zone_of(text) or zone)
        whole = when - _EPOCH
    except (ValueError, OverflowError):
        return None
    seconds = whole.days * 86_400 + whole.seconds
    return seconds * 1_000_000_000 + int((found[7] or "0").ljust(9, "0"))


def zone_of(text: str) -> tzinfo | None:
    """Return the zone that an HL7 time names, None when it names none."""
    found = _TIME.fullmatch(text)
    if found is None or not found[8]:
        return None
    shift = timedelta(hours=int(found[9]), minutes=int(found[10]))
    if shift >= timedelta(hours=24):
        return None
    return timezone(-shift if found[8] == "-" else shift)


class Row:
    """One segment with the fields of HL7, counted from 1."""

    def __init__(self, segment: Sequence[Any], separators: Separators) -> None:
        self._segment = segment
        self._separators = separators

    def raw(self, number: int) -> str:
        """Return a field as it stands in the message."""
        return str(self._segment[number]) if number < len(self._segment) else ""

    def repeats(self, number: int) -> list[list[str]]:
        """Return the components of each repetition of a field, resolved; none when empty.

        Of subcomponents the first one.
        """
        raw = self.raw(number)
        if not raw:
            return []
        signs = self._separators
        return [
            [
                _unescape(component.split(signs.subcomponent)[0], signs)
                for component in one.split(signs.component)
            ]
            for one in raw.split(signs.repetition)
        ]

    def part(self, number: int, component: int) -> str:
        """Return a component of the first repetition, resolved; empty when missing."""
        repeats = self.repeats(number)
        if not repeats or component > len(repeats[0]):
            return ""
        return repeats[0][component - 1]


def _unescape(text: str, signs: Separators) -> str:
    """Resolve escape sequences (HL7 2.6, section 2.7); drop those for layout and character sets."""
    escape = signs.escape
    if escape not in text:
        return text
    plain = {
        "F": signs.field,
        "S": signs.component,
        "R": signs.repetition,
        "E": escape,
        "T": signs.subcomponent,
    }
    pieces = text.split(escape)
    resolved = [pieces[0]]
    for number, piece in enumerate(pieces[1:], 1):
        if number % 2 == 0:
            resolved.append(piece)
        elif piece in plain:
            resolved.append(plain[piece])
        elif piece.startswith("X"):
            resolved.append(_hexadecimal(piece[1:]))
    return "".join(resolved)


def _hexadecimal(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("latin-1")
    except ValueError:
        return ""


def decoded(data: bytes) -> str:
    """Return the text: UTF-8, and what is not, as Latin-1; names in it are dropped anyway."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
