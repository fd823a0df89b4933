"""Who may be read, what is dropped unread, and what waits for fusion."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ambient.config_gateways import Way
from ambient.events import Purpose
from ambient.observations import AnyObservation, SensorKind, SensorSeen, Tick, VitalMeasured
from tests.node.gateways.kit import NS, ROOM, START, House, config, in_loop, pulse
from vitals.readings import Refused, SensorRead


def sensor(device: str, kind: SensorKind, on: bool = True) -> SensorRead:
    return SensorRead(device=device, kind=kind, on=on)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@in_loop
async def test_a_reading_becomes_an_observation(house: House) -> None:
    house.at(1)
    assert await house.hand(Way.MQTT, pulse("omh/w1", 0.5, 72)) == ()
    (one,) = house.fusion.seen
    assert isinstance(one, VitalMeasured)
    assert (one.room, one.source, one.subject) == ("r1", "w1", "s-aaaa")
    assert (one.t, one.received) == (START + NS // 2, START + NS)
    assert "omh" not in str(one), "the device's own name is not sent on"


@in_loop
async def test_a_bed_sensor_knows_its_bed(house: House) -> None:
    await house.hand(Way.MQTT, sensor("bed-1", SensorKind.BED))
    (one,) = house.fusion.seen
    assert isinstance(one, SensorSeen)
    assert (one.source, one.bed, one.subject) == ("bed", "b1", "s-aaaa")


WEARABLE = (Way.MQTT, pulse("omh/w1", 0, 72))
DOOR = (Way.MQTT, sensor("door-1", SensorKind.DOOR))
CORD = (Way.MQTT, sensor("cord-1", SensorKind.CORD))
CARER = (Way.ZEROMQ, sensor("lab/tag", SensorKind.CARER))


@pytest.mark.parametrize(
    ("off", "paused", "read"),
    [
        pytest.param([], False, [WEARABLE, DOOR, CORD, CARER], id="all on"),
        pytest.param([Purpose.VITALS], False, [DOOR, CORD, CARER], id="vitals off"),
        pytest.param([Purpose.FALLS], False, [WEARABLE, CORD, CARER], id="falls off"),
        pytest.param([], True, [CORD, CARER], id="privacy pause"),
        pytest.param([Purpose.VITALS, Purpose.FALLS], True, [CORD, CARER], id="all off"),
    ],
)
@in_loop
async def test_what_is_switched_off_is_not_read_and_a_cord_always_is(
    house: House, off: list[Purpose], paused: bool, read: list[tuple[Way, object]]
) -> None:
    for purpose in off:
        assert house.switch(purpose, on=False)
    if paused:
        house.pause(60)
    for way, reading in (WEARABLE, DOOR, CORD, CARER):
        await house.hand(way, reading)
    sources = {"omh/w1": "w1", "door-1": "door", "cord-1": "cord", "lab/tag": "carer"}
    expected = [sources[reading.device] for _, reading in read]  # type: ignore[attr-defined]
    assert [one.source for one in house.fusion.seen] == expected
    assert house.reception.counts.closed == 4 - len(read)


def test_ways_are_told_whom_to_read(house: House) -> None:
    assert [one.id for one in house.reception.wearables(Way.MQTT)] == ["w1"]
    assert [one.id for one in house.reception.sensors(Way.MQTT)] == ["door", "bed", "cord"]
    assert house.pause(60)
    assert house.reception.wearables(Way.MQTT) == []
    assert [one.id for one in house.reception.sensors(Way.MQTT)] == ["cord"]
    house.at(61)
    assert house.reception.allow(house.switches)
    assert not house.reception.allow(house.switches), "nothing changed since"
    assert [one.id for one in house.reception.wearables(Way.MQTT)] == ["w1"]


@in_loop
async def test_what_was_stored_while_it_was_off_is_not_taken_later(house: House) -> None:
    house.at(100)
    house.switch(Purpose.VITALS, on=False)
    house.at(200)
    house.switch(Purpose.VITALS, on=True)
    house.at(300)
    stored = [pulse("omh/w1", t, 60 + t / 100) for t in (90, 110, 190, 210, 299)]
    await house.hand(Way.MQTT, *stored)
    assert house.fusion.values() == [(90, 60.9), (210, 62.1), (299, 62.99)]
    assert house.reception.counts.closed == 2


@pytest.mark.parametrize(
    ("way", "reading"),
    [
        pytest.param(Way.MQTT, pulse("stranger", 0, 72), id="an unknown device"),
        pytest.param(Way.ZEROMQ, pulse("omh/w1", 0, 72), id="another way than its own"),
        pytest.param(Way.MQTT, sensor("omh/w1", SensorKind.DOOR), id="a wearable is no sensor"),
        pytest.param(Way.MQTT, pulse("door-1", 0, 72), id="a sensor is no wearable"),
        pytest.param(Way.MQTT, sensor("door-1", SensorKind.CORD), id="a door is no cord"),
        pytest.param(Way.MQTT, Refused("unit furlong", "unheard of"), id="refused by its parser"),
        pytest.param(Way.MQTT, pulse("omh/w1", 0, -5), id="what nobody's heart does"),
    ],
)
@in_loop
async def test_refused_and_counted(house: House, way: Way, reading: object) -> None:
    (refused,) = await house.hand(way, reading)
    assert isinstance(refused, Refused)
    assert house.fusion.seen == []
    assert sum(house.reception.counts.refused.values()) == 1


@in_loop
async def test_names_of_refusals_are_bounded(house: House) -> None:
    for number in range(500):
        await house.hand(Way.MQTT, Refused(f"code {number}", "unheard of"))
    names = house.reception.counts.refused
    assert len(names) <= 65
    assert sum(names.values()) == 500


@in_loop
async def test_a_full_fusion_is_waited_for_and_order_kept(house: House) -> None:
    house.fusion.room = 2
    house.at(10)
    tasks = [
        asyncio.create_task(house.hand(Way.MQTT, *(pulse("omh/w1", t, 70 + t) for t in (0, 1, 2)))),
        asyncio.create_task(house.hand(Way.ZEROMQ, pulse("lab/w2", 3, 80))),
    ]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in tasks), "taken only when it is with fusion"
    house.fusion.room = 100
    await asyncio.gather(*tasks)
    assert house.fusion.values() == [(0, 70.0), (1, 71.0), (2, 72.0), (3, 80.0)]


@in_loop
async def test_a_backlog_is_in_order_and_comes_once(house: House) -> None:
    house.at(3600)
    stored = [pulse("omh/w1", t, 60 + t / 10) for t in (20, 10, 30)]
    await house.hand(Way.MQTT, *stored)
    await house.hand(Way.MQTT, *stored)
    assert house.fusion.values() == [(10, 61.0), (20, 62.0), (30, 63.0)]


def ticks(seen: list[AnyObservation]) -> list[str]:
    return [one.source for one in seen if isinstance(one, Tick)]


def test_time_goes_on_for_what_is_there(house: House) -> None:
    house.reception.tick()
    assert ticks(house.fusion.seen) == [], "nothing is connected yet"
    house.reception.link(Way.MQTT, None)
    house.reception.tick()
    assert ticks(house.fusion.seen) == ["mqtt", "door", "bed", "cord"]
    house.fusion.seen.clear()
    house.reception.presence("cord-1", there=False)
    house.reception.link(Way.ZEROMQ, None)
    house.reception.link(Way.CSV, None)
    house.reception.tick()
    assert ticks(house.fusion.seen) == ["mqtt", "zeromq", "csv", "door", "bed", "carer"]
    house.fusion.seen.clear()
    house.reception.link(Way.MQTT, "no broker listens there")
    house.reception.tick()
    assert ticks(house.fusion.seen) == ["zeromq", "csv", "carer"]


def test_what_is_closed_by_plan_is_not_silent(tmp_path: Path) -> None:
    rooms = """
  - id: r1
    wearables: [{id: w1, device: omh/w1, via: mqtt}]
