"""What leaves a node: every packet and every file of a real one, while people are watched.

Four nodes run at the same time beside one hub, each in an enclosure of its own: one sees a fall,
one an empty room, one is installed meanwhile by its own wizard, which the hub ordered, from a
device on the cable, and one is made to leak on purpose, to show that this test can fail. Root is
needed, to make the enclosures. `AMBIENT_LEAVES_S` sets how many seconds of the empty room are
measured (20 unless set).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from ipaddress import IPv4Address
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import yaml

from ambient import events
from ambient.bus import keys
from ambient.bus.enrolment import HUB_FILE
from ambient.bus.opening import code_of, shared_secret
from ambient.bus.protocol import HEARTBEAT_S, PROTOCOL, Enrol, Hello
from ambient.config import HubLink
from ambient.events import CommandApplied, NodeWizard, WizardAct
from ambient.hub.database import HubDatabase
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from models import samples, store
from tests.e2e import enclosure
from tests.e2e.capture import (
    Packet,
    Recorder,
    Volume,
    beyond_the_link,
    events_in,
    loose_messages,
    sent_segments,
    streams,
    unaccounted,
    volume,
    with_port,
)
from tests.e2e.enclosure import PORT, ROOT, Enclosure, Namespace, environment, wait_for
from tests.e2e.recording_hub import Heard
from tests.e2e.traces import (
    WriteWatch,
    coded_pictures,
    files_below,
    raw_pictures,
    still_open,
    telling_words,
)
from tests.patience import FAR_S

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(enclosure.missing() is not None, reason=f"{enclosure.missing()}"),
]

QUIET_S = float(os.environ.get("AMBIENT_LEAVES_S", "20"))
LIMIT = 2048
"""Bytes a minute in a quiet room."""
TRIES = 3

WORKERS = 3
CLIPS = {"people": "fall", "quiet": "empty", "leaky": "walk", "installed": "fall"}
WIZARD_PORT = 7443
COMPILED = "home/.cache/ambient/compiled/"
"""Where the engine keeps the networks that it compiled for this machine."""


@dataclass
class Seen:
    """What came to light about one node.

    Attributes
    ----------
    files
        Everything it wrote: at the instants of closing, while it ran, and in the end.
    limits
        Of each process: size of a core dump, pages swapped out (kB).
    wizard, answers
        Packets of the wizard, apart from the others; what the installer's device was answered, in
        the clear, by its path.
    """

    hub: tuple[str, int]
    clip: str
    node: str = ""
    packets: list[Packet] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    quiet: Volume | None = None
    exit: int | None = None
    wizard: list[Packet] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)

    def not_accounted(self) -> list[str]:
        """Return what the node sent to the hub's port and no decrypted frame stands for."""
        found: list[str] = []
        frames: Sequence[bytes] = self.frames
        for stream in streams(sent_segments(self.packets, self.hub)):
            more, used = unaccounted(stream, frames)
            found += more
            frames = frames[used:]
        return found + [f"the hub has a frame that was not captured: {one!r}" for one in frames]

    @cached_property
    def pictures(self) -> list[str]:
        """The pictures in what it wrote."""
        files = {name: data for name, data in self.files.items() if COMPILED not in name}
        return coded_pictures(files) + raw_pictures(self.files, words_of(self.clip))

    def compiled(self) -> dict[str, bytes]:
        """Return the compiled networks, by name."""
        return {
            name.partition(COMPILED)[2]: data
            for name, data in self.files.items()
            if COMPILED in name and name.endswith(".blob")
        }


def frames_of(clip: str) -> list[npt.NDArray[np.uint8]]:
    """Return every picture of a clip: whichever the node looked at is among them."""
    capture = cv2.VideoCapture(str(samples.path(clip)))
    found = []
    while True:
        there, picture = capture.read()
        if not there:
            capture.release()
            return found
        found.append(np.asarray(picture, np.uint8))


@cache
def words_of(clip: str) -> npt.NDArray[np.uint64]:
    """Return what tells that a picture of a clip is in a file."""
    return telling_words(frames_of(clip))


