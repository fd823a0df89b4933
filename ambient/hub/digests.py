"""A digest of each row, kept beside it: a disk that flips a bit is noticed, and the row is named.

Comes in: the connection that writes. Goes out: temporary triggers, which keep ``row_digests`` in
the same transaction as the row, whoever writes it; and what is not as it was written. Events carry
their digest in a column, since most of what is written are events. What the log of alarms proves
has none.

A digest is a CRC-32 (ISO 3309): it finds every flipped bit and every damaged run of up to 32. It
is no proof against forgers, who can write a digest too; that is what the log's chain is for.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
import sqlite_utils

from ambient.sqlite import writing

PROVED: Final = frozenset(
    {
        "alarm_log",
        "alarm_log_parts",
        "alarms",
        "events",
        "history",
        "house",
        "row_digests",
        "signals",
    }
)
"""Tables that follow from the log, that carry digests themselves, and the digests."""
_VERSIONS: Final = "SELECT component, version FROM schema_versions ORDER BY component"
_KEY_LETTERS: Final = 24
"""So much of a key is said: of whoever is signed in it is the hash of a secret."""
_ENCODER: Final = msgspec.json.Encoder()


class _Table(msgspec.Struct, frozen=True):
    name: str
    columns: list[str]
    key: list[str]

    def digest(self, row: str = "") -> str:
        return f"row_digest({', '.join(f'{row}{column}' for column in self.columns)})"

    def key_of(self, row: str = "") -> str:
        return " || ',' || ".join(f"quote({row}{column})" for column in self.key)


def digest(values: Sequence[object]) -> int:
    """Return the digest of a row's values, in the order of its columns."""
    return zlib.crc32(_ENCODER.encode(values))


def serve(connection: sqlite3.Connection) -> None:
    """Give a connection the function of this module."""
    connection.create_function("row_digest", -1, lambda *row: digest(row), deterministic=True)


def keep(db: sqlite_utils.Database) -> None:
    """Keep the digests of what this connection, which was served, writes from now on.

    A store of another version is taken as it is: its rows have other columns, or no digests.
    """
    if _version(db) != _kept_version(db):
        with writing(db):
            if _version(db) != _kept_version(db):
                _begin(db)
    for table in _tables(db):
        put = (
            f"INSERT INTO row_digests VALUES ('{table.name}', {table.key_of('NEW.')}, "
            f"{table.digest('NEW.')}) ON CONFLICT (of, row) DO UPDATE SET digest = excluded.digest;"
        )
        drop = (
            f"DELETE FROM row_digests WHERE of = '{table.name}' AND row = {table.key_of('OLD.')};"
        )
        for what, body in {"INSERT": put, "UPDATE": drop + put, "DELETE": drop}.items():
            db.execute(
                f"CREATE TEMP TRIGGER digest_{table.name}_{what.lower()} AFTER {what} "
                f"ON main.{table.name} BEGIN {body} END"
            )


def unlike(db: sqlite_utils.Database) -> str | None:
    """Return which row is not as it was written, in words, or nothing."""
    tables = _tables(db)
    for table in tables:
        key = table.key_of("t.")
        changed = (
            f"SELECT {key} FROM {table.name} t LEFT JOIN row_digests d ON d.of = ? "
            f"AND d.row = {key} WHERE d.digest IS NOT {table.digest('t.')} LIMIT 1"
        )
        missing = (
            "SELECT row FROM row_digests WHERE of = ? AND row NOT IN "
            f"(SELECT {table.key_of()} FROM {table.name}) LIMIT 1"
        )
        for asked, got in ((changed, "another"), (missing, "none")):
            found = db.execute(asked, (table.name,)).fetchone()
            if found is not None:
                row = f"row {_said(found[0])} of {table.name}"
                return f"expected {row} as it was written, got {got}"
    known = ", ".join(f"'{table.name}'" for table in tables)
    strange = db.execute(f"SELECT of FROM row_digests WHERE of NOT IN ('', {known})").fetchone()
    if strange is not None or _version(db) != _kept_version(db):
        return "expected digests of the tables that there are, got others"
    counted = db.execute(
        "SELECT name FROM sqlite_sequence WHERE name NOT IN "
        "(SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%')"
    ).fetchone()
    if counted is not None:
        return f"expected numbers of the tables that count their rows, got one of {counted[0]}"
    event = db.execute(
        "SELECT id FROM (SELECT id, digest, kind, node, room, chain, position, t, received, "
        "opened(body) AS said FROM events WHERE digest IS NOT NULL) WHERE said IS NOT NULL AND "
        "digest <> row_digest(id, kind, node, room, chain, position, t, received, said) LIMIT 1"
    ).fetchone()
    return None if event is None else f"expected event {event[0]} as it was written, got another"


def _begin(db: sqlite_utils.Database) -> None:
    db.execute("DELETE FROM row_digests")
    for table in _tables(db):
        db.execute(
            f"INSERT INTO row_digests SELECT '{table.name}', {table.key_of()}, {table.digest()} "
            f"FROM {table.name}"
        )
    db.execute("INSERT INTO row_digests VALUES ('', 'schema', ?)", (_version(db),))


def _version(db: sqlite_utils.Database) -> int:
    return digest([list(row) for row in db.execute(_VERSIONS).fetchall()])


def _kept_version(db: sqlite_utils.Database) -> int | None:
    row = db.execute("SELECT digest FROM row_digests WHERE of = ''").fetchone()
    return None if row is None else int(row[0])


def _tables(db: sqlite_utils.Database) -> list[_Table]:
    found = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "ORDER BY name"
    ).fetchall()
    tables = []
    for (name,) in found:
        if name in PROVED:
            continue
        columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall()
        key = [column for _, column in sorted((pk, column) for column, pk in columns if pk)]
        tables.append(_Table(name, [column for column, _ in columns], key))
    return tables


def _said(key: str) -> str:
    return key if len(key) <= _KEY_LETTERS else f"{key[:_KEY_LETTERS]}…"
