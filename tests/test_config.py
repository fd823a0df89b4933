"""node.yaml and hub.yaml: what is refused, and what the error says of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ambient.config import HubConfig, NodeConfig, load_hub, load_node
from ambient.config_cameras import Night
from ambient.config_errors import SHOWN
from ambient.config_yaml import MAX_BYTES
from ambient.errors import ConfigError
from ambient.events import Purpose
from ambient.observations import Place

KEY = "k" * 40
NAME = "a name of 1 to 32 lower-case letters, digits and inner hyphens"
NODE = """\
site: lindenhof
node: n-12
rooms:
  - id: r12
    cameras:
      - {id: c1, source: "rtsp://anna:secret@camera/stream"}
      - id: c2
        source: /dev/video0
"""
HUB = "site: lindenhof\n"


def load(folder: Path, text: str | bytes, loader: Callable[[Path], object] = load_node) -> object:
    path = folder / "given.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return loader(path)


def refusal(folder: Path, text: str | bytes, loader: Callable[[Path], object] = load_node) -> str:
    """Return the error without the file's name, with which every one must begin."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text, loader)
    said = str(caught.value)
    name = f"{folder / 'given.yaml'}: "
    assert said.startswith(name), said
    assert "\n" not in said
    assert "secret" not in said, "an error never repeats a password"
    return said.removeprefix(name)


def with_camera(more: str) -> str:
    """Return the file with more keys of the second camera."""
    return f"{NODE}        {more}\n"


def with_room(more: str) -> str:
    """Return the file with more keys of the room."""
    return f"{NODE}    {more}\n"


CAMERA = "rooms[0].cameras[1]"
CAMERA_KEYS = "id, source, fps, night, mount, people, mask, zones"

