"""``ambient replace`` at a real hub: refused, nothing is left behind, and the next try works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ambient import sealing
from ambient.bus import enrolment, keys
from ambient.bus.enrolment import load_hub
from ambient.bus.invitation import Invitation, new_token
from ambient.bus.protocol import PROTOCOL, Enrol
from ambient.cli.replace import replace
from ambient.config import load_node
from ambient.errors import LinkError
from ambient.node.backups import back_up
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace
from fusion.physiology import PhysiologyState
from tests.bus.kit import House, served_house
from tests.patience import PATIENCE_S

LEARNED = {"vitals/r1": msgspec.msgpack.encode(PhysiologyState())}


class Spare:
    """A machine that shall take the place of a node whose backup is at hand."""

    def __init__(self, folder: Path, house: House) -> None:
        self.folder = folder / "spare"
        self.config = self.folder / "etc" / "node.yaml"
        self.house = house
        old = folder / "old.yaml"
        old.write_text(
            f"{{site: site, node: n-1, state_dir: {self.folder}/state, rooms: [{{id: r1}}]}}"
        )
        config = load_node(old)
        NodePlace(config.state_dir).make()
        with Outbox(NodePlace(config.state_dir).outbox) as outbox:
            outbox.commit([], LEARNED)
        private, public = sealing.made_pair()
        self.key = folder / "site.key"
        self.key.write_text(private)
        self.backup = back_up(config, old, folder, public, datetime(2026, 11, 30, tzinfo=UTC))
        self.folder.rename(folder / "gone")

    def invite(self, now: int | None = None) -> Invitation:
        return self.house.registry.invite(
            self.house.address,
            self.house.pair.public,
            "admin",
            time.time_ns() if now is None else now,
        )

    def replace(self, invitation: str, wait: float = PATIENCE_S) -> None:
        replace(self.backup, invitation, self.key, self.config, wait)

    def decided(self, invitation: str, decide: Callable[[str], object]) -> None:
        """Take the node's place while somebody at the hub waits to decide."""
        taken: list[str] = []

        def watch() -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not taken and time.monotonic() < deadline:
                for waiting in self.house.registry.pending():
                    decide(waiting.fingerprint)
                    taken.append(waiting.node)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            self.replace(invitation)
        finally:
            watching.join()
            assert taken == ["n-1"]

    def accept(self, which: str) -> None:
        self.house.registry.accept(which, "anna", time.time_ns())

    def reject(self, which: str) -> None:
        self.house.registry.reject(which, "anna")

    def in_service(self) -> bool:
        config = load_node(self.config)
        with Outbox(NodePlace(config.state_dir).outbox) as outbox:
            learned = outbox.state() == LEARNED
        key = keys.load_pair(config.state_dir / keys.NODE_KEY)
        return learned and key is not None and load_hub(config.state_dir) is not None


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(enrolment, "CONNECT_S", PATIENCE_S)
    with served_house(tmp_path) as made:
        yield made


@pytest.fixture
def spare(tmp_path: Path, house: House) -> Spare:
    return Spare(tmp_path, house)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def used(spare: Spare) -> str:
    """Return an invitation that another node was enrolled with."""
    invitation, key = spare.invite(), keys.new_pair()
    request = Enrol(
        protocol=PROTOCOL, token=invitation.token, node="n-9", site="site", rooms=["r9"]
    )
    assert spare.house.registry.ask(key.public, request, "site", time.time_ns()) is None
    spare.accept("n-9")
    return invitation.text()


def wrong(spare: Spare) -> str:
    """Return an invitation that no hub made, while another one is open."""
    return msgspec.structs.replace(spare.invite(), token=new_token()).text()


REFUSED: Mapping[str, tuple[Callable[[Spare], str], str]] = {
    "used": (used, "no open invitation"),
    "expired": (lambda spare: spare.invite(0).text(), "no open invitation"),
    "wrong": (wrong, "does not know this invitation"),
    "no invitation": (lambda _: "ambient1:none", "expected a whole invitation"),
}


@pytest.mark.parametrize("spoilt", list(REFUSED))
@pytest.mark.parametrize("there", [False, True], ids=["bare", "with folders"])
def test_refused_the_machine_is_as_before_and_the_next_invitation_works(
    spare: Spare, spoilt: str, there: bool
) -> None:
    if there:
        spare.config.parent.mkdir(parents=True)
        state = spare.folder / "state"
        state.mkdir()
        (state / "switches.json").write_text("{}")
    before = files(spare.folder)
    made, why = REFUSED[spoilt]
    with pytest.raises(LinkError, match=why):
        spare.replace(made(spare))
    assert files(spare.folder) == before
    spare.decided(spare.invite().text(), spare.accept)
    assert spare.in_service()


def test_rejected_at_the_hub_the_machine_is_as_before_and_asks_again(spare: Spare) -> None:
    with pytest.raises(LinkError, match="rejected this node"):
        spare.decided(spare.invite().text(), spare.reject)
    assert not spare.folder.exists()
    spare.decided(spare.invite().text(), spare.accept)
    assert spare.in_service()


def test_nobody_accepted_in_time_and_the_same_invitation_goes_on(spare: Spare) -> None:
    """What was asked with is kept, and nothing else of the node."""
    invitation = spare.invite().text()
    with pytest.raises(LinkError, match="run the same command again"):
        spare.replace(invitation, wait=0.1)
    assert files(spare.folder) == ["state", f"state/{keys.ENROL_KEY}"]
    spare.decided(invitation, spare.accept)
    assert spare.in_service()
