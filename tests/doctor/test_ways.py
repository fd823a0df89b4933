"""The ways in, examined: each finding says what is wrong and what to do."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ambient.config_gateways import Mqtt
from ambient.doctor import ways
from ambient.doctor.findings import Finding, Level
from ambient.evaluate.ports import free_port
from ambient.node.place import NodePlace
from tests.node.gateways.broker import MOSQUITTO, USER, Broker, Signer
from tests.node.gateways.kit import config


@pytest.mark.parametrize(
    ("days", "level", "found"),
    [(400, Level.OK, "good until"), (10, Level.WARNING, "ends on"), (-1, Level.FAILED, "ended on")],
)
def test_a_certificate(tmp_path: Path, days: int, level: Level, found: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "c.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    _is(ways.certificate("c", path), level, found)


def test_no_certificate(tmp_path: Path) -> None:
    _is(ways.certificate("c", tmp_path / "none"), Level.FAILED, "No such file")
    (tmp_path / "bad").write_text("nothing")
    _is(ways.certificate("c", tmp_path / "bad"), Level.FAILED, "no certificate in PEM")


def test_a_port() -> None:
    number = free_port()
    _is(ways.port("mllp", "127.0.0.1", number, running=False), Level.OK, "free")
    _is(ways.port("mllp", "127.0.0.1", number, running=True), Level.FAILED, "nobody listens")
    with socket.create_server(("127.0.0.1", number)):
        _is(ways.port("mllp", "127.0.0.1", number, running=True), Level.OK, "listens")
        _is(ways.port("mllp", "127.0.0.1", number, running=False), Level.FAILED, "cannot be had")
    away = ways.port("mllp", "192.0.2.1", number, running=False)
    _is(away, Level.FAILED, "cannot be had")


def test_bluetooth(tmp_path: Path) -> None:
    (tmp_path / "hci1").mkdir()
    _is(ways.bluetooth("hci0", tmp_path), Level.FAILED, "there are: hci1")
    (tmp_path / "hci1").rmdir()
    _is(ways.bluetooth("hci0", tmp_path), Level.FAILED, "there are: none")


def test_a_folder(tmp_path: Path) -> None:
    _is(ways.folder(tmp_path), Level.OK, str(tmp_path))
    _is(ways.folder(tmp_path / "none"), Level.FAILED, "no folder")


def test_who_was_heard(tmp_path: Path) -> None:
    given = config(tmp_path)
    assert _by_name(ways.ways(given, running=False), "wearables and sensors").level is Level.NOTE
    place = NodePlace(given.state_dir)
    place.make()
    silent = _by_name(ways.ways(given, running=True), "wearables and sensors")
    _is(silent, Level.FAILED, "tells nothing")
    counts = {
        "links": {"mqtt": "no broker listens there", "zeromq": None},
        "heard": {"r1/w2": time.time_ns() - 5_000_000_000},
        "refused": {"unit parsec": 7},
    }
    (place.run_dir / "gateways.json").write_text(json.dumps(counts))
    found = list(ways.ways(given, running=True))
    _is(_by_name(found, "way in mqtt"), Level.FAILED, "no broker listens there")
    said = _by_name(found, "device r1/w2")
    _is(said, Level.OK, " s ago by zeromq")
    ago = int(re.findall(r"heard (\d+) s ago", said.found)[0])
    assert 5 <= ago <= 6 + time.time_ns() // 10**9 - counts["heard"]["r1/w2"] // 10**9
    _is(_by_name(found, "device r1/w1"), Level.WARNING, "not heard by mqtt")
    _is(_by_name(found, "refused readings"), Level.NOTE, "unit parsec (7 times)")
    assert "way in zeromq" not in {one.check for one in found}


def test_a_way_that_no_device_comes_by_is_not_looked_at(tmp_path: Path) -> None:
    rooms = "\n  - id: r1\n    wearables: [{id: w3, device: file-3, via: csv}]\n"
    found = [one.check for one in ways.ways(config(tmp_path, rooms=rooms), running=False)]
    assert found == ["csv folder", "wearables and sensors"]


def test_nobody_where_the_broker_should_be() -> None:
    settings = Mqtt(host="127.0.0.1", port=free_port(), tls=False)
    (found,) = ways.broker(settings, "n-1")
    _is(found, Level.FAILED, "does not answer")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    yield made
    made.stop()


@pytest.mark.skipif(MOSQUITTO is None, reason="no Mosquitto here")
def test_the_broker(broker: Broker, tmp_path: Path) -> None:
    def settings(**more: object) -> Mqtt:
        given: dict[str, object] = {
            "host": "127.0.0.1",
            "port": broker.port,
            "ca": broker.signer.ca,
            "user": USER,
            "password_file": broker.password,
        }
        return Mqtt(**{**given, **more})  # type: ignore[arg-type]

    (good,) = ways.broker(settings(), "n-1")
    _is(good, Level.OK, "knows this node")
    wrong = tmp_path / "wrong"
    wrong.write_text("guess\n")
    wrong.chmod(0o600)
    (refused,) = ways.broker(settings(password_file=wrong), "n-1")
    _is(refused, Level.FAILED, "does not let this node in")
    (stranger,) = ways.broker(settings(ca=Signer(tmp_path, "other").ca), "n-1")
    _is(stranger, Level.FAILED, "not believed")
    (missing,) = ways.broker(settings(password_file=tmp_path / "none"), "n-1")
    _is(missing, Level.FAILED, "credential cannot be used")


def _is(finding: Finding, level: Level, found: str) -> None:
    assert finding.level is level, finding
    assert found in finding.found, finding
    assert bool(finding.mend) is (level in (Level.FAILED, Level.WARNING)) or level is Level.NOTE


def _by_name(findings: Iterator[Finding] | list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)