NODE_CASES = {
    # numbers
    "below its range": (with_camera("fps: 0"), f"{CAMERA}.fps: expected 1 to 30, got 0"),
    "above its range": (with_camera("fps: 31"), f"{CAMERA}.fps: expected 1 to 30, got 31"),
    "not a number": (with_camera("fps: .nan"), f"{CAMERA}.fps: expected 1 to 30, got nan"),
    "endless": (with_camera("fps: .inf"), f"{CAMERA}.fps: expected 1 to 30, got inf"),
    "text for a number": (with_camera("fps: fast"), f"{CAMERA}.fps: expected 1 to 30, got 'fast'"),
    "a part of a person": (
        with_camera("people: 1.5"),
        f"{CAMERA}.people: expected a whole number from 1 to 6, got 1.5",
    ),
    "yes for a number": (
        with_camera("people: yes"),
        f"{CAMERA}.people: expected a whole number from 1 to 6, got yes or no (on, off, yes, no, "
        "true and false mean that in YAML)",
    ),
    "nested range": (
        f"{NODE}outbox: {{max_rows: 1}}\n",
        "outbox.max_rows: expected a whole number from 100 to 10000000, got 1",
    ),
    "a number of 400 digits": (
        f"{NODE}frozen_s: {'9' * 400}\n",
        f"frozen_s: expected 2 to 600, got {'9' * (SHOWN - 3)}...",
    ),
    # words
    "a word of a list": (
        with_camera("night: moonlight"),
        f"{CAMERA}.night: expected one of infrared, light, not_watched, got 'moonlight'",
    ),
    "an unknown purpose": (
        with_room("purposes: {falls: on, fals: on}"),
        "rooms[0].purposes.fals: expected one of falls, sounds, voice, recognise_voice, "
        "vitals, research, got 'fals'",
    ),
    "a purpose that is neither on nor off": (
        with_room("purposes: {falls: on, sounds: 3}"),
        "rooms[0].purposes.sounds: expected on or off, got 3",
    ),
    "a purpose without a value": (
        with_room("purposes: {falls: }"),
        "rooms[0].purposes.falls: expected on or off, got nothing",
    ),
    "an unknown kind of zone": (
        with_camera("zones: [{kind: bath, polygon: [[0, 0], [1, 0], [1, 1]]}]"),
        f"{CAMERA}.zones[0].kind: expected one of floor, bed, sofa, chair, permitted, unknown, "
        "got 'bath'",
    ),
    # names
    "capitals and blanks": (
        NODE.replace("n-12", "Node 12"),
        f"node: expected {NAME}, got 'Node 12'",
    ),
    "a line break at the end": (
        NODE.replace("node: n-12", 'node: "n-12\\n"'),
        f"node: expected {NAME}, got 'n-12\\n'",
    ),
    "a path": (NODE.replace("n-12", "../n"), f"node: expected {NAME}, got '../n'"),
    "33 letters": (NODE.replace("n-12", "n" * 33), f"node: expected {NAME}, got '{'n' * 33}'"),
    "a number for a name": (
        NODE.replace("id: r12", "id: 12"),
        f"rooms[0].id: expected {NAME}, got 12; write it in quotes",
    ),
    "a date for a name": (
        NODE.replace("id: r12", "id: 2026-01-02"),
        f"rooms[0].id: expected {NAME}, got datetime.date(2026, 1, 2); write it in quotes",
    ),
    "a person's name for a pseudonym": (
        with_room("beds: [{id: a, subject: anna}]"),
        "rooms[0].beds[0].subject: expected a pseudonym: s- and 4 to 16 hexadecimal digits, got "
        "'anna'",
    ),
    "another kind of address": (
        f'{NODE}hub: {{address: "http://hub", key: {KEY}}}\n',
        "hub.address: expected an address like tcp://10.0.0.5:7440, got 'http://hub'",
    ),
    "half a key": (
        f'{NODE}hub: {{address: "tcp://10.0.0.5:7440", key: abc}}\n',
        "hub.key: expected a public key of 40 characters, got 'abc'",
    ),
    "an empty source": (
        NODE.replace("/dev/video0", '""'),
        f"{CAMERA}.source: expected text of 1 to 1000 characters, got ''",
    ),
    "a path that is a number": (
        f"{NODE}models: {{dir: 7}}\n",
        "models.dir: expected a path, got 7",
    ),
    "a path with a null": (
        f'{NODE}state_dir: "a\\0b"\n',
        "state_dir: expected a path, got 'a\\x00b'",
    ),
    # shapes
    "nothing at all": ("", "expected keys and values, got nothing"),
    "a list at the top": ("- 1\n", "expected keys and values, got [1]"),
    "a word at the top": ("hello\n", "expected keys and values, got 'hello'"),
    "no rooms": (
        "site: s\nnode: n\nrooms: []\n",
        "rooms: expected a list of 1 to 16 entries, got []",
    ),
    "too many rooms": (
        "site: s\nnode: n\nrooms:\n" + "".join(f"  - id: r{i}\n" for i in range(17)),
        "rooms: expected a list of 1 to 16 entries, got a list of 17",
    ),
    "rooms as keys": (
        "site: s\nnode: n\nrooms: {r12: 1}\n",
        "rooms: expected a list of 1 to 16 entries, got keys and values (1)",
    ),
    "a word for a section": (
        f"{NODE}falls: soon\n",
        "falls: expected keys and values (confirm_s, long_lie_s, recover_s, unfelt_s), got 'soon'",
    ),
    "an empty section": (
        f"{NODE}falls:\n",
        "falls: expected keys and values (confirm_s, long_lie_s, recover_s, unfelt_s), got nothing",
    ),
    "words that call, none of them": (
        f"{NODE}sounds: {{words: []}}\n",
        "sounds.words: expected a list of 1 to 100 entries, got []",
    ),
    "a word for a list": (
        with_camera("mask: left"),
        f"{CAMERA}.mask: expected a list of 0 to 32 entries, got 'left'",
    ),
    "a polygon of two points": (
        with_camera("mask: [[[0, 0], [1, 1]]]"),
        f"{CAMERA}.mask[0]: expected a list of 3 to 64 entries, got [[0, 0], [1, 1]]",
    ),
    "a point of one number": (
        with_camera("mask: [[[0, 0], [1, 1], [1]]]"),
        f"{CAMERA}.mask[0][2]: expected a list of 2 numbers, got [1]",
    ),
    "a point in words": (
        with_camera("mask: [[[0, 0], [1, 1], [1, left]]]"),
        f"{CAMERA}.mask[0][2][1]: expected a number, got 'left'",
    ),
    "a microphone that is only a name": (
        with_room("microphones: [mic-1]"),
        "rooms[0].microphones[0]: expected keys and values (id, source), got 'mic-1'",
    ),
    "a microphone without a source": (
        with_room("microphones: [{id: m1}]"),
        "rooms[0].microphones[0].source: expected a value, got nothing; add this key",
    ),
    "too many microphones": (
        with_room("microphones: [" + "{id: m, source: mic}, " * 5 + "]"),
        "rooms[0].microphones: expected a list of 0 to 4 entries, got a list of 5",
    ),
    "two microphones of one name": (
        with_room('microphones: [{id: m1, source: "mic:0"}, {id: m1, source: "mic:1"}]'),
        "rooms[0].microphones[1].id: expected an id used once, got 'm1' again",
    ),
    "a microphone with a camera's name": (
        with_room("microphones: [{id: c1, source: mic}]"),
        "rooms[0].microphones[0].id: expected an id used once, got 'c1' again",
    ),
    "a microphone's key mistyped": (
        with_room("microphones: [{id: m1, sauce: mic}]"),
        "rooms[0].microphones[0].sauce: expected one of id, source, got an unknown key; "
        "did you mean source?",
    ),
    # keys
    "a key mistyped": (
        with_camera("fpz: 3"),
        f"{CAMERA}.fpz: expected one of {CAMERA_KEYS}, got an unknown key; did you mean fps?",
    ),
    "a key unheard of": (
        f"{NODE}cloud: on\n",
        "cloud: expected one of site, node, hub, state_dir, models, rooms, falls, sounds, privacy, "
        "contact, outbox, gateways, research_use, recording, frozen_s, time_zone, got an unknown "
        "key; remove or correct it",
    ),
    "a number for a key": (f"{NODE}1: 2\n", "1: expected text, got 1; write it in quotes"),
    "a key is missing": (
        NODE.replace("site: lindenhof\n", ""),
        "site: expected a value, got nothing; add this key",
    ),
    "a nested key is missing": (
        NODE.replace("id: c2\n        ", ""),
        f"{CAMERA}.id: expected a value, got nothing; add this key",
    ),
    "the password stands where it may not": (
        NODE.replace("source: /dev/video0", "source: [rtsp://anna:secret@camera]"),
        f"{CAMERA}.source: expected text of 1 to 1000 characters, got ['rtsp://***@camera']",
    ),
    # across keys
    "two rooms of one name": (
        f"{NODE}  - id: r12\n",
        "rooms[1].id: expected an id used once, got 'r12' again",
    ),
    "two cameras of one name": (
        NODE.replace("id: c2", "id: c1"),
        f"{CAMERA}.id: expected an id used once, got 'c1' again",
    ),
    "two beds of one name": (
        with_room("beds: [{id: a}, {id: b}, {id: a}]"),
        "rooms[0].beds[2].id: expected an id used once, got 'a' again",
    ),
    "a zone of a bed that is not there": (
        with_camera("zones: [{kind: bed, bed: r12-b, polygon: [[0, 0], [1, 0], [1, 1]]}]")
        + "    beds: [{id: r12-a}]\n",
        f"{CAMERA}.zones[0].bed: expected a bed of this room (r12-a), got 'r12-b'",
    ),
    "a zone of a bed where none is": (
        with_camera("zones: [{kind: bed, bed: a, polygon: [[0, 0], [1, 0], [1, 1]]}]"),
        f"{CAMERA}.zones[0].bed: expected a bed of this room (none), got 'a'",
    ),
    "a point outside the picture": (
        with_camera("mask: [[[0, 0], [1, 1], [640, 0]]]"),
        f"{CAMERA}.mask[0][2]: expected x and y from 0 to 1, got [640, 0]",
    ),
    "a point nowhere": (
        with_camera("mask: [[[0, 0], [1, 1], [.nan, 0]]]"),
        f"{CAMERA}.mask[0][2]: expected x and y from 0 to 1, got [nan, 0]",
    ),
    "a long lie before the fall": (
        f"{NODE}falls: {{confirm_s: 20, long_lie_s: 15}}\n",
        "falls.long_lie_s: expected more than falls.confirm_s (20), got 15",
    ),
    # YAML
    "a key twice": (
        f"{NODE}node: n-13\n",
        "expected YAML, got something else: line 9, column 1: expected each key once, got 'node' "
        "again",
    ),
    "a key of a section twice": (
        f"{NODE}falls: {{confirm_s: 4, confirm_s: 8}}\n",
        "expected YAML, got something else: line 9, column 23: expected each key once, got "
        "'confirm_s' again",
    ),
    "a reference": (
        NODE.replace("site: lindenhof", "site: &a lindenhof").replace("n-12", "*a"),
        "expected YAML, got something else: line 2, column 7: expected values, got a reference "
        "(*name); write the value out",
    ),
    "a python object": (
        f"{NODE}falls: !!python/object/apply:os.system [id]\n",
        "expected YAML, got something else: line 9, column 8: could not determine a constructor "
        "for the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
    ),
    "a tab": (
        "site:\n\t- x\n",
        "expected YAML, got something else: line 2, column 1: found character '\\t' that cannot "
        "start any token",
    ),
    "a list as a key": (
        f"{NODE}? [a]\n: b\n",
        "expected YAML, got something else: line 9, column 3: found unhashable key",
    ),
    "two documents": (
        f"{NODE}---\n{NODE}",
        "expected YAML, got something else: line 9, column 1: but found another document",
    ),
    "not UTF-8": (
        NODE.encode().replace(b"lindenhof", b"b\xfccherhof"),
        "expected YAML, got something else: position 7: invalid start byte; save the file as UTF-8",
    ),
    "a null byte": (
        f"{NODE}\0",
        f"expected YAML, got something else: position {len(NODE)}: special characters are not "
        "allowed; save the file as UTF-8",
    ),
    "a day that is none": (
        f"{NODE}frozen_s: 2026-13-45\n",
        "expected YAML, got something else: month must be in 1..12",
    ),
}

