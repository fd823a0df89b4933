"""Walking about at night, again and again: movement of a room in, `absence.wandering` chains out.

A bout is walking with gaps of at most `GAP_S`, of `LEAST_S` at least; one trip to the toilet is two
of them, so a night with two trips is four. Bouts while a carer is here do not count. It is
suspected when the last hours hold many bouts and much walking, confirmed when they hold more than
is usual for this resident as well. Shown, never rung. Pure: time is an argument.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from msgspec import Struct, field

from ambient.config_watch import RoomWatch
from ambient.events import Contribution, Sense, SituationStep
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.hours import Hours, day_of
from fusion.movement import Movement
from fusion.own_time import robust

GAP_S: Final = 120.0
LEAST_S: Final = 20.0
SPAN_S: Final = 2 * 3600.0
BOUTS: Final = 4
WALKED_S: Final = 480.0
MANY: Final = 6
LONG_S: Final = 1200.0
LEAST_NIGHTS: Final = 5
KEPT_NIGHTS: Final = 28
SPREADS: Final = 3.0
QUIET_S: Final = 3600.0
"""After so long without walking it is over."""


class WanderingState(Struct):
    """All that is remembered; survives a restart."""

    began: int | None = None
    """Of the bout that goes on."""
    last: int = 0
    bouts: list[tuple[int, int]] = []
    """Begin and end of those of this night."""
    day: int | None = None
    usual: list[float] = []
    """Most bouts within `SPAN_S`, of past nights."""
    most: int = 0
    chains: Chains = field(default_factory=Chains)

    def forget(self) -> None:
        """Forget this night's bouts and what is usual; what was told goes on."""
        self.began, self.bouts, self.most, self.usual = None, [], 0, []


class WanderingJudge:
    """Judge one room.

    Parameters
    ----------
    watch
        Whether, and in which hours.
    subject
        Who lives there alone; None of a shared room.
    zone
        Time zone of the site.
    state
        What an earlier run left.
    """

    def __init__(
        self,
        watch: RoomWatch,
        subject: str | None,
        zone: tzinfo,
        state: WanderingState | None = None,
    ) -> None:
        self.on = watch.wandering
        self._who = Who("room", subject)
        self._hours = Hours(watch.night, zone)
        self._zone = zone
        self.state = state or WanderingState()

    def advance(self, t: int, movement: Movement, *, carer: bool) -> list[Change]:
        """Let time go on to `t`, once a second or so."""
        state = self.state
        self._night(t)
        walks = (
            movement.walked > state.last
            and t - movement.walked <= 2 * SECOND
            and self._hours.hold(t)
            and not carer
        )
        newest = movement.walked if walks else t
        if state.began is not None and (newest - state.last) / SECOND > GAP_S:
            if (state.last - state.began) / SECOND >= LEAST_S:
                state.bouts.append((state.began, state.last))
            state.began = None
        if walks:
            state.began = movement.walked if state.began is None else state.began
            state.last = movement.walked
        if (t - state.last) / SECOND > QUIET_S:
            return state.chains.end(Kind.WANDERING, "room", t)
        return self._judge(t) if walks else []

    def _night(self, t: int) -> None:
        """Begin a new night at noon's day change, and keep what the last was like."""
        state = self.state
        day = day_of(t, self._zone)
        if state.day == day:
            return
        if state.day is not None:
            state.usual = [*state.usual, float(state.most)][-KEPT_NIGHTS:]
        state.day, state.bouts, state.most = day, [], 0

    def _judge(self, t: int) -> list[Change]:
        state = self.state
        bouts = [*state.bouts, (state.began or t, t)]
        lately = [(a, b) for a, b in bouts if (t - b) / SECOND <= SPAN_S]
        walked_s = sum((b - a) / SECOND for a, b in lately)
        state.most = max(state.most, len(lately))
        if len(lately) < BOUTS or walked_s < WALKED_S:
            return []
        own = 0.0
        if len(state.usual) >= LEAST_NIGHTS:
            middle, spread = robust(state.usual)
            own = middle + SPREADS * max(1.0, spread)
        many = (len(lately) >= MANY or walked_s >= LONG_S) and len(lately) > own
        step = SituationStep.CONFIRMED if many else SituationStep.SUSPECTED
        found = Found(
            t,
            0.9 if many else 0.6,
            (
                Contribution(Sense.VISION_MOVEMENT, round(min(4.0, walked_s / WALKED_S), 3)),
                Contribution(Sense.OWN_RATE, round(-min(4.0, own / BOUTS), 3)),
            ),
        )
        return state.chains.reach(Kind.WANDERING, self._who, step, t, found, began=lately[0][0])
