"""Bluetooth with a fake only at the radio: what `bleak` offers, without an adapter."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import (
    BleakDeviceNotFoundError,
    BleakError,
)

from ambient.config_gateways import Ble, Way, Wearable
from ambient.errors import ConfigError
from ambient.links import Link, LinkState
from ambient.node.gateways.ble import BleGateway, peripherals
from ambient.node.gateways.ble_radio import Bluetooth, Limits, bleak_radio
from ambient.node.gateways.ble_session import Peripheral
from ambient.observations import Doubt
from tests.node.gateways.ble_kit import (
    BEAT,
    CONNECTED,
    GONE,
    NO_ADAPTER,
    SCALE,
    STRAP,
    SUBSCRIBED,
    WEIGHT,
    Air,
    Device,
    House,
    Offered,
    live,
    of,
    scale,
    strap,
    until,
)
from tests.vitals.parse.gatt.kit import sf, u16
from vitals.parse.gatt import Characteristic, Parsed, Service
from vitals.readings import IntervalsRead, Refused, ValueRead, WearRead


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
