"""The log of alarms: chained, sealed, never changed, played again, taken over from before."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ambient import events
from ambient.cli.app import build
from ambient.errors import StoreError
from ambient.events import AnyEvent
from ambient.hub import casebook, ledger
from ambient.hub.alarms import chain
from ambient.hub.alarms.chain import Line
from ambient.hub.alarms.condition import (
    AlarmState,
    Condition,
    FallRecord,
    Injury,
    Judgement,
    Presence,
    SnoozeReason,
)
from ambient.hub.alarms.inputs import (
    Begin,
    Delivered,
    NotReported,
    OnMyWay,
    Record,
    Resolve,
    SignOff,
    SnoozeFor,
)
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rules import Rules
from ambient.hub.alarms.signal import PAGE, SIREN, Delivery
from ambient.hub.board import read_board, read_resolved
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.observations import View
from tests.hub.kit import NS, event, fall, view

OLD = Path(__file__).parent / "stores" / "hub_1.sql"
"""What version 1 of the schema held: falls in every state, technical alarms, old judgements."""


def of(subject: str, life: list[AnyEvent]) -> list[AnyEvent]:
    return [msgspec.structs.replace(one, subject=subject) for one in life]


def lived(store: Store) -> str:
    """Let an evening happen that uses every kind of line; return a fall's chain."""
    store.decide(Begin(rules=Rules(outside=["phone"])), 5 * NS)
    life = of("s-00aa", fall(10, 4))
    store.store("n-1", life[:2], 20 * NS)
    chain_id = life[0].chain
    for signal in store.due_signals([PAGE, SIREN]):
        store.decide(Delivered(signal=signal.id, delivery=Delivery.DELIVERED), 21 * NS)
    store.decide(OnMyWay(condition=chain_id, who="anna"), 30 * NS)
    assert store.due(700 * NS), "nobody was there"
    store.decide(OnMyWay(condition=chain_id, who="anna"), 710 * NS)
    store.decide(SignOff(who="anna"), 720 * NS)
    store.store("n-1", life[2:], 730 * NS)
    store.decide(Resolve(condition=chain_id, who="ben", judgement=Judgement.FALL), 740 * NS)
    task = next(
        alarm
        for alarm in read_board(store._database, {}, {}, 0).alarms
        if alarm.kind is AlarmKind.CHECK_AFTER_FALL
    )
    record = FallRecord(injury=Injury.MINOR, witnessed=False)
    store.decide(Record(condition=task.id, who="ben", record=record), 750 * NS)
    store.decide(
        SnoozeFor(
            id="snooze-1",
            room="r1",
            until=900 * NS,
            who="ben",
            reason=SnoozeReason.CARE,
        ),
        760 * NS,
    )
    store.store("n-1", [view(events.QualityDegraded, 770, View.DARK)], 770 * NS)
    store.silent({"n-1": 780 * NS}, 800 * NS)
    store.speak(["n-1"], 810 * NS)
    store.store("n-1", of("s-00bb", fall(820, 2, room="r2")), 830 * NS)
    store.decide(NotReported(id="m", room="r2", about=100 * NS, who="ben"), 840 * NS)
    store.due(950 * NS)
    return chain_id


def test_a_whole_log_verifies_and_gives_the_same_state(store: Store) -> None:
    lived(store)
    verdict = store.verify()
    assert verdict.broken is None
    assert verdict.lines == 20
    assert verdict.erased == 0
    assert len(verdict.head) == 64
    assert [report.said.room for report in store.reports()] == ["r2"]


def test_an_empty_log_verifies(store: Store) -> None:
    verdict = store.verify()
    assert (verdict.lines, verdict.broken, verdict.head) == (0, None, chain.FIRST)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alarm_log SET body = '{}' WHERE number = 1",
        "DELETE FROM alarm_log",
        "UPDATE alarm_log_parts SET body = '{}'",
        "DELETE FROM alarm_log_parts",
        "UPDATE salts SET salt = x'00'",
        "DELETE FROM salts",
        "INSERT OR REPLACE INTO alarm_log SELECT * FROM alarm_log WHERE number = 2",
        "INSERT OR REPLACE INTO alarm_log_parts SELECT * FROM alarm_log_parts",
        "INSERT OR REPLACE INTO salts SELECT * FROM salts",
    ],
)
def test_the_log_cannot_be_changed(store: Store, database: HubDatabase, change: str) -> None:
    lived(store)
    with pytest.raises(StoreError, match="append-only|salt"), database.write() as db:
        db.execute(change)
    assert store.verify().broken is None


