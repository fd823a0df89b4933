"""Whether the hub is well, judged each second: the relay ``alive`` is held for as long as it is.

Comes in: a beat of each part's own thread, when a transaction last reached the disk. Goes out: a
sign of life for the process that holds the relay while every part beats and the disk takes what is
stored; and one for systemd's watchdog while every part beats: a hub that hangs is started again, a
full disk would not be mended by that. Where there are two hubs the other one hears of it and takes
over (`ambient.hub.standby`). The judgement is pure, time is an argument.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import structlog

from ambient import notify
from ambient.config_relay import Relay
from ambient.relays.guard import Guard

QUIET_S: Final = 8.0
"""A part that did not beat for so long hangs; with the 5 s of the guard it is said within 15 s."""

EVERY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Part(StrEnum):
    """What must turn for the hub to do its work."""

    LINK = "link"
    """Takes in events."""
    TIMER = "timer"
    """Repeats and escalates."""
    PAGE = "page"
    """Answers pages."""
    STORE = "store"
    """Reaches the disk."""


def quiet(beats: Mapping[Part, float], now: float) -> list[Part]:
    """Return the parts that did not beat in the last `QUIET_S` before `now` (s), by name."""
    return sorted(part for part, at in beats.items() if now - at > QUIET_S)


class Pulse:
    """Collects beats, and gives signs of life.

    Parameters
    ----------
    relay
        The relay ``alive``, if there is one.
    committed
        Returns when a transaction last reached the disk (steady clock, s).
    steady
        The steady clock.
    told
        Called each second with the parts that are quiet.
    """

    def __init__(
        self,
        relay: Relay | None,
        committed: Callable[[], float],
        steady: Callable[[], float] = time.monotonic,
        told: Callable[[Sequence[Part]], None] = lambda _: None,
    ) -> None:
        self._guard = None if relay is None else Guard(relay)
        self._committed = committed
        self._steady = steady
        self._told = told
        self._beats = dict.fromkeys((Part.LINK, Part.TIMER, Part.PAGE), steady())
        self._watchdog_s = notify.watchdog_s()
        self._told_at = steady()
        self._ill: list[Part] = []

    def of(self, part: Part) -> Callable[[], None]:
        """Return what `part` calls, in its own thread, to say that it turns."""

        def beat() -> None:
            self._beats[part] = self._steady()

        return beat

    def run(self, stop: threading.Event) -> None:
        """Give signs of life until `stop` is set; then let the relay open."""
        try:
            while not stop.wait(EVERY_S):
                self.step()
        finally:
            if self._guard is not None:
                self._guard.close()

    def step(self) -> None:
        """Judge, and give the signs of life that are due."""
        now = self._steady()
        hang = quiet(self._beats, now)
        ill = quiet({**self._beats, Part.STORE: self._committed()}, now)
        if ill != self._ill:
            self._ill = ill
            if ill:
                _log.error("the hub is not well", parts=ill, quiet_s=QUIET_S)
            else:
                _log.warning("the hub is well again")
        self._told(ill)
        if self._guard is not None and not ill:
            sign(self._guard)
        if self._watchdog_s is not None and not hang and now - self._told_at >= self._watchdog_s:
            self._told_at = now
            notify.notify(notify.ALIVE)


def sign(guard: Guard) -> None:
    """Give the process that holds a relay a sign of life."""
    try:
        guard.alive()
    except OSError as error:
        # No process can be started just now: the relay is open, and it is tried each second.
        _log.error("nothing can hold the relay", error=str(error))
