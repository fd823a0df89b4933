"""Events on their way to the disk: kept while it takes nothing, then all of them, in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from ambient import events
from ambient.errors import StoreError
from ambient.events import AnyEvent, kind_of
from ambient.node.ledger import RETRY_S, SAVE_EVERY_S, Ledger

KEY = "k" * 40


def event(t: int, kind: type[events.Event] = events.NodeStarted, **fields: object) -> AnyEvent:
    chain = events.chain_id(KEY, None, "test", t)
    return kind(
        id=events.event_id(KEY, chain, 0, kind_of(kind), t),
        t=t,
        node="n-1",
        chain=chain,
        position=0,
        config_version="0" * 12,
        **fields,
    )


class Disk:
    """Takes what it is given, unless it is full."""

    def __init__(self) -> None:
        self.full = False
        self.rows: list[AnyEvent] = []
        self.state: dict[str, bytes] = {}
        self.commits = 0

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        if self.full:
            raise StoreError("full")
        self.rows += new
        self.state = dict(state or {})
        self.commits += 1
        return 0


def ledger(disk: Disk) -> Ledger:
    return Ledger(disk, lambda: event(99, events.NodeDiskFull, free_mb=0))


def state(value: bytes = b"s"):
    return lambda rooms: {"judge": value}


def test_an_event_goes_to_the_disk_at_once_with_its_state() -> None:
    disk = Disk()
    assert ledger(disk).write([event(1)], state(b"x"), 0.0)
    assert disk.rows == [event(1)]
    assert disk.state == {"judge": b"x"}


@pytest.mark.parametrize("full", [False, True])
def test_somebody_waits_until_the_whole_state_is_on_the_disk(full: bool) -> None:
    disk = Disk()
    one = ledger(disk)
    one.write([], state(b"a"), 0.0)
    disk.full = full
    for at in (1.0, 1.1):  # while it fails as well
        assert one.write([], state(b"b"), at, all_of_it=True) is not full
    assert disk.state == {"judge": b"a" if full else b"b"}
    disk.full = False
    assert one.write([], state(b"b"), 1.2, all_of_it=True)
    assert disk.state == {"judge": b"b"}


def test_state_alone_is_saved_now_and_then_and_only_when_it_changed() -> None:
    disk = Disk()
    one = ledger(disk)
    one.write([], state(b"a"), 0.0)
    one.write([], state(b"b"), 1.0)
    assert disk.commits == 1
    one.write([], state(b"b"), SAVE_EVERY_S)
    assert disk.state == {"judge": b"b"}
    one.write([], state(b"b"), 3 * SAVE_EVERY_S)
    assert disk.commits == 2


@pytest.mark.parametrize("late_s", [0.0, 2 * SAVE_EVERY_S])
def test_no_event_waits_for_the_state_of_other_rooms(late_s: float) -> None:
    """Their state is saved in its time, however many events there are."""
    disk, asked = Disk(), []

    def state(rooms: Collection[str] | None) -> dict[str, bytes]:
        asked.append(rooms)
        return {"judge": b"%d" % len(asked)}

    one = ledger(disk)
    one.write([], state, 0.0)
    one.write(
        [event(1, events.NodeDataLate, room="r7", source="w1", observations=1, frames=0)],
        state,
        late_s,
    )
    one.write([event(2)], state, late_s)
    one.write([], state, late_s)
    one.write([], state, SAVE_EVERY_S)
    assert asked == [None, {"r7"}, set(), None]


def test_a_full_disk_loses_nothing_and_is_told_once() -> None:
    disk = Disk()
    one = ledger(disk)
    disk.full = True
    assert not one.write([event(1)], state(), 0.0)
    assert not one.write([event(2)], state(), 0.1)
    assert not one.write([], state(), 2 * RETRY_S)
    disk.full = False
    assert one.write([event(3)], state(), 4 * RETRY_S)
    assert [kind_of(row) for row in disk.rows].count("node.disk_full") == 1
    assert [row.t for row in disk.rows if kind_of(row) == "node.started"] == [1, 2, 3]
    assert one.write([event(4)], state(), 4 * RETRY_S)
    assert disk.rows[-1].t == 4


def test_a_full_disk_is_not_hammered() -> None:
    disk = Disk()
    disk.full = True
    one = ledger(disk)
    tried = []
    disk.commit = lambda *_: tried.append(1) or (_ for _ in ()).throw(StoreError("full"))  # type: ignore[method-assign]
    for step in range(20):
        one.write([event(step)], state(), step * RETRY_S / 10)
    assert len(tried) == 2
