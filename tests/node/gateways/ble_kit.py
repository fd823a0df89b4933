"""Bluetooth devices, their radio and a house that hears them, all of them fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
)

from ambient.links import Backoff, Link, LinkState
from ambient.node.gateways.ble_radio import Bluetooth, Limits, Radio
from ambient.node.gateways.ble_session import Client, Peripheral
from tests.vitals.parse.gatt.kit import u16
from vitals.parse.gatt import Characteristic, Parsed, uuid
from vitals.readings import Refused, ValueRead

STRAP = "AA:BB:CC:00:00:01"
SCALE = "AA:BB:CC:00:00:02"
METER = "AA:BB:CC:00:00:03"
SENSOR = "AA:BB:CC:00:00:04"
MINUTE_NS = 60 * 10**9
GONE, CONNECTED = Link.GONE, Link.CONNECTED
NO_ADAPTER = BleakBluetoothNotAvailableError(
    "No Bluetooth adapters found.", BleakBluetoothNotAvailableReason.NO_BLUETOOTH
)
BEAT = bytes((0x06, 72))
WEIGHT = bytes((0x00,)) + u16(14230)
SUBSCRIBED = ["notify"]


@dataclass
class Offered:
    """A characteristic of a fake device."""

    number: Characteristic
    properties: list[str]
    value: bytes = b""

    @property
    def uuid(self) -> str:
        return uuid(self.number)


@dataclass
class Device:
    """A fake device: what it offers, and what it does when it is connected to."""

    address: str
    offers: list[Offered]
    on_air: bool = True
    refuses: list[Exception] = field(default_factory=list)
    greeting: list[tuple[Characteristic, bytes]] = field(default_factory=list)
    """Sent as soon as the last subscription is there."""
    leaves: bool = False
    """Goes away when it has sent its greeting."""
    answers: Callable[[bytes], list[tuple[Characteristic, bytes]]] = lambda _: []
    client: FakeClient | None = None
    written: list[str] = field(default_factory=list)
    connections: int = 0
    name: str = "fake"

    def send(self, number: Characteristic, data: bytes) -> None:
        assert self.client is not None
        self.client.notify(number, data)

    def vanish(self) -> None:
        assert self.client is not None
        self.client.drop()


class FakeClient:
    """Stands for `BleakClient`."""

    def __init__(self, found: Device, lost: Callable[[Any], None], air: Air) -> None:
        self.device, self.lost, self.air = found, lost, air
        self.connected = False
        self.callbacks: dict[Characteristic, Callable[[Any, bytearray], Any]] = {}

    @property
    def services(self) -> FakeClient:
        return self

    @property
    def characteristics(self) -> dict[int, Offered]:
        return dict(enumerate(self.device.offers))

    async def connect(self) -> None:
        self.air.log.append(f"connect {self.device.address[-2:]}")
        assert not self.air.scanning, "connects while it scans"
        await asyncio.sleep(0)
        if self.device.refuses:
            raise self.device.refuses.pop(0)
        self.connected = True
        self.device.client = self
        self.device.connections += 1

    async def disconnect(self) -> None:
        await asyncio.sleep(0)
        if self.connected:
            self.drop()

    async def read_gatt_char(self, one: Offered) -> bytearray:
        self.check()
        assert "read" in one.properties
        return bytearray(one.value)

    async def write_gatt_char(self, one: Offered, data: bytes, response: bool | None = None):
        self.check()
        assert response
        assert "write" in one.properties
        self.device.written.append(data.hex())
        for number, message in self.device.answers(data):
            self.notify(number, message)

    async def start_notify(self, one: Offered, callback: Callable[[Any, bytearray], Any]) -> None:
        self.check()
        self.callbacks[one.number] = callback
        await asyncio.sleep(0)
        subscribable = [
            each for each in self.device.offers if {"notify", "indicate"} & {*each.properties}
        ]
        if len(self.callbacks) == len(subscribable):
            for number, message in self.device.greeting:
                self.notify(number, message)
            if self.device.leaves:
                self.drop()

    def check(self) -> None:
        if not self.connected:
            raise BleakError("Not connected")

    def notify(self, number: Characteristic, data: bytes) -> None:
        assert self.connected
        self.callbacks[number](None, bytearray(data))

    def drop(self) -> None:
        self.connected = False
        self.device.client = None
        self.lost(self)


class Air:
    """Stands for the radio of a machine, and counts who scans."""

    def __init__(self, *devices: Device) -> None:
        self.devices = devices
        self.broken: list[Exception] = []
        self.scanning = False
        self.scans = 0
        self.log: list[str] = []
        self.scanner: FakeScanner | None = None

    def radio(self) -> Radio:
        def scanner(seen: Callable[[Any, Any], None]) -> FakeScanner:
            return FakeScanner(self, seen)

        def client(found: Any, lost: Callable[[Any], None]) -> Client:
            return FakeClient(found, lost, self)

        return Radio(scanner, client)

    def appear(self, device: Device) -> None:
        device.on_air = True
        if self.scanner is not None:
            self.scanner.look()


class FakeScanner:
    """Stands for `BleakScanner`."""

    def __init__(self, air: Air, seen: Callable[[Any, Any], None]) -> None:
        self.air, self.seen = air, seen

    async def start(self) -> None:
        await asyncio.sleep(0)
        if self.air.broken:
            raise self.air.broken.pop(0)
        assert not self.air.scanning, "two scans at once"
        self.air.scanning = True
        self.air.scans += 1
        self.air.log.append("scan")
        self.air.scanner = self
        self.look()

    def look(self) -> None:
        for device in self.air.devices:
            if device.on_air and device.client is None:
                self.seen(device, None)

    async def stop(self) -> None:
        # Comes back at once: nobody else has a turn before whoever scans goes on.
        self.air.scanning = False
        self.air.scanner = None


class House:
    """Runs the radio with fakes, and keeps all that came out."""

    def __init__(self, air: Air, *house: Peripheral, limits: Limits | None = None) -> None:
        self.air = air
        self.taken: list[tuple[Any, int]] = []
        self.told: list[tuple[str | None, LinkState]] = []
        self.waits: list[float] = []
        self.t = 1000
        self.failing: Exception | None = None
        self.bluetooth = Bluetooth(
            self.take,
            lambda one, state: self.told.append((one.label if one else None, state)),
            air.radio(),
            now=self.now,
            backoff=Backoff(first_s=0.5, most_s=30.0, steady_s=10.0),
            limits=limits or Limits(),
            monotonic=lambda: 0.0,
            wait=self.wait,
            luck=lambda: 1.0,
        )
        self.bluetooth.watch(house)

    def now(self) -> int:
        self.t += 1
        return self.t

    async def take(self, one: Peripheral, parsed: Parsed, received: int) -> None:
        if self.failing is not None:
            raise self.failing
        await asyncio.sleep(0)
        self.taken += [(each, received) for each in parsed]

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    @property
    def values(self) -> list[float]:
        return [one.value for one, _ in self.taken if isinstance(one, ValueRead)]

    @property
    def refused(self) -> list[Refused]:
        return [one for one, _ in self.taken if isinstance(one, Refused)]

    def links(self, label: str | None) -> list[Link]:
        return [state.link for one, state in self.told if one == label]


async def until(what: Callable[[], object]) -> None:
    """Give the loop turns until `what` holds."""
    for _ in range(2000):
        if what():
            return
        await asyncio.sleep(0)
    raise AssertionError("did not happen")


def live(house: House, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the radio beside a story; then end it, which lets all devices go."""

    async def both() -> None:
        running = asyncio.create_task(house.bluetooth.run())
        telling = asyncio.create_task(story())
        await asyncio.wait({running, telling}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            telling.cancel()
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        telling.result()
        assert not house.air.scanning
        assert all(device.client is None for device in house.air.devices)

    asyncio.run(both())


def strap(**more: Any) -> Device:
    return Device(STRAP, [Offered(Characteristic.HEART_RATE, SUBSCRIBED)], **more)


def scale(**more: Any) -> Device:
    return Device(SCALE, [Offered(Characteristic.WEIGHT, ["indicate"])], **more)


def of(device: Device, label: str = "w1", **more: Any) -> Peripheral:
    return Peripheral(address=device.address, device=device.address, label=label, **more)
