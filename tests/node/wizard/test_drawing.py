"""Areas into node.yaml: comments and order kept, refused where it would no longer work."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml

from ambient.config import Bed, NodeConfig, Room, load_node
from ambient.config_cameras import Camera, Mount, Zone
from ambient.doctor.findings import Level
from ambient.doctor.zones import zones as doctor_zones
from ambient.errors import AmbientError, StoreError, UsageError
from ambient.events import Area, Coverage, Light, Purpose
from ambient.node.wizard.drawing import Drawn, Missing, areas_of, hang, missing, owned, save
from ambient.node.wizard.record import Certificate, certify, senses_of
from ambient.node.wizard.record import Missing as Gone
from ambient.node.wizard.walk import Judged, asked
from ambient.observations import Place

TEXT = """\
# written by the installer
site: lindenhof
node: n-12
state_dir: "/tmp/n-12"   # short, for the sockets
rooms:
  - id: r12
    beds: [{id: r12-a, subject: s-4f2a}]
    cameras:
      - id: c1
        source: rtsp://camera-12/stream   # by the window
        fps: 10
        zones: [{kind: sofa, polygon: [[0, 0], [0.2, 0], [0.2, 0.3]]}]
      - id: c2
        source: rtsp://camera-13/stream
"""
SQUARE = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4)]
BOW = [(0.1, 0.1), (0.4, 0.4), (0.4, 0.1), (0.1, 0.4)]


def drawn(area: Area, polygon: list[tuple[float, float]] = SQUARE, bed: str | None = None) -> Drawn:
    return Drawn(area=area, polygon=polygon, bed=bed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node.yaml"
    path.write_text(TEXT)
    path.chmod(0o640)
    return path


def test_areas_come_back_and_comments_stay(file: Path) -> None:
    before = load_node(file)
    areas = [
        drawn(Area.BED, bed="r12-a"),
        drawn(Area.PERMITTED, [(0.5, 0.5), (0.7, 0.5), (0.7, 0.7)], bed="r12-a"),
        drawn(Area.MASK, [(0.8, 0.8), (0.9, 0.8), (0.9, 0.9)]),
        drawn(Area.WET_ROOM, [(0.9, 0.1), (1.0, 0.1), (1.0, 0.5)]),
    ]
    config = save(file, "r12", "c1", areas)
    assert config.version != before.version
    assert config == load_node(file)
    room = config.rooms[0]
    assert areas_of(room, room.cameras[0]) == areas
    assert areas_of(room, room.cameras[1]) == []
    text = file.read_text()
    for kept in ("# written by the installer", '"/tmp/n-12"   # short', "# by the window"):
        assert kept in text
    assert list(yaml.safe_load(text)) == list(yaml.safe_load(TEXT))
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["node.yaml"]


def test_how_a_camera_hangs_is_written_and_what_is_drawn_stays(file: Path) -> None:
    before = load_node(file)
    config = hang(file, "r12", "c1", Mount.CEILING)
    assert config == load_node(file)
    assert config.version != before.version
    first, second = config.rooms[0].cameras
    assert (first.mount, second.mount) == (Mount.CEILING, Mount.WALL)
    assert first.zones == before.rooms[0].cameras[0].zones
    assert "# by the window" in file.read_text()
    drawn_below = save(file, "r12", "c1", [drawn(Area.SOFA)])
    assert drawn_below.rooms[0].cameras[0].mount is Mount.CEILING
    assert hang(file, "r12", "c1", Mount.WALL).rooms[0].cameras[0].mount is Mount.WALL


def test_nothing_drawn_takes_everything_away_and_leaves_the_rest(file: Path) -> None:
    save(file, "r12", "c1", [drawn(Area.MASK), drawn(Area.WET_ROOM)])
    config = save(file, "r12", "c1", [])
    assert config.rooms[0].cameras[0].zones == []
    assert config.rooms[0].cameras[0].mask == []
    assert config.rooms[0].wet_rooms == []
    assert config.rooms[0].cameras[0].fps == 10


def test_a_wet_room_keeps_its_sensors_when_its_door_goes(file: Path) -> None:
    more = """\
    sensors: [{id: d1, kind: door, device: d1}]
    wet_rooms: [{id: bath-left, sensors: [d1], most_min: 20}]
