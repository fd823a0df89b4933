"""Passwords that cameras are shipped with, and ways out, as tables."""

from __future__ import annotations

import ipaddress
import socketserver
import threading

import pytest

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_relay import RoomContact
from ambient.doctor import network
from ambient.doctor.findings import Level
from tests.relays.modbus import Module

ROUTES = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
"""eth0 is 10.0.0.0/24 with a gateway, eth1 is 192.168.1.0/24 alone."""


@pytest.mark.parametrize(
    ("address", "forwards", "level", "said"),
    [
        ("192.168.1.20", False, Level.OK, "alone on eth1"),
        ("192.168.1.20", True, Level.WARNING, "forwards packets"),
        ("10.0.0.20", False, Level.WARNING, "has a gateway"),
        ("172.16.0.9", False, Level.WARNING, "behind the router 10.0.0.1"),
        ("8.8.8.8", False, Level.WARNING, "public address"),
        ("127.0.0.1", True, Level.OK, "this machine"),
    ],
)
def test_way_out(address: str, forwards: bool, level: Level, said: str) -> None:
    routes = network.parse_routes(ROUTES)
    finding = network.judge_way_out(
        "r1/c1", ipaddress.IPv4Address(address), routes, forwards=forwards
    )
    assert finding.level is level
    assert said in finding.found
    assert bool(finding.mend) is (level is not Level.OK)


def test_no_route_at_all() -> None:
    finding = network.judge_way_out("r1/c1", ipaddress.IPv4Address("10.9.9.9"), [], forwards=False)
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(
    ("source", "host", "port", "url"),
    [
        ("rtsp://u:p@cam/live", "cam", 554, "rtsp://cam:554/live"),
        ("rtsp://10.0.0.9:8554/a?b=1", "10.0.0.9", 8554, "rtsp://10.0.0.9:8554/a?b=1"),
        ("rtsp://[fd00::1]/a", "fd00::1", 554, "rtsp://[fd00::1]:554/a"),
    ],
)
def test_an_address_without_its_login(source: str, host: str, port: int, url: str) -> None:
    address = network.rtsp_address(source)
    assert address is not None
    assert (address.host, address.port, address.url) == (host, port, url)


@pytest.mark.parametrize("source", ["rtsp:///x", "rtsp://cam:notaport/x"])
def test_an_address_that_is_none(source: str) -> None:
    assert network.rtsp_address(source) is None


def test_the_answer_to_a_digest_challenge() -> None:
    """The response computed with md5sum after RFC 2617, section 3.2.2.1 (no qop)."""
    answer = network.authorization(
        'Digest realm="IP Camera", nonce="abc123"', "admin", "12345", "rtsp://10.0.0.9:554/live"
    )
    assert answer.startswith('Digest username="admin", realm="IP Camera", nonce="abc123"')
    assert 'response="9dcb09cea541642b31126c0693f965d7"' in answer
    assert network.authorization("Bearer x", "a", "b", "u") == ""
    assert network.authorization('Basic realm="x"', "admin", "", "u") == "Basic YWRtaW46"


class FakeCamera(socketserver.ThreadingTCPServer):
    """Answers DESCRIBE as a camera with this login; none: shows its picture to anybody."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, login: tuple[str, str] | None, greeting: str = "RTSP/1.0") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.login = login
        self.greeting = greeting
        self.tries = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, FakeCamera)
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        sent = next((one.split(": ", 1)[1] for one in lines if one.startswith("Auth")), "")
        server.tries += bool(sent)
        challenge = 'Digest realm="cam", nonce="n1"'
        url = lines[0].split()[1]
        good = server.login is None or sent == network.authorization(challenge, *server.login, url)
        status = "200 OK" if good else f"401 Unauthorized\r\nWWW-Authenticate: {challenge}"
        self.wfile.write(f"{server.greeting} {status}\r\nCSeq: 1\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("login", "level", "said"),
    [
        (None, Level.WARNING, "without a login"),
        (("admin", "12345"), Level.WARNING, "shipped with still opens it"),
        (("admin", "a good one"), Level.OK, "no login it may have been shipped with"),
    ],
)
def test_passwords(login: tuple[str, str] | None, level: Level, said: str) -> None:
    with FakeCamera(login) as server:
        source = f"rtsp://me:secret@127.0.0.1:{server.server_address[1]}/live"
        config = NodeConfig(
            site="s",
            node="n",
            rooms=[Room(id="r1", cameras=[Camera(id="c1", source=source)])],
        )
        findings = {one.check: one for one in network.cameras(config)}
        server.shutdown()
    finding = findings["password r1/c1"]
    assert (finding.level, said in finding.found) == (level, True)
    assert server.tries <= len(network.DEFAULT_LOGINS)
    assert "secret" not in str(findings)
    assert findings["way out r1/c1"].level is Level.OK


def test_what_is_no_camera_is_noted() -> None:
    with FakeCamera(None, "HTTP/1.1") as server:
        source = f"rtsp://127.0.0.1:{server.server_address[1]}/live"
        config = NodeConfig(
            site="s",
            node="n",
            rooms=[Room(id="r1", cameras=[Camera(id="c1", source=source)])],
        )
        findings = list(network.cameras(config))
        server.shutdown()
    assert findings[0].level is Level.NOTE


@pytest.mark.parametrize(
    ("there", "unit", "coil", "level", "mend"),
    [
        (True, 1, 0, Level.OK, ""),
        (True, 7, 0, Level.FAILED, "check the numbers of unit"),
        (True, 1, 60_000, Level.FAILED, "is there and its unit 1 answers, but has no coil 60000"),
        (False, 1, 0, Level.FAILED, "check its power, cable"),
    ],
    ids=["answers", "another unit", "no such coil", "unplugged"],
)
def test_the_module_of_the_contact_is_asked_and_not_switched(
    there: bool, unit: int, coil: int, level: Level, mend: str
) -> None:
    with Module() as module:
        config = NodeConfig(
            site="house",
            node="n-1",
            rooms=[Room(id="r1")],
            contact=RoomContact(modbus=module.address, unit=unit, coil=coil),
        )
        if not there:
            module.unplug()
        (found,) = network.contact(config)
        assert found.level is level
        assert mend in found.mend
        assert bool(found.mend) is (level is Level.FAILED)
        for level_written in (True, False):
            assert not module.wait_for(level_written, within_s=0.0)


@pytest.mark.parametrize("given", [None, RoomContact(gpio=4)])
def test_a_contact_that_cannot_be_asked_is_not_looked_at(given: RoomContact | None) -> None:
    config = NodeConfig(site="house", node="n-1", rooms=[Room(id="r1")], contact=given)
    assert list(network.contact(config)) == []
