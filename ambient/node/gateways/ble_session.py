"""One connection to one Bluetooth device: ask, subscribe, hand on in order.

Comes in: a connected client of `bleak`, and what to take from it. Goes out: readings and refusals
with the instant at which they came. Before anything is subscribed to, the device is asked what its
messages leave out (start of a CGM session, whether checksums are sent); after that, for stored
records.

Notifications are queued as they come and read one after the other, so that a value that came just
before the connection was lost is still taken, and in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import structlog

from vitals.parse.gatt import MEASUREMENTS, Characteristic, Context, Parsed, Service, parse, uuid
from vitals.parse.gatt.cgm import Feature, decode_feature, decode_start
from vitals.parse.gatt.pulse_oximeter import decode_features
from vitals.parse.gatt.records import NAME as RECORD_ACCESS
from vitals.parse.gatt.records import Answer, answer, report
from vitals.parse.gatt.times import MINUTE_NS
from vitals.readings import AnyReading, IntervalsRead, Refused, ValueRead

STORING: Final = (Characteristic.GLUCOSE, Characteristic.CGM)
CONTINUOUS: Final = frozenset(
    {Characteristic.HEART_RATE, Characteristic.OXIMETER_CONTINUOUS, Characteristic.CGM}
)
"""What is worn, so that its absence is news. A cuff is not there most of the time."""

_log = structlog.get_logger(__name__)

Message = tuple[Characteristic, bytes, int]
"""What came, and when (ns)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peripheral:
    """One device of the list.

    Attributes
    ----------
    address
        Bluetooth address in capitals, ``AA:BB:CC:DD:EE:FF``.
    device
        What its readings call it.
    label
        What it is called in logs: a pseudonym.
    services
        What to take from it, and a refusal when it has not got that; empty: whatever it offers.
    users
        For a device that several people share: what readings call it by the user number it gives
        each of them. Others' measurements are refused. Empty: it is one person's.
    """

    address: str
    device: str
    label: str
    services: tuple[Service, ...] = ()
    users: Mapping[int, str] = field(default_factory=dict)


class Take(Protocol):
    """Whoever takes readings."""

    async def __call__(self, one: Peripheral, parsed: Parsed, received: int, /) -> None:
        """Take what one message gave, which came at `received`, nanoseconds since the epoch."""
        ...


class Offered(Protocol):
    """A characteristic that a device offers."""

    @property
    def uuid(self) -> str:
        """Its full UUID."""
        ...

    @property
    def properties(self) -> list[Any]:
        """What can be done with it: read, write, notify, indicate and more."""
        ...


class Services(Protocol):
    """What a device offers, as `bleak` lists it."""

    @property
    def characteristics(self) -> Mapping[int, Any]:
        """Its characteristics (`Offered`) by handle."""
        ...


class Client(Protocol):
    """What of `bleak.BleakClient` is used."""

    @property
    def services(self) -> Services:
        """What the device offers, once connected."""
        ...

    async def connect(self) -> None:
        """Connect, and find out what the device offers."""
        ...

    async def disconnect(self) -> None:
        """Let the device go."""
        ...

    async def read_gatt_char(self, char_specifier: Any, /) -> bytearray:
        """Return a value."""
        ...

    async def write_gatt_char(
        self, char_specifier: Any, data: bytes, response: bool | None = None
    ) -> None:
        """Write a value."""
        ...

    async def start_notify(
        self,
        char_specifier: Any,
        callback: Callable[[Any, bytearray], Awaitable[None] | None],
        /,
    ) -> None:
        """Subscribe."""
        ...


@dataclass(slots=True)
class Memory:
    """What is known of a device over all its connections.

    Attributes
    ----------
    worn
        Whether its absence is news (`CONTINUOUS`); yes, until it has come once.
    last
        Number of a record (CGM: minutes of its session) up to which all have been taken.
    session_start
        Of the CGM session that `last` counts in.
    """

    worn: bool = True
    last: int | None = None
    session_start: int | None = None


