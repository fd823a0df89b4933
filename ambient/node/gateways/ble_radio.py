"""The Bluetooth radio: connects to the devices of a list and hands on what they send.

Comes in: which device may offer what, and a radio. Goes out: readings and refusals with the
instant at which they came, and whether each device, and the radio, is there. What a message says
is decided by `vitals.parse.gatt`; nothing here looks into a value.

One scan looks for all that are missing, because an adapter has one scanner; nobody connects while
it runs, because many adapters fail at both. A cuff or a scale is on the air for some seconds after
each measurement, so the scan never pauses while one is missing. On every connection a device that
stores records is asked for those that were not taken yet: an absence loses nothing.

Devices are paired once by the installer with the system's own means, if they want it; here no
device is paired, set, or told to delete anything.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from ambient.links import Backoff, Link, LinkState
from ambient.node.gateways.ble_session import Client, Memory, Peripheral, Session, Take

RADIO_ERRORS: Final = (BleakError, OSError, EOFError)
"""What the radio and the way to it may raise: no adapter, no D-Bus, out of reach, a time limit."""

_log = structlog.get_logger(__name__)


Tell = Callable[[Peripheral | None, LinkState], None]
"""Takes the device (None: the radio) and whether it is there."""


class Found(Protocol):
    """A device that a scan has seen."""

    @property
    def address(self) -> str:
        """Its Bluetooth address."""
        ...


class Scanner(Protocol):
    """What of `bleak.BleakScanner` is used."""

    async def start(self) -> None:
        """Begin to scan."""
        ...

    async def stop(self) -> None:
        """End the scan."""
        ...


@dataclass(frozen=True, slots=True)
class Radio:
    """The seam to the air.

    Attributes
    ----------
    scanner
        Makes a scanner that calls back with each device it sees and its advertisement.
    client
        Makes a client of a device seen, which calls back when the connection is lost.
    """

    scanner: Callable[[Callable[[Found, Any], None]], Scanner]
    client: Callable[[Any, Callable[[Any], None]], Client]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long is waited, seconds.

    Attributes
    ----------
    scan
        For one scan; the next follows at once.
    missing
        Until a device that is looked for and was not seen is told as gone; not one that has come
        before and is there only while it measures.
    connect, prepare, close
        For a connection, for what is asked of a device after it, for letting it go.
    """

    scan: float = 30.0
    missing: float = 60.0
    connect: float = 20.0
    prepare: float = 30.0
    close: float = 5.0


def bleak_radio(adapter: str | None = None) -> Radio:
    """Return the radio of this machine.

    Parameters
    ----------
    adapter
        Which one, as BlueZ names it (``hci0``); None: the first.
    """
    if adapter is None:
        return Radio(BleakScanner, BleakClient)
    return Radio(
        lambda seen: BleakScanner(seen, bluez={"adapter": adapter}),
        lambda found, lost: BleakClient(found, lost, bluez={"adapter": adapter}),
    )


