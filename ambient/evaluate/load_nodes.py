"""The nodes' end of the link, many in one process: real CURVE, simulated rooms.

Comes in: over a pipe, phases of events to send. Goes out: over the real link, each node's rows in
order, one batch in flight, sent again without an answer, with heartbeats and answered commands, as
`ambient.node.agent` does it; over the pipe, when every event was ready and when the hub had it on
its disk. Simulated is what makes the events (`ambient.streams`), and the outbox: it is in memory,
so that a thousand of them do not take the hub's disk.
"""

from __future__ import annotations

import heapq
import os
import secrets
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

import msgspec
import structlog
import zmq

from ambient import __version__, commands, events, streams
from ambient.bus import sockets
from ambient.bus.keys import KeyPair
from ambient.bus.protocol import (
    ACK_TIMEOUT_S,
    ANSWER_EVERY,
    HEARTBEAT_S,
    MAX_BATCH_ROWS,
    PROTOCOL,
    Ack,
    Batch,
    CommandMessage,
    FromNode,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Row,
    Welcome,
    decode_from_hub,
    encode,
)
from ambient.events import AnyEvent, CommandApplied, Outcome

NS: Final = 1_000_000_000
POLL_MS: Final = 10
BUSY_S: Final = 1.0
BEAT_S: Final = 0.25
"""Between two heartbeats of a hurried hour."""
ANSWERS: Final = "answers"

Pairs = dict[str, tuple[str, str]]
"""Name ► public and secret key (Z85) of each node."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """Events to send.

    Attributes
    ----------
    rate
        Events a second; 0 for all at once.
    speed
        How much faster than in life the steps of one fall follow each other.
    first
        Number of the first chain.
    opening
        What rooms say first (`streams.opening`), two events of each, instead of a house's mix.
    beats
        Heartbeats of each node before that, as of a house that has run for an hour: the link keeps
        room for 256 messages of each connection and direction, and is given memory as it is used.
    """

    name: str
    count: int
    rate: float
    speed: float = 1.0
    first: int = 0
    seed: int = 1
    opening: bool = False
    beats: int = 0


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One event: when it was ready at its node, and when the node had its acknowledgement (ns)."""

    phase: str
    kind: str
    chain: str
    ready: int
    acknowledged: int


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent in all.

    Attributes
    ----------
    ids
        Of every event that was ready, answers to commands too.
    repeated
        Batches that were sent again for want of an answer.
    refused
        Rows that the hub refused.
    """

    sent: list[Sent]
    ids: list[str]
    repeated: int
    refused: int


@dataclass
class _Ready:
    event: AnyEvent
    phase: str
    at: int


@dataclass
class _Node:
    """One node's connection and its queue."""

    name: str
    socket: zmq.Socket[bytes]
    waiting: deque[_Ready] = field(default_factory=deque)
    in_flight: list[_Ready] = field(default_factory=list)
    batch: int = 0
    sent_at: float = 0.0
    greeted: bool = False
    welcomed: bool = False
    beat_at: float = 0.0
    beats: int = 0
    not_before: float = 0.0
    beats_left: int = 0
    answered: set[str] = field(default_factory=set)


def planned(phase: Phase, nodes: int) -> Iterator[tuple[float, AnyEvent]]:
    """Yield each event of `phase` with its offset (s), chain by chain."""
    begun = 0.0
    stream = (
        streams.opening(nodes, first=phase.first)
        if phase.opening
        else streams.made_up(
            phase.count, node="n-0", rooms=nodes, seed=phase.seed, first=phase.first
        )
    )
    began: dict[str, tuple[float, int]] = {}
    for number, event in enumerate(stream):
        if phase.rate:
            begun = number / phase.rate
        at, t = began.setdefault(event.chain, (begun, event.t))
        which = event.room[1:] if event.room is not None else str(number % nodes + 1)
        offset = at + ((event.t - t) / NS / phase.speed if phase.rate else 0.0)
        yield offset, msgspec.structs.replace(event, node=f"n-{which}")


def serve(pipe: Connection, cores: Sequence[int], address: str, hub: str, pairs: Pairs) -> None:
    """Be all nodes until told to end; the process of its own that `multiprocessing` starts."""
    os.sched_setaffinity(0, cores)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    house = _House(address, hub, pairs)
    try:
        house.run(pipe)
    finally:
        house.close()


