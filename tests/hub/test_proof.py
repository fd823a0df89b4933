"""A byte that is flipped in the hub's file is found by `verify`, and what it hit is named."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from ambient import events
from ambient.errors import StoreError
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import Begin, OnMyWay, Purge, Resolve
from ambient.hub.alarms.rules import Rules
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from tests.hub.kit import NS, event, fall
from tests.hub.test_alarm_log import of, without_triggers

FALLS = 8


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's file with falls of somebody known and of strangers, judged and open."""
    path = tmp_path_factory.mktemp("whole") / "hub.db"
    with HubDatabase(path) as database:
        store = Store(database)
        store.decide(Begin(rules=Rules()), NS)
        for number in range(FALLS):
            life = fall(1000 + 100 * number, 3, room=f"r{number}")
            store.store("n-1", of("s-00aa", life) if number % 2 else life, life[-1].t)
            store.decide(OnMyWay(condition=life[0].chain, who="anna"), life[-1].t + NS)
            if number < FALLS - 2:
                judged = Resolve(condition=life[0].chain, who="anna", judgement=Judgement.FALL)
                store.decide(judged, life[-1].t + 9 * NS)
        assert store.verify().broken is None
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def said_of(path: Path) -> str:
    """Return what is found wrong with a hub's file; nothing when nothing is."""
    try:
        with HubDatabase(path) as database:
            broken = Store(database).verify().broken
    except StoreError as error:
        return str(error)
    return "" if broken is None else broken.why


def flipped(file: Path, folder: Path, at: int, bit: int) -> Path:
    """Return a copy of a hub's file with one bit flipped."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1 << bit
    copy = folder / "hub.db"
    copy.write_bytes(data)
    for beside in file.parent.glob("*.key"):
        (folder / beside.name).write_bytes(beside.read_bytes())
    return copy


VALUES = [
    ("alarm_log", "body"),
    ("alarm_log", "hash"),
    ("alarm_log_parts", "body"),
    ("alarms", "body"),
    ("alarms", "id"),
    ("events", "body"),
    ("events", "chain"),
    ("events", "id"),
    ("history", "alarm"),
    ("history", "what"),
    ("signals", "body"),
]


@pytest.mark.parametrize(("table", "column"), VALUES)
def test_a_flipped_bit_of_a_value_is_found_and_named(
    file: Path, tmp_path: Path, table: str, column: str
) -> None:
    with sqlite3.connect(file) as connection:
        values = [str(row[0]) for row in connection.execute(f"SELECT {column} FROM {table}")]
    connection.close()
    data, random_ = file.read_bytes(), random.Random(f"{table} {column}")
    for _ in range(12):
        value = random_.choice(values)[:60].encode()
        at = data.index(value) + random_.randrange(len(value))
        said = said_of(flipped(file, tmp_path, at, random_.randrange(7)))
        assert said.startswith("expected") or "hub.db" in said, (value, said)


def test_a_file_that_nobody_touched_is_whole(file: Path, tmp_path: Path) -> None:
    copy = flipped(file, tmp_path, 0, 0)
    copy.write_bytes(file.read_bytes())
    assert said_of(copy) == ""


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ("UPDATE events SET t = t + 1 WHERE number = 2", "expected event "),
        ("UPDATE events SET room = 'r9' WHERE number = 2", "expected event "),
        ("UPDATE events SET received = 0 WHERE number = 4", "expected event "),
        ("UPDATE history SET who = 'ben' WHERE number = 3", "expected the history of alarm "),
        ("UPDATE history SET at = at - 1 WHERE number = 3", "expected the history of alarm "),
        ("DELETE FROM history WHERE number = 3", "expected the history of alarm "),
        (
            "INSERT INTO history VALUES (999, 'x', 1, 'fall', NULL, NULL)",
            "expected no history of x",
        ),
        ("UPDATE alarms SET resolved = 1 WHERE state = 'resolved'", "expected alarm "),
        ("UPDATE signals SET withdrawn = NULL, due = 1", "expected signal "),
    ],
)
def test_what_was_forged_beside_the_log_is_named(
    file: Path, tmp_path: Path, forged: str, why: str
) -> None:
    copy = flipped(file, tmp_path, 0, 0)
    copy.write_bytes(file.read_bytes())
    with without_triggers(copy) as connection:
        connection.execute(forged)
    connection.close()
    assert said_of(copy).startswith(why)


def test_what_was_deleted_when_its_time_was_over_is_not_missed(tmp_path: Path) -> None:
    with HubDatabase(tmp_path / "hub.db") as database:
        store = Store(database)
        life = fall(1000, 3)
        store.store("n-1", [*life, event(events.NodeStarted, 2000, room=None)], 2000 * NS)
        judged = Resolve(condition=life[0].chain, who="anna", judgement=Judgement.FALL)
        store.decide(judged, 2100 * NS)
        store.decide(Purge(before=3000 * NS), 3000 * NS)
        store.purge(3000 * NS, 3000 * NS)
        assert store.verify().broken is None
