"""node.yaml: what beds, wet rooms and rooms are watched for, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import load_node
from ambient.errors import ConfigError

HEAD = """\
site: lindenhof
node: n-1
time_zone: Europe/Berlin
gateways: {mqtt: {host: 127.0.0.1, port: 1883, tls: off}}
rooms:
  - id: r1
    cameras:
      - id: c1
        source: rtsp://camera/stream
        zones: [{kind: bed, bed: r1-a, polygon: [[0, 0], [1, 0], [1, 1]]}]
"""
BEDS = "    beds: [{id: r1-a, subject: s-aaaa}]\n"
SENSORS = """\
    sensors:
      - {id: door, device: d1, kind: door}
      - {id: radar, device: d2, kind: presence}
      - {id: cord, device: d3, kind: cord}
"""


def written(tmp_path: Path, text: str) -> Path:
    """Return a file with this text."""
    path = tmp_path / "node.yaml"
    path.write_text(text)
    return path


def test_all_is_off_unless_asked_for(tmp_path: Path) -> None:
    room = load_node(written(tmp_path, HEAD + BEDS)).rooms[0]
    assert not room.beds[0].watch.on
    assert room.wet_rooms == []
    assert (room.watch.no_movement_min, room.watch.inactive, room.watch.wandering) == (
        None,
        False,
        False,
    )


def test_what_is_asked_for_is_on(tmp_path: Path) -> None:
    beds = (
        "    beds: [{id: r1-a, watch: {edge: on, exit: on, not_back_min: 15, "
        "night: 21:00-06:30}}]\n"
    )
    wet = "    wet_rooms: [{id: bath, sensors: [door, radar], most_min: 25}]\n"
    watch = "    watch: {no_movement_min: 60, wandering: on}\n"
    room = load_node(written(tmp_path, HEAD + beds + SENSORS + wet + watch)).rooms[0]
    assert (room.beds[0].watch.edge, room.beds[0].watch.not_back_min) == (True, 15)
    assert room.wet_rooms[0].most_min == 25
    assert room.watch.wandering


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD.replace("time_zone: Europe/Berlin\n", "")
            + "    beds: [{id: r1-a, watch: {edge: on}}]\n",
            "time_zone: expected the time zone of the site, as rooms[0].beds[0].watch.night goes "
            "by its clock, got nothing; add this key, like time_zone: Europe/Berlin",
        ),
        (
            HEAD + "    beds: [{id: r1-a, watch: {edge: on, night: 9pm-6am}}]\n",
            "rooms[0].beds[0].watch.night: expected hours of the clock like 21:00-06:30, got "
            "'9pm-6am'",
        ),
        (
            HEAD + "    beds: [{id: r1-a, watch: {not_back_min: 0}}]\n",
            "rooms[0].beds[0].watch.not_back_min: expected a whole number from 1 to 240, got 0",
        ),
        (
            HEAD + "    beds: [{id: r1-a}, {id: r1-b, watch: {edge: on}}]\n",
            "rooms[0].beds[1].watch: expected a camera's zone of kind bed, a bed sensor or a mat "
            "that names bed 'r1-b', got none; nothing could tell",
        ),
        (
            HEAD + BEDS + SENSORS + "    wet_rooms: [{id: bath, sensors: [cord]}]\n",
            "rooms[0].wet_rooms[0].sensors[0]: expected a door, presence or passive_infrared "
            "sensor of this room (door, radar), got 'cord'",
        ),
        (
            HEAD + BEDS + "    wet_rooms: [{id: bath}]\n",
            "rooms[0].wet_rooms[0]: expected sensors, or a door that a camera sees, got neither; "
            "nothing could tell",
        ),
        (
            HEAD
            + BEDS
            + "    wet_rooms: [{id: b, door: {camera: c2, polygon: [[0, 0], [1, 0], [1, 1]]}}]\n",
            "rooms[0].wet_rooms[0].door.camera: expected a camera of this room (c1), got 'c2'",
        ),
        (
            HEAD
            + BEDS
            + "    wet_rooms: [{id: b, door: {camera: c1, polygon: [[0, 0], [1, 0], [2, 1]]}}]\n",
            "rooms[0].wet_rooms[0].door.polygon[2]: expected x and y from 0 to 1, got [2, 1]",
        ),
        (
            HEAD + BEDS + SENSORS + "    wet_rooms: [{id: b, sensors: [door]}, "
            "{id: b, sensors: [radar]}]\n",
            "rooms[0].wet_rooms[1].id: expected an id used once, got 'b' again",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_node(written(tmp_path, text))
    assert str(refused.value).endswith(said)
