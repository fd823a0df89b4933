"""What the store holds beside the log of alarms, held against it: events, history, the file itself.

Comes in: a database, the log's lines one by one, the book that follows from all of them. Goes out:
what is not as it should be, in words, or nothing. What was deleted since is not asked for. What
stands in no line is held against its digest (`digests`).
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import sqlite_utils

from ambient import events
from ambient.events import AnyEvent
from ambient.hub import schema
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.condition import Condition, Entry
from ambient.hub.alarms.inputs import AnyInput, Heard
from ambient.hub.alarms.signal import Signal
from ambient.hub.casebook import entry_of
from ambient.sqlite import TROUBLES, open_database

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_ROW = (
    "SELECT kind, node, room, chain, position, t, received, opened(body) FROM events WHERE id = ?"
)


def damage(db: sqlite_utils.Database) -> str | None:
    """Return what is wrong with the file: pages, indexes, types."""
    try:
        said = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
        said = _strange_types(db) or said
    except TROUBLES as error:
        said = str(error)
    return None if said == "ok" else f"expected a whole database, got one that is damaged: {said}"


def _strange_types(db: sqlite_utils.Database) -> str | None:
    """Return which table holds another type than a column is declared with: SQLite takes any."""
    declared: dict[str, list[str]] = {}
    for table, column, kind in db.execute(
        "SELECT m.name, c.name, lower(c.type) FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    ).fetchall():
        declared.setdefault(table, []).append(f"typeof(\"{column}\") NOT IN ('{kind}', 'null')")
    for table, strange in declared.items():
        if db.execute(f'SELECT 1 FROM "{table}" WHERE {" OR ".join(strange)} LIMIT 1').fetchone():
            return f"a value in {table} is of another type than its column"
    return None


def unlike_schema(db: sqlite_utils.Database) -> str | None:
    """Return which table, index or trigger of the file is not as this version makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        with closing(open_database(path, schema.all_migrations())) as new:
            expected = set(new.execute(_SCHEMA).fetchall())
    strange = set(db.execute(_SCHEMA).fetchall()) ^ expected
    if not strange:
        return None
    kind, name = min((str(row[0]), str(row[1])) for row in strange)
    return f"expected {kind} {name} as this version makes it, got another"


def unlike_event(db: sqlite_utils.Database, given: AnyInput, at: int) -> str | None:
    """Return how the event of a line, heard at `at` (ns), differs from the one that is kept."""
    if not isinstance(given, Heard):
        return None
    event = given.event
    found = db.execute(_ROW, (event.id,)).fetchone()
    if found is None:
        return None  # deleted when its time was over
    expected = (
        events.kind_of(event),
        *(event.node, event.room, event.chain, event.position, event.t, at),
    )
    if tuple(found[:-1]) != expected or _decoded(str(found[-1])) != event:
        return f"expected event {event.id} as the log has it, got another"
    return None


def unlike_columns(condition: Condition, due: int | None, columns: tuple[object, ...]) -> bool:
    """Return whether the columns of an alarm, by which it is looked for, are not those of it."""
    return columns != (
        *(condition.key, condition.kind.value, condition.node, condition.room),
        *(condition.state.value, condition.since, condition.resolved_at, due),
    )


def unlike_columns_of_signal(signal: Signal, columns: tuple[object, ...]) -> bool:
    """Return whether the columns of a signal, by which it is looked for, are not those of it."""
    return columns != (
        *(signal.condition, signal.number, signal.channel),
        *(signal.due, signal.withdrawn),
    )


def unlike_history(db: sqlite_utils.Database, book: MemoryBook) -> str | None:
    """Return how the history of an alarm differs from what follows from the log."""
    kept: dict[str, list[tuple[object, ...]]] = {}
    for alarm, *line in db.execute(
        "SELECT alarm, at, what, who, reason FROM history ORDER BY alarm, number"
    ).fetchall():
        kept.setdefault(str(alarm), []).append(tuple(line))
    for alarm, lines in book.history.items():
        rows = kept.pop(alarm, [])
        # A store that is older than its log has more, and first.
        if [_entry(row) for row in rows[len(rows) - len(lines) :]] != lines:
            return f"expected the history of alarm {alarm} as it follows from the log, got another"
    strange = kept.keys() - book.conditions.keys()
    return (
        f"expected no history of {min(strange)}, which is no alarm, got some" if strange else None
    )


def _decoded(body: str) -> AnyEvent | None:
    try:
        return events.decode(body.encode())
    except msgspec.MsgspecError:
        return None


def _entry(row: tuple[object, ...]) -> Entry | None:
    try:
        return entry_of(*row)  # type: ignore[arg-type]
    except ValueError:
        return None
