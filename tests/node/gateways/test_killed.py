"""The real process is killed for an hour: what senders keep meanwhile comes once, and in order.

Four ways at once, each with its real transport and a sender that keeps a reading until it is
acknowledged: Mosquitto with TLS, ZeroMQ with CURVE, HL7 over MLLP, FHIR over HTTPS. The process is
killed (SIGKILL) while all of them send.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zmq

from ambient.bus.ipc import ObservationReceiver
from ambient.bus.keys import load_or_make, new_pair
from ambient.evaluate.ports import free_port
from ambient.node import clock as node_clock
from ambient.node.gateways.https import new_token
from ambient.node.gateways.repeats import Repeats
from ambient.node.gateways.zeromq import KEY
from ambient.node.place import NodePlace
from ambient.observations import AnyObservation, Tick, VitalMeasured
from fusion.watermark import NODE_SOURCE, Timeline
from tests.node.gateways.broker import MOSQUITTO, USER, Broker
from tests.node.gateways.kit import NS, START, omh_pulse

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        MOSQUITTO is None, reason="no Mosquitto here; install it: deploy/system-packages.sh test"
    ),
]

MANY = 60
"""Readings of each sender, one a minute."""
KILLED_AT = 25
"""Readings of a sender that are with fusion when the process is killed."""
LAB = new_pair()
LIMIT_S = 240.0
SOURCES = ("band", "lab", "monitor", "clinic")

CONFIG = """
site: s
node: n-1
state_dir: {folder}
rooms:
  - id: r1
    beds: [{{id: b1, subject: s-aaaa}}]
    purposes: {{falls: on, vitals: on}}
    wearables:
      - {{id: band, device: omh/w1, via: mqtt, subject: s-aaaa}}
      - {{id: lab, device: lab/w2, via: zeromq, subject: s-aaaa}}
      - {{id: monitor, device: MON-7, via: mllp, subject: s-aaaa}}
      - {{id: clinic, device: band-7, via: https, subject: s-aaaa}}
gateways:
  mqtt: {{host: 127.0.0.1, port: {mqtt}, ca: {ca}, user: {user}, password_file: {password}}}
  zeromq: {{bind: "tcp://127.0.0.1:{zeromq}", clients: [{{id: lab, key: "{key}"}}]}}
  mllp: {{port: {mllp}}}
  https: {{port: {https}, certificate: {certificate}, private_key: {private}, token_file: {tokens}}}