class _House:
    """All nodes, in one thread."""

    def __init__(self, address: str, hub: str, pairs: Pairs) -> None:
        self._context = sockets.context()
        self._nodes: dict[str, _Node] = {}
        self._poller = zmq.Poller()
        self._of: dict[zmq.Socket[bytes], _Node] = {}
        self._due: list[tuple[float, int, str, AnyEvent]] = []
        self._settled: list[Sent] = []
        self._ids: list[str] = []
        self._repeated = self._refused = self._open = 0
        for name, (public, secret) in pairs.items():
            watch = sockets.dial(self._context, address, hub, KeyPair(public=public, secret=secret))
            watch.close()  # a hello is taken once the handshake is done, which is all it tells here
            node = _Node(name, watch.socket)
            self._nodes[name], self._of[watch.socket] = node, node
            self._poller.register(watch.socket, zmq.POLLIN)

    def run(self, pipe: Connection) -> None:
        """Serve what the pipe asks: a `Phase`, or nothing for the end."""
        told = False
        phase: Phase | None = None
        while True:
            self._step()
            if not told and all(node.welcomed for node in self._nodes.values()):
                told = True
                pipe.send("connected")
            beating = any(node.beats_left for node in self._nodes.values())
            if phase is not None and not self._due and not self._open and not beating:
                pipe.send("done")
                phase = None
            if not pipe.poll(0):
                continue
            phase = pipe.recv()
            if phase is None:
                pipe.send(
                    Course(
                        sent=self._settled,
                        ids=self._ids,
                        repeated=self._repeated,
                        refused=self._refused,
                    )
                )
                return
            for node in self._nodes.values():
                node.beats_left, node.beat_at = phase.beats, 0.0
            begin = time.monotonic() + 0.5 + phase.beats * BEAT_S
            self._due = [
                (begin + offset, number, phase.name, event)
                for number, (offset, event) in enumerate(planned(phase, len(self._nodes)))
            ]
            heapq.heapify(self._due)

    def close(self) -> None:
        """Close every connection."""
        for node in self._nodes.values():
            node.socket.close()
        self._context.term()

    def _step(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, phase, event = heapq.heappop(self._due)
            at = time.time_ns()
            self._ready(self._nodes[event.node], msgspec.structs.replace(event, t=at), phase, at)
        for node in self._nodes.values():
            self._send_due(node, now)
        for socket, _ in self._poller.poll(POLL_MS):
            node = self._of[socket]
            while socket.poll(0):
                self._take(node, socket.recv())

    def _ready(self, node: _Node, event: AnyEvent, phase: str, at: int) -> None:
        self._ids.append(event.id)
        self._open += 1
        node.waiting.append(_Ready(event, phase, at))

    def _send_due(self, node: _Node, now: float) -> None:
        if not node.welcomed:
            if not node.greeted:
                hello = Hello(protocol=PROTOCOL, node=node.name, software=__version__)
                node.greeted = self._send(node, hello)
            return
        if now >= node.beat_at:
            hurried = node.beats_left > 0
            node.beats_left -= hurried
            # Spread over the first turn as a house's nodes are.
            wait = BEAT_S if hurried else HEARTBEAT_S
            node.beat_at = now + (wait if node.beat_at else secrets.randbelow(1000) / 1000 * wait)
            node.beats += 1
            self._send(node, Heartbeat(answer=hurried or node.beats % ANSWER_EVERY == 0))
        if node.in_flight and now - node.sent_at > ACK_TIMEOUT_S:
            self._repeated += 1
            self._again(node)
        if node.waiting and not node.in_flight and now >= node.not_before:
            self._send_batch(node, now)

    def _send_batch(self, node: _Node, now: float) -> None:
        count = min(MAX_BATCH_ROWS, len(node.waiting))
        node.in_flight = [node.waiting.popleft() for _ in range(count)]
        node.batch, node.sent_at = secrets.randbelow(2**53), now
        rows = [
            Row(seq=number, event=msgspec.Raw(events.encode(one.event)))
            for number, one in enumerate(node.in_flight)
        ]
        if not self._send(node, Batch(batch=node.batch, rows=rows)):
            self._again(node)

    def _again(self, node: _Node) -> None:
        node.waiting.extendleft(reversed(node.in_flight))
        node.in_flight = []

    def _send(self, node: _Node, message: FromNode) -> bool:
        try:
            node.socket.send(encode(message), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def _take(self, node: _Node, frame: bytes) -> None:
        match decode_from_hub(frame):
            case Welcome():
                node.welcomed = True
            case Ack() as ack if ack.batch == node.batch:
                self._acknowledged(node, ack)
            case Refused(reason=Reason.HELLO):
                node.greeted = node.welcomed = False
                self._again(node)
            case Refused():
                node.not_before = time.monotonic() + BUSY_S
                self._again(node)
            case CommandMessage() as message:
                self._answer(node, message)
            case _:
                pass  # the answer to a heartbeat

    def _acknowledged(self, node: _Node, ack: Ack) -> None:
        now = time.time_ns()
        self._refused += len(ack.refused)
        self._open -= len(node.in_flight)
        for one in node.in_flight:
            kind = events.kind_of(one.event)
            if one.phase != ANSWERS:
                self._settled.append(
                    Sent(
                        phase=one.phase,
                        kind=kind,
                        chain=one.event.chain,
                        ready=one.at,
                        acknowledged=now,
                    )
                )
        node.in_flight = []

    def _answer(self, node: _Node, message: CommandMessage) -> None:
        """Say that a command was applied, once; the rows go the way of all rows."""
        command = commands.decode(bytes(message.command))
        if command.id in node.answered:
            return
        node.answered.add(command.id)
        at = time.time_ns()
        chain = events.chain_id(streams.KEY, None, f"command.{command.id}", command.issued)
        answer = CommandApplied(
            id=events.event_id(streams.KEY, chain, 0, events.kind_of(CommandApplied), at),
            t=at,
            node=node.name,
            chain=chain,
            position=0,
            config_version=streams.VERSION,
            command=command.id,
            command_kind=commands.kind_of(command),
            outcome=Outcome.APPLIED,
        )
        self._ready(node, answer, ANSWERS, at)
