"""Bad input of every kind, thrown at a whole facility: an error or alarm, no crash, nothing lost.

One hub and one node run through all of it, in the order of the tests: a room with a fall that two
cameras see, and two rooms of cameras that are not as they should be. `docs/bad-input.md` is the
page to this table; how a second facility runs out of space stands in `test_full_disks`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from ambient import events
from ambient.bus import ipc, keys
from ambient.bus.protocol import (
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Welcome,
    encode,
)
from ambient.bus.sockets import LinkChange
from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.evaluate.facility import NODE, Facility
from ambient.events import Worker
from ambient.links import Backoff, Link
from ambient.node import control
from ambient.node.place import NodePlace
from fusion.judge import Judge
from models import samples
from tests.e2e.bad_cameras import CAMERAS
from tests.e2e.helpers import rows, wait_for
from tests.e2e.running import Running
from tests.e2e.strangers import Peer, node_pair, say_over_ipc, throw
from tests.patience import FAR_S, PATIENCE_S
from tests.vision.sources.test_live import FakeCapture, device
from vision.pipeline import CameraPipeline
from vision.pose.types import Pose
from vision.sources.live import LatestFrame

pytestmark = [
    pytest.mark.usefixtures("models"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"),
]

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "bad-input.md"
FALL = "r1"
LATER = "r4"
"""A room that is paused until the end; then somebody falls there."""
GONE = {name: bad for name, bad in CAMERAS.items() if bad.says is not None}
SEEN = {name: bad for name, bad in CAMERAS.items() if bad.says is None}


@pytest.fixture(scope="module")
def running(models: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start the facility with every bad camera at once."""
    folder = tmp_path_factory.mktemp("bad")
    cameras = {FALL: [f"file:{samples.path(name)}" for name in ("fall", "fall_c2")]}
    places: dict[str, tuple[str, str]] = {}
    for room, chosen in (("r2", GONE), ("r3", SEEN)):
        cameras[room] = []
        for number, (name, bad) in enumerate(chosen.items(), start=1):
            own = folder / f"{room}-{number}"
            own.mkdir()
            cameras[room].append(bad.make(own))
            places[name] = (room, f"c{number}")
    cameras[LATER] = [f"file:{samples.path('fall')}"]
    environment = {
        "PYTHONPATH": os.pathsep.join([str(HERE / "clock"), str(HERE.parents[1])]),
        "AMBIENT_TEST_CLOCK": str(folder / "clock"),
    }
    with Facility(None, cameras, environment=environment) as facility:
        facility.start_hub()
        facility.set_up_user()
        facility.enrol()
        facility.start_node()
        facility.page.pause(LATER, 3600)
        made = Running(facility, folder, places)
        wait_for(lambda: made.stored("node.started"))
        yield made


# -- cameras -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GONE)
def test_a_camera_that_shows_nothing_is_a_technical_alarm(running: Running, name: str) -> None:
    """With the reason in the node's own log, without its password."""
    room, source = running.places[name]

    def told() -> bool:
        return any(
            (event.room, event.source, event.view) == (room, source, "gone")
            for event in running.stored("quality.degraded")
            if isinstance(event, events.QualityDegraded)
        )

    wait_for(told)

    def reasons() -> list[str]:
        lines = [line for line in running.log.splitlines() if f"camera={room}/{source} " in line]
        return [line for line in lines if "camera is gone" in line]

    wait_for(reasons)
    says = CAMERAS[name].says
    assert says is not None
    assert says in reasons()[0]
    assert "secret" not in running.log


@pytest.mark.parametrize("name", SEEN)
def test_an_odd_recording_is_watched(running: Running, name: str) -> None:
    """In the end: on a machine that is busy a frame may come so late that it is missed before."""
    room, source = running.places[name]

    def views() -> list[str]:
        spoken = [
            (event.t, event.position, getattr(event, "view", "restored"))
            for kind in ("quality.degraded", "quality.restored")
            for event in running.stored(kind)
            if isinstance(event, events.QualityDegraded | events.QualityRestored)
            and (event.room, event.source) == (room, source)
        ]
        return [view for _, _, view in sorted(spoken)]

    wait_for(lambda: views() and views()[-1] != "gone")
    assert f"camera={room}/{source} reason" not in running.log


