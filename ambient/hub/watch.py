"""The hub's timer: what is due of alarms, silent nodes, bindings, who left, orders, old rows.

Comes in: ticks, and that a node was heard. Goes out: calls of the store. A failure of one duty is
logged and tried again at the next tick; it never ends the timer.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

import structlog

from ambient import allocator
from ambient.errors import AmbientError, StoreError
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.inputs import SignOff, SignOn, Stepped
from ambient.hub.database import HubDatabase
from ambient.hub.silence import BEHIND_S, Silence
from ambient.hub.store import Store

NS: Final = 1_000_000_000
TICK_S: Final = 0.5
SPACE_S: Final = 10
TRIM_S: Final = 30
HOUSEKEEPING_S: Final = 3600
PROVE_S: Final = 1.0
"""When nothing was stored for so long, the disk is asked whether it would."""
LOW_SPACE_BYTES: Final = 200 * 1024 * 1024
"""About a month of a large house's events; enough time for an administrator to come."""

STEP_NS: Final = 2 * NS
"""A clock that is kept by NTP is not set by more than this between two ticks."""

_log = structlog.get_logger(__name__)


class Watch:
    """What must happen although nothing comes in.

    Parameters
    ----------
    served
        Returns the enrolled nodes, each with the rooms that its key is bound to.
    silent_s
        A node that says nothing for longer is an alarm.
    keep_days
        How long events and resolved alarms are kept.
    on_site
        Called at every tick: gives the signals of the hub's own channels.
    residents
        Called at every tick with the time (ns): follows consents, keeps to times of deletion.
    beat
        Called at every tick: the timer lives.
    """

    def __init__(
        self,
        database: HubDatabase,
        store: Store,
        accounts: Accounts,
        *,
        served: Callable[[], Mapping[str, Collection[str]]],
        silent_s: float,
        keep_days: int,
        on_site: Callable[[], None] = lambda: None,
        residents: Callable[[int], None] = lambda _: None,
        beat: Callable[[], None] = lambda: None,
        monotonic: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._database = database
        self._store = store
        self._accounts = accounts
        self._served = served
        self._bound: Mapping[str, Collection[str]] | None = None
        """What nodes were bound to when what follows from it was stored last."""
        self._keep = keep_days * 24 * 3600 * NS
        self._monotonic = monotonic
        self._now = now
        self._on_site = on_site
        self._residents = residents
        self._beat = beat
        self._offset = now() - monotonic()
        known = store.known_nodes()
        self._silence = Silence(silent_s, (node for node, silent in known.items() if silent))
        self._speaking: dict[str, None] = {}
        """Nodes that were silent and were heard again, which is still to be stored."""
        self._drained: int | None = None
        """When (monotonic, ns) all was heard that was said; None where nobody tells."""
        self._lock = threading.Lock()
        self._space_at = self._clean_at = self._trimmed_at = -HOUSEKEEPING_S * NS

    def heard(self, node: str) -> None:
        """Take in that `node` spoke just now; from any thread, for every message."""
        with self._lock:
            if self._silence.heard(node, self._monotonic()):
                self._speaking[node] = None

    def drained(self) -> None:
        """Take in that all is heard that was said by now; from any thread."""
        self._drained = self._monotonic()

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop` is set."""
        while not stop.wait(TICK_S):
            self.tick()

    def tick(self) -> None:
        """Do what is due."""
        self._beat()
        for duty in (
            self._disk,
            self._clock,
            self._speak,
            self._silent,
            self._bindings,
            self._departed,
            self._alarms,
            self._orders,
            self._people,
            self._space,
            self._memory,
            self._housekeeping,
        ):
            try:
                duty()
            except StoreError as error:
                _log.error("store_refused", error=str(error))
            except AmbientError as error:
                # What one duty cannot do must not keep the others from theirs, alarms among them.
                _log.error("duty_failed", duty=duty.__name__, error=str(error))

    def _clock(self) -> None:
        """Say that the clock was set: what has begun goes on as if it had not been."""
        offset = self._now() - self._monotonic()
        by = offset - self._offset
        if abs(by) < STEP_NS:
            return
        self._store.decide(Stepped(by=by), self._now())
        self._offset = offset
        _log.warning("clock_set", by_s=round(by / NS, 1))

    def _disk(self) -> None:
        if time.monotonic() - self._database.committed >= PROVE_S:
            self._database.prove()

    def _departed(self) -> None:
        """Sign off whoever's last session ended: nobody sees to what they had taken on."""
        for who in self._accounts.departed(self._now()):
            self._store.decide(SignOff(who=who), self._now())
            if self._accounts.signed_off(who):  # signed in again meanwhile
                self._store.decide(SignOn(who=who), self._now())

    def _alarms(self) -> None:
        self._store.due(self._now())
        self._on_site()

    def _speak(self) -> None:
        with self._lock:
            speaking, self._speaking = self._speaking, {}
        if not speaking:
            return
        try:
            self._store.speak(speaking, self._now())
        except StoreError:
            with self._lock:
                self._speaking = speaking | self._speaking
            raise
        _log.info("nodes_speak_again", nodes=len(speaking), first=min(speaking))

    def _silent(self) -> None:
        expected = set(self._served())
        at, now = self._monotonic(), self._now()
        # What a node said last may still wait to be taken, when much comes at once.
        heard = at if self._drained is None else max(self._drained, at - round(BEHIND_S * NS))
        with self._lock:
            self._silence.expect(expected, at)
            due = dict(self._silence.check(heard))
        if due:
            try:
                new = self._store.silent(
                    {node: now - (at - last) for node, last in due.items()}, now, self._is_silent
                )
            except StoreError:
                with self._lock:
                    for node in due:
                        self._silence.undo(node)
                raise
            for node in new:
                _log.warning("node_silent", node=node, seconds=round((at - due[node]) / NS, 1))
        for node in self._store.known_nodes().keys() - expected:
            self._store.forget_node(node, "hub", self._now())

    def _bindings(self) -> None:
        """Follow bindings however they changed: by this process, another one, while none ran."""
        bound = self._served()
        self._store.bindings(bound, self._now(), changed=bound != self._bound)
        self._bound = bound

    def _is_silent(self, node: str) -> bool:
        with self._lock:
            return self._silence.is_silent(node)

    def _orders(self) -> None:
        expired = self._store.expire(self._now())
        if expired:
            _log.warning("orders_expired", orders=expired)

    def _people(self) -> None:
        self._residents(self._now())

    def _space(self) -> None:
        if self._monotonic() - self._space_at < SPACE_S * NS:
            return
        self._space_at = self._monotonic()
        free = shutil.disk_usage(self._database.path.parent).free
        self._database.low_on_space(free < LOW_SPACE_BYTES)

    def _memory(self) -> None:
        """Give back what a burst of pages or events needed: a hub runs for months."""
        if self._monotonic() - self._trimmed_at >= TRIM_S * NS:
            self._trimmed_at = self._monotonic()
            allocator.trim()

    def _housekeeping(self) -> None:
        if self._monotonic() - self._clean_at < HOUSEKEEPING_S * NS:
            return
        self._clean_at = self._monotonic()
        now = self._now()
        self._accounts.clean(now)
        gone = self._store.purge(now - self._keep, now)
        if gone:
            _log.info("old_events_deleted", events=gone)
