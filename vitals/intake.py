"""Readings as devices sent them become observations on the node's clock, or are refused by name.

Comes in: what a parser gave, when it was received and from which peer. Goes out: observations in
order of time, batches of samples and intervals with their time (`Signal`, for the stages that make
observations of them), and counts of what was refused, and why. Pure: the node's clock is an
argument.

Order. The readings of one call go out sorted by time. Within a source `t` never goes back, with
one exception that is counted: what is older by the device's own clock than what went out already is
delivered with its own, earlier `t` (*late*). When the estimate of a clock's offset sinks, `t`
stands still for a moment rather than going back.

Nothing waits here unless it is asked for: a sender is told *taken* when the call returns, and what
waits in memory dies with the process. For ways in that cannot acknowledge, `hold_ns` has readings
of more than `BACKLOG_NS` ago wait until a fresh one comes or no more of them do (`release`), so
that a backlog that comes in pieces and out of order goes out sorted as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ambient.observations import Doubt, SensorSeen, VitalMeasured, WearState
from vitals import codes
from vitals.checks import Reason, identity, mark_of, misfit, value_of
from vitals.clocks import NS, DeviceClock, Placed
from vitals.devices import Device, Signal
from vitals.quality import ValueQuality
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    Refused,
    SensorRead,
    ValueRead,
    WearRead,
)

BACKLOG_NS: Final = 60 * NS
"""A reading that old was stored on the way."""
MOST_HELD: Final = 20_000
"""Readings of one device that are held at most; then those that are there go on, sorted."""
PEER_SILENT_NS: Final = 15 * 60 * NS
"""After so long a silence a device may come in by another peer."""
REMEMBERED: Final = 65_536
"""At least so many readings of a device are remembered, at most twice as many, to tell repeats."""
MOST_NAMES: Final = 64
"""Refused names that are kept for the installer; what comes beyond is counted only."""

_COUNTER_NS: Final = 60 * NS
_MOST_DOUBTS: Final = 8


AnyTaken = VitalMeasured | WearState | SensorSeen | Signal


@dataclass(slots=True)
class Counts:
    """What came in so far.

    Attributes
    ----------
    taken
        Readings that were taken in, held ones included.
    duplicates
        Readings that had come before.
    late
        Readings that went out behind newer ones of their source.
    refused
        By reason.
    names
        Refused names, each with how often; at most `MOST_NAMES`.
    """

    taken: int = 0
    duplicates: int = 0
    late: int = 0
    refused: dict[Reason, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: Reason, what: str) -> None:
        """Count a refusal."""
        self.refused[reason] = self.refused.get(reason, 0) + 1
        if what in self.names or len(self.names) < MOST_NAMES:
            self.names[what] = self.names.get(what, 0) + 1


@dataclass(frozen=True, slots=True)
class Taken:
    """What one call gave.

    Attributes
    ----------
    items
        Observations and signals, in order of `t` by source.
    refused
        What was not taken in.
    marks
        By which each of `items` is known again, `MARK_BYTES` bytes, none without a time of its own:
        whoever keeps them can tell a later run what came before.
    """

    items: tuple[AnyTaken, ...] = ()
    refused: tuple[Refused, ...] = ()
    marks: tuple[bytes, ...] = ()


@dataclass(slots=True)
class _Pending:
    """A reading that is checked and placed, and waits for its turn."""

    reading: AnyReading
    placed: Placed
    received: int
    vital: codes.Vital | None
    value: float
    mark: bytes


class Intake:
    """All devices of a node.

    Parameters
    ----------
    devices
        By what a device calls itself.
    hold_ns
        So long after the last of a backlog came, it goes on; 0: it goes on at once.
    earlier
        Marks of readings that an earlier run took in: what was never acknowledged comes again.
    """

    def __init__(
        self,
        devices: Mapping[str, Device],
        *,
        hold_ns: int = 0,
        earlier: Collection[bytes] = (),
    ) -> None:
        self.counts = Counts()
        self._hold_ns = hold_ns
        self._earlier = frozenset(earlier)
        self._sources = {name: _Source(device) for name, device in devices.items()}

    def take(self, parsed: Iterable[AnyReading | Refused], *, received: int, peer: str) -> Taken:
        """Take in what a parser gave.

        Parameters
        ----------
        parsed
            Readings and refusals of one or more messages.
        received
            The node's clock, nanoseconds since 1970; never less than in an earlier call.
        peer
            Who sent it: a client's certificate, token, key or address.
        """
        refused: list[Refused] = []
        touched: dict[str, _Source] = {}
        for reading in parsed:
            if isinstance(reading, Refused):
                self.counts.refuse(Reason.MESSAGE, codes.shown(reading.what))
                refused.append(reading)
                continue
            problem = self._admit(reading, received, peer, touched)
            if problem is not None:
                reason, refusal = problem
                self.counts.refuse(reason, refusal.what)
                refused.append(refusal)
        out = [
            each
            for source in touched.values()
            for each in source.emit(self.counts, everything=self._hold_ns <= 0)
        ]
        items, marks = tuple(item for item, _ in out), tuple(mark for _, mark in out)
        return Taken(items, tuple(refused), marks)

    def forget_earlier(self) -> None:
        """Forget what an earlier run took in."""
        self._earlier = frozenset()

    def release(self, now: int) -> tuple[AnyTaken, ...]:
        """Return backlogs that no more has come of for `hold_ns`; call it every second.

        Parameters
        ----------
        now
            The node's clock, nanoseconds since 1970.
        """
        due = [source for source in self._sources.values() if source.is_due(now - self._hold_ns)]
        out = (each for source in due for each in source.emit(self.counts, everything=True))
        return tuple(item for item, _ in out)

    def clock(self, device: str) -> DeviceClock:
        """Return what is known of a device's clock, for the page of the node's health."""
        return self._sources[device].clock

    def _admit(
        self, reading: AnyReading, received: int, peer: str, touched: dict[str, _Source]
    ) -> tuple[Reason, Refused] | None:
        source = self._sources.get(reading.device)
        if source is None:
            name = f"device {codes.shown(reading.device)}"
            return Reason.UNKNOWN_DEVICE, Refused(name, "not in the configuration of this node")
        if not source.owned_by(peer, received):
            name = f"device {source.device.source}"
            return Reason.TWO_PEERS, Refused(
                name, f"expected {source.owner} to speak for it, got {codes.shown(peer)}"
            )
        vital, value = None, 0.0
        if isinstance(reading, ValueRead):
            got = value_of(reading)
            if isinstance(got[0], Reason):
                return got
            vital, value = got
        else:
            wrong = misfit(reading)
            if wrong is not None:
                return Reason.VALUE, wrong
        placed = source.clock.place(reading.t, received)
        mark = mark_of(reading)
        if mark in self._earlier or source.knows(reading, mark, placed, received):
            self.counts.duplicates += 1
            return None
        self.counts.taken += 1
        source.add(_Pending(reading, placed, received, vital, value, mark))
        touched[reading.device] = source
        return None


class _Source:
    """One device: its clock, what came of it, and what waits."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.clock = DeviceClock()
        self.owner = device.peer
        self._heard = 0
        self._pending: list[_Pending] = []
        self._fresh = False
        self._t = 0
        self._own_t = 0
        self._segment = 0
        self._known: set[tuple[bytes, int]] = set()
        self._known_before: set[tuple[bytes, int]] = set()
        self._quality = ValueQuality()
        self._numbers: dict[str, tuple[int, float, int]] = {}

    def owned_by(self, peer: str, received: int) -> bool:
        """Return whether `peer` may speak for the device, and note that it did."""
        if self.owner != peer:
            free = self.owner is None or received - self._heard > PEER_SILENT_NS
            if self.device.peer is not None or not free:
                return False
            self.owner = peer
        self._heard = received
        return True

    def knows(self, reading: AnyReading, mark: bytes, placed: Placed, received: int) -> bool:
        """Return whether this very reading came before, and remember it."""
        if reading.t is None:
            # A counter alone, which soon comes round: only a repeat at once is one.
            if reading.number is None:
                return False
            what, value = identity(reading)
            last = self._numbers.get(what)
            self._numbers[what] = (reading.number, value, received)
            return (
                last is not None
                and last[:2] == (reading.number, value)
                and received - last[2] <= _COUNTER_NS
            )
        key = (mark, placed.segment)
        if key in self._known or key in self._known_before:
            return True
        self._known.add(key)
        if len(self._known) >= REMEMBERED:
            self._known_before, self._known = self._known, set()
        return False

    def add(self, pending: _Pending) -> None:
        self._pending.append(pending)
        placed = pending.placed
        if not placed.trusted or pending.received - placed.t <= BACKLOG_NS:
            self._fresh = True

    def is_due(self, until: int) -> bool:
        return bool(self._pending) and self._pending[-1].received <= until

    def emit(self, counts: Counts, *, everything: bool) -> list[tuple[AnyTaken, bytes]]:
        """Return what need not wait any longer, in order, each with its mark."""
        pending = self._pending
        if not (everything or self._fresh or len(pending) >= MOST_HELD):
            return []
        self._pending, self._fresh = [], False
        if len(pending) > 1:
            pending.sort(key=lambda one: one.placed.t)
        return [(self._finish(one, counts), one.mark) for one in pending]

    def _finish(self, pending: _Pending, counts: Counts) -> AnyTaken:
        placed = pending.placed
        t, own_t = placed.t, pending.reading.t
        if t < self._t:
            older = own_t is not None and placed.segment == self._segment and own_t < self._own_t
            if older or placed.segment != self._segment:
                counts.late += 1
            else:
                t = self._t
        if t >= self._t:
            self._t = t
            if placed.trusted and own_t is not None:
                self._own_t, self._segment = own_t, placed.segment
        offset_ns = t - own_t if placed.trusted and own_t is not None else 0
        return _observation(self.device, pending, t, offset_ns / NS, self._noted(pending, t))

    def _noted(self, pending: _Pending, t: int) -> list[Doubt]:
        """Take in what tells of the quality of values; return what is to be doubted of this one."""
        match pending.reading:
            case WearRead(worn=worn):
                self._quality.wear(worn)
            case AccelerationRead(samples=samples):
                self._quality.moved(samples, t)
            case ValueRead() if pending.vital is not None:
                return self._quality.doubts(pending.vital, pending.value, t)
        return []


