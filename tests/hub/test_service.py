"""The hub as one process: start, stop, signals, silence, addresses, what it logs."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ambient.config_web import Web
from ambient.errors import ConfigError, UsageError
from ambient.hub.accounts import Accounts
from ambient.hub.database import HubDatabase
from ambient.hub.service import run_hub
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from tests.hub.kit import NS, PASSWORD, USER, client, enrol, fall, hub_config, running
from tests.patience import PATIENCE_S, until

SERVE = """
import json, sys
from pathlib import Path
from ambient.hub.service import run_hub
from tests.hub.kit import hub_config
run_hub(hub_config(Path(sys.argv[1])), ready=lambda hub: print(json.dumps(
    {"url": hub.url, "setup": hub.setup_url, "link": hub.link_address}), flush=True))
print("ended", flush=True)
"""


def serve(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONWARNINGS": "error::DeprecationWarning"},
    )


def told(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            return dict(json.loads(line))
    raise AssertionError(process.stderr.read() if process.stderr else "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_open_pages_and_ends_cleanly(tmp_path: Path, number: int) -> None:
    process = serve(tmp_path)
    try:
        said = told(process)
        path = said["setup"].removeprefix(said["url"])
        form = {"user": USER, "password": PASSWORD, "again": PASSWORD}
        with httpx.Client(base_url=said["url"], timeout=PATIENCE_S, trust_env=False) as http:
            assert http.post(path, data=form).status_code == 303
            with http.stream("GET", "/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "event: beat"
                process.send_signal(number)
                assert list(lines), "the stream ends, it is not cut"
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, err
    assert "ended" in out
    assert PASSWORD not in out + err
    token = said["setup"].rsplit("/", 1)[1]
    assert token not in out.replace(json.dumps(said), "")
    assert err.count(token) == 1, "printed once, never logged"


def test_kill_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    process = serve(tmp_path)
    try:
        told(process)
        database = HubDatabase(tmp_path / "hub.db")
        Store(database).store("n-1", fall(10), 20 * NS)
        database.close()
        process.kill()
        process.communicate(timeout=PATIENCE_S)
        with running(hub_config(tmp_path)) as hub:
            assert len(hub.context.board().alarms) == 1
    finally:
        process.kill()
        process.communicate()


def test_an_enrolled_node_that_stays_silent_shows_on_the_board(tmp_path: Path) -> None:
    with running(hub_config(tmp_path, silent_s=1)) as hub:
        enrol(hub.context.registry, "n-1", ["r1"])
        until(lambda: hub.context.board().alarms)
        assert [alarm.kind.value for alarm in hub.context.board().alarms] == ["node_silent"]


def test_an_address_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="expected a free address to listen on"):
            run_hub(hub_config(tmp_path, port=port))


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_page_beyond_loopback_without_tls_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, warned: bool
) -> None:
    config = msgspec.structs.replace(hub_config(tmp_path), web=Web(host=host, port=0))
    with running(config):
        pass
    assert ("page_without_tls" in capsys.readouterr().out) is warned


def test_the_database_is_for_the_service_alone(tmp_path: Path) -> None:
    with running(hub_config(tmp_path / "state")):
        mode = (tmp_path / "state" / "hub.db").stat().st_mode & 0o777
    assert mode == 0o600


def test_cookies_demand_https_when_told_so(tmp_path: Path) -> None:
    config = msgspec.structs.replace(hub_config(tmp_path), web=Web(port=0, secure_cookies=True))
    with running(config) as hub, client(hub, log_in=False) as http:
        cookie = http.post("/api/login", json={"user": USER, "password": PASSWORD}).headers[
            "set-cookie"
        ]
    assert cookie.startswith("__Host-ambient=")
    assert "Secure" in cookie


def test_the_hub_serves_https_itself(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    web = Web(port=0, certificate=certificate, private_key=key)
    config = msgspec.structs.replace(hub_config(tmp_path), web=web)
    trusted = ssl.create_default_context(cafile=str(certificate))
    with running(config) as hub:
        assert hub.url.startswith("https://127.0.0.1:")
        with httpx.Client(
            base_url=hub.url, verify=trusted, timeout=PATIENCE_S, trust_env=False
        ) as http:
            answer = http.post("/api/login", json={"user": USER, "password": PASSWORD})
            assert answer.headers["set-cookie"].startswith("__Host-ambient=")
            assert http.get("/api/session").status_code == 200


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "page.pem", folder / "page.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_a_part_that_fails_ends_the_hub_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("ambient.hub.watch.Watch.tick", fail)
    with pytest.raises(RuntimeError, match="broken on purpose"):
        run_hub(hub_config(tmp_path))


def test_the_hub_needs_nothing_of_the_node() -> None:
    code = (
        "import sys, ambient.hub, ambient.hub.service\n"
        "bad = {'cv2', 'openvino', 'mediapipe', 'vision', 'fusion', 'scipy'}\n"
        "print(sorted(bad & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert answer.stdout.strip() == "[]"


def test_a_duty_that_fails_keeps_no_other_from_its_own(tmp_path: Path) -> None:
    def refused(now: int) -> None:
        raise UsageError("expected a room that a node serves")

    database = HubDatabase(tmp_path / "hub.db")
    cleaned: list[int] = []
    accounts = Accounts(database)
    accounts.clean = cleaned.append  # type: ignore[method-assign]
    watch = Watch(
        database,
        Store(database),
        accounts,
        served=dict,
        silent_s=15,
        keep_days=1,
        residents=refused,
    )
    watch.tick()
    assert len(cleaned) == 1, "housekeeping comes after what failed"
    database.close()
