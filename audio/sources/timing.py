"""Event time of sound that arrives live: counted in samples, led by the time of arrival.

Comes in: how long each piece of sound is and when it arrived. Goes out: the time at which it
ended, what is missing before it, and whether it came late. Pure: the clock is read by the caller.

A piece can't arrive before it was spoken, but at any time after. So the earliest arrivals are
right: time is the count of samples, never later than the arrival, and may run ahead of the count
by `CREEP_PPM` to follow a device whose clock is slow. Late arrivals hence move nothing. Crystals
of sound devices are wrong by 100 ppm or less, two of them against each other by 200.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CREEP_PPM: Final = 400
"""How much faster than its samples a device's time may run; a machine that is busy for 10 s moves
it by 4 ms."""
LATE_NS: Final = 100_000_000
"""A piece that comes so much later after the one before than it is long is late: a third of what
fusion waits for sound."""
LOST_NS: Final = 60_000_000
LOST_AFTER_NS: Final = 500_000_000
"""What lags by `LOST_NS` or more all this time is not late: sound is missing, and time goes on."""
SETTLE_NS: Final = 1_000_000_000
"""A source may begin with sound that was kept, or made ahead of time (a server of GStreamer's sends
its first tenth of a second so); until then nothing counts as late or missing."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a piece of sound ended, and what is wrong with it.

    Attributes
    ----------
    t_ns
        Event time of its end; strictly increasing.
    lost_ns
        Time that is missing before it.
    late
        It came later after the piece before than its length explains.
    """

    t_ns: int
    lost_ns: int = 0
    late: bool = False


class SoundClock:
    """Gives the pieces of one live source their time."""

    def __init__(self) -> None:
        self._end_ns: int | None = None
        self._said_ns = -1
        self._arrival_ns = 0
        self._heard_ns = 0
        self._lag_since_ns: int | None = None
        self._lag_ns = 0

    def stamp(self, length_ns: int, arrival_ns: int) -> Stamp:
        """Return the stamp of a piece of sound.

        Parameters
        ----------
        length_ns
            Its length by its number of samples.
        arrival_ns
            Event time at which its last sample was there.
        """
        self._heard_ns += length_ns
        settled = self._heard_ns > SETTLE_NS
        if self._end_ns is None:
            self._end_ns = self._arrival_ns = arrival_ns
            return self._say(0, late=False)
        late = settled and arrival_ns - self._arrival_ns - length_ns > LATE_NS
        self._arrival_ns = arrival_ns
        creep_ns = length_ns * CREEP_PPM // 1_000_000
        self._end_ns = min(self._end_ns + length_ns + creep_ns, arrival_ns)
        missing_ns = self._missing(arrival_ns, arrival_ns - self._end_ns)
        return self._say(missing_ns if settled else 0, late=late)

    def _missing(self, arrival_ns: int, lag_ns: int) -> int:
        """Return how much is missing once a lag has lasted; time then goes on by it."""
        if lag_ns < LOST_NS:
            self._lag_since_ns = None
            return 0
        if self._lag_since_ns is None:
            self._lag_since_ns, self._lag_ns = arrival_ns, lag_ns
        self._lag_ns = min(self._lag_ns, lag_ns)
        if arrival_ns - self._lag_since_ns < LOST_AFTER_NS:
            return 0
        self._lag_since_ns = None
        assert self._end_ns is not None
        self._end_ns += self._lag_ns
        return self._lag_ns

    def _say(self, lost_ns: int, *, late: bool) -> Stamp:
        assert self._end_ns is not None
        self._said_ns = max(self._end_ns, self._said_ns + 1)
        return Stamp(self._said_ns, lost_ns, late)