def _observation(
    device: Device, pending: _Pending, t: int, offset_s: float, noted: list[Doubt]
) -> AnyTaken:
    reading, received = pending.reading, pending.received
    shared = device.measures(received, offset_s)
    match reading:
        case ValueRead():
            vital = pending.vital
            assert vital is not None
            return VitalMeasured(
                t=t,
                **shared,
                code=vital.code,
                value=pending.value,
                unit=vital.unit,
                quality=reading.quality,
                doubts=_doubts(reading, vital, pending, noted),
            )
        case WearRead():
            return WearState(
                t=t,
                **shared,
                worn=reading.worn,
                battery=reading.battery,
            )
        case SensorRead():
            return SensorSeen(
                t=t,
                **shared,
                kind=reading.kind,
                on=reading.on,
                probability=reading.probability,
                bed=device.bed,
                retained=reading.retained,
            )
        case _:
            return Signal(
                device=device,
                reading=reading,
                t=t,
                received=received,
                offset_s=offset_s,
                trusted=pending.placed.trusted,
            )


def _doubts(
    reading: ValueRead, vital: codes.Vital, pending: _Pending, noted: list[Doubt]
) -> list[Doubt]:
    found = [*reading.doubts, *noted]
    if not vital.is_plausible(pending.value):
        found.append(Doubt.IMPLAUSIBLE)
    if not pending.placed.trusted:
        found.append(Doubt.CLOCK)
    return list(dict.fromkeys(found))[:_MOST_DOUBTS] if len(found) > 1 else found
