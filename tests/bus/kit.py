"""A hub and its nodes on loopback: real CURVE sockets, real SQLite, no waiting for a clock.

Hub and agents are stepped in turn by `House.pump` in one thread, so that a test says what happens
between which messages; `House.serving` runs the hub in a thread of its own where a call blocks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import zmq

from ambient import events
from ambient.bus import keys, sockets
from ambient.bus.enrolment import HUB_FILE
from ambient.bus.protocol import (
    PROTOCOL,
    Enrol,
    FromHub,
    FromNode,
    Hello,
    Welcome,
    decode_from_hub,
    encode,
)
from ambient.bus.sockets import LinkChange
from ambient.closing import Closing
from ambient.commands import AnyCommand
from ambient.config import HubLink, NodeConfig, Room
from ambient.errors import StoreError
from ambient.events import AnyEvent, Outcome
from ambient.hub.database import HubDatabase
from ambient.hub.intake import Intake
from ambient.hub.registry import Registry
from ambient.hub.seams import Sent
from ambient.hub.store import Store
from ambient.node.agent import Agent
from ambient.node.outbox import Outbox
from tests.patience import PATIENCE_S

IDENTITY = "i" * 40
VERSION = "0" * 12


def fall(number: int, position: int = 0, *, node: str = "n-1", room: str = "r1") -> AnyEvent:
    """Event `position` (suspected, confirmed, long lie, recovered) of fall `number`."""
    chain = events.chain_id(IDENTITY, room, "fall", number)
    kind = (
        events.FallSuspected,
        events.FallConfirmed,
        events.FallLongLie,
        events.FallRecovered,
    )[position]
    more = {} if position == 0 else {"down_s": float(position)}
    return kind(
        id=events.event_id(IDENTITY, chain, position, events.kind_of(kind), number),
        t=number,
        node=node,
        room=room,
        chain=chain,
        position=position,
        config_version=VERSION,
        **more,
    )


def started(number: int, *, node: str = "n-1") -> AnyEvent:
    """An event that matters least."""
    chain = events.chain_id(IDENTITY, None, "node", number)
    return events.NodeStarted(
        id=events.event_id(IDENTITY, chain, 0, "node.started", number),
        t=number,
        node=node,
        chain=chain,
        position=0,
        config_version=VERSION,
    )


class Gate:
    """A store that can be shut, as when the hub's disk is full, and that counts its calls."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.shut = False
        self.barred: set[str] = set()
        """Nodes whose events cannot be stored."""
        self.calls = 0

    def store_all(self, sent: Sequence[Sent]) -> object:
        self.calls += 1
        if self.shut or any(one.node in self.barred for one in sent):
            raise StoreError("hub.db: expected space on the disk, got none left")
        return self._store.store_all(sent)


class Orders:
    """Commands that wait, until the store has their answer."""

    def __init__(self) -> None:
        self.commands: list[AnyCommand] = []

    def pending(self, now: int) -> dict[str, list[AnyCommand]]:
        found: dict[str, list[AnyCommand]] = {}
        for command in self.commands:
            found.setdefault(command.node, []).append(command)
        return found


