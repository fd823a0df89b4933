"""How many events a second a hub makes durable, beside a bare batch insert of the same rows.

Comes in: how many events, a seed. Goes out: events per second of processor time of one thread, for
a mixed stream and for alarms alone, from a node's frame as it came over the link to the committed
transaction; beside it sqlite-utils' own ``insert_all`` of the same events into a table without any
index but its key, in transactions of the same size and with the same durability. All take turns in
one run, so that a busy machine slows each of them. Then memory over a storm.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import psutil
from msgspec import Struct

from ambient import events, streams
from ambient.bus.protocol import MAX_BATCH_ROWS, Batch, Row, decode_from_node, encode
from ambient.events import AnyEvent
from ambient.hub import batches
from ambient.hub.alarms.inputs import Begin
from ambient.hub.alarms.rules import Rules
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.metrics import HubMetrics
from ambient.hub.nodes import Holder, Standing
from ambient.hub.seams import Sent
from ambient.hub.store import Store
from ambient.hub.storing import MOST_TOGETHER
from ambient.sqlite import open_database, writing

EVENTS: Final = 12_800
STORM: Final = 50_000
TURNS: Final = 3
NODE: Final = "n-1"
ROOMS: Final = 4
NS: Final = 1_000_000_000


class Rate(Struct, frozen=True, kw_only=True):
    """Durable events per second of processor time: the median turn, the slowest, the fastest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, rates: Sequence[float]) -> Rate:
        """Return that of the turns."""
        median, least, most = (round(f(rates)) for f in (statistics.median, min, max))
        return cls(median=median, least=least, most=most)


class Course(Struct, frozen=True, kw_only=True):
    """Resident memory (MiB) while a storm comes in: after a fifth of it, the most, at its end."""

    fifth: float
    most: float
    end: float


