"""One timeline of a room: observations of its sources in, the same in the order of event time out.

Each source has a watermark, the newest `t` it has sent. Only *urgent* sources (cameras,
microphones, sensors that ring) are waited for: an observation is released when every urgent source
has passed its instant, or when the newest instant is `LATENESS_S` beyond it. A source that has
said nothing for `GIVEN_UP_S` is not waited for at all. The node's own ticks let time go on and are
not waited for either.

What of an urgent source comes after its instant was released is *late*: counted by source, and
used as of the newest instant that was released, so that whoever follows movements never sees time
go back.

*Slow* sources (wearables, monitors, sensors that ring for nobody) hold up nothing and never move
time on. What they say of an instant that is not released yet takes its place in the order. What
they say of one that is released, be it of a second or of a day ago, keeps its own `t` and is given
as soon as time goes on, in the order of event time: whoever judges slow things uses it where a
decision can still change, and never takes it for now. It counts as late when it is older than
`SLOW_LATENESS_S`. A cord that was pulled longer ago than that is told in the same way. After a
start all that slow sources say waits until something moves time: what comes first may be hours old.

Observations of one instant come out by the name of their source, those of one source in the order
in which it sent them; arrival decides nothing. Held is at most `MOST_HELD` of either sort. Pure:
time comes with the observations.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from ambient.observations import (
    AnyObservation,
    ClockStepped,
    Dropped,
    ImpactMeasured,
    Measured,
    PoseSeen,
    PostureSeen,
    SensorKind,
    SensorSeen,
    Tick,
)

NODE_SOURCE: Final = "node"
"""Source of the observations that the node itself makes: ticks and steps of its clock."""

LATENESS_S: Final = 0.3
"""How long a hypothesis waits for an urgent source."""

SLOW_LATENESS_S: Final = 10.0
"""What a slow source says within this time is in its time."""

GIVEN_UP_S: Final = 2.0
"""A source that is this far behind the others is no longer waited for."""

AHEAD_TICKS: Final = 60
"""What is further ahead of the node's last tick than so many of them take, a second each at least,
has a broken clock, and is taken for now."""

MOST_HELD: Final = 4_096
"""Observations that wait for their instant, or to be given late; beyond, the oldest go out."""

RINGS: Final = frozenset({SensorKind.CORD, SensorKind.FALL})
"""Small sensors whose word is an alarm."""

_SECOND: Final = 1_000_000_000
_NEVER: Final = 2**63 - 1

_SENSED: Final = frozenset({PoseSeen, PostureSeen})
"""What is said most often; all else that is neither measured nor of any is taken the same way."""
_OF_ANY: Final = frozenset({Tick, ClockStepped, Dropped})
"""What sources of every sort say: the name alone tells whether it is urgent."""

Reading = TypeVar("Reading", bound=Measured)
_Held = tuple[int, str, int, AnyObservation]
"""`t`, source, number within the timeline, and the observation: sorts by the first three."""


class TimelineState(Struct):
    """All that a timeline remembers, to go on in another process exactly where it was."""

    newest: dict[str, int]
    slow_newest: int
    clock: int | None
    node: int | None
    limit: int
    released: int
    number: int
    held: list[_Held]
    behind: list[_Held]
    late: dict[str, int]
    waits: bool = False


class Timeline:
    """Order observations by event time with a watermark per source.

    Parameters
    ----------
    urgent
        Sources that are waited for from the start; another becomes urgent with the first thing
        that it sees or hears.
    lateness_s
        How long they are waited for.
    """

    def __init__(self, urgent: Iterable[str] = (), lateness_s: float = LATENESS_S) -> None:
        self._lateness = round(lateness_s * 1e9)
        self._given_up = round(GIVEN_UP_S * 1e9)
        self._slow_lateness = round(SLOW_LATENESS_S * 1e9)
        self._expected = tuple(urgent)
        self._newest: dict[str, int] = {}
        self._slow_newest = 0
        self._clock: int | None = None
        self._node: int | None = None
        self._limit = _NEVER
        self._holder = ""
        """Source that was waited for last: most times it still is."""
        self._released = -1
        self._waits = False
        """Whether what slow sources say waits until the first word that moves time."""
        self._number = 0
        self._held: list[_Held] = []
        self._behind: list[_Held] = []
        self.late: dict[str, int] = {}
        """Observations that came too late, by source, since they were counted last."""

    @property
    def now(self) -> int:
        """Newest instant that the node or an urgent source has sent, nanoseconds.

        Where there is neither (a file of a wearable), that of any source.
        """
        return self._slow_newest if self._clock is None else self._clock

    def push(self, observation: AnyObservation) -> list[AnyObservation]:
        """Take one observation and return those that may now be judged, oldest first.

        Behind them come those of slow sources whose instant was released before, oldest first as
        well: each is older than what stands before it, and keeps its own `t`.
        """
        source, t = observation.source, observation.t
        kind = type(observation)
        if kind in _SENSED:
            urgent = moves = True
        elif kind in _OF_ANY:
            urgent = source in self._newest or source in self._expected
            moves = urgent or source == NODE_SOURCE
            if source == NODE_SOURCE and kind is Tick:
                between = max(_SECOND, t - self._node) if self._node is not None else _SECOND
                self._node, self._limit = t, t + AHEAD_TICKS * between
        elif isinstance(observation, Measured):
            if t > observation.received:  # a clock that is ahead: nothing is measured later
                observation = _brought_back(observation)
                t = observation.t
            urgent = moves = self._rings(observation)
        else:
            urgent = moves = True
        if moves and t > self._limit:
            t = max(self._released, self.now)
            observation = msgspec.structs.replace(observation, t=t)
            self.late[source] = self.late.get(source, 0) + 1
        if moves:
            clock = self._clock
            if clock is None:
                self._begin(t)
            elif t > clock:
                self._clock = t
            if urgent and t > self._newest.get(source, -1):
                self._newest[source] = t
        elif self._waits and self._clock is None:
            self._number += 1
            return self._keep_behind(t, source, observation)
        elif t > self._slow_newest:
            self._slow_newest = t
        self._number += 1
        if t < self._released:
            if not moves:
                return self._keep_behind(t, source, observation)
            self.late[source] = self.late.get(source, 0) + 1
            if self._newest.get(source, self._released) < self._released:
                self._newest[source] = self._released
            t, source = self._released, ""  # before all that still waits
            observation = msgspec.structs.replace(observation, t=t)
        heapq.heappush(self._held, (t, source, self._number, observation))
        return self._release()

    def drop(self, kinds: Collection[type[AnyObservation]]) -> None:
        """Forget what is still held of these kinds."""
        for held in (self._held, self._behind):
            held[:] = [each for each in held if type(each[3]) not in kinds]
            heapq.heapify(held)

    def flush(self) -> list[AnyObservation]:
        """Return all that is still held, at the end of a recording."""
        held = [heapq.heappop(self._held) for _ in range(len(self._held))]
        if held:
            self._released = held[-1][0]
        return [each[3] for each in held] + self._given_behind()

    def state(self) -> TimelineState:
        """Return what is remembered."""
        return TimelineState(
            newest=dict(self._newest),
            slow_newest=self._slow_newest,
            clock=self._clock,
            node=self._node,
            limit=self._limit,
            released=self._released,
            number=self._number,
            held=sorted(self._held),
            behind=sorted(self._behind),
            late=dict(self.late),
            waits=self._waits,
        )

    def go_on(self, released: int, now: int) -> None:
        """Begin behind an earlier run: nothing older than what it judged is taken for now.

        Parameters
        ----------
        released
            The newest instant that it judged.
        now
            The node's time: from it a call is judged to be late before anything moves time.
        """
        self._released, self._slow_newest, self._waits = released, now, True

    def resume(self, state: TimelineState) -> None:
        """Go on exactly where another timeline was."""
        self._newest, self._slow_newest = dict(state.newest), state.slow_newest
        self._clock, self._node, self._limit = state.clock, state.node, state.limit
        self._released, self._number = state.released, state.number
        self._waits = state.waits
        self._held, self._behind = list(state.held), list(state.behind)
        self.late = dict(state.late)

    def _rings(self, measured: Measured) -> bool:
        """Return whether `measured` is an alarm of now."""
        rings = isinstance(measured, SensorSeen) and measured.kind in RINGS
        return rings and self.now - measured.t <= self._slow_lateness

    def _begin(self, t: int) -> None:
        """Let time begin: who is expected is waited for as if each had spoken a moment ago."""
        self._clock = t
        for each in self._expected:
            self._newest.setdefault(each, max(0, t - self._lateness))

    def _keep_behind(
        self, t: int, source: str, observation: AnyObservation
    ) -> list[AnyObservation]:
        """Keep what a slow source says of an instant that is over until time goes on."""
        if self.now - t > self._slow_lateness:
            self.late[source] = self.late.get(source, 0) + 1
        heapq.heappush(self._behind, (t, source, self._number, observation))
        return [] if len(self._behind) <= MOST_HELD else [heapq.heappop(self._behind)[3]]

    def _release(self) -> list[AnyObservation]:
        held = self._held
        now = self._slow_newest if self._clock is None else self._clock
        earliest, bound = now - self._given_up, now - self._lateness
        oldest = held[0][0]
        waited = earliest <= self._newest.get(self._holder, _NEVER) < oldest
        if waited and oldest >= bound and len(held) <= MOST_HELD:
            return []
        until, last = now, ""
        for source, t in self._newest.items():
            if earliest <= t and (t < until or (t == until and (not last or source < last))):
                until, last = t, source
        self._holder = last
        if not last:
            last = "\uffff"  # nobody is waited for: everything up to now
        ready: list[AnyObservation] = []
        while held:
            first = held[0]
            t = first[0]
            waits = t >= bound and (t > until or (t == until and first[1] > last))
            if waits and len(held) <= MOST_HELD:
                break
            ready.append(heapq.heappop(held)[3])
            self._released = t
        if ready and self._behind:
            ready += self._given_behind(self._released)
        return ready

    def _given_behind(self, until: int = _NEVER) -> list[AnyObservation]:
        """Return what was kept behind; what is newer than `until` would move time on, and waits."""
        behind = sorted(self._behind)
        self._behind = [each for each in behind if each[0] > until]
        return [each[3] for each in behind[: len(behind) - len(self._behind)]]


def _brought_back(measured: Reading) -> Reading:
    """Return what was measured as of when it was received; an impact was as long before it."""
    ahead = measured.t - measured.received
    if isinstance(measured, ImpactMeasured):
        impact = max(0, measured.impact - ahead)
        return msgspec.structs.replace(measured, t=measured.received, impact=impact)
    return msgspec.structs.replace(measured, t=measured.received)
