"""Whether a room is commissioned: what its node said of the installation, in any order."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from ambient import events
from ambient.bus.keys import new_pair
from ambient.bus.protocol import PROTOCOL, Enrol
from ambient.events import AnyEvent, Coverage, Light, Station, StationResult, WizardAct
from ambient.hub.board import read_board
from ambient.hub.commissioning import Commissioning, RoomInstallation, next_commissioning
from ambient.hub.database import HubDatabase
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.observations import View

KEY = "k" * 40
NEVER, COMMISSIONED, IN_PART, MOVED, REPLACED, BLIND = RoomInstallation


def made(kind: type[events.Event], t: int, chain: int = 1, **fields: object) -> AnyEvent:
    chain_id = events.chain_id(KEY, "r1", "test", chain)
    return kind(  # type: ignore[return-value]
        id=events.event_id(KEY, chain_id, t, events.kind_of(kind), t),
        t=t,
        node="n-1",
        room="r1",
        chain=chain_id,
        position=t,
        config_version="0" * 12,
        **fields,
    )


def walk(t: int, *, complete: bool = True, short: bool = False) -> AnyEvent:
    result = StationResult(Station.WALK, Light.DAY, Coverage.YES)
    return made(
        events.NodeCommissioned,
        t,
        100 + t,
        complete=complete,
        short=short,
        walked=[result],
        certificate="a" * 64,
    )


def sees(t: int, view: View, camera: str = "c1", chain: int = 1) -> AnyEvent:
    kind: type[events.Event] = events.QualityDegraded
    if view is View.OK:
        kind = events.QualityRestored
    elif view in (View.PAUSED, View.OFF, View.NOT_WATCHED):
        kind = events.QualityNotWatched
    return made(kind, t, chain, source=camera, view=view)


def replaced(t: int) -> AnyEvent:
    return made(events.NodeWizard, t, act=WizardAct.REPLACED)


def opened(t: int) -> AnyEvent:
    return made(events.NodeWizard, t, act=WizardAct.OPENED, certificate="b" * 64)


def after(*said: AnyEvent) -> Commissioning | None:
    known: Commissioning | None = None
    for event in said:
        known = next_commissioning(known, event) or known
    return known


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([], NEVER, id="nothing"),
        pytest.param([opened(1)], NEVER, id="the wizard was opened"),
        pytest.param([walk(1)], COMMISSIONED, id="walked"),
        pytest.param([walk(1, complete=False)], IN_PART, id="not all covered"),
        pytest.param([walk(1, complete=False), walk(2)], COMMISSIONED, id="walked again"),
        pytest.param([walk(1), sees(2, View.MOVED)], MOVED, id="turned"),
        pytest.param(
            [walk(1), sees(2, View.MOVED), sees(3, View.OK)], MOVED, id="turned, and sees again"
        ),
        pytest.param([walk(1), sees(2, View.MOVED), walk(3)], COMMISSIONED, id="turned, walked"),
        pytest.param([sees(1, View.MOVED), walk(2)], COMMISSIONED, id="turned before"),
        pytest.param([walk(1), sees(2, View.COVERED)], BLIND, id="covered"),
        pytest.param([walk(1), sees(2, View.DARK)], BLIND, id="dark"),
        pytest.param(
            [walk(1), sees(2, View.DARK), sees(3, View.OK)], COMMISSIONED, id="light again"
        ),
        pytest.param(
            [walk(1), sees(2, View.COVERED), sees(3, View.OK, chain=2)],
            BLIND,
            id="speaks again after a silence",
        ),
        pytest.param(
            [walk(1), sees(2, View.COVERED), sees(3, View.PAUSED, chain=2)],
            COMMISSIONED,
            id="paused by plan",
        ),
        pytest.param(
            [walk(1), sees(2, View.COVERED), sees(3, View.OK, "c2")], BLIND, id="another camera"
        ),
        pytest.param([walk(1), sees(2, View.FROZEN)], COMMISSIONED, id="frozen: technical alone"),
        pytest.param([walk(1), sees(2, View.NOT_WATCHED)], COMMISSIONED, id="night by plan"),
        pytest.param([sees(1, View.COVERED), walk(2)], BLIND, id="covered while walked"),
        pytest.param([walk(1), replaced(2)], REPLACED, id="another machine"),
        pytest.param(
            [walk(1), replaced(2), walk(3, short=True)], COMMISSIONED, id="the short walk"
        ),
        pytest.param([replaced(1)], NEVER, id="replaced before any walk"),
    ],
)
def test_state(said: list[AnyEvent], expected: RoomInstallation) -> None:
    known = after(*said)
    assert (NEVER if known is None else known.state) is expected


def test_the_order_of_arrival_does_not_matter() -> None:
    """Of a turned camera and walks; each camera's own words come in their chain's order."""
    said = [walk(1, complete=False), sees(2, View.MOVED, "c2"), replaced(3), walk(4)]
    states = {after(*order).state for order in itertools.permutations(said)}  # type: ignore[union-attr]
    assert states == {COMMISSIONED}


def test_what_says_nothing_of_it_changes_nothing() -> None:
    before = after(walk(1))
    assert next_commissioning(before, walk(1)) is None
    assert next_commissioning(before, sees(2, View.FROZEN)) is None
    assert next_commissioning(before, made(events.NodeStarted, 2)) is None


@pytest.mark.parametrize("clock", [-3600, 0, 3600])
def test_another_key_for_a_room_that_was_walked_wants_another_walk(
    tmp_path: Path, clock: int
) -> None:
    """Also where the hub's clock is an hour off that of the node which was walked."""
    database = HubDatabase(tmp_path / "hub.db")
    registry, store = Registry(database), Store(database)
    now = time.time_ns()

    def enrol() -> None:
        pair = new_pair()
        token = registry.invite("tcp://127.0.0.1:7440", new_pair().public, "a", now).token
        asks = Enrol(protocol=PROTOCOL, token=token, node="n-1", site="s", rooms=["r1"])
        assert registry.ask(pair.public, asks, "s", now) is None
        registry.accept(pair.fingerprint, "anna", now)

    def state() -> RoomInstallation:
        (room,) = read_board(database, {}, {"n-1": ["r1"]}, now).rooms
        return room.installation

    enrol()
    assert state() is NEVER
    store.store("n-1", [walk(now + clock * 1_000_000_000)], now)
    assert state() is COMMISSIONED
    seen = store.sequence()
    registry.revoke("n-1", "anna", now)
    enrol()
    assert state() is REPLACED
    assert store.sequence() > seen
    store.store("n-1", [walk(now + (abs(clock) + 60) * 1_000_000_000, short=True)], now)
    assert state() is COMMISSIONED
    database.close()


def test_the_board_shows_it_and_keeps_it_when_old_events_are_purged(tmp_path: Path) -> None:
    database = HubDatabase(tmp_path / "hub.db")
    store = Store(database)
    before = store.sequence()
    store.store("n-1", [walk(1), sees(2, View.MOVED)], time.time_ns())
    assert store.sequence() > before
    store.purge(time.time_ns() + 1, time.time_ns())
    board = read_board(database, {}, {"n-1": ["r1"]}, time.time_ns())
    (room,) = board.rooms
    assert room.installation is RoomInstallation.MOVED
    assert (room.walked, [fault.source for fault in room.faults]) == (1, ["c1"])
    database.close()
