"""How often a worker may die: restart budget and watchdog, as pure rules.

Comes in: the instant (seconds on any steady clock) at which a worker was started, died or gave a
sign of life, and how much it computed before the first one. Goes out: how long to wait before the
next start, whether the budget is used up, and whether a worker hangs. A worker whose budget is used
up is reported once and is then started again slowly, for ever: a dead sense must neither stay
silent nor stay dead.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class RestartPolicy:
    """How many restarts are normal, and how fast they follow each other.

    Attributes
    ----------
    restarts, window_s
        At most `restarts` deaths within `window_s` seconds are answered quickly.
    first_s, growth, longest_s
        The wait before a quick restart: `first_s`, growing by `growth` with each death in the
        window, never beyond `longest_s`.
    slow_s
        The wait before each restart once the budget is used up.
    """

    restarts: int = 10
    window_s: float = 60.0
    first_s: float = 0.1
    growth: float = 1.6
    longest_s: float = 3.0
    slow_s: float = 5.0


@dataclass(frozen=True)
class Restart:
    """What to do about a worker that died.

    Attributes
    ----------
    wait_s
        Seconds until it is started again.
    restarts
        Restarts since the node started, this one included.
    exhausted
        Whether this very death used up the budget (true once until the worker was stable again).
    """

    wait_s: float
    restarts: int
    exhausted: bool


class RestartBudget:
    """Count the deaths of one worker and say when to start it again."""

    def __init__(self, policy: RestartPolicy | None = None) -> None:
        self._policy = policy or RestartPolicy()
        self._deaths: deque[float] = deque()
        self._failed = False
        self._restarts = 0

    @property
    def failed(self) -> bool:
        """Whether the budget is used up and the worker is only retried slowly."""
        return self._failed

    @property
    def restarts(self) -> int:
        """Restarts since the node started."""
        return self._restarts

    def recovered(self, now: float) -> bool:
        """Return whether a worker that had failed now lived for a whole window (true once)."""
        if not self._failed or now - self._deaths[-1] <= self._policy.window_s:
            return False
        self._failed = False
        self._deaths.clear()
        return True

    def died(self, now: float) -> Restart:
        """Return what to do about a death at `now`."""
        policy = self._policy
        self._restarts += 1
        while self._deaths and now - self._deaths[0] > policy.window_s:
            self._deaths.popleft()
        if not self._deaths:
            # A whole window without a death: whatever was wrong is over.
            self._failed = False
        self._deaths.append(now)
        in_window = len(self._deaths)
        exhausted = not self._failed and in_window > policy.restarts
        self._failed = self._failed or exhausted
        if self._failed:
            return Restart(policy.slow_s, self._restarts, exhausted)
        wait = min(policy.longest_s, policy.first_s * policy.growth ** (in_window - 1))
        return Restart(wait, self._restarts, exhausted=False)


HANG_S: Final = 10.0
"""Seconds without a sign of life after which a worker hangs."""

START_S: Final = 60.0
"""Seconds that a start may compute up to the first sign of life (models compile), and seconds that
it may go on without computing."""

WORK_S: Final = 0.1
"""Who took less processor time (s) than this within `START_S` did not compute but wait. Vision took
1.1 s in 35 s on a machine of two cores with a load of eight, without models; a process that looks
for something 20 times a second takes 0.04 s in a minute (both measured)."""

LONGEST_S: Final = 480.0
"""Whatever a start does, it may last so long: a process can hang and compute a little."""

DOUBLINGS: Final = 3
"""So often doubles what a start may compute: one that needs more would be killed for ever."""

DOUBLINGS_WAITING: Final = 1
"""So often doubles how long it may wait, say for a disk: what hangs is over within 2 minutes."""


class Watchdog:
    """Decide whether one worker hangs.

    Notes
    -----
    Up to its first sign of life it hangs when it computes nothing for too long, when it has
    computed too much, or when it takes too long all in all. The first tells one that hangs from one
    that is slow because the machine is busy, which gets little processor time but some.
    """

    def __init__(self, hang_s: float = HANG_S, start_s: float = START_S) -> None:
        self._hang_s = hang_s
        self._start_s = start_s
        self._deadline: float | None = None
        self._ends = 0.0
        """When a start has taken too long, whatever it does."""
        self._computed_s = 0.0
        """Processor time, that of threads beside each other counted once."""
        self._taken_s = self._looked = 0.0
        """All of it by the last look, and when that was."""
        self._counted_s = 0.0
        """Processor time at the last step of `WORK_S`."""
        self._hung = 0
        """Starts in a row that were given up before any sign of life."""
        self._heard = True

    def started(self, now: float) -> None:
        """Note that the worker was started at `now`."""
        self._heard = False
        self._computed_s = self._taken_s = self._counted_s = 0.0
        self._looked = now
        self._ends = now + LONGEST_S
        self._goes_on(now)

    def computed(self, cpu_s: float, now: float) -> None:
        """Note that a worker that starts has taken `cpu_s` seconds of processor time by `now`."""
        if self._heard or self._deadline is None:
            return
        # What threads compute beside each other takes no longer; the kernel tells a process that is
        # not theirs only the sum of their times.
        self._computed_s += min(cpu_s - self._taken_s, now - self._looked)
        self._taken_s, self._looked = cpu_s, now
        if cpu_s - self._counted_s >= WORK_S:
            self._counted_s = cpu_s
            self._goes_on(now)

    def _goes_on(self, now: float) -> None:
        waits_s = self._start_s * 2 ** min(self._hung, DOUBLINGS_WAITING)
        self._deadline = min(now + waits_s, self._ends)

    def beat(self, now: float) -> None:
        """Note a sign of life at `now`."""
        self._heard = True
        self._hung = 0
        self._deadline = now + self._hang_s

    def stopped(self) -> None:
        """Note that the worker does not run."""
        self._deadline = None

    @property
    def deadline(self) -> float | None:
        """The instant at which the worker counts as hanging; nothing while it does not run."""
        return self._deadline

    def hangs(self, now: float) -> bool:
        """Return whether the worker owes a sign of life at `now`."""
        if self._deadline is None:
            return False
        most_s = self._start_s * 2 ** min(self._hung, DOUBLINGS)
        return now >= self._deadline or (not self._heard and self._computed_s >= most_s)

    def given_up(self) -> None:
        """Note that the worker is killed because it hangs."""
        self._hung += not self._heard
        self._deadline = None
