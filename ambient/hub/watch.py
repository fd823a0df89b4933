"""The hub's timer: silent nodes, orders that nobody answered, free space, what is too old.

Comes in: ticks, and that a node was heard. Goes out: calls of the store. A failure of one duty is
logged and tried again at the next tick; it never ends the timer.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from ambient.errors import StoreError
from ambient.hub.accounts import Accounts
from ambient.hub.database import HubDatabase
from ambient.hub.silence import Silence
from ambient.hub.store import Store

NS: Final = 1_000_000_000
TICK_S: Final = 0.5
SPACE_S: Final = 10
HOUSEKEEPING_S: Final = 3600
LOW_SPACE_BYTES: Final = 200 * 1024 * 1024
"""About a month of a large house's events; enough time for an administrator to come."""

_log = structlog.get_logger(__name__)


class Watch:
    """What must happen although nothing comes in.

    Parameters
    ----------
    expected
        Returns the enrolled nodes.
    silent_s
        A node that says nothing for longer is an alarm.
    keep_days
        How long events and resolved alarms are kept.
    """

    def __init__(
        self,
        database: HubDatabase,
        store: Store,
        accounts: Accounts,
        *,
        expected: Callable[[], Iterable[str]],
        silent_s: float,
        keep_days: int,
        monotonic: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._database = database
        self._store = store
        self._accounts = accounts
        self._expected = expected
        self._keep = keep_days * 24 * 3600 * NS
        self._monotonic = monotonic
        self._now = now
        known = store.known_nodes()
        self._silence = Silence(silent_s, (node for node, silent in known.items() if silent))
        self._lock = threading.Lock()
        self._space_at = self._clean_at = -HOUSEKEEPING_S * NS

    def heard(self, node: str) -> None:
        """Take in that `node` spoke just now; from any thread, for every message."""
        with self._lock:
            was_silent = self._silence.heard(node, self._monotonic())
        if not was_silent:
            return
        try:
            self._store.speaks(node, self._now())
            _log.info("node_speaks_again", node=node)
        except StoreError as error:
            with self._lock:
                self._silence.undo(node, silent=True)
            _log.error("store_refused", error=str(error))

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop` is set."""
        while not stop.wait(TICK_S):
            self.tick()

    def tick(self) -> None:
        """Do what is due."""
        for duty in (self._silent, self._orders, self._space, self._housekeeping):
            try:
                duty()
            except StoreError as error:
                _log.error("store_refused", error=str(error))

    def _silent(self) -> None:
        expected = set(self._expected())
        at = self._monotonic()
        with self._lock:
            self._silence.expect(expected, at)
            due = self._silence.check(at)
        for node, last in due:
            now = self._now()
            try:
                if self._store.silent(node, now - (at - last), now):
                    _log.warning("node_silent", node=node, seconds=round((at - last) / NS, 1))
            except StoreError:
                with self._lock:
                    self._silence.undo(node, silent=False)
                raise
        for node in self._store.known_nodes().keys() - expected:
            self._store.forget_node(node, "hub", self._now())

    def _orders(self) -> None:
        expired = self._store.expire(self._now())
        if expired:
            _log.warning("orders_expired", orders=expired)

    def _space(self) -> None:
        if self._monotonic() - self._space_at < SPACE_S * NS:
            return
        self._space_at = self._monotonic()
        free = shutil.disk_usage(self._database.path.parent).free
        self._database.low_on_space(free < LOW_SPACE_BYTES)

    def _housekeeping(self) -> None:
        if self._monotonic() - self._clean_at < HOUSEKEEPING_S * NS:
            return
        self._clean_at = self._monotonic()
        now = self._now()
        self._accounts.clean(now)
        gone = self._store.purge(now - self._keep)
        if gone:
            _log.info("old_events_deleted", events=gone)
