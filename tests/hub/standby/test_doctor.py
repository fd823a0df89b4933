"""A node's examination knows both hubs of its site."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import HubLink, NodeConfig, Room
from ambient.doctor import network
from ambient.doctor.findings import Level
from ambient.evaluate.ports import free_port
from ambient.node import hubs
from ambient.node.hubs import Hubs
from tests.bus.kit import House


@pytest.mark.parametrize(
    ("two", "expected"),
    [
        pytest.param(False, [Level.WARNING], id="one hub"),
        pytest.param(True, [Level.FAILED, Level.WARNING], id="the other one is gone"),
    ],
)
def test_each_hub_is_asked_for(tmp_path: Path, two: bool, expected: list[Level]) -> None:
    house = House(tmp_path)
    gone = f"tcp://127.0.0.1:{free_port()}"
    link = HubLink(address=house.address, key=house.pair.public)
    state = tmp_path / "node"
    state.mkdir()
    if two:
        known = Hubs(link)
        known.welcome(2, [house.address, gone])
        hubs.keep(known, state)
    config = NodeConfig(site="site", node="n-1", hub=link, state_dir=state, rooms=[Room(id="r1")])
    try:
        found = list(network.hub(config))
    finally:
        house.close()
    assert [one.level for one in found] == expected, "the last: the node has no key yet"
    assert (gone in found[0].found) is two
