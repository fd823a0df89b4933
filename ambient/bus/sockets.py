"""The two ends of the link as ZeroMQ sockets: always CURVE, always bounded.

Comes in: an address and keys. Goes out: a DEALER (node) or a ROUTER (hub) with the limits that
both need. A frame larger than the protocol allows makes ZeroMQ close that connection before it
takes memory for it; `Watch` counts such ends and failed handshakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from ambient.bus.keys import KeyPair
from ambient.bus.protocol import MAX_MESSAGE_BYTES
from ambient.errors import LinkError

ZAP_DOMAIN: Final = b"ambient"

HEARTBEAT_IVL_MS: Final = 2_000
HEARTBEAT_TIMEOUT_MS: Final = 6_000
KEEPALIVE_S: Final = 60
HANDSHAKE_MS: Final = 5_000
RECONNECT_MS: Final = 100
RECONNECT_MAX_MS: Final = 2_000
"""ZeroMQ doubles the pause between attempts up to this."""

QUEUE: Final = 1_000
"""Messages that wait on one connection before a sender is told to wait."""

BACKLOG: Final = 128
"""Connections that wait to be taken: after a power cut a whole house connects at once."""

MAX_SOCKETS: Final = 4_096


class LinkChange(Enum):
    """What happened to a connection."""

    UP = auto()
    """Handshake done: keys fit."""
    DOWN = auto()
    """The connection ended."""
    REFUSED = auto()
    """The other side does not admit this key."""
    BROKEN = auto()
    """The handshake failed otherwise: wrong hub key, or no ZeroMQ with CURVE at all."""


def context() -> zmq.Context[zmq.Socket[bytes]]:
    """Return a context of its own, so that two links in one process do not meet."""
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    made.set(zmq.MAX_SOCKETS, MAX_SOCKETS)
    return made


def dial(
    ctx: zmq.Context[zmq.Socket[bytes]],
    address: str,
    hub_key: str,
    pair: KeyPair,
    *,
    heartbeats: bool = False,
) -> Watch:
    """Return a DEALER that connects to the hub at `address`, which must hold `hub_key`.

    It is watched before it connects: a handshake may be done before this returns, and who missed
    that would wait for ever.

    With `heartbeats` ZeroMQ itself notices a peer that is gone. The agent's own heartbeats do that
    already, at a tenth of the traffic.

    Raises
    ------
    LinkError
        When the address cannot be used.
    """
    socket = ctx.socket(zmq.DEALER)
    _limit(socket)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
    if heartbeats:
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_IVL_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
    # Nothing is queued for a connection that is not there: the outbox is the queue.
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.curve_serverkey = hub_key.encode()
    socket.curve_publickey = pair.public.encode()
    socket.curve_secretkey = pair.secret.encode()
    watch = Watch.over(socket)
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        watch.close()
        socket.close()
        raise LinkError(
            f"{address}: expected an address like tcp://10.0.0.5:7440, got: {error.strerror}"
        ) from None
    return watch


def listen(
    ctx: zmq.Context[zmq.Socket[bytes]], bind: str, pair: KeyPair
) -> tuple[zmq.Socket[bytes], str]:
    """Return a ROUTER bound to `bind`, and the address it really has (port 0 becomes one).

    Raises
    ------
    LinkError
        When the address is in use or does not belong to this machine.
    """
    socket = ctx.socket(zmq.ROUTER)
    _limit(socket)
    socket.setsockopt(zmq.BACKLOG, BACKLOG)
    # Only when asked for: with it a bound IPv4 address reads tcp://[::ffff:10.0.0.5]:7440.
    socket.setsockopt(zmq.IPV6, int("[" in bind))
    # A message for a peer that left is an error here, not silence.
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.zap_domain = ZAP_DOMAIN
    socket.curve_server = True
    socket.curve_publickey = pair.public.encode()
    socket.curve_secretkey = pair.secret.encode()
    try:
        socket.bind(bind)
    except zmq.ZMQError as error:
        socket.close()
        raise LinkError(
            f"{bind}: cannot listen here ({error.strerror}); "
            "is another hub running, and is the address one of this machine's?"
        ) from None
    return socket, socket.getsockopt_string(zmq.LAST_ENDPOINT)


def _limit(socket: zmq.Socket[bytes]) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    socket.setsockopt(zmq.SNDHWM, QUEUE)
    socket.setsockopt(zmq.RCVHWM, QUEUE)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    # Ends connections whose other side lost its power; living ones are never idle for so long.
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_S)
    socket.setsockopt(zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_S // 3)
    socket.setsockopt(zmq.TCP_KEEPALIVE_CNT, 3)


@dataclass
class Watch:
    """Sees every connection of a socket come and go.

    Attributes
    ----------
    monitor
        To be polled with the socket itself; on input call `changes`.
    """

    socket: zmq.Socket[bytes]
    monitor: zmq.Socket[bytes]

    @classmethod
    def over(cls, socket: zmq.Socket[bytes]) -> Watch:
        """Begin to watch `socket`."""
        monitor = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED
            | zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | zmq.EVENT_DISCONNECTED
        )
        return cls(socket, monitor)

    def changes(self) -> list[LinkChange]:
        """Return what happened since the last call, without waiting."""
        found = []
        while self.monitor.poll(0):
            event = int(recv_monitor_message(self.monitor)["event"])
            found.append(_CHANGES[event])
        return found

    def close(self) -> None:
        """Stop watching; the socket itself stays open."""
        self.socket.disable_monitor()
        self.monitor.close(linger=0)


_CHANGES: Final[dict[int, LinkChange]] = {
    int(zmq.EVENT_HANDSHAKE_SUCCEEDED): LinkChange.UP,
    int(zmq.EVENT_DISCONNECTED): LinkChange.DOWN,
    int(zmq.EVENT_HANDSHAKE_FAILED_AUTH): LinkChange.REFUSED,
    int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL): LinkChange.BROKEN,
    int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL): LinkChange.BROKEN,
}