class Bluetooth:
    """All devices of one radio.

    Parameters
    ----------
    take
        Awaited with what each message gave, in the order in which a device sent them. A message
        is forgotten when that returns; one that it did not return from may be given again.
    tell
        Called at each change of what is there. A radio that is missing or fails is told as gone
        and tried again.
    radio
        The seam to the air.
    backoff, limits
        None: the usual ones.
    now
        The node's time, nanoseconds since the Unix epoch.
    monotonic, wait, luck
        Seams for tests: a steady clock in seconds, a sleep, random numbers 0..1.
    """

    def __init__(
        self,
        take: Take,
        tell: Tell,
        radio: Radio,
        *,
        now: Callable[[], int],
        backoff: Backoff | None = None,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._take = take
        self._tell = tell
        self._radio = radio
        self._now = now
        self._backoff = backoff or Backoff()
        self._limits = limits or Limits()
        self._monotonic = monotonic
        self._wait = wait
        self._luck = luck
        self._house: dict[str, Peripheral] = {}
        self._kept: dict[str, tuple[Peripheral, asyncio.Task[None]]] = {}
        self._memories: dict[str, Memory] = {}
        self._changed = asyncio.Event()
        self._told: LinkState | None = None
        # A scan and a device that connects exclude each other. Whoever a scan has seen connects
        # before the next scan: a scale does not wait.
        self._air = asyncio.Lock()
        self._wanted: dict[str, asyncio.Future[Found]] = {}
        self._arriving: set[str] = set()
        self._news = asyncio.Event()
        self._seen = asyncio.Event()

    def watch(self, house: Iterable[Peripheral]) -> None:
        """Let go of devices that are not in `house`, look for those that are new."""
        self._house = {one.address: one for one in house}
        self._changed.set()

    @property
    def settled(self) -> bool:
        """Whether nobody is connected or looked for who is not in the house."""
        return all(self._house.get(address) == one for address, (one, _) in self._kept.items())

    async def run(self) -> None:
        """Take what the devices send until cancelled; then let all of them go.

        Raises
        ------
        ExceptionGroup
            With what `take` or `tell` raised, or what nobody foresaw.
        """
        self._told = None
        self._changed.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._seek(), name="scan")
                while True:
                    await self._changed.wait()
                    self._changed.clear()
                    await self._follow(group)
        finally:
            for one, _ in self._kept.values():
                self._tell(one, LinkState(Link.CLOSED))
            self._kept.clear()
            self._wanted.clear()
            self._arriving.clear()

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        """Do what `watch` asked for."""
        leaving = [
            (one, task)
            for address, (one, task) in self._kept.items()
            if self._house.get(address) != one
        ]
        for _, task in leaving:
            task.cancel()
        if leaving:
            await asyncio.wait({task for _, task in leaving})
        for one, _ in leaving:
            del self._kept[one.address]
            self._tell(one, LinkState(Link.CLOSED))
        for address, one in self._house.items():
            if address not in self._kept:
                self._kept[address] = one, group.create_task(self._keep(one), name=one.label)

    async def _seek(self) -> None:
        """Scan for as long as a device is missing."""
        failures = 0
        while True:
            while not self._wanted or self._arriving:
                self._news.clear()
                await self._news.wait()
            try:
                await self._scan()
            except RADIO_ERRORS as error:
                failures += 1
                self._say(LinkState(Link.GONE, f"Bluetooth cannot scan: {_said(error)}"))
                await self._wait(self._backoff.delay(failures, self._luck()))
            else:
                failures = 0

    def _say(self, state: LinkState) -> None:
        """Tell how the radio is, once for each state."""
        if state == self._told:
            return
        self._told = state
        self._tell(None, state)
        if state.link is Link.GONE:
            _log.warning("Bluetooth is gone", reason=state.reason)

    async def _scan(self) -> None:
        """Scan until somebody who is looked for is seen, or for `Limits.scan`."""
        async with self._air:
            self._seen.clear()
            scanner = self._radio.scanner(self._saw)
            async with asyncio.timeout(self._limits.connect):
                await scanner.start()
            self._say(LinkState(Link.CONNECTED))
            try:
                async with asyncio.timeout(self._limits.scan):
                    await self._seen.wait()
            except TimeoutError:
                pass
            finally:
                async with asyncio.timeout(self._limits.close):
                    await scanner.stop()

    def _saw(self, found: Found, _: Any) -> None:
        address = found.address.upper()
        future = self._wanted.pop(address, None)
        if future is not None and not future.done():
            self._arriving.add(address)
            future.set_result(found)
            self._seen.set()

    async def _find(self, one: Peripheral, memory: Memory) -> Found:
        """Return the device once it is seen; told as gone when that takes long."""
        future: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._wanted[one.address] = future
        self._news.set()
        try:
            seen, _ = await asyncio.wait({future}, timeout=self._limits.missing)
            if not seen and memory.worn:
                reason = f"not seen for {self._limits.missing:g} s"
                self._tell(one, LinkState(Link.GONE, reason))
            return await future
        finally:
            self._wanted.pop(one.address, None)

    async def _keep(self, one: Peripheral) -> None:
        """Connect to one device, again and again."""
        memory = self._memories.setdefault(one.address, Memory())
        failures = 0
        self._tell(one, LinkState(Link.CONNECTING))
        try:
            while True:
                session = Session(one, memory, self._take)
                began = self._monotonic()
                try:
                    found = await self._find(one, memory)
                    began = self._monotonic()
                    await self._connected(one, found, session)
                    reason = "the connection was lost"
                except RADIO_ERRORS as error:
                    reason = _said(error, one.address)
                lasted = self._monotonic() - began
                # A scale is gone again a second after its weight: that is no failure.
                good = session.took or lasted >= self._backoff.steady_s
                failures = 1 if good else failures + 1
                if session.took and not memory.worn:
                    state = LinkState(Link.CONNECTING, "waits for the next measurement")
                else:
                    state = LinkState(Link.GONE, reason)
                self._tell(one, state)
                _log.info("device left", device=one.label, reason=reason, lasted_s=round(lasted, 1))
                await self._wait(self._backoff.delay(failures, self._luck()))
        finally:
            self._arrived(one)

    def _arrived(self, one: Peripheral) -> None:
        """Let the next scan begin, as far as it waits for `one`."""
        self._arriving.discard(one.address)
        self._news.set()

    async def _connected(self, one: Peripheral, found: Found, session: Session) -> None:
        """Connect and take what comes until the connection is lost."""
        try:
            async with self._air:
                client = self._radio.client(found, lambda _: session.lost())
                try:
                    async with asyncio.timeout(self._limits.connect):
                        await client.connect()
                except BaseException:
                    await self._let_go(one, client)
                    raise
        finally:
            self._arrived(one)
        try:
            async with asyncio.timeout(self._limits.prepare):
                await session.prepare(client, self._now)
            self._tell(one, LinkState(Link.CONNECTED))
            await session.listen(client)
        finally:
            # What a scale sent before it went away is its weight.
            await session.flush()
            await self._let_go(one, client)

    async def _let_go(self, one: Peripheral, client: Client) -> None:
        try:
            async with asyncio.timeout(self._limits.close):
                await client.disconnect()
        except RADIO_ERRORS as error:
            _log.info("device was let go", device=one.label, reason=_said(error, one.address))


def _said(error: BaseException, address: str = "") -> str:
    """Return what an error says, without the address of the device."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    for form in (address, address.replace(":", "_")):
        if form:
            text = re.sub(re.escape(form), "(address)", text, flags=re.IGNORECASE)
    return text
