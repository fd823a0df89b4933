"""The node's connection to its hub: dialled, greeted, and dialled again for as long as it takes.

Comes in: where the hub is, the keys in the state folder, and time. Goes out: the hub's messages
once it said welcome. There may be two keys while one replaces the other; whichever the hub
welcomes is the one in force. Where the site has two hubs (`hubs`) it goes to the other one when
this one is gone. Nothing here gives up: a hub may be away for days.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final

import structlog
import zmq

from ambient.bus import keys, sockets
from ambient.bus.protocol import (
    PROTOCOL,
    CommandMessage,
    FromHub,
    FromNode,
    Garbled,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Welcome,
    decode_from_hub,
    encode,
)
from ambient.bus.sockets import LinkChange, Watch
from ambient.config import HubLink
from ambient.node import hubs
from ambient.node.outage import Outage, Said
from ambient.node.telling import Telling

WELCOME_S: Final = 3.0
"""A hub that says nothing to a hello for this long does not know the key."""

SILENT_S: Final = 25.0
"""A hub that answers no heartbeat for this long: the connection is made anew."""

GONE_S: Final = 11.0
"""The same where there is another hub: two heartbeats, each of which asks for an answer."""
TRY_S: Final = 2.5
"""How long one of several hubs is given to take a connection."""

BACK_OFF_S: Final = 0.5
BACK_OFF_MOST_S: Final = 30.0

_NONE_TAKES: Final = "no hub takes a connection"

_CHECK: Final = (
    "events are kept here and sent later; see that the hub runs, that its address is right, and "
    "that a network and no firewall is between; ambient doctor looks at each"
)

_log = structlog.get_logger(__name__)


class Phase(Enum):
    """How far the connection is."""

    WAITING = auto()
    """For the next attempt."""
    DIALLED = auto()
    """ZeroMQ tries, with pauses of its own."""
    GREETED = auto()
    """Connected; hello said."""
    WELCOMED = auto()


class Uplink:
    """One node's way to its hub; used in one thread."""

    def __init__(
        self,
        hub: HubLink,
        state_dir: Path,
        node: str,
        software: str,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; the first `step` dials.

        Parameters
        ----------
        hub
            Address and key.
        state_dir
            Where the node's keys are.
        node, software
            Said in the hello.
        steady
            A steady clock in seconds.
        """
        self.hub = hub
        self._hubs = hubs.load(hub, state_dir)
        self._state_dir = state_dir
        self._node = node
        self._software = software
        self._steady = steady
        self._context = sockets.context()
        self._telling = Telling(self._context, hub.key)
        self._pair: keys.KeyPair | None = None
        """With which the connection is made."""
        self._socket: zmq.Socket[bytes] | None = None
        self._watch: Watch | None = None
        self._since = 0.0
        """When the phase began, or the hub was heard last."""
        self._dial_at = 0.0
        self._failures = 0
        self._prefer_next = (state_dir / keys.NEXT_KEY).exists()
        self._hub_time: tuple[int, float] | None = None
        self._said = ""
        self._outage = Outage(steady())
        self.phase = Phase.WAITING
        self.using_next = False
        """Whether the connection is made with the key that is to replace the present one."""
        self.garbled = 0
        self.refused: Reason | None = None
        """Why the hub does not serve this node, if it said so."""

    @property
    def welcomed(self) -> bool:
        """Whether the hub takes messages."""
        return self.phase is Phase.WELCOMED

    @property
    def several(self) -> bool:
        """Whether there is another hub to go to."""
        return self._hubs.several

    def heard_since(self, instant: float) -> bool:
        """Return whether the hub said anything after `instant` (steady clock)."""
        return self._since > instant

    def hub_time(self) -> int | None:
        """Return the hub's time now (ns) as far as it told, whatever the node's own clock says."""
        if self._hub_time is None:
            return None
        told, at = self._hub_time
        return told + int((self._steady() - at) * 1e9)

    def send(self, message: FromNode) -> bool:
        """Send `message`; return False when there is no connection that takes it now."""
        if self._socket is None:
            return False
        try:
            self._socket.send(encode(message), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def step(self, wait_s: float) -> list[FromHub]:
        """Wait for at most `wait_s` seconds; return what the welcoming hub said meanwhile.

        Raises
        ------
        LinkError
            When the node's key cannot be read, or the address is none.
        """
        self._tell_outage()
        if self._socket is None and self._steady() >= self._dial_at:
            self._dial()
        if self._socket is None or self._watch is None:
            time.sleep(max(0.0, min(wait_s, self._dial_at - self._steady())))
            return []
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._watch.monitor, zmq.POLLIN)
        poller.poll(int(wait_s * 1000))
        for change in self._watch.changes():
            self._on_change(change)
        found = self._receive() if self._still_good() else []
        self._tell()
        return found

    def gone(self) -> None:
        """Make the connection anew at once, with the other hub where there is one."""
        self._hubs.gone()
        self.redial(prefer_next=False)

    def redial(self, *, prefer_next: bool) -> None:
        """Make the connection anew at once, first with the next key or with the present one."""
        self._prefer_next = prefer_next
        self._failures = 0
        self._hang_up(0.0)

    def close(self) -> None:
        """End the connection."""
        self._hang_up(0.0)
        self._context.term()

    def _dial(self) -> None:
        """Connect with the preferred key, or with the only one there is."""
        pair = keys.load_pair(self._state_dir / keys.NEXT_KEY) if self._prefer_next else None
        self.using_next = pair is not None
        if pair is None:
            pair = keys.load_or_make(self._state_dir / keys.NODE_KEY)
        self._pair = pair
        self._watch = sockets.dial(self._context, self._hubs.address, self.hub.key, pair)
        self._socket = self._watch.socket
        self._enter(Phase.DIALLED)

    def _on_change(self, change: LinkChange) -> None:
        match change:
            case LinkChange.UP:
                self._greet()
            case LinkChange.DOWN:
                if self.phase in (Phase.GREETED, Phase.WELCOMED):
                    self._enter(Phase.DIALLED)
            case LinkChange.REFUSED:
                # ZeroMQ does not try again after this by itself.
                self._fail("the hub does not admit this node's key; enrol it again")
            case LinkChange.BROKEN:
                # One that stands by shuts the door on whom it cannot lead to the other.
                self._say(
                    _NONE_TAKES
                    if self.several
                    else "what answers at the hub's address does not prove the hub's key; "
                    "is the address right, was the hub set up anew?"
                )

    def _still_good(self) -> bool:
        """Give up a connection on which the hub says nothing."""
        quiet = self._steady() - self._since
        if self.phase is Phase.DIALLED and self.several and quiet > TRY_S:
            self._fail(_NONE_TAKES)
        elif self.phase is Phase.GREETED and quiet > WELCOME_S:
            self._fail("the hub does not answer this node's key; is the node enrolled there?")
        elif self.phase is Phase.WELCOMED and quiet > (GONE_S if self.several else SILENT_S):
            self._fail("the hub went silent")
        return self._socket is not None

    def _receive(self) -> list[FromHub]:
        found: list[FromHub] = []
        while self._socket is not None and self._socket.poll(0):
            frames = self._socket.recv_multipart()
            message = decode_from_hub(frames[0])
            if isinstance(message, Garbled) or len(frames) != 1:
                self.garbled += 1
                continue
            self._since = self._steady()
            self._take(message, found)
        return found

    def _take(self, message: FromHub, found: list[FromHub]) -> None:
        if isinstance(message, Welcome | Heartbeat | CommandMessage):
            self._hub_time = (message.time, self._since)
        match message:
            case Welcome():
                self._welcome(message, found)
            case Refused(reason=Reason.HELLO):
                # The hub was started anew and ZeroMQ connected again without our knowing.
                self._greet()
            case Refused(reason=Reason.BUSY):
                found.append(message)
            case Refused(reason=reason, protocol=protocol):
                self.refused = reason
                self._fail(_REFUSALS[reason].format(hub=protocol))
            case _:
                found.append(message)

    def _greet(self) -> None:
        self.send(self._hello(tells=False))
        self._enter(Phase.GREETED)

    def _hello(self, *, tells: bool) -> Hello:
        return Hello(
            protocol=PROTOCOL,
            node=self._node,
            software=self._software,
            term=self._hubs.term,
            proof=self._hubs.known.proof,
            tells=tells,
        )

    def _tell(self) -> None:
        """Tell the other hubs in which term this node is served; go to one of a higher term."""
        if not (self.welcomed and self.several) or self._pair is None:
            return
        others = [one for one in self._hubs.addresses if one != self._hubs.address]
        higher = self._telling.step(self._steady(), others, self._hello(tells=True), self._pair)
        if higher is not None:
            self._say("another hub serves in a higher term")
            self._hubs.go(higher)
            self.redial(prefer_next=self.using_next)

    def _welcome(self, message: Welcome, found: list[FromHub]) -> None:
        before = self._hubs.known
        if not self._hubs.welcome(message.term, message.addresses, message.proof):
            self._fail("a hub welcomes this node that serves no longer")
            return
        if self._hubs.known != before:
            hubs.keep(self._hubs, self._state_dir)
        self._enter(Phase.WELCOMED)
        self._telling.begin()
        self._failures = 0
        self.refused = None
        self._said = ""
        _log.info("connected to the hub", hub=self._hubs.address, node=self._node)
        found.append(message)

    def _fail(self, why: str) -> None:
        """Hang up; try the other key or hub at once if there is one, else wait longer each time."""
        self._say(why)
        both = (self._state_dir / keys.NEXT_KEY).exists()
        self._prefer_next = both and not self.using_next
        self._failures += 1
        first = both and self._failures == 1
        pause = min(BACK_OFF_MOST_S, BACK_OFF_S * 2.0 ** min(self._failures - 1, 10))
        if self.several:
            # Each waits in turn for as long as one of them may take to come up.
            pause = min(pause, BACK_OFF_S)
            if not first:
                self._hubs.gone()
        self._hang_up(0.0 if first else pause)

    def _hang_up(self, pause_s: float) -> None:
        self._telling.stop()
        if self._watch is not None:
            self._watch.close()
        if self._socket is not None:
            self._socket.close()
        self._socket, self._watch = None, None
        self._dial_at = self._steady() + pause_s
        self._enter(Phase.WAITING)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._since = self._steady()

    def _tell_outage(self) -> None:
        """Log that the hub is away, now and then while it is, and that it is back."""
        line = self._outage.step(welcomed=self.welcomed, now=self._steady())
        if line is None:
            return
        where = {"hub": self._hubs.address, "node": self._node, "away_s": round(line.away_s)}
        if line.said is Said.BACK:
            _log.info("the hub is back", **where)
            return
        again = "the hub is still away" if line.said is Said.STILL else "the hub is away"
        why = {"why": self._said} if self._said else {}
        _log.warning(again, **where, **why, check=_CHECK)

    def _say(self, text: str) -> None:
        """Log a state once, not at every attempt."""
        if text != self._said:
            self._said = text
            _log.warning(text, hub=self._hubs.address, node=self._node)


_REFUSALS: Final[dict[Reason, str]] = {
    Reason.PROTOCOL: (
        f"this node speaks version {PROTOCOL} of the link, the hub version {{hub}}; "
        "install the same version of Ambient on both"
    ),
    Reason.NAME: "the hub enrolled this key under another name; correct `node` in node.yaml",
    Reason.REVOKED: "the hub has withdrawn this node's key; enrol it again",
    Reason.STANDS_BY: "the hub stands by: the other one of this site serves",
}
