"""A resident's weeks out of summaries: read only where consent to *voice* or *vitals* is recorded.

Comes in: the database and the time. Goes out: `Trend` for each resident of a room whose newest
``consent.applied`` says that the purpose is on; of each purpose nothing from before its own
consent, and nothing of any other room. A room without such a statement is closed, whatever it sent:
of its wristbands it is only told whether they are alive (`read_wristbands`).
"""

from __future__ import annotations

from typing import Final

import sqlite_utils
from msgspec import Struct, field

from ambient import events
from ambient.errors import UsageError
from ambient.events import (
    EVENT_TYPES,
    ConsentApplied,
    Device,
    Judged,
    NodeSourceSilent,
    Purpose,
    QualityRestored,
    SenseGroup,
    SenseStatus,
    SummaryDaily,
    SummaryHourly,
    VoiceDeviation,
    kind_of,
)
from ambient.hub.database import HubDatabase

NS: Final = 1_000_000_000
DAY: Final = 24 * 3600 * NS
WEEKS: Final = 12
"""Shown of each resident."""
NEWEST: Final = 2000
"""Events that are looked through for the newest word about wristbands."""
_SHOWN: Final = frozenset({Purpose.VOICE, Purpose.VITALS})
_TELLING: Final = (NodeSourceSilent, QualityRestored, Judged)


class UnknownResidentError(UsageError):
    """Nothing may be shown, or is known, of this resident."""


class Trend(Struct, frozen=True, kw_only=True):
    """What a page shows of one resident.

    Attributes
    ----------
    consents
        Purposes that may be shown ► when the consent in force was applied (ns).
    days
        Daily summaries of the voice, oldest first.
    deviations
        Of the voice, stated in the same weeks, oldest first.
    vitals, hours
        Daily and hourly summaries of vital signs, oldest first; hours are read for one resident.
    """

    subject: str
    room: str
    consents: dict[Purpose, int]
    days: list[SummaryDaily] = field(default_factory=list)
    deviations: list[VoiceDeviation] = field(default_factory=list)
    vitals: list[SummaryDaily] = field(default_factory=list)
    hours: list[SummaryHourly] = field(default_factory=list)

    @property
    def latest(self) -> int:
        """The end of the newest day (ns); 0 when there is none."""
        return max((day.t for day in (*self.days[-1:], *self.vitals[-1:])), default=0)


def read_trends(database: HubDatabase, now: int) -> list[Trend]:
    """Return the trends that may be shown at `now` (ns), by room and pseudonym.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    since = now - WEEKS * 7 * DAY
    with database.read() as db:
        return _trends(db, since)


def _trends(db: sqlite_utils.Database, since: int) -> list[Trend]:
    consents = _consents(db)
    found: dict[tuple[str, str], Trend] = {}

    def of(event: SummaryDaily | VoiceDeviation) -> Trend:
        room, subject = event.room or "", event.subject or ""
        if (room, subject) not in found:
            own = {purpose: t for (purpose, each), t in consents.items() if each == room}
            found[room, subject] = Trend(subject=subject, room=room, consents=own)
        return found[room, subject]

    for event in _events(db, SummaryDaily, since):
        assert isinstance(event, SummaryDaily)
        if _may_show(event, event.purpose, consents):
            trend = of(event)
            (trend.vitals if event.purpose is Purpose.VITALS else trend.days).append(event)
    for event in _events(db, VoiceDeviation, since):
        assert isinstance(event, VoiceDeviation)
        if _may_show(event, Purpose.VOICE, consents):
            of(event).deviations.append(event)
    return [found[key] for key in sorted(found)]


def read_trend(database: HubDatabase, subject: str, now: int) -> Trend:
    """Return the trend of one resident: in the room that was spoken of last.

    Raises
    ------
    UnknownResidentError
        When there is no consent, or nothing has come in under it.
    StoreError
        When the database cannot be read.
    """
    since = now - WEEKS * 7 * DAY
    with database.read() as db:
        found = [trend for trend in _trends(db, since) if trend.subject == subject]
        if not found:
            raise UnknownResidentError(
                f"resident: expected one who may be shown, got {subject[:20]!r}; without a "
                "recorded consent to voice or vitals (ambient consent grant ROOM vitals) nothing "
                "is shown"
            )
        trend = max(found, key=lambda trend: trend.latest)
        vitals = trend.consents.get(Purpose.VITALS)
        if vitals is not None:
            for event in _events(db, SummaryHourly, max(since, vitals), trend.room):
                assert isinstance(event, SummaryHourly)
                if event.purpose is Purpose.VITALS and event.subject == subject:
                    trend.hours.append(event)
    return trend


def read_wristbands(database: HubDatabase) -> dict[str, SenseStatus]:
    """Return whether the wearables of each room were alive when that was said last.

    A room of which it was never said is left out. More than this is not told without consent.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    said: dict[str, SenseStatus] = {}
    silent: dict[str, str] = {}
    kinds = [kind_of(kind) for kind in EVENT_TYPES if issubclass(kind, _TELLING)]
    with database.read() as db:
        for event in _newest(db, kinds):
            room = event.room or ""
            if isinstance(event, NodeSourceSilent):
                if event.device is Device.WEARABLE:
                    said[room], silent[room] = SenseStatus.SILENT, event.source
            elif isinstance(event, QualityRestored):
                if silent.get(room) == event.source:
                    said[room] = SenseStatus.ALIVE
            elif isinstance(event, Judged):
                for one in event.senses:
                    if one.group is SenseGroup.WEARABLE and one.status is not SenseStatus.ABSENT:
                        said[room] = one.status
    return said


def _consents(db: sqlite_utils.Database) -> dict[tuple[Purpose, str], int]:
    """Return each purpose and room where it is on by consent ► when that was applied (ns)."""
    found: dict[tuple[Purpose, str], int] = {}
    for event in _events(db, ConsentApplied, 0):
        assert isinstance(event, ConsentApplied)
        if event.purpose in _SHOWN and event.room is not None:
            if event.on:
                found[event.purpose, event.room] = event.t
            else:
                found.pop((event.purpose, event.room), None)
    return found


def _may_show(
    event: SummaryDaily | VoiceDeviation,
    purpose: Purpose,
    consents: dict[tuple[Purpose, str], int],
) -> bool:
    since = consents.get((purpose, event.room or ""))
    return event.subject is not None and since is not None and event.t >= since


def _events(
    db: sqlite_utils.Database, kind: type[events.Event], since: int, room: str | None = None
) -> list[events.AnyEvent]:
    rows = db.execute(
        "SELECT opened(body) FROM events WHERE kind = ? AND t >= ? AND coalesce(?, room) IS room "
        "ORDER BY t, number",
        (kind_of(kind), since, room),
    ).fetchall()
    return [events.decode(row[0].encode()) for row in rows]


def _newest(db: sqlite_utils.Database, kinds: list[str]) -> list[events.AnyEvent]:
    """Return the newest events of these kinds, oldest first: so many tell how it is now."""
    marks = ", ".join("?" * len(kinds))
    rows = db.execute(
        f"SELECT opened(body) FROM events WHERE kind IN ({marks}) "
        "ORDER BY t DESC, number DESC LIMIT ?",
        (*kinds, NEWEST),
    ).fetchall()
    return [events.decode(row[0].encode()) for row in reversed(rows)]
