"""The hub that stands by fetches the state of the one that serves, again and again.

Comes in: where the other hub listens, and whether it serves. Goes out: its database copied to here,
complete up to an instant by the clock here, and its small files (`state`). What the copy is,
`rsync` says; here its bytes travel over CURVE.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog
import zmq

from ambient.bus import sockets
from ambient.bus.keys import KeyPair
from ambient.bus.sockets import LinkChange, Watch
from ambient.errors import AmbientError, StoreError
from ambient.hub.database import DATABASE
from ambient.hub.standby import state, wire
from ambient.hub.standby.rsync import Role, Side
from ambient.hub.standby.wire import Begin, Data, End, Fetch, File, More
from ambient.sqlite import store_error

REACH_S: Final = 5.0
STALLED_S: Final = 20.0
"""A copy of which nothing came for so long is given up."""
LEAST_PAUSE_S: Final = 0.3
AGAIN_S: Final = 2.0
"""Pause after a copy that failed."""
MOST_WAITING: Final = 1024 * 1024
POLL_MS: Final = 100

_log = structlog.get_logger(__name__)


class Follower:
    """Copies, in a thread of its own, for as long as the other hub serves.

    Parameters
    ----------
    address
        Where the other hub listens.
    pair
        The site's keys, which both hubs have.
    state_dir, config_file
        Where the copy goes.
    may
        Whether the other hub is there and serves.
    copied
        Called with each copy that is complete, and with when it was asked for by `clock`.
    clock
        This machine's time (ns).
    """

    def __init__(
        self,
        address: str,
        pair: KeyPair,
        state_dir: Path,
        config_file: Path,
        *,
        may: Callable[[], bool],
        copied: Callable[[Begin, int], None],
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._address = address
        self._pair = pair
        self._state_dir = state_dir
        self._config_file = config_file
        self._may = may
        self._copied = copied
        self._clock = clock
        self._files: dict[str, bytes] = {}
        """The other hub's, as they came last."""
        self._coming: dict[str, bytes] = {}
        self._begin: Begin | None = None
        self._said = ""

    def run(self, stop: threading.Event) -> None:
        """Copy until `stop` is set; a copy that is under way then is given up."""
        wait = 0.0
        while not stop.wait(wait):
            if not self._may():
                wait = LEAST_PAUSE_S
                continue
            began, asked = time.monotonic(), self._clock()
            try:
                begin = self._once(stop)
            except AmbientError as error:
                self._say(str(error))
                wait = AGAIN_S
                continue
            if begin is None:
                return
            self._say("")
            took_s = time.monotonic() - began
            self._copied(begin, asked)
            wait = max(LEAST_PAUSE_S, took_s)

    def _once(self, stop: threading.Event) -> Begin | None:
        """Make one copy; return what it is, or nothing when it was stopped."""
        context = sockets.context()
        watch = sockets.dial(context, self._address, self._pair.public, self._pair, heartbeats=True)
        try:
            return self._fetch(watch.socket, stop) if self._reach(watch, stop) else None
        finally:
            watch.close()
            watch.socket.close()
            context.term()

    def _reach(self, watch: Watch, stop: threading.Event) -> bool:
        """Wait until the other hub takes the connection; return whether it did."""
        until = time.monotonic() + REACH_S
        while LinkChange.UP not in watch.changes():
            if stop.is_set():
                return False
            if time.monotonic() > until or not self._may():
                raise _given_up("it takes no connection")
            watch.monitor.poll(POLL_MS)
        return True

    def _fetch(self, socket: zmq.Socket[bytes], stop: threading.Event) -> Begin | None:
        ledger = state.erasures(self._state_dir)
        if ledger is not None:
            _send(socket, wire.frames(File(name=state.LEDGER), ledger))
        _send(socket, wire.frames(Fetch(digest=state.digest(self._files))))
        self._coming.clear()
        self._begin = None
        heard = time.monotonic()
        with Side(Role.REPLICA, self._state_dir / DATABASE) as replica:
            while True:
                if stop.is_set():
                    return None
                if not self._may():
                    raise _given_up("the other hub serves no longer")
                if time.monotonic() - heard > STALLED_S:
                    raise _given_up(f"nothing came for {STALLED_S:.0f} s")
                ready = _poll(socket, replica)
                replica.flush()
                if replica.reads in ready:
                    said = replica.take()
                    if not said:
                        break
                    _send(socket, wire.frames(Data(), said))
                if self._receive(socket, replica):
                    heard = time.monotonic()
            why = replica.end()
        if why is not None or self._begin is None:
            raise _given_up(why or "the other hub did not begin")
        self._check_in()
        return self._begin

    def _receive(self, socket: zmq.Socket[bytes], replica: Side) -> bool:
        """Take what came; return whether anything did."""
        taken, anything = 0, False
        while replica.waiting < MOST_WAITING and socket.poll(0):
            anything = True
            match wire.read(socket.recv_multipart()):
                case (Begin() as begin, _):
                    self._begin = begin
                    self._put()
                case (File(name=name), data):
                    self._coming[name] = data
                case (Data(), data):
                    replica.give(data)
                    taken += 1
                case (End(why=why), _) if why:
                    raise _given_up(why)
                case _:
                    pass  # of a later version, or an end without fault, which the program sees
        if taken:
            _send(socket, wire.frames(More(chunks=taken)))
        return anything

    def _put(self) -> None:
        if not self._coming:
            return
        for name, data in self._coming.items():
            state.put(name, data, self._state_dir, self._config_file)
        self._files = dict(self._coming)
        _log.info("files of the other hub are here", files=sorted(self._files))

    def _check_in(self) -> None:
        """Write what was copied from the log into the database: nothing of old pages stays."""
        path = self._state_dir / DATABASE
        try:
            with closing(sqlite3.connect(path)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise store_error(path, error) from None

    def _say(self, why: str) -> None:
        """Log why copies fail once, not each time."""
        if why and why != self._said:
            _log.error("the other hub's state cannot be copied", why=why)
        self._said = why


def _poll(socket: zmq.Socket[bytes], replica: Side) -> set[int]:
    """Wait for whatever is next; return the descriptors of the program that are ready."""
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(replica.reads, zmq.POLLIN)
    if replica.waiting:
        poller.register(replica.writes, zmq.POLLOUT)
    return {one for one, _ in poller.poll(POLL_MS) if isinstance(one, int)}


def _send(socket: zmq.Socket[bytes], frames: list[bytes]) -> None:
    """Send without waiting: a connection that broke takes nothing, and is made anew."""
    try:
        socket.send_multipart(frames, zmq.NOBLOCK)
    except zmq.Again:
        raise _given_up("the connection broke") from None


def _given_up(why: str) -> StoreError:
    return StoreError(f"the copy of the other hub was given up: {why}")
