"""A resident's weeks out of summaries: read only where consent to *voice* is recorded.

Comes in: the database and the time. Goes out: `Trend` for each resident of a room whose newest
``consent.applied`` says that *voice* is on; nothing from before that consent, and nothing of any
other room. A room without such a statement is closed, whatever it sent.
"""

from __future__ import annotations

from typing import Final

import sqlite_utils
from msgspec import Struct

from ambient import events
from ambient.errors import UsageError
from ambient.events import ConsentApplied, Purpose, SummaryDaily, VoiceDeviation, kind_of
from ambient.hub.database import HubDatabase

NS: Final = 1_000_000_000
DAY: Final = 24 * 3600 * NS
WEEKS: Final = 12
"""Shown of each resident."""


class UnknownResidentError(UsageError):
    """Nothing may be shown, or is known, of this resident."""


class Trend(Struct, frozen=True, kw_only=True):
    """What a page shows of one resident.

    Attributes
    ----------
    consent_t
        When the consent in force was applied (ns).
    days
        Daily summaries, oldest first.
    deviations
        Stated in the same weeks, oldest first.
    """

    subject: str
    room: str
    consent_t: int
    days: list[SummaryDaily]
    deviations: list[VoiceDeviation]


def read_trends(database: HubDatabase, now: int) -> list[Trend]:
    """Return the trends that may be shown at `now` (ns), by room and pseudonym.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    since = now - WEEKS * 7 * DAY
    with database.read() as db:
        consents = _consents(db)
        days: dict[tuple[str, str], list[SummaryDaily]] = {}
        for event in _events(db, SummaryDaily, since):
            assert isinstance(event, SummaryDaily)
            if event.purpose is Purpose.VOICE and _may_show(event, consents):
                days.setdefault((event.room or "", event.subject or ""), []).append(event)
        changes: dict[tuple[str, str], list[VoiceDeviation]] = {}
        for event in _events(db, VoiceDeviation, since):
            assert isinstance(event, VoiceDeviation)
            if _may_show(event, consents):
                changes.setdefault((event.room or "", event.subject or ""), []).append(event)
    return [
        Trend(
            subject=subject,
            room=room,
            consent_t=consents[room],
            days=days.get((room, subject), []),
            deviations=changes.get((room, subject), []),
        )
        for room, subject in sorted(days.keys() | changes.keys())
    ]


def read_trend(database: HubDatabase, subject: str, now: int) -> Trend:
    """Return the trend of one resident: in the room that was spoken of last.

    Raises
    ------
    UnknownResidentError
        When there is no consent, or nothing has come in under it.
    StoreError
        When the database cannot be read.
    """
    found = [trend for trend in read_trends(database, now) if trend.subject == subject]
    if not found:
        raise UnknownResidentError(
            f"resident: expected one whose voice may be shown, got {subject[:20]!r}; without a "
            "recorded consent to voice (ambient consent grant ROOM voice) nothing is shown"
        )
    return max(found, key=lambda trend: trend.days[-1].t if trend.days else 0)


def _consents(db: sqlite_utils.Database) -> dict[str, int]:
    """Return each room in which *voice* is on by consent ► when that was applied (ns)."""
    found: dict[str, int] = {}
    for event in _events(db, ConsentApplied, 0):
        assert isinstance(event, ConsentApplied)
        if event.purpose is Purpose.VOICE and event.room is not None:
            if event.on:
                found[event.room] = event.t
            else:
                found.pop(event.room, None)
    return found


def _may_show(event: SummaryDaily | VoiceDeviation, consents: dict[str, int]) -> bool:
    if event.subject is None or event.room not in consents:
        return False
    return event.t >= consents[event.room]


def _events(
    db: sqlite_utils.Database, kind: type[events.Event], since: int
) -> list[events.AnyEvent]:
    rows = db.execute(
        "SELECT body FROM events WHERE kind = ? AND t >= ? ORDER BY t, number",
        (kind_of(kind), since),
    ).fetchall()
    return [events.decode(row[0].encode()) for row in rows]
