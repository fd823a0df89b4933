"""One camera of a node, in a thread of its own: open, watch, close, say what can be seen.

Comes in: frames of the camera, and what is allowed (purpose on, privacy pause). Goes out:
observations; see `ambient.node.device_thread`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ambient.config_cameras import Camera
from ambient.node.clock import NodeClock
from ambient.node.device_thread import TICK_S, DeviceThread, Emit
from ambient.node.switches import Allowed
from ambient.observations import AnyObservation, Dropped, Tick, View, ViewState
from vision.learned import Learned
from vision.sources.base import Frame, Image
from vision.sources.live import LatestFrame

__all__ = ["CameraThread", "Emit", "Pipeline"]


class Pipeline(Protocol):
    """What turns frames of one camera into observations (see `vision.pipeline`)."""

    def process(self, image: Image, t_ns: int) -> list[AnyObservation]:
        """Look at a frame."""
        ...

    def silence(self, t_ns: int) -> list[AnyObservation]:
        """Take in that no frame came until now."""
        ...

    def forget_picture(self) -> None:
        """Let go of what is kept of a picture."""
        ...

    def hand_on(self) -> Learned | None:
        """End, and return what is known of the room."""
        ...


class CameraThread(DeviceThread[LatestFrame, Pipeline, Frame]):
    """Watch with one camera; parameters as for `DeviceThread`.

    What was learned of the room goes on after a privacy pause, and after a failure or once the
    camera was switched off for good it does not.

    Parameters
    ----------
    open_pipeline
        Given what the camera's last pipeline learned.
    show
        Given each frame after the pipeline (which masked it) with the steady time in seconds.
    hide
        Called when the camera is closed: what was kept of what was shown must go.
    """

    noun = "camera"

    def __init__(
        self,
        room: str,
        camera: Camera,
        clock: NodeClock,
        start: Allowed,
        *,
        open_feed: Callable[[], LatestFrame],
        open_pipeline: Callable[[Learned | None], Pipeline],
        open_sender: Callable[[], tuple[Emit, Callable[[], None]]],
        show: Callable[[Image, float], None] = lambda image, now: None,
        hide: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            room,
            camera.id,
            clock,
            start,
            open_feed=open_feed,
            open_pipeline=lambda: open_pipeline(self._take_learned()),
            open_sender=open_sender,
        )
        self._tick_at = 0.0
        self._show = show
        self._hide = hide
        self._learned: Learned | None = None
        self._forgets = False
        """Switched off since: it may be on again before this thread sees to it."""

    def allow(self, now: Allowed) -> None:
        """Tell the thread what is allowed from now on."""
        self._forgets = self._forgets or not now.on
        super().allow(now)

    def _take(self, pipeline: Pipeline, item: Frame) -> list[AnyObservation]:
        found = pipeline.process(item.image, self._t(item.t_ns))
        self._show(item.image, time.monotonic())
        return found

    def _silence(self, pipeline: Pipeline) -> list[AnyObservation]:
        return pipeline.silence(self._t(self._clock.now()))

    def _state(self, now: Allowed | None, t: int) -> AnyObservation:
        view, until = View.GONE, None
        if now is not None:
            view = View.PAUSED if now.on else View.OFF
            until = now.paused_until if now.on else None
        return ViewState(t=t, room=self.room, source=self._source, view=view, until=until)

    def _take_learned(self) -> Learned | None:
        learned, self._learned = self._learned, None
        forgets, self._forgets = self._forgets, False
        return None if forgets else learned

    def _ended(self, pipeline: Pipeline) -> None:
        self._learned = pipeline.hand_on()

    def _closed(self, now: Allowed) -> None:
        if not now.on:
            self._learned, self._forgets = None, False
        super()._closed(now)

    def _over(self, pipeline: Pipeline) -> None:
        pipeline.forget_picture()
        self._hide()

    def _beat(self, feed: LatestFrame) -> None:
        now = time.monotonic()
        if now < self._tick_at:
            return
        self._tick_at = now + TICK_S
        t = self._t(self._last)
        self._emit(Tick(t=t, room=self.room, source=self._source))
        dropped = feed.take_dropped()
        if dropped:
            self._emit(Dropped(t=t, room=self.room, source=self._source, frames=dropped))
