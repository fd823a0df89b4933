"""Kill workers and hub at random moments while events flow, and count what became of every row.

Comes in: how many kills, and a seed. Goes out: whether every row of the node's outbox is at the
hub exactly once, each chain in its order, and the node back without help. Node and hub are the
real processes; beside a recorded fall on a camera, made-up posture observations of further rooms
come in over the node's own socket, so that events flow all the time. The hub is started again by
this program, as systemd would; the node gets no help.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ambient.bus.ipc import ObservationSender
from ambient.errors import LinkError
from ambient.evaluate.facility import ROOM, Facility
from ambient.events import Worker
from ambient.node import running
from ambient.node.clock import NS, Kept
from ambient.node.place import NodePlace
from ambient.observations import Place, Posture, PostureSeen, Tick
from ambient.sqlite import open_to_read

HUB: Final = "hub"
_ABSENT: Final = (Worker.AUDIO, Worker.GATEWAYS)
TARGETS: Final = (*(str(worker) for worker in Worker if worker not in _ABSENT), HUB)
"""A facility without microphones, wearables and sensors has no processes for them."""
ROOMS: Final = tuple(f"v{number}" for number in range(1, 9))
"""Rooms without a camera, whose observations are made up."""

CYCLE_S: Final = 6.0
DOWN_S: Final = 3.0
RATE_HZ: Final = 10.0
FALLS: Final = {"confirm_s": 1, "long_lie_s": 10, "recover_s": 1}

BETWEEN_S: Final = (0.2, 2.2)
"""Shortest and longest pause between two kills."""

BACK_S: Final = 60.0
SETTLE_S: Final = 60.0


class ChaosReport(msgspec.Struct, frozen=True):
    """What a run showed.

    Attributes
    ----------
    ok
        Nothing missing, nothing twice, every chain in order, the node back.
    kills
        By target.
    rows
        Rows that fusion and agent committed to the outbox.
    stored, missing, twice, foreign
        How many of them the hub has; lacks; has more than once; and what it has beyond them.
    chains, chains_out_of_order
        Chains with several events, and those whose order at the hub is not that of the node.
    back
        All workers live and a fall after the last kill reached the hub.
    back_p95_s
        Seconds until a killed worker was there again, 95th percentile.
    seed, seconds
        To run the same again, and how long it took.
    """

    ok: bool
    kills: dict[str, int]
    rows: int
    stored: int
    missing: int
    twice: int
    foreign: int
    chains: int
    chains_out_of_order: int
    back: bool
    back_p95_s: float | None
    seed: int
    seconds: float


class Flow(threading.Thread):
    """People who fall and get up again in rooms without a camera, as observations.

    Parameters
    ----------
    state_dir
        Of the node, whose socket and clock are used.
    rooms
        One person each.
    """

    def __init__(self, state_dir: Path, rooms: Sequence[str]) -> None:
        super().__init__(name="flow", daemon=True)
        self._place = NodePlace(state_dir)
        self._rooms = rooms
        self._ended = threading.Event()
        self.unsent = 0

    def stop(self) -> None:
        """End the flow."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Send observations until stopped."""
        kept = msgspec.json.decode(self._place.clock.read_bytes(), type=Kept)
        tick_at = 0.0
        with ObservationSender(self._place.observations) as sender:
            while not self._ended.wait(1 / RATE_HZ):
                now = time.monotonic()
                t = time.monotonic_ns() + kept.offset_ns
                tick = now >= tick_at
                tick_at = now + 1.0 if tick else tick_at
                for number, room in enumerate(self._rooms):
                    phase = (now + number * CYCLE_S / len(self._rooms)) % CYCLE_S
                    sender.send(posture(room, t, down=phase < DOWN_S))
                    if tick:
                        sender.send(Tick(t=t, room=room, source="made-up"))
            self.unsent = sender.unsent


def posture(room: str, t: int, *, down: bool) -> PostureSeen:
    """Return the observation of one person who lies on the floor, or stands."""
    return PostureSeen(
        t=t,
        room=room,
        source="made-up",
        track=1,
        posture=Posture.FALLEN if down else Posture.STANDING,
        probability=0.95,
        down=0.97 if down else 0.02,
        upright=0.02 if down else 0.97,
        place=Place.FLOOR,
        descent=0.9 if down else 0.0,
        still=0.9 if down else 0.1,
        quality=0.95,
    )


