"""The hub's timer over a real database: silence, speech again, a clock that is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ambient.hub.accounts import Accounts
from ambient.hub.alarms.condition import Deed
from ambient.hub.alarms.inputs import Delivered
from ambient.hub.alarms.signal import Delivery
from ambient.hub.board import Board, read_board
from ambient.hub.database import HubDatabase, Trouble
from ambient.hub.silence import BEHIND_S
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from tests.hub.kit import HASHER, NS, fall

SILENT_S = 15


class Bed:
    """A timer whose clocks the test moves, and which nodes it awaits."""

    def __init__(self, database: HubDatabase) -> None:
        self.database = database
        self.store = Store(database)
        self.expected = ["n-1", "n-2"]
        self.mono, self.wall = 0, 10_000 * NS
        self.restart()

    def restart(self) -> None:
        self.watch = Watch(
            self.database,
            self.store,
            Accounts(self.database, HASHER),
            served=lambda: {node: ["r1"] for node in self.expected},
            silent_s=SILENT_S,
            keep_days=1,
            monotonic=lambda: self.mono,
            now=lambda: self.wall,
        )

    def go(self, seconds: float, *, set_by: float = 0) -> dict[str, bool]:
        """Let time pass, and the clock be set; return node ► whether its silence is an alarm."""
        self.mono += round(seconds * NS)
        self.wall += round((seconds + set_by) * NS)
        self.watch.tick()
        return self.store.known_nodes()

    def board(self) -> Board:
        return read_board(self.database, {}, {}, self.wall)


@pytest.fixture
def bed(database: HubDatabase) -> Iterator[Bed]:
    return Bed(database)


def test_a_node_that_says_nothing_is_an_alarm_until_it_speaks(bed: Bed) -> None:
    assert bed.go(0) == {}
    assert bed.go(14) == {}
    bed.watch.heard("n-1")
    assert bed.go(2) == {"n-2": True}, "a node that never spoke is missed as well"
    assert bed.go(1, set_by=-3600) == {"n-2": True}, "a stepped wall clock raises no alarm"
    bed.watch.heard("n-2")
    assert bed.go(1)["n-2"] is False
    assert bed.go(20) == {"n-1": True, "n-2": True}
    bed.restart()
    bed.watch.heard("n-1")
    assert bed.go(1) == {"n-1": False, "n-2": True}, "silence is known after a restart"
    bed.expected = ["n-1"]
    assert bed.go(1) == {"n-1": False}, "a revoked node is not missed"


def test_nodes_that_fall_silent_at_once_are_one_alarm_told_once(bed: Bed) -> None:
    bed.expected = [f"n-{number}" for number in range(40)]
    bed.go(0)
    before = bed.store.sequence()
    assert list(bed.go(20).values()) == [True] * 40
    assert bed.store.sequence() == before + 1
    (alarm,) = bed.board().alarms
    assert len(bed.board().led[alarm.id]) == 39
    assert [line.what for line in bed.board().history[alarm.id]].count(Deed.CHANGED) == 1
    assert {one.times for one in bed.board().signals[alarm.id]} <= {1, 2}
    for node in bed.expected[:-1]:
        bed.watch.heard(node)
    assert list(bed.go(1).values()).count(True) == 1
    (left,) = bed.board().alarms
    assert left.node == "n-39"
    assert left.leader is None
    assert bed.board().led == {}
    assert bed.store.verify().broken is None


def test_a_node_that_joins_the_silent_is_news(bed: Bed) -> None:
    bed.expected = ["n-1"]
    bed.go(0)
    bed.go(20)
    bed.expected = ["n-1", "n-2"]
    bed.go(1)
    bed.go(20)
    (alarm,) = bed.board().alarms
    deeds = [line.what for line in bed.board().history[alarm.id]]
    assert (alarm.node, deeds) == ("n-1", [Deed.OPENED, Deed.CHANGED])


def test_who_speaks_while_silence_is_being_stored_is_not_silent(bed: Bed) -> None:
    asked: list[str] = []

    def still(node: str) -> bool:
        asked.append(node)
        return node != "n-2"

    silent = {"n-1": 0, "n-2": 0}
    assert bed.store.silent(silent, bed.wall, still) == ["n-1"]
    assert asked == ["n-1", "n-2"]
    assert bed.store.known_nodes() == {"n-1": True}


def test_what_the_link_has_not_taken_yet_is_no_silence(bed: Bed) -> None:
    """Behind a storm of events signs of life wait as well; but not for ever."""
    bed.go(0)
    bed.watch.drained()
    assert bed.go(SILENT_S + 5) == {}
    assert bed.go(BEHIND_S - 10) == {}
    bed.watch.heard("n-1")
    bed.watch.drained()
    assert bed.go(1) == {"n-2": True}
    assert bed.go(BEHIND_S) == {"n-2": True}
    assert bed.go(SILENT_S) == {"n-1": True, "n-2": True}


@pytest.mark.parametrize("by", [-3600, 3600])
def test_a_wall_clock_that_is_set_does_not_stop_an_escalation(bed: Bed, by: int) -> None:
    bed.expected = []
    life = fall(9_990, 2)
    bed.store.store("n-1", life, bed.wall)

    def go(seconds: float, set_by: int = 0) -> list[str]:
        bed.go(seconds, set_by=set_by)
        signals = bed.store.case(life[0].chain)[0].signals
        return [one.channel for one in signals if one.withdrawn is None]

    assert go(1) == ["page"]
    first = bed.store.case(life[0].chain)[0].signals[0]
    bed.store.decide(Delivered(signal=first.id, delivery=Delivery.DELIVERED), bed.wall)
    assert go(5, set_by=by) == ["page"]
    assert go(40) == ["page"]
    # the step of the shift and the nurse reach nobody new: a minute after the first, the siren
    assert go(15) == ["page", "siren"]
    assert bed.store.verify().broken is None


def _say(bed: Bed) -> None:
    bed.expected = ["n-1"]
    bed.go(0)


def _say_again(bed: Bed) -> None:
    _say(bed)
    bed.go(20)
    bed.watch.heard("n-1")


@pytest.mark.parametrize(
    ("prepare", "seconds", "before", "after"),
    [
        pytest.param(_say, 20, {}, {"n-1": True}, id="silence"),
        pytest.param(_say_again, 1, {"n-1": True}, {"n-1": False}, id="speech"),
    ],
)
def test_what_could_not_be_stored_is_told_later(
    bed: Bed,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Bed], None],
    seconds: float,
    before: dict[str, bool],
    after: dict[str, bool],
) -> None:
    prepare(bed)
    writer = bed.database._writer
    pages = int(writer.execute("PRAGMA page_count").fetchone()[0])
    writer.execute(f"PRAGMA max_page_count = {pages}")
    with bed.database._write_lock, monkeypatch.context() as patch:
        # Leave no free page: the alarm's row must need a new one.
        patch.setattr("ambient.hub.rows.bump", _fill)
        assert bed.go(seconds) == before
    assert bed.database.trouble is Trouble.DISK_FULL
    writer.execute("PRAGMA max_page_count = 1000000")
    assert bed.go(1) == after
    assert bed.database.trouble is None


def _fill(db: object) -> None:
    db.execute(  # type: ignore[attr-defined]
        "INSERT INTO commands VALUES ('x', 'n', NULL, 'k', 's', 1, 2, ?, 'c')", ("x" * 200_000,)
    )
