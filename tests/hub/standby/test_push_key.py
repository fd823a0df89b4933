"""The key of web push goes from the first hub to the second one, and nothing but such a key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from structlog.testing import capture_logs
from typer.testing import CliRunner

from ambient.bus.keys import write_private
from ambient.cli.app import build
from ambient.hub.channels.vapid import HubKey
from ambient.hub.standby import joining, push_files, state

NAME = f"{push_files.KEY}push"


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


KEY = pem(ec.generate_private_key(ec.SECP256R1()))
OTHER = pem(ec.generate_private_key(ec.SECP256R1()))


class Hub:
    """One of two machines, on which the channel's files lie in folders of its own."""

    def __init__(self, folder: Path, key_file: Path | None = None) -> None:
        self.folder = folder
        self.key = folder / "keys" / "vapid.pem"
        self.config = folder / "hub.yaml"
        folder.mkdir()
        options = {
            "key_file": str(key_file or self.key),
            "contact": "it@house.example",
            "devices": str(folder / "push"),
        }
        channels = {"push": {"kind": "webpush", "options": options}}
        content = {"site": "house", "state_dir": str(folder), "channels": channels}
        self.config.write_text(yaml.safe_dump(content))

    def has(self, data: bytes) -> None:
        self.key.parent.mkdir(exist_ok=True)
        write_private(self.key, data)

    def takes(self, data: bytes) -> list[str]:
        """Take it from the other hub; return what was logged."""
        with capture_logs() as logged:
            state.put(NAME, data, self.folder, self.config)
        return [str(entry) for entry in logged]


@pytest.fixture
def first(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "first")


@pytest.fixture
def second(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "second")


@pytest.mark.parametrize("before", [None, KEY, OTHER], ids=["none", "the same", "another"])
def test_the_second_hub_has_the_first_ones_key(
    first: Hub, second: Hub, before: bytes | None
) -> None:
    first.has(KEY)
    if before is not None:
        second.has(before)
    assert second.takes(state.gathered(first.folder, first.config)[NAME]) == []
    assert HubKey(second.key).public == HubKey(first.key).public
    assert stat.S_IMODE(second.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(second.key.parent.stat().st_mode) & 0o077 == 0 or before is not None


def test_the_second_hub_gives_no_key_and_a_first_one_without_none(first: Hub, second: Hub) -> None:
    second.has(OTHER)
    (second.folder / state.EFFECTIVE).write_bytes(second.config.read_bytes())
    assert NAME not in state.gathered(second.folder, None)
    assert NAME not in state.gathered(first.folder, first.config)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ssh-ed25519 AAAA somebody",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["nothing", "another file", "another curve", "another algorithm"],
)
def test_what_is_no_such_key_is_not_written_and_told_without_it(second: Hub, data: bytes) -> None:
    (told,) = second.takes(data)
    assert "expected the other hub's key of web push" in told
    assert not second.key.exists()
    assert data == b"" or data.decode() not in told


def test_a_key_comes_alone_whatever_stands_around_it(second: Hub) -> None:
    head, *body = KEY.splitlines(keepends=True)
    assert second.takes(b"# a line of another file" + head + b"".join(body)) == []
    assert second.key.read_bytes() == KEY


def test_a_file_that_is_no_key_is_not_written_over(second: Hub) -> None:
    second.has(b"something of somebody")
    (told,) = second.takes(KEY)
    assert "found something else" in told
    assert KEY.decode() not in told
    assert second.key.read_bytes() == b"something of somebody"


def test_a_path_that_depends_on_where_the_hub_is_started_is_left(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "second", Path("ambient-test-vapid.pem"))
    (told,) = hub.takes(KEY)
    assert "expected an absolute path" in told
    assert not Path("ambient-test-vapid.pem").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (told,) = Hub(tmp_path / "second", tmp_path / "file" / "vapid.pem").takes(KEY)
    assert "file" in told
    assert KEY.decode() not in told


@pytest.mark.parametrize("has_key", [True, False])
def test_who_joins_is_told_which_file_is_missing(
    second: Hub, monkeypatch: pytest.MonkeyPatch, has_key: bool
) -> None:
    """Without it no alarm goes that way when its turn comes."""
    if has_key:
        second.has(KEY)
    monkeypatch.setattr(joining, "join", lambda *_, **__: None)
    monkeypatch.setattr("os.umask", lambda _: 0)
    said = ["standby", "join", "line", "--address", "tcp://127.0.0.1:1", "-c", str(second.config)]
    done = CliRunner().invoke(build(), said)
    assert done.exit_code == 0, done.output
    missing = f"until this is mended: channels.push.options.key_file: {second.key}: expected"
    assert (missing in done.output) is not has_key