"""
    ways = "gateways: {mqtt: {host: 127.0.0.1, port: 1883, tls: off}}\n"
    file.write_text(TEXT.replace("rooms:", f"{ways}rooms:") + more)
    with_door = save(file, "r12", "c2", [drawn(Area.WET_ROOM)]).rooms[0].wet_rooms[0]
    assert (with_door.id, with_door.most_min) == ("bath-left", 20)
    assert with_door.door is not None
    without = save(file, "r12", "c2", []).rooms[0].wet_rooms[0]
    assert (without.sensors, without.door) == (["d1"], None)


@pytest.mark.parametrize(
    ("areas", "why"),
    [
        pytest.param([drawn(Area.BED, BOW)], "sides that do not cross", id="crossed"),
        pytest.param(
            [drawn(Area.BED, [(0.1, 0.1), (0.1, 0.1), (0.101, 0.1)])], "a larger area", id="a spot"
        ),
        pytest.param(
            [drawn(Area.BED, [(0.1, 0.1), (1.2, 0.1), (0.5, 0.5)])], "inside the picture", id="out"
        ),
        pytest.param([drawn(Area.BED, bed="r13-a")], "a bed of this room", id="another's bed"),
        pytest.param([drawn(Area.SOFA, bed="r12-a")], "a bed of this room", id="no bed"),
        pytest.param(
            [drawn(Area.WET_ROOM), drawn(Area.WET_ROOM)], "one door of a wet room", id="two doors"
        ),
    ],
)
def test_what_is_refused_leaves_the_file_as_it_is(file: Path, areas: list[Drawn], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        save(file, "r12", "c1", areas)
    assert file.read_text() == TEXT


def test_a_file_that_cannot_be_written_stays_and_says_whose_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise StoreError(f"{path}: cannot be written (Permission denied)")

    monkeypatch.setattr("ambient.node.wizard.drawing.write_atomically", refuse)
    with pytest.raises(StoreError, match="as the owner of this file"):
        save(file, "r12", "c1", [drawn(Area.BED)])
    assert file.read_text() == TEXT


def test_an_area_that_the_configuration_depends_on_is_not_taken_away(file: Path) -> None:
    """A bed that is watched for exits needs its zone."""
    watched = TEXT.replace("subject: s-4f2a}", "subject: s-4f2a, watch: {exit: true}}")
    file.write_text(watched.replace("node: n-12", "node: n-12\ntime_zone: Europe/Berlin"))
    file.write_text(file.read_text().replace("kind: sofa", "kind: bed"))
    kept = file.read_text()
    with pytest.raises(AmbientError, match="nothing could tell"):
        save(file, "r12", "c1", [])
    assert file.read_text() == kept
    assert [path.name for path in file.parent.iterdir()] == ["node.yaml"]


def beds(count: int) -> Room:
    """Return a room of two cameras with so many beds; the second camera has a sofa."""
    sofa = Zone(kind=Place.SOFA, polygon=SQUARE)
    return Room(
        id="r12",
        beds=[Bed(id=f"r12-{letter}") for letter in "ab"[:count]],
        cameras=[
            Camera(id="c1", source="rtsp://camera/one"),
            Camera(id="c2", source="rtsp://camera/two", zones=[sofa]),
        ],
    )


@pytest.mark.parametrize(
    ("count", "owners", "ownerless", "undrawn"),
    [
        pytest.param(0, [None], [], [], id="no bed is known: nothing is missing"),
        pytest.param(1, [], [], ["r12-a"], id="nothing drawn"),
        pytest.param(1, [None], [], [], id="the only bed needs no owner"),
        pytest.param(2, ["r12-a", "r12-b"], [], [], id="both drawn"),
        pytest.param(2, ["r12-a"], [], ["r12-b"], id="one drawn"),
        pytest.param(2, ["r12-a", None], [2], ["r12-b"], id="the second is nobody's"),
        pytest.param(2, [None, None], [1, 2], ["r12-a", "r12-b"], id="both are nobody's"),
    ],
)
def test_what_is_missing_is_said_and_counted_alike_by_wizard_doctor_and_certificate(
    count: int, owners: list[str | None], ownerless: list[int], undrawn: list[str]
) -> None:
    room = beds(count)
    areas = [drawn(Area.BED, bed=owner) for owner in owners] + [drawn(Area.SOFA)]
    assert missing(areas, room, "c1") == Missing(ownerless=ownerless, undrawn=undrawn)
    zones = [Zone(kind=Place.BED, polygon=SQUARE, bed=owner) for owner in owners]
    cameras = [msgspec.structs.replace(room.cameras[0], zones=zones), room.cameras[1]]
    saved = msgspec.structs.replace(room, cameras=cameras)
    config = NodeConfig(site="lindenhof", node="n-12", rooms=[saved])
    said = [one.check for one in doctor_zones(config) if one.level is Level.WARNING]
    assert said == [f"bed r12/{bed}" for bed in undrawn]
    made = certificate(config, saved)
    gaps = [gap.what for gap in made.not_covered if gap.missing is Gone.NO_BED_DRAWN]
    assert gaps == undrawn
    assert made.complete is (not undrawn)


def certificate(config: NodeConfig, room: Room) -> Certificate:
    """Return the certificate of a room in which every station was covered, by day and at night."""
    stations = asked(senses_of(room, sounds=False))
    walked = {
        (station, light): Judged(station=station, covered=Coverage.YES, verdicts=[])
        for station in stations
        for light in Light
    }
    return certify(
        config,
        room,
        walked,
        key="F-P",
        software="0",
        by="A",
        made=datetime(2026, 11, 30, tzinfo=UTC),
        short=False,
        on={Purpose.FALLS: True},
    )


@pytest.mark.parametrize(
    ("count", "owner", "named"),
    [(1, None, "r12-a"), (1, "r12-a", "r12-a"), (0, None, None), (2, None, None)],
)
def test_the_only_bed_is_named_by_itself(count: int, owner: str | None, named: str | None) -> None:
    areas = [drawn(Area.BED, bed=owner), drawn(Area.PERMITTED), drawn(Area.MASK)]
    assert [one.bed for one in owned(areas, beds(count))] == [named, None, None]


def test_of_several_beds_none_is_saved_without_its_owner(file: Path) -> None:
    two = TEXT.replace("subject: s-4f2a}", "subject: s-4f2a}, {id: r12-b}")
    file.write_text(two)
    with pytest.raises(
        UsageError, match=r"area 2 \(Bed\): expected whose bed it is \(r12-a, r12-b\)"
    ):
        save(file, "r12", "c1", [drawn(Area.SOFA), drawn(Area.BED)])
    assert file.read_text() == two
