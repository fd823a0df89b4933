"""Erasure: nothing of a resident is left, whatever is restored; the log still verifies."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ambient import commands, events, sealing
from ambient.bus import keys
from ambient.config import NodeConfig, load_hub
from ambient.config import Room as NodeRoom
from ambient.config_people import DutyKind, LegalDuty
from ambient.errors import StoreError, UsageError
from ambient.events import AnyEvent, Outcome, Purpose
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import OnMyWay, Resolve
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.backups import back_up, restore
from ambient.hub.board import read_board
from ambient.hub.database import HubDatabase
from ambient.hub.people import erasure, erasure_file, vault
from ambient.hub.people.consents import Capacity
from ambient.hub.people.erasure import DAY, Erased, catch_up, erase, ledger_files
from ambient.hub.people.erasure_file import Erasure
from ambient.hub.people.register import Register
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.node.desk import CommandDesk
from ambient.node.outbox import Outbox
from tests.hub.kit import NS, enrol, fall
from tests.hub.people.test_consents import summary

ONE, TWO = "s-00aa11bb", "s-cc22dd33"
NIGHT = datetime(2027, 3, 1, 2, tzinfo=UTC)
PRIVATE, PUBLIC = sealing.made_pair()
PLAIN = (b"Erika Muster", b"fall.confirmed", b"summary.daily", b"minor")
"""Values that stood in what was kept of the resident, and of nobody else."""


def of(subject: str, life: list[AnyEvent]) -> list[AnyEvent]:
    return [msgspec.structs.replace(one, subject=subject) for one in life]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A hub's configuration, with a hub in which two residents live."""
    file = tmp_path / "etc" / "hub.yaml"
    file.parent.mkdir()
    file.write_text(
        f"site: house\nstate_dir: {tmp_path / 'state'}\n"
        f"backup: {{key: {PUBLIC}, dir: {tmp_path / 'backups'}}}\n"
    )
    keys.load_or_make(tmp_path / "state" / keys.HUB_KEY)
    database = HubDatabase(tmp_path / "state" / "hub.db")
    enrol(Registry(database), "n-1", ["r1"])
    store, register = Store(database), Register(database)
    for subject, bed in ((ONE, "a"), (TWO, "b")):
        register.move_in(subject, "r1", bed, "ada", 1)
        agree(register, subject)
    store.store("n-1", of(ONE, fall(10, 4)), 100 * NS)
    resolve_all(database)
    store.store("n-1", [summary(ONE, 200), summary(TWO, 201)], 202 * NS)
    database.close()
    return file


def agree(register: Register, subject: str, by: str = "Erika Muster") -> None:
    register.decide(
        subject, Purpose.VOICE, True, by=by, capacity=Capacity.RESIDENT, who="ada", now=2
    )


def resolve_all(database: HubDatabase, now: int = 150 * NS) -> None:
    store = Store(database)
    for alarm in read_board(database, {}, {}, now).alarms:
        if alarm.kind is AlarmKind.FALL:
            store.decide(OnMyWay(condition=alarm.id, who="anna"), now)
            store.decide(
                Resolve(condition=alarm.id, who="anna", judgement=Judgement.FALSE_ALARM), now
            )


@pytest.fixture
def database(house: Path) -> Iterator[HubDatabase]:
    database = HubDatabase(load_hub(house).state_dir / "hub.db")
    yield database
    database.close()


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def erased(house: Path, database: HubDatabase) -> Erased:
    return erase(database, ledger_files(load_hub(house)), ONE, "dora", 300 * NS)


def events_of(database: HubDatabase, subject: str) -> int:
    with database.read() as db:
        found = db.execute("SELECT opened(body) FROM events").fetchall()
    return sum(subject in row[0] for row in found)


def test_at_rest_nothing_of_a_resident_stands_in_the_clear(house: Path, tmp_path: Path) -> None:
    found = bytes_below(tmp_path / "state")
    assert b"fall.confirmed" in found, "the column kind tells which events there were"
    for word in (ONE.encode(), TWO.encode(), b"Erika Muster", b'"descent_seen"', b'"began"'):
        assert word not in found


