"""The state of all alarms in SQLite, for whoever reads it; `workbook` is for whoever writes.

Comes in: a database within a transaction. Goes out: cases, signals, the house. It decides nothing,
commits nothing and reads no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec
import sqlite_utils

from ambient.hub.alarms.book import Case, House, Report
from ambient.hub.alarms.condition import Condition, Deed, Entry, Judgement
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import Signal

Kept = TypeVar("Kept", Condition, Signal, House, Report)


def words_of(kinds: Collection[AlarmKind]) -> str:
    """Return `kinds` as a list in SQL; the words are the project's own."""
    return ", ".join(sorted(f"'{kind.value}'" for kind in kinds))


class CaseBook:
    """A book over a database within a transaction."""

    def __init__(self, db: sqlite_utils.Database) -> None:
        self._db = db

    def house(self) -> House:
        """Return what is true of the whole house."""
        row = self._db.execute("SELECT body FROM house").fetchone()
        return House() if row is None else _house(row[0])

    def case(self, condition: str) -> Case | None:
        """Return the case of a condition's id, if there is one."""
        return self._first("id = ?", (condition,))

    def open_case(self, key: str) -> Case | None:
        """Return the case of a key whose condition is not ended, if there is one."""
        return self._first("key = ? AND state <> 'resolved'", (key,))

    def open_cases(self) -> list[Case]:
        """Return all cases whose condition is not ended, by id."""
        return self._cases("state <> 'resolved'")

    def due_cases(self, now: int) -> list[Case]:
        """Return those of them with something due by `now` (ns)."""
        return self._cases("due <= ?", (now,))

    def signal(self, signal: str) -> Signal | None:
        """Return a signal, withdrawn or not, if there is one of this id."""
        row = self._db.execute("SELECT body FROM signals WHERE id = ?", (signal,)).fetchone()
        return None if row is None else decode(row[0], Signal)

    def signals(self, condition: str) -> list[Signal]:
        """Return every signal that a condition ever had, in order."""
        found = self._db.execute(
            "SELECT body FROM signals WHERE condition = ? ORDER BY number", (condition,)
        ).fetchall()
        return [decode(row[0], Signal) for row in found]

    def due_signals(self, channels: Sequence[str]) -> list[Signal]:
        """Return what these channels have still to send, or to say what became of it."""
        marks = ", ".join("?" * len(channels))
        found = self._db.execute(
            f"SELECT body FROM signals WHERE due AND channel IN ({marks}) "
            "ORDER BY condition, number",
            tuple(channels),
        ).fetchall()
        return [decode(row[0], Signal) for row in found]

    def reports(self) -> list[Report]:
        """Return all reports, oldest first."""
        found = self._db.execute("SELECT body FROM not_reported ORDER BY number").fetchall()
        return [decode(row[0], Report) for row in found]

    def _first(self, where: str, values: tuple[object, ...]) -> Case | None:
        found = self._cases(where, values)
        return found[0] if found else None

    def _cases(self, where: str, values: tuple[object, ...] = ()) -> list[Case]:
        found = self._db.execute(
            # The plus: for an order by the key SQLite would read all alarms that ever were.
            f"SELECT id, opened(body) FROM alarms WHERE {where} ORDER BY +id",
            values,
        ).fetchall()
        given: dict[str, list[Signal]] = {condition: [] for condition, _ in found}
        for condition, body in self._db.execute(
            "SELECT condition, body FROM signals WHERE withdrawn IS NULL AND condition IN "
            f"(SELECT id FROM alarms WHERE {where}) ORDER BY condition, number",
            values,
        ).fetchall():
            given[condition].append(decode(body, Signal))
        return [
            Case(condition=decode(body, Condition), signals=given[condition])
            for condition, body in found
        ]


@lru_cache(maxsize=4)
def _house(body: str) -> House:
    """Return the house of its column; rules and rota are long, and asked for with every input."""
    return decode(body, House)


def history_of(db: sqlite_utils.Database, condition: str) -> list[Entry]:
    """Return a condition's history, oldest line first."""
    found = db.execute(
        "SELECT at, what, who, reason FROM history WHERE alarm = ? ORDER BY at, number",
        (condition,),
    ).fetchall()
    return [entry_of(*line) for line in found]


def entry_of(at: int, what: str, who: str | None, reason: str | None) -> Entry:
    """Return a line of history from its columns."""
    said = None if reason is None else Judgement(reason)
    return Entry(at=at, what=Deed(what), who=who, reason=said)


def encode(kept: Condition | Signal | House | Report) -> str:
    """Return what a body column holds."""
    return msgspec.json.encode(kept).decode()


def decode(body: str, kind: type[Kept]) -> Kept:
    """Return what a body column held."""
    return msgspec.json.decode(body, type=kind)
