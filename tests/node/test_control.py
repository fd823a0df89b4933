"""Commands inside the node: done before answered; garbage refused and survived."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import zmq

from ambient import commands
from ambient.errors import UsageError
from ambient.events import Outcome
from ambient.node.control import MAX_BYTES, ControlServer, ask, socket_path
from tests.patience import PATIENCE_S

PAUSE = commands.Pause(id=commands.new_id(), node="n-1", issued=1, expires=2, room="r1", seconds=60)


class Server(threading.Thread):
    """Answers every command until stopped; keeps what it took."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.taken: list[commands.AnyCommand] = []
        self.ended = threading.Event()
        self.ready = threading.Event()

    def run(self) -> None:
        server = ControlServer(self.path)
        self.ready.set()
        while not self.ended.wait(0.01):
            command = server.take()
            if command is not None:
                self.taken.append(command)
                server.answer(Outcome.APPLIED)
        server.close()


@pytest.fixture
def server(tmp_path: Path):
    one = Server(socket_path(tmp_path, "vision"))
    one.start()
    assert one.ready.wait(PATIENCE_S)
    yield one
    one.ended.set()
    one.join(PATIENCE_S)


def test_a_command_is_taken_and_answered(server: Server) -> None:
    assert ask(server.path, PAUSE, PATIENCE_S) is Outcome.APPLIED
    assert server.taken == [PAUSE]
    assert server.path.stat().st_mode & 0o077 == 0


def test_a_worker_that_is_away_gives_no_answer(tmp_path: Path) -> None:
    assert ask(socket_path(tmp_path, "fusion"), PAUSE, 0.1) is None


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([b""], id="empty"),
        pytest.param([b"\xff\xfe\x00"], id="no JSON"),
        pytest.param([b'{"command":"reboot"}'], id="unknown command"),
        pytest.param([commands.encode(PAUSE), b"more"], id="several parts"),
        pytest.param([commands.encode(PAUSE).replace(b"60", b"-60")], id="out of range"),
    ],
)
def test_what_is_no_command_is_refused_and_survived(server: Server, frames: list[bytes]) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as asking:
        asking.setsockopt(zmq.LINGER, 0)
        asking.connect(f"ipc://{server.path}")
        asking.send_multipart(frames)
        assert asking.poll(PATIENCE_S * 1000)
        assert asking.recv_string() == Outcome.REFUSED
    assert ask(server.path, PAUSE, PATIENCE_S) is Outcome.APPLIED
    assert server.taken == [PAUSE]


def test_an_oversized_frame_is_cut_off_and_survived(server: Server) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as asking:
        asking.setsockopt(zmq.LINGER, 0)
        asking.connect(f"ipc://{server.path}")
        asking.send(b"x" * (MAX_BYTES + 1))
        assert not asking.poll(300)
    assert ask(server.path, PAUSE, PATIENCE_S) is Outcome.APPLIED


def test_a_socket_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose a shorter state_dir"):
        socket_path(tmp_path / ("x" * 100), "vision")
