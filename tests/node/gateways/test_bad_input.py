"""Bad input in one table: what is sent, what comes out, and that the node goes on.

Each row sends something bad by its real parser or transport. It says what fusion gets (values with
their doubts) and which refusal or count names the rest; after each, a sound reading must come in.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ambient.config_gateways import Way
from ambient.node.gateways.topics import Message, Session, Topics
from ambient.observations import Doubt, VitalMeasured
from tests.node.gateways.kit import NS, START, House, eventually, in_loop, omh_pulse
from tests.node.gateways.test_https import Clinic, answer, observation
from tests.node.gateways.test_mllp import Keys, Ward, frame, message, plain, turned_away
from vitals.parse import native, omh
from vitals.readings import ValueRead

NOW_S = 20_000
"""The node's time in the rows that say none of their own."""
AT = "20270115080000+0000"
"""`START`, as HL7 writes it."""
Seen = list[tuple[int, float, tuple[Doubt, ...]]]
"""Seconds, value, doubts."""


@dataclass
class Result:
    """What a row led to: what fusion got, and what was counted under a name."""

    seen: Seen = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)


def said(house: House) -> Seen:
    return [
        ((one.t - START) // NS, one.value, tuple(one.doubts))
        for one in house.fusion.seen
        if isinstance(one, VitalMeasured)
    ]


def result(house: House, **more: int) -> Result:
    counts = {**house.reception.counts.refused, **more}
    duplicates = house.reception.health()["duplicates"]
    assert isinstance(duplicates, int)
    if duplicates:
        counts["duplicates"] = duplicates
    return Result(said(house), counts)


async def goes_on(house: House) -> None:
    """Take a sound reading of another device, which no fault of the first may touch."""
    before = len(said(house))
    house.at((house.t - START) // NS + 1)
    await house.hand(Way.CSV, pulse("file-3", (house.t - START) // NS))
    assert said(house)[before:] == [((house.t - START) // NS, 72.0, ())]


def pulse(device: str, seconds: int | None, value: float = 72.0, unit: str = "/min") -> ValueRead:
    t = None if seconds is None else START + seconds * NS
    return ValueRead(device=device, t=t, code="8867-4", value=value, unit=unit)


def one(**changes: Any) -> bytes:
    """Return a message of other software."""
    t = START + NOW_S * NS
    reading = {"type": "value", "t": t, "code": "8867-4", "value": 72.0, "unit": "/min"}
    return json.dumps({"v": 1, "device": "w2", "readings": [reading | changes]}).encode()


def software(*messages: bytes) -> Callable[[Path], Awaitable[Result]]:
    """Return a row that sends these messages, a second after each other."""

    async def run(folder: Path) -> Result:
        house = House(folder)
        for number, data in enumerate(messages):
            house.at(NOW_S + number)
            await house.reception.take(Way.ZEROMQ, "lab", native.parse(data, "lab/"))
        found = result(house)
        await goes_on(house)
        return found

    return run


async def clock_reset(folder: Path) -> Result:
    """A wristband whose battery was changed: its clock begins in 2000, in the middle of a day."""
    house = House(folder)
    for second in range(120):
        house.at(second)
        await house.hand(Way.MQTT, pulse("omh/w1", second, 60 + second))
    in_2000 = 946_684_800 - START // NS
    for second in range(120, 125):
        house.at(second)
        await house.hand(Way.MQTT, pulse("omh/w1", in_2000 + second, 60 + second))
    found = result(house)
    found.seen = found.seen[118:]
    await goes_on(house)
    return found


async def two_peers(folder: Path) -> Result:
    """Two devices of one serial number, by two adapters: the second is not believed."""
    house = House(folder)
    house.at(NOW_S)
    await house.reception.take(Way.MQTT, "adapter-1", [pulse("omh/w1", NOW_S - 1, 71)])
    await house.reception.take(Way.MQTT, "adapter-2", [pulse("omh/w1", NOW_S, 99)])
    await house.reception.take(Way.MQTT, "adapter-1", [pulse("omh/w1", NOW_S, 72)])
    found = result(house)
    await goes_on(house)
    return found


async def flood(folder: Path) -> Result:
    """Ten thousand messages at once, each twice."""
    house = House(folder)
    house.at(NOW_S)
    for number in range(10_000):
        data = omh_pulse(number, 60 + number / 1000)
        for _ in range(2):
            await house.reception.take(Way.MQTT, "mqtt", omh.parse("omh/w1", data))
    found = result(house)
    whole = [(n, round(60 + n / 1000, 6), ()) for n in range(10_000)]
    assert [(t, round(v, 6), d) for t, v, d in found.seen] == whole
    found.seen = found.seen[:1]
    await goes_on(house)
    return found


async def ghosts(folder: Path) -> Result:
    """What a broker kept of another day: with its own time it is old, without it is no news."""
    house = House(folder)
    house.at(NOW_S)
    topics = Topics("homeassistant", ["omh/w1"])
    topics.allow(house.reception.wearables(Way.MQTT), [])
    timeless = json.loads(omh_pulse(0, 80))
    del timeless["body"]["effective_time_frame"]
    for data in (omh_pulse(-86_400, 61), json.dumps(timeless).encode(), omh_pulse(-86_400, 61)):
        heard = topics.hear(Session.LASTING, Message("omh/w1", data, retained=True))
        await house.reception.take(Way.MQTT, "mqtt", heard.parsed)
    found = result(house)
    await goes_on(house)
    return found


async def wrong_certificate(folder: Path) -> Result:
    keys = Keys(folder)
    async with Ward(folder, keys.settings()).open() as ward:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await turned_away(ward, keys.sender(keys.stranger))
        heard = ward.gateway.counts.messages
        known = await ward.sender(keys.sender(keys.monitor))
        assert await known.send(message(t=AT)) == "AA"
        await known.close()
        return result(ward.house, heard=heard)


async def half_a_frame(folder: Path) -> Result:
    async with Ward(folder, plain()).open() as ward:
        sender = await ward.sender()
        await sender.put(frame(message("1", 61.0, t=AT))[:-1])
        sender.writer.transport.abort()
        await eventually(lambda: ward.gateway.counts.half_frames == 1)
        again = await ward.sender()
        assert await again.send(message("1", 61.0, t=AT)) == "AA"
        await again.close()
        return result(ward.house, half_frames=ward.gateway.counts.half_frames)


async def fifty_megabytes(folder: Path) -> Result:
    async with Clinic(folder).open() as clinic:
        clinic.house.at(0)
        reader, writer = await clinic.connect()
        writer.write(clinic.head("/fhir", "POST", "", "application/fhir+json", 50_000_000))
        status = (await answer(reader)).status
        writer.close()
        assert (await clinic.post(observation(72.0))).status == 200
        return result(clinic.house, **{f"status {status}": 1})


SOUND = (NOW_S, 72.0, ())
TABLE: list[tuple[str, Callable[[Path], Awaitable[Result]], Seen, dict[str, int]]] = [
    # what is sent, how, what fusion gets, what is counted under which name
    ("a unit of another quantity", software(one(unit="kg"), one()), [SOUND], {"unit kg": 1}),
    ("an unknown unit", software(one(unit="parsec")), [], {"unit parsec": 1}),
    (
        "the same quantity in another unit is converted",
        software(one(code="8310-5", value=98.6, unit="[degF]")),
        [(NOW_S, 37.0, ())],
        {},
    ),
    (
        "an hour in the future: taken as of now, its clock in doubt",
        software(one(t=START + (NOW_S + 90_000_000) * NS)),
        [(NOW_S, 72.0, (Doubt.CLOCK,))],
        {},
    ),
    (
        "before 1970: taken as of now, its clock in doubt",
        software(one(t=-5 * NS)),
        [(NOW_S, 72.0, (Doubt.CLOCK,))],
        {},
    ),
    (
        "a clock that is reset to 2000",
        clock_reset,
        [(118, 178.0, ()), (119, 179.0, ())]
        + [(s, 60.0 + s, (Doubt.CLOCK,)) for s in range(120, 125)],
        {},
    ),
    (
        "two devices of one id",
        two_peers,
        [(NOW_S - 1, 71.0, ()), SOUND],
        {"device w1": 1},
    ),
    ("ten thousand messages at once, each twice", flood, [(0, 60.0, ())], {"duplicates": 10_000}),
    ("NaN", software(one(value=float("nan"))), [], {"message": 1}),
    ("infinity", software(one(value=float("inf"))), [], {"message": 1}),
    (
        "SpO2 below nothing",
        software(one(code="59408-5", value=-3.0, unit="%")),
        [],
        {"value of 59408-5": 1},
    ),
    (
        "SpO2 that no living person has",
        software(one(code="59408-5", value=45.0, unit="%")),
        [(NOW_S, 45.0, (Doubt.IMPLAUSIBLE,))],
        {},
    ),
    ("a wrong TLS certificate", wrong_certificate, [(0, 72.0, ())], {"heard": 0}),
    ("half an MLLP frame", half_a_frame, [(0, 61.0, ())], {"half_frames": 1}),
    ("a bundle of 50 MB", fifty_megabytes, [(0, 72.0, ())], {"status 413": 1}),
    (
        "ghosts that a broker kept",
        ghosts,
        [(-86_400, 61.0, ())],
        {"retained message": 1, "duplicates": 1},
    ),
]


@pytest.mark.parametrize(("name", "run", "seen", "counted"), TABLE, ids=[row[0] for row in TABLE])
@in_loop
async def test_bad_input(
    tmp_path: Path,
    name: str,
    run: Callable[[Path], Awaitable[Result]],
    seen: Seen,
    counted: dict[str, int],
) -> None:
    found = await run(tmp_path)
    assert [(t, round(value, 3), doubts) for t, value, doubts in found.seen] == seen, found
    assert found.counted == counted, name