class Session:
    """Takes what one device sends while it is connected.

    Parameters
    ----------
    peripheral
        The device.
    memory
        What is known of it; kept up to date.
    take
        Where readings go.
    """

    def __init__(self, peripheral: Peripheral, memory: Memory, take: Take) -> None:
        self.took = False
        """Whether anything was measured; a battery alone is no measurement."""
        self._peripheral = peripheral
        self._memory = memory
        self._handed = take
        self._context = Context(users=peripheral.users)
        self._came: deque[Message | None] = deque()
        self._news = asyncio.Event()
        self._wanted: list[Characteristic] = []
        self._offered: dict[str, Offered] = {}
        self._asked: int | None = None
        self._reporting = False
        self._complete = False
        """Whether all records up to the newest have been taken."""
        self._newest: int | None = None

    def lost(self) -> None:
        """Take in that the connection is lost: what came before is still read."""
        self._put(None)

    async def prepare(self, client: Client, now: Callable[[], int]) -> None:
        """Ask the device what must be known first, subscribe, and ask for stored records.

        Parameters
        ----------
        now
            The node's time in nanoseconds, read when a message comes.
        """
        for one in client.services.characteristics.values():
            # A device may have the same one twice, such as two batteries: the first counts.
            self._offered.setdefault(one.uuid.lower(), one)
        for service in self._peripheral.services or Service:
            there = [one for one in MEASUREMENTS[service] if uuid(one) in self._offered]
            self._wanted += there
            if not there and self._peripheral.services:
                await self._refuse(f"service {service}", "the device does not offer it", now())
        self._memory.worn = not CONTINUOUS.isdisjoint(self._wanted)
        await self._learn(client, now())
        for one in self._wanted:
            await self._subscribe(client, one, now)
        if Characteristic.BATTERY in self._wanted and self._can(Characteristic.BATTERY, "read"):
            data = await self._read(client, Characteristic.BATTERY)
            self._put((Characteristic.BATTERY, data, now()))
        if any(one in self._wanted for one in STORING):
            await self._ask_for_records(client, now)

    async def listen(self, client: Client) -> None:
        """Read messages until the connection is lost."""
        while True:
            while not self._came:
                self._news.clear()
                await self._news.wait()
            message = self._came[0]
            if message is None:
                return
            characteristic, data, received = message
            if characteristic is Characteristic.RECORD_ACCESS:
                await self._answered(client, data, received)
            else:
                await self._measured(client, characteristic, data, received)
            # Only now: if this was cut short, `flush` reads it once more.
            self._came.popleft()

    async def flush(self) -> None:
        """Read what has come and was not read yet, without asking the device anything."""
        while self._came:
            message = self._came[0]
            if message is not None and message[0] is not Characteristic.RECORD_ACCESS:
                await self._hand_on(*message)
            self._came.popleft()

    def _put(self, message: Message | None) -> None:
        self._came.append(message)
        self._news.set()

    async def _refuse(self, what: str, why: str, at: int) -> None:
        await self._take((Refused(what, why),), at)

    async def _take(self, parsed: Parsed, received: int) -> None:
        await self._handed(self._peripheral, parsed, received)

    def _can(self, characteristic: Characteristic, what: str) -> bool:
        offered = self._offered.get(uuid(characteristic))
        return offered is not None and what in offered.properties

    async def _read(self, client: Client, characteristic: Characteristic) -> bytes:
        return bytes(await client.read_gatt_char(self._offered[uuid(characteristic)]))

    async def _subscribe(
        self, client: Client, characteristic: Characteristic, now: Callable[[], int]
    ) -> None:
        if not (self._can(characteristic, "notify") or self._can(characteristic, "indicate")):
            return

        def came(_: Any, data: bytearray) -> None:
            self._put((characteristic, bytes(data), now()))

        await client.start_notify(self._offered[uuid(characteristic)], came)

    async def _learn(self, client: Client, at: int) -> None:
        """Ask what the messages leave out; what cannot be told is refused by name and unknown."""
        if self._can(Characteristic.OXIMETER_FEATURES, "read"):
            told = decode_features(await self._read(client, Characteristic.OXIMETER_FEATURES))
            if isinstance(told, Refused):
                await self._take((told,), at)
            else:
                self._context = replace(self._context, off_body_told=told)
        if Characteristic.CGM in self._wanted:
            await self._learn_session(client, at)

    async def _learn_session(self, client: Client, at: int) -> None:
        """Ask a CGM whether it sends checksums, and when its session began."""
        if self._can(Characteristic.CGM_FEATURE, "read"):
            feature = decode_feature(await self._read(client, Characteristic.CGM_FEATURE))
            if isinstance(feature, Feature):
                self._context = replace(self._context, crc=feature.crc, sample=feature.sample)
            else:
                await self._take((feature,), at)
        start = None
        if self._can(Characteristic.CGM_START, "read"):
            data = await self._read(client, Characteristic.CGM_START)
            told = decode_start(data, crc=self._context.crc)
            if isinstance(told, Refused):
                await self._take((told,), at)
            elif isinstance(told, int):
                start = told
        self._context = replace(self._context, session_start=start)
        if start != self._memory.session_start:
            self._memory.last, self._memory.session_start = None, start
            self._newest, self._complete = None, False

    async def _ask_for_records(self, client: Client, now: Callable[[], int]) -> None:
        if not self._can(Characteristic.RECORD_ACCESS, "write"):
            why = "the device cannot be asked for what it has stored"
            await self._refuse(RECORD_ACCESS, why, now())
            return
        if Characteristic.CGM in self._wanted and self._context.session_start is None:
            why = "the session's start is not known: stored records would have no time"
            await self._refuse(RECORD_ACCESS, why, now())
            return
        await self._subscribe(client, Characteristic.RECORD_ACCESS, now)
        await self._ask(client, self._memory.last)

    async def _ask(self, client: Client, last: int | None) -> None:
        self._asked, self._reporting = last, True
        await client.write_gatt_char(
            self._offered[uuid(Characteristic.RECORD_ACCESS)], report(last), response=True
        )

    async def _answered(self, client: Client, data: bytes, received: int) -> None:
        """Take in how a request for stored records ended."""
        meant = answer(data)
        if isinstance(meant, Refused):
            await self._take((meant,), received)
            return
        self._reporting = False
        since = self._asked
        if meant is Answer.SENT or (meant is Answer.NONE and since is None):
            self._complete = True
            if self._newest is not None:
                self._memory.last = self._newest
        elif meant in (Answer.NONE, Answer.UNSUPPORTED) and since is not None:
            # Not even the last one is there: the device counts anew, or can only give all.
            await self._ask(client, None)
        else:
            why = f"the device answered {meant} to the request for what it has stored"
            await self._refuse(RECORD_ACCESS, why, received)
        _log.info("stored records", device=self._peripheral.label, answer=str(meant))

    async def _measured(
        self, client: Client, characteristic: Characteristic, data: bytes, received: int
    ) -> None:
        """Hand on what a message says, after finding out which CGM session it counts in."""
        if (
            characteristic is Characteristic.CGM
            and not self._reporting
            and self._newest is not None
        ):
            found = parse(characteristic, data, self._peripheral.device, self._context)
            numbers = self._numbers(characteristic, found)
            if numbers and numbers[0] < self._newest:
                # Minutes went back: another session began, and they count from another start.
                await self._learn_session(client, received)
        await self._hand_on(characteristic, data, received)

    async def _hand_on(self, characteristic: Characteristic, data: bytes, received: int) -> None:
        """Hand on what a message says."""
        found = parse(characteristic, data, self._peripheral.device, self._context)
        await self._take(found, received)
        self.took = self.took or any(isinstance(one, ValueRead | IntervalsRead) for one in found)
        numbers = self._numbers(characteristic, found)
        if numbers:
            self._newest = max(numbers) if self._newest is None else max(self._newest, *numbers)
            # While records are being sent there may be gaps below a live one: only the end of the
            # report, not a number, says that all are there.
            if self._complete:
                self._memory.last = self._newest

    def _numbers(
        self, characteristic: Characteristic, found: tuple[AnyReading | Refused, ...]
    ) -> list[int]:
        """Return the numbers by which a device would be asked for these records again."""
        values = [one for one in found if isinstance(one, ValueRead)]
        if characteristic is Characteristic.GLUCOSE:
            return [one.number for one in values if one.number is not None]
        start = self._context.session_start
        if characteristic is Characteristic.CGM and start is not None:
            return [(one.t - start) // MINUTE_NS for one in values if one.t is not None]
        return []