"""


def value(number: int) -> float:
    return round(60 + number / 100, 2)


def instant(number: int) -> datetime:
    return datetime.fromtimestamp(START // NS + 60 * number, UTC)


class Ward:
    """Broker, configuration, process and fusion's end of it."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder)
        state = folder / "n"
        NodePlace(state).make()
        certificate, private = self.broker.signer.sign("node", "127.0.0.1")
        self.token, line = new_token("clinic")
        tokens = folder / "tokens"
        tokens.write_text(f"{line}\n")
        tokens.chmod(0o600)
        self.ports = {name: free_port() for name in ("zeromq", "mllp", "https")}
        self.node_key = load_or_make(state / KEY).public
        self.file = folder / "node.yaml"
        self.file.write_text(
            CONFIG.format(
                folder=state,
                mqtt=self.broker.port,
                ca=self.broker.signer.ca,
                user=USER,
                password=self.broker.password,
                key=LAB.public,
                certificate=certificate,
                private=private,
                tokens=tokens,
                **self.ports,
            )
        )
        self.receiver = ObservationReceiver(NodePlace(state).observations)
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.dealer = self.context.socket(zmq.DEALER)
        self.repeats = Repeats()
        self.seen: list[AnyObservation] = []

    @contextmanager
    def process(self, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
        """Run the gateways as the supervisor does, at so many seconds; on leaving it is killed."""
        offset = START + round(seconds * NS) - time.monotonic_ns()
        running = subprocess.Popen(
            [sys.executable, "-m", "ambient.node.worker", "gateways", "--config", str(self.file)],
            env={**os.environ, node_clock.ENVIRONMENT: str(offset)},
            stderr=subprocess.DEVNULL,
        )
        try:
            yield running
        finally:
            running.kill()
            running.wait(LIMIT_S)

    def take(self, until: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + LIMIT_S
        while not until():
            assert running.poll() is None, "the process ended by itself"
            assert time.monotonic() < end, self.numbers()
            self.receive(0.05)

    def receive(self, wait_s: float) -> None:
        """Take what waits, as the process fusion does."""
        self.seen += self.repeats.without(self.receiver.receive_all(wait_s, most=10_000))

    def numbers(self) -> dict[str, list[int]]:
        """Return which readings of each source came, in the order in which they did."""
        found: dict[str, list[int]] = {source: [] for source in SOURCES}
        for one in self.seen:
            if isinstance(one, VitalMeasured):
                number = round((one.t - START) / (60 * NS))
                assert one.value == value(number), "it keeps its own time"
                found[one.source].append(number)
        return found

    def close(self) -> None:
        self.receiver.close()
        self.dealer.close()
        self.context.term()
        self.broker.stop()


class Sender(threading.Thread):
    """Keeps each reading until it is acknowledged; waits for `first` before it sends the rest."""

    def __init__(self, send: Callable[[int], bool], stored: threading.Event) -> None:
        super().__init__(daemon=True)
        self._send, self._stored = send, stored

    def run(self) -> None:
        end = time.monotonic() + 2 * LIMIT_S
        for number in range(MANY):
            if number == MANY // 2:
                self._stored.wait(LIMIT_S)
            while time.monotonic() < end and not self._send(number):
                time.sleep(0.1)


def monitor(ward: Ward) -> Callable[[int], bool]:
    def send(number: int) -> bool:
        at = instant(number).strftime("%Y%m%d%H%M%S+0000")
        head = f"MSH|^~\\&|MON-7|W|||{at}||ORU^R01^ORU_R01|c-{number}|P|2.6\r"
        row = f"OBX|1|NM|8867-4^^LN||{value(number)}|/min^^UCUM|||||F|||{at}\r"
        try:
            with socket.create_connection(("127.0.0.1", ward.ports["mllp"]), 5) as link:
                link.sendall(b"\x0b" + (head + row).encode() + b"\x1c\r")
                return b"MSA|AA" in link.recv(4096)
        except OSError:
            return False

    return send


def clinic(ward: Ward) -> Callable[[int], bool]:
    tls = ssl.create_default_context(cafile=str(ward.broker.signer.ca))
    headers = {"Authorization": f"Bearer {ward.token}", "Content-Type": "application/fhir+json"}

    def send(number: int) -> bool:
        body = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "effectiveDateTime": instant(number).isoformat(),
            "device": {"reference": "Device/band-7"},
            "valueQuantity": {
                "value": value(number),
                "system": "http://unitsofmeasure.org",
                "code": "/min",
            },
        }
        link = http.client.HTTPSConnection(
            "127.0.0.1", ward.ports["https"], context=tls, timeout=10
        )
        try:
            link.request("POST", "/fhir", json.dumps(body), headers)
            return link.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    return send


def lab(ward: Ward) -> Callable[[int], bool]:
    dealer = ward.dealer
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.curve_serverkey = ward.node_key.encode()
    dealer.curve_publickey, dealer.curve_secretkey = LAB.public.encode(), LAB.secret.encode()
    dealer.connect(f"tcp://127.0.0.1:{ward.ports['zeromq']}")

    def send(number: int) -> bool:
        t = START + 60 * number * NS
        one = {"type": "value", "t": t, "code": "8867-4", "value": value(number), "unit": "/min"}
        message = {"v": 1, "device": "w2", "readings": [one]}
        name = str(number).encode()
        dealer.send_multipart([name, json.dumps(message).encode()])
        while dealer.poll(3000):
            frames = dealer.recv_multipart()
            if frames[0] == name:
                return frames[1] == b"taken"
        return False

    return send


def test_killed_for_an_hour_while_four_senders_send(tmp_path: Path) -> None:
    ward = Ward(tmp_path)
    stored = threading.Event()
    try:
        with ward.process(60 * MANY // 2) as first:
            # The first tick of MQTT: the broker keeps its topics from then on.
            ward.take(lambda: _is_up(ward, "mqtt"), first)
            senders = [Sender(make(ward), stored) for make in (monitor, clinic, lab)]
            for sender in senders:
                sender.start()
            ward.broker.publish(*(_band(n) for n in range(MANY // 2)))
            ward.take(lambda: all(len(one) >= KILLED_AT for one in ward.numbers().values()), first)
        # What the kernel still holds of the killed process is with fusion.
        ward.receive(0.5)
        stored.set()
        ward.broker.publish(*(_band(n) for n in range(MANY // 2, MANY)))
        with ward.process(60 * MANY + 3600) as second:
            ward.take(lambda: all(len(set(one)) == MANY for one in ward.numbers().values()), second)
            for sender in senders:
                sender.join(LIMIT_S)
            ward.receive(0.5)
    finally:
        ward.close()
    assert ward.numbers() == {source: list(range(MANY)) for source in SOURCES}
    assert _judged(ward.seen) == {source: list(range(MANY)) for source in SOURCES}


def _band(number: int) -> tuple[str, bytes]:
    return "omh/w1", omh_pulse(60 * number, value(number))


def _is_up(ward: Ward, source: str) -> bool:
    return any(isinstance(one, Tick) and one.source == source for one in ward.seen)


def _judged(seen: list[AnyObservation]) -> dict[str, list[int]]:
    """Return the readings as fusion's timeline gives them; its own tick goes on each second."""
    timeline, given = Timeline(), list[AnyObservation]()
    found: dict[str, list[int]] = {source: [] for source in SOURCES}
    now = START
    for one in seen:
        received = one.received if isinstance(one, VitalMeasured) else one.t
        while now < received:
            given += timeline.push(Tick(t=now, room="r1", source=NODE_SOURCE))
            now += NS
        given += timeline.push(one)
    given += timeline.flush()
    for one in given:
        if isinstance(one, VitalMeasured):
            found[one.source].append(round((one.t - START) / (60 * NS)))
    return found
