"""The seam to OpenCV's capture: how a stream is opened, and what may be said about it.

Comes in: a path, device or address. Goes out: an open `Capture`, or a `SourceError` that names
neither user nor password. Tests put their own `CaptureFactory` here.

FFmpeg takes its options from the process environment, so they are set once, at import, before
any capture is opened: RTSP over TCP, only its video (an audio stream is never set up), and no
protocol but files and RTSP and no format but video, so that a playlist in a file cannot make the
node call somebody.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

OPEN_TIMEOUT_MS: Final = 5000
READ_TIMEOUT_MS: Final = 5000

FORMATS: Final = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mjpeg", "m4v",
    "h264", "hevc", "ivf", "obu", "av1", "yuv4mpegpipe", "mxf", "dv", "rtsp", "sdp",
)  # fmt: skip
"""Containers of video. FFmpeg would also draw a text file as a picture, or follow a playlist."""

FFMPEG_OPTIONS: Final = "|".join(
    (
        "rtsp_transport;tcp",
        "allowed_media_types;video",
        "protocol_whitelist;file,rtsp,rtsps,rtp,srtp,tcp,udp,tls",
        "format_whitelist;" + ",".join(FORMATS),
        f"timeout;{READ_TIMEOUT_MS * 1000}",
    )
)

os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG_OPTIONS
# FFmpeg writes to stderr by itself, an address with its password among it.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# Else one camera that does not answer holds up the opening of every other for its five seconds.
os.environ.setdefault("OPENCV_FFMPEG_IS_THREAD_SAFE", "1")
# One silent V4L2 read ends after 3 s; the default is three tries of 10 s.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_READ_ATTEMPTS", "1")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


class Capture(Protocol):
    """What is used of ``cv2.VideoCapture``."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802 - OpenCV's name

    def grab(self) -> bool: ...  # noqa: D102

    def retrieve(self) -> tuple[bool, npt.NDArray[Any]]: ...  # noqa: D102

    def get(self, prop: int, /) -> float: ...  # noqa: D102

    def release(self) -> None: ...  # noqa: D102


CaptureFactory = Callable[[str, int, Sequence[int]], Capture]
"""Opens `name` with an OpenCV backend (``cv2.CAP_…``) and pairs of properties."""


class _CvCapture:
    """``cv2.VideoCapture`` with one shape of ``retrieve``."""

    def __init__(self, name: str, backend: int, properties: Sequence[int]) -> None:
        try:
            self._capture = cv2.VideoCapture(name, backend, list(properties))
        except cv2.error:
            # A file that makes OpenCV throw is a file that cannot be opened.
            self._capture = cv2.VideoCapture()

    def isOpened(self) -> bool:  # noqa: N802
        return self._capture.isOpened()

    def grab(self) -> bool:
        return self._capture.grab()

    def retrieve(self) -> tuple[bool, npt.NDArray[Any]]:
        ok, picture = self._capture.retrieve()
        return ok, np.asarray(picture) if ok else np.empty((0, 0, 3), np.uint8)

    def get(self, prop: int, /) -> float:
        return self._capture.get(prop)

    def release(self) -> None:
        self._capture.release()


def open_capture(name: str, backend: int, properties: Sequence[int]) -> Capture:
    """Open a capture with OpenCV; look at ``isOpened`` for whether that worked."""
    return _CvCapture(name, backend, properties)
