"""Local questions of the wizard: to a sensing process for a look or a level, and a tap on fusion.

Comes in: one question over a socket file that only the node's own user can open. Goes out: one
answer. The process that holds the signals decides what it answers; a question that is none gets an
empty answer and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
import zmq

from ambient.closing import Closing
from ambient.node.control import socket_path
from ambient.observations import AnyObservation, decode, encode

LOOK: Final = "look"
LEVEL: Final = "level"
TAP: Final = "tap"
"""Names of the socket files: ``look.control``, beside those for commands."""

MAX_QUESTION: Final = 4096
MAX_ANSWER: Final = 8 * 1024 * 1024
QUEUE: Final = 500

_log = structlog.get_logger(__name__)


class Answerer(Closing):
    """A sensing process' end: answers what was asked, when its loop comes by."""

    def __init__(self, run_dir: Path, name: str, answer: Callable[[bytes], bytes]) -> None:
        path = socket_path(run_dir, name)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_QUESTION)
        path.unlink(missing_ok=True)
        self._socket.bind(f"ipc://{path}")
        path.chmod(0o600)
        self._answer = answer

    def step(self) -> None:
        """Answer the question that waits, if one does; never waits."""
        try:
            parts = self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        try:
            answer = self._answer(parts[0]) if len(parts) == 1 else b""
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            _log.warning("what came is no question of the wizard", error=str(error))
            answer = b""
        self._socket.send(answer)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._context.term()


def ask(run_dir: Path, name: str, question: bytes, timeout_s: float) -> bytes | None:
    """Ask the process behind `name`; return its answer, or nothing when none came in time."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with context, context.socket(zmq.REQ) as asking:
        asking.setsockopt(zmq.LINGER, 0)
        asking.setsockopt(zmq.MAXMSGSIZE, MAX_ANSWER)
        asking.connect(f"ipc://{socket_path(run_dir, name)}")
        asking.send(question)
        if not asking.poll(int(timeout_s * 1000)):
            return None
        return asking.recv()


class Tap(Closing):
    """Fusion's end: passes on what came in to whoever listens, and costs nothing when nobody does.

    A listener that does not keep up loses the oldest; fusion never waits.
    """

    def __init__(self, run_dir: Path) -> None:
        path = socket_path(run_dir, TAP)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, QUEUE)
        path.unlink(missing_ok=True)
        self._socket.bind(f"ipc://{path}")
        path.chmod(0o600)
        self._heard = False

    def give(self, found: Sequence[AnyObservation]) -> None:
        """Pass on `found`."""
        while self._socket.poll(0):
            self._heard = self._socket.recv()[:1] == b"\x01"
        if self._heard:
            for observation in found:
                self._socket.send(encode(observation), zmq.NOBLOCK)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._context.term()


class Listening(Closing):
    """The wizard's end of the tap."""

    def __init__(self, run_dir: Path) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, 20 * QUEUE)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(f"ipc://{socket_path(run_dir, TAP)}")

    def receive(self, timeout_s: float) -> list[AnyObservation]:
        """Return what came, after waiting up to `timeout_s` for the first."""
        found: list[AnyObservation] = []
        wait_ms = int(timeout_s * 1000)
        while self._socket.poll(wait_ms):
            wait_ms = 0
            found.append(decode(self._socket.recv()))
        return found

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._context.term()