def test_two_cameras_that_see_one_fall_make_one_chain(running: Running) -> None:
    wait_for(lambda: running.stored("fall.confirmed"))
    first = running.stored("fall.confirmed")[0]
    # The recording begins again after 22 s; that is another fall.
    near = [one for one in running.stored("fall.suspected") if abs(one.t - first.t) < 15 * 10**9]
    assert [(one.room, one.chain) for one in near] == [(FALL, first.chain)]
    running.assert_unharmed()


class Blind:
    """A pose engine that finds nobody."""

    def detect(self, *_: object, **__: object) -> list[Pose]:
        return []


def test_a_usb_camera_that_is_unplugged_is_a_technical_alarm() -> None:
    """Simulated at the seam to the device: three frames come, then none, and it is not there."""
    captures = [FakeCapture(good=3)]
    camera = Camera(id="c1", source="v4l2:0")
    config = NodeConfig(site="s", node="n", rooms=[Room(id="r1", cameras=[camera])])
    judge = Judge(config, "k" * 40)
    pipeline = CameraPipeline("r1", camera, Blind())
    feed = LatestFrame(
        lambda: device(captures.pop() if captures else FakeCapture(opened=False)),
        backoff=Backoff(first_s=0.01, most_s=0.01),
    )
    feed.start()
    told: list[events.AnyEvent] = []
    try:
        wait_for(lambda: feed.state.link is Link.GONE)
        assert "/dev/video0" in feed.state.reason
        frame = feed.read(0)
        assert frame is not None
        seen = pipeline.process(frame.image, frame.t_ns)
        for second in range(1, 10):
            seen += pipeline.silence(frame.t_ns + second * 10**9)
        for observation in seen:
            told += judge.observe(observation)
        told += judge.finish()
    finally:
        feed.close()
    assert [event.view for event in told if isinstance(event, events.QualityDegraded)][-1] == "gone"


# -- sockets -----------------------------------------------------------------------------------

ZMTP_NULL = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
GARBAGE = {
    "nothing": b"",
    "random bytes": bytes(range(256)) * 64,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "ZeroMQ without CURVE": ZMTP_NULL + b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH",
    "a frame of 2⁶³ bytes": ZMTP_NULL + b"\x02" + struct.pack("!Q", 2**63) + b"x" * 4096,
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
@pytest.mark.parametrize(
    "where", ["observations", "control of vision", "control of fusion", "link", "page"]
)
def test_a_stream_that_is_nothing_of_ours_is_survived(
    running: Running, where: str, data: bytes
) -> None:
    run_dir = NodePlace(running.facility.node_state).run_dir
    paths = {
        "observations": ipc.socket_path(run_dir),
        "control of vision": control.socket_path(run_dir, Worker.VISION),
        "control of fusion": control.socket_path(run_dir, Worker.FUSION),
    }
    if where in paths:
        throw(socket.AF_UNIX, str(paths[where]), data)
    else:
        port = running.facility.link_port if where == "link" else running.facility.web_port
        throw(socket.AF_INET, ("127.0.0.1", port), data)
    running.assert_unharmed()


FRAMES = {
    "garbled": [b"\xff\xd8\xff\xe0garbage"],
    "two parts": [b"{}", b"{}"],
    "empty": [b""],
    "deep": [b"\x91" * 5_000],
    "oversized": [b"x" * 200_000],
    "far oversized": [b"x" * 3_000_000],
}


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES.keys())
def test_a_bad_frame_among_the_observations_is_passed_over(
    running: Running, frames: list[bytes]
) -> None:
    path = NodePlace(running.facility.node_state).observations
    say_over_ipc(zmq.PUSH, path, frames, 0)
    running.assert_unharmed()


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES.keys())
@pytest.mark.parametrize("worker", [Worker.VISION, Worker.FUSION])
def test_a_bad_command_inside_the_node_is_refused(
    running: Running, worker: Worker, frames: list[bytes]
) -> None:
    path = control.socket_path(NodePlace(running.facility.node_state).run_dir, worker)
    far_too_long = len(frames[0]) > control.MAX_BYTES
    answer = say_over_ipc(zmq.REQ, path, frames, 200 if far_too_long else int(PATIENCE_S * 1000))
    assert answer == (None if far_too_long else b"refused")
    running.assert_unharmed()


