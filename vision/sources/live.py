"""The newest picture of a camera, whatever happens to it.

Comes in: a way to open a source that is live. Goes out: the newest frame that nobody has seen yet,
how many were passed over, and whether the camera is there (see `ambient.live`). A slow consumer
never builds a queue.
"""

from __future__ import annotations

from ambient.live import Live
from vision.sources.base import Frame


class LatestFrame(Live[Frame]):
    """Keeps the newest frame of a live source; parameters as for `Live`."""

    noun = "camera"

    _frame: Frame | None
    _last_ns = -1
    _dropped = 0

    def take_dropped(self) -> int:
        """Return how many frames nobody looked at since the last call."""
        with self._changed:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def _keep(self, item: Frame, *, first: bool) -> bool:
        if item.t_ns <= self._last_ns:
            return False
        self._last_ns = item.t_ns
        if self._frame is not None:
            self._dropped += 1
        self._frame = item
        return True

    def _next(self) -> Frame | None:
        frame, self._frame = self._frame, None
        return frame

    def _forget(self) -> None:
        self._frame = None
