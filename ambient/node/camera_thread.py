"""One camera of a node, in a thread of its own: open, watch, close, say what can be seen.

Comes in: frames of the camera, and what is allowed (purpose on, privacy pause). Goes out:
observations. A camera that may not watch is closed: the device is released first, and only then
is it said that it is paused or off. `t` never goes back within the camera.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from ambient.config import Camera
from ambient.errors import SourceError
from ambient.links import Link, LinkState
from ambient.node.budget import RestartBudget
from ambient.node.clock import NodeClock
from ambient.node.switches import Allowed
from ambient.observations import AnyObservation, Dropped, Tick, View, ViewState
from vision.sources.base import Image
from vision.sources.live import LatestFrame

FRAME_WAIT_S: Final = 0.5
TICK_S: Final = 1.0
SHOW_VIEW_S: Final = 60.0
"""How often the state of a closed camera is said again."""
HANGS_S: Final = 60.0
"""A capture has time limits of its own; one that says nothing for so long never will."""

_log = structlog.get_logger(__name__)


class Pipeline(Protocol):
    """What turns frames of one camera into observations (see `vision.pipeline`)."""

    def process(self, image: Image, t_ns: int) -> list[AnyObservation]:
        """Look at a frame."""
        ...

    def silence(self, t_ns: int) -> list[AnyObservation]:
        """Take in that no frame came until now."""
        ...


Emit = Callable[[AnyObservation], bool]


class CameraThread(threading.Thread):
    """Watch one camera.

    Parameters
    ----------
    room, camera
        Which one.
    clock
        The node's time.
    start
        What is allowed at the start.
    open_feed, open_pipeline
        Make a feed that is not started; a pipeline that has seen nothing yet.
    open_sender
        Return where observations go; called in this thread, which owns it, with its closing.
    """

    def __init__(
        self,
        room: str,
        camera: Camera,
        clock: NodeClock,
        start: Allowed,
        *,
        open_feed: Callable[[], LatestFrame],
        open_pipeline: Callable[[], Pipeline],
        open_sender: Callable[[], tuple[Emit, Callable[[], None]]],
    ) -> None:
        super().__init__(name=f"{room}/{camera.id}", daemon=True)
        self.room = room
        self._camera = camera
        self._clock = clock
        self._allowed = start
        self._open_feed = open_feed
        self._open_pipeline = open_pipeline
        self._open_sender = open_sender
        self._news = threading.Event()
        self._settled: Allowed | None = None
        self._stopping = False
        self._emit: Emit = lambda _: False
        self._last = 0
        self._tick_at = 0.0
        self._link = LinkState(Link.CLOSED)
        self._budget = RestartBudget()
        self.step_at = time.monotonic()
        """When the thread last gave a sign of life, on the steady clock (s)."""

    def allow(self, now: Allowed) -> None:
        """Tell the thread what is allowed from now on."""
        if now != self._allowed:
            self._allowed = now
            self._news.set()

    @property
    def settled(self) -> bool:
        """Whether the device is as the last `allow` wants it."""
        return self._settled == self._allowed

    def stop(self) -> None:
        """Ask the thread to close the device and end."""
        self._stopping = True
        self._news.set()

    def run(self) -> None:
        """Watch until stopped."""
        emit, close = self._open_sender()
        self._emit = emit
        try:
            while not self._stopping:
                self._news.clear()
                now = self._allowed
                if now.open:
                    self._try_to_watch(now)
                else:
                    self._closed(now)
        finally:
            close()

    def _try_to_watch(self, now: Allowed) -> None:
        """Watch; a failure of this camera's pictures is told and tried again, the others go on.

        Raises
        ------
        SourceError
            When the device hangs, which only a new process can mend.
        """
        try:
            self._watch(now)
        except SourceError:
            raise
        except Exception:  # noqa: BLE001 - logged, told as GONE, tried again
            _log.exception("camera failed", camera=self.name)
            wait_s = self._budget.died(time.monotonic()).wait_s
            view = ViewState(
                t=self._t(self._clock.now()),
                room=self.room,
                source=self._camera.id,
                view=View.GONE,
            )
            self._emit(view)
            self.step_at = time.monotonic()
            self._news.wait(wait_s)

    def _watch(self, now: Allowed) -> None:
        """Watch for as long as that is allowed; the device is released on return."""
        _log.info("camera opens", camera=self.name)
        # A new pipeline: who was there before the pause may be somebody else now.
        pipeline = self._open_pipeline()
        feed = self._open_feed()
        feed.start()
        seen_at = time.monotonic()
        try:
            self._settled = now
            while not self._news.is_set():
                self.step_at = time.monotonic()
                self._log_link(feed.state)
                frame = feed.read(FRAME_WAIT_S)
                if self._news.is_set():
                    break
                if frame is None:
                    found = pipeline.silence(self._t(self._clock.now()))
                    if feed.state.link is Link.CONNECTED and self.step_at - seen_at > HANGS_S:
                        raise SourceError(
                            f"{self.name}: expected a frame or an end of the stream, got neither "
                            f"for {HANGS_S:g} s; the process is started anew"
                        )
                else:
                    seen_at = self.step_at
                    found = pipeline.process(frame.image, self._t(frame.t_ns))
                for observation in found:
                    self._emit(observation)
                self._each_second(feed)
        finally:
            feed.close()
            _log.info("camera closed", camera=self.name)

    def _log_link(self, now: LinkState) -> None:
        """Log why the camera is gone, once for each reason, and that it is back."""
        before, self._link = self._link, now
        if now == before:
            return
        if now.link is Link.GONE:
            _log.warning("camera is gone", camera=self.name, reason=now.reason)
        elif now.link is Link.CONNECTED and before.link is Link.GONE:
            _log.info("camera is back", camera=self.name)

    def _each_second(self, feed: LatestFrame) -> None:
        now = time.monotonic()
        if now < self._tick_at:
            return
        self._tick_at = now + TICK_S
        t = self._t(self._last)
        self._emit(Tick(t=t, room=self.room, source=self._camera.id))
        dropped = feed.take_dropped()
        if dropped:
            self._emit(Dropped(t=t, room=self.room, source=self._camera.id, frames=dropped))

    def _closed(self, now: Allowed) -> None:
        """Say that the camera is closed, for as long as it is to be."""
        self._settled = now
        show_at = 0.0
        while not self._news.is_set():
            self.step_at = steady = time.monotonic()
            t = self._t(self._clock.now())
            if steady >= show_at:
                show_at = steady + SHOW_VIEW_S
                self._emit(
                    ViewState(
                        t=t,
                        room=self.room,
                        source=self._camera.id,
                        view=View.PAUSED if now.on else View.OFF,
                        until=now.paused_until if now.on else None,
                    )
                )
            self._emit(Tick(t=t, room=self.room, source=self._camera.id))
            self._news.wait(TICK_S)

    def _t(self, t: int) -> int:
        """Return `t`, or the instant after the last one where it would not go forward."""
        self._last = max(self._last + 1, t)
        return self._last