class Report(Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes
    ----------
    events, batch, together, turns, seed
        Events of a turn, of a node's batch, batches of a transaction while several wait, turns of
        each, and of the stream.
    mix
        Kind of event ► share.
    mixed, alarms
        Of the mixed stream; of falls alone.
    single
        Of the mixed stream when no second batch waits: a transaction each.
    bare
        Of the bare insert of the mixed stream's rows.
    share
        `mixed` over `bare`, medians.
    storm, memory
        Events of the storm, and memory over it.
    right
        Whether the log of alarms of every turn verifies and every event is there once.
    """

    events: int
    batch: int
    turns: int
    seed: int
    mix: Mapping[str, float]
    together: int
    mixed: Rate
    single: Rate
    alarms: Rate
    bare: Rate
    share: float
    storm: int
    memory: Course
    right: bool


def measure(count: int = EVENTS, storm: int = STORM, turns: int = TURNS, seed: int = 1) -> Report:
    """Measure; see the module."""
    mixed = list(streams.made_up(count, node=NODE, rooms=ROOMS, seed=seed))
    falls = list(
        streams.made_up(count, node=NODE, rooms=ROOMS, seed=seed, mix=streams.ALARMS_ALONE)
    )
    rates: dict[str, list[float]] = {"mixed": [], "single": [], "alarms": [], "bare": []}
    right = True
    for _ in range(turns):
        for name, stream in (("mixed", mixed), ("alarms", falls)):
            rate, well = _stored(stream)
            rates[name].append(rate)
            right &= well
        rate, well = _stored(mixed, together=1)
        rates["single"].append(rate)
        right &= well
        rates["bare"].append(_inserted(mixed))
    memory, well = _storm(storm, seed)
    found = {name: Rate.of(measured) for name, measured in rates.items()}
    return Report(
        events=count,
        batch=MAX_BATCH_ROWS,
        turns=turns,
        seed=seed,
        mix=dict(streams.MIX),
        together=MOST_TOGETHER,
        mixed=found["mixed"],
        single=found["single"],
        alarms=found["alarms"],
        bare=found["bare"],
        share=round(found["mixed"].median / found["bare"].median, 3),
        storm=storm,
        memory=memory,
        right=right and well,
    )


class _Hub:
    """What of a hub stands between a frame and the disk."""

    def __init__(self, folder: Path) -> None:
        self.database = HubDatabase(folder / DATABASE)
        self.store = Store(self.database)
        self.store.observers.append(HubMetrics().stored)
        self.store.decide(Begin(rules=Rules()), streams.BEGIN)
        rooms = frozenset(f"r{number}" for number in range(1, ROOMS + 1))
        self._holder = Holder(standing=Standing.ENROLLED, node=NODE, rooms=rooms)

    def take(self, frames: Sequence[bytes], received: int) -> None:
        """Take in what waits at the link, as the intake does."""
        sent = []
        for frame in frames:
            message = decode_from_node(frame)
            assert isinstance(message, Batch), "it was encoded just now"
            judged = batches.judge(message.rows, self._holder)
            assert not judged.refused, "every row is of the node's own rooms"
            sent.append(Sent(NODE, judged.taken, received))
        self.store.store_all(sent)

    def right(self, count: int) -> bool:
        with self.database.read() as db:
            kept = db.execute("SELECT count(*) FROM events").fetchone()[0]
        return bool(kept == count) and self.store.verify().broken is None


def _frames(stream: Sequence[AnyEvent]) -> list[bytes]:
    return [
        encode(
            Batch(
                batch=number,
                rows=[
                    Row(seq=seq, event=msgspec.Raw(events.encode(event)))
                    for seq, event in enumerate(part)
                ],
            )
        )
        for number, part in enumerate(_in_batches(stream))
    ]


def _in_batches(stream: Sequence[AnyEvent]) -> list[Sequence[AnyEvent]]:
    return [stream[at : at + MAX_BATCH_ROWS] for at in range(0, len(stream), MAX_BATCH_ROWS)]


def _stored(stream: Sequence[AnyEvent], together: int = MOST_TOGETHER) -> tuple[float, bool]:
    frames = _frames(stream)
    with tempfile.TemporaryDirectory() as folder:
        hub = _Hub(Path(folder))
        gc.collect()
        began = time.thread_time()
        for at in range(0, len(frames), together):
            hub.take(frames[at : at + together], streams.BEGIN + at * NS)
        spent = time.thread_time() - began
        well = hub.right(len(stream))
        hub.database.close()
    return len(stream) / spent, well


def _inserted(stream: Sequence[AnyEvent]) -> float:
    rows = [
        {"id": one.id, "kind": events.kind_of(one), "t": one.t, "body": events.encode(one).decode()}
        for one in stream
    ]
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "bare.db", {})
        table = database.table("events", pk="id")
        table.create({"id": str, "kind": str, "t": int, "body": str}, pk="id")
        gc.collect()
        began = time.thread_time()
        size = MAX_BATCH_ROWS * MOST_TOGETHER
        for at in range(0, len(rows), size):
            with writing(database):
                table.insert_all(rows[at : at + size])
        spent = time.thread_time() - began
        database.close()
    return len(stream) / spent


def _storm(count: int, seed: int) -> tuple[Course, bool]:
    """Take in a storm of the mixed stream, made while it comes."""
    process = psutil.Process()
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        hub = _Hub(Path(folder))
        part = MAX_BATCH_ROWS * MOST_TOGETHER
        for number, first in enumerate(range(0, count, part)):
            stream = list(
                streams.made_up(
                    min(part, count - first),
                    node=NODE,
                    rooms=ROOMS,
                    seed=seed + number,
                    first=first,
                )
            )
            hub.take(_frames(stream), streams.BEGIN + first * NS)
            sizes.append(process.memory_info().rss / 2**20)
        course = Course(
            fifth=round(sizes[len(sizes) // 5], 1),
            most=round(max(sizes), 1),
            end=round(sizes[-1], 1),
        )
        well = hub.right(count)
        hub.database.close()
    return course, well
