"""RTSP cameras: a real server, one that refuses, and ones that fall silent."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from ambient.errors import SourceError
from tests.patience import PATIENCE_S
from vision.sources import open_source

SECRET = "geheim-7"


@pytest.fixture
def rtsp_server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("needs Debian's Python with GStreamer's RTSP server")
    server = subprocess.Popen(
        [python, Path(__file__).with_name("rtsp_server.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        if not line.startswith("PORT"):
            pytest.skip("needs python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly")
        yield int(line.split()[1]), server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_picture_comes_and_sound_is_never_set_up(rtsp_server):
    port, server = rtsp_server
    with open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam", fps=10) as source:
        frames = list(islice(source, 12))
    assert len(frames) == 12
    assert frames[0].image.shape == (240, 320, 3)
    assert all(b.t_ns > a.t_ns for a, b in pairwise(frames))
    server.terminate()
    assert server.stdout is not None
    requests = server.stdout.read().splitlines()
    assert sum(line.startswith("describe-request") for line in requests) == 1
    assert [line for line in requests if line.startswith("setup")] == ["setup-request /stream=0"]


def test_wrong_path_and_a_camera_that_dies(rtsp_server, capfd):
    port, server = rtsp_server
    with pytest.raises(SourceError) as refused:
        open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/other")
    with open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam") as source:
        assert source.read() is not None
        server.kill()
        with pytest.raises(SourceError, match="expected a frame") as died:
            list(source)
    for text in (str(refused.value), str(died.value), *capfd.readouterr()):
        assert SECRET not in text


def test_a_camera_that_stalls_in_the_middle(rtsp_server):
    port, server = rtsp_server
    with open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam") as source:
        assert source.read() is not None
        server.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(SourceError, match="expected a frame"):
            list(source)
        # FFmpeg may use up its 5 s twice; the pipeline says after 5 s that the camera is gone.
        assert time.monotonic() - began < PATIENCE_S


Answer = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], int]]:
    """Accept connections and answer each as the test says, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []
    thread: list[threading.Thread] = []

    def start(answer: Answer) -> int:
        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                kept.append(connection)
                answer(connection)

        thread.append(threading.Thread(target=run, daemon=True))
        thread[0].start()
        return int(listener.getsockname()[1])

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for one in thread:
        one.join(PATIENCE_S)
    for connection in kept:
        connection.close()


def silent(connection: socket.socket) -> None:
    """Take the request and never answer."""


def hangs_up(connection: socket.socket) -> None:
    connection.close()


def garbage(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"\x00\xff" * 5000)
    connection.close()


def unauthorised(connection: socket.socket) -> None:
    for number in (1, 2, 3):
        if not connection.recv(4096):
            break
        connection.sendall(
            f"RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\n"
            'WWW-Authenticate: Basic realm="cam"\r\n\r\n'.encode()
        )
    connection.close()


@pytest.mark.parametrize("answer", [silent, hangs_up, garbage, unauthorised])
def test_no_picture_is_an_error_within_seconds(serve, capfd, answer):
    port = serve(answer)
    began = time.monotonic()
    with pytest.raises(SourceError, match="got no answer or a refusal") as caught:
        open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam?key={SECRET}")
    took_s = time.monotonic() - began
    # The promise is 5 s; the rest is for a busy machine.
    assert took_s < PATIENCE_S
    for text in (str(caught.value), *capfd.readouterr()):
        assert SECRET not in text


def test_a_camera_that_stalls_holds_up_no_other(serve, make_video):
    asked = threading.Event()
    port = serve(lambda _: asked.set())
    ended: list[SourceError] = []

    def stalls() -> None:
        try:
            open_source(f"rtsp://127.0.0.1:{port}/cam")
        except SourceError as error:
            ended.append(error)

    video = str(make_video())
    stalling = threading.Thread(target=stalls)
    stalling.start()
    assert asked.wait(PATIENCE_S)
    with open_source(video) as source:
        assert source.read() is not None
    assert not ended, "the file was opened only after the camera had been given up"
    stalling.join()
    assert ended


def test_nobody_listens(capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match=f"rtsp://127.0.0.1:{port}/"):
        open_source(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam")
    assert SECRET not in "".join(capfd.readouterr())