def run(
    kills: int,
    *,
    recording: Path,
    seed: int | None = None,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> ChaosReport:
    """Kill `kills` times at random moments and check what is left.

    Parameters
    ----------
    kills
        How many.
    recording
        A fall, for the one real camera.
    seed
        Of moments and targets; nothing: a fresh one, stated in the report.
    folder
        Keeps state and logs; nothing: a temporary one.
    tell
        Called with each step.

    Raises
    ------
    LinkError
        When node or hub do not come up at all.
    """
    began = time.monotonic()
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    chance = random.Random(seed)
    cameras: dict[str, Sequence[str]] = {ROOM: [f"file:{recording.resolve()}"]}
    cameras |= {room: [] for room in ROOMS}
    with Facility(folder, cameras, node_extra={"falls": FALLS}) as facility:
        facility.start_hub()
        facility.set_up_user()
        facility.enrol()
        facility.start_node()
        flow = Flow(facility.node_state, ROOMS)
        flow.start()
        time.sleep(2 * CYCLE_S)
        killer = _Killer(facility, chance, tell)
        for number in range(kills):
            time.sleep(chance.uniform(*BETWEEN_S))
            killer.kill()
            killer.keep_hub()
            if (number + 1) % 10 == 0:
                tell(f"{number + 1} of {kills} kills")
        back = killer.all_back()
        t_last = time.time_ns()
        back = back and _until(lambda: _confirmed_since(facility, t_last), SETTLE_S)
        flow.stop()
        facility.stop_node()
        # Whatever the node could not deliver while it stopped is still in its outbox.
        facility.start_node()
        _until(lambda: _waiting(facility.node_state) == 0, SETTLE_S)
        facility.stop_node()
        facility.stop_hub()
        return _count(facility, killer, back=back, seed=seed, began=began)


class _Killer:
    """Picks somebody, kills, and measures how long that one is away."""

    def __init__(
        self, facility: Facility, chance: random.Random, tell: Callable[[str], None]
    ) -> None:
        self._facility = facility
        self._chance = chance
        self._tell = tell
        self.kills: Counter[str] = Counter()
        self.away: list[float] = []
        self._watchers: dict[str, threading.Thread] = {}

    def kill(self) -> None:
        """Kill one of those that live; wait for it where it was not back yet."""
        target = self._chance.choice(TARGETS)
        if not _until(lambda: target in self._alive(), BACK_S):
            raise LinkError(f"{target}: expected it back within {BACK_S:.0f} s, it is not")
        if target in self._watchers:
            self._watchers[target].join(BACK_S)
        killed = self._alive()[target]
        os.kill(killed, signal.SIGKILL)
        self.kills[target] += 1
        if target == HUB:
            if self._facility.hub is not None:
                self._facility.hub.wait()
            return
        watcher = threading.Thread(target=self._time, args=(target, killed), daemon=True)
        watcher.start()
        self._watchers[target] = watcher

    def all_back(self) -> bool:
        """Return whether everybody is there again."""
        for watcher in self._watchers.values():
            watcher.join(BACK_S)
        return _until(lambda: len(self._alive()) == len(TARGETS), BACK_S) and _until(
            self._facility.page.healthy, BACK_S
        )

    def keep_hub(self) -> None:
        """Start the hub again when it does not run, as systemd would."""
        hub = self._facility.hub
        if hub is None or hub.poll() is not None:
            self._facility.start_hub(wait=False)

    def _workers(self) -> dict[str, int]:
        found = running.worker_pids(self._facility.node_state)
        return {str(worker): pid for worker, pid in found.items()}

    def _alive(self) -> dict[str, int]:
        self.keep_hub()
        hub = self._facility.hub
        return self._workers() if hub is None else {**self._workers(), HUB: hub.pid}

    def _time(self, target: str, killed: int) -> None:
        began = time.monotonic()
        if _until(lambda: self._workers().get(target, killed) != killed, BACK_S):
            self.away.append(time.monotonic() - began)


def _until(what: Callable[[], bool], limit_s: float) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            if what():
                return True
        except (sqlite3.Error, LinkError):
            # Whoever was just killed leaves a lock or a closed door for a moment.
            pass
        time.sleep(0.02)
    return False


def _rows(path: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(open_to_read(path)) as database:
        return database.execute(query, values).fetchall()


def _confirmed_since(facility: Facility, t: int) -> bool:
    query = "SELECT 1 FROM events WHERE kind = 'fall.confirmed' AND received > ? LIMIT 1"
    return bool(_rows(facility.hub_state / "hub.db", query, t + 2 * NS))


def _waiting(state_dir: Path) -> int:
    query = "SELECT count(*) FROM outbox WHERE answered IS NULL"
    return int(str(_rows(NodePlace(state_dir).outbox, query)[0][0]))


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a node committed to its outbox, beside what its hub holds; see `ChaosReport`."""

    rows: int
    stored: int
    missing: int
    twice: int
    foreign: int
    chains: int
    chains_out_of_order: int

    @property
    def same(self) -> bool:
        """Whether every row is there exactly once and in its chain's order."""
        return not (self.missing or self.twice or self.foreign or self.chains_out_of_order)


def compared(facility: Facility) -> Compared:
    """Compare outbox and hub of a facility that is stopped."""
    committed = Counter(row[0] for row in _rows(NodePlace(facility.node_state).outbox, _COMMITTED))
    stored_rows = _rows(facility.hub_state / "hub.db", _STORED)
    stored = Counter(row[0] for row in stored_rows)
    chains: dict[object, list[int]] = {}
    for _, chain, position in stored_rows:
        chains.setdefault(chain, []).append(int(str(position)))
    several = {chain: positions for chain, positions in chains.items() if len(positions) > 1}
    return Compared(
        rows=sum(committed.values()),
        stored=sum((committed & stored).values()),
        missing=sum((committed - stored).values()),
        twice=sum(count - 1 for count in stored.values()),
        foreign=len(stored.keys() - committed.keys()),
        chains=len(several),
        chains_out_of_order=sum(
            positions != list(range(positions[0], positions[0] + len(positions)))
            for positions in several.values()
        ),
    )


def _count(
    facility: Facility, killer: _Killer, *, back: bool, seed: int, began: float
) -> ChaosReport:
    found = compared(facility)
    away = [round(seconds, 3) for seconds in killer.away]
    return ChaosReport(
        ok=back and found.same,
        kills={target: killer.kills[target] for target in TARGETS},
        **msgspec.structs.asdict(found),
        back=back,
        back_p95_s=round(float(np.percentile(away, 95)), 3) if away else None,
        seed=seed,
        seconds=round(time.monotonic() - began, 1),
    )


_COMMITTED: Final = "SELECT id FROM outbox"
_STORED: Final = "SELECT id, chain, position FROM events ORDER BY number"
