"""The site's own certificate: what it says, when it is made anew, and a real TLS connection."""

from __future__ import annotations

import shutil
import ssl
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ambient import sealing
from ambient.config import load_hub
from ambient.errors import ConfigError
from ambient.hub import certificates
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.backups import back_up, restore
from ambient.hub.board import read_board
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.hub.web.tls import CHANNEL, Keeper
from tests.hub.kit import NS, hub_config, running
from tests.patience import PATIENCE_S

DAY = 24 * 3600 * NS
T = 1_800_000_000 * NS
NAMES = ["ambient.local", "127.0.0.1"]


def test_what_the_certificates_say(tmp_path: Path) -> None:
    files = certificates.files_of(tmp_path)
    assert certificates.ensure(files, "house", NAMES, T)
    authority, server = certificates.load(files.authority), certificates.load(files.server)
    server.verify_directly_issued_by(authority)
    rules = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert rules.critical
    assert (rules.value.ca, rules.value.path_length) == (True, 0), "it makes no further authority"
    uses = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.SERVER_AUTH]
    held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sorted(str(one.value) for one in held) == sorted(NAMES)
    days = (server.not_valid_after_utc - server.not_valid_before_utc).days
    assert days <= 398, "phones refuse longer ones"
    for path in (files.authority_key, files.server_key):
        assert path.stat().st_mode & 0o077 == 0


RENEWALS = [
    ("the next day", 1, NAMES, False),
    ("61 days before the end", 397 - 61, NAMES, False),
    ("59 days before the end", 397 - 59, NAMES, True),
    ("after the end", 500, NAMES, True),
    ("another name", 1, ["hub.local"], True),
    ("the same in another order", 1, NAMES[::-1], False),
]


@pytest.mark.parametrize(
    ("case", "days", "names", "new"), RENEWALS, ids=[case[0] for case in RENEWALS]
)
def test_when_it_is_made_anew(
    tmp_path: Path, case: str, days: int, names: list[str], new: bool
) -> None:
    files = certificates.files_of(tmp_path)
    certificates.ensure(files, "house", NAMES, T)
    authority = files.authority.read_bytes()
    assert certificates.ensure(files, "house", names, T + days * DAY) is new
    assert files.authority.read_bytes() == authority, "phones keep what they installed"
    certificates.load(files.server).verify_directly_issued_by(certificates.load(files.authority))


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    files = certificates.files_of(tmp_path)
    with pytest.raises(ConfigError, match=r"web\.names: expected the names"):
        certificates.ensure(files, "house", [], T)
    certificates.ensure(files, "house", NAMES, T)
    files.server.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"server\.crt: expected a certificate"):
        certificates.ensure(files, "house", NAMES, T)


ALARMS = [
    ("fresh", 0, False),
    ("renewed in time", 397 - 30, False),
    ("the authority in its last weeks", 3650 - 20, True),
]


@pytest.mark.parametrize(("case", "days", "rings"), ALARMS, ids=[case[0] for case in ALARMS])
def test_the_alarm_before_it_runs_out(tmp_path: Path, case: str, days: int, rings: bool) -> None:
    config = hub_config(tmp_path)
    config = msgspec.structs.replace(config, web=msgspec.structs.replace(config.web, names=NAMES))
    at = [T]
    database = HubDatabase(tmp_path / "hub.db")
    store = Store(database)
    keeper = Keeper(config, store, lambda: at[0])
    at[0] = T + days * DAY
    keeper.look()
    assert _alarmed(database, at[0]) is rings
    database.close()


def test_the_alarm_of_a_certificate_that_others_made(tmp_path: Path) -> None:
    files = certificates.files_of(tmp_path / "elsewhere")
    certificates.ensure(files, "house", NAMES, T)
    config = hub_config(tmp_path)
    web = msgspec.structs.replace(
        config.web, certificate=files.server, private_key=files.server_key
    )
    at = [T]
    database = HubDatabase(tmp_path / "hub.db")
    store = Store(database)
    keeper = Keeper(msgspec.structs.replace(config, web=web), store, lambda: at[0])
    seen = []
    for days in (0, 397 - 22, 397 - 20):
        at[0] = T + days * DAY
        keeper.look()
        seen.append(_alarmed(database, at[0]))
    files.server.unlink()
    keeper.look()
    seen.append(_alarmed(database, at[0]))
    certificates.ensure(files, "house", NAMES, at[0])
    keeper.look()
    assert [*seen, _alarmed(database, at[0])] == [False, False, True, True, False]
    database.close()


def _alarmed(database: HubDatabase, now: int) -> bool:
    open_now = read_board(database, {}, {}, now).alarms
    return [(one.kind, one.source) for one in open_now] == [(AlarmKind.CHANNEL, CHANNEL)]


def test_a_phone_that_installed_the_authority_is_served_without_a_warning(tmp_path: Path) -> None:
    config = hub_config(tmp_path)
    config = msgspec.structs.replace(config, web=msgspec.structs.replace(config.web, names=NAMES))
    files = certificates.files_of(tmp_path)
    with running(config) as hub:
        assert hub.url.startswith("https://127.0.0.1:")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{hub.url}/healthz", timeout=PATIENCE_S, trust_env=False)
        trusting = ssl.create_default_context(cafile=str(files.authority))
        with httpx.Client(
            base_url=hub.url, verify=trusting, timeout=PATIENCE_S, trust_env=False
        ) as http:
            answer = http.get("/certificate/ca.crt")
            assert answer.headers["content-type"] == "application/x-x509-ca-cert"
            assert answer.content == files.authority.read_bytes()
            assert b"PRIVATE" not in answer.content
            authority = certificates.load(files.authority)
            page = http.get("/certificate").text
            assert certificates.print_of(authority) in page
            assert "strict-transport-security" in answer.headers
            assert http.get("/certificate/ca.key").status_code in (401, 404)


@pytest.mark.parametrize("comes_back", [True, False], ids=["from the backup", "control: without"])
def test_a_hub_that_was_put_back_is_trusted_by_the_same_phones(
    tmp_path: Path, comes_back: bool
) -> None:
    private, public = sealing.made_pair()
    house = tmp_path / "etc" / "hub.yaml"
    house.parent.mkdir()
    house.write_text(
        f"site: house\nstate_dir: {tmp_path / 'state'}\nweb: {{port: 0, names: {NAMES}}}\n"
        "link: {bind: 'tcp://127.0.0.1:0'}\n"
    )
    config = load_hub(house)
    files = certificates.files_of(config.state_dir)
    with running(config):
        phone = ssl.create_default_context(cafile=str(files.authority))
    served = files.server.read_bytes()
    backup = back_up(config, house, tmp_path / "backups", public, datetime(2027, 3, 1, tzinfo=UTC))
    config.state_dir.rename(tmp_path / "burnt")
    restore(backup, private, house, time.time_ns())
    assert files.server.read_bytes() == served
    for key in (files.authority_key, files.server_key):
        assert key.stat().st_mode & 0o777 == 0o600
    assert files.folder.stat().st_mode & 0o777 == 0o700
    if not comes_back:
        shutil.rmtree(files.folder)
    with (
        running(config) as hub,
        httpx.Client(base_url=hub.url, verify=phone, timeout=PATIENCE_S, trust_env=False) as http,
        nullcontext() if comes_back else pytest.raises(httpx.ConnectError, match="CERTIFICATE"),
    ):
        assert http.get("/healthz").status_code == 200
