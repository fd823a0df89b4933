"""What a nurse set for a bed, laid over the file: as a table, and as a command to a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient import commands
from ambient.commands import BedCare, SetCare
from ambient.config import Bed, NodeConfig, Room, load_node
from ambient.config_cameras import Camera, Zone
from ambient.config_watch import BedWatch
from ambient.errors import ConfigError
from ambient.events import Outcome
from ambient.node import running as module
from ambient.node.care import in_force, load_in_force, with_care
from ambient.node.clock import NS
from ambient.node.desk import CommandDesk
from ambient.node.switches import SwitchBoard, Switches
from ambient.observations import Place

T = 1_000_000 * NS
SQUARE = [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5)]
FILE = """
site: s
node: n-1
state_dir: {state}
time_zone: Europe/Berlin
rooms:
  - id: r1
    beds: [{{id: a, watch: {{exit: true}}}}, {{id: b}}]
    cameras:
      - id: c1
        source: clip.mp4
        zones:
          - {{kind: bed, bed: a, polygon: [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}}
          - {{kind: permitted, polygon: [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]}}
"""


def room(*zones: Zone, watch: BedWatch | None = None) -> NodeConfig:
    """Return a room with two beds, of which the first is drawn."""
    drawn = [Zone(kind=Place.BED, polygon=SQUARE, bed="a"), *zones]
    beds = [Bed(id="a", watch=watch or BedWatch()), Bed(id="b")]
    cameras = [Camera(id="c1", source="clip.mp4", zones=drawn)]
    return NodeConfig(
        site="s",
        node="n-1",
        time_zone="Europe/Berlin",
        rooms=[Room(id="r1", beds=beds, cameras=cameras), Room(id="r2")],
    )


def mat(bed: str | None = None) -> Zone:
    return Zone(kind=Place.PERMITTED, polygon=SQUARE, bed=bed)


@pytest.mark.parametrize(
    ("care", "before", "after"),
    [
        pytest.param(BedCare(), BedWatch(exit=True), BedWatch(exit=True), id="as the file says"),
        pytest.param(BedCare(exit_min=0), BedWatch(), BedWatch(exit=True), id="at once"),
        pytest.param(
            BedCare(exit_min=0),
            BedWatch(not_back_min=20),
            BedWatch(exit=True, not_back_min=20),
            id="at once, and again when not back",
        ),
        pytest.param(
            BedCare(exit_min=9),
            BedWatch(exit=True, edge=True),
            BedWatch(edge=True, not_back_min=9),
            id="after minutes, not at once",
        ),
    ],
)
def test_when_leaving_the_bed_rings(care: BedCare, before: BedWatch, after: BedWatch) -> None:
    found = with_care(room(watch=before), "r1", "a", {"a": care})
    assert found.rooms[0].beds[0].watch == after


def test_the_scale_of_oxygen() -> None:
    found = with_care(room(), "r1", "b", {"b": BedCare(saturation_scale=2)})
    assert [bed.saturation_scale for bed in found.rooms[0].beds] == [1, 2]


@pytest.mark.parametrize(
    ("whose", "known", "permitted"),
    [
        pytest.param(None, {}, True, id="nobody said anything: as drawn"),
        pytest.param(None, {"a": False}, False, id="no bed permits it"),
        pytest.param(None, {"a": False, "b": True}, True, id="one bed of the room permits it"),
        pytest.param("a", {"a": True}, True, id="its own bed permits it"),
        pytest.param("a", {"a": False, "b": True}, False, id="another bed permits its own"),
    ],
)
def test_lying_on_a_mat_is_permitted_while_a_nurse_says_so(
    whose: str | None, known: dict[str, bool], permitted: bool
) -> None:
    care = {bed: BedCare(permitted=yes) for bed, yes in known.items()}
    found = in_force(room(mat(whose)), Switches(care={"r1": care}))
    place = found.rooms[0].cameras[0].zones[1].kind
    assert place is (Place.PERMITTED if permitted else Place.FLOOR)


@pytest.mark.parametrize(
    ("where", "bed", "care"),
    [
        pytest.param("r9", "a", BedCare(), id="no such room"),
        pytest.param("r1", "c", BedCare(), id="no such bed"),
        pytest.param("r1", "b", BedCare(exit_min=5), id="nothing watches this bed"),
    ],
)
def test_what_nothing_there_could_do_is_refused_and_stops_no_node(
    where: str, bed: str, care: BedCare
) -> None:
    with pytest.raises(ConfigError):
        with_care(room(), where, bed, {bed: care})
    kept = Switches(care={where: {bed: care, "a": BedCare(saturation_scale=2)}})
    assert in_force(room(), kept).rooms[0].beds[1] == room().rooms[0].beds[1]


def test_a_desk_follows_refuses_and_says_when_it_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "node.yaml"
    file.write_text(FILE.format(state=tmp_path))
    signalled: list[int] = []
    monkeypatch.setattr(module, "supervisor_pid", lambda _: 77)
    monkeypatch.setattr(module.os, "kill", lambda pid, _: signalled.append(pid))

    def desk() -> CommandDesk:
        return CommandDesk(file, load_in_force(file), tmp_path / "run", running=True)

    def given(bed: str, care: BedCare) -> SetCare:
        return SetCare(
            id=commands.new_id(),
            node="n-1",
            issued=T,
            expires=T + NS,
            room="r1",
            bed=bed,
            care=care,
        )

    first = desk()
    assert first.handle(given("z", BedCare()), T) is Outcome.REFUSED
    assert first.handle(given("b", BedCare(exit_min=5)), T) is Outcome.REFUSED
    assert SwitchBoard(tmp_path).read().care == {}
    wanted = given("a", BedCare(permitted=True, exit_min=5))
    assert first.handle(wanted, T) is None, "the workers have not started anew yet"
    assert signalled == [77]
    second = desk()
    assert second.handle(wanted, T + NS) is Outcome.ALREADY
    assert signalled == [77]
    config = load_in_force(file)
    assert config.rooms[0].beds[0].watch == BedWatch(not_back_min=5)
    assert config.version != load_node(file).version
    use = commands.UseConfiguration(
        id=commands.new_id(), node="n-1", issued=T, expires=T + NS, version=config.version
    )
    assert second.handle(use, T) is Outcome.APPLIED
