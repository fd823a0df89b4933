"""The room's own contact, told to the hub while it cannot be set, and no longer than that."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from ambient import events
from ambient.config import NodeConfig, Room
from ambient.config_relay import RoomContact as ContactConfig
from ambient.events import Device, NodeSourceSilent, QualityRestored
from ambient.node import contact_report, worker
from ambient.node.clock import inherited_clock
from ambient.node.contact import RoomContact
from ambient.node.contact_report import LOOK_S, SILENT_S, ContactReport, Reach, Turn
from ambient.node.notices import NoticeBoard, event_of
from ambient.node.place import NodePlace
from tests.patience import PATIENCE_S, until
from tests.relays.modbus import Module

KEY = "k" * 40
GONE, BACK = Turn.SILENT, Turn.BACK


def looks(begin: int, end: int, taken: int) -> list[tuple[float, int]]:
    """Return a look each second from `begin` up to `end` that finds so many settings taken."""
    return [(float(now), taken) for now in range(begin, end + 1)]


@pytest.mark.parametrize(
    ("silent", "course", "told"),
    [
        pytest.param(False, [(n, n) for n in range(60)], [], id="well"),
        pytest.param(False, looks(0, 14, 0), [], id="a start takes its time"),
        pytest.param(False, looks(0, 900, 0), [(15, GONE)], id="never there: told once"),
        pytest.param(False, [(0, 1), *looks(1, 15, 1)], [(15, GONE)], id="unplugged"),
        pytest.param(
            False, [(0, 1), *looks(1, 14, 1), *looks(15, 29, 2)], [], id="back before it is told"
        ),
        pytest.param(
            False,
            [(0, 1), *looks(1, 20, 1), (21, 2), *looks(22, 36, 2), (37, 3)],
            [(15, GONE), (21, BACK), (36, GONE), (37, BACK)],
            id="again",
        ),
        pytest.param(True, looks(0, 60, 0), [], id="told by the last run"),
        pytest.param(True, [(0, 0), (1, 1)], [(1, BACK)], id="back after a restart"),
        pytest.param(
            False, [(0, 1), (600, 1), (601, 2)], [], id="a process that was held up saw nothing"
        ),
    ],
)
def test_when_it_is_told(
    silent: bool, course: list[tuple[float, int]], told: list[tuple[float, Turn]]
) -> None:
    reach = Reach(silent=silent)
    turns = [(now, reach.update(taken, now)) for now, taken in course]
    assert [(now, turn) for now, turn in turns if turn is not None] == told


def config(folder: Path, contact: ContactConfig | None) -> NodeConfig:
    NodePlace(folder).make()
    return NodeConfig(
        site="s", node="n-1", rooms=[Room(id="r1")], state_dir=folder, contact=contact
    )


def report(folder: Path, contact: ContactConfig | None, t: int) -> ContactReport:
    """Return that of one run of a node whose clock is at `t` ns, and goes on."""
    return ContactReport(config(folder, contact), KEY, itertools.count(t).__next__)


def told(folder: Path) -> list[events.AnyEvent]:
    """Return what waits for fusion, which passes over what it has."""
    found = [event_of(notice, "n-1", KEY, "0" * 12) for _, notice in NoticeBoard(folder).waiting()]
    return list({event.id: event for event in found}.values())


def silence(one: ContactReport, taken: int, begin: float = 0.0) -> float:
    """Let it look for long enough to tell; return when that was over."""
    for n in range(round(SILENT_S / LOOK_S) + 2):
        one.update(taken, begin + n * LOOK_S)
    return begin + (n + 1) * LOOK_S


CONTACT = ContactConfig(gpio=1)


def test_it_is_an_event_of_the_node_and_the_end_is_of_its_chain(tmp_path: Path) -> None:
    one = report(tmp_path, CONTACT, 100)
    now = silence(one, 0)
    one.update(1, now)
    gone, back = told(tmp_path)
    assert isinstance(gone, NodeSourceSilent)
    assert (gone.source, gone.device, gone.room) == ("nurse-call", Device.NURSE_CALL, None)
    assert gone.silent_s >= SILENT_S
    assert isinstance(back, QualityRestored)
    assert (back.source, back.chain, back.room) == (gone.source, gone.chain, None)
    assert (gone.position, back.position) == (0, 1)
    assert back.t > gone.t
    for event in (gone, back):
        assert events.decode(events.encode(event)) == event


@pytest.mark.parametrize("contact", [CONTACT, None], ids=["there again", "not configured any more"])
def test_what_a_run_told_the_next_one_ends(tmp_path: Path, contact: ContactConfig | None) -> None:
    silence(report(tmp_path, CONTACT, 100), 0)
    assert len(told(tmp_path)) == 1
    after = report(tmp_path, contact, 200)
    after.update(1, 0.0)
    assert [type(event) for event in told(tmp_path)] == [NodeSourceSilent, QualityRestored]
    report(tmp_path, contact, 300)
    assert len(told(tmp_path)) == 2, "and that only once"


def test_a_run_that_died_before_the_notice_is_made_good_for(tmp_path: Path) -> None:
    silence(report(tmp_path, CONTACT, 100), 0)
    (gone,) = told(tmp_path)
    for path, _ in NoticeBoard(tmp_path).waiting():
        NoticeBoard.taken(path)
    report(tmp_path, CONTACT, 200)
    assert told(tmp_path) == [gone]


def test_what_a_full_disk_refused_is_told_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = report(tmp_path, CONTACT, 100)
    folder = tmp_path / "notices"
    folder.write_bytes(b"")  # no folder can be made there
    kept = NodePlace(tmp_path).contact_silent
    kept.mkdir()  # nor can this be written
    now = silence(one, 0)
    assert told(tmp_path) == []
    folder.unlink()
    kept.rmdir()
    one.update(0, now + contact_report.KEEP_S)
    assert [type(event) for event in told(tmp_path)] == [NodeSourceSilent]
    report(tmp_path, None, 200)
    assert len(told(tmp_path)) == 2, "it was kept too"


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"kind":"quality.restored"}'])
def test_a_damaged_file_ends_no_run(tmp_path: Path, damage: bytes) -> None:
    NodePlace(tmp_path).contact_silent.write_bytes(damage)
    one = report(tmp_path, CONTACT, 100)
    silence(one, 0)
    assert [type(event) for event in told(tmp_path)] == [NodeSourceSilent]


def test_a_module_that_is_unplugged_and_plugged_in_again_is_told_and_over(tmp_path: Path) -> None:
    with Module() as module:
        contact = ContactConfig(modbus=module.address)
        relay, one = RoomContact(contact), report(tmp_path, contact, 100)
        until(lambda: relay.taken)
        one.update(relay.taken, 0.0)
        module.unplug()
        lost = relay.taken + 1  # one may just have been on its way
        now = silence(one, lost)
        assert [type(event) for event in told(tmp_path)] == [NodeSourceSilent]
        module.plug_in()
        until(lambda: relay.taken > lost)
        one.update(relay.taken, now)
        assert [type(event) for event in told(tmp_path)] == [NodeSourceSilent, QualityRestored]
        relay.close()


def test_the_agent_of_a_node_whose_module_is_missing_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_report, "SILENT_S", 0.1)
    with Module() as module:
        module.unplug()
        node = config(tmp_path / "state", ContactConfig(modbus=module.address))
        stop = SimpleNamespace(asked=False)
        agent = threading.Thread(
            target=worker._agent, args=(node, tmp_path / "node.yaml", inherited_clock(), stop)
        )
        agent.start()
        try:
            until(lambda: told(node.state_dir), "the missing module was not told")
            module.plug_in()
            until(lambda: len(told(node.state_dir)) > 1, "nor that it is back")
        finally:
            stop.asked = True
            agent.join(PATIENCE_S)
    first, second, *_ = told(node.state_dir)
    assert (type(first), type(second)) == (NodeSourceSilent, QualityRestored)
