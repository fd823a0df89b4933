"""How fast fusion is: observations a second, from watermark to event, memory over a week.

Throughput is that of `fusion.judge.Judge` over a simulated day of three senses, on one core. For
the time to the event a sender of its own process sends observations at a steady rate over the
node's socket to the real fusion process, with the real outbox on a disk; somebody falls in every
room again and again. What is measured there are waiting times, so a busy machine shows in them:
told beside are those of events during which the system took the processor away from nobody.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import psutil
from msgspec import Struct

from ambient.bus import ipc
from ambient.bus.ipc import ObservationReceiver, ObservationSender
from ambient.commands import AnyCommand
from ambient.config import Falls, NodeConfig
from ambient.evaluate import replay_day
from ambient.evaluate.replay_day import NS, START
from ambient.events import AnyEvent, FallConfirmed, FallRecovered, FallSuspected, Outcome
from ambient.node import fusion_worker
from ambient.node.clock import NodeClock
from ambient.node.fusion_worker import FusionWorker
from ambient.node.outbox import Outbox
from ambient.observations import AnyObservation, Place, Posture, PostureSeen, Tick
from fusion.judge import Judge
from fusion.watermark import NODE_SOURCE

ROOMS: Final = 10
RATE: Final = 1_000
"""Observations a second while the time to the event is measured."""
OBSERVATIONS: Final = 100_000
"""Of a round of the throughput."""
ROUNDS: Final = 7
"""Each judges the same observations from the beginning: a core that is shared is faster in one."""
THIN_S: Final = 10
"""For the memory everything is said so many times more seldom: kept is what time keeps."""
_KEY: Final = "b" * 40
BEGIN: Final = START + 8 * 3600 * NS
DAY: Final = 24 * 3600 * NS
_CYCLE_S: Final = 12.0
"""In every room somebody falls, lies and gets up in this time."""


class Spread(Struct, frozen=True):
    """How long it took, milliseconds: percentiles and the longest."""

    p50: float
    p90: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return that of `values`; NaN of none."""
        return cls(*(_percentile(values, share) for share in (0.5, 0.9, 0.99, 1.0)))


class Latency(Struct, frozen=True, kw_only=True):
    """From an instant to the event about it, milliseconds.

    Attributes
    ----------
    events
        Steps of falls that were measured.
    judged
        From when fusion took in the observation that let the watermark pass, to the event and the
        state that belongs to it.
    undisturbed, disturbed
        The same without events during which the system gave the processor to somebody else, and
        how many those were.
    processor
        The same by processor time of fusion.
    disk
        From there until both are on the disk.
    whole
        From the instant that the event tells of until it is on the disk: with the way over the
        socket and the time that other sources are waited for.
    """

    events: int
    judged: Spread
    undisturbed: Spread
    disturbed: int
    processor: Spread
    disk: Spread
    whole: Spread


class Report(Struct, frozen=True, kw_only=True):
    """What ``ambient benchmark fusion`` prints.

    Attributes
    ----------
    observations, per_second, per_second_clock
        How many a round judged, and how many a second of processor time and of the clock: medians
        of the rounds.
    rounds
        Observations a second of processor time of each round, slowest first.
    load, cores
        Processes that ran or waited to run over the minute before, and the cores that they share:
        beyond these, what is measured on the clock is their waiting too.
    rate, latency
        Observations a second while the time to the event was measured.
    days, rss_mb
        Memory of the process after each simulated day, `THIN_S` times thinner, MB.
    grown_mb
        From the first day to the last.
    """

    observations: int
    per_second: float
    per_second_clock: float
    rounds: list[float]
    load: float
    cores: int
    rate: float
    latency: Latency
    days: int
    rss_mb: list[float]
    grown_mb: float


