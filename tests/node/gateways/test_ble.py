"""Bluetooth with a fake only at the radio: what `bleak` offers, without an adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDeviceNotFoundError,
    BleakError,
)

from ambient.config_gateways import Ble, Way, Wearable
from ambient.errors import ConfigError
from ambient.links import Backoff, Link, LinkState
from ambient.node.gateways.ble import BleGateway, peripherals
from ambient.node.gateways.ble_radio import Bluetooth, Limits, Radio, bleak_radio
from ambient.node.gateways.ble_session import Client, Peripheral
from ambient.observations import Doubt
from tests.vitals.parse.gatt.kit import WHEN, WHEN_NS, sf, u16
from vitals.parse.gatt import Characteristic, Parsed, Service, uuid
from vitals.readings import IntervalsRead, Refused, ValueRead, WearRead

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


def test_readings_come_in_order_with_the_instant_of_their_notification() -> None:
    device = strap()
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        house.t = 5000
        device.send(Characteristic.HEART_RATE, bytes((0x16, 60)) + u16(1024))
        device.send(Characteristic.HEART_RATE, bytes((0x04, 61)))
        await until(lambda: len(house.taken) == 5)

    live(house, story)
    assert house.taken == [
        (ValueRead(device=STRAP, code="8867-4", value=60.0, unit="/min"), 5001),
        (IntervalsRead(device=STRAP, seconds=(1.0,)), 5001),
        (WearRead(device=STRAP, worn=True), 5001),
        (
            ValueRead(
                device=STRAP, code="8867-4", value=61.0, unit="/min", doubts=(Doubt.OFF_BODY,)
            ),
            5002,
        ),
        (WearRead(device=STRAP, worn=False), 5002),
    ]
    assert house.links("w1") == [Link.CONNECTING, CONNECTED, Link.CLOSED]
    assert house.links(None) == [CONNECTED]


def test_a_device_that_goes_and_comes_back() -> None:
    device = strap()
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        device.send(Characteristic.HEART_RATE, BEAT)
        device.on_air = False
        # What came just before the connection was lost is still taken.
        device.vanish()
        await until(lambda: GONE in house.links("w1"))
        assert house.values == [72.0]
        house.air.appear(device)
        await until(lambda: house.links("w1").count(CONNECTED) == 2)
        device.send(Characteristic.HEART_RATE, BEAT)
        await until(lambda: len(house.values) == 2)

    live(house, story)
    assert house.links("w1") == [Link.CONNECTING, CONNECTED, GONE, CONNECTED, Link.CLOSED]
    assert house.waits == [0.5]


def test_waits_grow_while_it_fails_and_start_anew_after_it_worked() -> None:
    failures: list[Exception] = [
        BleakDeviceNotFoundError(STRAP, f"Device with address {STRAP} was not found."),
        BleakError("org.bluez.Error.Failed /org/bluez/hci0/dev_AA_BB_CC_00_00_01"),
        TimeoutError(),
        OSError(5, "Input/output error"),
        EOFError(),
    ]
    device = strap(refuses=failures)
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        device.send(Characteristic.HEART_RATE, BEAT)
        device.vanish()
        await until(lambda: house.links("w1").count(CONNECTED) == 2)

    live(house, story)
    assert house.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 0.5]
    reasons = [state.reason for _, state in house.told if state.link is GONE]
    assert reasons[2] == "TimeoutError"
    assert not any("AA" in reason or "00_01" in reason for reason in reasons)


def test_waits_grow_for_a_device_that_only_comes_to_go() -> None:
    device = strap(leaves=True)
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: len(house.waits) == 9)

    live(house, story)
    assert house.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_no_adapter_is_a_state_and_is_tried_again() -> None:
    device = strap()
    air = Air(device)
    air.broken = [NO_ADAPTER, FileNotFoundError(2, "No such file or directory"), NO_ADAPTER]
    house = House(air, of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))

    live(house, story)
    assert house.links(None) == [GONE, GONE, GONE, CONNECTED]
    assert "No Bluetooth adapters found" in house.told[1][1].reason
    assert house.waits == [0.5, 1.0, 2.0]


def test_this_machine_with_or_without_an_adapter_raises_nothing() -> None:
    told: list[tuple[Peripheral | None, LinkState]] = []

    async def take(one: Peripheral, parsed: Parsed, received: int) -> None:
        raise AssertionError("nobody is there")

    async def both() -> None:
        bluetooth = Bluetooth(
            take, lambda one, state: told.append((one, state)), bleak_radio("hci9"), now=lambda: 0
        )
        bluetooth.watch([of(strap())])
        running = asyncio.create_task(bluetooth.run())
        while not any(one is None for one, _ in told):
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()

    asyncio.run(both())


def test_malformed_bytes_are_refused_by_name_and_the_rest_goes_on() -> None:
    device = strap()
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        for data in (b"", b"\xff\x00", b"\x01\x48", BEAT + b"\0", BEAT):
            device.send(Characteristic.HEART_RATE, data)
        await until(lambda: house.values == [72.0])

    live(house, story)
    assert [one.what for one in house.refused] == ["heart rate measurement"] * 4
    assert house.links("w1") == [Link.CONNECTING, CONNECTED, Link.CLOSED]


def test_ten_thousand_messages_at_once() -> None:
    device = strap()
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        for at in range(10_000):
            device.send(Characteristic.HEART_RATE, bytes((0x00, 1 + at % 200)))
        device.on_air = False
        device.vanish()
        for _ in range(20):
            await until(lambda: True)
        while GONE not in house.links("w1"):
            await asyncio.sleep(0)

    live(house, story)
    assert house.values == [1 + at % 200 for at in range(10_000)]


def test_notifications_that_come_before_all_is_prepared_are_kept() -> None:
    battery = Offered(Characteristic.BATTERY, ["read", "notify"], b"\x32")
    device = strap(greeting=[(Characteristic.HEART_RATE, BEAT)])
    device.offers.append(battery)
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: len(house.taken) == 3)
        device.send(Characteristic.BATTERY, b"\x31")
        await until(lambda: len(house.taken) == 4)

    live(house, story)
    found = [one for one, _ in house.taken]
    assert found[2:] == [WearRead(device=STRAP, battery=0.5), WearRead(device=STRAP, battery=0.49)]


def test_a_scale_that_goes_while_it_is_asked_loses_no_weight_and_is_not_missed() -> None:
    device = scale(greeting=[(Characteristic.WEIGHT, WEIGHT)], leaves=True)
    device.offers.append(Offered(Characteristic.BATTERY, ["read"], b"\x32"))
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: house.values == [71.15] * 4)

    live(house, story)
    assert set(house.links("w1")) == {Link.CONNECTING, Link.CLOSED}
    # It measured each time, so the waits do not grow.
    assert set(house.waits) == {0.5}


def test_one_that_is_worn_is_missed_and_a_scale_that_came_once_is_not() -> None:
    worn, once = strap(on_air=False), scale(greeting=[(Characteristic.WEIGHT, WEIGHT)], leaves=True)
    house = House(Air(worn, once), of(worn), of(once, "w2"), limits=Limits(missing=0.0))

    async def story() -> None:
        await until(lambda: house.values)
        once.on_air = False
        await until(lambda: house.air.scanning and len(house.waits) >= 1)
        before = len(house.links("w2"))
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(house.links("w2")) <= before + 1

    live(house, story)
    assert house.links("w1") == [Link.CONNECTING, GONE, Link.CLOSED]
    assert house.links("w2")[-2:] == [Link.CONNECTING, Link.CLOSED]


def test_many_devices_one_scan_at_a_time_and_nobody_connects_while_it_runs() -> None:
    devices = [
        Device(f"AA:BB:CC:00:01:{n:02X}", [Offered(Characteristic.HEART_RATE, SUBSCRIBED)])
        for n in range(30)
    ]
    house = House(Air(*devices), *(of(one, f"w{n}") for n, one in enumerate(devices)))

    async def story() -> None:
        await until(lambda: all(one.client is not None for one in devices))
        assert not house.air.scanning
        for one in devices[:3]:
            one.on_air = False
            one.vanish()
        for one in devices[3:]:
            one.send(Characteristic.HEART_RATE, BEAT)
        await until(lambda: len(house.values) == 27)
        for one in devices[:3]:
            await until(lambda: house.air.scanning)
            house.air.appear(one)
        await until(lambda: all(one.client is not None for one in devices))

    live(house, story)
    # All 30 that the first scan saw connect before there is another.
    assert house.air.log[:31] == ["scan", *(f"connect {n:02X}" for n in range(30))]


def test_only_services_of_the_list_and_a_missing_one_is_refused_by_name() -> None:
    device = strap()
    device.offers.append(Offered(Characteristic.BATTERY, ["read"], b"\x32"))
    services = (Service.HEART_RATE, Service.CGM)
    house = House(Air(device), of(device, services=services))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        assert device.client is not None
        assert set(device.client.callbacks) == {Characteristic.HEART_RATE}

    live(house, story)
    assert house.refused == [Refused("service cgm", "the device does not offer it")]
    assert len(house.taken) == 1


def test_an_oximeter_that_says_what_it_can_tell() -> None:
    device = Device(
        STRAP,
        [
            Offered(Characteristic.OXIMETER_FEATURES, ["read"], bytes.fromhex("0200000800")),
            Offered(Characteristic.OXIMETER_CONTINUOUS, SUBSCRIBED),
        ],
        greeting=[
            (Characteristic.OXIMETER_CONTINUOUS, b"\x08" + sf(97) + sf(66) + bytes(3)),
        ],
    )
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: len(house.taken) == 3)

    live(house, story)
    assert house.taken[-1][0] == WearRead(device=STRAP, worn=True)


def meter_record(number: int) -> tuple[Characteristic, bytes]:
    data = b"\x02" + u16(number) + WHEN + sf(95, -5) + b"\x11"
    return Characteristic.GLUCOSE, data


def response(code: int) -> tuple[Characteristic, bytes]:
    return Characteristic.RECORD_ACCESS, bytes((0x06, 0x00, 0x01, code))


def meter(stored: list[int], **more: Any) -> Device:
    def answers(asked: bytes) -> list[tuple[Characteristic, bytes]]:
        least = int.from_bytes(asked[3:5], "little") if asked[1] == 0x03 else 0
        found = [number for number in stored if number >= least]
        return [*map(meter_record, found), response(0x01 if found else 0x06)]

    return Device(
        METER,
        [
            Offered(Characteristic.GLUCOSE, SUBSCRIBED),
            Offered(Characteristic.RECORD_ACCESS, ["write", "indicate"]),
        ],
        answers=answers,
        **more,
    )


def numbers(house: House) -> list[int | None]:
    return [one.number for one, _ in house.taken if isinstance(one, ValueRead)]


def test_stored_records_are_asked_for_from_the_last_one_taken() -> None:
    stored = [1, 2, 3]
    device = meter(stored)
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: numbers(house) == [1, 2, 3])
        device.on_air = False
        device.vanish()
        await until(lambda: house.air.scanning)
        stored.extend([4, 5])
        house.air.appear(device)
        await until(lambda: numbers(house) == [1, 2, 3, 3, 4, 5])
        device.vanish()
        # The meter was replaced or emptied: it counts anew, and nothing of it is passed over.
        stored[:] = [1, 2]
        await until(lambda: numbers(house)[6:] == [1, 2])

    live(house, story)
    assert device.written == ["0101", "0103010300", "0103010500", "0101"]


def test_a_report_that_was_cut_short_is_asked_for_again_from_its_beginning() -> None:
    stored = [7]
    device = meter(stored)
    whole = device.answers
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: device.written and numbers(house) == [7])
        device.vanish()
        stored.extend([8, 9])
        device.answers = lambda asked: whole(asked)[:2]
        await until(lambda: numbers(house) == [7, 7, 8])
        device.answers = whole
        device.vanish()
        await until(lambda: numbers(house) == [7, 7, 8, 7, 8, 9])

    live(house, story)
    assert device.written == ["0101", "0103010700", "0103010700"]


@pytest.mark.parametrize(
    ("codes", "written", "why"),
    [
        ([0x06], ["0101"], None),
        ([0x02], ["0101"], "unsupported"),
        ([0x08], ["0101"], "failed"),
    ],
)
def test_answers_of_a_meter(codes: list[int], written: list[str], why: str | None) -> None:
    device = meter([])
    device.answers = lambda _: [response(codes.pop(0))]
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1") and not codes)
        for _ in range(10):
            await asyncio.sleep(0)

    live(house, story)
    assert device.written == written
    assert [why in one.why for one in house.refused] == ([True] if why else [])


def test_a_device_that_can_only_send_all_its_records() -> None:
    device = meter([4])
    whole = device.answers
    device.answers = lambda asked: whole(asked) if asked[1] == 0x01 else [response(0x04)]
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: numbers(house) == [4])
        device.vanish()
        await until(lambda: numbers(house) == [4, 4])

    live(house, story)
    assert device.written == ["0101", "0103010400", "0101"]
    assert not house.refused


def cgm_record(minute: int) -> tuple[Characteristic, bytes]:
    return Characteristic.CGM, b"\x06\x00" + sf(120) + u16(minute)


def cgm(stored: list[int], start: bytes = WHEN + b"\0\0") -> Device:
    def answers(asked: bytes) -> list[tuple[Characteristic, bytes]]:
        least = int.from_bytes(asked[3:5], "little") if asked[1] == 0x03 else 0
        found = [minute for minute in stored if minute >= least]
        return [*map(cgm_record, found), response(0x01 if found else 0x06)]

    return Device(
        SENSOR,
        [
            Offered(Characteristic.CGM, SUBSCRIBED),
            Offered(Characteristic.CGM_FEATURE, ["read"], bytes.fromhex("00000059ffff")),
            Offered(Characteristic.CGM_START, ["read"], start),
            Offered(Characteristic.RECORD_ACCESS, ["write", "indicate"]),
        ],
        answers=answers,
    )


def minutes(house: House) -> list[int | None]:
    return [
        one.t if one.t is None else (one.t - WHEN_NS) // MINUTE_NS
        for one, _ in house.taken
        if isinstance(one, ValueRead)
    ]


def test_a_cgm_gives_what_it_measured_while_it_was_away() -> None:
    stored = [0, 5]
    device = cgm(stored)
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: minutes(house) == [0, 5])
        device.send(*cgm_record(10))
        await until(lambda: minutes(house) == [0, 5, 10])
        device.on_air = False
        device.vanish()
        await until(lambda: house.air.scanning)
        stored.extend([10, 15, 20])
        house.air.appear(device)
        await until(lambda: minutes(house) == [0, 5, 10, 10, 15, 20])

    live(house, story)
    assert device.written == ["0101", "0103010a00"]


def test_a_live_record_in_the_middle_of_a_report_hides_no_gap() -> None:
    stored = [0, 5, 10]
    device = cgm(stored)
    whole = device.answers
    device.answers = lambda _: [cgm_record(0)]
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: minutes(house) == [0])
        device.send(*cgm_record(15))
        await until(lambda: minutes(house) == [0, 15])
        device.answers = whole
        stored.append(15)
        device.vanish()
        await until(lambda: minutes(house) == [0, 15, 0, 5, 10, 15])

    live(house, story)
    assert device.written == ["0101", "0101"]


def test_another_session_of_a_cgm_counts_from_its_own_start() -> None:
    stored = [600]
    device = cgm(stored)
    house = House(Air(device), of(device))
    later = bytes.fromhex("e9070b1a042300") + b"\0\0"

    async def story() -> None:
        await until(lambda: minutes(house) == [600])
        for _ in range(10):
            await asyncio.sleep(0)
        device.offers[2].value = later
        device.send(*cgm_record(1))
        await until(lambda: minutes(house) == [600, 24 * 60 + 1])
        stored[:] = [0, 1]
        device.vanish()
        await until(lambda: minutes(house)[2:] == [24 * 60, 24 * 60 + 1])

    live(house, story)
    # Not from minute 1: what this session stored before it was known was never asked for.
    assert device.written == ["0101", "0101"]


def test_a_cgm_without_a_known_start_is_not_asked_for_records_that_would_have_no_time() -> None:
    device = cgm([0, 5], start=bytes(9))
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        device.send(*cgm_record(10))
        await until(lambda: minutes(house) == [None])

    live(house, story)
    assert device.written == []
    assert [one.what for one in house.refused] == ["record access"]


@pytest.mark.parametrize("place", [1, 2])
def test_a_cgm_that_tells_garbage_about_itself(place: int) -> None:
    device = cgm([])
    device.offers[place].value = b"\xff" * 3
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))

    live(house, story)
    assert house.refused[0].what == ("cgm feature" if place == 1 else "cgm session start")


def test_who_is_no_longer_watched_is_let_go_and_who_stays_is_left_alone() -> None:
    first, second = strap(), scale()
    house = House(Air(first, second), of(first))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        house.bluetooth.watch([of(first), of(second, "w2")])
        await until(lambda: CONNECTED in house.links("w2"))
        house.bluetooth.watch([of(second, "w2")])
        assert not house.bluetooth.settled
        await until(lambda: house.bluetooth.settled)
        assert first.client is None
        assert second.connections == 1
        house.bluetooth.watch([])
        await until(lambda: house.bluetooth.settled and second.client is None)
        assert not house.air.scanning

    live(house, story)
    assert house.links("w1") == [Link.CONNECTING, CONNECTED, Link.CLOSED]


def test_what_takes_readings_may_fail_and_that_is_not_hidden() -> None:
    device = strap()
    house = House(Air(device), of(device))

    async def story() -> None:
        await until(lambda: CONNECTED in house.links("w1"))
        house.failing = RuntimeError("the desk is closed")
        device.send(Characteristic.HEART_RATE, BEAT)
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        live(house, story)
    assert caught.group_contains(RuntimeError, match="the desk is closed")


def wearable(device: str, name: str = "w1") -> Wearable:
    return Wearable(id=name, device=device, via=Way.BLE)


def test_names_of_wearables() -> None:
    found = peripherals(
        [
            wearable("aa:bb:cc:00:00:01", "strap"),
            wearable(f"{SCALE}/1", "scale-1"),
            wearable(f"{SCALE}/2", "scale-2"),
        ]
    )
    assert found == [
        Peripheral(address=STRAP, device="aa:bb:cc:00:00:01", label="strap"),
        Peripheral(
            address=SCALE,
            device=f"{SCALE}/1",
            label="scale-1",
            users={1: f"{SCALE}/1", 2: f"{SCALE}/2"},
        ),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["strap"],
        ["AA:BB:CC:00:00"],
        ["AA:BB:CC:00:00:01:02"],
        ["AA:BB:CC:00:00:0G"],
        [f"{SCALE}/255"],
        [f"{SCALE}/"],
        [f"{SCALE}/x"],
        [SCALE, f"{SCALE}/1"],
        [f"{SCALE}/1", SCALE],
        [SCALE, SCALE.lower()],
        [f"{SCALE}/1", f"{SCALE}/01"],
    ],
)
def test_names_that_cannot_be_right(names: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"wearable w\d+: expected"):
        peripherals([wearable(name, f"w{n}") for n, name in enumerate(names)])


class FakeDesk:
    """Stands for the desk of all ways in."""

    def __init__(self, *wearables: Wearable) -> None:
        self.open = list(wearables)
        self.taken: list[tuple[Any, ...]] = []
        self.links: list[str | None] = []
        self.there: list[tuple[str, bool]] = []

    def now(self) -> int:
        return 77

    def wearables(self, way: Way) -> list[Wearable]:
        assert way is Way.BLE
        return self.open

    def sensors(self, way: Way) -> list[Any]:
        return []

    async def take(self, way: Way, peer: str, parsed: Parsed, received: int | None = None):
        self.taken.append((way, peer, parsed, received))
        return ()

    def link(self, way: Way, reason: str | None) -> None:
        self.links.append(reason)

    def presence(self, device: str, there: bool) -> None:
        self.there.append((device, there))


def test_as_a_way_in() -> None:
    device = scale()
    air = Air(device)
    air.broken = [NO_ADAPTER]
    desk = FakeDesk(wearable(f"{SCALE}/2", "scale-2"))

    async def both() -> None:
        gateway = BleGateway(Ble(), desk, air.radio())
        running = asyncio.create_task(gateway.run())
        while desk.there != [(f"{SCALE}/2", True)]:
            await asyncio.sleep(0.001)
        device.send(Characteristic.WEIGHT, b"\x04" + u16(14230) + b"\x02")
        device.send(Characteristic.WEIGHT, b"\x04" + u16(9000) + b"\x01")
        await until(lambda: len(desk.taken) == 2)
        desk.open = []
        gateway.changed()
        assert not gateway.settled
        await until(lambda: gateway.settled)
        assert device.client is None
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(both())
    assert desk.taken == [
        (
            Way.BLE,
            SCALE,
            (ValueRead(device=f"{SCALE}/2", code="29463-7", value=71.15, unit="kg"),),
            77,
        ),
        (Way.BLE, SCALE, (Refused("user", "user 1 is not in the configuration"),), 77),
    ]
    assert desk.links[0] is not None
    assert "No Bluetooth adapters found" in desk.links[0]
    assert desk.links[1:] == [None]


def test_the_fakes_have_what_bleak_has() -> None:
    for name in ("connect", "disconnect", "read_gatt_char", "write_gatt_char", "start_notify"):
        assert callable(getattr(BleakClient, name))
    assert isinstance(BleakClient.services, property)
    for name in ("start", "stop"):
        assert callable(getattr(BleakScanner, name))
