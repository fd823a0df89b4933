"""The outbox: one transaction, order, bounds, a full disk, a damaged file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ambient import events
from ambient.errors import StoreError
from ambient.events import EVENT_TYPES, AnyEvent
from ambient.node.importance import Importance, importance, is_urgent
from ambient.node.outbox import Depth, Outbox
from tests.bus.kit import IDENTITY, VERSION, fall, started

ALL = (1_000, 10_000_000)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.db", max_rows=100) as made:
        yield made


def waiting(outbox: Outbox) -> list[tuple[str, int]]:
    found = [events.decode(row.event) for row in outbox.waiting(*ALL)]
    return [(events.kind_of(event), event.t) for event in found]


def dropped(rows: int) -> AnyEvent:
    chain = events.chain_id(IDENTITY, None, "outbox", 1)
    return events.NodeOutboxDropped(
        id=events.event_id(IDENTITY, chain, 0, "node.outbox_dropped", 1),
        t=1,
        node="n-1",
        chain=chain,
        position=0,
        config_version=VERSION,
        rows=rows,
    )


def test_every_kind_has_a_rank_and_only_what_carers_wait_for_is_urgent() -> None:
    for kind in EVENT_TYPES:
        assert importance(kind) in Importance
        urgent = ("fall.", "distress.", "bed.", "absence.")
        assert is_urgent(kind) == events.kind_of(kind).startswith(urgent)


def test_events_and_state_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "outbox.db"
    with Outbox(path) as outbox:
        outbox.commit([fall(1), fall(1, 1)], {"a": b"1", "b": b"2"})
        outbox.commit([], {"a": b"3"})
        outbox.commit([started(2)])
    with Outbox(path) as outbox:
        assert outbox.state() == {"a": b"3"}
        assert len(outbox.waiting(*ALL)) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_event_derived_again_is_there_once(outbox: Outbox) -> None:
    outbox.commit([fall(1), fall(1, 1)])
    outbox.commit([fall(1), fall(1, 1), fall(1, 2)])
    assert [t for t, _ in waiting(outbox)] == ["fall.suspected", "fall.confirmed", "fall.long_lie"]
    first = outbox.waiting(*ALL)[0]
    outbox.settle({first.id: False}, now=1)
    outbox.commit([fall(1)])
    assert len(outbox.waiting(*ALL)) == 2


def test_falls_go_before_a_backlog_and_each_chain_keeps_its_order(outbox: Outbox) -> None:
    outbox.commit([started(1), started(2)])
    outbox.commit([fall(3)])
    outbox.commit([started(4)])
    outbox.commit([fall(3, 1), fall(5)])
    assert waiting(outbox) == [
        ("fall.suspected", 3),
        ("fall.confirmed", 3),
        ("fall.suspected", 5),
        ("node.started", 1),
        ("node.started", 2),
        ("node.started", 4),
    ]


@pytest.mark.parametrize(
    ("rows", "size", "skip", "expected"),
    [
        (2, 10_000_000, (), [1, 2]),
        (64, 10_000_000, (fall(1).id, fall(1, 2).id), [2, 4, 5]),
        (64, 1, (), [1]),
        (64, 1, (fall(1).id,), [2]),
        (64, 700, (), [1, 2]),
    ],
)
def test_what_is_sent_at_once(
    outbox: Outbox, rows: int, size: int, skip: tuple[str, ...], expected: list[int]
) -> None:
    outbox.commit([fall(1, position) for position in range(4)] + [fall(2)])
    assert [row.seq for row in outbox.waiting(rows, size, skip)] == expected


def test_answered_rows_are_kept_for_a_while(outbox: Outbox) -> None:
    outbox.commit([fall(1), fall(1, 1), fall(2)])
    outbox.settle({fall(1).id: False}, now=100)
    outbox.settle({fall(1, 1).id: True}, now=200)
    assert outbox.depth() == Depth(waiting=1, kept=2)
    assert outbox.prune(before=150, now=150) == 1
    assert outbox.depth() == Depth(waiting=1, kept=1)


def test_a_full_outbox_drops_kept_rows_first_then_what_matters_least(outbox: Outbox) -> None:
    outbox.commit([fall(number, 1) for number in range(60)])
    outbox.commit([started(number) for number in range(100, 140)])
    outbox.settle({fall(number, 1).id: False for number in range(3)}, now=1)
    assert outbox.commit([fall(200), fall(200, 1)]) == 0
    assert outbox.depth() == Depth(waiting=99, kept=1)
    assert outbox.commit([fall(201), fall(201, 1)]) == 0 + 1
    kinds = [kind for kind, _ in waiting(outbox)]
    assert kinds.count("fall.confirmed") == 59
    assert kinds.count("node.started") == 39
    assert waiting(outbox)[-39] == ("node.started", 101)
    outbox.commit([fall(number, 1) for number in range(300, 345)])
    kinds = [kind for kind, _ in waiting(outbox)]
    assert set(kinds) == {"fall.confirmed"}
    assert len(kinds) == 100


def test_what_was_dropped_is_said_once(outbox: Outbox) -> None:
    outbox.commit([started(number) for number in range(110)])
    assert outbox.report_dropped(dropped) == 10
    assert outbox.report_dropped(dropped) == 0
    said = [events.decode(row.event) for row in outbox.waiting(*ALL)]
    assert [e.rows for e in said if isinstance(e, events.NodeOutboxDropped)] == [10]


def test_an_answer_is_kept_and_can_be_sent_again(outbox: Outbox) -> None:
    command = fall(9).chain
    assert not outbox.answered(command)
    outbox.answer(command, started(1), now=5)
    assert outbox.answered(command)
    (row,) = outbox.waiting(*ALL)
    outbox.settle({row.id: False}, now=6)
    assert not outbox.waiting(*ALL)
    outbox.answer_again(command)
    assert waiting(outbox) == [("node.started", 1)]
    outbox.settle({row.id: False}, now=7)
    outbox.prune(before=100, now=100)
    outbox.answer_again(command)
    assert waiting(outbox) == [("node.started", 1)]


def test_the_other_process_sees_a_commit(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as fusion, Outbox(path) as agent:
        assert agent.changed()
        assert not agent.changed()
        fusion.commit([fall(1)])
        assert agent.changed()
        assert not agent.changed()
        agent.settle({fall(1).id: False}, now=1)
        assert fusion.depth().waiting == 0


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(content)
    with Outbox(path) as outbox:
        outbox.commit([fall(1)])
        assert len(outbox.waiting(*ALL)) == 1
        if content:
            assert outbox.set_aside is not None
            assert outbox.set_aside.read_bytes() == content
        else:
            assert outbox.set_aside is None


def _commit_one_by_one(outbox: Outbox, numbers: Iterable[int]) -> None:
    for number in numbers:
        outbox.commit([fall(number), fall(number, 1)], {"n": str(number).encode()})


def _fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4_096)


def _damage(path: Path) -> None:
    """Spoil the pages of an index and of free space, as a failing card does."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'outbox_waiting'"
        ).fetchone()[0]
    db.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\x55" * page)


