"""A V4L2 camera: USB, or on the board.

Comes in: ``/dev/video0``, ``/dev/v4l/by-id/…`` or ``v4l2:0``. Goes out: frames as they arrive.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import cv2

from ambient.errors import SourceError
from vision.sources.camera import CameraSource
from vision.sources.capture import CaptureFactory, open_capture
from vision.sources.timing import EventClock

WIDTH: Final = 640
HEIGHT: Final = 360
"""What is asked for; the driver takes the nearest it has."""


class DeviceSource(CameraSource):
    """An open V4L2 device.

    Parameters
    ----------
    spec
        The device.
    fps, clock, monotonic
        As for `CameraSource`.
    capture
        Seam for tests.

    Raises
    ------
    SourceError
        When it is not there, in use, or gives no picture.
    """

    def __init__(
        self,
        spec: str,
        *,
        fps: float | None,
        clock: EventClock,
        capture: CaptureFactory = open_capture,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        path = device_path(spec)
        opened = capture(
            path,
            cv2.CAP_V4L2,
            (cv2.CAP_PROP_FRAME_WIDTH, WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT),
        )
        if not opened.isOpened():
            opened.release()
            raise SourceError(
                f"{path}: expected a camera that can be opened, found none; check that it is "
                "plugged in, that nothing else uses it, and that this user is in group video"
            )
        super().__init__(path, opened, fps=fps, clock=clock, monotonic=monotonic)


def device_path(spec: str) -> str:
    """Return the device's path for ``v4l2:N``, ``v4l2:PATH`` or a path under ``/dev/``.

    Raises
    ------
    SourceError
        For anything else.
    """
    name = re.sub(r"^v4l2:", "", spec, flags=re.IGNORECASE)
    if re.fullmatch(r"\d{1,3}", name):
        return f"/dev/video{name}"
    if name.startswith("/dev/"):
        return name
    raise SourceError(f"{spec}: expected v4l2:NUMBER or a path under /dev/, got {name!r}")
