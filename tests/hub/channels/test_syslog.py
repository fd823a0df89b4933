"""Syslog: a line by the grammar of RFC 5424, and receivers over UDP, TCP and TLS."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ambient.errors import AmbientError, ConfigError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.syslog import Over, Syslog, line_of
from tests.hub.channels.flow import Mark, TcpReceiver, flow
from tests.hub.channels.kit import bench, channel, house, notice
from tests.node.gateways.broker import Signer
from tests.patience import PATIENCE_S

LINE = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00) (?P<host>[!-~]+) "
    r"(?P<app>[!-~]+) (?P<process>-) (?P<message>[!-~]+) "
    r'\[ambient@32473(?P<data>( [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\] \ufeff(?P<text>.*)'
)


def read(line: bytes) -> dict[str, str]:
    """Return the parts of a line, those of its structured data too."""
    match = LINE.fullmatch(line.decode())
    assert match is not None, line
    data = re.findall(r' ([a-z]+)="((?:[^"\\]|\\.)*)"', match["data"])
    return match.groupdict() | {name: re.sub(r"\\(.)", r"\1", value) for name, value in data}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, {"pri": "129", "kind": "fall", "room": "r5", "attempt": "1", "test": "false"}),
        ({"attempt": 3}, {"attempt": "3", "id": "alarm-1:0.1"}),
        ({"priority": Priority.MEDIUM}, {"pri": "132"}),
        ({"room": None}, {"room": ""}),
        ({"room": 'a"]\\'}, {"room": 'a"]\\'}),
        ({"over": True}, {"over": "true"}),
        ({"text": "Sturz – Zimmer 5"}, {"text": "Sturz – Zimmer 5"}),
    ],
)
def test_a_line(fields: dict[str, Any], said: dict[str, str]) -> None:
    assert said.items() <= read(line_of(notice(**fields), 16, "house")).items()


class Collector(TcpReceiver):
    """A receiver that keeps each line when its connection has ended well."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.lines: list[bytes] = []
        self._tls = tls
        super().__init__(self._read)

    def _read(self, client: socket.socket) -> None:
        if self._tls is not None:
            client = self._tls.wrap_socket(client, server_side=True)
        data = b""
        while part := client.recv(4096):
            data += part
        count, line = data.split(b" ", 1)
        assert int(count) == len(line)
        self.lines.append(line)
        if isinstance(client, ssl.SSLSocket):
            client.unwrap()
            client.close()

    def marks(self) -> list[Mark]:
        found = (read(line) for line in list(self.lines))
        return [Mark(one["alarm"], int(one["times"])) for one in found]


@contextmanager
def collector(over: Over, folder: Path) -> Iterator[tuple[Collector, dict[str, Any]]]:
    options: dict[str, Any] = {"host": "127.0.0.1", "over": over.value}
    tls = None
    if over is Over.TLS:
        signer = Signer(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*map(str, signer.sign("receiver", "127.0.0.1")))
        options["ca"] = str(signer.ca)
    receiver = Collector(tls)
    try:
        yield receiver, options | {"port": receiver.port}
    finally:
        receiver.kill()


@pytest.mark.parametrize("over", [Over.TCP, Over.TLS])
def test_a_receiver_is_killed_and_started_again_while_alarms_flow(
    over: Over, tmp_path: Path
) -> None:
    with collector(over, tmp_path) as (receiver, options):
        way = channel("syslog", options)
        with bench(tmp_path, lambda _: way, real_time=True) as bed:
            flow(bed, receiver, receiver.marks)
    assert all(read(line)["id"] for line in receiver.lines)


def test_a_receiver_that_dies_with_a_line_unread_has_not_got_it(tmp_path: Path) -> None:
    def dies(client: socket.socket) -> None:
        client.recv(3)
        reset_now(client)

    receiver = TcpReceiver(dies)
    try:
        way = channel("syslog", {"host": "127.0.0.1", "port": receiver.port, "over": "tcp"})
        receipt = way.deliver(notice())
        assert (receipt.delivery, receipt.retry) == (Delivery.FAILED, True)
        assert f"syslog tcp://127.0.0.1:{receiver.port}" in receipt.why
    finally:
        receiver.kill()


def test_a_receiver_that_reads_nothing_has_perhaps_not_got_it() -> None:
    hang = threading.Event()
    receiver = TcpReceiver(lambda client: hang.wait(PATIENCE_S) and client.close())
    try:
        way = channel("syslog", {"host": "127.0.0.1", "port": receiver.port, "over": "tcp"})
        receipt = way.deliver(notice())
        assert (receipt.delivery, receipt.retry) == (Delivery.FAILED, True)
    finally:
        hang.set()
        receiver.kill()


def reset_now(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()


def test_udp(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        way = channel(
            "syslog", {"host": "127.0.0.1", "port": receiver.getsockname()[1], "over": "udp"}
        )
        assert way.deliver(notice()).delivery is Delivery.DELIVERED
        assert read(receiver.recv(65536))["id"] == "alarm-1:0.1"


def test_a_receiver_that_somebody_else_signed_gets_nothing(tmp_path: Path) -> None:
    with collector(Over.TLS, tmp_path) as (receiver, options):
        other = tmp_path / "other"
        other.mkdir()
        way = channel("syslog", options | {"ca": str(Signer(other, "other").ca)})
        receipt = way.deliver(notice())
        assert receipt.delivery is Delivery.FAILED
        assert "CERTIFICATE_VERIFY_FAILED" in receipt.why.upper()
        assert receiver.lines == []


def test_options_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="certificate and private_key together"):
        Syslog(Syslog.Options(host="h", certificate=tmp_path / "c"), house())
    with pytest.raises(AmbientError, match="expected certificates in PEM"):
        channel("syslog", {"host": "h", "ca": str(tmp_path / "none.pem")})
