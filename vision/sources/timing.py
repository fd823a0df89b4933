"""Event time of frames: which to take, and times that never go back.

Comes in: timestamps as a container or a clock gives them. Goes out: decisions and strictly
increasing times. Everything but `Pacer` is pure; clocks are read by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SECOND_NS: Final = 1_000_000_000
JITTER_NS: Final = 1_000_000_000
"""Going back by less than this is frames out of order; by more, a stream that starts anew."""
SLACK_NS: Final = 2_000_000
"""Containers round timestamps to a millisecond or so."""
CLOCK_STEP_S: Final = 1.0
"""A change of wall minus monotonic clock beyond this is a step, not slewing."""


def period_ns(fps: float) -> int:
    """Return the time between frames of a rate of `fps` (> 0) per second."""
    return max(1, round(SECOND_NS / fps))


@dataclass(slots=True)
class StrictTime:
    """Turns raw timestamps of one stream into strictly increasing ones.

    Attributes
    ----------
    period_ns
        Nominal time between frames; used where the stream gives no progress.
    """

    period_ns: int
    _last_ns: int = -1
    _shift_ns: int = 0

    def next(self, raw_ns: int) -> int:
        """Return the event time of a frame stamped `raw_ns`.

        A small step back (frames out of order, equal stamps) becomes the shortest step forward; a
        large one (two recordings in one file, a counter that wraps) is taken as the next frame,
        and what follows counts on from there. Gaps forward are true time and stay.
        """
        t_ns = max(0, raw_ns + self._shift_ns)
        if t_ns <= self._last_ns:
            if self._last_ns - t_ns < JITTER_NS:
                t_ns = self._last_ns + max(1, self.period_ns // 10)
            else:
                self._shift_ns += self._last_ns + self.period_ns - t_ns
                t_ns = self._last_ns + self.period_ns
        self._last_ns = t_ns
        return t_ns

    def restart(self) -> None:
        """Let the stream's stamps begin again at 0 one period after the last frame."""
        self._shift_ns = self._last_ns + self.period_ns


@dataclass(slots=True)
class FramePicker:
    """Picks frames so that at most `fps` a second are taken.

    Time is cut into slots of one period; the first frame of each slot is taken, so the mean rate
    is exact even when the source's rate is no multiple of it.
    """

    fps: float | None
    _slot: int = -1

    def take(self, t_ns: int) -> bool:
        """Return whether the frame at `t_ns` is to be taken; times must increase."""
        if self.fps is None:
            return True
        slot = int((t_ns + SLACK_NS) * self.fps // SECOND_NS)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True


@dataclass(slots=True)
class Pacer:
    """Holds frames of a recording back until their time has come.

    Attributes
    ----------
    monotonic, sleep
        A clock in nanoseconds and a wait in seconds.
    """

    monotonic: Callable[[], int]
    sleep: Callable[[float], None]
    _began_ns: int | None = None

    def wait(self, elapsed_ns: int) -> None:
        """Wait until `elapsed_ns` have passed since the first frame's time 0."""
        now_ns = self.monotonic()
        if self._began_ns is None:
            self._began_ns = now_ns - elapsed_ns
        wait_ns = self._began_ns + elapsed_ns - now_ns
        if wait_ns > 0:
            self.sleep(wait_ns / SECOND_NS)


@dataclass(frozen=True, slots=True)
class EventClock:
    """Event time of live sources: a monotonic clock plus an offset taken at start.

    Attributes
    ----------
    offset_ns
        Wall clock minus monotonic clock at start, nanoseconds.
    """

    offset_ns: int

    @classmethod
    def at(cls, wall_ns: int, monotonic_ns: int) -> EventClock:
        """Return the clock for which `monotonic_ns` is the instant `wall_ns`."""
        return cls(wall_ns - monotonic_ns)

    def t(self, monotonic_ns: int) -> int:
        """Return the event time of the instant `monotonic_ns`."""
        return max(0, monotonic_ns + self.offset_ns)


@dataclass(slots=True)
class ClockWatch:
    """Notices that the machine's wall clock jumped against the monotonic one.

    Slewing and drift between two looks are followed silently, so `update` should be called every
    second or so. Event time is not touched: it goes on evenly with its own offset.
    """

    _offset_ns: int | None = None

    def update(self, wall_ns: int, monotonic_ns: int) -> float | None:
        """Return the step in seconds since the last call, or None where there was none."""
        before_ns, self._offset_ns = self._offset_ns, wall_ns - monotonic_ns
        if before_ns is None:
            return None
        step_s = (self._offset_ns - before_ns) / SECOND_NS
        return step_s if abs(step_s) > CLOCK_STEP_S else None