def test_an_old_version_of_the_link_is_told_so(running: Running) -> None:
    with Peer(running, node_pair(running)) as peer:
        assert peer.becomes(LinkChange.UP)
        peer.say(encode(Hello(protocol=PROTOCOL - 1, node=NODE, software="0.0.1")))
        assert peer.hear() == Refused(reason=Reason.PROTOCOL, protocol=PROTOCOL)
    wait_for(lambda: "a node is refused" in running.hub_log)
    running.assert_unharmed()


def test_a_key_that_is_not_enrolled_is_kept_out_and_counted(running: Running) -> None:
    with Peer(running, keys.new_pair()) as peer:
        assert peer.becomes(LinkChange.REFUSED)
    wait_for(lambda: "not enrolled" in running.hub_log)
    running.assert_unharmed()


def test_another_hubs_key_in_a_nodes_hand_does_not_connect(running: Running) -> None:
    with Peer(running, node_pair(running), hub_key=keys.new_pair().public) as peer:
        assert peer.becomes(LinkChange.BROKEN)
    running.assert_unharmed()


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES.keys())
def test_a_bad_frame_of_an_enrolled_node_harms_nobody_else(
    running: Running, frames: list[bytes]
) -> None:
    with Peer(running, node_pair(running)) as peer:
        assert peer.becomes(LinkChange.UP)
        peer.say(encode(Hello(protocol=PROTOCOL, node=NODE, software="1")))
        assert isinstance(peer.hear(), Welcome)
        peer.say(*frames)
        if len(frames[0]) > MAX_MESSAGE_BYTES:
            assert peer.becomes(LinkChange.DOWN)
        else:
            peer.say(encode(Heartbeat(answer=True)))
            assert isinstance(peer.hear(), Heartbeat)
    running.assert_unharmed()


REQUESTS = {
    "no JSON": ("POST", "/api/login", b"{", 400),
    "another type": ("POST", "/api/login", b'{"user": 3, "password": []}', 400),
    "no UTF-8": ("POST", "/api/login", b'{"user": "\xff", "password": "x"}', 400),
    "deep": ("POST", "/api/login", b"[" * 50_000, 400),
    "a null": ("POST", "/api/login", b'{"user": "a\\u0000", "password": "x"}', 401),
    "half a character": ("POST", "/api/login", b'{"user": "\\ud800", "password": "x"}', 400),
    "a number too long": ("POST", "/api/login", b"1" * 50_000, 400),
    "no form": ("POST", "/login", b"user=%ff%00&password=\xff", 401),
    "oversized": ("POST", "/api/login", b"x" * 3_000_000, 413),
    "an unknown page": ("GET", "/..%2f..%2fetc%2fpasswd", None, 404),
    "another method": ("DELETE", "/api/login", None, 405),
    "a null in the path": ("GET", "/api/alarms/%00", None, 401),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_bad_request_is_refused(
    running: Running, request_: tuple[str, str, bytes | None, int]
) -> None:
    method, path, body, expected = request_
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{running.facility.web_port}\r\n"
    head += f"Connection: close\r\nOrigin: {running.facility.page.url}\r\n"
    if body is not None:
        kind = "json" if path.startswith("/api") else "x-www-form-urlencoded"
        head += f"Content-Type: application/{kind}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", running.facility.web_port), PATIENCE_S) as one:
        with contextlib.suppress(OSError):  # a body that is too long is not read to its end
            one.sendall(head.encode() + b"\r\n" + (body or b""))
        answer = one.recv(4096).decode(errors="replace")
    assert answer.split(" ", 2)[1] == str(expected), answer
    assert "Traceback" not in answer
    running.assert_unharmed()


