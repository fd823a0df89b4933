"""The log of alarms in SQLite: lines are appended within the transaction that they describe.

Comes in: inputs with what they led to. Goes out: rows that no statement changes or deletes, chained
by hashes; and a verdict on a whole log, which names the first line that is wrong. A subject's salt
is made here, when the subject first occurs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import sqlite_utils
from msgspec import MsgspecError, Struct

from ambient.hub import digests, proof
from ambient.hub.alarms import chain, log, system
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.chain import Broken, Line, Verdict
from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.inputs import AnyInput, Begin
from ambient.hub.alarms.keeper import Outcome
from ambient.hub.alarms.log import Entry
from ambient.hub.casebook import CaseBook, decode, encode
from ambient.hub.workbook import WorkBook

_LINES = (
    "SELECT l.number, l.at, l.body, l.seal, l.hash, p.subject, opened(p.body) FROM alarm_log l "
    "LEFT JOIN alarm_log_parts p ON p.number = l.number ORDER BY l.number"
)


_ALARMS = (
    "SELECT id, opened(body), key, kind, node, room, state, since, resolved, due "
    "FROM alarms ORDER BY id"
)
_SIGNALS = "SELECT id, body, condition, number, channel, due, withdrawn FROM signals ORDER BY id"
_LINE = "INSERT INTO alarm_log VALUES (?, ?, ?, ?, ?)"
_PART = "INSERT INTO alarm_log_parts VALUES (?, subject_tag(?2), sealed(?2, ?3))"


class Ledger:
    """The log within one transaction: its end is read once, its new lines are written together.

    Parameters
    ----------
    db
        A database within a transaction.
    book
        The state that the lines lead to.
    """

    def __init__(self, db: sqlite_utils.Database, book: WorkBook) -> None:
        self._db = db
        self._book = book
        self._end: tuple[int, str] | None = None
        """Number and hash of the last line, once they were asked for."""
        self._lines: list[tuple[object, ...]] = []
        self._parts: list[tuple[object, ...]] = []
        self._salts: dict[str, bytes] = {}

    def apply(self, given: AnyInput, now: int) -> Outcome:
        """Take in one input at `now` (ns): rules, state and log; `flush` writes them.

        What a person did is logged even when it changed nothing; what the house said, only when it
        did.

        Raises
        ------
        UsageError
            When a person asked for what cannot be.
        """
        if self._end is None:
            self._end = self._found()
            if self._end[0] == 0:
                self._import(now)
        subject = _subject(self._book, given)
        outcome = system.apply(self._book, given, now)
        if outcome.changed or outcome.effects or getattr(given, "who", None) is not None:
            self._append(Entry(given=given, effects=outcome.effects), subject, now)
        return outcome

    def flush(self) -> None:
        """Write state and lines."""
        self._book.flush()
        if self._lines:
            self._db.conn.executemany(_LINE, self._lines)
            self._db.conn.executemany(_PART, self._parts)
            self._lines.clear()
            self._parts.clear()

    def _found(self) -> tuple[int, str]:
        row = self._db.execute(
            "SELECT number, hash FROM alarm_log ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return (0, chain.FIRST) if row is None else (int(row[0]), str(row[1]))

    def _append(self, entry: Entry, subject: str | None, now: int) -> None:
        assert self._end is not None, "whoever appends has looked for the end"
        number, previous = self._end[0] + 1, self._end[1]
        written = log.write(entry, subject)
        seal = ""
        if written.subject is not None and written.sealed is not None:
            self._book.enter(written.subject)
            seal = chain.seal(self._salt(written.subject), written.sealed)
            self._parts.append((number, written.subject, written.sealed))
        line = chain.digest(previous, number, now, written.body, seal)
        self._lines.append((number, now, written.body, seal, line))
        self._end = (number, line)

    def _import(self, now: int) -> None:
        """Begin a log with what an earlier version held, each subject's in its own line."""
        found = self._db.execute("SELECT opened(body) FROM alarms ORDER BY id").fetchall()
        for row in found:
            condition = decode(row[0], Condition)
            given = Begin(rules=self._book.house().rules, conditions=[condition])
            outcome = system.apply(self._book, given, now)
            self._append(Entry(given=given, effects=outcome.effects), condition.subject, now)

    def _salt(self, subject: str) -> bytes:
        known = self._salts.get(subject)
        if known is None:
            self._salts[subject] = known = _salt(self._db, subject)
        return known


