"""Whether an accelerometer is worn and alive: seconds of cells in, doubts of each second out.

Not worn: hardly any movement in an hour (van Hees et al. 2013, PLoS ONE 8:e61691: of two axes in
three the standard deviation is below 13 mg *or* the range below 50 mg). Here both must hold, since
somebody who sleeps deeply is worse to miss than a device on a table. Stuck: the very same numbers
for 10 s, which no living sensor gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.observations import Doubt
from vitals.motion.cells import RATE, Floats

STILL_G: Final = 0.013
RANGE_G: Final = 0.05
AXES: Final = 2
"""Of three that must be still."""
MINUTE: Final = 60
"""Seconds that are summed up together."""
HOUR: Final = 60
"""Of those, how many are looked at."""
STUCK_S: Final = 10
SAME_G: Final = 1e-9
"""Cells so near are the same: sums of the same samples differ in their last bits only."""


@dataclass(frozen=True, slots=True, eq=False)
class _Summed:
    """Cells summed up: how many, sums, sums of squares, smallest and largest of each axis (3,)."""

    count: int
    total: Floats
    squares: Floats
    low: Floats
    high: Floats

    def is_still(self) -> bool:
        mean = self.total / self.count
        spread = np.sqrt(np.maximum(self.squares / self.count - np.square(mean), 0.0))
        still = (spread < STILL_G) & (self.high - self.low < RANGE_G)
        return int(still.sum()) >= AXES


class Wearing:
    """What is doubted of one device, second by second.

    Attributes
    ----------
    worn
        False once it was not worn, True once it moved again; None before either is known.
    """

    def __init__(self) -> None:
        self.worn: bool | None = None
        self._minutes: deque[_Summed] = deque(maxlen=HOUR)
        self._hour: _Summed | None = None
        self._open: _Summed | None = None
        self._seconds = 0
        self._last: Floats | None = None
        self._same = 0

    def push(self, mean: Floats) -> tuple[Doubt, ...]:
        """Take in the cells of one second (25, 3), g; return what is to be doubted of it."""
        doubts = []
        if self._unmoved(mean):
            doubts.append(Doubt.OFF_BODY)
        if self._is_stuck(mean):
            doubts.append(Doubt.STUCK)
        return tuple(doubts)

    def leave(self) -> None:
        """Begin anew after a hole: what was before says nothing of now."""
        self._minutes.clear()
        self._hour, self._open, self._seconds = None, None, 0
        self._last, self._same = None, 0

    def _unmoved(self, mean: Floats) -> bool:
        """Return whether the device has lain still for an hour and not moved since."""
        low, high = mean.min(axis=0), mean.max(axis=0)
        now = _Summed(len(mean), mean.sum(axis=0), np.square(mean).sum(axis=0), low, high)
        self._open = now if self._open is None else _whole([self._open, now])
        self._seconds += 1
        if self._hour is not None and _whole([self._hour, self._open]).is_still():
            self.worn = False
        elif self.worn is False and (self._hour is not None or not now.is_still()):
            self.worn = True
        if self._seconds % MINUTE == 0:
            self._minutes.append(self._open)
            self._open = None
            if len(self._minutes) == HOUR:
                self._hour = _whole(self._minutes)
        return self.worn is False

    def _is_stuck(self, mean: Floats) -> bool:
        before = mean[:1] if self._last is None else self._last
        steps = np.abs(np.diff(np.vstack([before, mean]), axis=0)).max(axis=1)
        moved = np.flatnonzero(steps > SAME_G)
        self._same = self._same + len(mean) if not len(moved) else len(mean) - 1 - int(moved[-1])
        self._last = mean[-1:]
        return self._same >= STUCK_S * RATE


def _whole(parts: Iterable[_Summed]) -> _Summed:
    every = list(parts)
    return _Summed(
        sum(one.count for one in every),
        np.sum([one.total for one in every], axis=0),
        np.sum([one.squares for one in every], axis=0),
        np.min([one.low for one in every], axis=0),
        np.max([one.high for one in every], axis=0),
    )