# -- the clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_steps_is_told_and_the_node_goes_on(running: Running, seconds: int) -> None:
    before = len(running.stored("node.clock_stepped"))
    running.step_clock(max(0, seconds))  # forward from the right time, then back to it
    wait_for(lambda: len(running.stored("node.clock_stepped")) > before)
    told = running.stored("node.clock_stepped")[-1]
    assert isinstance(told, events.NodeClockStepped)
    assert told.step_s == pytest.approx(seconds, abs=5)
    running.assert_unharmed()


def test_after_all_that_a_fall_still_rings_and_nobody_was_silent(running: Running) -> None:
    """The room's pause is ended over the link, its camera opens, and somebody falls there."""

    def seen() -> list[events.AnyEvent]:
        return [one for one in running.stored("fall.confirmed") if one.room == LATER]

    already = len(seen())
    running.facility.page.resume(LATER)
    wait_for(lambda: len(seen()) > already)
    alarms = "SELECT kind, room, state FROM alarms WHERE kind LIKE '%silent%'"
    hub = running.facility.hub_state / "hub.db"
    # A camera whose process got no turn for long is told, too; it is not silent for good.
    wait_for(lambda: rows(hub, f"{alarms} AND state <> 'resolved'") == [])
    assert rows(hub, f"{alarms} AND kind = 'node_silent'") == []


def test_time_goes_forward_within_every_chain(running: Running) -> None:
    chains: dict[str, list[events.AnyEvent]] = {}
    for kind in events.KINDS:
        for event in running.stored(kind):
            chains.setdefault(event.chain, []).append(event)
    for chain in chains.values():
        chain.sort(key=lambda event: event.position)
        assert [event.position for event in chain] == list(range(len(chain)))
        times = [event.t for event in chain]
        assert times == sorted(times)


def test_nothing_is_lost_and_nobody_crashed(running: Running) -> None:
    facility = running.facility
    assert facility.node is not None
    facility.node.send_signal(signal.SIGTERM)
    assert facility.node.wait(FAR_S) == 0
    outbox = sorted(rows(facility.node_state / "outbox.db", "SELECT id FROM outbox"))
    stored = sorted(rows(facility.hub_state / "hub.db", "SELECT id FROM events"))
    assert outbox == stored
    for log in (running.log, running.hub_log):
        assert "Traceback" not in log
        assert "worker died" not in log
        assert "camera failed" not in log


# -- configuration -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "text", "says"),
    [
        ("node", "site: s\nnode: n\nrooms: [{id: r1, cameraz: []}]\n", "did you mean cameras?"),
        (
            "node",
            "site: s\nnode: n\nrooms: [{id: r1, cameras: [{id: c, source: x, fps: 0}]}]\n",
            "rooms[0].cameras[0].fps: expected 1 to 30, got 0",
        ),
        ("hub", "site: s\nweb: {port: high}\n", "web.port: expected a whole number"),
        ("hub", "\xff", "expected YAML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line_and_exit_code_3(
    tmp_path: Path, command: str, text: str, says: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(text.encode("latin-1"))
    done = subprocess.run(
        [sys.executable, "-m", "ambient", command, "-c", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert str(path) in lines[0]
    assert says in lines[0]


# -- the page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CAMERAS, *GARBAGE, *FRAMES, *REQUESTS])
def test_every_bad_input_is_on_the_page(name: str) -> None:
    assert f"| {name} |" in PAGE.read_text("utf-8")
