"""Commands on their way inside the node: the agent asks a worker, the worker answers an outcome.

Comes in: one command of the closed list (`ambient.commands`), over a socket file that only the
node's own user can open. Goes out: the `Outcome`, given only after the worker did what was asked;
a worker that is not there gives none. What is no command is refused and changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import structlog
import zmq

from ambient import commands
from ambient.errors import UsageError
from ambient.events import Outcome
from ambient.node import socket_files
from ambient.node.socket_files import LocalSocket

MAX_BYTES: Final = 16_384
"""No command is longer than a small part of this."""

MAX_SOCKET_PATH: Final = 100
"""The kernel's limit for the path of a socket file is 107 bytes."""

_log = structlog.get_logger(__name__)


def socket_path(run_dir: Path, worker: str) -> Path:
    """Return the socket file on which `worker` takes commands.

    Raises
    ------
    UsageError
        When the path is too long for a socket.
    """
    path = run_dir / f"{worker}.control"
    if len(str(path).encode()) > MAX_SOCKET_PATH:
        raise UsageError(
            f"{path}: expected at most {MAX_SOCKET_PATH} bytes for a socket file, "
            f"got {len(str(path).encode())}; choose a shorter state_dir"
        )
    return path


class ControlServer(LocalSocket):
    """A worker's end: take one command, do it, answer it."""

    def __init__(self, path: Path) -> None:
        super().__init__(zmq.REP, {zmq.MAXMSGSIZE: MAX_BYTES})
        self._bind(path)

    def take(self) -> commands.AnyCommand | None:
        """Return the command that waits, if any; it must be answered before the next."""
        try:
            parts = self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        try:
            if len(parts) != 1:
                raise msgspec.ValidationError(f"expected one part, got {len(parts)}")
            return commands.decode(parts[0])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            _log.warning("what came is no command and is refused", error=str(error))
            self.answer(Outcome.REFUSED)
            return None

    def answer(self, outcome: Outcome) -> None:
        """Say what became of the command taken last."""
        self._socket.send_string(outcome)


def ask(path: Path, command: commands.AnyCommand, timeout_s: float) -> Outcome | None:
    """Have the worker at `path` do `command`; return what it answered.

    Returns
    -------
    Outcome or None
        Nothing when no answer came in time: the worker is away, or still busy with it.
    """
    answer = socket_files.ask(path, commands.encode(command), timeout_s, MAX_BYTES)
    if answer is None:
        return None
    try:
        return Outcome(answer.decode())
    except (ValueError, UnicodeDecodeError):
        _log.warning("a worker's answer is no outcome", worker=path.name)
        return None
