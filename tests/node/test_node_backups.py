"""A node's backup and a spare machine: what comes back, and what is refused."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyrage
import pytest

from ambient import sealing
from ambient.bus import keys
from ambient.config import NodeConfig, load_node
from ambient.errors import AmbientError, StoreError, UsageError
from ambient.events import NodeWizard, Purpose, WizardAct
from ambient.node import backups
from ambient.node.backups import Contents, announce, back_up, replacing
from ambient.node.notices import NoticeBoard
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace
from ambient.node.switches import SwitchBoard
from fusion.bed import BedState
from fusion.physiology import PhysiologyState, ResidentState
from fusion.situations import SituationsState
from fusion.voice import VoiceState
from fusion.wandering import WanderingState

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
TEXT = """\
site: lindenhof
node: n-12
state_dir: {state}
rooms:
  - id: r12   # by the garden
    cameras:
      - {{id: c1, source: rtsp://camera/stream, mask: [[[0, 0], [0.2, 0], [0.2, 0.3]]]}}
"""
encode = msgspec.msgpack.encode
USUAL = WanderingState(usual=[3.0])
STATE = {
    "vitals/r12": encode(PhysiologyState(residents={"s-4f2a": ResidentState()})),
    "voice/r12": encode(VoiceState(voices={"s-4f2a": {}})),
    # Somebody is out of bed as the backup is taken.
    "situations/r12": encode(SituationsState(wandering=USUAL, beds={"a": BedState(left=1)})),
    "room/r12": b"an open chain",
    "down/r12": b"who lies there",
    "node.consents": b"told",
}

LEARNED = {
    "vitals/r12": PhysiologyState(residents={"s-4f2a": ResidentState()}),
    "voice/r12": VoiceState(voices={"s-4f2a": {}}),
    "situations/r12": SituationsState(wandering=USUAL),
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A node that ran, with its consents and what it learned; return its node.yaml."""
    return node(tmp_path / "old")


def node(folder: Path) -> Path:
    folder.mkdir()
    file = folder / "node.yaml"
    file.write_text(TEXT.format(state=folder / "state"))
    place = NodePlace(folder / "state")
    place.make()
    keys.load_or_make(place.state_dir / keys.NODE_KEY)
    SwitchBoard(place.state_dir).change(lambda now: now.with_purpose("r12", Purpose.VITALS, True))
    with Outbox(place.outbox) as outbox:
        outbox.commit([], STATE)
    return file


def replaced(backup: Path, private: str, config_file: Path) -> tuple[Contents, NodeConfig]:
    """Take a node's place at once, as with a hub that accepts."""
    with replacing(backup, private, config_file) as found:
        return found


def learned_by(config: NodeConfig) -> dict[str, msgspec.Struct]:
    """Return what a node goes on from."""
    with Outbox(NodePlace(config.state_dir).outbox) as outbox:
        state = outbox.state()
    return {k: msgspec.msgpack.decode(v, type=type(LEARNED[k])) for k, v in state.items()}


def moved_away(file: Path) -> None:
    """The old machine is gone; the spare one has nothing in the place of its state."""
    (file.parent / "state").rename(file.parent / "gone")


def test_zones_consents_and_what_was_learned_come_back_and_nothing_else(
    old: Path, tmp_path: Path
) -> None:
    private, public = sealing.made_pair()
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    assert made.name == "node-n-12-20261130T030000Z.age"
    assert made.stat().st_mode & 0o777 == 0o600
    moved_away(old)
    spare = tmp_path / "spare" / "node.yaml"
    contents, config = replaced(made, private, spare)
    assert spare.read_text() == old.read_text(), "comments included"
    assert (contents.node, contents.rooms, contents.made) == ("n-12", ["r12"], NOW.isoformat())
    assert SwitchBoard(config.state_dir).read().purposes == {"r12": {Purpose.VITALS: True}}
    assert learned_by(config) == LEARNED
    assert not (config.state_dir / keys.NODE_KEY).exists(), "the spare gets a key of its own"
    assert [path.name for path in spare.parent.iterdir()] == ["node.yaml"]


def test_a_part_that_cannot_be_read_costs_no_other(old: Path, tmp_path: Path) -> None:
    private, public = sealing.made_pair()
    with Outbox(NodePlace(load_node(old).state_dir).outbox) as outbox:
        outbox.commit([], {**STATE, "voice/r12": b"\xc1"})
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    moved_away(old)
    _, config = replaced(made, private, tmp_path / "spare" / "node.yaml")
    assert learned_by(config) == {k: v for k, v in LEARNED.items() if not k.startswith("voice")}


def test_of_an_older_backup_only_what_was_learned_is_taken(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds who was out of bed, in the wet room or called as it was taken, days ago."""
    private, public = sealing.made_pair()
    with monkeypatch.context() as before:
        before.setattr(backups, "learned", lambda _, data: data)
        made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    moved_away(old)
    _, config = replaced(made, private, tmp_path / "spare" / "node.yaml")
    assert learned_by(config) == LEARNED


def test_the_hub_is_told_which_rooms_another_machine_serves(old: Path) -> None:
    config = load_node(old)
    announce(config)
    told = [notice.event for _, notice in NoticeBoard(config.state_dir).waiting()]
    assert [(one.act, one.room) for one in told if isinstance(one, NodeWizard)] == [
        (WizardAct.REPLACED, "r12")
    ]


def test_a_machine_that_is_a_node_is_not_replaced(old: Path, tmp_path: Path) -> None:
    private, public = sealing.made_pair()
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    with pytest.raises(UsageError, match="expected no node there"):
        replaced(made, private, old)
    with Outbox(NodePlace(load_node(old).state_dir).outbox) as outbox:
        assert outbox.state() == STATE


def test_another_nodes_configuration_is_not_taken(old: Path, tmp_path: Path) -> None:
    private, public = sealing.made_pair()
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    spare = tmp_path / "node.yaml"
    spare.write_text(old.read_text().replace("n-12", "n-13"))
    with pytest.raises(UsageError, match="expected the configuration of lindenhof/n-12"):
        replaced(made, private, spare)


def test_another_sites_key_opens_nothing(old: Path, tmp_path: Path) -> None:
    _, public = sealing.made_pair()
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    with pytest.raises(UsageError, match="sealed for this key"):
        replaced(made, sealing.made_pair()[0], tmp_path / "spare" / "node.yaml")
    assert not (tmp_path / "spare").exists()


def archive(**files: bytes) -> bytes:
    return sealing.archive({name.replace("_", "."): data for name, data in files.items()})


def outside() -> bytes:
    """A tar archive with a path that leads out of the folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("../node.yaml")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    return made.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no archive", id="no archive"),
        pytest.param(archive(node_yaml=b"site: x"), id="parts missing"),
        pytest.param(outside(), id="a path that leads outside"),
        pytest.param(
            archive(
                node_yaml=b"",
                switches_json=b"[]",
                learned_msgpack=b"",
                contents_json=msgspec.json.encode({"site": 1}),
            ),
            id="garbled",
        ),
    ],
)
def test_what_is_no_backup_is_refused_and_leaves_nothing(data: bytes, tmp_path: Path) -> None:
    private, public = sealing.made_pair()
    sealed = tmp_path / "node.age"
    sealed.write_bytes(pyrage.encrypt(data, [sealing.recipient_of(public)]))
    with pytest.raises(AmbientError, match="backup"):
        replaced(sealed, private, tmp_path / "spare" / "node.yaml")
    assert not (tmp_path / "spare").exists()


def test_a_flipped_byte_is_found(old: Path, tmp_path: Path) -> None:
    private, public = sealing.made_pair()
    made = back_up(load_node(old), old, tmp_path / "backups", public, NOW)
    data = bytearray(made.read_bytes())
    data[-40] ^= 1
    made.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        replaced(made, private, tmp_path / "spare" / "node.yaml")