class House:
    """One hub in `folder`, and whatever nodes a test adds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pair = keys.load_or_make(folder / "hub" / keys.HUB_KEY)
        self.orders = Orders()
        self.heard: list[str] = []
        self.unenrolled: list[AnyEvent] = []
        self.nodes: list[Node] = []
        self._bind = "tcp://127.0.0.1:0"
        self.lacks = 0
        """Since when the hub says that it lacks what it took."""
        self.start()

    def start(self) -> None:
        """Start the hub, on the port that it had before."""
        self.database = HubDatabase(self.folder / "hub" / "hub.db")
        self.registry = Registry(self.database)
        self.gate = Gate(Store(self.database))
        self.intake = Intake(
            self._bind,
            self.pair,
            "site",
            registry=self.registry,
            sink=self.gate,
            source=self.orders,
            heard=self.heard.append,
            unenrolled=lambda event, _: self.unenrolled.append(event),
            lacks=self.lacks,
        )
        self._bind = self.address = self.intake.address

    def stop(self) -> None:
        """Stop the hub."""
        self.intake.close()
        self.database.close()

    def close(self) -> None:
        """Stop everything."""
        for node in self.nodes:
            node.close()
        self.stop()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the hub in a thread while the block runs."""
        end = threading.Event()

        def serve() -> None:
            while not end.is_set():
                self.intake.step(5)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def pump(self, until: Callable[[], object], *, hub: bool = True) -> None:
        """Step hub and agents in turn until `until` is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, "it never happened"
            if hub:
                self.intake.step(2)
            for node in self.nodes:
                if node.running:
                    node.agent.step(0.002)

    def turns(self, number: int = 30) -> None:
        """Step hub and agents so many times, to show that something does not happen."""
        for _ in range(number):
            self.intake.step(2)
            for node in self.nodes:
                if node.running:
                    node.agent.step(0.002)

    def enrol(self, pair: keys.KeyPair, node: str, rooms: Sequence[str]) -> None:
        """Enrol a key as if somebody had gone through it."""
        now = time.time_ns()
        invitation = self.registry.invite(self.address, self.pair.public, "admin", now)
        request = Enrol(
            protocol=PROTOCOL, token=invitation.token, node=node, site="site", rooms=list(rooms)
        )
        assert self.registry.ask(pair.public, request, "site", now) is None
        self.registry.accept(pair.fingerprint, "admin", now)

    def node(self, name: str = "n-1", rooms: Sequence[str] = ("r1",)) -> Node:
        """Add an enrolled node; its agent runs."""
        made = Node(self, name, rooms)
        self.enrol(keys.load_or_make(made.folder / keys.NODE_KEY), name, rooms)
        made.start()
        return made

    def stored(self) -> list[tuple[str, int]]:
        """Chain and position of every event, in the order in which the hub stored them."""
        with self.database.read() as db:
            return db.execute("SELECT chain, position FROM events ORDER BY number").fetchall()

    def kinds(self) -> list[str]:
        """Kinds of the stored events, in order."""
        with self.database.read() as db:
            found = db.execute("SELECT kind FROM events ORDER BY number").fetchall()
        return [row[0] for row in found]


@contextmanager
def served_house(folder: Path) -> Iterator[House]:
    """A house whose hub runs in a thread while the block runs."""
    made = House(folder)
    with made.serving():
        yield made
    made.close()


class Node:
    """A node's state folder, outbox and agent."""

    def __init__(self, house: House, name: str, rooms: Sequence[str]) -> None:
        self.folder = house.folder / name
        self.house = house
        self.config = NodeConfig(
            site="site", node=name, state_dir=self.folder, rooms=[Room(id=room) for room in rooms]
        )
        hub = HubLink(address=house.address, key=house.pair.public)
        keys.write_private(self.folder / HUB_FILE, msgspec.json.encode(hub))
        self.fusion = Outbox(self.folder / "outbox.db")
        self.handled: list[AnyCommand] = []
        self.outcome: Outcome | None = Outcome.APPLIED
        self.running = False
        house.nodes.append(self)

    def start(self) -> None:
        """Start the agent."""
        self._outbox = Outbox(self.folder / "outbox.db")
        self.agent = Agent(self.config, self._outbox, identity=IDENTITY, handler=self._handle)
        self.running = True

    def stop(self) -> None:
        """End the agent without letting it finish anything."""
        self.running = False
        self.agent.close()
        self._outbox.close()

    def close(self) -> None:
        """Stop everything."""
        if self.running:
            self.stop()
        self.fusion.close()

    def delivered(self) -> bool:
        """Return whether nothing waits any more."""
        return self.fusion.depth().waiting == 0

    def _handle(self, command: AnyCommand) -> Outcome | None:
        self.handled.append(command)
        return self.outcome


class Raw(Closing):
    """A peer that says what it likes, at the level of frames."""

    def __init__(self, house: House, pair: keys.KeyPair, *, hub_key: str | None = None) -> None:
        self._house = house
        self._context = sockets.context()
        self._watch = sockets.dial(self._context, house.address, hub_key or house.pair.public, pair)
        self._socket = self._watch.socket
        self.changes: list[LinkChange] = []

    def wait_for(self, change: LinkChange) -> None:
        """Step the hub until `change` was seen since the last time."""
        deadline = time.monotonic() + PATIENCE_S
        while change not in self.changes:
            assert time.monotonic() < deadline, f"{change} never came, but {self.changes}"
            self._house.intake.step(2)
            self.changes += self._watch.changes()
        self.changes.clear()

    def say(self, message: FromNode | bytes | list[bytes]) -> None:
        """Send a message, a frame, or several frames."""
        frames = message if isinstance(message, list) else [message]
        self._socket.send_multipart(
            [one if isinstance(one, bytes) else encode(one) for one in frames], zmq.NOBLOCK
        )

    def hear(self) -> FromHub:
        """Return the hub's next message."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._socket.poll(0):
            assert time.monotonic() < deadline, "the hub says nothing"
            self._house.intake.step(2)
        message = decode_from_hub(self._socket.recv())
        assert not hasattr(message, "size"), message
        return message

    def hears_nothing(self) -> bool:
        """Return whether the hub stays silent for a while."""
        self._house.turns(30)
        return not self._socket.poll(0)

    def greet(self, node: str = "n-1") -> None:
        """Connect and say a hello that fits."""
        self.wait_for(LinkChange.UP)
        self.say(Hello(protocol=PROTOCOL, node=node, software="1"))
        assert isinstance(self.hear(), Welcome)

    def close(self) -> None:
        """End the connection."""
        self._watch.close()
        self._socket.close()
        self._context.term()
