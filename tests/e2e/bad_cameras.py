"""Cameras and recordings that are not as they should be, made where the tests run.

Comes in: an empty folder. Goes out: the source as it would be written in a configuration.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ambient.evaluate.ports import free_port
from models import samples

Make = Callable[[Path], str]
RANDOM: Final = np.random.default_rng(7)


@dataclass(frozen=True)
class Bad:
    """One bad input.

    Attributes
    ----------
    make
        Makes it.
    says
        What the node's log says of it; nothing: it is watched like any other.
    """

    make: Make
    says: str | None = None


def _written(name: str, data: bytes) -> Make:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(data)
        return f"file:{folder / name}"

    return make


def _video(name: str, code: str, size: tuple[int, int], frames: int, fps: float = 5.0) -> Make:
    """Write the empty room in another size with OpenCV alone."""

    def make(folder: Path) -> str:
        capture = cv2.VideoCapture(str(samples.path("empty")))
        there, room = capture.read()
        capture.release()
        assert there
        writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*code), fps, size)
        assert writer.isOpened()
        large = cv2.resize(room, size, interpolation=cv2.INTER_LINEAR)
        for number in range(frames):
            large[:8, :8] = number * 20 % 256
            writer.write(large)
        writer.release()
        return f"file:{folder / name}"

    return make


def _cut(name: str, code: str, share: float) -> Make:
    def make(folder: Path) -> str:
        whole = Path(_video(f"whole-{name}", code, (640, 360), 50)(folder).removeprefix("file:"))
        data = whole.read_bytes()
        return _written(name, data[: int(len(data) * share)])(folder)

    return make


def ffmpeg(folder: Path, name: str, *arguments: str) -> Path:
    """Run ffmpeg on the clip of the empty room."""
    program = shutil.which("ffmpeg")
    assert program is not None, "needs the ffmpeg program: make test installs it"
    clip = str(samples.path("empty"))
    subprocess.run(
        [program, "-loglevel", "error", "-nostdin", "-y", "-i", clip, *arguments, folder / name],
        check=True,
    )
    return folder / name


def _ffmpeg(name: str, *arguments: str) -> Make:
    return lambda folder: f"file:{ffmpeg(folder, name, *arguments)}"


def _two_sizes(folder: Path) -> str:
    both = b""
    for number, size in enumerate(("640:360", "1280:720")):
        part = ffmpeg(
            folder, f"{number}.ts", "-t", "3", "-vf", f"scale={size}", "-c:v", "mpeg2video",
            "-q:v", "4", "-output_ts_offset", str(3 * number), "-f", "mpegts",
        )  # fmt: skip
        both += part.read_bytes()
    (folder / "two-sizes.ts").write_bytes(both)
    return f"file:{folder / 'two-sizes.ts'}"


def _rtsp(answer: bytes | None) -> Make:
    """A camera that takes every request and answers it so, or never."""

    def make(folder: Path) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        kept = []

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                kept.append(connection)  # else it would be closed here
                if answer is not None:
                    threading.Thread(target=_refuse, args=(connection, answer), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return f"rtsp://anna:secret@127.0.0.1:{listener.getsockname()[1]}/cam"

    return make


def _refuse(connection: socket.socket, answer: bytes) -> None:
    number = 0
    while connection.recv(4096):
        number += 1
        connection.sendall(answer.replace(b"#", str(number).encode()))


def _nobody(folder: Path) -> str:
    return f"rtsp://anna:secret@127.0.0.1:{free_port()}/cam"


_UNAUTHORISED: Final = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: #\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n'
)
_NOT_FOUND: Final = b"RTSP/1.0 404 Not Found\r\nCSeq: #\r\n\r\n"

CAMERAS: Final[dict[str, Bad]] = {
    "not a video": Bad(_written("notes.mp4", b"no video\n" * 100), "cannot be decoded"),
    "random bytes": Bad(_written("random.mp4", RANDOM.bytes(50_000)), "cannot be decoded"),
    "an empty file": Bad(_written("empty.mp4", b""), "empty"),
    "a file that is not there": Bad(lambda folder: f"file:{folder}/none.mp4", "found none"),
    "a truncated file without its index": Bad(
        _cut("cut.mp4", "mp4v", 0.6), "check that it is complete"
    ),
    "a truncated file": Bad(_cut("cut.avi", "MJPG", 0.6)),
    "zero frames": Bad(_video("none.avi", "MJPG", (640, 360), 0), "expected"),
    "1 × 1 pixel": Bad(
        _ffmpeg("dot.avi", "-t", "1", "-vf", "scale=1:1", "-c:v", "ffv1"), "got 1 × 1"
    ),
    "an 8K frame": Bad(_video("huge.mp4", "mp4v", (7680, 4320), 5, 1.0)),
    "a flag to turn by 90°": Bad(
        _ffmpeg("turned.mp4", "-c", "copy", "-metadata:s:v", "rotate=90")
    ),
    "a size that changes": Bad(_two_sizes),
    "a variable frame rate": Bad(
        _ffmpeg("vfr.mp4", "-vf", "setpts='PTS+floor(N/12)*0.4/TB'", "-vsync", "vfr",
                "-c:v", "mpeg4", "-q:v", "4")
    ),
    "grayscale": Bad(_ffmpeg("gray.mkv", "-t", "4", "-pix_fmt", "gray", "-c:v", "ffv1")),
    "RTSP that stalls": Bad(_rtsp(None), "got no answer or a refusal"),
    "RTSP that refuses the password": Bad(_rtsp(_UNAUTHORISED), "got no answer or a refusal"),
    "RTSP without that stream": Bad(_rtsp(_NOT_FOUND), "got no answer or a refusal"),
    "RTSP where nobody listens": Bad(_nobody, "got no answer or a refusal"),
    "a USB camera that is not there": Bad(lambda _: "v4l2:/dev/video63", "found none"),
}  # fmt: skip