def without_triggers(path: Path) -> sqlite3.Connection:
    """Open a store as somebody would who wants to forge it."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


@pytest.mark.parametrize(
    ("forged", "line", "why"),
    [
        ("UPDATE alarm_log SET body = replace(body, 'phone', 'phune') WHERE number = 1", 1, "line"),
        ("UPDATE alarm_log SET at = at + 1 WHERE number = 7", 7, "the line was changed"),
        (
            "UPDATE alarm_log SET seal = substr(seal, 2) || substr(seal, 1, 1) WHERE number = 3",
            3,
            "changed",
        ),
        (
            "UPDATE alarm_log SET hash = substr(hash, 2) || substr(hash, 1, 1) WHERE number = 9",
            9,
            "changed",
        ),
        ("DELETE FROM alarm_log WHERE number = 5", 6, "lines are missing"),
        ("UPDATE alarm_log SET number = 99 WHERE number = 5", 6, "lines are missing"),
        (
            "UPDATE alarm_log_parts SET body = substr(body, 1, 50) || 'AAAA' || substr(body, 55) "
            "WHERE number = 3",
            3,
            "it was changed",
        ),
        ("DELETE FROM alarm_log_parts WHERE number = 3", 3, "none is erased"),
        ("UPDATE alarm_log_parts SET subject = 'bb' WHERE number = 3", 3, "expected the salt"),
        ("UPDATE alarms SET body = replace(body, '\"dark\"', '\"gone\"')", None, "alarm"),
        ("UPDATE alarms SET body = body || 'A' WHERE kind = 'fall'", None, "expected alarm"),
        ("DELETE FROM alarms WHERE kind = 'camera'", None, "expected alarm"),
        ("UPDATE signals SET body = replace(body, '\"page\"', '\"pages\"')", None, "signal"),
        (
            "UPDATE alarm_log SET hash = hash WHERE 0; DELETE FROM alarm_log WHERE number > 10;"
            "DELETE FROM alarm_log_parts WHERE number > 10",
            None,
            "follow",
        ),
    ],
)
def test_what_was_forged_is_found_and_named(
    tmp_path: Path, forged: str, line: int | None, why: str
) -> None:
    database = HubDatabase(tmp_path / "hub.db")
    lived(Store(database))
    database.close()
    with without_triggers(tmp_path / "hub.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.executescript(forged)
    connection.close()
    database = HubDatabase(tmp_path / "hub.db")
    broken = Store(database).verify().broken
    database.close()
    assert broken is not None
    assert why in broken.why
    if line is not None:
        assert broken.number == line


def test_every_flipped_byte_of_a_line_is_found() -> None:
    body, head = '{"given":{"input":"tick"}}', chain.FIRST
    lines = []
    for number in (1, 2, 3):
        head = chain.digest(head, number, number, body, "")
        lines.append(Line(number=number, at=number, body=body, seal="", hash=head))
    assert chain.verify(lines, {}, []).broken is None
    for byte in range(len(body)):
        flipped = body[:byte] + chr(ord(body[byte]) ^ 1) + body[byte + 1 :]
        forged = [lines[0], msgspec.structs.replace(lines[1], body=flipped), lines[2]]
        broken = chain.verify(forged, {}, []).broken
        assert broken is not None
        assert broken.number == 2


def test_the_chain_still_verifies_after_a_subject_is_erased(
    store: Store, database: HubDatabase
) -> None:
    lived(store)
    path = database.path
    before = store.verify()
    with database.write() as db:
        db.execute("INSERT INTO erasures VALUES (subject_tag('s-00aa'), 1, 'anna')")
        db.execute("DELETE FROM alarm_log_parts WHERE subject = subject_tag('s-00aa')")
        db.execute("DELETE FROM salts WHERE subject = subject_tag('s-00aa')")
        db.execute("DELETE FROM alarms WHERE json_extract(opened(body), '$.subject') = 's-00aa'")
    verdict = store.verify()
    assert verdict.broken is None
    assert (verdict.lines, verdict.head) == (before.lines, before.head)
    assert verdict.erased > 5
    with database.read() as db:
        left = db.execute("SELECT body FROM alarm_log").fetchall()
    assert all("s-00aa" not in row[0] for row in left)
    with pytest.raises(StoreError, match="append-only"), database.write() as db:
        db.execute("DELETE FROM alarm_log_parts WHERE subject = subject_tag('s-00bb')")
    assert path.exists()


def test_a_subject_stands_in_no_open_part(store: Store, database: HubDatabase) -> None:
    lived(store)
    with database.read() as db:
        bodies = [row[0] for row in db.execute("SELECT body FROM alarm_log").fetchall()]
        sealed = dict(db.execute("SELECT number, subject FROM alarm_log_parts").fetchall())
    assert all("s-00" not in body for body in bodies)
    assert set(sealed.values()) == {database.vault.tag("s-00aa"), database.vault.tag("s-00bb")}
    assert not any("minor" in body for body in bodies), "what a fall did is the resident's"


def test_verify_at_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "hub.yaml"
    config.write_text(f"site: house\nstate_dir: {tmp_path}\n")
    database = HubDatabase(tmp_path / "hub.db")
    lived(Store(database))
    database.close()
    good = CliRunner().invoke(build(), ["hub", "verify", "-c", str(config)])
    assert good.exit_code == 0, good.output
    assert "lines are right, head" in good.output
    with without_triggers(tmp_path / "hub.db") as connection:
        connection.execute("UPDATE alarm_log SET at = at + 1 WHERE number = 4")
    connection.close()
    bad = CliRunner().invoke(build(), ["hub", "verify", "-c", str(config)])
    assert bad.exit_code == 1
    assert "3 lines are right" in bad.output
    assert "line 4 is wrong" in bad.output


def old_store(path: Path) -> HubDatabase:
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    return HubDatabase(path)


def test_an_old_store_opens_and_goes_on(tmp_path: Path) -> None:
    for _ in range(2):  # again: a migration is applied once
        if not (tmp_path / "hub.db").exists():
            database = old_store(tmp_path / "hub.db")
        else:
            database = HubDatabase(tmp_path / "hub.db")
        board = read_board(database, {}, {}, 1000 * NS)
        shown = {(a.kind, a.room): a for a in board.alarms}
        falls = {room: a for (kind, room), a in shown.items() if kind is AlarmKind.FALL}
        assert {room: (a.presence, a.state) for room, a in falls.items()} == {
            "r1": (Presence.ON, AlarmState.ACTIVE),
            "r2": (Presence.ON, AlarmState.ACKNOWLEDGED),
            "r3": (Presence.LATCHED, AlarmState.ACTIVE),
        }
        assert {kind for kind, _ in shown} == {
            *(AlarmKind.FALL, AlarmKind.CAMERA, AlarmKind.WORKER, AlarmKind.NODE_SILENT)
        }
        resolved = read_resolved(database, 10)
        assert [alarm.reason for alarm, _ in resolved] == [Judgement.FALL, Judgement.FALL]
        assert all(history[-1].reason is Judgement.FALL for _, history in resolved)
        database.close()


def test_the_log_begins_with_what_an_old_store_held(tmp_path: Path) -> None:
    database = old_store(tmp_path / "hub.db")
    store = Store(database)
    store.decide(Begin(rules=Rules()), 900 * NS)
    verdict = store.verify()
    assert verdict.broken is None
    assert verdict.lines == 9, "eight conditions, each in a line of its own, and the rules"
    store.store("n-1", fall(950, 2, room="r4"), 960 * NS)
    store.due(2000 * NS)
    assert store.verify().broken is None
    taken = store.case(fall(200, 1, room="r2")[0].chain)[0].condition
    assert taken.state is AlarmState.ACTIVE, "nobody was there within 10 minutes"
    database.close()


def test_a_refused_deed_leaves_no_line(store: Store) -> None:
    chain_id = lived(store)
    before = store.verify().lines
    with pytest.raises(Exception, match="resolved one"):
        store.decide(OnMyWay(condition=chain_id, who="anna"), 2000 * NS)
    assert store.verify().lines == before


def test_old_alarms_go_by_a_line_of_the_log(store: Store) -> None:
    lived(store)
    store.purge(2000 * NS, 3000 * NS)
    assert store.verify().broken is None
    with store._database.read() as db:
        assert db.execute("SELECT count(*) FROM alarms WHERE state = 'resolved'").fetchone()[0] == 0


def test_reading_a_condition_back_is_bit_for_bit(store: Store, database: HubDatabase) -> None:
    lived(store)
    with database.read() as db:
        for (body,) in db.execute("SELECT opened(body) FROM alarms").fetchall():
            assert casebook.encode(casebook.decode(body, Condition)) == body


def test_verify_of_a_long_log_is_quick(store: Store, database: HubDatabase) -> None:
    """Playing again must not cost more than writing did."""
    began = time.process_time()
    for n in range(150):
        store.store("n-1", fall(1000 + n, 2, room=f"r{n % 8}"), (1000 + n) * NS)
    written = time.process_time() - began
    took = []
    with database.read() as db:
        # The quickest: what other threads of the process do is not its work.
        for _ in range(3):
            began = time.process_time()
            assert ledger.verify(db).broken is None
            took.append(time.process_time() - began)
    assert min(took) < 3 * written


def test_events_that_are_no_alarm_are_not_logged(store: Store) -> None:
    store.store("n-1", [event(events.NodeStarted, 1, room=None)], NS)
    store.store("n-1", [view(events.QualityRestored, 2, View.OK)], 2 * NS)
    assert store.verify().lines == 0
