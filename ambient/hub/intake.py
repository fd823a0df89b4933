"""The hub's end of the link: takes in events, sends commands, keeps out whoever is not enrolled.

Comes in: frames from nodes over CURVE. Goes out: events to a sink that has committed them before
the node gets its acknowledgement; commands of a source to the nodes; news of which node was heard.
Who speaks is told by the key that CURVE has proved for the connection, looked up anew for every
message. A key that is not enrolled is answered only when it asks for enrolment; all else of it is
counted and met with silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
import zmq

from ambient.bus import sockets
from ambient.bus.keys import KeyPair
from ambient.bus.protocol import (
    PROTOCOL,
    Batch,
    Enrol,
    EnrolAccepted,
    FromHub,
    Garbled,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Rotate,
    RotateAccepted,
    RotateRefused,
    Welcome,
    decode_from_node,
    encode,
)
from ambient.bus.sockets import LinkChange, Watch
from ambient.bus.zap import Zap
from ambient.errors import StoreError
from ambient.events import AnyEvent
from ambient.hub.dispatch import Dispatch
from ambient.hub.enrolling import Enrolling
from ambient.hub.nodes import Holder, Standing
from ambient.hub.registry import Registry
from ambient.hub.seams import CommandSource, EventSink, LinkCounts, OneOfTwo
from ambient.hub.sessions import Session
from ambient.hub.silence import BEHIND_S
from ambient.hub.storing import Storing

POLL_MS: Final = 100
COMMANDS_EVERY_S: Final = 0.2
"""How often the hub looks for new commands."""
MOST_AT_ONCE: Final = 256
"""Messages taken before handshakes and commands get their turn."""
FORGET_S: Final = 60.0
"""A connection that said nothing for this long is forgotten."""
WARN_EVERY_S: Final = 60.0
MAX_STRANGER_BYTES: Final = 4 * 1024
"""An enrolment has less than 1 kB; nothing longer of an unknown key is even parsed."""

_log = structlog.get_logger(__name__)


class Intake:
    """The ROUTER, its handler of new connections, and what the messages lead to.

    Made in one thread and run in another; everything else may be asked from any thread.
    """

    def __init__(
        self,
        bind: str,
        pair: KeyPair,
        site: str,
        *,
        registry: Registry,
        sink: EventSink,
        source: CommandSource,
        heard: Callable[[str], None] = lambda _: None,
        unenrolled: Callable[[AnyEvent, int], None] = lambda _event, _now: None,
        beat: Callable[[], None] = lambda: None,
        drained: Callable[[], None] = lambda: None,
        lacks: int = 0,
        pair_of_hubs: OneOfTwo | None = None,
        clock: Callable[[], int] = time.time_ns,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to listen.

        Parameters
        ----------
        bind
            ``tcp://host:port``; port 0 takes a free one, see `address`.
        pair
            The hub's keys.
        site
            Only nodes of this site are enrolled.
        registry, sink, source
            Who may speak, where events go, where commands come from; used in the thread of `run`.
        heard
            Called with a node's name for every message of it that counts as a sign of life.
        unenrolled
            Called with an event that is refused because its node is not enrolled for its room, and
            the hub's time (ns): for every fall or distress, else once a minute for each room.
        beat
            Called at every turn of `run`: the link lives.
        drained
            Called whenever all that has come by now was taken: whoever was not heard said nothing.
        lacks
            Since when (ns) the hub lacks what it acknowledged; nodes are told at each hello.
        pair_of_hubs
            Where the site has two hubs: what this one tells of both, and whether it may serve.
        clock, steady
            Hub time (ns) and a steady clock (s).

        Raises
        ------
        LinkError
            When the address cannot be used.
        """
        self._site = site
        self._registry = registry
        self._heard = heard
        self._beat = beat
        self._drained = drained
        self._drained_at = steady()
        self._lacks = lacks
        self._hubs = pair_of_hubs
        self._clock = clock
        self._steady = steady
        self._context = sockets.context()
        self._zap = Zap(self._context, self._admit)
        try:
            self._router, self.address = sockets.listen(self._context, bind, pair)
        except BaseException:
            self._zap.close()
            self._context.term()
            raise
        self._watch = Watch.over(self._router)
        self._sessions: dict[bytes, Session] = {}
        self._commands_at = 0.0
        self._warned: dict[str, float] = {}
        self.counts = LinkCounts()
        self._enrolling = Enrolling(
            registry,
            site,
            self.counts,
            send=self._send,
            warn=self._warn,
            clock=clock,
            steady=steady,
        )
        self._storing = Storing(
            sink,
            self._sessions,
            self.counts,
            send=self._send,
            unenrolled=unenrolled,
            failed=self._failed,
            clock=clock,
            steady=steady,
        )
        self._dispatch = Dispatch(
            source, registry, self._sessions, self.counts, send=self._send, clock=clock
        )

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, then close everything."""
        try:
            while not stop.is_set():
                self._beat()
                self.step(POLL_MS)
        finally:
            self.close()

    def step(self, wait_ms: int) -> None:
        """Wait for at most `wait_ms` milliseconds, then do all that is due."""
        poller = zmq.Poller()
        for socket in (self._router, self._zap.socket, self._watch.monitor):
            poller.register(socket, zmq.POLLIN)
        poller.poll(wait_ms)
        self._zap.answer()
        self._note(self._watch.changes())
        for _ in range(MOST_AT_ONCE):
            if not self._router.poll(0):
                self._drained_at = self._steady()
                self._drained()
                break
            self._take()
            if self._storing.full:
                self._storing.flush()
        self._storing.flush()
        now = self._steady()
        if now >= self._commands_at:
            self._commands_at = now + COMMANDS_EVERY_S
            self._forget(now)
            try:
                self._dispatch.step(now)
                self._enrolling.tell(now)
            except StoreError as error:
                self._failed(error)

    def connected(self) -> list[str]:
        """Return the nodes that have said hello and were heard within the last minute."""
        return sorted({session.node for session in list(self._sessions.values())})

    def close(self) -> None:
        """Close every connection; what was acknowledged is stored."""
        self._watch.close()
        self._router.close()
        self._zap.close()
        self._context.term()

    # -- who may connect -------------------------------------------------------------------

    def _admit(self, key: str) -> bool:
        try:
            admitted = self._registry.admits(key, self._clock())
        except StoreError as error:
            self._failed(error)
            return False
        if not admitted:
            self.counts.unknown_key += 1
            self._warn("keys that are not enrolled try to connect", self.counts.unknown_key)
        return admitted

    def _note(self, changes: Sequence[LinkChange]) -> None:
        self.counts.closed += changes.count(LinkChange.DOWN)
        broken = changes.count(LinkChange.BROKEN)
        self.counts.broken_connections += broken
        if broken:
            self._warn("connections fail their handshake", self.counts.broken_connections)

    def _warn(self, what: str, so_far: int) -> None:
        """Log what strangers can cause, rarely enough that they cannot fill the disk."""
        now = self._steady()
        if now >= self._warned.get(what, -WARN_EVERY_S) + WARN_EVERY_S:
            self._warned[what] = now
            _log.warning(what, so_far=so_far)

    # -- messages --------------------------------------------------------------------------

    def _take(self) -> None:
        frames = self._router.recv_multipart(copy=False)
        route = frames[0].bytes
        try:
            key = str(frames[-1].get("User-Id"))
        except zmq.ZMQError:
            self.counts.unknown_key += 1
            return
        try:
            holder = self._registry.holder(key)
            served = holder.standing in (Standing.ENROLLED, Standing.NEXT)
            limit = None if served else MAX_STRANGER_BYTES
            if len(frames) != 2 or (limit is not None and len(frames[1]) > limit):
                message: object = Garbled(reason="shape", size=sum(len(one) for one in frames))
            else:
                message = decode_from_node(frames[1].bytes)
            if served:
                self._from_node(route, key, holder, message)
            else:
                self._from_stranger(route, key, holder, message)
        except StoreError as error:
            self._failed(error)
            self._send(route, Refused(reason=Reason.BUSY))

    def _from_stranger(self, route: bytes, key: str, holder: Holder, message: object) -> None:
        session = self._sessions.pop(route, None)
        if isinstance(message, Enrol):
            self._enrolling.ask(route, key, message)
            return
        self.counts.unknown_key += 1
        if session is not None:
            # It was enrolled when it said hello: it may know why it is served no longer.
            _log.warning("a revoked key is refused", node=session.node)
            self._send(route, Refused(reason=Reason.REVOKED))

    def _from_node(self, route: bytes, key: str, holder: Holder, message: object) -> None:
        now = self._steady()
        match message:
            case Garbled(reason=reason, size=size):
                self.counts.garbled += 1
                _log.warning("a garbled frame", node=holder.node, reason=reason, bytes=size)
                return
            case Hello():
                self._hello(route, key, holder, message, now)
                return
            case Enrol():
                # Its acceptance got lost on the way.
                self._send(route, EnrolAccepted())
                return
        session = self._sessions.get(route)
        if session is None or session.key != key:
            self._send(route, Refused(reason=Reason.HELLO))
            return
        session.heard = now
        if self._hubs is not None:
            self._hubs.node()
        match message:
            case Batch():
                self._storing.take(route, holder, session, message)
            case Heartbeat(answer=True):
                self._send(route, Heartbeat(time=self._clock()))
            case Rotate():
                self._rotate(route, holder, message)
        self._heard(holder.node)

    def _hello(self, route: bytes, key: str, holder: Holder, hello: Hello, now: float) -> None:
        refusal = None
        if hello.protocol != PROTOCOL:
            refusal = Reason.PROTOCOL
        elif hello.node != holder.node:
            refusal = Reason.NAME
        elif hello.tells:
            self._told(route, hello)
            return
        elif self._hubs is not None and not self._hubs.node(hello.term, hello.proof):
            refusal = Reason.STANDS_BY
        if refusal is not None:
            self.counts.version_refused += refusal is Reason.PROTOCOL
            _log.warning(
                "a node is refused",
                node=holder.node,
                reason=refusal,
                speaks=hello.protocol,
                expected=PROTOCOL,
            )
            self._send(route, Refused(reason=refusal))
            return
        if holder.standing is Standing.NEXT:
            self._registry.switch(holder.node, key, self._clock())
        self._sessions[route] = Session(key=key, node=holder.node, heard=now)
        self._send(
            route,
            Welcome(
                protocol=PROTOCOL,
                time=self._clock(),
                lacks=self._lacks,
                # A hub that is alone now is nobody's rival.
                term=hello.term if self._hubs is None else self._hubs.term,
                proof=hello.proof if self._hubs is None else self._hubs.proof,
                addresses=[] if self._hubs is None else list(self._hubs.addresses),
            ),
        )
        self._heard(holder.node)
        _log.info("node connected", node=holder.node, software=hello.software)

    def _told(self, route: bytes, hello: Hello) -> None:
        """Answer a node that another hub serves: the higher term of the two is known to both."""
        if self._hubs is None or not self._hubs.told(hello.term, hello.proof):
            self._send(route, Refused(reason=Reason.STANDS_BY))
            return
        answer = Welcome(protocol=PROTOCOL, time=self._clock(), term=self._hubs.term)
        self._send(route, answer)

    def _rotate(self, route: bytes, holder: Holder, message: Rotate) -> None:
        reason = self._registry.offer(holder.node, message.key, self._clock())
        if reason is None:
            self._send(route, RotateAccepted(key=message.key))
        else:
            _log.warning("a next key is refused", node=holder.node, reason=reason)
            self._send(route, RotateRefused(key=message.key, reason=reason))

    # -- what is due -----------------------------------------------------------------------

    def _forget(self, now: float) -> None:
        # What still waits to be taken may be of any of them.
        since = max(self._drained_at, now - BEHIND_S)
        for route, session in list(self._sessions.items()):
            if since - session.heard > FORGET_S:
                del self._sessions[route]

    def _send(self, route: bytes, message: FromHub) -> bool:
        """Send without waiting; a peer that left or does not read loses it and will ask again."""
        try:
            self._router.send_multipart([route, encode(message)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            self._sessions.pop(route, None)
            self._enrolling.forget(route)
            return False
        return True

    def _failed(self, error: StoreError) -> None:
        self.counts.store_failed += 1
        _log.error("the hub cannot store; nodes keep what they have", error=str(error))
