"""A connection is watched before it can come about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from tests.bus.kit import House, Node, fall
from tests.patience import PATIENCE_S


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def test_a_handshake_that_is_done_at_once_is_not_missed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that missed it would never say hello, and wait for ever beside a hub that lives."""
    connect = zmq.Socket.connect

    def slow(self: zmq.Socket[bytes], address: str) -> None:
        connect(self, address)
        time.sleep(0.3)  # the machine does something else, and the hub answers meanwhile

    node: Node = house.node()
    node.fusion.commit([fall(1)])
    with house.serving():
        monkeypatch.setattr(zmq.Socket, "connect", slow)
        deadline = time.monotonic() + PATIENCE_S
        while not node.delivered():
            assert time.monotonic() < deadline, "it was never connected"
            node.agent.step(0.01)
    assert len(house.stored()) == 1
