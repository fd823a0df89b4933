"""A hub that is years old answers like a new one: nothing it does again and again reads all of it.

Every statement of a shift is asked of SQLite for its plan: what is kept for ever may be searched,
and never be gone through from end to end. An index that holds only what is open stays short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ambient.events import QualityRestored
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import OnMyWay, Resolve, There
from ambient.hub.board import read_board
from ambient.hub.channels import queue
from ambient.hub.database import HubDatabase
from ambient.observations import View
from tests.hub.channels.kit import Bench, Scripted, bench
from tests.hub.kit import view

FOR_EVER = {
    "events",
    "alarms",
    "signals",
    "history",
    "alarm_log",
    "alarm_log_parts",
    "commands",
    "channel_queue",
    "salts",
}
SHORT = {"alarms_open", "alarms_due", "commands_open"}
"""Indices over what is open."""
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
_ALIAS = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+(\w+)(?:\s+(?:AS\s+)?(\w))?\b")


@contextmanager
def asked(database: HubDatabase) -> Iterator[set[str]]:
    """Gather the statements that `database` is asked."""
    found: set[str] = set()
    with database.write() as writer, database.read() as reader:
        both = (writer.conn, reader.conn)
    for connection in both:
        connection.set_trace_callback(found.add)
    yield found
    for connection in both:
        connection.set_trace_callback(None)


def gone_through(database: HubDatabase, statement: str) -> list[str]:
    """Return the tables kept for ever that `statement` goes through."""
    named = {alias or table: table for table, alias in _ALIAS.findall(statement)}
    with database.read() as db:
        plan = [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()]
    found = []
    for line in plan:
        scan = _SCAN.match(line)
        if scan is not None and scan[2] not in SHORT:
            found.append(named.get(scan[1], scan[1]))
    return [str(table) for table in found if table in FOR_EVER]


def _newest(statement: str) -> bool:
    """Whether it ends after one row, in the order in which rows are kept."""
    return statement.endswith("ORDER BY number DESC LIMIT 1")


def a_shift(bed: Bench, way: Scripted) -> None:
    enrolled = {"n-1": ["r1", "r2"]}
    bed.store.store("n-1", [view(QualityRestored, 1, View.OK)], bed.now())
    for room in ("r1", "r2"):
        alarm = bed.fall(10 if room == "r1" else 20, room)
        bed.step(3)
        bed.pass_time(60)
        bed.step(3)
        bed.store.decide(OnMyWay(condition=alarm, who="anna"), bed.now())
        bed.store.decide(There(condition=alarm, who="anna"), bed.now())
        bed.store.decide(Resolve(condition=alarm, who="anna", judgement=Judgement.FALL), bed.now())
        bed.step(3)
        read_board(bed.database, {}, enrolled, bed.now())
    bed.store.pause("r1", 60, "anna", bed.now())
    bed.store.silent({"n-1": bed.now()}, bed.now())
    read_board(bed.database, {}, enrolled, bed.now())
    bed.store.speak(["n-1"], bed.now())
    bed.store.pending(bed.now())
    bed.pass_time(3600)
    bed.store.expire(bed.now())
    bed.store.known_nodes()
    bed.step(3)


def test_a_shift_goes_through_nothing_that_is_kept_for_ever(tmp_path: Path) -> None:
    way = Scripted()
    with bench(tmp_path, lambda _: way) as bed:
        bed.fall(1)
        bed.store.due(bed.now())  # the log was begun and what is kept for good is known
        with asked(bed.database) as statements:
            a_shift(bed, way)
            with bed.database.read() as db:
                queue.given(db, "way")
        read = sorted(one for one in statements if one.split(" ", 1)[0] in _READING)
        assert len(read) > 40
        slow = {one: found for one in read if (found := gone_through(bed.database, one))}
        assert {one: found for one, found in slow.items() if not _newest(one)} == {}


_READING = ("SELECT", "UPDATE", "DELETE", "WITH")


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("SELECT body FROM signals WHERE channel = 'way'", "signals"),
        ("SELECT s.body FROM signals s JOIN alarms a ON a.id = s.condition", "signals"),
        ("UPDATE channel_queue SET due = 1 WHERE recipient = 'anna'", "channel_queue"),
    ],
)
def test_a_statement_that_does_is_found(tmp_path: Path, statement: str, table: str) -> None:
    with bench(tmp_path, lambda _: Scripted()) as bed:
        assert gone_through(bed.database, statement) == [table]
