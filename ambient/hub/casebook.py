"""The state of all alarms in SQLite: `alarms.book.Book` over one transaction of the hub's database.

Comes in: a database within a transaction. Goes out: cases, and rows. It decides nothing, commits
nothing and reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec
import sqlite_utils

from ambient.hub.alarms.book import Case, House, Report
from ambient.hub.alarms.condition import AlarmState, Condition, Deed, Entry, Judgement
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.alarms.signal import Signal
from ambient.hub.people import vault

Kept = TypeVar("Kept", Condition, Signal, House, Report)

_TECHNICAL = ", ".join(sorted(f"'{kind.value}'" for kind in TECHNICAL))
"""In SQL; the words are the project's own."""


class CaseBook:
    """A book over a database within a transaction."""

    def __init__(self, db: sqlite_utils.Database) -> None:
        self._db = db

    def house(self) -> House:
        """Return what is true of the whole house."""
        row = self._db.execute("SELECT body FROM house").fetchone()
        return House() if row is None else _house(row[0])

    def put_house(self, house: House) -> None:
        """Keep what is true of the whole house."""
        self._db.execute("INSERT OR REPLACE INTO house VALUES (1, ?)", (encode(house),))

    def case(self, condition: str) -> Case | None:
        """Return the case of a condition's id, if there is one."""
        return self._first("id = ?", (condition,))

    def open_case(self, key: str) -> Case | None:
        """Return the case of a key whose condition is not ended, if there is one."""
        return self._first("key = ? AND state <> 'resolved'", (key,))

    def open_cases(self) -> list[Case]:
        """Return all cases whose condition is not ended, by id."""
        return self._cases("state <> 'resolved'")

    def technical_cases(self) -> list[Case]:
        """Return those of them that are technical."""
        return self._cases(f"state <> 'resolved' AND kind IN ({_TECHNICAL})")

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

    def put(self, case: Case, entries: Iterable[Entry], due: int | None) -> None:
        """Keep a case, append to its history, and keep when (ns) something is due."""
        condition = case.condition
        resolved = condition.state is AlarmState.RESOLVED
        if condition.subject is not None:
            vault.enter(self._db, condition.subject)
        self._db.execute(
            "INSERT INTO alarms (id, key, kind, node, room, state, since, resolved, body, due) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, sealed(?, ?), ?) ON CONFLICT (id) DO UPDATE SET "
            "state = excluded.state, since = excluded.since, resolved = excluded.resolved, "
            "body = excluded.body, due = excluded.due",
            (
                condition.id,
                condition.key,
                condition.kind.value,
                condition.node,
                condition.room,
                condition.state.value,
                condition.since,
                condition.resolved_at if resolved else None,
                condition.subject,
                encode(condition),
                due,
            ),
        )
        for entry in entries:
            reason = None if entry.reason is None else entry.reason.value
            self._db.execute(
                "INSERT INTO history (alarm, at, what, who, reason) VALUES (?, ?, ?, ?, ?)",
                (condition.id, entry.at, entry.what.value, entry.who, reason),
            )
        for signal in case.signals:
            self.put_signal(signal)

    def put_signal(self, signal: Signal) -> None:
        """Keep what became of a signal."""
        self._db.execute(
            "INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "due = excluded.due, withdrawn = excluded.withdrawn, body = excluded.body",
            (
                signal.id,
                signal.condition,
                int(signal.id.rsplit(":", 1)[1]),
                signal.channel,
                signal.due,
                signal.withdrawn,
                encode(signal),
            ),
        )

    def put_report(self, report: Report) -> None:
        """Keep a report."""
        self._db.execute("INSERT INTO not_reported (body) VALUES (?)", (encode(report),))

    def reports(self) -> list[Report]:
        """Return all reports, oldest first."""
        found = self._db.execute("SELECT body FROM not_reported ORDER BY number").fetchall()
        return [decode(row[0], Report) for row in found]

    def purge(self, before: int) -> int:
        """Forget what was resolved before an instant (ns); return how many conditions."""
        done = self._db.execute(
            "DELETE FROM alarms WHERE state = 'resolved' AND resolved < ?", (before,)
        )
        return int(done.rowcount)

    def _first(self, where: str, values: tuple[object, ...]) -> Case | None:
        found = self._cases(where, values)
        return found[0] if found else None

    def _cases(self, where: str, values: tuple[object, ...] = ()) -> list[Case]:
        found = self._db.execute(
            f"SELECT opened(body) FROM alarms WHERE {where} ORDER BY id", values
        ).fetchall()
        cases = []
        for row in found:
            condition = decode(row[0], Condition)
            given = self._db.execute(
                "SELECT body FROM signals WHERE condition = ? AND withdrawn IS NULL "
                "ORDER BY number",
                (condition.id,),
            ).fetchall()
            signals = [decode(one[0], Signal) for one in given]
            cases.append(Case(condition=condition, signals=signals))
        return cases


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
