"""Who may finish the CURVE handshake with the hub (ZAP, RFC 27 of ZeroMQ).

Comes in: ZeroMQ's question for every new connection, with the client's public key that CURVE has
proved. Goes out: yes or no. With a yes the key becomes the connection's ``User-Id``, which ZeroMQ
puts on every message from it: from there on the key, never a field, says who speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import zmq

from ambient.bus import sockets
from ambient.bus.keys import KEY_BYTES, KeyPair, text_key

ENDPOINT: Final = "inproc://zeromq.zap.01"
_VERSION: Final = b"1.0"


class Zap:
    """The handler; polled in the same loop as the ROUTER of its context."""

    def __init__(self, ctx: zmq.Context[zmq.Socket[bytes]], admit: Callable[[str], bool]) -> None:
        """Bind before the ROUTER does.

        Parameters
        ----------
        admit
            Asked with the key in Z85: may this one connect?
        """
        self._admit = admit
        self.socket = ctx.socket(zmq.REP)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(ENDPOINT)
        self.refused = 0

    def answer(self) -> None:
        """Answer every question that waits."""
        while self.socket.poll(0):
            frames = self.socket.recv_multipart()
            self.socket.send_multipart(self._reply(frames))

    def _reply(self, frames: list[bytes]) -> list[bytes]:
        # version, request id, domain, address, identity, mechanism, client key
        request = frames[1] if len(frames) > 1 else b""
        fits = (
            len(frames) == 7
            and frames[0] == _VERSION
            and frames[5] == b"CURVE"
            and len(frames[6]) == KEY_BYTES
        )
        if fits:
            key = text_key(frames[6])
            if self._admit(key):
                return [_VERSION, request, b"200", b"OK", key.encode(), b""]
        self.refused += 1
        return [_VERSION, request, b"400", b"not enrolled", b"", b""]

    def close(self) -> None:
        """Give the endpoint back."""
        self.socket.close()


@contextmanager
def listening(
    bind: str, pair: KeyPair, admit: Callable[[str], bool]
) -> Iterator[tuple[zmq.Socket[bytes], Zap, str]]:
    """Listen at `bind` within a ``with``: a ROUTER, who may connect to it, and its real address.

    Raises
    ------
    LinkError
        When the address is in use or does not belong to this machine.
    """
    with ExitStack() as opened:
        context = sockets.context()
        opened.callback(context.term)
        zap = Zap(context, admit)
        opened.callback(zap.close)
        router, address = sockets.listen(context, bind, pair)
        opened.callback(router.close)
        yield router, zap, address
