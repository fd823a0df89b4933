"""A network camera over RTSP: its video only, over TCP.

Comes in: ``rtsp://user:password@host/path``. Goes out: frames as they arrive. A camera that
refuses, or that is silent for 5 s, is a `SourceError`. Messages name the host alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2

from ambient.errors import SourceError
from ambient.links import redact
from vision.sources.camera import CameraSource
from vision.sources.capture import (
    OPEN_TIMEOUT_MS,
    READ_TIMEOUT_MS,
    CaptureFactory,
    open_capture,
)
from vision.sources.timing import EventClock


class RtspSource(CameraSource):
    """An open RTSP stream.

    Parameters
    ----------
    address
        With user and password where the camera wants them.
    fps, clock, monotonic
        As for `CameraSource`.
    capture
        Seam for tests.

    Raises
    ------
    SourceError
        When the camera refuses, is not there, or does not answer in time.
    """

    def __init__(
        self,
        address: str,
        *,
        fps: float | None,
        clock: EventClock,
        capture: CaptureFactory = open_capture,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        name = redact(address)
        opened = capture(
            address,
            cv2.CAP_FFMPEG,
            (
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                READ_TIMEOUT_MS,
                cv2.CAP_PROP_N_THREADS,
                1,
            ),
        )
        if not opened.isOpened():
            opened.release()
            raise SourceError(
                f"{name}: expected a camera that sends video within {OPEN_TIMEOUT_MS / 1000:g} s, "
                "got no answer or a refusal; check address, path, user and password"
            )
        super().__init__(name, opened, fps=fps, clock=clock, monotonic=monotonic)
