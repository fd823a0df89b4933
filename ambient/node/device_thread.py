"""One device of a node, in a thread of its own: open, sense, close, say what can be sensed.

Comes in: what a camera or microphone gives, and what is allowed (purpose on, privacy pause). Goes
out: observations. A device that may not be open is closed: it is released first, and only then is
it said that it is paused or off. `t` never goes back within the device.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from ambient.bus.ipc import ObservationSender
from ambient.errors import SourceError
from ambient.links import Link, LinkState
from ambient.node.budget import RestartBudget
from ambient.node.clock import NodeClock
from ambient.node.switches import Allowed
from ambient.observations import AnyObservation, Tick

WAIT_S: Final = 0.5
TICK_S: Final = 1.0
SHOW_S: Final = 60.0
"""How often the state of a closed device is said again."""
HANGS_S: Final = 60.0
"""A source has time limits of its own; one that says nothing for so long never will."""
UNSENT_EVERY: Final = 1000
"""Observations that fusion did not take are told once in so many."""

_log = structlog.get_logger(__name__)

Emit = Callable[[AnyObservation], bool]
Item = TypeVar("Item")
Pipe = TypeVar("Pipe")


def sender_to(fusion: Path) -> tuple[Emit, Callable[[], None]]:
    """Return what sends observations to the socket file `fusion`, and what closes it."""
    sender = ObservationSender(fusion)

    def send(observation: AnyObservation) -> bool:
        sent = sender.send(observation)
        if not sent and sender.unsent % UNSENT_EVERY == 1:
            _log.warning("fusion takes no observations", lost_so_far=sender.unsent)
        return sent

    return send, sender.close


class Feed(Protocol):
    """What a live source gives, whatever happens to the device."""

    @property
    def state(self) -> LinkState:
        """Whether the device is there."""
        ...

    def start(self) -> None:
        """Open the device."""
        ...

    def close(self) -> None:
        """Close the device for real."""
        ...

    def read(self, timeout_s: float) -> Any:
        """Return what came; None when nothing did in time."""
        ...


FeedT = TypeVar("FeedT", bound=Feed)


class DeviceThread(threading.Thread, Generic[FeedT, Pipe, Item]):
    """Sense with one device.

    Parameters
    ----------
    room, source
        Which one.
    clock
        The node's time.
    start
        What is allowed at the start.
    open_feed, open_pipeline
        Make a feed that is not started; a pipeline that has sensed nothing yet.
    open_sender
        Return where observations go; called in this thread, which owns it, with its closing.
    """

    noun = "device"

    def __init__(
        self,
        room: str,
        source: str,
        clock: NodeClock,
        start: Allowed,
        *,
        open_feed: Callable[[], FeedT],
        open_pipeline: Callable[[], Pipe],
        open_sender: Callable[[], tuple[Emit, Callable[[], None]]],
    ) -> None:
        super().__init__(name=f"{room}/{source}", daemon=True)
        self.room = room
        self._source = source
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
        self._link = LinkState(Link.CLOSED)
        self._budget = RestartBudget()
        self.step_at = time.monotonic()
        """When the thread last gave a sign of life, on the steady clock (s)."""

    @abstractmethod
    def _take(self, pipeline: Pipe, item: Item) -> list[AnyObservation]:
        """Return what is to be said of what came."""

    @abstractmethod
    def _silence(self, pipeline: Pipe) -> list[AnyObservation]:
        """Return what is to be said now that nothing came."""

    @abstractmethod
    def _state(self, now: Allowed | None, t: int) -> AnyObservation:
        """Return what is said of a closed device; without `now`, of one that failed."""

    def _beat(self, feed: FeedT) -> None:
        """Do what is due beside that, as often as something came or did not."""

    def _ended(self, pipeline: Pipe) -> None:
        """Take over from a pipeline that did not fail what the next one may know."""

    def _over(self, pipeline: Pipe) -> None:
        """Let go of a pipeline whose device is closed."""

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
        """Sense until stopped."""
        emit, close = self._open_sender()
        self._emit = emit
        try:
            while True:
                self._news.clear()
                # Looked at after that, or a stop in between would be forgotten.
                if self._stopping:
                    break
                now = self._allowed
                if now.open:
                    self._try_to_sense(now)
                else:
                    self._closed(now)
        finally:
            close()

    def _try_to_sense(self, now: Allowed) -> None:
        """Sense; a failure of what this device gives is told and tried again, the others go on.

        Raises
        ------
        SourceError
            When the device hangs, which only a new process can mend.
        """
        try:
            self._sense(now)
        except SourceError:
            raise
        except Exception:  # noqa: BLE001 - logged, told as GONE, tried again
            _log.exception(f"{self.noun} failed", **{self.noun: self.name})
            wait_s = self._budget.died(time.monotonic()).wait_s
            self._emit(self._state(None, self._t(self._clock.now())))
            self.step_at = time.monotonic()
            self._news.wait(wait_s)

    def _sense(self, now: Allowed) -> None:
        """Sense for as long as that is allowed; the device is released on return."""
        _log.info(f"{self.noun} opens", **{self.noun: self.name})
        # A new pipeline: who was there before the pause may be somebody else now.
        pipeline = self._open_pipeline()
        feed = self._open_feed()
        feed.start()
        heard_at = time.monotonic()
        try:
            self._settled = now
            while not self._news.is_set():
                self.step_at = time.monotonic()
                self._log_link(feed.state)
                item = feed.read(WAIT_S)
                if self._news.is_set():
                    break
                if item is None:
                    found = self._silence(pipeline)
                    if feed.state.link is Link.CONNECTED and self.step_at - heard_at > HANGS_S:
                        raise SourceError(
                            f"{self.name}: expected something or an end of the stream, got neither "
                            f"for {HANGS_S:g} s; the process is started anew"
                        )
                else:
                    heard_at = self.step_at
                    found = self._take(pipeline, item)
                for observation in found:
                    self._emit(observation)
                self._beat(feed)
            self._ended(pipeline)
        finally:
            feed.close()
            self._over(pipeline)
            _log.info(f"{self.noun} closed", **{self.noun: self.name})

    def _log_link(self, now: LinkState) -> None:
        """Log why the device is gone, once for each reason, and that it is back."""
        before, self._link = self._link, now
        if now == before:
            return
        if now.link is Link.GONE:
            _log.warning(f"{self.noun} is gone", **{self.noun: self.name}, reason=now.reason)
        elif now.link is Link.CONNECTED and before.link is Link.GONE:
            _log.info(f"{self.noun} is back", **{self.noun: self.name})

    def _closed(self, now: Allowed) -> None:
        """Say that the device is closed, for as long as it is to be."""
        self._settled = now
        show_at = 0.0
        while not self._news.is_set():
            self.step_at = steady = time.monotonic()
            t = self._t(self._clock.now())
            if steady >= show_at:
                show_at = steady + SHOW_S
                self._emit(self._state(now, t))
            self._emit(Tick(t=t, room=self.room, source=self._source))
            self._news.wait(TICK_S)

    def _t(self, t: int) -> int:
        """Return `t`, or the instant after the last one where it would not go forward."""
        self._last = max(self._last + 1, t)
        return self._last
