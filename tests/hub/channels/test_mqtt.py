"""MQTT with Home Assistant's discovery, against Mosquitto with TLS: what a subscriber sees."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ambient.config import RoomName
from ambient.hub.alarms.inputs import OnMyWay
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.mqtt import Mqtt
from tests.hub.channels.flow import Mark, flow
from tests.hub.channels.kit import bench, channel, house, notice
from tests.node.gateways.broker import MOSQUITTO, PASSWORD, USER, Broker
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")


class Killable(Broker):
    """Mosquitto that can be killed."""

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._process = None


class Subscriber:
    """What Home Assistant is here: sees every message, connects again by itself."""

    def __init__(self, broker: Broker) -> None:
        self.seen: list[tuple[str, str, bool]] = []
        self.latest: dict[str, str] = {}
        self._news = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.tls_set_context(ssl.create_default_context(cafile=str(broker.signer.ca)))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def _take(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        with self._news:
            said = message.payload.decode()
            self.seen.append((message.topic, said, message.retain))
            self.latest[message.topic] = said
            self._news.notify_all()

    def wait(self, done: Callable[[], bool]) -> bool:
        with self._news:
            return self._news.wait_for(done, PATIENCE_S)

    def sees(self, topic: str, said: str) -> bool:
        """Wait until `topic` says that."""
        return self.wait(lambda: self.latest.get(topic) == said)

    def marks(self) -> list[Mark]:
        """Return the notices; what a broker kept and says again is none."""
        found: list[tuple[Mark, str]] = []
        for topic, said, retained in list(self.seen):
            if topic.endswith("/about"):
                about = json.loads(said)
                if not (retained and about["id"] in {key for _, key in found}):
                    found.append((Mark(about["alarm"], about["times"]), about["id"]))
        return [mark for mark, _ in found]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def subscribed(folder: Path) -> Iterator[tuple[Killable, Subscriber, dict[str, Any]]]:
    broker = Killable(folder)
    subscriber = Subscriber(broker)
    options = {
        "host": "127.0.0.1",
        "port": broker.port,
        "ca": str(broker.signer.ca),
        "user": USER,
        "password_file": str(broker.password),
    }
    try:
        yield broker, subscriber, options
    finally:
        subscriber.close()
        broker.stop()


def options_of(raw: dict[str, Any]) -> Mqtt.Options:
    paths = {name: Path(raw[name]) for name in ("ca", "password_file")}
    return Mqtt.Options(**raw | paths)


def test_a_house_is_described_and_says_whether_the_hub_is_there(tmp_path: Path) -> None:
    rooms = {"r1": RoomName(name="Room 1")}
    with subscribed(tmp_path) as (_, subscriber, options):
        way = channel("mqtt", options, rooms=rooms)
        assert way.probe() is True
        assert subscriber.sees("ambient/house/status", "online")
        assert subscriber.sees("ambient/house/r1/alarm", "OFF")
        topic = "homeassistant/binary_sensor/ambient_house/r1/config"
        about = json.loads(subscriber.latest[topic])
        assert about["name"] == "Room 1"
        assert about["state_topic"] == "ambient/house/r1/alarm"
        assert about["availability_topic"] == "ambient/house/status"
        way.close()
        assert subscriber.sees("ambient/house/status", "offline")


def test_the_last_will_says_that_the_hub_is_gone(tmp_path: Path) -> None:
    with subscribed(tmp_path) as (_, subscriber, options):
        way = Mqtt(options_of(options), house())
        assert way.probe()
        assert subscriber.sees("ambient/house/status", "online")
        assert way._client is not None
        sock = way._client.socket()
        assert sock is not None
        way._client.on_connect = None  # it does not come back with a word
        sock.shutdown(2)  # as a machine that loses power
        assert subscriber.sees("ambient/house/status", "offline")
        way.close()


def test_a_room_is_on_while_any_of_its_alarms_is_to_be_shown(tmp_path: Path) -> None:
    with subscribed(tmp_path) as (_, subscriber, options):
        made = options_of(options)
        with bench(tmp_path, lambda house: Mqtt(made, house)) as bed:
            first, second = bed.fall(10, "r1"), bed.fall(500, "r1")
            other = bed.fall(20, "r2")
            bed.step(4)
            assert subscriber.sees("ambient/house/r1/alarm", "ON")
            for alarm in (first, other):
                bed.store.decide(OnMyWay(condition=alarm, who="anna"), bed.now())
            bed.step(4)
            assert subscriber.sees("ambient/house/r2/alarm", "OFF")
            assert subscriber.latest["ambient/house/r1/alarm"] == "ON"
            bed.sender.close()
            bed.restart()
            assert subscriber.sees("ambient/house/status", "offline")
            bed.store.decide(OnMyWay(condition=second, who="anna"), bed.now())
            bed.step(4)
            assert subscriber.sees("ambient/house/status", "online")
            assert subscriber.sees("ambient/house/r1/alarm", "OFF")
        assert not any("anna" in said for _, said, _ in subscriber.seen)


def test_a_broker_is_killed_and_started_again_while_alarms_flow(tmp_path: Path) -> None:
    with subscribed(tmp_path) as (broker, subscriber, options):
        made = options_of(options)
        with bench(tmp_path, lambda house: Mqtt(made, house), real_time=True) as bed:
            found = flow(bed, broker, subscriber.marks)
            for alarm, room in bed._given().items():
                assert subscriber.sees(f"ambient/house/{room}/alarm", "ON"), alarm
        ids = [json.loads(said)["id"] for topic, said, _ in subscriber.seen if "/about" in topic]
        assert {one.split(":", 1)[0] for one in ids} == {mark.alarm for mark in found}


# paho leaves it to the collector to close a socket whose certificate it refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_that_somebody_else_signed_is_not_told(tmp_path: Path) -> None:
    with subscribed(tmp_path) as (_, subscriber, options):
        del options["ca"]
        way = channel("mqtt", options)
        receipt = way.deliver(notice())
        assert receipt.delivery is Delivery.FAILED
        assert PASSWORD not in receipt.why
        way.close()
        assert [topic for topic, _, _ in subscriber.seen if topic.startswith("ambient")] == []


def test_a_test_leaves_the_sensor_off(tmp_path: Path) -> None:
    with subscribed(tmp_path) as (_, subscriber, options):
        way = channel("mqtt", options)
        assert way.deliver(notice(test=True)).delivery is Delivery.DELIVERED
        assert subscriber.wait(lambda: "ambient/house/r5/about" in subscriber.latest)
        about = json.loads(subscriber.latest["ambient/house/r5/about"])
        assert about["test"] is True
        assert about["recipient"] is None
        assert "ON" not in [said for topic, said, _ in subscriber.seen if "/alarm" in topic]
        way.close()
