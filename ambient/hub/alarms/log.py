"""The log's lines: what came in, when, and what was to be done; written so that it can be replayed.

Comes in: inputs and effects. Goes out: `Written`, the open part of a line and the part that belongs
to a subject; from lines again the inputs, and by `replay` a book that must hold what the store
holds, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from ambient.hub.alarms import inputs, system
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.chain import Line
from ambient.hub.alarms.effects import AnyEffect
from ambient.hub.alarms.inputs import AnyInput


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the log, whole."""

    given: AnyInput
    effects: list[AnyEffect] = []


class Written(Struct, frozen=True, kw_only=True):
    """One line of the log as it is kept; `sealed` belongs to `subject`."""

    body: str
    subject: str | None = None
    sealed: str | None = None


class Open(Struct, frozen=True, kw_only=True):
    """The open part of a line whose input is sealed: which input it was."""

    sealed: str
    effects: list[Any] = []


_encoder = msgspec.json.Encoder(order="deterministic")


def write(entry: Entry, subject: str | None) -> Written:
    """Return how `entry` is kept; its input is sealed when it is about a `subject`."""
    if subject is None:
        return Written(body=_encoder.encode(entry).decode())
    name = str(entry.given.__struct_config__.tag)
    left = {"effects": msgspec.to_builtins(entry.effects), "sealed": name}
    return Written(
        body=_encoder.encode(left).decode(),
        subject=subject,
        sealed=_encoder.encode(entry.given).decode(),
    )


def subject_of(given: AnyInput) -> str | None:
    """Return whose `given` is, when it says so itself."""
    return given.event.subject if isinstance(given, inputs.Heard | inputs.Refused) else None


def read(line: Line) -> Entry | None:
    """Return what stands in `line`; None when it is erased.

    Raises
    ------
    msgspec.MsgspecError
        When it is no line of the log.
    """
    if not line.seal:
        return msgspec.json.decode(line.body, type=Entry)
    if line.sealed is None:
        return None
    left = msgspec.json.decode(line.body, type=Open)
    return Entry(
        given=msgspec.json.decode(line.sealed, type=AnyInput),
        effects=msgspec.convert(left.effects, list[AnyEffect]),
    )


class Differs(Struct, frozen=True, kw_only=True):
    """The first line whose effects are not those that follow from what came before it."""

    number: int


def replay(lines: Iterable[Line]) -> MemoryBook | Differs:
    """Return the book after all `lines`, or the first line that does not follow from those before.

    Lines that are erased are passed over: what they did is then not in the book.
    """
    book = MemoryBook()
    for line in lines:
        entry = read(line)
        if entry is None:
            continue
        if not follows(entry, line.at, book):
            return Differs(number=line.number)
    return book


def follows(entry: Entry, at: int, book: MemoryBook) -> bool:
    """Take in the input of a line at `at` (ns); return whether it led to what the line says."""
    return system.apply(book, entry.given, at).effects == entry.effects
