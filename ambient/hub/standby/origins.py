"""The serving hub's end of copies: one program for each connection that asked for one.

Comes in: what a following hub says on its connection. Goes out: files, and what the program says,
never more at once than the other end has asked for. Used in the thread that has the socket.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
import zmq

from ambient.errors import AmbientError, StoreError
from ambient.hub.database import DATABASE
from ambient.hub.standby import state, wire
from ambient.hub.standby.rsync import Role, Side
from ambient.hub.standby.wire import AnyMessage, Begin, Data, End, Fetch, File, More

MOST: Final = 4
"""Copies at once: one is made after the other; more are of connections that broke."""

_log = structlog.get_logger(__name__)


class _Origin:
    """One copy that is under way."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.credit = wire.CREDIT


class Origins:
    """All copies that are under way.

    Parameters
    ----------
    state_dir, config_file
        What is copied; the second hub's configuration is not.
    router
        Where it goes.
    """

    def __init__(
        self, state_dir: Path, config_file: Path | None, router: zmq.Socket[bytes]
    ) -> None:
        self._state_dir = state_dir
        self._config_file = config_file
        self._router = router
        self._under_way: dict[bytes, _Origin] = {}

    def register(self, poller: zmq.Poller) -> None:
        """Have polled what the programs are ready for."""
        for origin in self._under_way.values():
            if origin.credit > 0:
                poller.register(origin.side.reads, zmq.POLLIN)
            if origin.side.waiting:
                poller.register(origin.side.writes, zmq.POLLOUT)

    def take(
        self, route: bytes, message: AnyMessage, data: bytes, begin: Callable[[], Begin]
    ) -> None:
        """Take what a following hub said."""
        origin = self._under_way.get(route)
        try:
            match message:
                case Fetch(digest=digest):
                    self._start(route, digest, begin())
                case File(name=state.LEDGER):
                    state.keep_ledger(self._state_dir, data)
                case Data() if origin is not None:
                    origin.side.give(data)
                case More(chunks=chunks) if origin is not None:
                    origin.credit += chunks
                case _:
                    pass  # of a later version, or of a copy that ended
        except AmbientError as error:
            _log.error("the other hub cannot be given a copy", error=str(error))
            self.send(route, wire.frames(End(why=str(error))))
            self._drop(route)

    def step(self, ready: dict[object, int]) -> None:
        """Hand on what the programs said."""
        for route, origin in list(self._under_way.items()):
            origin.side.flush()
            if origin.side.reads in ready and origin.credit > 0:
                self._say(route, origin)

    def send(self, route: bytes, frames: list[bytes]) -> bool:
        """Send without waiting; return whether the other side is there to take it."""
        try:
            self._router.send_multipart([route, *frames], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            return False
        return True

    def close(self) -> None:
        """End all copies."""
        for route in list(self._under_way):
            self._drop(route)

    def _start(self, route: bytes, digest: str, begin: Begin) -> None:
        while len(self._under_way) >= MOST:
            self._drop(next(iter(self._under_way)))
        if not (self._state_dir / DATABASE).exists():
            raise StoreError("there is no database here yet")
        files = state.gathered(self._state_dir, self._config_file)
        if state.digest(files) != digest:
            for name, content in files.items():
                self.send(route, wire.frames(File(name=name), content))
        self.send(route, wire.frames(begin))
        self._drop(route)
        self._under_way[route] = _Origin(Side(Role.ORIGIN, self._state_dir / DATABASE))

    def _say(self, route: bytes, origin: _Origin) -> None:
        said = origin.side.take()
        if not said:
            self.send(route, wire.frames(End(why=origin.side.end() or "")))
            self._drop(route)
        elif self.send(route, wire.frames(Data(), said)):
            origin.credit -= 1
        else:
            self._drop(route)

    def _drop(self, route: bytes) -> None:
        origin = self._under_way.pop(route, None)
        if origin is not None:
            origin.side.close()
