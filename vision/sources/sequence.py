"""Frames of numbered pictures in a folder.

Comes in: a folder or a glob pattern, and the rate at which they were taken. Goes out: frames in
the natural order of the names (2 before 10), one period apart.
"""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2

from ambient.errors import SourceError
from vision.sources.base import Frame, Readable, check_size, to_bgr
from vision.sources.timing import Pacer, period_ns

SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
)
DEFAULT_FPS: Final = 30.0


class SequenceSource(Readable):
    """Pictures as if filmed at `fps`.

    A picture that cannot be decoded is left out; time goes on over it.

    Parameters
    ----------
    pattern
        A folder, or a pattern with ``*``, ``?`` or ``[``.
    fps
        Rate at which the pictures were taken; None means 30.
    realtime, start_ns, loop, monotonic, sleep
        As for `vision.sources.file.FileSource`.

    Raises
    ------
    SourceError
        When there is no picture that can be decoded.
    """

    def __init__(
        self,
        pattern: str,
        *,
        fps: float | None = None,
        realtime: bool = False,
        start_ns: int = 0,
        loop: bool = False,
        monotonic: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pattern = pattern
        self._fps = DEFAULT_FPS if fps is None else fps
        self._period_ns = period_ns(self._fps)
        self._realtime = realtime
        self._start_ns = start_ns
        self._loop = loop
        self._pacer = Pacer(monotonic, sleep)
        self._index = -1
        self._closed = False
        self._paths = _pictures(pattern)
        self._pending: Frame | None = self._next(len(self._paths))
        if self._pending is None:
            raise SourceError(
                f"{pattern}: expected pictures ({', '.join(sorted(SUFFIXES))}), "
                f"got {len(self._paths)} files of which none can be decoded; check the folder"
            )

    @property
    def live(self) -> bool:
        """True when paced."""
        return self._realtime

    @property
    def fps(self) -> float:
        """Pictures per second."""
        return self._fps

    def read(self) -> Frame | None:
        """Return the next picture, or None at the end."""
        frame, self._pending = self._pending, None
        if frame is None and not self._closed:
            frame = self._next(len(self._paths))
        if frame is None:
            self.close()
            return None
        if self._realtime:
            self._pacer.wait(frame.t_ns - self._start_ns)
        return frame

    def close(self) -> None:
        """End the sequence."""
        self._closed = True
        self._pending = None

    def _next(self, tries: int) -> Frame | None:
        for _ in range(tries):
            self._index += 1
            if self._index >= len(self._paths) and not self._loop:
                return None
            path = self._paths[self._index % len(self._paths)]
            try:
                picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            except cv2.error:
                # OpenCV refuses pictures beyond its own bounds by throwing.
                picture = None
            if picture is None:
                continue
            check_size(str(path), picture.shape[1], picture.shape[0])
            t_ns = self._start_ns + self._index * self._period_ns
            return Frame(to_bgr(picture), t_ns, self._index)
        return None


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts digits by value: ``f2`` before ``f10``."""
    parts = re.split(r"(\d+)", path.name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)


def _pictures(pattern: str) -> list[Path]:
    folder = Path(pattern)
    found = folder.iterdir() if folder.is_dir() else (Path(name) for name in glob.glob(pattern))
    return sorted((p for p in found if p.suffix.lower() in SUFFIXES), key=natural_key)
