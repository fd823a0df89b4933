"""A node asks to be enrolled: real sockets, a real hub, and every way it can fail."""

from __future__ import annotations

import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ambient.bus import enrolment, keys
from ambient.bus.enrolment import HUB_FILE, Step, enroll, hub_of, load_hub
from ambient.bus.invitation import Invitation, new_token
from ambient.config import HubLink, NodeConfig, Room
from ambient.errors import LinkError
from tests.bus.kit import House, served_house
from tests.patience import PATIENCE_S


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(enrolment, "CONNECT_S", PATIENCE_S)
    with served_house(tmp_path) as made:
        yield made


def invite(house: House, now: int | None = None) -> Invitation:
    return house.registry.invite(
        house.address, house.pair.public, "admin", time.time_ns() if now is None else now
    )


def ask(
    invitation: str | Invitation,
    folder: Path,
    *,
    on_step: object = lambda _: None,
    on_fingerprint: object = lambda _: None,
    site: str = "site",
    node: str = "n-1",
    timeout_s: float = PATIENCE_S,
) -> None:
    enroll(
        invitation,
        node=node,
        site=site,
        rooms=["r1"],
        state_dir=folder,
        timeout_s=timeout_s,
        on_step=on_step,
        on_fingerprint=on_fingerprint,
    )


def interrupt(step: Step) -> None:
    if step is Step.WAITING:
        raise KeyboardInterrupt


def test_somebody_compares_and_accepts(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    shown: list[str] = []
    steps: list[Step] = []

    def decide(step: Step) -> None:
        steps.append(step)
        if step is Step.WAITING:
            (waiting,) = house.registry.pending()
            assert [waiting.fingerprint] == shown
            house.registry.accept(waiting.fingerprint, "anna", time.time_ns())

    ask(invite(house).text(), folder, on_step=decide, on_fingerprint=shown.append)
    assert steps == [Step.CONNECTED, Step.WAITING]
    hub = load_hub(folder)
    assert hub is not None
    assert (hub.address, hub.key) == (house.address, house.pair.public)
    pair = keys.load_pair(folder / keys.NODE_KEY)
    assert pair is not None
    assert [pair.fingerprint] == shown
    assert {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {
        keys.NODE_KEY: 0o600,
        HUB_FILE: 0o600,
    }


def test_interrupted_it_goes_on_with_the_same_invitation(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    invitation = invite(house)

    with pytest.raises(KeyboardInterrupt):
        ask(invitation, folder, on_step=interrupt)
    house.registry.accept("n-1", "anna", time.time_ns())
    ask(invitation, folder)
    assert load_hub(folder) is not None


def test_it_is_rejected_and_asks_with_a_new_key_next_time(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    shown: list[str] = []

    def reject(step: Step) -> None:
        if step is Step.WAITING:
            house.registry.reject("n-1", "anna")

    for _ in range(2):
        with pytest.raises(LinkError, match="rejected this node"):
            ask(invite(house), folder, on_step=reject, on_fingerprint=shown.append)
    assert shown[0] != shown[1]
    assert load_hub(folder) is None


def test_nobody_accepts(house: House, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="nobody did; run the same command again"):
        ask(invite(house), tmp_path / "node", timeout_s=0.3)


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        ("expired", "no open invitation"),
        ("used", "does not know this invitation"),
        ("token", "does not know this invitation"),
        ("hub key", "cannot prove it"),
        ("site", "another site"),
        ("taken", "belongs to another enrolled node"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(
    house: House, tmp_path: Path, spoil: str, text: str
) -> None:
    invitation = invite(house, 0 if spoil == "expired" else None)
    if spoil == "used":
        with pytest.raises(KeyboardInterrupt):
            ask(invitation, tmp_path / "first", node="n-9", on_step=interrupt)
        invite(house)
    if spoil == "token":
        invitation = msgspec.structs.replace(invitation, token=new_token())
    if spoil == "hub key":
        invitation = msgspec.structs.replace(invitation, key=keys.new_pair().public)
    if spoil == "taken":
        house.enrol(keys.new_pair(), "n-5", ["r1"])
    with pytest.raises(LinkError, match=text):
        ask(invitation, tmp_path / "node", site="elsewhere" if spoil == "site" else "site")
    assert load_hub(tmp_path / "node") is None


def test_wrong_tokens_close_the_open_invitations(house: House, tmp_path: Path) -> None:
    invitation = invite(house)
    wrong = msgspec.structs.replace(invitation, token=new_token())
    for number in range(10):
        with pytest.raises(LinkError, match="does not know this invitation"):
            ask(wrong, tmp_path / f"guess-{number}")
    with pytest.raises(LinkError, match="no open invitation"):
        ask(invitation, tmp_path / "node")


@pytest.mark.parametrize("peer", ["nobody", "no ZeroMQ"])
def test_no_hub_at_that_address(tmp_path: Path, peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        invitation = Invitation(
            address=address, key=keys.new_pair().public, token=new_token(), expires=1
        )
        if peer == "nobody":
            server.close()
        else:
            threading.Thread(target=_speak_http, args=(server,), daemon=True).start()
        with pytest.raises(LinkError, match="expected (a|the) hub"):
            ask(invitation, tmp_path / "node")


def _speak_http(server: socket.socket) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_node_that_is_not_enrolled_has_no_hub(tmp_path: Path) -> None:
    assert load_hub(tmp_path) is None
    keys.write_private(tmp_path / HUB_FILE, b"[]")
    with pytest.raises(LinkError, match="expected a hub's address and key"):
        load_hub(tmp_path)


@pytest.mark.parametrize(
    ("named", "enrolled", "counts"),
    [
        (None, None, None),
        (None, "enrolled", "enrolled"),
        ("named", None, "named"),
        ("named", "enrolled", "named"),
    ],
)
def test_the_hub_that_the_configuration_names_counts_first(
    tmp_path: Path, named: str | None, enrolled: str | None, counts: str | None
) -> None:
    links = {
        name: HubLink(address=f"tcp://{name}:7440", key=keys.new_pair().public)
        for name in ("named", "enrolled")
    }
    if enrolled is not None:
        keys.write_private(tmp_path / HUB_FILE, msgspec.json.encode(links[enrolled]))
    config = NodeConfig(
        site="site",
        node="n-1",
        state_dir=tmp_path,
        rooms=[Room(id="r1")],
        hub=None if named is None else links[named],
    )
    assert hub_of(config) == (None if counts is None else links[counts])
