"""Frames of a video file, in event time.

Comes in: a path. Goes out: frames whose time is the presentation timestamp (a file starts at
`start_ns`), picked for a wanted rate; frames that are not wanted are never converted. Runs as fast
as the reader reads, or paced at real speed. A rotation flag is honoured; a file that is cut off
ends with what could be read; when the resolution changes within a file, pictures keep the first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2

from ambient.errors import SourceError
from ambient.sources import expect_name
from vision.sources.base import Frame, Readable, check_size, to_bgr
from vision.sources.capture import Capture, CaptureFactory, open_capture
from vision.sources.timing import FramePicker, Pacer, StrictTime, period_ns

UNKNOWN_FPS: Final = 30.0
"""Assumed where a container states no rate or an absurd one."""


class FileSource(Readable):
    """A video file.

    Parameters
    ----------
    path
        The file.
    fps
        At most this many frames a second are given; None gives all.
    realtime
        Give each frame no earlier than its time.
    start_ns
        Event time of the file's first frame.
    loop
        Begin again at the end, with time going on.
    capture, monotonic, sleep
        Seams for tests: how a file is opened, a clock in nanoseconds, a wait in seconds.

    Raises
    ------
    SourceError
        When the file cannot be read, is no video, or holds no frame.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: float | None = None,
        realtime: bool = False,
        start_ns: int = 0,
        loop: bool = False,
        capture: CaptureFactory = open_capture,
        monotonic: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._realtime = realtime
        self._start_ns = start_ns
        self._loop = loop
        self._factory = capture
        self._pacer = Pacer(monotonic, sleep)
        self._index = -1
        _check_file(path)
        # Whether the capture holds a frame that `read` has not looked at yet.
        self._grabbed = False
        self._capture: Capture | None = self._open()
        native = self._capture.get(cv2.CAP_PROP_FPS)
        native = native if math.isfinite(native) and 0.1 <= native <= 480 else UNKNOWN_FPS
        self._fps = native if fps is None else min(fps, native)
        self._time = StrictTime(period_ns(native))
        self._picker = FramePicker(fps)

    @property
    def live(self) -> bool:
        """True when paced: frames then come in their own time."""
        return self._realtime

    @property
    def fps(self) -> float:
        """Nominal frames per second given."""
        return self._fps

    def read(self) -> Frame | None:
        """Return the next wanted frame, or None at the end."""
        while self._capture is not None:
            if not self._grabbed and not self._capture.grab():
                if not self._again():
                    return None
                continue
            self._grabbed = False
            self._index += 1
            milliseconds = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            raw_ns = round(milliseconds * 1e6) if math.isfinite(milliseconds) else 0
            elapsed_ns = self._time.next(raw_ns)
            if not self._picker.take(elapsed_ns):
                continue
            ok, picture = self._capture.retrieve()
            if not ok or picture.size == 0:
                continue
            if self._realtime:
                self._pacer.wait(elapsed_ns)
            return Frame(to_bgr(picture), self._start_ns + elapsed_ns, self._index)
        return None

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> Capture:
        # One thread: several cameras share the cores, and frame threads hold pictures back.
        capture = self._factory(
            str(self._path.absolute()), cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1)
        )
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"{self._path}: expected a video file, got something that cannot be decoded; "
                "check that it is complete (ffprobe FILE)"
            )
        width, height = (
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        try:
            check_size(str(self._path), width, height)
        except SourceError:
            capture.release()
            raise
        self._grabbed = capture.grab()
        if not self._grabbed:
            capture.release()
            raise SourceError(
                f"{self._path}: expected a video with at least one frame, got none; "
                "record it again or choose another"
            )
        return capture

    def _again(self) -> bool:
        """At the end: begin again when looping, else close."""
        self.close()
        if not self._loop:
            return False
        self._capture = self._open()
        self._time.restart()
        return True


def _check_file(path: Path) -> None:
    expect_name(path)
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise SourceError(f"{path}: expected a video file, found none; check the path") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its owner") from None
    if size == 0:
        raise SourceError(f"{path}: expected a video file, got an empty one; copy it again")
