"""Observations inside a node: bounded, never blocking, and deaf to garbage."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zmq

from ambient import observations
from ambient.bus import ipc
from ambient.bus.ipc import ObservationReceiver, ObservationSender, socket_path
from ambient.errors import LinkError
from ambient.observations import AnyObservation, PoseSeen, Tick
from tests.patience import PATIENCE_S, until


def tick(t: int, source: str = "c1") -> Tick:
    return Tick(t=t, room="r1", source=source)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return socket_path(tmp_path / "run")


@pytest.fixture
def receiver(path: Path) -> Iterator[ObservationReceiver]:
    with ObservationReceiver(path) as made:
        yield made


def receive(receiver: ObservationReceiver, number: int) -> list[AnyObservation]:
    found: list[AnyObservation] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < number and time.monotonic() < deadline:
        found += receiver.receive_all(0.05)
    return found


def test_several_producers_each_in_its_order(path: Path, receiver: ObservationReceiver) -> None:
    with ObservationSender(path) as one, ObservationSender(path) as other:
        for t in range(100):
            assert one.send(tick(t, "c1"))
            assert other.send(tick(t, "c2"))
        found = receive(receiver, 200)
    for source in ("c1", "c2"):
        assert [each.t for each in found if each.source == source] == list(range(100))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_pose_with_everything_fits_far_below_the_limit() -> None:
    joint = (0.123456789, 0.987654321, 0.5)
    pose = PoseSeen(
        t=2**62,
        room="r" * 32,
        source="c" * 32,
        track=2**31,
        keypoints=[joint] * 33,
        world=[joint] * 33,
        box=(0.1, 0.2, 0.3, 0.4),
        score=0.5,
        aspect=1.7,
    )
    assert len(observations.encode(pose)) < ipc.MAX_OBSERVATION_BYTES / 10


def test_a_producer_never_waits_and_counts_what_found_no_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipc, "QUEUE", 10)
    with ObservationSender(path) as sender:
        taken = sum(sender.send(tick(t)) for t in range(50))
        assert taken == 10
        assert (sender.sent, sender.unsent) == (10, 40)
        # Fusion comes later and gets what was queued.
        with ObservationReceiver(path) as receiver:
            assert [one.t for one in receive(receiver, 10)] == list(range(10))


def test_fusion_is_killed_and_comes_back(path: Path) -> None:
    with ObservationSender(path) as sender:
        with ObservationReceiver(path) as first:
            sender.send(tick(1))
            assert receive(first, 1) == [tick(1)]
        path.touch()  # the socket file that a killed process leaves
        with ObservationReceiver(path) as second:
            found: list[AnyObservation] = []

            def comes() -> bool:
                sender.send(tick(2))
                found.extend(second.receive_all(0.05))
                return bool(found)

            until(comes)
            assert found[0] == tick(2)


@pytest.mark.parametrize(
    ("frames", "garbled", "oversized"),
    [
        pytest.param([b""], 1, 0, id="empty"),
        pytest.param([b"\xff" * 100], 1, 0, id="no MessagePack"),
        pytest.param([msgspec.msgpack.encode({"type": "tick"})], 1, 0, id="fields missing"),
        pytest.param([msgspec.msgpack.encode({"type": "image", "t": 1})], 1, 0, id="unknown type"),
        pytest.param([observations.encode(tick(1))[:-1]], 1, 0, id="truncated"),
        pytest.param([b"\x91" * 5_000], 1, 0, id="deep"),
        pytest.param([observations.encode(tick(1))] * 2, 1, 0, id="two frames"),
        pytest.param([b"x" * (ipc.MAX_OBSERVATION_BYTES + 1)], 0, 1, id="oversized"),
        pytest.param([b"x" * (ipc.WALL_BYTES + 1)], 0, 0, id="over the wall"),
    ],
)
def test_garbage_is_counted_and_stops_nothing(
    path: Path,
    receiver: ObservationReceiver,
    frames: list[bytes],
    garbled: int,
    oversized: int,
) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    bad = context.socket(zmq.PUSH)
    bad.setsockopt(zmq.LINGER, 0)
    bad.connect(f"ipc://{path}")
    bad.send_multipart(frames)
    wall = len(frames[0]) > ipc.WALL_BYTES
    deadline = time.monotonic() + PATIENCE_S
    while not (receiver.garbled or receiver.oversized or receiver.disconnected):
        assert time.monotonic() < deadline
        assert receiver.receive(0.01) is None
    assert (receiver.garbled, receiver.oversized) == (garbled, oversized)
    assert bool(receiver.disconnected) == wall
    bad.close()
    context.term()
    with ObservationSender(path) as sender:
        sender.send(tick(2))
        assert receive(receiver, 1) == [tick(2)]


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir(0o755)
    for end in (ObservationReceiver, ObservationSender):
        with pytest.raises(LinkError, match="run: chmod 700"):
            end(socket_path(open_folder))


def test_a_path_that_no_socket_can_have_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="choose a shorter runtime folder"):
        ObservationReceiver(tmp_path / ("x" * 100) / "observations.sock")
