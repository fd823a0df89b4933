"""The state of all alarms within one transaction that changes it: read once, written at the end.

Comes in: a database within a transaction. Goes out: cases, from memory where they were read or put
before; rows, when `flush` is called, of each case and signal as it is then. What is asked for that
spans many cases is flushed first and read from the database. A book lives no longer than its
transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import sqlite_utils

from ambient.hub.alarms.book import Case, House, Report
from ambient.hub.alarms.condition import AlarmState, Condition, Entry
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.alarms.led import Led
from ambient.hub.alarms.signal import Signal
from ambient.hub.casebook import CaseBook, encode, words_of
from ambient.hub.people import vault
from ambient.hub.rows import AMONG, listed

_TECHNICAL: Final = words_of(TECHNICAL)
_ALARM: Final = (
    "INSERT INTO alarms (id, key, kind, node, room, state, since, resolved, body, due) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, sealed(?, ?), ?) ON CONFLICT (id) DO UPDATE SET "
    "state = excluded.state, since = excluded.since, resolved = excluded.resolved, "
    "body = excluded.body, due = excluded.due"
)
_SIGNAL: Final = (
    "INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "due = excluded.due, withdrawn = excluded.withdrawn, body = excluded.body"
)
_HISTORY: Final = "INSERT INTO history (alarm, at, what, who, reason) VALUES (?, ?, ?, ?, ?)"


class WorkBook(CaseBook):
    """A book over a database within a transaction, for whoever writes."""

    def __init__(self, db: sqlite_utils.Database) -> None:
        super().__init__(db)
        self._house: House | None = None
        self._house_put = False
        self._known: dict[str, Case | None] = {}
        self._open: dict[str, str | None] = {}
        """Key ► id of the condition that is not ended; None when there is none."""
        self._led: Led | None = None
        """Of the technical conditions that are not ended, once they were asked for."""
        self._put: dict[str, tuple[Condition, int | None]] = {}
        self._signals_put: dict[str, Signal] = {}
        self._history: list[tuple[object, ...]] = []
        self._entered: set[str] = set()

    # -- reading ---------------------------------------------------------------------------

    def house(self) -> House:
        """Return what is true of the whole house."""
        if self._house is None:
            self._house = super().house()
        return self._house

    def case(self, condition: str) -> Case | None:
        """Return the case of a condition's id, if there is one."""
        if condition not in self._known:
            self._known[condition] = super().case(condition)
        return self._known[condition]

    def look_up(self, conditions: Collection[str]) -> None:
        """Read the cases of these ids at once; of the others it is known that there are none."""
        unknown = [one for one in dict.fromkeys(conditions) if one not in self._known]
        if not unknown:
            return
        self._cases(f"id {AMONG}", (listed(unknown),))
        for one in unknown:
            self._known.setdefault(one, None)

    def open_case(self, key: str) -> Case | None:
        """Return the case of a key whose condition is not ended, if there is one."""
        if key not in self._open:
            case = super().open_case(key)
            self._open[key] = None if case is None else case.condition.id
        condition = self._open[key]
        return None if condition is None else self.case(condition)

    def is_open(self, key: str) -> bool:
        """Return whether there is a condition of `key` that is not ended."""
        return self.open_case(key) is not None

    def open_cases(self) -> list[Case]:
        """Return all cases whose condition is not ended, by id."""
        self.flush()
        return super().open_cases()

    def leading_cases(self) -> list[Case]:
        """Return those of them that are technical and that no other stands for."""
        return self._read(self._technical().by(None))

    def led_cases(self, leader: str) -> list[Case]:
        """Return those that the condition of this id stands for."""
        return self._read(self._technical().by(leader))

    def cases_of(self, node: str) -> list[Case]:
        """Return those that are technical and about `node`."""
        self.flush()
        return self._cases(f"node = ? AND state <> 'resolved' AND kind IN ({_TECHNICAL})", (node,))

    def due_cases(self, now: int) -> list[Case]:
        """Return those of them with something due by `now` (ns)."""
        self.flush()
        return super().due_cases(now)

    def signal(self, signal: str) -> Signal | None:
        """Return a signal, withdrawn or not, if there is one of this id."""
        found = self._signals_put.get(signal)
        return super().signal(signal) if found is None else found

    def signals(self, condition: str) -> list[Signal]:
        """Return every signal that a condition ever had, in order."""
        self.flush()
        return super().signals(condition)

    # -- writing ---------------------------------------------------------------------------

    def put_house(self, house: House) -> None:
        """Keep what is true of the whole house."""
        self._house, self._house_put = house, True

    def put(self, case: Case, entries: Iterable[Entry], due: int | None) -> None:
        """Keep a case, append to its history, and keep when (ns) something is due."""
        condition = case.condition
        before = self.case(condition.id)
        kept = {} if before is None else {one.id: one for one in before.signals}
        for signal in case.signals:
            if kept.get(signal.id) != signal:
                self._signals_put[signal.id] = signal
        for entry in entries:
            reason = None if entry.reason is None else entry.reason.value
            self._history.append((condition.id, entry.at, entry.what.value, entry.who, reason))
        self._put[condition.id] = (condition, due)
        given = [one for one in case.signals if one.withdrawn is None]
        self._remember(Case(condition=condition, signals=given))

    def put_signal(self, signal: Signal) -> None:
        """Keep what became of a signal that its case does not hold any more."""
        self._signals_put[signal.id] = signal

    def put_report(self, report: Report) -> None:
        """Keep a report."""
        self._db.execute("INSERT INTO not_reported (body) VALUES (?)", (encode(report),))

    def purge(self, before: int) -> int:
        """Forget what was resolved before an instant (ns); return how many conditions."""
        self.flush()
        self._known.clear()
        self._open.clear()
        done = self._db.execute(
            "DELETE FROM alarms WHERE state = 'resolved' AND resolved < ?", (before,)
        )
        return int(done.rowcount)

    def enter(self, subject: str) -> None:
        """Give `subject` a key when they have none."""
        if subject not in self._entered:
            vault.enter(self._db, subject)
            self._entered.add(subject)

    def flush(self) -> None:
        """Write what was put since the last time."""
        if self._house_put:
            assert self._house is not None, "it was put"
            row = (encode(self._house),)
            self._db.execute("INSERT OR REPLACE INTO house VALUES (1, ?)", row)
            self._house_put = False
        if not self._put and not self._signals_put:
            return
        for condition, _ in self._put.values():
            if condition.subject is not None:
                self.enter(condition.subject)
        connection = self._db.conn
        # In the order of the first change: what ended stands before what opened under its key.
        connection.executemany(_ALARM, [_alarm(*one) for one in self._put.values()])
        connection.executemany(_HISTORY, self._history)
        connection.executemany(_SIGNAL, [_signal(one) for one in self._signals_put.values()])
        self._put.clear()
        self._history.clear()
        self._signals_put.clear()

    def _cases(self, where: str, values: tuple[object, ...] = ()) -> list[Case]:
        cases = super()._cases(where, values)
        for case in cases:
            # Memory may be ahead of the rows; what was flushed is the same in both.
            if case.condition.id not in self._known:
                self._remember(case)
        known = (self._known[case.condition.id] for case in cases)
        return [case for case in known if case is not None]

    def _remember(self, case: Case) -> None:
        condition = case.condition
        self._known[condition.id] = case
        if condition.open:
            self._open[condition.key] = condition.id
        elif self._open.get(condition.key) == condition.id:
            self._open[condition.key] = None
        if self._led is not None:
            self._led.note(condition)

    def _technical(self) -> Led:
        if self._led is None:
            self.flush()
            # Of a thousand only those that lead are decoded.
            self._led = Led(
                self._db.execute(
                    "SELECT id, json_extract(opened(body), '$.leader') FROM alarms "
                    f"WHERE state <> 'resolved' AND kind IN ({_TECHNICAL})"
                ).fetchall()
            )
        return self._led

    def _read(self, conditions: Sequence[str]) -> list[Case]:
        self.look_up(conditions)
        found = (self.case(condition) for condition in conditions)
        return [case for case in found if case is not None]


def _alarm(condition: Condition, due: int | None) -> tuple[object, ...]:
    resolved = condition.state is AlarmState.RESOLVED
    return (
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
    )


def _signal(signal: Signal) -> tuple[object, ...]:
    return (
        signal.id,
        signal.condition,
        signal.number,
        signal.channel,
        signal.due,
        signal.withdrawn,
        encode(signal),
    )
