"""Runs commands beside the agent's loop, so that a slow one holds up no alarm.

Comes in: commands, one after the other, and the handler that applies them. Goes out: what became
of each. A handler that fails in a way it did not foresee refuses that command, loudly.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from ambient import commands
from ambient.commands import AnyCommand
from ambient.errors import AmbientError
from ambient.events import Outcome

Handler = Callable[[AnyCommand], Outcome | None]
"""Applies a command, idempotently; nothing when it cannot be answered yet."""

MOST_WAITING = 100

_log = structlog.get_logger(__name__)


class Errands:
    """One thread that applies commands in the order they came."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._todo: queue.Queue[AnyCommand | None] = queue.Queue(MOST_WAITING)
        self._done: queue.SimpleQueue[tuple[AnyCommand, Outcome | None]] = queue.SimpleQueue()
        self._under_way: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)
        self._thread.start()

    def take(self, command: AnyCommand) -> bool:
        """Queue `command`; return False when it is under way already or too many wait."""
        if command.id in self._under_way:
            return False
        try:
            self._todo.put_nowait(command)
        except queue.Full:
            return False
        self._under_way.add(command.id)
        return True

    def done(self) -> list[tuple[AnyCommand, Outcome | None]]:
        """Return what was finished since the last call; nothing as outcome: ask again later."""
        found = []
        while not self._done.empty():
            command, outcome = self._done.get()
            self._under_way.discard(command.id)
            found.append((command, outcome))
        return found

    def close(self) -> None:
        """Take no more; a command under way is not waited for, the hub sends it again."""
        try:
            self._todo.put_nowait(None)
        except queue.Full:
            return  # the thread ends with the process

    def _run(self) -> None:
        while True:
            command = self._todo.get()
            if command is None:
                return
            self._done.put((command, self._apply(command)))

    def _apply(self, command: AnyCommand) -> Outcome | None:
        kind = commands.kind_of(command)
        try:
            return self._handler(command)
        except AmbientError as error:
            # A full disk, for example: the hub asks again until the command expires.
            _log.error("a command could not be applied yet", kind=kind, error=str(error))
            return None
        except Exception:  # noqa: BLE001 - logged, and answered as refused
            # It would fail again and take the agent, and with it every alarm, along each time.
            _log.exception("a command failed and is refused", kind=kind)
            return Outcome.REFUSED
