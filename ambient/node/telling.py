"""A node tells the hubs that do not serve it in which term it is served, and hears theirs.

Comes in: the addresses of those hubs, and time (a steady clock, s). Goes out: a hello that only
tells, and the address of a hub that serves in a higher term. Where the hubs do not hear each other
a node that reaches both is the only one through whom they learn that they are two. One connection
at a time, and none that waits: the link to the hub that serves must not suffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import zmq

from ambient.bus import sockets
from ambient.bus.keys import KeyPair
from ambient.bus.protocol import Hello, Welcome, decode_from_hub, encode
from ambient.bus.sockets import LinkChange, Watch

AGAIN_S: Final = 20.0
"""How long after an attempt that was not answered: the hub, or the way to it, may come back."""
EVERY_S: Final = 300.0
"""How long after an answer; where some nodes reach one hub alone, it may cost these a change."""
ATTEMPT_S: Final = 3.0
"""How long a hub may take to answer."""


class Telling:
    """Tells each of the others in turn; used in the link's thread.

    Parameters
    ----------
    context
        Of the link.
    key
        Of the hubs (Z85).
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], key: str) -> None:
        self._context = context
        self._key = key
        self._due: dict[str, float] = {}
        """When each is told next; at once when it is not in here."""
        self._address = ""
        self._watch: Watch | None = None
        self._until = 0.0

    def begin(self) -> None:
        """Tell all of them at once: a hub has just welcomed this node."""
        self.stop()
        self._due.clear()

    def step(self, now: float, others: Sequence[str], hello: Hello, pair: KeyPair) -> str | None:
        """Do what is due; return the address of a hub that serves in a higher term.

        Parameters
        ----------
        others
            Where the hubs are that do not serve this node.
        hello
            What is said; `Hello.tells` is set in it.
        pair
            The node's keys in force.

        Raises
        ------
        LinkError
            When an address cannot be used.
        """
        if self._watch is None:
            due = [one for one in others if self._due.get(one, now) <= now]
            if not due:
                return None
            self._address = due[0]
            self._due[self._address] = now + AGAIN_S
            self._watch = sockets.dial(self._context, self._address, self._key, pair)
            self._until = now + ATTEMPT_S
        changes = self._watch.changes()
        if LinkChange.UP in changes and not self._send(self._watch.socket, hello):
            self.stop()
            return None
        term = self._answer(self._watch.socket)
        over = now > self._until or any(change is not LinkChange.UP for change in changes)
        if term is not None:
            self._due[self._address] = now + EVERY_S
        if term is not None or over:
            self.stop()
        return self._address if term is not None and term > hello.term else None

    def _send(self, socket: zmq.Socket[bytes], hello: Hello) -> bool:
        try:
            socket.send(encode(hello), zmq.NOBLOCK)
        except zmq.Again:
            return False  # it left at once; it is told again
        return True

    def _answer(self, socket: zmq.Socket[bytes]) -> int | None:
        """Return the term in which the other hub serves, 0 when it does not."""
        if not socket.poll(0):
            return None
        match decode_from_hub(socket.recv_multipart()[0]):
            case Welcome(term=term):
                return term
            case _:
                return 0

    def stop(self) -> None:
        """Let go of the connection."""
        if self._watch is not None:
            self._watch.close()
            self._watch.socket.close()
            self._watch = None
