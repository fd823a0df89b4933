"""Where all ways in hand over what they read: who may be read, intake, and on to fusion.

Comes in: readings of parsers with the way and the peer they came by, and what the switches say.
Goes out: observations, in order, to the sender that fusion listens to; counts for the page of
health. What may not be read is dropped before anything looks at it, and is not kept.

Wearables belong to the purpose *vitals*, small sensors to *falls*; both close in a privacy pause.
A pull cord and a carer's button belong to no purpose: whoever pulls the cord asks for help, and is
heard whatever is switched off or paused.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from ambient.config import NodeConfig, Room
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.events import Purpose
from ambient.node.gateways.closed import ClosedTimes
from ambient.node.gateways.taken import TakenMarks
from ambient.node.gateways.way import Parsed
from ambient.node.switches import Switches
from ambient.observations import AnyObservation, SensorKind, Tick, Wear
from vitals.batches import Batches
from vitals.devices import Device, Signal
from vitals.intake import AnyTaken, Intake
from vitals.readings import AnyReading, Refused, SensorRead

ALWAYS: Final = frozenset({SensorKind.CORD, SensorKind.CARER})
"""Read whatever the switches say: somebody calls, or somebody came."""
FULL_S: Final = 0.02
"""How soon a full queue of fusion is tried again."""
MOST_NAMES: Final = 64

_log = structlog.get_logger(__name__)


@dataclass
class Counts:
    """What came and what became of it, since the start."""

    readings: int = 0
    observations: int = 0
    closed: int = 0
    """Readings of devices that may not be read, and of times when they might not."""
    wrong_way: int = 0
    """Readings of unknown devices, or of known ones on another way than theirs."""
    waited: int = 0
    """How often fusion's queue was full."""
    refused: Counter[str] = field(default_factory=Counter)
    """What was refused, by name; at most `MOST_NAMES` names."""


@dataclass(frozen=True)
class _Known:
    """A device of the configuration."""

    room: str
    device: Wearable | Sensor

    @property
    def gate(self) -> str:
        """Which gate it stands behind."""
        if isinstance(self.device, Sensor):
            return f"{self.room}/always" if self.always else f"{self.room}/sensors"
        return f"{self.room}/wearables"

    @property
    def always(self) -> bool:
        """Whether it is read whatever the switches say."""
        return isinstance(self.device, Sensor) and self.device.kind in ALWAYS