def run(*, seconds: float = 60.0, days: int = 7, seed: int = 1) -> Report:
    """Measure all three.

    Parameters
    ----------
    seconds
        How long the time to the event is measured.
    days
        How many are simulated for the memory.
    seed
        Of the simulated day.
    """
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    observations, cpu_s, clock_s = throughput(seed)
    rounds = sorted(round(observations / one, 1) for one in cpu_s)
    with tempfile.TemporaryDirectory() as folder:
        measured = latency(Path(folder), seconds)
    rss = memory(days, seed)
    return Report(
        observations=observations,
        per_second=median(rounds),
        per_second_clock=round(observations / median(clock_s), 1),
        rounds=rounds,
        load=round(load, 1),
        cores=cores,
        rate=RATE,
        latency=measured,
        days=days,
        rss_mb=rss,
        grown_mb=round(rss[-1] - rss[0], 2),
    )


def throughput(
    seed: int, most: int = OBSERVATIONS, rounds: int = ROUNDS
) -> tuple[int, list[float], list[float]]:
    """Return how many observations a round judged, and its seconds: of processor, of the clock."""
    config = replay_day.config_of(3)
    seen = list(islice(_day(config, 24.0, seed), most))
    cpu_s: list[float] = []
    clock_s: list[float] = []
    for _ in range(rounds):
        judge = Judge(config, _KEY)
        gc.collect()
        clock, cpu = time.perf_counter(), time.process_time()
        for one in seen:
            judge.observe(one)
        cpu_s.append(time.process_time() - cpu)
        clock_s.append(time.perf_counter() - clock)
    return len(seen), cpu_s, clock_s


def memory(days: int, seed: int) -> list[float]:
    """Return the memory of the process after each simulated day of one room, MB."""
    config = replay_day.config_of(1)
    judge = Judge(config, _KEY)
    process = psutil.Process()
    rss: list[float] = []
    ends = BEGIN + DAY
    for one in _day(config, 24.0 * days, seed, THIN_S):
        judge.observe(one)
        if one.source == NODE_SOURCE and one.t >= ends:
            ends += DAY
            gc.collect()
            rss.append(round(process.memory_info().rss / 1e6, 2))
    if len(rss) < days:
        gc.collect()
        rss.append(round(process.memory_info().rss / 1e6, 2))
    return rss