"""
    house = House(tmp_path, config(tmp_path, rooms=rooms))
    house.reception.tick()
    assert ticks(house.fusion.seen) == ["mqtt"], "vitals are off unless switched on"
    house.fusion.seen.clear()
    house.switch(Purpose.VITALS, on=True)
    house.reception.tick()
    assert ticks(house.fusion.seen) == []


def test_health_tells_no_reading(house: House) -> None:
    asyncio.run(house.hand(Way.MQTT, pulse("omh/w1", 0, 72)))
    health = house.reception.health()
    assert health["readings"] == health["observations"] == 1
    assert "72" not in str(health)


def test_a_wearable_that_promised_is_silent_by_itself_but_not_by_plan(tmp_path: Path) -> None:
    """Open, only its own readings say that it is there; in a pause nobody misses it."""
    rooms = ROOM.replace("id: w1, ", "id: w1, every_s: 60, ")
    one = House(tmp_path, config(tmp_path, rooms=rooms))

    def ticked() -> bool:
        one.fusion.seen.clear()
        one.reception.tick()
        return "w1" in {each.source for each in one.fusion.seen}

    assert not ticked()
    one.pause(60)
    assert ticked()
    one.at(61)
    one.reception.allow(one.switches)
    assert not ticked()
    one.switch(Purpose.VITALS, False)
    assert ticked()