class Reception:
    """Take readings of one node in; used in one thread, its event loop's.

    Parameters
    ----------
    config
        Of the node.
    now
        The node's time, nanoseconds since the Unix epoch.
    send
        Hands an observation to fusion; says whether there was room.
    closed
        When which gate was closed.
    batches
        Makes observations of samples.
    taken
        What was handed on, also by earlier runs.
    """

    def __init__(
        self,
        config: NodeConfig,
        now: Callable[[], int],
        send: Callable[[AnyObservation], bool],
        closed: ClosedTimes,
        batches: Batches,
        taken: TakenMarks,
    ) -> None:
        self._rooms = config.rooms
        self._now = now
        self._send = send
        self._closed = closed
        self._known = _known(config.rooms)
        self._by_source = {(one.room, one.device.id): one for one in self._known.values()}
        self._taken = taken
        self._intake = Intake(
            {name: _for_intake(config, one) for name, one in self._known.items()},
            earlier=taken.read(),
        )
        self._batches = batches
        self._open: dict[str, bool] = {}
        self._links: dict[Way, str | None] = {}
        self._away: set[str] = set()
        self._heard: dict[str, int] = {}
        """Room/source ► the node's time when something of it was admitted last."""
        self._waiting: deque[tuple[AnyObservation, bytes]] = deque()
        self._turn = asyncio.Lock()
        self.counts = Counts()

    def now(self) -> int:
        """Return the node's time, nanoseconds since the Unix epoch."""
        return self._now()

    def allow(self, switches: Switches) -> bool:
        """Take in what the switches say now; return whether other devices may be read since."""
        t = self._now()
        before, self._open = self._open, {}
        for room in self._rooms:
            paused = switches.pause_end(room.id, t) is not None
            for gate, purpose in (("wearables", Purpose.VITALS), ("sensors", Purpose.FALLS)):
                self._open[f"{room.id}/{gate}"] = switches.is_on(room, purpose) and not paused
            self._open[f"{room.id}/always"] = True
        if self._open == before:
            return False
        self._closed.note(self._open.items(), t)
        for room in self._rooms:
            if not self._open[f"{room.id}/wearables"]:
                self._batches.leave(room.id)
        return True

    def wearables(self, way: Way) -> list[Wearable]:
        """Return the wearables that may be read on `way` now."""
        return [d for d in self._readable(way) if isinstance(d, Wearable)]

    def sensors(self, way: Way) -> list[Sensor]:
        """Return the small sensors that may be read on `way` now."""
        return [d for d in self._readable(way) if isinstance(d, Sensor)]

    def link(self, way: Way, reason: str | None) -> None:
        """Note whether `way` is open: nothing when it is, else why not."""
        if way in self._links and self._links[way] == reason:
            return
        self._links[way] = reason
        if reason is None:
            _log.info("way in is open", way=way)
        else:
            _log.warning("way in is closed", way=way, reason=reason)

    def presence(self, device: str, there: bool) -> None:
        """Note whether a small sensor says that it is there."""
        if there is (device not in self._away):
            return
        known = self._known.get(device)
        source = known.device.id if known is not None else "unknown"
        _log.info("sensor is there" if there else "sensor is away", source=source)
        (self._away.discard if there else self._away.add)(device)

    async def take(
        self, way: Way, peer: str, parsed: Parsed, received: int | None = None
    ) -> tuple[Refused, ...]:
        """Take in what a parser gave; on return it is sent to fusion.

        See `ambient.node.gateways.way.Desk`.
        """
        refused: list[Refused] = []
        admitted: list[AnyReading | Refused] = []
        for one in parsed:
            found = self._admit(way, one)
            if isinstance(found, Refused) and not isinstance(one, Refused):
                refused.append(found)
            elif found is not None:
                admitted.append(found)
        taken = self._intake.take(
            admitted, received=self._now() if received is None else received, peer=peer
        )
        refused += taken.refused
        for each in refused:
            self._count(each)
        self._queue(zip(taken.items, taken.marks, strict=True))
        await self.flush()
        return tuple(refused)

    def tick(self) -> None:
        """Let time go on for every way in of a room that is open, and every sensor that is there.

        A tick that finds no room is left out: the next one says the same.
        """
        t = self._now()
        for room in self._rooms:
            devices: list[Wearable | Sensor] = [*room.wearables, *room.sensors]
            sources = [str(way) for way in Way if any(d.via is way for d in devices)]
            up = [way for way in sources if self._is_up(room, Way(way))]
            there = [
                one.id
                for one in room.sensors
                if self._is_up(room, one.via) and one.device not in self._away
            ]
            # A wearable tells by itself that it is there; closed by plan it is not silent.
            closed = not self._open.get(f"{room.id}/wearables", False)
            by_plan = [one.id for one in room.wearables if closed and one.every_s is not None]
            for source in (*up, *there, *by_plan):
                self._send(Tick(t=t, room=room.id, source=source))

    def away(self) -> list[str]:
        """Return the ids of sensors that say that they are not there."""
        return sorted(one.device.id for name, one in self._known.items() if name in self._away)

    def health(self) -> dict[str, object]:
        """Return what can be told of this process' work, without any reading."""
        counts = self._intake.counts
        return {
            "links": {str(way): reason for way, reason in self._links.items()},
            "away": self.away(),
            "heard": dict(self._heard),
            "readings": self.counts.readings,
            "observations": self.counts.observations,
            "duplicates": counts.duplicates,
            "late": counts.late,
            "closed": self.counts.closed,
            "wrong_way": self.counts.wrong_way,
            "waited": self.counts.waited,
            "refused": dict(self.counts.refused),
        }

    def forget(self, subject: str) -> None:
        """Forget what is held of a resident's devices."""
        self._batches.forget(subject)
        self._intake.forget_earlier()
        self._taken.clear()

    def _readable(self, way: Way) -> list[Wearable | Sensor]:
        return [
            one.device
            for one in self._known.values()
            if one.device.via is way and self._open.get(one.gate, False)
        ]

    def _is_up(self, room: Room, way: Way) -> bool:
        """Return whether time goes on for `way`: it is open, or nothing of it is to be read."""
        if self._links.get(way, "not opened yet") is None:
            return True
        devices = (one for one in self._known.values() if one.room == room.id)
        return not any(d.device.via is way and self._open.get(d.gate, False) for d in devices)

    def _admit(self, way: Way, one: AnyReading | Refused) -> AnyReading | Refused | None:
        """Return the reading as it may go on; None when it is dropped unread."""
        if isinstance(one, Refused):
            return one
        self.counts.readings += 1
        known = self._known.get(one.device)
        if known is None or known.device.via is not way:
            self.counts.wrong_way += 1
            return Refused(
                f"device {one.device[:48]!r} on {way}", "not in the configuration of this node"
            )
        if not self._open.get(known.gate, False):
            self.counts.closed += 1
            return None
        is_sensor = isinstance(one, SensorRead)
        if is_sensor != isinstance(known.device, Sensor):
            return Refused(f"kind of device {known.device.id}", f"got {type(one).__name__} of it")
        kind = known.device.kind if isinstance(known.device, Sensor) else None
        if isinstance(one, SensorRead) and one.kind is not kind:
            return Refused(f"kind of device {known.device.id}", f"expected {kind}, got {one.kind}")
        self._heard[f"{known.room}/{known.device.id}"] = self._now()
        return one

    def _queue(self, items: Iterable[tuple[AnyTaken, bytes]]) -> None:
        for item, mark in items:
            room, source = (
                (item.device.room, item.device.source)
                if isinstance(item, Signal)
                else (item.room, item.source)
            )
            known = self._by_source[(room, source)]
            if not known.always and self._closed.was_closed(known.gate, item.t):
                self.counts.closed += 1
                continue
            made = self._batches.take(item) if isinstance(item, Signal) else [item]
            # Of what a batch of samples becomes, the last stands for the batch.
            self._waiting.extend(
                (one, mark if number == len(made) else b"") for number, one in enumerate(made, 1)
            )

    async def flush(self) -> None:
        """Hand on what waits, in order; wait where fusion's queue is full."""
        async with self._turn:
            while self._waiting:
                self._taken.add(self._hand_on())
                if self._waiting:
                    self.counts.waited += 1
                    await asyncio.sleep(FULL_S)

    def _hand_on(self) -> list[bytes]:
        """Hand on until fusion's queue is full; return the marks of what went.

        They are kept before anything else happens, and before the sender is told: whatever it
        sends again after a crash is known then.
        """
        marks: list[bytes] = []
        while self._waiting:
            observation, mark = self._waiting[0]
            if not self._send(observation):
                break
            self._waiting.popleft()
            self.counts.observations += 1
            if mark:
                marks.append(mark)
        return marks

    def _count(self, refused: Refused) -> None:
        names = self.counts.refused
        first = refused.what not in names
        if first and len(names) >= MOST_NAMES:
            names["…"] += 1
            return
        names[refused.what] += 1
        if first:
            _log.warning("refused", what=refused.what, why=refused.why)


def _known(rooms: Iterable[Room]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for room in rooms:
        devices: list[Wearable | Sensor] = [*room.wearables, *room.sensors]
        found |= {device.device: _Known(room.id, device) for device in devices}
    return found


def worn_where(rooms: Iterable[Room]) -> dict[str, Wear]:
    """Return where each wearable is worn, by ``room/source``."""
    return {f"{room.id}/{one.id}": one.wear for room in rooms for one in room.wearables}


def _for_intake(config: NodeConfig, one: _Known) -> Device:
    device = one.device
    bed = device.bed if isinstance(device, Sensor) else None
    beds = {b.id: b.subject for room in config.rooms if room.id == one.room for b in room.beds}
    if isinstance(device, Sensor) and device.kind is SensorKind.BED and bed is None:
        bed = next(iter(beds))
    subject = device.subject if isinstance(device, Wearable) else beds.get(bed or "")
    return Device(source=device.id, room=one.room, subject=subject, bed=bed)
