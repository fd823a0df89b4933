"""The tables of a research export, as rows.

Every column has a line in the data dictionary (`ambient.node.export.dictionary`), and a test that
looks for one that has none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Reason(StrEnum):
    """What a sense of a room gave at a second, or why it gave nothing."""

    ALIVE = "alive"
    ABSENT = "absent"
    """The room has none."""
    NO_CONSENT = "no_consent"
    """Its purpose was off."""
    PAUSED = "paused"
    """A privacy pause."""
    NO_VIEW = "no_view"
    """The camera saw, or the microphone heard, nothing that could be judged."""
    OFF_BODY = "off_body"
    SILENT = "silent"
    """It said nothing for longer than it may."""
    NOT_RECORDED = "not_recorded"
    """Nothing was recorded then: the node was off, or research was."""


class Row(Struct, frozen=True, kw_only=True):
    """What every row has."""

    subject: str
    t: float
    local: str


class ValueRow(Row, frozen=True, kw_only=True):
    """One value of one marker."""

    name: str
    code: str | None
    value: float
    unit: str
    seconds: float | None = None
    quality: float | None = None
    doubts: str = ""
    source: str
    delay_s: float | None = None


class EventRow(Row, frozen=True, kw_only=True):
    """One event of the resident, or of a room in which the resident lives alone."""

    event: str
    chain: str
    position: int
    probability: float
    fields: str
    contributions: str
    senses: str


class YieldRow(Row, frozen=True, kw_only=True):
    """One hour of one sense."""

    sense: str
    share: float
    alive_s: int
    absent_s: int
    no_consent_s: int
    paused_s: int
    no_view_s: int
    off_body_s: int
    silent_s: int
    not_recorded_s: int


class SubjectRow(Struct, frozen=True, kw_only=True):
    """One resident; what could tell who somebody is is withheld when too few are alike."""

    subject: str
    days: int | None
    beds_in_room: int | None
    senses: str | None


TABLES: Final[dict[str, type[Struct]]] = {
    "values": ValueRow,
    "events": EventRow,
    "yield": YieldRow,
    "subjects": SubjectRow,
}
