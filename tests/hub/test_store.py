"""The store on a real database: each event once, alarms in the same transaction, disk full."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from ambient import events
from ambient.commands import Acknowledged, Pause, Resume
from ambient.config import RoomName
from ambient.errors import StoreError, UsageError
from ambient.events import CommandApplied, CommandKind, Outcome
from ambient.hub import words
from ambient.hub.alarms.condition import AlarmState, Deed, Judgement, Sound
from ambient.hub.alarms.inputs import OnMyWay, Resolve
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.system import UnknownAlarmError
from ambient.hub.board import Board, read_board, read_resolved
from ambient.hub.database import HubDatabase, Trouble
from ambient.hub.rooms import RoomStatus
from ambient.hub.rows import UnknownRoomError
from ambient.hub.store import Store
from ambient.observations import View
from tests.hub.kit import NS, event, fall, view

NAMES = {"r1": RoomName(name="Room 1"), "r2": RoomName(name="Room 2")}


def board(database: HubDatabase, now: float = 1000) -> Board:
    return read_board(database, NAMES, {"n-1": ["r1"]}, round(now * NS))


def count(database: HubDatabase, table: str = "events") -> int:
    with database.read() as db:
        return int(db.table(table).count)


def test_each_event_is_kept_once(store: Store, database: HubDatabase) -> None:
    life = fall(10, 4)
    assert store.store("n-1", life[:2], 20 * NS) == 2
    assert store.store("n-1", life, 90 * NS) == 2
    assert store.store("n-1", life, 95 * NS) == 0
    with database.read() as db:
        found = db.execute(
            "SELECT kind, position, received, body FROM events ORDER BY number"
        ).fetchall()
    assert [row[1] for row in found] == [0, 1, 2, 3]
    assert [row[2] // NS for row in found] == [20, 20, 90, 90]
    assert events.decode(found[1][3].encode()) == life[1]
    history = [entry.what for entry in board(database).history[life[0].chain]]
    assert history == [Deed.SUSPECTED, Deed.CONFIRMED, Deed.LONG_LIE, Deed.RECOVERED]


def test_threads_that_bring_the_same_events_store_each_once(
    store: Store, database: HubDatabase
) -> None:
    lives = [fall(10 + n, 3) for n in range(20)]

    def bring() -> None:
        for life in lives:
            store.store("n-1", life, 100 * NS)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 60
    assert len(board(database).alarms) == 20


def test_a_failure_within_a_batch_keeps_nothing_of_it(
    store: Store, database: HubDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    before = store.sequence()
    with monkeypatch.context() as patch:
        patch.setattr("ambient.hub.ledger.Ledger.flush", fail)
        with pytest.raises(StoreError):
            store.store("n-1", fall(10), 20 * NS)
    assert count(database) == 0
    assert store.sequence() == before
    assert database.trouble is Trouble.DATABASE
    assert store.store("n-1", fall(10), 21 * NS) == 2
    assert database.trouble is None


def test_a_full_disk_refuses_is_shown_and_heals(store: Store, database: HubDatabase) -> None:
    told: list[int] = []
    store.listeners.append(told.append)
    with database.write() as db:
        pages = int(db.execute("PRAGMA page_count").fetchone()[0])
        db.execute(f"PRAGMA max_page_count = {pages}")
    stored = 0

    def fill() -> None:
        nonlocal stored
        for n in range(1000):
            store.store("n-1", fall(n * 100, 2), n * NS)
            stored += 2

    with pytest.raises(StoreError, match="expected space on the disk"):
        fill()
    assert database.trouble is Trouble.DISK_FULL
    assert count(database) == stored
    shown = board(database)
    assert shown.trouble is Trouble.DISK_FULL
    assert shown.sound is not Sound.NONE
    assert told, "open pages were told at once"
    database._writer.execute("PRAGMA max_page_count = 1000000")
    store.store("n-1", fall(10**6, 2), 10**6 * NS)
    assert database.trouble is None


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    for expected in (2, 0):
        database = HubDatabase(tmp_path / "again.db")
        store = Store(database)
        assert store.store("n-1", fall(10), 20 * NS) == expected
        assert len(board(database).alarms) == 1
        database.close()


def test_acknowledging_tells_the_node_until_it_answers(store: Store, database: HubDatabase) -> None:
    life = fall(10)
    store.store("n-1", life, 20 * NS)
    chain = life[0].chain
    assert store.decide(OnMyWay(condition=chain, who="anna"), 30 * NS)
    assert not store.decide(OnMyWay(condition=chain, who="ben"), 31 * NS)
    alarm = store.case(chain)[0].condition
    assert alarm.state is AlarmState.ACKNOWLEDGED
    assert alarm.acknowledged is not None
    assert alarm.acknowledged.who == "anna"
    (command,) = store.pending(32 * NS)["n-1"]
    assert isinstance(command, Acknowledged)
    assert command.chain == chain
    assert store.pending(32 * NS)["n-2"] == []
    answer = event(
        CommandApplied,
        33,
        room=None,
        command=command.id,
        command_kind=CommandKind.ACKNOWLEDGED,
        outcome=Outcome.APPLIED,
    )
    store.store("n-1", [answer], 34 * NS)
    assert store.pending(35 * NS)["n-1"] == []
    store.decide(Resolve(condition=chain, who="ben", judgement=Judgement.FALL), 40 * NS)
    assert board(database).alarms == []
    ((resolved, history),) = read_resolved(database, 10)
    assert (resolved.resolved_by, resolved.reason) == ("ben", Judgement.FALL)
    assert [(entry.what, entry.who) for entry in history] == [
        (Deed.SUSPECTED, None),
        (Deed.CONFIRMED, None),
        (Deed.ACKNOWLEDGED, "anna"),
        (Deed.RESOLVED, "ben"),
    ]


def test_another_node_cannot_answer_a_command(store: Store) -> None:
    store.store("n-1", fall(10), 20 * NS)
    order = store.pause("r1", 600, "anna", 30 * NS)
    foreign = event(
        CommandApplied,
        33,
        node="n-2",
        room=None,
        command=order.id,
        command_kind=CommandKind.PAUSE,
        outcome=Outcome.APPLIED,
    )
    store.store("n-2", [foreign], 34 * NS)
    assert len(store.pending(35 * NS)["n-1"]) == 1


def test_history_cannot_be_rewritten(store: Store, database: HubDatabase) -> None:
    store.store("n-1", fall(10), 20 * NS)
    with pytest.raises(StoreError, match="append-only"), database.write() as db:
        db.execute("UPDATE history SET who = 'nobody'")


def test_a_pause_is_ordered_then_paused_then_over(store: Store, database: HubDatabase) -> None:
    store.store("n-1", [view(events.QualityRestored, 10, View.OK)], 10 * NS)

    def at(now: float) -> tuple[RoomStatus, int | None, bool]:
        room = next(r for r in board(database, now).rooms if r.room == "r1")
        return room.status, room.until, room.order is not None

    order = store.pause("r1", 600, "anna", 100 * NS)
    assert isinstance(store.pending(100 * NS)["n-1"][0], Pause)
    assert at(101) == (RoomStatus.WATCHED, None, True)
    answer = event(
        CommandApplied,
        102,
        command=order.id,
        command_kind=CommandKind.PAUSE,
        outcome=Outcome.APPLIED,
    )
    store.store("n-1", [answer], 102 * NS)
    assert at(103) == (RoomStatus.PAUSED, 702 * NS, False)
    paused = view(events.QualityNotWatched, 103, View.PAUSED, until=702 * NS)
    store.store("n-1", [paused], 103 * NS)
    assert at(104) == (RoomStatus.PAUSED, 702 * NS, False)
    assert board(database, 104).due == 702 * NS
    assert board(database, 104).alarms == [], "a pause is never an alarm"
    store.resume("r1", "anna", 110 * NS)
    assert isinstance(store.pending(111 * NS)["n-1"][0], Resume)
    assert at(703)[0] is RoomStatus.NOT_WATCHED
    store.store("n-1", [view(events.QualityRestored, 704, View.OK, began=103)], 704 * NS)
    assert at(705)[0] is RoomStatus.WATCHED


def test_an_order_that_nobody_answers_expires(store: Store) -> None:
    store.store("n-1", fall(10), 20 * NS)
    store.pause("r1", 600, "anna", 100 * NS)
    assert store.expire(219 * NS) == 0
    assert store.expire(220 * NS) == 1
    assert store.expire(221 * NS) == 0
    assert store.pending(110 * NS)["n-1"] == []


def test_late_lines_of_a_technical_chain_open_nothing(store: Store, database: HubDatabase) -> None:
    dark = view(events.QualityDegraded, 10, View.DARK)
    store.store("n-1", [view(events.QualityRestored, 20, View.OK, began=10)], 21 * NS)
    store.store("n-1", [dark], 22 * NS)
    assert board(database).alarms == []
    failed = event(events.NodeWorkerFailed, 30, room=None, worker=events.Worker.FUSION, restarts=5)
    store.store("n-1", [event(events.NodeStarted, 40, room=None)], 41 * NS)
    store.store("n-1", [failed], 42 * NS)
    assert board(database).alarms == []
    assert count(database) == 4


def test_a_camera_that_speaks_again_has_not_regained_its_sight(
    store: Store, database: HubDatabase
) -> None:
    store.store("n-1", [view(events.QualityDegraded, 10, View.DARK)], 10 * NS)
    silent = event(events.NodeSourceSilent, 20, family="view-c1", source="c1", silent_s=12.0)
    store.store("n-1", [silent], 20 * NS)
    assert len(board(database).alarms) == 2
    store.store("n-1", [view(events.QualityRestored, 30, View.OK, began=20)], 30 * NS)
    shown = board(database)
    assert [alarm.view for alarm in shown.alarms] == [View.DARK]
    assert shown.rooms[0].status is RoomStatus.DEGRADED


def test_a_silent_node_and_its_rooms(store: Store, database: HubDatabase) -> None:
    store.store("n-1", [view(events.QualityRestored, 10, View.OK)], 10 * NS)
    assert store.silent({"n-1": 10 * NS}, 26 * NS)
    assert not store.silent({"n-1": 10 * NS}, 27 * NS)
    shown = board(database)
    assert shown.nodes[0].silent
    assert shown.rooms[0].status is RoomStatus.SILENT
    assert store.known_nodes() == {"n-1": True}
    store.speak(["n-1"], 40 * NS)
    assert board(database).alarms == []
    assert store.known_nodes() == {"n-1": False}
    store.silent({"n-1": 40 * NS}, 60 * NS)
    store.store("n-1", fall(61, 1), 62 * NS)
    assert [alarm.key[:4] for alarm in board(database).alarms] == ["fall"]


def test_a_fall_of_a_room_that_is_not_enrolled_is_shown_until_it_is(
    store: Store, database: HubDatabase
) -> None:
    suspected, confirmed = fall(10, room="r9")
    for one in (suspected, confirmed, confirmed):
        store.unenrolled(one, 20 * NS)
    (alarm,) = board(database).alarms
    assert (alarm.kind, alarm.room, alarm.sound) == (AlarmKind.UNENROLLED, "r9", Sound.MEDIUM)
    assert "emergency" in words.known(alarm)[0]
    store.rooms_bound("n-1", ["r1"], "anna", 30 * NS)
    assert len(board(database).alarms) == 1
    store.rooms_bound("n-1", ["r1", "r9"], "anna", 31 * NS)
    assert board(database).alarms == []


def test_a_revoked_node_leaves_only_its_falls(store: Store, database: HubDatabase) -> None:
    store.store("n-1", [*fall(10), view(events.QualityDegraded, 10, View.DARK)], 20 * NS)
    store.forget_node("n-1", "anna", 30 * NS)
    shown = read_board(database, NAMES, {}, 31 * NS)
    assert [alarm.key[:4] for alarm in shown.alarms] == ["fall"]
    assert shown.nodes == []
    assert {room.status for room in shown.rooms} == {RoomStatus.UNKNOWN}


def test_what_ends_by_itself_is_not_resolved_by_hand(store: Store, database: HubDatabase) -> None:
    store.store("n-1", [view(events.QualityRestored, 5, View.OK)], 10 * NS)
    assert store.silent({"n-1": 10 * NS}, 26 * NS)
    silent = board(database).alarms[0]
    store.decide(OnMyWay(condition=silent.id, who="anna"), 27 * NS)
    with pytest.raises(UsageError, match="ends by itself"):
        store.decide(Resolve(condition=silent.id, who="anna", judgement=Judgement.FIXED), 28 * NS)
    assert [alarm.id for alarm in board(database).alarms] == [silent.id]


def test_forgetting_a_node_of_which_only_a_fall_is_left_changes_nothing(
    store: Store, database: HubDatabase
) -> None:
    store.store("n-1", fall(10), 20 * NS)
    store.forget_node("n-1", "anna", 30 * NS)
    before = read_board(database, NAMES, {}, 31 * NS).sequence
    store.forget_node("n-1", "anna", 32 * NS)
    assert read_board(database, NAMES, {}, 33 * NS).sequence == before


def test_old_rows_go_but_not_those_of_open_alarms(store: Store, database: HubDatabase) -> None:
    first, second = fall(10), fall(20)
    store.store("n-1", first + second, 30 * NS)
    store.decide(
        Resolve(condition=first[0].chain, who="anna", judgement=Judgement.FALSE_ALARM), 40 * NS
    )
    assert store.purge(1000 * NS, 1000 * NS) == 2
    assert [alarm.id for alarm in board(database).alarms] == [second[0].chain]
    assert read_resolved(database, 10) == []
    assert count(database) == 2


def test_unknown_names_are_refused(store: Store) -> None:
    with pytest.raises(UnknownAlarmError, match="expected the id"):
        store.decide(OnMyWay(condition="00000000-0000-8000-8000-000000000000", who="anna"), 1)
    with pytest.raises(UnknownRoomError, match="expected one that a room computer serves"):
        store.pause("r9", 600, "anna", 1)


def test_listeners_hear_of_visible_changes_only(store: Store) -> None:
    told: list[int] = []
    store.listeners.append(told.append)
    store.store("n-1", [event(events.NodeStarted, 1, room=None)], NS)
    assert len(told) == 1, "a new node"
    late = event(events.NodeDataLate, 2, room=None, source="c1", observations=1, frames=0)
    store.store("n-1", [late], 2 * NS)
    assert len(told) == 1
    store.store("n-1", fall(10), 20 * NS)
    store.store("n-1", fall(10), 21 * NS)
    assert len(told) == 2
    assert told == sorted(told)
