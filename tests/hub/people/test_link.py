"""A withdrawal over the real link: hub, CURVE, agent, desk, switches, and the answer back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ambient.events import Purpose
from ambient.hub.orders import OrderState
from ambient.hub.people import care, erasure
from ambient.hub.people.care import CareSettings
from ambient.hub.people.consents import Capacity, Stand
from ambient.hub.people.erasure import erase
from ambient.hub.people.register import Register
from ambient.hub.store import Store
from ambient.node import recorder
from ambient.node.care import load_in_force
from ambient.node.desk import CommandDesk
from ambient.node.switches import SwitchBoard, rooms_by_id
from tests.bus.kit import House, Node

ONE = "s-00aa11bb"
MINUTE_S = 60.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def node(house: House) -> Node:
    node = house.node()
    house.intake._dispatch._source = Store(house.database)
    desk = CommandDesk(node.folder / "node.yaml", node.config, node.folder / "run", running=False)
    node.stop()
    node._handle = lambda command: desk.handle(command, time.time_ns())  # type: ignore[method-assign]
    node.start()
    return node


def on_the_node(node: Node, purpose: Purpose) -> bool:
    room = rooms_by_id(node.config)["r1"]
    return SwitchBoard(node.folder).read().is_on(room, purpose)


@pytest.mark.parametrize("purpose", [Purpose.VOICE, Purpose.RESEARCH])
def test_a_withdrawal_closes_and_erases_on_the_node_within_a_minute(
    house: House, node: Node, purpose: Purpose
) -> None:
    register, now = Register(house.database), time.time_ns

    def stands() -> Stand:
        return register.rooms(now())[0].stands[purpose]

    def decide(on: bool) -> None:
        register.decide(
            ONE, purpose, on, by="E. M.", capacity=Capacity.RESIDENT, who="ada", now=now()
        )

    register.move_in(ONE, "r1", "a", "ada", now())
    decide(True)
    assert stands() is Stand.ORDERED_ON
    assert not on_the_node(node, purpose)
    house.pump(lambda: stands() is Stand.ON)
    assert on_the_node(node, purpose)

    folder = node.folder / recorder.FOLDER / "2027-03-01"
    folder.mkdir(parents=True)
    held = folder / "r1.1.obs.zst"
    held.write_bytes(b"a recording whose header cannot be read may tell of anybody")
    began = time.monotonic()
    decide(False)
    assert stands() is Stand.ORDERED_OFF
    house.pump(lambda: stands() is Stand.OFF)
    assert not on_the_node(node, purpose)
    pending = Store(house.database).pending
    house.pump(lambda: not pending(now())["n-1"])
    assert time.monotonic() - began < MINUTE_S
    assert held.exists() == (purpose is Purpose.VOICE)


def test_a_care_setting_is_ordered_followed_and_answered(house: House, node: Node) -> None:
    """Of a bed that the node does not have it says so."""
    node_yaml, pending = node.folder / "node.yaml", Store(house.database).pending
    rooms = "[{id: r1, beds: [{id: a}]}]"
    node_yaml.write_text(f"{{site: site, node: n-1, state_dir: {node.folder}, rooms: {rooms}}}")
    for bed, state in (("a", OrderState.APPLIED), ("z", OrderState.REFUSED)):
        now = time.time_ns()
        given = CareSettings(
            room="r1",
            bed=bed,
            reason="COPD",
            at=now,
            review=now + 10**15,
            entered_by="ada",
            saturation_scale=2,
        )
        (order,) = care.enter(house.database, given, None)
        assert order.state is OrderState.ORDERED
        house.pump(lambda: not pending(time.time_ns())["n-1"])
        assert care.told(house.database)["r1", bed].state is state
    assert load_in_force(node_yaml).rooms[0].beds[0].saturation_scale == 2


def test_an_erasure_is_ordered_answered_and_shown(house: House, node: Node) -> None:
    register = Register(house.database)
    register.move_in(ONE, "r1", "a", "ada", time.time_ns())
    tag = house.database.vault.tag(ONE)
    erase(house.database, [house.folder / "erasures.jsonl"], ONE, "dora", time.time_ns())

    def states() -> dict[str, str]:
        with house.database.read() as db:
            return erasure.states(db, tag)

    assert states() == {"n-1": "ordered"}
    house.pump(lambda: states() == {"n-1": "applied"})
