"""Small parts of the node: systemd's protocol, the identity, who runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ambient import notify
from ambient.errors import StoreError
from ambient.node.identity import keep_identity, read_identity
from ambient.node.place import NodePlace
from ambient.node.supervisor import worker_commands

KEY = "k" * 40


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        assert notify.notify(notify.READY)
        assert systemd.recv(100) == b"READY=1"
    assert not notify.notify(notify.READY)
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not notify.notify(notify.READY)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30000000", 15.0), ("0", None), ("", None), ("soon", None)]
)
def test_how_often_systemd_wants_a_sign_of_life(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", text)
    assert notify.watchdog_s() == seconds


def test_the_identity_stays_when_the_key_changes(tmp_path: Path) -> None:
    place = NodePlace(tmp_path)
    assert read_identity(place) is None
    assert keep_identity(place, KEY) == KEY
    assert keep_identity(place, "n" * 40) == KEY
    place.identity.write_text("short")
    with pytest.raises(StoreError, match="expected a public key"):
        read_identity(place)


def test_the_folders_are_for_the_node_alone(tmp_path: Path) -> None:
    place = NodePlace(tmp_path / "state")
    place.make()
    place.make()
    for folder in (place.state_dir, place.run_dir):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be created"):
        NodePlace(tmp_path / "file" / "state").make()


def test_workers_are_started_by_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for worker, command in worker_commands(Path("node.yaml")).items():
        assert str(worker) in command
        assert Path(command[-1]).is_absolute()
