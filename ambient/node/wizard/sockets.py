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

from ambient.node import socket_files
from ambient.node.control import socket_path
from ambient.node.socket_files import LocalSocket
from ambient.observations import AnyObservation, decode, encode

LOOK: Final = "look"
LEVEL: Final = "level"
TAP: Final = "tap"
"""Names of the socket files: ``look.control``, beside those for commands."""

MAX_QUESTION: Final = 4096
MAX_ANSWER: Final = 8 * 1024 * 1024
QUEUE: Final = 500

_log = structlog.get_logger(__name__)


class Answerer(LocalSocket):
    """A sensing process' end: answers what was asked, when its loop comes by."""

    def __init__(self, run_dir: Path, name: str, answer: Callable[[bytes], bytes]) -> None:
        path = socket_path(run_dir, name)
        super().__init__(zmq.REP, {zmq.MAXMSGSIZE: MAX_QUESTION})
        self._bind(path)
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


def ask(run_dir: Path, name: str, question: bytes, timeout_s: float) -> bytes | None:
    """Ask the process behind `name`; return its answer, or nothing when none came in time."""
    return socket_files.ask(socket_path(run_dir, name), question, timeout_s, MAX_ANSWER)


class Tap(LocalSocket):
    """Fusion's end: passes on what came in to whoever listens, and costs nothing when nobody does.

    A listener that does not keep up loses the oldest; fusion never waits.
    """

    def __init__(self, run_dir: Path) -> None:
        path = socket_path(run_dir, TAP)
        super().__init__(zmq.XPUB, {zmq.SNDHWM: QUEUE})
        self._bind(path)
        self._heard = False

    def give(self, found: Sequence[AnyObservation]) -> None:
        """Pass on `found`."""
        while self._socket.poll(0):
            self._heard = self._socket.recv()[:1] == b"\x01"
        if self._heard:
            for observation in found:
                self._socket.send(encode(observation), zmq.NOBLOCK)


class Listening(LocalSocket):
    """The wizard's end of the tap."""

    def __init__(self, run_dir: Path) -> None:
        path = socket_path(run_dir, TAP)
        super().__init__(
            zmq.SUB,
            {zmq.RCVHWM: 20 * QUEUE, zmq.RECONNECT_IVL: 50, zmq.RECONNECT_IVL_MAX: 500},
        )
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(f"ipc://{path}")

    def receive(self, timeout_s: float) -> list[AnyObservation]:
        """Return what came, after waiting up to `timeout_s` for the first."""
        found: list[AnyObservation] = []
        wait_ms = int(timeout_s * 1000)
        while self._socket.poll(wait_ms):
            wait_ms = 0
            found.append(decode(self._socket.recv()))
        return found
