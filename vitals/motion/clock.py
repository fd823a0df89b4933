"""When each sample of a batch was taken: a batch's end and its rate in, a time for each sample out.

A device stamps its batches late, early and twice. Pure: nothing here reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SECOND: Final = 1_000_000_000
SLACK_S: Final = 0.12
"""A batch that begins so much earlier or later than the last one ended still continues it; radio
stacks hold batches back by two or three connection intervals of up to 40 ms."""
RATES: Final = (5.0, 1600.0)
"""Hertz that are taken in; intake lets more through."""

Times = NDArray[np.int64]


@dataclass(slots=True)
class SampleClock:
    """The times of the samples of one device.

    Attributes
    ----------
    late
        Batches that ended before the one before them did, and were not used.
    refused
        Batches at a rate that no accelerometer has, and that were not used.
    """

    late: int = 0
    refused: int = 0
    _end: int | None = None

    def times(self, t: int, count: int, rate: float) -> Times | None:
        """Return the instants (N,) of a batch's newest samples, nanoseconds, rising; None for none.

        A batch that continues the last one fills the time since: so the samples keep their true
        distance where a device's rate is not quite what it says. Of one that reaches back before
        the last one's end only what is newer is used, so N may be less than `count`.

        Parameters
        ----------
        t
            Instant of the last sample, nanoseconds.
        count
            Samples, at least 1.
        rate
            What the device says, hertz.
        """
        if count < 1 or not RATES[0] <= rate <= RATES[1]:
            self.refused += 1
            return None
        end = self._end
        if end is not None and t <= end:
            self.late += 1
            return None
        self._end = t
        step = SECOND / rate
        # Spans, not instants, are floats: at today's instants a float is 256 ns wide.
        span = count * step
        if end is not None and abs(span - (t - end)) <= max(SLACK_S * SECOND, 2 * step):
            span = float(t - end)
        back = np.arange(count - 1, -1, -1) * (span / count)
        times = t - np.rint(back).astype(np.int64)
        return np.asarray(times if end is None else times[times > end], np.int64)
