"""A simulated day through a node's fusion with recording on, and the same day replayed.

In: rooms, hours, a seed and a folder. Out: whether the replay gave the same events, byte for byte,
and how much faster than real time it was. The process *fusion* is the real one, with the socket,
the outbox and the clock replaced by a list, a list and the time of the day's observations.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
from msgspec import Struct

from ambient import commands
from ambient import events as ev
from ambient.commands import AnyCommand
from ambient.config import NodeConfig, Recording
from ambient.errors import UsageError
from ambient.evaluate import replay_day
from ambient.evaluate.replay_day import NS, START
from ambient.events import AnyEvent, Outcome
from ambient.node import recorder
from ambient.node.fusion_worker import FusionWorker
from ambient.node.replay import Replay
from ambient.observations import AnyObservation

STEP_NS = 50_000_000
_KEY = "r" * 40


class Report(Struct, frozen=True, kw_only=True):
    """What ``ambient evaluate replay`` prints.

    Attributes
    ----------
    hours, rooms, observations
        Of the simulated day.
    records
        What the recordings hold.
    events
        How many each room's replay gave, as many as fusion had given.
    differing
        Rooms whose replay gave other bytes.
    bytes
        Size of the recordings.
    live_s, replay_s
        Processor time of the run with recording, and of the replay, seconds.
    faster
        Hours of the day by hours on the clock that the replay of all its rooms took.
    faster_cpu
        The same by hours of processor time: what an idle core would give.
    """

    hours: float
    rooms: int
    observations: int
    records: int
    events: dict[str, int]
    differing: list[str]
    bytes: int
    live_s: float
    replay_s: float
    faster: float
    faster_cpu: float


class Live:
    """A node's fusion in simulated time.

    Parameters
    ----------
    config
        With a state folder that is there.
    """

    def __init__(self, config: NodeConfig) -> None:
        self.config = config
        self.t = START
        self.events: list[AnyEvent] = []
        self.waiting: list[AnyObservation] = []
        self.orders: list[AnyCommand] = []
        self._state: dict[str, bytes] = {}
        self.worker = self._start()

    def _start(self) -> FusionWorker:
        return FusionWorker(
            self.config,
            _KEY,
            receive=self._receive,
            control=self,  # type: ignore[arg-type]
            store=self,
            state=self._state,
            clock=self,  # type: ignore[arg-type]
            steady=self.now,
            wall=self.now,
        )

    def run(self, arriving: Iterator[replay_day.Arriving]) -> int:
        """Take in what arrives; return how many observations it was."""
        count = 0
        for step, group in groupby(arriving, lambda each: each[0] // STEP_NS):
            while self.t + STEP_NS < step * STEP_NS:
                self.t += STEP_NS
                if self.t % NS < STEP_NS:
                    self.worker.step(0)
            self.t = max(self.t, (step + 1) * STEP_NS)
            self.waiting = [each[1] for each in group]
            count += len(self.waiting)
            self.worker.step(0)
        return count

    def restart(self) -> None:
        """End the process in order, and start the next one."""
        self.worker.drain()
        self.worker = self._start()

    def kill(self) -> None:
        """Start the next process while this one has closed nothing."""
        self.worker = self._start()

    def acknowledge(self, chain: str) -> None:
        """Let somebody see to a chain at the next step."""
        command = commands.Acknowledged(
            id=commands.new_id(), node="n-1", issued=1, expires=2, chain=chain
        )
        self.orders.append(command)

    def of_room(self, room: str) -> bytes:
        """Return the events of a room as they would be sent, one after the other."""
        return joined([event for event in self.events if event.room == room])

    def now(self) -> int:
        """Return the simulated time."""
        return self.t

    def take(self) -> AnyCommand | None:
        """Return the next command."""
        return self.orders.pop(0) if self.orders else None

    def answer(self, outcome: Outcome) -> None:
        """Take the answer of a command."""

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        """Keep events and state, as the outbox does."""
        self.events += new
        self._state = dict(state or {})
        return 0

    def _receive(self, _: float) -> list[AnyObservation]:
        waiting, self.waiting = self.waiting, []
        return waiting


def run(folder: Path, *, rooms: int = 3, hours: float = 24.0, seed: int = 1) -> Report:
    """Live through a day and replay it.

    Parameters
    ----------
    folder
        An empty folder, where recordings are left.
    rooms, hours, seed
        Of the day.

    Raises
    ------
    UsageError
        When the folder holds recordings already.
    """
    config = msgspec.structs.replace(
        replay_day.config_of(rooms), state_dir=folder, recording=Recording(enabled=True)
    )
    if recorder.files(folder):
        raise UsageError(f"{folder}: expected a folder without recordings; give an empty one")
    live = Live(config)
    cpu = time.process_time()
    observations = live.run(replay_day.arriving(config, hours, seed))
    live.worker.drain()
    live_s = time.process_time() - cpu
    files = recorder.files(folder)
    differing, counts, records = [], {}, 0
    clock_s = cpu_s = 0.0
    for room in config.rooms:
        of_room = [file for file in files if file.name.startswith(f"{room.id}.")]
        replay = Replay(config)
        wall, cpu = time.perf_counter(), time.process_time()
        again = joined(list(replay.events(of_room)))
        clock_s += time.perf_counter() - wall
        cpu_s += time.process_time() - cpu
        records += replay.records
        counts[room.id] = again.count(b"\n")
        if again != live.of_room(room.id):
            differing.append(room.id)
    return Report(
        hours=hours,
        rooms=rooms,
        observations=observations,
        records=records,
        events=counts,
        differing=differing,
        bytes=sum(file.stat().st_size for file in files),
        live_s=round(live_s, 1),
        replay_s=round(cpu_s, 1),
        faster=round(hours * 3600 / clock_s, 1),
        faster_cpu=round(hours * 3600 / cpu_s, 1),
    )


def joined(events: Sequence[AnyEvent]) -> bytes:
    """Return events as JSON lines, as they leave a node."""
    return b"".join(ev.encode(event) + b"\n" for event in events)
