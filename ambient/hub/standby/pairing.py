"""The two hubs of a site hear of each other: who serves, and the copies of the one that does.

Comes in: ``standby`` of hub.yaml, what the other hub and nodes say, an operator's order. Goes out:
`take_over` and `step_down`, set when `Duty` decides so; the state of the one that serves, for the
other (`follower`). One thread; what others ask of it is behind a lock.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog
import zmq

from ambient import __version__, files
from ambient.bus import sockets
from ambient.bus.keys import KeyPair
from ambient.bus.protocol import since
from ambient.bus.sockets import Watch
from ambient.bus.zap import Zap
from ambient.config import HubConfig
from ambient.config_standby import Order, Standby, own_link
from ambient.errors import StoreError
from ambient.hub.standby import duty, enrolled, kept, state, wire
from ambient.hub.standby.duty import Decision, Duty
from ambient.hub.standby.heard import OtherHub
from ambient.hub.standby.kept import Memory, Status
from ambient.hub.standby.origins import Origins
from ambient.hub.standby.wire import Begin, Say

NS: Final = 1_000_000_000
STEP_MS: Final = 100
SAY_S: Final = 0.5
LOOK_S: Final = 1.0
"""How often the registry is asked for nodes, an order looked for, and the status written."""
KEEP_S: Final = 5.0
"""How often it is kept up to when the store is complete."""

_log = structlog.get_logger(__name__)


class Pairing:
    """The other hub as this one hears of it; see the module."""

    def __init__(
        self,
        config: HubConfig,
        standby: Standby,
        pair: KeyPair,
        config_file: Path,
        *,
        steady: Callable[[], float] = time.monotonic,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Begin to listen, standing by.

        Raises
        ------
        LinkError
            When the address cannot be used.
        StoreError
            When what was kept cannot be read.
        """
        self._config = config
        self.standby = standby
        self._secret = pair.secret
        self._steady = steady
        self.clock = clock
        self._memory = kept.load(config.state_dir)
        self.duty = Duty(standby.order, self._memory.kept, steady())
        self._lock = threading.RLock()
        self._context = sockets.context()
        self._zap = Zap(self._context, lambda key: key == pair.public)
        try:
            self._router, self.address = sockets.listen(self._context, standby.bind, pair)
            self._client = sockets.dial(
                self._context, standby.other.address, pair.public, pair, heartbeats=True
            )
        except BaseException:
            self._zap.close()
            self._context.destroy(linger=0)
            raise
        self._watch = Watch.over(self._router)
        first = standby.order is Order.FIRST
        self._origins = Origins(config.state_dir, config_file if first else None, self._router)
        self._say_at = self._look_at = self._keep_at = 0.0
        self._other = OtherHub(Say(said=self.duty.said(steady())), steady())
        self._nodes = False
        self._ledger: bytes | None = None
        self._level_since = 0.0
        """When (steady) the last copy came that the other hub made when it served no longer."""
        self._copied_at = 0.0
        """When (steady) any came."""
        self._said = ""
        self._torn: int | None = None
        self.take_over = threading.Event()
        self.step_down = threading.Event()
        own = own_link(config.link.bind, config.link.advertise)
        both = (own, standby.other.link)
        self.addresses = both if standby.order is Order.FIRST else both[::-1]

    # -- what the rest of the hub asks, from any thread --------------------------------------

    @property
    def term(self) -> int:
        """In which this hub serves."""
        return self.duty.kept.term

    @property
    def lacks(self) -> int:
        """Since when (ns) the store lacks what nodes may still keep; 0 when it lacks nothing."""
        return self._memory.lacking(self.clock())

    @property
    def proof(self) -> str:
        """What proves to either hub that this one served in its term."""
        return duty.proof(self._secret, self._config.site, self.term)

    def node(self, term: int = 0, proof: str = "") -> bool:
        """Take in that a node spoke which knows `term`; return whether this hub may serve it."""
        with self._lock:
            self.duty.node(self._proved(term, proof), self._steady())
            return self.duty.may_serve(self._steady())

    def told(self, term: int, proof: str) -> bool:
        """Take in that a node which another hub serves knows `term`; return whether this serves."""
        with self._lock:
            self.duty.told(self._proved(term, proof), self._steady())
            return self.duty.may_serve(self._steady())

    def _proved(self, term: int, proof: str) -> int:
        """Return `term` if a hub of this site gave its proof, else 0."""
        if not term:
            return 0
        if not hmac.compare_digest(proof, duty.proof(self._secret, self._config.site, term)):
            _log.warning("a node knows a term that no hub of this site proved", term=term)
            return 0
        return term

    def fails_since(self) -> int | None:
        """Return since when (ns) nobody could take over from this hub, nothing while one could."""
        with self._lock:
            return self._other.fails_since(self._steady(), self.clock(), self.duty.heard_at)

    def torn_since(self) -> int | None:
        """Return since when (ns) both serve and do not hear each other, as far as nodes told."""
        with self._lock:
            torn = self.duty.torn(self._steady())
            self._torn = (self._torn or self.clock()) if torn else None
            return self._torn

    def erased(self) -> Path | None:
        """Return a ledger of erasures that the other hub brought, once for each."""
        path = self._config.state_dir / state.OTHERS_LEDGER
        data = files.read_bytes(path)
        if data is None or data == self._ledger:
            return None
        self._ledger = data
        return path

    def opened(self) -> None:
        """Take in that the hub answers now."""
        with self._lock:
            self.duty.opened(self._steady())

    def unwell(self, ill: bool) -> None:
        """Take in each second whether this hub cannot do its work: the other one may take over."""
        with self._lock:
            self.duty.unwell(ill)

    def let_go(self) -> None:
        """Say from now on that this hub serves no longer."""
        with self._lock:
            self.duty.end(self._steady())
            self._other.old_copy()

    def is_waited_for(self) -> bool:
        """Return whether the other hub, which an operator chose, does not serve yet."""
        with self._lock:
            return self._other.last.said.wants and not self._other.last.said.serves

    def stays(self) -> bool:
        """Return whether the process goes on, standing by, when this hub has ended."""
        return self.step_down.is_set()

    def knocked(self, term: int, proof: str) -> None:
        """Take in that a node, which knows `term`, came although this hub does not serve."""
        with self._lock:
            self.duty.knocked(self._proved(term, proof), self._steady())

    def hears(self) -> bool:
        """Return whether the other hub is there."""
        with self._lock:
            return self.duty.hears(self._steady())

    def other_serves(self) -> bool:
        """Return whether the other hub is there and serves."""
        with self._lock:
            return self.hears() and self._other.last.said.serves

    def other_letting_go(self) -> bool:
        """Return whether its last state may be fetched: it serves, or has just stopped for us."""
        with self._lock:
            now = self._steady()
            return self.hears() and (self._other.last.said.serves or self.duty.said(now).wants)

    def copied(self, begin: Begin, asked: int) -> None:
        """Take in that a copy is complete which was asked for at `asked` (ns, the clock here)."""
        with self._lock:
            if self.duty.serves:
                return
            # The clocks may differ by hours. What passed since it was asked errs to the safe side.
            ahead = begin.at - asked
            self._memory = msgspec.structs.replace(
                self._memory,
                level=asked,
                lacks=since(begin.lacks, ahead),
                lacks_until=since(begin.lacks_until, ahead),
            )
            self._copied_at = self._steady()
            if not self._other.last.said.serves:
                self._level_since = self._copied_at

    def status(self) -> Status:
        """Return how the two hubs stand."""
        with self._lock:
            now, clock = self._steady(), self.clock()
            heard = self.duty.heard_at
            behind = self._other.behind_s(now, heard) if self.duty.serves else self._behind_s(clock)
            return Status(
                at=clock,
                serves=self.duty.serves,
                term=self.duty.kept.term,
                heard_s=None if heard is None else round(now - heard, 1),
                other_serves=self._other.last.said.serves,
                behind_s=None if behind is None else round(behind, 1),
                software=__version__,
                other_software=self._other.last.software,
            )

    def _behind_s(self, clock: int) -> float | None:
        level = self._memory.level
        return max(0, clock - level) / NS if level else None

    # -- the thread --------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Speak with the other hub until `stop` is set, then close."""
        try:
            while not stop.is_set():
                self.step(STEP_MS)
        finally:
            self.close()

    def step(self, wait_ms: int) -> None:
        """Wait for at most `wait_ms` milliseconds, then do all that is due."""
        poller = zmq.Poller()
        own = (self._router, self._zap.socket, self._watch.monitor)
        for socket in (*own, self._client.socket, self._client.monitor):
            poller.register(socket, zmq.POLLIN)
        self._origins.register(poller)
        ready = dict(poller.poll(wait_ms))
        self._zap.answer()
        self._watch.changes()
        self._client.changes()
        self._receive()
        self._origins.step(ready)
        self._due()

    def close(self) -> None:
        """Let go of everything."""
        self._origins.close()
        self._watch.close()
        self._client.close()
        self._client.socket.close()
        self._router.close()
        self._zap.close()
        self._context.term()

    def _receive(self) -> None:
        while self._client.socket.poll(0):
            match wire.read(self._client.socket.recv_multipart()):
                case (Say() as say, _):
                    self._heard(say)
                case _:
                    pass  # of a later version
        while self._router.poll(0):
            route, *rest = self._router.recv_multipart()
            match wire.read(rest):
                case (Say() as say, _):
                    self._heard(say)
                    self._origins.send(route, wire.frames(self._say()))
                case (message, data):
                    self._origins.take(route, message, data, self._begin)
                case None:
                    _log.warning("the other hub says what is no message", frames=len(rest))

    def _heard(self, say: Say) -> None:
        with self._lock:
            self._other.last = say
            self.duty.heard(say.said, self._steady())

    def _say(self) -> Say:
        with self._lock:
            clock = self.clock()
            return Say(
                said=self.duty.said(self._steady()),
                level=clock if self.duty.serves else self._memory.level,
                time=clock,
                software=__version__,
            )

    def _begin(self) -> Begin:
        """Return what is said of a copy that begins now."""
        memory = self._memory
        return Begin(at=self.clock(), lacks=memory.lacks, lacks_until=memory.lacks_until)

    def _due(self) -> None:
        now = self._steady()
        if now >= self._say_at:
            self._say_at = now + SAY_S
            # It may not be there; that it then says nothing is what counts.
            with suppress(zmq.Again):
                self._client.socket.send_multipart(wire.frames(self._say()), zmq.NOBLOCK)
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._look(now)
        try:
            self._decide(now)
        except StoreError as error:
            # Nothing is begun that is not on the disk; it is decided again.
            if str(error) != self._said:
                _log.error("what was decided of the two hubs cannot be kept", error=str(error))
            self._said = str(error)
        else:
            self._said = ""

    def _look(self, now: float) -> None:
        nodes = enrolled.any_node(self._config.state_dir)
        self._nodes = self._nodes if nodes is None else nodes
        # A process that steps down is replaced in a moment: the order is for the one that follows.
        if not self.step_down.is_set() and kept.ordered(self._config.state_dir, self.clock()):
            with self._lock:
                self.duty.promote(now)
            _log.warning("an operator chose this hub")
        try:
            kept.tell(self._config.state_dir, self.status())
        except OSError as error:
            _log.error("the status of the two hubs cannot be written", error=str(error))

    def _decide(self, now: float) -> None:
        with self._lock:
            decision = self.duty.decide(
                now,
                nodes=self._nodes,
                ready=self._ready(),
                level=self._is_level(now),
                fresh=self._copied_at > 0 and now - self._copied_at < kept.BEHIND_S,
            )
            if decision is Decision.TAKE_OVER and not self.take_over.is_set():
                before = self.duty.kept
                try:
                    self._keep(self._memory.taking_over(self.duty.begin(now), self.clock()), now)
                except StoreError:
                    self.duty.kept = before
                    self.duty.end(now)
                    raise
                _log.warning("this hub takes over", term=self.term, before=before.term)
                self.take_over.set()
                self._say_at = now  # at once
            elif decision is Decision.STEP_DOWN and not self.step_down.is_set():
                _log.warning("this hub steps down", term=self.term, seen=self.duty.kept.seen)
                # First: a disk that takes nothing must not keep a hub from stepping down.
                self.step_down.set()
                self._keep(msgspec.structs.replace(self._memory, kept=self.duty.kept), now)
            elif self.duty.kept != self._memory.kept or now >= self._keep_at:
                level = self.clock() if self.duty.serves else self._memory.level
                memory = msgspec.structs.replace(self._memory, kept=self.duty.kept, level=level)
                self._keep(memory, now)

    def _keep(self, memory: Memory, now: float) -> None:
        kept.save(self._config.state_dir, memory)
        self._memory = memory
        self._keep_at = now + KEEP_S

    def _ready(self) -> bool:
        """Return whether there is a store to serve with; a new first hub makes its own."""
        served = self._memory.kept.term > 0 or self._memory.level > 0
        return served or self.standby.order is Order.FIRST

    def _is_level(self, now: float) -> bool:
        """Return whether the store was brought level since the other hub stopped for this one."""
        return self._level_since > 0 and now - self._level_since < KEEP_S
