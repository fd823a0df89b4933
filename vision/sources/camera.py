"""What a V4L2 device and an RTSP camera have in common: frames stamped as they arrive.

Comes in: an open capture and the event clock. Goes out: frames at no more than the wanted rate;
the others are fetched from the device, so that it never lags, but not converted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

import cv2

from ambient.errors import SourceError
from vision.sources.base import Frame, Readable, check_size, to_bgr
from vision.sources.capture import Capture
from vision.sources.timing import EventClock, FramePicker

UNKNOWN_FPS: Final = 25.0


class CameraSource(Readable):
    """A camera that is open.

    Parameters
    ----------
    name
        What to call it in messages, without credentials.
    capture
        Opened; closed by `close`, and here when the picture is of no use.
    fps
        At most this many frames a second are given; None gives all.
    clock
        Event time of the monotonic clock.
    monotonic
        The monotonic clock, in nanoseconds.

    Raises
    ------
    SourceError
        When the picture's size is of no use.
    """

    def __init__(
        self,
        name: str,
        capture: Capture,
        *,
        fps: float | None,
        clock: EventClock,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = name
        self._capture: Capture | None = capture
        self._clock = clock
        self._monotonic = monotonic
        self._picker = FramePicker(fps)
        self._last_ns = -1
        self._index = -1
        native = capture.get(cv2.CAP_PROP_FPS)
        native = native if math.isfinite(native) and 1 <= native <= 240 else UNKNOWN_FPS
        self._fps = native if fps is None else min(fps, native)
        try:
            check_size(
                name,
                int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            )
        except SourceError:
            self.close()
            raise

    @property
    def live(self) -> bool:
        """Always true."""
        return True

    @property
    def fps(self) -> float:
        """Nominal frames per second given."""
        return self._fps

    def read(self) -> Frame | None:
        """Wait for the next wanted frame; None once closed.

        Raises
        ------
        SourceError
            When the camera stopped sending or was unplugged.
        """
        while self._capture is not None:
            if not self._capture.grab():
                raise SourceError(
                    f"{self._name}: expected a frame, got none in time; "
                    "check that the camera is plugged in and switched on"
                )
            self._index += 1
            t_ns = max(self._clock.t(self._monotonic()), self._last_ns + 1)
            if not self._picker.take(t_ns):
                continue
            ok, picture = self._capture.retrieve()
            if not ok or picture.size == 0:
                continue
            self._last_ns = t_ns
            return Frame(to_bgr(picture), t_ns, self._index)
        return None

    def close(self) -> None:
        """Release the device or connection."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