HUB_CASES = {
    "a port beyond all ports": (
        f"{HUB}web: {{port: 65536}}\n",
        "web.port: expected a whole number from 0 to 65535, got 65536",
    ),
    "text for yes or no": (
        f"{HUB}web: {{secure_cookies: maybe}}\n",
        "web.secure_cookies: expected on or off, got 'maybe'",
    ),
    "a nameless room": (
        f"{HUB}rooms: {{r12: {{name: Room 12}}, r13: {{name: ''}}}}\n",
        "rooms.r13.name: expected text of 1 to 60 characters, got ''",
    ),
    "a room whose id is a name": (
        f"{HUB}rooms: {{r12: {{name: Room 12}}, Room 13: {{name: Room 13}}}}\n",
        f"rooms.Room 13: expected {NAME}, got 'Room 13'",
    ),
    "a room whose id is a number": (
        f"{HUB}rooms: {{12: {{name: Room 12}}}}\n",
        f"rooms.12: expected {NAME}, got 12; write it in quotes",
    ),
    "an unknown key of a room": (
        f"{HUB}rooms: {{r12: {{name: Room 12, flor: first}}}}\n",
        "rooms.r12.flor: expected one of name, floor, got an unknown key; did you mean floor?",
    ),
    "a name without its keys": (
        f"{HUB}rooms: {{r12: Room 12}}\n",
        "rooms.r12: expected keys and values (name, floor), got 'Room 12'",
    ),
    "another kind of address": (
        f"{HUB}link: {{bind: 0.0.0.0}}\n",
        "link.bind: expected an address like tcp://10.0.0.5:7440, got '0.0.0.0'",
    ),
    "silence too short to tell": (
        f"{HUB}silent_s: 1\n",
        "silent_s: expected 10 to 600, got 1",
    ),
    "a certificate without its key": (
        f"{HUB}web: {{certificate: /etc/hub.pem}}\n",
        "web: expected certificate and private_key together, got one of them; add the other",
    ),
    "a node's file": (
        NODE,
        "node: expected one of site, state_dir, link, web, rooms, silent_s, keep_days, "
        "time_zone, alarms, channels, alive, backup, standby, burden, people, oidc, "
        "got an unknown key; remove or correct it",
    ),
    "no site": ("web: {}\n", "site: expected a value, got nothing; add this key"),
}


