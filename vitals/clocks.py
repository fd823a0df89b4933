"""A device's clock brought to the node's: offset, drift, steps, and whether it can be trusted.

Comes in: what the device's clock said of a reading, and when the node received it. Goes out: when
the reading was on the node's clock, and what was added. Pure; a clock a device.

A message may be late and never early, so received less device time is at least the true offset,
and the lowest of many is close to it. The offset is the line below all those points that lies
closest to them, an edge of their lower convex hull (Moon, Skelly and Towsley 1999, *Estimation and
removal of clock skew from network delay measurements*, section 4); it holds the shortest delay of
the way. What is stored for hours and sent on afterwards lies far above and moves nothing.

One reading cannot tell a slow clock from a late message. So a clock is first believed, as long as
it is neither before 1970, nor ahead, nor further behind than a backlog can be. Only when it ran for
half a minute at the pace of the node's clock (which what was stored and sent on never does) is an
offset settled. A clock that is set forward shows at once: a message would be early. One that is set
back shows when it runs on for half a minute at the node's pace, that much later than before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

NS: Final = 1_000_000_000
LAST_NS: Final = 2**63 - 1
"""What `t` of an observation holds."""

AHEAD_NS: Final = 10 * NS
"""A clock that no offset is settled for may be ahead by so much; beyond, it is not believed."""
BEHIND_NS: Final = 30 * 86_400 * NS
"""The longest backlog; a time further back is that of a clock that was reset."""
STEP_NS: Final = 2 * NS
"""A difference that is a step, and not the unrest of a way."""
PACE_NS: Final = 30 * NS
"""For how long a clock must keep the node's pace before its offset is settled."""
PACE_READINGS: Final = 3
"""In how many messages, at least."""

_LOST_NS: Final = 10 * NS
"""A trial that saw nothing in its pace for so long is given up."""
_BUCKET_NS: Final = 60 * NS
_WINDOW_NS: Final = 6 * 3600 * NS
_DRIFT_SPAN_NS: Final = 600 * NS
"""No drift is told from less."""
_MOST_DRIFT: Final = 500e-6
"""A watch crystal stays within 100 parts in a million; above this it is no drift."""
_LOOSE: Final = 100e-6
"""Share of the time since the last message by which the line may have gone astray."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading on the node's clock.

    Attributes
    ----------
    t
        When it was, nanoseconds since 1970 on the node's clock; never after it was received.
    offset_ns
        What was added to the device's clock.
    trusted
        Whether the device's clock was believed; else `t` is when it was received.
    segment
        Counts how often this clock was set anew.
    """

    t: int
    offset_ns: int
    trusted: bool
    segment: int


@dataclass(slots=True)
class _Trial:
    """A pace that readings may be keeping: where it began, what is lowest, how often seen."""

    t: int
    received: int
    lowest: int
    last: int
    messages: int = 1

    def keeps(self, t: int, received: int) -> bool:
        ran = received - self.received
        return abs(t - self.t - ran) <= STEP_NS + int(_LOOSE * ran)

    def add(self, t: int, received: int) -> None:
        self.lowest = min(self.lowest, received - t)
        if received > self.last:
            self.last = received
            self.messages += 1

    @property
    def settled(self) -> bool:
        return self.messages >= PACE_READINGS and self.last - self.received >= PACE_NS