def test_an_erasure_leaves_nothing_here_and_spares_the_other(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    before = Store(database).verify()
    tag = database.vault.tag(ONE)
    done = erased(house, database)
    assert done.rows > 10
    assert [(one.node, one.kind.value) for one in done.orders] == [("n-1", "erase")]
    assert events_of(database, ONE) == 0
    assert events_of(database, TWO) == 1
    after = Store(database).verify()
    assert (after.broken, after.lines, after.head) == (None, before.lines, before.head)
    assert after.erased > 0
    found = bytes_below(tmp_path / "state")
    assert ONE.encode() not in found
    with database.read() as db:
        for table in ("subject_keys", "residents", "consents"):
            assert db.execute(f"SELECT 1 FROM {table} WHERE tag = ?", (tag,)).fetchone() is None
        assert db.execute("SELECT 1 FROM salts WHERE subject = ?", (tag,)).fetchone() is None
        assert erasure.states(db, tag) == {"n-1": "ordered"}
    [order] = done.orders
    [command] = [one for one in Store(database).pending(301 * NS)["n-1"] if one.id == order.id]
    assert isinstance(command, commands.Erase)
    assert (command.subject, command.purpose) == (ONE, None)
    assert Register(database).rooms(301 * NS)[0].occupants[0].subject == TWO


def test_the_nodes_answer_takes_the_pseudonym_out_of_the_order(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    [order] = erased(house, database).orders
    chain = events.chain_id("k", None, f"command.{order.id}", 1)
    answer = events.CommandApplied(
        id=events.event_id("k", chain, 0, "command.applied", 1),
        t=1,
        node="n-1",
        chain=chain,
        position=0,
        config_version="0" * 12,
        command=order.id,
        command_kind=events.CommandKind.ERASE,
        outcome=Outcome.APPLIED,
    )
    Store(database).store("n-1", [answer], 310 * NS)
    with database.read() as db:
        assert erasure.states(db, database.vault.tag(ONE)) == {"n-1": "applied"}
        kept = db.execute("SELECT command FROM commands WHERE id = ?", (order.id,)).fetchone()
    assert kept == ("",)


def test_a_restore_of_last_nights_backup_brings_nothing_back(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    """Backup, erasure, fire: a clean machine, the two commands, and a grep of everything."""
    config = load_hub(house)
    made = back_up(config, house, tmp_path / "backups", PUBLIC, NIGHT)
    plain = tmp_path / "standby"
    plain.mkdir()
    with closing(sqlite3.connect(config.state_dir / "hub.db")) as live:
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in ("hub.db", vault.KEY_FILE):
        shutil.copyfile(config.state_dir / name, plain / name)
    head = Store(database).verify().head
    tag = database.vault.tag(ONE)
    erased(house, database)
    database.close()
    config.state_dir.rename(tmp_path / "burnt")

    # The other hub, which has an older copy, applies the ledger before it serves.
    standby = HubDatabase(plain / "hub.db")
    assert events_of(standby, ONE) > 0, "the copy is from before"
    assert catch_up(standby, [tmp_path / "backups" / erasure_file.NAME], 400 * NS) == 1
    shutil.copyfile(tmp_path / "backups" / erasure_file.NAME, plain / erasure_file.NAME)
    standby.close()

    restore(made, PRIVATE, house, 400 * NS)
    for folder in (config.state_dir, plain):
        found = bytes_below(folder)
        assert ONE.encode() not in found
        assert b"Erika Muster" not in found, "and of the other one it is sealed"
        again = HubDatabase(folder / "hub.db")
        assert events_of(again, ONE) == 0
        assert events_of(again, TWO) == 1
        with again.read() as db:
            assert db.execute("SELECT 1 FROM subject_keys WHERE tag = ?", (tag,)).fetchone() is None
        verdict = Store(again).verify()
        assert (verdict.broken, verdict.head) == (None, head)
        [order] = [
            one for one in Store(again).pending(401 * NS)["n-1"] if isinstance(one, commands.Erase)
        ]
        assert order.subject == ONE, "the node is told again: nobody knows whether it was"
        again.close()
    assert [path.name for path in house.parent.iterdir()] == ["hub.yaml"], "nothing half unpacked"
    assert len(erasure_file.read(config.state_dir / "erasures.jsonl", ledger_key(config))) == 1


def ledger_key(config: object) -> bytes:
    folder = getattr(config, "state_dir")  # noqa: B009
    return vault.load_or_make(folder / vault.KEY_FILE, needed=True).ledger_key


def test_a_database_put_back_by_hand_is_caught_up_with_when_the_hub_starts(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    database.close()
    config = load_hub(house)
    shutil.copyfile(config.state_dir / "hub.db", tmp_path / "old.db")
    now = HubDatabase(config.state_dir / "hub.db")
    erased(house, now)
    now.close()
    for name in ("hub.db-wal", "hub.db-shm"):
        (config.state_dir / name).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "old.db", config.state_dir / "hub.db")
    again = HubDatabase(config.state_dir / "hub.db")
    assert events_of(again, ONE) > 0
    assert catch_up(again, ledger_files(config), 400 * NS, []) == 1
    assert catch_up(again, ledger_files(config), 401 * NS, []) == 0
    assert events_of(again, ONE) == 0
    again.close()


def test_a_node_that_is_told_keeps_nothing(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    node = NodeConfig(site="house", node="n-1", state_dir=folder, rooms=[NodeRoom(id="r1")])
    held = of(ONE, fall(10, 4))
    with Outbox(folder / "outbox.db") as outbox:
        outbox.commit(held)
        outbox.settle({one.id: False for one in held}, 1)
    assert ONE.encode() in bytes_below(folder)
    erased(house, database)
    [command] = [
        one for one in Store(database).pending(301 * NS)["n-1"] if isinstance(one, commands.Erase)
    ]
    desk = CommandDesk(folder / "node.yaml", node, folder / "run", running=False)
    assert desk.handle(command, 302 * NS) is Outcome.APPLIED
    found = bytes_below(folder)
    for word in (ONE.encode(), b"fall.confirmed"):
        assert word not in found


@pytest.mark.parametrize(
    ("sent", "kinds"),
    [
        pytest.param(fall(500, 2), ["fall.suspected", "fall.confirmed"], id="a fall rings"),
        pytest.param([summary(ONE, 500)], [], id="a summary goes nowhere"),
    ],
)
def test_what_still_comes_of_the_erased_is_the_rooms_or_nobodys(
    house: Path, database: HubDatabase, tmp_path: Path, sent: list[AnyEvent], kinds: list[str]
) -> None:
    erased(house, database)
    store = Store(database)
    with database.read() as db:
        [(before,)] = db.execute("SELECT max(number) FROM events").fetchall()
    store.store("n-1", of(ONE, sent), 501 * NS)
    with database.read() as db:
        found = db.execute("SELECT kind, body FROM events WHERE number > ?", (before,)).fetchall()
        assert db.table("subject_keys").count_where("tag = ?", [database.vault.tag(ONE)]) == 0, (
            "no new key"
        )
    assert [row[0] for row in found] == kinds
    assert all('"subject":null' in row[1] or "subject" not in row[1] for row in found)
    ringing = [one for one in read_board(database, {}, {}, 502 * NS).alarms if one.audible.value]
    assert any(one.subject is None and one.kind is AlarmKind.FALL for one in ringing) == bool(kinds)
    assert store.verify().broken is None
    with pytest.raises(UsageError, match="give them a new one"):
        Register(database).move_in(ONE, "r1", "a", "ada", 600 * NS)
    assert ONE.encode() not in bytes_below(tmp_path / "state")


def test_while_an_alarm_is_open_nobody_is_erased(house: Path, database: HubDatabase) -> None:
    Store(database).store("n-1", of(ONE, fall(500, 2)), 501 * NS)
    with pytest.raises(UsageError, match="no open alarm"):
        erased(house, database)
    assert events_of(database, ONE) > 0
    with database.read() as db:
        assert erasure.entries(db) == []


def test_without_the_ledger_nothing_is_erased(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    (tmp_path / "backups").write_text("a file where the folder of backups should be")
    with pytest.raises(StoreError, match="nothing was erased"):
        erased(house, database)
    assert catch_up(database, ledger_files(load_hub(house))[1:], 400 * NS) == 0
    assert events_of(database, ONE) > 0


@pytest.mark.parametrize(
    ("duties", "judged", "kept"),
    [
        pytest.param([], Judgement.FALL, [], id="no duty"),
        pytest.param([("fall_records", 10)], Judgement.FALL, ["fall_records"], id="a fall"),
        pytest.param([("fall_records", 10)], Judgement.FALSE_ALARM, [], id="a false alarm"),
        pytest.param([("fall_records", 1)], Judgement.FALL, [], id="the duty is over"),
        pytest.param([("consents", 10)], Judgement.FALL, ["consents"], id="consents"),
    ],
)
def test_what_a_duty_keeps_is_named_with_basis_and_end(
    house: Path,
    database: HubDatabase,
    tmp_path: Path,
    duties: list[tuple[str, int]],
    judged: Judgement,
    kept: list[str],
) -> None:
    store, began = Store(database), 1000 * NS
    [suspected, *_] = life = of(TWO, fall(1000, 2))
    store.store("n-1", life, began)
    store.decide(Resolve(condition=suspected.chain, who="anna", judgement=judged), began + NS)
    given = [LegalDuty(what=DutyKind(what), basis="§ 1 Law", days=days) for what, days in duties]
    now = began + 2 * DAY
    done = erase(database, ledger_files(load_hub(house)), TWO, "dora", now, given)
    assert [one.what.value for one in done.kept] == kept
    assert all((one.basis, one.until > now) == ("§ 1 Law", True) for one in done.kept)
    with database.read() as db:
        assert erasure.kept(db) == done.kept
    found = bytes_below(tmp_path / "state")
    assert TWO.encode() not in found
    assert b"Erika Muster" not in found


KEY = b"k" * 32
A, B = Erasure(subject="a" * 32, at=1), Erasure(subject="b" * 32, at=2)


def test_the_file_is_only_appended_to(tmp_path: Path) -> None:
    file = tmp_path / erasure_file.NAME
    assert erasure_file.bring_level(file, KEY, []) == 0
    assert file.exists(), "begun, so that a missing one is noticed"
    assert erasure_file.bring_level(file, KEY, [A]) == 1
    first = file.read_bytes()
    assert erasure_file.bring_level(file, KEY, [A, B]) == 1
    assert erasure_file.bring_level(file, KEY, [B]) == 0
    assert file.read_bytes().startswith(first)
    assert erasure_file.read(file, KEY) == [A, B]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        pytest.param(lambda d: d.replace(b"a" * 32, b"c" * 32), KEY, id="another resident"),
        pytest.param(lambda d: b"".join(d.splitlines(True)[:1] + d.splitlines(True)[2:]), KEY,
                     id="a line is missing"),
        pytest.param(lambda d: b"".join(d.splitlines(True)[1:]), KEY, id="the first is missing"),
        pytest.param(lambda d: d + b"{}\n", KEY, id="a foreign line"),
        pytest.param(lambda d: d + b"\xff\n", KEY, id="no text"),
        pytest.param(lambda d: d, b"x" * 32, id="another hub's"),
    ],
)  # fmt: skip
def test_a_ledger_that_was_changed_is_refused(tmp_path: Path, spoil: object, key: bytes) -> None:
    assert callable(spoil)
    file = tmp_path / erasure_file.NAME
    erasure_file.bring_level(file, KEY, [A, B])
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(StoreError, match="expected the ledger of this hub's erasures"):
        erasure_file.read(file, key)


def test_a_line_cut_off_by_a_power_cut_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / erasure_file.NAME
    erasure_file.bring_level(file, KEY, [A, B])
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        erasure_file.bring_level(file, KEY, [A, B])
        assert file.read_bytes() == whole


def test_a_restore_without_the_ledger_is_refused(house: Path, tmp_path: Path) -> None:
    config = load_hub(house)
    made = back_up(config, house, tmp_path / "backups", PUBLIC, NIGHT)
    config.state_dir.rename(tmp_path / "burnt")
    ledger = tmp_path / "backups" / erasure_file.NAME
    ledger.rename(tmp_path / "elsewhere.jsonl")
    with pytest.raises(UsageError, match="--erasures"):
        restore(made, PRIVATE, house, 1)
    assert not (config.state_dir / "hub.db").exists()
    restore(made, PRIVATE, house, 1, tmp_path / "elsewhere.jsonl")
    assert (config.state_dir / "hub.db").exists()


def test_a_lost_key_is_never_made_anew(house: Path) -> None:
    folder = load_hub(house).state_dir
    (folder / vault.KEY_FILE).unlink()
    with pytest.raises(StoreError, match="restore the hub from a backup"):
        HubDatabase(folder / "hub.db")
    assert not (folder / vault.KEY_FILE).exists()


def test_sealing_costs_little_beside_storing(tmp_path: Path) -> None:
    """The same batch with and without a resident, in turn; the quickest of each counts."""
    took: dict[str, list[float]] = {"open": [], "sealed": []}
    life = [summary(ONE, number) for number in range(2000)]
    for turn in range(3):
        for name, subject in (("open", None), ("sealed", ONE)):
            database = HubDatabase(tmp_path / f"{name}-{turn}" / "hub.db")
            batch = [msgspec.structs.replace(one, subject=subject) for one in life]
            Store(database).store("n-1", batch[:1], 1)
            began = time.process_time()
            Store(database).store("n-1", batch[1:], 1)
            took[name].append(time.process_time() - began)
            database.close()
        if min(took["sealed"]) < 4 * min(took["open"]):
            return
    raise AssertionError(took)


def test_in_a_file_too_large_to_write_anew_the_key_is_overwritten(
    house: Path, database: HubDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.hub.database.REWRITE_BYTES", 0)
    tag = database.vault.tag(ONE)
    with database.read() as db:
        [(key,)] = db.execute("SELECT key FROM subject_keys WHERE tag = ?", (tag,)).fetchall()
        [(salt,)] = db.execute("SELECT salt FROM salts WHERE subject = ?", (tag,)).fetchall()
    assert key in bytes_below(tmp_path / "state")
    erased(house, database)
    found = bytes_below(tmp_path / "state")
    assert key not in found
    assert salt not in found