@pytest.mark.parametrize(
    ("line", "offset_h"),
    [("", 0), ("time_zone: UTC\n", 0), ("time_zone: Asia/Tokyo\n", 9)],
)
def test_the_time_zone_of_the_site(tmp_path: Path, line: str, offset_h: int) -> None:
    path = tmp_path / "node.yaml"
    path.write_text(NODE + line, "utf-8")
    at = datetime(2026, 1, 1, tzinfo=UTC).astimezone(load_node(path).zone)
    assert at.utcoffset() == timedelta(hours=offset_h)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../etc/passwd", "/etc/passwd"])
def test_no_time_zone(tmp_path: Path, zone: str) -> None:
    said = f"expected a time zone that this machine knows, like Europe/Berlin, got '{zone}'"
    assert refusal(tmp_path, f"{NODE}time_zone: {zone}\n") == f"time_zone: {said}"


@pytest.mark.parametrize("name", NODE_CASES)
def test_node_yaml_is_refused(tmp_path: Path, name: str) -> None:
    text, said = NODE_CASES[name]
    assert refusal(tmp_path, text) == said


@pytest.mark.parametrize("name", HUB_CASES)
def test_hub_yaml_is_refused(tmp_path: Path, name: str) -> None:
    text, said = HUB_CASES[name]
    assert refusal(tmp_path, text, load_hub) == said