def _day(config: NodeConfig, hours: float, seed: int, every_s: int = 1) -> Iterator[AnyObservation]:
    """Yield observations from eight in the morning on, with the node's ticks between them."""
    due = 0
    for arrival, one in replay_day.arriving(config, hours, seed, BEGIN, every_s=every_s):
        if arrival >= due:
            due = (arrival // NS + 1) * NS
            for room in config.rooms:
                yield Tick(t=arrival, room=room.id, source=NODE_SOURCE)
        yield one


class _Instant(Struct, frozen=True):
    """When something was, by the clock and by the processor time of fusion, nanoseconds."""

    clock: int
    processor: int
    taken_away: int
    """How often the system had given the processor to somebody else before."""

    @classmethod
    def now(cls) -> _Instant:
        taken_away = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
        return cls(time.monotonic_ns(), time.thread_time_ns(), taken_away)


class _Node:
    """Around the measured fusion: a control without commands, and an outbox with a watch."""

    def __init__(self, outbox: Outbox, receiver: ObservationReceiver) -> None:
        self._outbox = outbox
        self._receiver = receiver
        self._took = _Instant.now()
        self.judged: list[float] = []
        self.undisturbed: list[float] = []
        self.processor: list[float] = []
        self.disk: list[float] = []
        self.whole: list[float] = []

    def receive(self, wait_s: float) -> list[AnyObservation]:
        """Take one observation, so that its time is known."""
        one = self._receiver.receive(wait_s)
        self._took = _Instant.now()
        return [] if one is None else [one]

    def take(self) -> AnyCommand | None:
        """Return no command."""
        return None

    def answer(self, outcome: Outcome) -> None:
        """Take the answer of a command."""

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        """Write to the outbox, and note how long it all took."""
        took, judged = self._took, _Instant.now()
        done = self._outbox.commit(new, state)
        written = time.monotonic_ns()
        for event in new:
            if isinstance(event, FallSuspected | FallConfirmed | FallRecovered):
                self.judged.append((judged.clock - took.clock) / 1e6)
                if judged.taken_away == took.taken_away:
                    self.undisturbed.append(self.judged[-1])
                self.processor.append((judged.processor - took.processor) / 1e6)
                self.disk.append((written - judged.clock) / 1e6)
                self.whole.append((written - event.t) / 1e6)
        return done


def latency(folder: Path, seconds: float, rate: int = RATE) -> Latency:
    """Measure the time to the event with `rate` observations a second over the node's socket.

    Parameters
    ----------
    folder
        On a disk; outbox and socket are put there.
    """
    config = msgspec.structs.replace(
        replay_day.config_of(ROOMS),
        state_dir=folder,
        falls=Falls(confirm_s=4.0, long_lie_s=600.0, recover_s=1.0),
    )
    folder.chmod(0o700)
    path = ipc.socket_path(folder)
    with ObservationReceiver(path) as receiver, Outbox(folder / "outbox.db") as outbox:
        node = _Node(outbox, receiver)
        worker = FusionWorker(
            config,
            _KEY,
            receive=node.receive,
            control=node,  # type: ignore[arg-type]
            store=node,
            state={},
            clock=NodeClock(0),
        )
        sender = multiprocessing.get_context("spawn").Process(
            target=_send, args=(str(path), [room.id for room in config.rooms], seconds, rate)
        )
        fusion_worker.settle()
        sender.start()
        while sender.is_alive():
            worker.step(0.05)
        sender.join()
        worker.drain()
        gc.unfreeze()
    return Latency(
        events=len(node.judged),
        judged=Spread.of(node.judged),
        undisturbed=Spread.of(node.undisturbed),
        disturbed=len(node.judged) - len(node.undisturbed),
        processor=Spread.of(node.processor),
        disk=Spread.of(node.disk),
        whole=Spread.of(node.whole),
    )


def _send(path: str, rooms: list[str], seconds: float, rate: int) -> None:
    """Send what cameras and microphones of `rooms` say, at a steady rate, with the time as `t`."""
    began = time.monotonic_ns()
    with ObservationSender(Path(path)) as sender:
        number = 0
        while (now := time.monotonic_ns()) - began < seconds * 1e9:
            due = began + number * NS // rate
            if now < due:
                time.sleep((due - now) / 1e9)
                continue
            room = rooms[number % len(rooms)]
            turn = number // len(rooms)
            # Every fifth observation of a room is a tick of its microphone, as often as a camera
            # looks: what is waited for is then there soon.
            if turn % 5 == 0:
                sender.send(Tick(t=now, room=room, source="m1"))
            else:
                since_s = (now - began) / 1e9 + rooms.index(room) * _CYCLE_S / len(rooms)
                sender.send(_posture(now, room, since_s))
            number += 1


def _posture(t: int, room: str, since_s: float) -> PostureSeen:
    """Return how somebody is who falls, lies and gets up once in a cycle."""
    phase = since_s % _CYCLE_S
    down = phase < _CYCLE_S * 0.6
    return PostureSeen(
        t=t,
        room=room,
        source="c1",
        track=1,
        posture=Posture.FALLEN if down else Posture.STANDING,
        probability=0.9,
        down=0.95 if down else 0.03,
        upright=0.02 if down else 0.95,
        descent=0.9 if phase < 3.0 else 0.0,
        place=Place.FLOOR,
        still=0.8 if down else 0.2,
        quality=0.9,
        at=(0.5, 0.6),
        size=0.4,
    )


def _percentile(values: list[float], share: float) -> float:
    if not values:
        return math.nan
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)], 3)
