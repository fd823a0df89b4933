"""Records that devices have stored: asked for from the last one taken, and none hidden."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.node.gateways.ble_kit import (
    CONNECTED,
    METER,
    MINUTE_NS,
    SENSOR,
    SUBSCRIBED,
    Air,
    Device,
    House,
    Offered,
    live,
    of,
    until,
)
from tests.vitals.parse.gatt.kit import WHEN, WHEN_NS, sf, u16
from vitals.parse.gatt import Characteristic
from vitals.readings import ValueRead


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
