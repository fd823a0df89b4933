"""What each command does on a node, as a table, and that it does it once."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ambient import commands, events
from ambient.config import NodeConfig, Room
from ambient.events import Outcome, Purpose, Worker
from ambient.node import desk as module
from ambient.node.clock import NS
from ambient.node.desk import CommandDesk
from ambient.node.outbox import Outbox
from ambient.node.running import hold_wizard
from ambient.node.switches import SwitchBoard
from ambient.node.wizard import asked
from tests.bus.kit import started

T = 1_000_000 * NS


def config(folder: Path) -> NodeConfig:
    return NodeConfig(site="s", node="n-1", state_dir=folder, rooms=[Room(id="r1")])


def command(kind: type[commands.Command], **fields: object) -> commands.AnyCommand:
    envelope = {"id": commands.new_id(), "node": "n-1", "issued": T, "expires": T + NS}
    return kind(**{**envelope, **fields})


def make(folder: Path, *, running: bool = False) -> CommandDesk:
    return CommandDesk(folder / "node.yaml", config(folder), folder / "run", running=running)


FALLS_OFF = {"room": "r1", "purpose": Purpose.FALLS, "on": False}
FALLS_ON = {"room": "r1", "purpose": Purpose.FALLS, "on": True}


@pytest.mark.parametrize(
    ("kind", "fields", "outcome"),
    [
        pytest.param(commands.Pause, {"room": "r1"}, Outcome.APPLIED, id="pause"),
        pytest.param(commands.Pause, {"room": "r9"}, Outcome.REFUSED, id="unknown room"),
        pytest.param(
            commands.Pause, {"room": "r1", "node": "n-2"}, Outcome.REFUSED, id="another node"
        ),
        pytest.param(commands.Resume, {"room": "r1"}, Outcome.ALREADY, id="resume, not paused"),
        pytest.param(commands.SetPurpose, FALLS_OFF, Outcome.APPLIED, id="purpose off"),
        pytest.param(commands.SetPurpose, FALLS_ON, Outcome.ALREADY, id="purpose on already"),
        pytest.param(
            commands.UseConfiguration, {"version": "0" * 12}, Outcome.REFUSED, id="no such file"
        ),
        pytest.param(commands.RotateKey, {}, Outcome.REFUSED, id="keys are the agent's"),
    ],
)
def test_outcomes(
    tmp_path: Path, kind: type[commands.Command], fields: dict[str, object], outcome: Outcome
) -> None:
    assert make(tmp_path).handle(command(kind, **fields), T) is outcome


def test_a_pause_holds_for_its_time_and_can_be_ended(tmp_path: Path) -> None:
    desk, board = make(tmp_path), SwitchBoard(tmp_path)
    desk.handle(command(commands.Pause, room="r1", seconds=60), T)
    assert board.read().pause_end("r1", T) == T + 60 * NS
    assert board.read().pause_end("r1", T + 60 * NS) is None
    assert desk.handle(command(commands.Resume, room="r1"), T + NS) is Outcome.APPLIED
    assert board.read().pause_end("r1", T + NS) is None


def test_the_same_command_is_applied_once(tmp_path: Path) -> None:
    pause = command(commands.Pause, room="r1", seconds=60)
    desk, board = make(tmp_path), SwitchBoard(tmp_path)
    assert desk.handle(pause, T) is Outcome.APPLIED
    assert desk.handle(command(commands.Resume, room="r1"), T + NS) is Outcome.APPLIED
    assert desk.handle(pause, T + 2 * NS) is Outcome.APPLIED
    assert make(tmp_path).handle(pause, T + 2 * NS) is Outcome.APPLIED
    assert board.read().pause_end("r1", T + 2 * NS) is None


def test_it_is_answered_only_when_the_workers_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    for worker in (Worker.VISION, Worker.FUSION):
        (tmp_path / "run" / f"{worker}.control").touch()
    answers: dict[str, Outcome | None] = {"vision": None, "fusion": Outcome.APPLIED}
    monkeypatch.setattr(module.control, "ask", lambda path, *_: answers[path.stem])
    desk = make(tmp_path, running=True)
    pause = command(commands.Pause, room="r1", seconds=60)
    assert desk.handle(pause, T) is None
    answers["vision"] = Outcome.APPLIED
    assert desk.handle(pause, T + 5 * NS) is Outcome.APPLIED
    # The wait for the worker did not make the pause longer.
    assert SwitchBoard(tmp_path).read().paused_until == {"r1": T + 60 * NS}


def test_a_configuration_in_force_is_confirmed(tmp_path: Path) -> None:
    file = tmp_path / "node.yaml"
    file.write_text(f"{{site: s, node: n-1, state_dir: {tmp_path}, rooms: [{{id: r1}}]}}")
    loaded = config(tmp_path)
    desk = CommandDesk(file, loaded, tmp_path / "run", running=False)
    use = command(commands.UseConfiguration, version=loaded.version)
    assert desk.handle(use, T) is Outcome.APPLIED
    other = command(commands.UseConfiguration, version="0" * 12)
    assert desk.handle(other, T) is Outcome.REFUSED


def test_erasing_waits_for_what_is_not_delivered_and_spares_others(tmp_path: Path) -> None:
    def fall(subject: str, t: int) -> events.AnyEvent:
        chain = events.chain_id("k", "r1", "fall", t)
        return events.FallSuspected(
            id=events.event_id("k", chain, 0, "fall.suspected", t),
            t=t,
            node="n-1",
            room="r1",
            subject=subject,
            chain=chain,
            position=0,
            config_version="0" * 12,
        )

    with Outbox(tmp_path / "outbox.db") as outbox:
        mine, other = fall("s-aaaa", 1), fall("s-bbbb", 2)
        outbox.commit([mine, other])
        erase = command(commands.Erase, subject="s-aaaa")
        assert make(tmp_path).handle(erase, T) is None
        outbox.settle({mine.id: False, other.id: False}, T)
        assert make(tmp_path).handle(erase, T) is Outcome.APPLIED
        assert outbox.depth().kept == 1


def test_erasing_takes_damaged_copies_and_rows_along(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database, but perhaps s-aaaa")
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"outbox.db.damaged-7{suffix}").write_bytes(b"s-aaaa")
    other = tmp_path / "other.db.damaged-1"
    other.write_bytes(b"not the outbox's")
    spoiled = [b'{"subject": "s-aaaa"', b'{"subject": "s-aaaa"}', b"\x00", b"\xff\xfe"]
    with Outbox(path) as outbox:
        assert outbox.set_aside is not None
        assert outbox.set_aside.exists()
        sound = started(1)
        outbox.commit([sound, *(started(t) for t in range(2, 2 + len(spoiled)))])
        with outbox._file.writing() as db:
            for seq, event in enumerate(spoiled, start=2):
                db.execute("UPDATE outbox SET event = CAST(? AS TEXT) WHERE seq = ?", (event, seq))
        outbox.settle({started(2).id: False}, T)
        erase = command(commands.Erase, subject="s-aaaa")
        assert make(tmp_path).handle(erase, T) is Outcome.APPLIED
        assert [row.id for row in outbox.waiting(100, 10**6)] == [sound.id]
        assert outbox.depth().kept == 0
    assert list(tmp_path.glob("outbox.db.damaged-*")) == []
    assert other.exists()


def test_erasing_takes_the_voice_out_of_the_running_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    for worker in (Worker.VISION, Worker.AUDIO, Worker.FUSION):
        (tmp_path / "run" / f"{worker}.control").touch()
    answers: dict[str, Outcome | None] = {"audio": None, "fusion": Outcome.APPLIED}
    asked: list[str] = []

    def ask(path: Path, *_: object) -> Outcome | None:
        asked.append(path.stem)
        return answers[path.stem]

    monkeypatch.setattr(module.control, "ask", ask)
    desk = make(tmp_path, running=True)
    erase = command(commands.Erase, subject="s-4f2a")
    assert desk.handle(erase, T) is None
    answers["audio"] = Outcome.APPLIED
    assert desk.handle(erase, T) is Outcome.APPLIED
    assert asked == ["audio", "audio", "fusion"]


@pytest.mark.parametrize(
    ("purpose", "left"),
    [
        pytest.param(None, [], id="all"),
        pytest.param(Purpose.VOICE, ["fall.suspected"], id="voice"),
        pytest.param(Purpose.VITALS, ["summary.daily", "fall.suspected"], id="vitals"),
        pytest.param(Purpose.RESEARCH, ["summary.daily", "fall.suspected"], id="research"),
    ],
)
def test_erasing_one_purpose_spares_the_others_and_leaves_no_bytes(
    tmp_path: Path, purpose: Purpose | None, left: list[str]
) -> None:
    def of(kind: type[events.AnyEvent], t: int, **fields: object) -> events.AnyEvent:
        name = events.kind_of(kind)
        chain = events.chain_id("k", "r1", name, t)
        return kind(
            id=events.event_id("k", chain, 0, name, t),
            t=t,
            node="n-1",
            room="r1",
            subject="s-aaaa",
            chain=chain,
            position=0,
            config_version="0" * 12,
            **fields,
        )

    held = [
        of(events.SummaryDaily, 1, purpose=Purpose.VOICE, began=0),
        of(events.FallSuspected, 2),
    ]
    with Outbox(tmp_path / "outbox.db") as outbox:
        outbox.commit(held)
        outbox.settle({one.id: False for one in held}, T)
    erase = command(commands.Erase, subject="s-aaaa", purpose=purpose)
    assert make(tmp_path).handle(erase, T) is Outcome.APPLIED
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        kept = db.execute("SELECT json_extract(event, '$.kind') FROM outbox ORDER BY seq")
        assert [row[0] for row in kept] == left
    db.close()
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert (b"s-aaaa" in found) == bool(left)
    assert (b"summary.daily" in found) == ("summary.daily" in left)


def test_the_wizard_is_answered_once_it_is_open(tmp_path: Path) -> None:
    desk, wanted = make(tmp_path, running=True), command(commands.OpenWizard, room="r1", seconds=90)
    assert desk.handle(wanted, T) is None
    assert asked.to_start(tmp_path / "node.yaml", tmp_path, {asked.OUTSIDE: "1"}) is None
    started = asked.to_start(tmp_path / "node.yaml", tmp_path, {})
    assert started is not None
    assert started[1:5] == ["-m", "ambient", "commission", "--asked"]
    assert asked.take(tmp_path) == asked.Wish(seconds=90)
    assert asked.take(tmp_path) is None
    assert asked.to_start(tmp_path / "node.yaml", tmp_path, {}) is None
    assert desk.handle(wanted, T + 5 * NS) is None, "it is not open yet"
    assert not asked.is_wished(tmp_path), "it is wished once"
    lock = hold_wizard(tmp_path)
    try:
        assert desk.handle(wanted, T + 10 * NS) is Outcome.APPLIED
        another = command(commands.OpenWizard, room="r1")
        assert desk.handle(another, T + 11 * NS) is Outcome.ALREADY
    finally:
        os.close(lock)


@pytest.mark.parametrize(
    ("running", "room", "after_s", "outcome"),
    [
        pytest.param(True, "r1", asked.PATIENCE_S, None, id="patience"),
        pytest.param(True, "r1", asked.PATIENCE_S + 1, Outcome.REFUSED, id="nobody opens it"),
        pytest.param(True, "r9", 0, Outcome.REFUSED, id="another room"),
        pytest.param(False, "r1", 0, Outcome.REFUSED, id="no node runs"),
    ],
)
def test_a_wizard_that_nobody_opens_is_refused(
    tmp_path: Path, running: bool, room: str, after_s: float, outcome: Outcome | None
) -> None:
    desk, wanted = make(tmp_path, running=running), command(commands.OpenWizard, room=room)
    desk.handle(wanted, T)
    assert desk.handle(wanted, T + round(after_s * NS)) is outcome
    assert asked.is_wished(tmp_path) is (outcome is None)