def lines(db: sqlite_utils.Database) -> Iterator[Line]:
    """Yield all lines in order."""
    for number, at, body, seal, hashed, subject, sealed in db.execute(_LINES):
        yield Line(
            number=number,
            at=at,
            body=body,
            seal=seal,
            hash=hashed,
            subject=subject,
            sealed=sealed,
        )


def verify(db: sqlite_utils.Database) -> Verdict:
    """Check the file and the chain, then whether what the store holds follows from the log."""
    why = proof.damage(db)
    if why is not None:
        return Verdict(lines=0, head=chain.FIRST, erased=0, broken=Broken(number=0, why=why))
    salts = {
        subject: bytes(salt) for subject, salt in db.execute("SELECT subject, salt FROM salts")
    }
    erased = [row[0] for row in db.execute("SELECT subject FROM erasures").fetchall()]
    verdict = chain.verify(lines(db), salts, erased)
    if verdict.broken is not None:
        return verdict
    unlike = None if verdict.erased or not verdict.lines else _unlike(db)
    if unlike is None and (why := digests.unlike(db) or proof.unlike_schema(db)) is not None:
        unlike = _Unlike(verdict.lines, why)
    return verdict if unlike is None else _broken(verdict, unlike)


class _Unlike(Struct, frozen=True):
    number: int
    why: str


def _broken(verdict: Verdict, why: _Unlike) -> Verdict:
    return Verdict(
        lines=verdict.lines,
        head=verdict.head,
        erased=verdict.erased,
        broken=Broken(number=why.number, why=why.why),
    )


def _unlike(db: sqlite_utils.Database) -> _Unlike | None:
    """Return how the state in the store differs from what follows from the log, if it does."""
    number = 0
    why: str | None
    try:
        book: MemoryBook = MemoryBook()
        for line in lines(db):
            number = line.number
            entry = log.read(line)
            if entry is None:
                continue
            if not log.follows(entry, line.at, book):
                why = "expected the effects that follow from the lines before, got others"
                return _Unlike(number, why)
            why = proof.unlike_event(db, entry.given, line.at)
            if why is not None:
                return _Unlike(number, why)
    except MsgspecError as error:
        return _Unlike(number, f"expected a line of the log, got something else: {error}")
    kept = set()
    for key, body, *columns in db.execute(_ALARMS).fetchall():
        kept.add(key)
        condition = book.conditions.get(key)
        if (
            condition is None
            or encode(condition) != body
            or proof.unlike_columns(condition, book.due_of(key), tuple(columns))
        ):
            return _Unlike(number, f"expected alarm {key} as it follows from the log, got another")
    for key in book.conditions.keys() - kept:
        return _Unlike(number, f"expected alarm {key}, which follows from the log, got none")
    for key, body, *columns in db.execute(_SIGNALS).fetchall():
        signal = book.signals.get(key)
        if (
            signal is None
            or encode(signal) != body
            or proof.unlike_columns_of_signal(signal, tuple(columns))
        ):
            return _Unlike(number, f"expected signal {key} as it follows from the log, got another")
    if CaseBook(db).house() != book.house():
        return _Unlike(number, "expected rules, snoozes and staff as they follow from the log")
    why = proof.unlike_history(db, book)
    return None if why is None else _Unlike(number, why)


def _subject(book: WorkBook, given: AnyInput) -> str | None:
    named = getattr(given, "condition", None)
    if named is None:
        return log.subject_of(given)
    case = book.case(named)
    return None if case is None else case.condition.subject


def _salt(db: sqlite_utils.Database, subject: str) -> bytes:
    row = db.execute("SELECT salt FROM salts WHERE subject = subject_tag(?)", (subject,)).fetchone()
    if row is not None:
        return bytes(row[0])
    salt = secrets.token_bytes(chain.SALT_BYTES)
    db.execute("INSERT INTO salts VALUES (subject_tag(?), ?)", (subject, salt))
    return salt
