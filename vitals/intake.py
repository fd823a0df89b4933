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

import hashlib
import math
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.observations import Doubt, SensorSeen, VitalMeasured, WearState
from vitals import codes
from vitals.clocks import NS, DeviceClock, Placed
from vitals.quality import ValueQuality
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    IntervalsRead,
    Refused,
    SensorRead,
    ValueRead,
    WaveRead,
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
MARK_BYTES: Final = 8
"""Of what a reading is known again by; of a million readings, two are alike once in 30 million."""
MOST_NAMES: Final = 64
"""Refused names that are kept for the installer; what comes beyond is counted only."""

_COUNTER_NS: Final = 60 * NS
_MOST_INTERVALS: Final = 10_000
_LONGEST_INTERVAL_S: Final = 20.0
_MOST_SAMPLES: Final = 1_000_000
_MOST_HZ: Final = 10_000.0
_MOST_DOUBTS: Final = 8
_DOUBLE: Final = struct.Struct("<d").pack


class Reason(StrEnum):
    """Why something was refused, for counting."""

    UNKNOWN_DEVICE = "unknown_device"
    TWO_PEERS = "two_peers"
    """Another peer claims this device."""
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_UNIT = "unknown_unit"
    VALUE = "value"
    """Not a finite number, or none that the quantity can have."""
    MESSAGE = "message"
    """A parser refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What the installer says of a device.

    Attributes
    ----------
    source
        Its pseudonym.
    room
        Where it belongs.
    subject
        Who wears it, as a pseudonym.
    bed
        Which bed a bed sensor belongs to.
    peer
        The only peer that may speak for it; None: whichever speaks first.
    """

    source: str
    room: str
    subject: str | None = None
    bed: str | None = None
    peer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signal:
    """Samples or intervals with their time on the node's clock: `t` is that of the last.

    Attributes
    ----------
    device
        Whose they are.
    reading
        As the device sent them.
    t, received
        Nanoseconds since 1970, the node's clock.
    offset_s
        What was added to the device's clock.
    trusted
        Whether the device's clock was believed; else `t` is when they were received.
    """

    device: Device
    reading: IntervalsRead | AccelerationRead | WaveRead
    t: int
    received: int
    offset_s: float
    trusted: bool


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
            got = _value(reading)
            if isinstance(got[0], Reason):
                return got
            vital, value = got
        else:
            wrong = _misfit(reading)
            if wrong is not None:
                return Reason.VALUE, wrong
        placed = source.clock.place(reading.t, received)
        mark = _mark(reading)
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
            what, value = _identity(reading)
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


def _value(
    reading: ValueRead,
) -> tuple[codes.Vital, float] | tuple[Reason, Refused]:
    if not 0.0 <= reading.quality <= 1.0:
        return Reason.VALUE, Refused("quality", f"expected 0 to 1, got {reading.quality}")
    got = codes.kept(reading.code, reading.value, reading.unit)
    if not isinstance(got, Refused):
        return got
    if reading.code not in codes.BY_CODE:
        return Reason.UNKNOWN_CODE, got
    known = not isinstance(codes.conversion(reading.code, reading.unit), Refused)
    return (Reason.VALUE if known else Reason.UNKNOWN_UNIT), got


def _misfit(reading: AnyReading) -> Refused | None:
    """Return why a reading that is no single number cannot be, None when it can."""
    match reading:
        case WearRead(battery=battery) if battery is not None and not 0.0 <= battery <= 1.0:
            return Refused("battery", f"expected 0 to 1, got {battery}")
        case SensorRead(probability=probability) if not 0.0 <= probability <= 1.0:
            return Refused("probability", f"expected 0 to 1, got {probability}")
        case IntervalsRead(seconds=seconds):
            fit = len(seconds) <= _MOST_INTERVALS and all(
                0.0 < one <= _LONGEST_INTERVAL_S for one in seconds
            )
            if not fit:
                return Refused(
                    "intervals",
                    f"expected at most {_MOST_INTERVALS} of more than 0 and at most "
                    f"{_LONGEST_INTERVAL_S:g} s",
                )
        case AccelerationRead() | WaveRead():
            return _misfit_samples(reading)
    return None


def _misfit_samples(reading: AccelerationRead | WaveRead) -> Refused | None:
    samples = reading.samples
    columns = (3,) if isinstance(reading, AccelerationRead) else ()
    if samples.shape[1:] != columns or not 1 <= len(samples) <= _MOST_SAMPLES:
        shape = f"(1..{_MOST_SAMPLES}{', 3' if columns else ''})"
        return Refused("samples", f"expected the shape {shape}, got {samples.shape}")
    if not (math.isfinite(reading.rate) and 0.0 < reading.rate <= _MOST_HZ):
        return Refused("rate", f"expected more than 0 and at most {_MOST_HZ:g} Hz")
    if not bool(np.isfinite(samples).all()):
        return Refused("samples", "expected finite numbers")
    return None


def _mark(reading: AnyReading) -> bytes:
    """Return what this very reading is known again by, in any run; empty without a time."""
    if reading.t is None:
        return b""
    what, value = _identity(reading)
    name = f"{reading.device}\0{what}\0{reading.t}\0{reading.number}\0".encode("utf-8", "replace")
    return hashlib.blake2b(name + _DOUBLE(value), digest_size=MARK_BYTES).digest()


def _identity(reading: AnyReading) -> tuple[str, float]:
    """Return what a reading is of, and a number that another one of the same instant differs in."""
    match reading:
        case ValueRead():
            return reading.code, reading.value
        case WearRead(worn=worn, battery=battery):
            return f"wear {worn}", -1.0 if battery is None else battery
        case SensorRead(kind=kind, on=on):
            return f"{kind} {on}", reading.probability
        case IntervalsRead(seconds=seconds):
            return "intervals", math.fsum(seconds)
        case AccelerationRead(samples=samples) | WaveRead(samples=samples):
            return type(reading).__name__, float(samples.sum(dtype=np.float64))


def _observation(
    device: Device, pending: _Pending, t: int, offset_s: float, noted: list[Doubt]
) -> AnyTaken:
    reading, received = pending.reading, pending.received
    match reading:
        case ValueRead():
            vital = pending.vital
            assert vital is not None
            return VitalMeasured(
                t=t,
                room=device.room,
                source=device.source,
                received=received,
                offset_s=offset_s,
                subject=device.subject,
                code=vital.code,
                value=pending.value,
                unit=vital.unit,
                quality=reading.quality,
                doubts=_doubts(reading, vital, pending, noted),
            )
        case WearRead():
            return WearState(
                t=t,
                room=device.room,
                source=device.source,
                received=received,
                offset_s=offset_s,
                subject=device.subject,
                worn=reading.worn,
                battery=reading.battery,
            )
        case SensorRead():
            return SensorSeen(
                t=t,
                room=device.room,
                source=device.source,
                received=received,
                offset_s=offset_s,
                subject=device.subject,
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