class DeviceClock:
    """The clock of one device. Memory: 360 pairs of numbers, however long it runs."""

    def __init__(self) -> None:
        self.segment = 0
        self._trial: _Trial | None = None
        self._settled = False
        self._line = _Line()
        self._last = 0

    @property
    def settled(self) -> bool:
        """Whether an offset is settled; before, the device's clock is taken as it is."""
        return self._settled

    @property
    def drift(self) -> float:
        """How much slower than the node's the clock runs: 1e-6 is a microsecond a second."""
        return self._line.slope

    def place(self, t: int | None, received: int) -> Placed:
        """Return where a reading lies on the node's clock.

        Parameters
        ----------
        t
            The device's clock, nanoseconds since 1970; None when it has none.
        received
            The node's clock.
        """
        if t is None or not 0 <= t <= LAST_NS:
            return Placed(received, 0, False, self.segment)
        if self._settled:
            return self._place_settled(t, received)
        return self._place_unsettled(t, received)

    def _place_unsettled(self, t: int, received: int) -> Placed:
        if self._try(t, received):
            return self._on_line(t, received)
        behind = received - t
        if not -AHEAD_NS <= behind <= BEHIND_NS:
            return Placed(received, 0, False, self.segment)
        return Placed(min(t, received), min(behind, 0), True, self.segment)

    def _place_settled(self, t: int, received: int) -> Placed:
        above = received - t - self._line.at(t)
        loose = STEP_NS + int(_LOOSE * max(0, received - self._last))
        if above < -loose:
            # A message cannot be early: the clock was set forward.
            self._begin_anew()
            return self._place_unsettled(t, received)
        if above <= loose:
            self._trial = None
            self._last = received
            self._line.add(t, received - t)
        elif self._try(t, received):
            return self._on_line(t, received)
        if above > BEHIND_NS:
            return Placed(received, 0, False, self.segment)
        return self._on_line(t, received)

    def _on_line(self, t: int, received: int) -> Placed:
        placed = min(max(t + self._line.at(t), 0), received)
        return Placed(placed, placed - t, True, self.segment)

    def _begin_anew(self) -> None:
        self._settled = False
        self._trial = None
        self._line = _Line()
        self.segment += 1

    def _try(self, t: int, received: int) -> bool:
        """Follow a pace; return whether that has just settled the offset."""
        trial = self._trial
        if trial is None:
            self._trial = _Trial(t, received, received - t, received)
            return False
        if trial.keeps(t, received):
            trial.add(t, received)
        elif received - t < trial.received - trial.t or received - trial.last > _LOST_NS:
            # Sooner than the pace (a backlog that drains), or the pace is gone: begin with this.
            # One that is only late (a backlog beside what is fresh) changes nothing.
            self._trial = _Trial(t, received, received - t, received)
        if not trial.settled:
            return False
        if self._settled:
            self._begin_anew()
        self._settled = True
        self._line.add(t, trial.lowest)
        self._last = received
        self._trial = None
        return True


class _Line:
    """The line below all points (device time, received less device time), closest to them."""

    def __init__(self) -> None:
        self.slope = 0.0
        self._origin = 0
        self._level = 0
        # The lowest point of each minute of device time, oldest first.
        self._points: dict[int, tuple[int, int]] = {}

    def at(self, t: int) -> int:
        """Return the offset at device time `t`, nanoseconds."""
        return self._level + int(self.slope * (t - self._origin))

    def add(self, t: int, offset: int) -> None:
        """Take a point that is no backlog."""
        if not self._points:
            self._origin, self._level = t, offset
        bucket = t // _BUCKET_NS
        known = self._points.get(bucket)
        if known is None or offset < known[1]:
            self._points[bucket] = (t, offset)
        if known is None:
            self._fit(t)
        else:
            self._level = min(self._level, offset - int(self.slope * (t - self._origin)))

    def _fit(self, t: int) -> None:
        oldest = (t - _WINDOW_NS) // _BUCKET_NS
        self._points = {
            bucket: point for bucket, point in sorted(self._points.items()) if bucket >= oldest
        }
        points = list(self._points.values())
        self.slope = 0.0
        if points[-1][0] - points[0][0] >= _DRIFT_SPAN_NS:
            self.slope = max(-_MOST_DRIFT, min(_MOST_DRIFT, _slope(points)))
        self._origin = points[0][0]
        self._level = min(y - int(self.slope * (x - self._origin)) for x, y in points)


def _slope(points: list[tuple[int, int]]) -> float:
    """Return the slope of the lower hull's edge over the mean of x.

    That edge is the line below all points with the least sum of distances to them. The hull is
    made by the monotone chain (Andrew 1979).
    """
    mean = sum(x for x, _ in points) / len(points)
    hull: list[tuple[int, int]] = []
    for point in points:
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    for left, right in pairwise(hull):
        if left[0] <= mean <= right[0]:
            return (right[1] - left[1]) / (right[0] - left[0])
    return 0.0


def _turns_down(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])
