"""One timeline of a room: observations of its sources in, the same in the order of event time out.

Each source has a watermark, the newest `t` it has sent. An observation is released when every
urgent source has passed its instant, or when the newest instant of all is `lateness_s` beyond it:
a hypothesis waits for nobody longer than that. What comes after its instant was released is late:
counted by source and reported, and still used, as of the newest instant that was released. Pure:
time comes with the observations.
"""

from __future__ import annotations

import heapq
from typing import Final

import msgspec

from ambient.observations import AnyObservation

LATENESS_S: Final = 0.3
"""How long a hypothesis waits for an urgent source (vision, sound)."""

GIVEN_UP_S: Final = 2.0
"""A source that is this far behind the others is no longer waited for."""


class Timeline:
    """Order observations by event time with a watermark per source."""

    def __init__(self, lateness_s: float = LATENESS_S) -> None:
        self._lateness = int(lateness_s * 1e9)
        self._given_up = int(GIVEN_UP_S * 1e9)
        self._heap: list[tuple[int, int, AnyObservation]] = []
        self._newest: dict[str, int] = {}
        self._released = -1
        self._count = 0
        self.late: dict[str, int] = {}
        """Observations that came after their instant was released, by source."""

    @property
    def now(self) -> int:
        """Newest instant that any source has sent, nanoseconds."""
        return max(self._newest.values(), default=0)

    def push(self, observation: AnyObservation) -> list[AnyObservation]:
        """Take one observation and return those that may now be judged, oldest first."""
        key = observation.source
        self._newest[key] = max(self._newest.get(key, 0), observation.t)
        if observation.t < self._released:
            self.late[key] = self.late.get(key, 0) + 1
            observation = msgspec.structs.replace(observation, t=self._released)
        self._count += 1
        heapq.heappush(self._heap, (observation.t, self._count, observation))
        now = self.now
        waited_for = [t for t in self._newest.values() if now - t <= self._given_up]
        horizon = max(min(waited_for, default=now), now - self._lateness)
        return self._release(horizon)

    def flush(self) -> list[AnyObservation]:
        """Return all that is still held, at the end of a recording."""
        return self._release(self.now)

    def _release(self, horizon: int) -> list[AnyObservation]:
        ready: list[AnyObservation] = []
        while self._heap and self._heap[0][0] <= horizon:
            t, _, observation = heapq.heappop(self._heap)
            self._released = t
            ready.append(observation)
        return ready