class Running:
    """One node in its enclosure, with everything that watches it."""

    def __init__(self, folder: Path, name: str, number: int, hub: Namespace) -> None:
        self.name, self.number = name, number
        self.place = Enclosure(
            folder / name, hub, number,
            [ROOT, Path(sys.prefix), Path(sys.base_prefix), store.locate()],
        )  # fmt: skip
        self.seen = Seen((self.place.hub_address, PORT), CLIPS[name], self.place.address)
        self._watchers = ExitStack()
        self._recorder = Recorder(self.place.space.packet_socket())
        self._watchers.callback(self._recorder.close)
        self._writes = WriteWatch(self.place.disk)
        self._watchers.callback(self._writes.close)
        self.pair = keys.new_pair()

    def prepare(self, hub_key: str) -> None:
        """Write what an enrolled node has: its key, and where the hub is."""
        self.place.state.mkdir(mode=0o700)
        keys.save_pair(self.place.state / keys.NODE_KEY, self.pair)
        link = HubLink(address=f"tcp://{self.place.hub_address}:{PORT}", key=hub_key)
        keys.write_private(self.place.state / HUB_FILE, msgspec.json.encode(link))

    def start(self) -> None:
        """Start the node."""
        config = {
            "site": "lindenhof",
            "node": f"n-{self.number}",
            "state_dir": "/run/node",
            "rooms": [
                {
                    "id": f"r{self.number}",
                    "beds": [{"id": "bed-a", "subject": "s-4f2a"}],
                    "cameras": [{"id": "c1", "source": f"file:{samples.path(self.seen.clip)}"}],
                }
            ],
            "falls": {"confirm_s": 3, "long_lie_s": 10},
        }
        leak = {}
        if self.name == "leaky":
            path = os.pathsep.join([str(enclosure.HERE / "leak"), str(ROOT)])
            leak = {"PYTHONPATH": path}
        self._process = self.place.start_node(yaml.safe_dump(config), leak)

    def look(self) -> int:
        """Look at the processes and at what they hold open; return how many were seen so far."""
        pids = self.place.processes()
        device = self.place.disk.stat().st_dev
        self.seen.files |= still_open(pids, device)
        self.seen.files |= {f"running/{k}": v for k, v in files_below(self.place.disk).items()}
        for pid in pids:
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                core = resource.prlimit(pid, resource.RLIMIT_CORE)[1]
                status = Path(f"/proc/{pid}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            swapped = [line for line in status.splitlines() if line.startswith("VmSwap")]
            if swapped:  # Whoever is ending has no memory any more.
                self.seen.limits[command] = (core, int(swapped[0].split()[1]))
        return len(self.seen.limits)

    def install(self, wire: Namespace, folder: Path, hub_key: keys.KeyPair, record: Path) -> None:
        """Have the hub order the wizard, and install the room from a device on the cable."""
        with HubDatabase(folder / "hub" / "hub.db") as database:
            Store(database).open_wizard(f"r{self.number}", "test", time.time_ns())

        def told(act: WizardAct) -> NodeWizard | None:
            said = events_in(frames_by(record, self.pair.public))
            acts = [one for one in said if isinstance(one, NodeWizard) and one.act is act]
            return acts[-1] if acts else None

        wait_for(lambda: told(WizardAct.OPENED) is not None, "the wizard")
        opened = told(WizardAct.OPENED)
        assert opened is not None
        assert opened.certificate is not None
        assert opened.ipv4 is not None
        shared = shared_secret(hub_key.secret, self.pair.public)
        code = code_of(shared, f"n-{self.number}", opened.certificate)
        out = folder / "answers.jsonl"
        url = f"https://{IPv4Address(opened.ipv4)}:{opened.port}"
        assert url == f"https://{self.place.address}:{WIZARD_PORT}"
        device = [
            sys.executable,
            "-m",
            "tests.e2e.installer",
            url,
            code,
            f"r{self.number}",
            str(out),
        ]
        wire.run(*device, env=environment())
        wait_for(lambda: told(WizardAct.CLOSED) is not None, "the wizard's end")
        for number, line in enumerate(out.read_text().splitlines()):
            said = json.loads(line)
            self.seen.answers[f"{number}{said['path']}"] = bytes.fromhex(said["body"])

    def tell_to_stop(self) -> None:
        """Send SIGTERM to the node."""
        for pid in self.place.processes():
            with suppress(FileNotFoundError, ProcessLookupError):
                if _is_supervisor(pid):
                    os.kill(pid, signal.SIGTERM)

    def stop(self) -> None:
        """Wait for the node's end, stop the watchers, and take everything together."""
        self.seen.exit = self._process.wait(FAR_S)
        self._watchers.close()
        for number, (name, data) in enumerate(self._writes.closed):
            self.seen.files[f"closed/{number}{name}"] = data
        self.seen.files |= {f"end/{k}": v for k, v in files_below(self.place.disk).items()}
        self.seen.wizard = with_port(self._recorder.packets, WIZARD_PORT)
        apart = {id(packet) for packet in self.seen.wizard}
        self.seen.packets = [one for one in self._recorder.packets if id(one) not in apart]

    @property
    def packets(self) -> list[Packet]:
        """What was captured until now."""
        return self._recorder.packets

    def close(self) -> None:
        """End everything."""
        self._watchers.close()
        self.place.close()


def _is_supervisor(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b"ambient" in words and b"node" in words


def heard(path: Path) -> list[Heard]:
    """Return what the recording hub wrote."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [msgspec.json.decode(line, type=Heard) for line in whole.splitlines()]


def frames_by(path: Path, key: str) -> list[bytes]:
    """Return the frames that came with this key."""
    return [bytes.fromhex(one) for each in heard(path) if each.key == key for one in each.frames]


def kinds_by(path: Path, key: str) -> list[str]:
    """Return the kinds of the events that came with this key."""
    return [events.kind_of(event) for event in events_in(frames_by(path, key))]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """Run the three nodes; return what came to light, when all is over."""
    folder = tmp_path_factory.mktemp("leaves")
    record = folder / "heard.jsonl"
    with ExitStack() as stack:
        wire = stack.enter_context(Namespace())
        nodes = {
            name: Running(folder, name, number, wire) for number, name in enumerate(CLIPS, start=1)
        }
        for node in nodes.values():
            stack.callback(node.close)
        hub_pair = enrol(folder, list(nodes.values()))
        hub = wire.start(
            [
                sys.executable,
                "-m",
                "tests.e2e.recording_hub",
                str(folder / "hub.yaml"),
                str(record),
            ],
            folder / "hub.log",
            environment(),
        )
        stack.callback(hub.wait)
        stack.callback(hub.terminate)
        for node in nodes.values():
            node.prepare(hub_pair.public)
            node.start()
        quiet, people = nodes["quiet"], nodes["people"]

        def both_there() -> bool:
            assert hub.poll() is None, (folder / "hub.log").read_text()
            return all(
                "node.started" in kinds_by(record, node.pair.public) for node in nodes.values()
            )

        wait_for(record.exists, "the hub")
        wait_for(both_there, "every node's first event")
        wait_for(
            lambda: "quality.restored" in kinds_by(record, quiet.pair.public), "the first view"
        )
        began = time.monotonic()
        wait_for(lambda: "fall.confirmed" in kinds_by(record, people.pair.public), "the fall")
        installed = nodes["installed"]
        installed.install(wire, folder, hub_pair, record)
        wait_for(
            lambda: "node.commissioned" in kinds_by(record, installed.pair.public),
            "the end of the installation",
        )
        # A node that was installed starts its workers again, with the zones that it now has.
        wait_for(
            lambda: all(len(node.place.processes()) > WORKERS for node in nodes.values()),
            "every node's processes",
        )
        wait_for(
            lambda: min(node.look() for node in nodes.values()) > WORKERS,
            "a look at every process",
        )
        measured = [time_of_quiet(quiet, began)]
        # What a machine that stood sends again and tells of that is not what a quiet room says.
        while measured[-1].packets >= LIMIT and len(measured) < TRIES:
            measured.append(time_of_quiet(quiet, time.monotonic()))
        for node in nodes.values():
            node.tell_to_stop()
        for node in nodes.values():
            node.stop()
            node.seen.frames = frames_by(record, node.pair.public)
        quiet.seen.quiet = measured[-1]
        yield {name: node.seen for name, node in nodes.items()}


def time_of_quiet(quiet: Running, began: float) -> Volume:
    """Return what a node sent from `began` (steady clock), once it is long enough ago."""
    ended = began + max(QUIET_S, 4 * HEARTBEAT_S)
    time.sleep(max(0.0, ended - time.monotonic()))
    return volume(quiet.packets, began, ended)


def enrol(folder: Path, nodes: Sequence[Running]) -> keys.KeyPair:
    """Prepare a hub that knows the nodes; return its key."""
    (folder / "hub.yaml").write_text(
        yaml.safe_dump(
            {
                "site": "lindenhof",
                "state_dir": str(folder / "hub"),
                "link": {"bind": f"tcp://0.0.0.0:{PORT}"},
                "web": {"port": 8080},
            }
        )
    )
    pair = keys.load_or_make(folder / "hub" / keys.HUB_KEY)
    database = HubDatabase(folder / "hub" / "hub.db")
    registry = Registry(database)
    for node in nodes:
        now = time.time_ns()
        address = f"tcp://{node.place.hub_address}:{PORT}"
        token = registry.invite(address, pair.public, "test", now).token
        request = Enrol(
            protocol=PROTOCOL,
            token=token,
            node=f"n-{node.number}",
            site="lindenhof",
            rooms=[f"r{node.number}"],
        )
        assert registry.ask(node.pair.public, request, "lindenhof", now) is None
        registry.accept(node.pair.fingerprint, "test", now)
    database.close()
    return pair


HONEST = ["people", "quiet", "installed"]


@pytest.mark.parametrize("name", HONEST)
def test_every_packet_belongs_to_the_link(seen: dict[str, Seen], name: str) -> None:
    """No name is asked for, nothing passes loopback, nothing goes anywhere else."""
    assert beyond_the_link(seen[name].packets, seen[name].hub) == []


@pytest.mark.parametrize("name", HONEST)
def test_every_byte_on_the_link_is_a_message_that_the_hub_decrypted(
    seen: dict[str, Seen], name: str
) -> None:
    """Message by message, in order, by length and counter; beside them only the handshake."""
    assert seen[name].frames
    assert seen[name].not_accounted() == []


@pytest.mark.parametrize("name", HONEST)
def test_every_message_is_of_the_closed_list(seen: dict[str, Seen], name: str) -> None:
    """No byte string, picture, keypoint, name or free text; lists of named structs, at most 16."""
    assert loose_messages(seen[name].frames) == []


def test_the_fall_was_seen_and_told(seen: dict[str, Seen]) -> None:
    kinds = [events.kind_of(event) for event in events_in(seen["people"].frames)]
    assert {"node.started", "fall.suspected", "fall.confirmed", "node.stopped"} <= set(kinds)
    assert seen["people"].exit == 0


def test_the_hubs_order_was_answered_and(seen: dict[str, Seen]) -> None:
    told = events_in(seen["installed"].frames)
    answers = [one for one in told if isinstance(one, CommandApplied)]
    assert [(one.command_kind, one.outcome) for one in answers] == [("wizard", "applied")]


def test_the_installation_was_told_in_words_and_corners(seen: dict[str, Seen]) -> None:
    kinds = [events.kind_of(event) for event in events_in(seen["installed"].frames)]
    assert kinds.count("node.wizard") >= 4, "opened, entered, walked, closed"
    assert kinds.count("node.zone") == 2
    assert kinds.count("node.commissioned") == 1


def test_the_wizard_spoke_with_the_installers_device_alone(seen: dict[str, Seen]) -> None:
    assert len(seen["installed"].wizard) > 50
    assert beyond_the_link(seen["installed"].wizard, (seen["installed"].node, WIZARD_PORT)) == []
    assert [one.wizard for name, one in seen.items() if name != "installed"] == [[], [], []]


def test_no_picture_was_shown_on_the_installers_device(seen: dict[str, Seen]) -> None:
    """Of all answers in the clear: edges and lines, and nothing from which one could be made."""
    answers = seen["installed"].answers
    assert sum("/api/outline/" in path for path in answers) > 5
    outlines = [json.loads(body) for path, body in answers.items() if "/api/outline/" in path]
    assert any(len(one["strokes"]) > 20 for one in outlines), "there was something to draw on"
    people = [json.loads(body) for path, body in answers.items() if "/api/people/" in path]
    assert any(one["people"] for one in people), "somebody was seen as lines"
    assert coded_pictures(answers) == []
    assert raw_pictures(answers, words_of(CLIPS["installed"])) == []


def test_a_quiet_room_says_little(seen: dict[str, Seen]) -> None:
    """Less than 2 KB a minute: all that TCP carries, and with the headers of TCP and IP, too."""
    measured = seen["quiet"].quiet
    assert measured is not None
    print(
        f"quiet room, out: {measured.content:.0f} bytes a minute in TCP, "
        f"{measured.packets:.0f} with the headers of TCP and IP"
    )
    assert 0 < measured.content < measured.packets < LIMIT
    kinds = {events.kind_of(event) for event in events_in(seen["quiet"].frames)}
    # A machine that was too busy for its camera for a while says that, and that it is over.
    slow = {"node.source_silent", "quality.degraded"}
    assert kinds - slow == {"node.started", "node.has", "quality.restored", "node.stopped"}


@pytest.mark.parametrize("name", HONEST)
def test_no_file_holds_a_picture(seen: dict[str, Seen], name: str) -> None:
    """Of all that was written anywhere, removed files included."""
    files = seen[name].files
    assert any(one.endswith("outbox.db") for one in files), sorted(files)
    assert seen[name].pictures == []


def test_what_the_engine_keeps_does_not_depend_on_what_the_camera_saw(
    seen: dict[str, Seen],
) -> None:
    people, quiet = seen["people"].compiled(), seen["quiet"].compiled()
    assert people
    assert people.keys() == quiet.keys()


@pytest.mark.parametrize("name", HONEST)
def test_files_are_those_that_a_node_is_known_to_write(seen: dict[str, Seen], name: str) -> None:
    known = (
        "run/node/", "run/node.yaml", "home/.cache/ambient/compiled/", "resolv.conf",
    )  # fmt: skip
    end = {
        one.removeprefix("end/"): data for one, data in seen[name].files.items() if "end/" in one
    }
    assert [one for one in end if not one.startswith(known)] == []
    small = sum(len(data) for one, data in end.items() if one.startswith("run/node/"))
    assert small < 400_000, "a picture of 640 × 360 has 691 200 bytes"


def test_every_row_of_the_outbox_is_an_event(seen: dict[str, Seen], tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(seen["people"].files["end/run/node/outbox.db"])
    connection = sqlite3.connect(path)
    rows = [row[0].encode() for row in connection.execute("SELECT event FROM outbox")]
    connection.close()
    assert rows
    assert all(events.encode(events.decode(row)) == row for row in rows)


@pytest.mark.parametrize("name", HONEST)
def test_no_process_may_dump_its_memory_and_none_is_swapped_out(
    seen: dict[str, Seen], name: str
) -> None:
    limits = seen[name].limits
    assert len(limits) >= WORKERS + 1, limits
    assert set(limits.values()) == {(0, 0)}, limits


# -- the control: a node that leaks --------------------------------------------------------------


@pytest.mark.parametrize(
    "expected", ["a question to the name server", "protocol 17, 198.18.3.2"], ids=["name", "packet"]
)
def test_control_a_packet_that_is_no_link_is_found(seen: dict[str, Seen], expected: str) -> None:
    found = beyond_the_link(seen["leaky"].packets, seen["leaky"].hub)
    assert any(expected in one for one in found), found


def test_control_a_name_in_a_message_is_found(seen: dict[str, Seen]) -> None:
    found = loose_messages(seen["leaky"].frames)
    assert any("Anna" in one for one in found), found


def test_control_bytes_that_the_hub_did_not_take_are_found(seen: dict[str, Seen]) -> None:
    frames = seen["people"].frames
    without_one = Seen(
        seen["people"].hub,
        "fall",
        packets=seen["people"].packets,
        frames=[*frames[:2], *frames[3:]],
    )
    assert without_one.not_accounted()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("removed at once", ".bin (deleted): JPEG at 0", id="coded"),
        pytest.param("raw rows", "shm/rows: a row of a picture", id="raw"),
        pytest.param("removed and held open", "(deleted): a row of a picture", id="held"),
    ],
)
def test_control_a_picture_is_found(seen: dict[str, Seen], kind: str, expected: str) -> None:
    found = seen["leaky"].pictures
    assert any(expected in one for one in found), found


def test_control_the_hello_is_part_of_what_is_accounted_for(seen: dict[str, Seen]) -> None:
    first = msgspec.json.decode(seen["people"].frames[0], type=Hello)
    assert first.node == "n-1"
