"""A live source as a worker wants it: the newest frame, whatever happens to the camera.

Comes in: a way to open a source that is live. Goes out: the newest frame that nobody has seen yet,
how many were passed over, and whether the camera is there. A thread fetches, so a slow consumer
never builds a queue; a camera that goes is opened again, at first soon, then ever more patiently.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Final

from ambient.errors import SourceError
from ambient.links import Backoff, Link, LinkState
from vision.sources.base import Frame, Source

CLOSE_TIMEOUT_S: Final = 15.0
"""A capture that hangs comes back by its own time limits long before."""


class LatestFrame:
    """Keeps the newest frame of a live source and opens the source again when it fails.

    Parameters
    ----------
    open_source
        Opens the source; called in the thread, again after every failure.
    backoff
        The waits between tries.
    luck, monotonic
        Seams for tests: random numbers 0..1 and a clock in seconds.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        backoff: Backoff | None = None,
        luck: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_source
        self._backoff = backoff or Backoff()
        self._luck = luck
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._frame: Frame | None = None
        self._last_ns = -1
        self._dropped = 0
        self._state = LinkState(Link.CLOSED)
        self._crash: BaseException | None = None

    @property
    def state(self) -> LinkState:
        """Whether the camera is there."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Open the source and begin to fetch; does nothing when that has begun."""
        if self._thread is not None:
            return
        self._stop = threading.Event()
        self._set(LinkState(Link.CONNECTING))
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name="capture", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the device for real and forget the last frame; `start` opens it again.

        Raises
        ------
        SourceError
            When the device does not let go; then end the process, which closes it.
        """
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None:
            thread.join(CLOSE_TIMEOUT_S)
            if thread.is_alive():
                self._thread = thread
                raise SourceError(
                    f"expected the camera to close within {CLOSE_TIMEOUT_S:g} s, it hangs; "
                    "end this process"
                )
        with self._changed:
            self._frame = None
        self._set(LinkState(Link.CLOSED))

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame not returned before; None when none came within `timeout_s`.

        Raises
        ------
        Exception
            What ended the fetching thread, if it was no `SourceError`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frame or self._crash, timeout_s)
            if self._crash is not None:
                raise self._crash
            frame, self._frame = self._frame, None
            return frame

    def take_dropped(self) -> int:
        """Return how many frames nobody looked at since the last call."""
        with self._changed:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def _set(self, state: LinkState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if frame.t_ns <= self._last_ns:
                return
            self._last_ns = frame.t_ns
            if self._frame is not None:
                self._dropped += 1
            self._frame = frame
            if self._state.link is not Link.CONNECTED:
                self._state = LinkState(Link.CONNECTED)
            self._changed.notify_all()

    def _run(self, stop: threading.Event) -> None:
        try:
            self._fetch(stop)
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who fails of it
            with self._changed:
                self._crash = error
                self._changed.notify_all()

    def _fetch(self, stop: threading.Event) -> None:
        failures = 0
        while not stop.is_set():
            began = self._monotonic()
            try:
                with self._open() as source:
                    while not stop.is_set():
                        frame = source.read()
                        if frame is None:
                            self._set(LinkState(Link.ENDED))
                            return
                        self._put(frame)
            except SourceError as error:
                steady = self._monotonic() - began >= self._backoff.steady_s
                failures = 1 if steady else failures + 1
                self._set(LinkState(Link.GONE, str(error)))
                stop.wait(self._backoff.delay(failures, self._luck()))