def bomb() -> str:
    """Nine levels of nine references each: 3 billion words, in 400 bytes."""
    names = "abcdefghi"
    lines = ["a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [
        f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]"
        for last, this in itertools.pairwise(names)
    ]
    return "\n".join([*lines, NODE])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(bomb(), "got a reference", id="a billion laughs"),
        pytest.param("[" * 50_000, "nested too deeply", id="deep"),
        pytest.param("a: {" * 20_000, "nested too deeply", id="deep keys"),
        pytest.param("site: " + "x" * MAX_BYTES, f"at most {MAX_BYTES} bytes", id="huge"),
        pytest.param(f"site: {'x' * 200_000}\n{NODE[16:]}", "site: expected a name", id="long"),
    ],
)
@pytest.mark.parametrize("loader", [load_node, load_hub])
def test_a_hostile_file_is_refused_soon_and_in_one_short_line(
    tmp_path: Path, text: str, said: str, loader: Callable[[Path], object]
) -> None:
    began = time.process_time()
    shown = refusal(tmp_path, text, loader)
    assert said in shown
    assert len(shown) < 400
    assert time.process_time() - began < 20, "it took work that grows with what it stands for"


@pytest.mark.parametrize("loader", [load_node, load_hub])
def test_a_file_that_is_not_there_or_no_file(
    tmp_path: Path, loader: Callable[[Path], object]
) -> None:
    with pytest.raises(ConfigError, match=r"expected a configuration file, found none; copy the"):
        loader(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        loader(tmp_path)


def test_what_fits_is_read_whole(tmp_path: Path) -> None:
    text = f"""\
site: lindenhof
node: n-12
hub: {{address: "tcp://[fe80::1]:7440", key: {KEY}}}
models: {{dir: /var/lib/ambient/models}}
rooms:
  - id: r12
    floor: f1
    beds: [{{id: r12-a, subject: s-4f2a}}]
    purposes: {{falls: on, sounds: off, voice: no}}
    cameras:
      - id: c1
        source: rtsp://camera-12/stream
        fps: 10
        night: not_watched
        mask: [[[0, 0], [0.2, 0], [0.2, 0.3]]]
        zones: [{{kind: bed, bed: r12-a, polygon: [[0.5, 0.4], [0.9, 0.4], [0.9, 1]]}}]
    microphones: [{{id: m1, source: "mic:USB Audio"}}]
falls: {{confirm_s: 8, long_lie_s: 60}}
"""
    config = load(tmp_path, text)
    assert isinstance(config, NodeConfig)
    room = config.rooms[0]
    assert room.cameras[0].night is Night.NOT_WATCHED
    assert room.cameras[0].zones[0].kind is Place.BED
    assert (room.microphones[0].id, room.microphones[0].source) == ("m1", "mic:USB Audio")
    assert {purpose: room.is_on(purpose) for purpose in Purpose} == {
        purpose: purpose is Purpose.FALLS for purpose in Purpose
    }
    assert config.models.dir == Path("/var/lib/ambient/models")


def test_falls_are_on_unless_switched_off(tmp_path: Path) -> None:
    for more, on in (
        ("", True),
        ("    purposes: {}\n", True),
        ("    purposes: {falls: off}\n", False),
    ):
        config = load(tmp_path, NODE + more)
        assert isinstance(config, NodeConfig)
        assert config.rooms[0].is_on(Purpose.FALLS) is on


def test_the_version_is_of_what_is_meant_not_of_how_it_is_written(tmp_path: Path) -> None:
    def version(text: str) -> str:
        config = load(tmp_path, text)
        assert isinstance(config, NodeConfig)
        return config.version

    written_otherwise = NODE.replace(
        "site: lindenhof\nnode: n-12\n", "node: n-12 # ours\nsite: 'lindenhof'\n"
    )
    assert version(NODE) == version(written_otherwise) == version(with_camera("fps: 10"))
    assert version(NODE) != version(with_camera("fps: 11"))


def test_a_hub_listens_on_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    config = load(tmp_path, HUB, load_hub)
    assert isinstance(config, HubConfig)
    assert config.web.host == "127.0.0.1"
    assert config.link.bind == "tcp://127.0.0.1:7440"
