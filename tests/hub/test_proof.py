"""A byte that is flipped in the hub's file is found by `verify`, and what it hit is named."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ambient import events
from ambient.errors import StoreError
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import Begin, OnMyWay, Purge, Resolve
from ambient.hub.alarms.rules import Rules
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Role
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.observations import View
from tests.hub.kit import HASHER, NS, PASSWORD, enrol, event, fall, view
from tests.hub.test_alarm_log import of, without_triggers

FALLS = 8
FLIPS = int(os.environ.get("AMBIENT_FLIPS", "60"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's file: falls of somebody known and of strangers, judged and open, and much else."""
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
        store.store("n-1", [event(events.NodeClockStepped, 2100, room=None, step_s=1.5)], 3000 * NS)
        store.store("n-1", [view(events.QualityRestored, 2200, View.OK)], 3000 * NS)
        enrol(Registry(database), "n-1", ["r1", "r2"])
        store.pause("r1", 600, "anna", 3000 * NS)
        Accounts(database, HASHER).add_user("anna", PASSWORD, Role.CARER, NS)
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


def _content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


VALUES = [
    ("alarm_log", "body"),
    ("alarm_log", "hash"),
    ("alarm_log_parts", "body"),
    ("alarms", "body"),
    ("alarms", "id"),
    ("commands", "command"),
    ("enrolled_keys", "key"),
    ("events", "body"),
    ("events", "chain"),
    ("events", "id"),
    ("history", "alarm"),
    ("history", "what"),
    ("row_digests", "row"),
    ("signals", "body"),
    ("sqlite_master", "sql"),
    ("users", "hash"),
    ("views", "body"),
]


@pytest.mark.parametrize(("table", "column"), VALUES)
def test_a_flipped_bit_of_a_value_is_found_and_named(
    file: Path, tmp_path: Path, table: str, column: str
) -> None:
    with sqlite3.connect(file) as connection:
        found = connection.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        values = [str(row[0]) for row in found]
    connection.close()
    data, random_ = file.read_bytes(), random.Random(f"{table} {column}")
    for _ in range(12):
        value = random_.choice(values)[:60].encode()
        at = data.index(value) + random_.randrange(len(value))
        said = said_of(flipped(file, tmp_path, at, random_.randrange(7)))
        assert said.startswith("expected") or "hub.db" in said, (value, said)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_flipped_bit_anywhere_is_found_or_changes_nothing(file: Path, tmp_path: Path) -> None:
    whole, random_ = _content(file), random.Random("anywhere")
    used = [at for at, byte in enumerate(file.read_bytes()) if byte]
    found = 0
    for _ in range(FLIPS):
        copy = flipped(file, tmp_path, random_.choice(used), random_.randrange(8))
        if said_of(copy):
            found += 1
        else:
            assert _content(copy) == whole
    assert found > FLIPS / 2, "most of what is written is in use"


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
        ("UPDATE alarms SET due = due + 1", "expected alarm "),
        ("UPDATE events SET body = replace(body, ':1.5', ':9.5')", "expected event "),
        ("UPDATE commands SET expires = 0", "expected row '"),
        ("DELETE FROM users", "expected row 'anna' of users as it was written, got none"),
        ("INSERT INTO rooms VALUES ('r77', 'n-1')", "expected row 'r77' of rooms "),
        ("DROP TABLE care_settings", "expected "),
        ("CREATE TABLE t (x INTEGER PRIMARY KEY)", "expected "),
        ("DROP INDEX history_alarm", "expected index history_alarm as this version makes it"),
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
