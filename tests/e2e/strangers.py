"""Those who say what they like to a facility: over streams, inside the node, at the hub's link."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

import zmq

from ambient.bus import keys, sockets
from ambient.bus.protocol import (
    decode_from_hub,
)
from ambient.bus.sockets import LinkChange
from ambient.closing import Closing
from tests.e2e.running import Running
from tests.patience import PATIENCE_S


def throw(family: int, address: object, data: bytes) -> None:
    """Connect, say `data`, look at what comes for a moment, and go."""
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(PATIENCE_S)
        one.connect(address)
        one.settimeout(0.2)
        with contextlib.suppress(OSError):
            one.sendall(data)
            one.recv(65536)


def say_over_ipc(kind: int, path: Path, frames: list[bytes], wait_ms: int) -> bytes | None:
    """Say `frames` over ZeroMQ; return the answer, if one comes."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with context, context.socket(kind) as one:
        one.setsockopt(zmq.LINGER, 300)
        one.connect(f"ipc://{path}")
        one.send_multipart(frames)
        return one.recv() if kind == zmq.REQ and one.poll(wait_ms) else None


class Peer(Closing):
    """Somebody at the hub's link who says what he likes."""

    def __init__(self, running: Running, pair: keys.KeyPair, hub_key: str | None = None) -> None:
        own = keys.load_pair(running.facility.hub_state / keys.HUB_KEY)
        assert own is not None
        self._context = sockets.context()
        address = f"tcp://127.0.0.1:{running.facility.link_port}"
        self._watch = sockets.dial(self._context, address, hub_key or own.public, pair)
        self._socket = self._watch.socket
        self.changes: list[LinkChange] = []

    def becomes(self, change: LinkChange) -> bool:
        """Wait until the connection changes so."""
        deadline = time.monotonic() + PATIENCE_S
        while change not in self.changes and time.monotonic() < deadline:
            self.changes += self._watch.changes()
            time.sleep(0.02)
        return change in self.changes

    def say(self, *frames: bytes) -> None:
        """Send one message."""
        self._socket.send_multipart(frames)

    def hear(self) -> object:
        """Return the hub's next message, or nothing."""
        if not self._socket.poll(int(PATIENCE_S * 1000)):
            return None
        return decode_from_hub(self._socket.recv())

    def close(self) -> None:
        """End the connection."""
        self._watch.close()
        self._socket.close()
        self._context.term()


def node_pair(running: Running) -> keys.KeyPair:
    """Return the enrolled node's own key: a node of another version, or out of its mind."""
    pair = keys.load_pair(running.facility.node_state / keys.NODE_KEY)
    assert pair is not None
    return pair
