"""A live source as a worker wants it: what it gives, whatever happens to the device.

Comes in: a way to open a source that is live. Goes out: what it gave, as the sense keeps it, and
whether the device is there. A thread fetches; a device that goes is opened again, at first soon,
then ever more patiently. Cameras keep the newest picture of it (`vision.sources.live`),
microphones every block (`audio.sources.live`).
"""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ambient.errors import SourceError
from ambient.links import Backoff, Link, LinkState
from ambient.sources import Source

CLOSE_TIMEOUT_S: Final = 15.0
"""A source that hangs comes back by its own time limits long before."""

Item = TypeVar("Item")


class Live(ABC, Generic[Item]):
    """Fetches from a live source and opens the source again when it fails.

    Parameters
    ----------
    open_source
        Opens the source; called in the thread, again after every failure.
    backoff
        The waits between tries.
    luck, monotonic
        Seams for tests: random numbers 0..1 and a clock in seconds.
    """

    noun = "device"

    def __init__(
        self,
        open_source: Callable[[], Source[Item]],
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
        self._state = LinkState(Link.CLOSED)
        self._crash: BaseException | None = None
        self._forget()

    @abstractmethod
    def _keep(self, item: Item, *, first: bool) -> bool:
        """Keep what came, `first` since the source was opened; return whether it is of use.

        This and the two below are called with what they change locked.
        """

    @abstractmethod
    def _next(self) -> Item | None:
        """Return what a reader gets next, and keep it no longer; None when nothing waits."""

    @abstractmethod
    def _forget(self) -> None:
        """Forget what waits, if anything does."""

    @property
    def state(self) -> LinkState:
        """Whether the device is there."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Open the source and begin to fetch; does nothing when that has begun."""
        if self._thread is not None:
            return
        self._stop = threading.Event()
        self._set(LinkState(Link.CONNECTING))
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name=self.noun, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the device for real and forget what it gave; `start` opens it again.

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
                    f"expected the {self.noun} to close within {CLOSE_TIMEOUT_S:g} s, it hangs; "
                    "end this process"
                )
        with self._changed:
            self._forget()
        self._set(LinkState(Link.CLOSED))

    def read(self, timeout_s: float) -> Item | None:
        """Return what comes next and was not returned before; None when none came in time.

        Raises
        ------
        Exception
            What ended the fetching thread, if it was no `SourceError`.
        """
        end = time.monotonic() + timeout_s
        with self._changed:
            while (item := self._next()) is None:
                if self._crash is not None:
                    raise self._crash
                left = end - time.monotonic()
                if left <= 0.0:
                    return None
                self._changed.wait(left)
            return item

    def _set(self, state: LinkState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _put(self, item: Item, *, first: bool) -> None:
        with self._changed:
            if not self._keep(item, first=first):
                return
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
                    first = True
                    while not stop.is_set():
                        item = source.read()
                        if item is None:
                            self._set(LinkState(Link.ENDED))
                            return
                        self._put(item, first=first)
                        first = False
            except SourceError as error:
                steady = self._monotonic() - began >= self._backoff.steady_s
                failures = 1 if steady else failures + 1
                self._set(LinkState(Link.GONE, str(error)))
                stop.wait(self._backoff.delay(failures, self._luck()))
