"""MQTT with the real broker of Debian: TLS, sessions that last, ghosts, floods and wrong keys."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ambient.config import load_node
from ambient.config_gateways import Mqtt
from ambient.errors import LinkError
from ambient.events import Purpose
from ambient.node.gateways.mqtt import MqttGateway
from ambient.node.gateways.topics import Session
from tests.node.gateways.broker import MOSQUITTO, USER, Broker, Signer
from tests.node.gateways.kit import ROOM, House, eventually, in_loop, omh_pulse

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None, reason="no Mosquitto here; install it: deploy/system-packages.sh test"
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.stop()


def settings(broker: Broker, **more: object) -> Mqtt:
    given: dict[str, object] = {
        "host": "127.0.0.1",
        "port": broker.port,
        "ca": broker.signer.ca,
        "user": USER,
        "password_file": broker.password,
        **more,
    }
    return Mqtt(**given)  # type: ignore[arg-type]


def house(broker: Broker) -> House:
    folder = broker.folder / "node"
    folder.mkdir(exist_ok=True)
    file = folder / "node.yaml"
    file.write_text(
        f"site: s\nnode: n-1\nstate_dir: {folder}\nrooms:{ROOM}gateways:\n"
        f"  mqtt: {{host: 127.0.0.1, port: {broker.port}}}\n"
        f"  zeromq: {{clients: [{{id: lab, key: '{'k' * 40}'}}]}}\n  csv: {{folder: {folder}}}\n"
    )
    return House(folder, load_node(file))


@asynccontextmanager
async def running(
    given: Mqtt, house: House, *, connected: bool = True
) -> AsyncIterator[MqttGateway]:
    """Run the gateway; on leaving it is killed, as by a power cut."""
    gateway = MqttGateway(
        given,
        "n-1",
        house.reception,
        pause=lambda _: asyncio.sleep(0.05),
        describe_s=0.3,
    )
    task = asyncio.create_task(gateway.run())
    try:
        if connected:
            await eventually(lambda: all(subscribed(gateway, one) for one in Session))
        yield gateway
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def subscribed(gateway: MqttGateway, session: Session) -> bool:
    one = gateway._connections[session]
    return one._connected and one._subscribed >= gateway.topics.wanted(session)


def describe(device: str, topic: str, **more: object) -> tuple[str, bytes]:
    given = {"unique_id": device, "state_topic": topic, **more}
    return f"homeassistant/binary_sensor/{device}/config", json.dumps(given).encode()


SENSORS = (describe("door-1", "home/door"), describe("bed-1", "home/bed"))
CORD = describe("cord-1", "home/cord")


@in_loop
async def test_values_and_states_come_in(broker: Broker) -> None:
    broker.publish(*SENSORS, CORD, retain=True)
    home = house(broker)
    async with running(settings(broker), home) as gateway:
        await eventually(lambda: gateway.topics.missing() == [])
        await eventually(lambda: all(subscribed(gateway, one) for one in Session))
        assert home.reception.health()["links"] == {"mqtt": None}
        broker.publish(("omh/w1", omh_pulse(0, 72)), ("home/cord", b"ON"))
        broker.publish(("home/door", b"OFF"), ("home/door", b"ON"))
        await eventually(lambda: len(home.fusion.seen) == 4)
    assert home.fusion.values() == [(0, 72.0)]
    assert sorted(home.fusion.states()) == [
        ("cord", True, False),
        ("door", False, False),
        ("door", True, False),
    ]


@in_loop
async def test_retained_ghosts_are_never_news(broker: Broker) -> None:
    """What a broker kept comes marked; a pulled cord it kept is the pull of another day."""
    broker.publish(*SENSORS, CORD, ("home/door", b"ON"), retain=True)
    broker.publish(("home/cord", b"ON"), ("omh/w1", omh_pulse(-86_400, 60)), retain=True)
    home = house(broker)
    async with running(settings(broker), home):
        await eventually(lambda: len(home.fusion.seen) == 3)
    assert sorted(home.fusion.states()) == [("cord", True, True), ("door", True, True)]
    assert home.fusion.values() == [(-86_400, 60.0)], "with its own time it is of its own day"
    async with running(settings(broker), home):
        await eventually(lambda: len(home.fusion.states()) == 4)
    assert home.fusion.values() == [(-86_400, 60.0)], "and comes once"


@in_loop
async def test_killed_for_an_hour_nothing_is_lost_or_doubled_and_order_is_right(
    broker: Broker,
) -> None:
    """An hour of a wristband by its own clock: the broker keeps what the dead gateway misses."""
    broker.publish(*SENSORS, CORD, retain=True)
    home = house(broker)
    async with running(settings(broker), home):
        broker.publish(*(("omh/w1", omh_pulse(t, 60 + t / 1000)) for t in range(10)))
        await eventually(lambda: len(home.fusion.values()) == 10)
    broker.publish(*(("omh/w1", omh_pulse(t, 60 + t / 1000)) for t in range(10, 3610, 2)))
    broker.publish(("home/cord", b"ON"), ("home/door", b"ON"))
    broker.stop()
    broker.start()
    again = house(broker)
    again.at(3620)
    async with running(settings(broker), again):
        broker.publish(*(("omh/w1", omh_pulse(t, 60 + t / 1000)) for t in range(3610, 3620)))
        await eventually(lambda: len(again.fusion.values()) == 1810)
        await asyncio.sleep(0.1)
    expected = [(t, round(60 + t / 1000, 6)) for t in (*range(10, 3610, 2), *range(3610, 3620))]
    assert again.fusion.values() == expected
    assert again.fusion.states() == [("cord", True, False)], (
        "a pull waits at the broker; a door that opened some time in that hour is no news"
    )


@in_loop
async def test_what_is_not_with_fusion_is_not_acknowledged(broker: Broker) -> None:
    """Fusion takes nothing, and the gateway is killed: the next one has it all."""
    home = house(broker)
    home.at(60)
    home.fusion.room = 0
    async with running(settings(broker), home):
        broker.publish(*(("omh/w1", omh_pulse(t, 60 + t)) for t in range(50)))
        await eventually(lambda: home.reception.counts.waited > 0)
    again = house(broker)
    again.at(60)
    async with running(settings(broker), again):
        await eventually(lambda: len(again.fusion.values()) == 50)
    assert again.fusion.values() == [(t, 60.0 + t) for t in range(50)]


@in_loop
async def test_ten_thousand_messages_at_once(broker: Broker) -> None:
    home = house(broker)
    home.at(10_000)
    async with running(settings(broker), home):
        messages = [("omh/w1", omh_pulse(t, 60 + t / 1000)) for t in range(10_000)]
        began = time.monotonic()
        await asyncio.to_thread(broker.publish, *messages)
        for many in range(1000, 10_001, 1000):
            await eventually(lambda many=many: len(home.fusion.values()) >= many)
        print(f"10,000 messages in {time.monotonic() - began:.2f} s")
    assert home.fusion.values() == [(t, round(60 + t / 1000, 6)) for t in range(10_000)]


@in_loop
async def test_half_messages_and_garbage_are_refused_and_the_next_is_read(broker: Broker) -> None:
    home = house(broker)
    whole = omh_pulse(1, 72)
    bad = [whole[: len(whole) // 2], b"", b"\xff\x00", b"[" * 50_000, b"null"]
    broker.publish(describe("door-1", "home/door", value_template="{{ now() }}"), retain=True)
    async with running(settings(broker), home):
        broker.publish(*(("omh/w1", one) for one in bad), ("omh/w1", whole))
        refused = home.reception.counts.refused
        # The sensor's description comes over the other connection.
        await eventually(lambda: sum(refused.values()) == len(bad) + 1)
        await eventually(lambda: len(home.fusion.values()) == 1)
    assert refused["value_template {{ now() }}"] == 1


@in_loop
async def test_vitals_off_unsubscribes_and_the_cord_stays(broker: Broker) -> None:
    broker.publish(CORD, retain=True)
    home = house(broker)
    async with running(settings(broker), home) as gateway:
        await eventually(lambda: not gateway.topics.missing_cords())
        home.switch(Purpose.VITALS, on=False)
        home.pause(600)
        gateway.changed()
        assert not gateway.settled
        await eventually(lambda: gateway.settled)
        broker.publish(("omh/w1", omh_pulse(0, 72)), ("home/cord", b"ON"))
        await eventually(lambda: len(home.fusion.seen) == 1)
    assert home.fusion.states() == [("cord", True, False)]
    assert home.reception.counts.closed == 0, "it did not even come"


@in_loop
async def test_switched_off_while_the_gateway_was_dead(broker: Broker) -> None:
    """The broker still keeps the topic for the session: what comes is dropped, and it is left."""
    broker.publish(CORD, retain=True)
    home = house(broker)
    async with running(settings(broker), home):
        pass
    broker.publish(("omh/w1", omh_pulse(0, 72)))
    home.switch(Purpose.VITALS, on=False)
    async with running(settings(broker), home) as gateway:
        lasting = gateway._connections[Session.LASTING]
        await eventually(lambda: lasting.left == 1)
        broker.publish(("omh/w1", omh_pulse(1, 73)))
    assert home.fusion.seen == []


@in_loop
async def test_a_broker_that_restarts_is_found_again(broker: Broker) -> None:
    home = house(broker)
    async with running(settings(broker), home) as gateway:
        broker.stop()
        await eventually(lambda: home.reception.health()["links"]["mqtt"] is not None)
        broker.start()
        await eventually(lambda: all(subscribed(gateway, one) for one in Session))
        broker.publish(("omh/w1", omh_pulse(0, 72)))
        await eventually(lambda: len(home.fusion.values()) == 1)


@in_loop
async def test_a_sensor_that_says_that_it_is_away(broker: Broker) -> None:
    broker.publish(describe("door-1", "home/door", availability_topic="home/there"), retain=True)
    broker.publish(("home/there", b"offline"), retain=True)
    home = house(broker)
    async with running(settings(broker), home):
        away = home.reception.away
        await eventually(lambda: "door" in away())
        broker.publish(("home/there", b"online"))
        await eventually(lambda: "door" not in away())
        await eventually(lambda: away() == ["bed", "cord"])


async def reason(given: Mqtt, home: House) -> object:
    async with running(given, home, connected=False):
        await eventually(
            lambda: (
                home.reception.health()["links"].get("mqtt", "not connected yet")
                != "not connected yet"
            )
        )
    return home.reception.health()["links"]["mqtt"]


# paho leaves a socket whose handshake failed to the garbage collector.
LEFT = "ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"


@pytest.mark.filterwarnings(LEFT)
@in_loop
async def test_a_broker_that_another_authority_signed_is_not_spoken_to(broker: Broker) -> None:
    other = Signer(broker.folder, "other")
    said = await reason(settings(broker, ca=other.ca), house(broker))
    assert said == "the broker's certificate is not one that ca has signed"


@pytest.mark.filterwarnings(LEFT)
@in_loop
async def test_a_broker_of_another_name_is_not_spoken_to(broker: Broker) -> None:
    said = await reason(settings(broker, host="localhost"), house(broker))
    assert said == "the broker's certificate is not one that ca has signed"


@in_loop
async def test_a_wrong_password(broker: Broker) -> None:
    broker.password.write_text("wrong secret\n")
    home = house(broker)
    said = await reason(settings(broker), home)
    assert said == "the broker does not know this user, password or certificate"
    assert "secret" not in str(home.reception.health())


@in_loop
async def test_nobody_listens(broker: Broker) -> None:
    broker.stop()
    assert await reason(settings(broker), house(broker)) == "no broker listens there"


@in_loop
async def test_a_client_certificate_in_place_of_a_password(tmp_path: Path) -> None:
    broker = Broker(tmp_path, certificates=True)
    try:
        certificate, private_key = broker.client
        given = settings(
            broker,
            user=None,
            password_file=None,
            certificate=certificate,
            private_key=private_key,
        )
        home = house(broker)
        async with running(given, home):
            broker.publish(("omh/w1", omh_pulse(0, 72)))
            await eventually(lambda: len(home.fusion.values()) == 1)
    finally:
        broker.stop()


@pytest.mark.parametrize("change", ["mode", "missing", "empty"])
@in_loop
async def test_a_secret_that_cannot_be_used(broker: Broker, change: str) -> None:
    match change:
        case "mode":
            broker.password.chmod(0o644)
        case "missing":
            broker.password.unlink()
        case "empty":
            broker.password.write_text("\n")
    gateway = MqttGateway(settings(broker), "n-1", house(broker).reception)
    with pytest.raises(LinkError, match="password"):
        await gateway.run()