def test_what_can_be_read_of_a_damaged_file_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as outbox:
        outbox.commit([fall(number) for number in range(200)], {"a": b"1"})
    _damage(path)
    with Outbox(path) as outbox:
        assert outbox.set_aside is not None
        assert len(outbox.waiting(*ALL)) == 200
        assert outbox.state() == {"a": b"1"}
    with Outbox(path) as outbox:
        assert outbox.set_aside is None


def test_damage_while_running_is_an_error_once_and_both_sides_go_on(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as fusion, Outbox(path) as agent:
        fusion.commit([fall(number) for number in range(200)])
        _damage(path)
        for outbox in (fusion, agent):
            # Their page caches still hold the sound pages.
            outbox._file._database.execute("PRAGMA shrink_memory")
        with pytest.raises(StoreError, match="damaged"):
            _commit_one_by_one(fusion, range(300, 400))
        fusion.commit([fall(500)])
        agent.changed()
        texts = [events.decode(row.event).t for row in agent.waiting(*ALL)]
        assert 500 in texts
        assert len(texts) > 200
        fusion.commit([fall(501)])
        assert agent.changed()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB, where the test may mount one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs the right to mount a tmpfs")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_nothing_is_half_stored_and_nothing_is_lost(small_disk: Path) -> None:
    with Outbox(small_disk / "outbox.db") as fusion, Outbox(small_disk / "outbox.db") as agent:
        fusion.commit([fall(0), fall(0, 1)], {"n": b"0"})
        ballast = small_disk / "ballast"
        _fill(ballast)
        with pytest.raises(StoreError, match="expected space on the disk"):
            _commit_one_by_one(fusion, range(1, 1_000))
        kept = len(agent.waiting(*ALL))
        assert fusion.state() == {"n": str(kept // 2 - 1).encode()}
        with pytest.raises(StoreError, match="expected space on the disk"):
            agent.settle({fall(number).id: False for number in range(kept // 2)}, now=1)
        ballast.unlink()
        fusion.commit([fall(kept // 2), fall(kept // 2, 1)])
        assert len(agent.waiting(*ALL)) == kept + 2
        agent.settle({fall(0).id: False}, now=1)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE schema_versions SET version = 99")
    db.close()
    with pytest.raises(StoreError, match="made by a newer Ambient"):
        Outbox(path)
