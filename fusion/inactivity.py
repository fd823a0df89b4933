"""Stillness and inactivity of a room: movement of all senses in, two kinds of chains out.

*No movement*: somebody is known to be there, senses that would see movement watch, and none has
seen any for the configured minutes (other ones in bed). *Inactive*: in the last hours far fewer
minutes with movement than in the same hours of other days, of those in which somebody was there.
What nobody could see counts neither way. Pure: time is an argument.
"""

from __future__ import annotations

import math
from datetime import tzinfo
from typing import Final

from msgspec import Struct, field

from ambient.config_watch import RoomWatch
from ambient.events import Contribution, Sense, SituationStep
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.hours import hour_begins, hour_of
from fusion.movement import WATCHES_S, Movement
from fusion.own_time import robust

SOON: Final = 0.75
"""Share of the limit after which it is suspected."""
TWICE: Final = 2.0
TURNS: Final = 1.6
"""Movements an hour of somebody asleep (Gori et al. 2004, old people: 1.6 position shifts)."""
FIDGETS: Final = 8.0
"""Movements an hour of somebody who sits; assumed."""
PRIOR: Final = -5.0
MOST: Final = 8.0

MINUTE: Final = 60 * SECOND
WINDOW: Final = 3
"""Hours that are judged together."""
LEAST_DAYS: Final = 7
KEPT_DAYS: Final = 28
LEAST_MINUTES: Final = 45
"""Minutes of an hour in which somebody was there, for the hour to count."""
LEAST_USUAL: Final = 15.0
"""Usual minutes with movement in the window, below which nothing is unusual."""
LEAST_SPREAD: Final = 4.0
SUSPECT_Z: Final = -2.5
CONFIRM_Z: Final = -3.0
"""At -4 two of 14 inactive days were told, at -3 eight and 0.02 false a resident-day, on simulated
days of seed 1 (docs/situations.md)."""
OVER_Z: Final = -1.5


class InactivityState(Struct):
    """All that is remembered; survives a restart."""

    still_since: int | None = None
    watched: int = 0
    """When it was last judged whether anybody moves."""
    minute: int | None = None
    """Begin of the minute that goes on."""
    stirred: bool = False
    here: bool = False
    hour: int | None = None
    """Begin of the hour that goes on."""
    active: int = 0
    there: int = 0
    usual: dict[int, list[float]] = {}
    """By hour of the clock, minutes with movement of the last days."""
    lately: list[tuple[int, int, float]] = []
    """Hours that counted: begin, hour of the clock, minutes with movement."""
    chains: Chains = field(default_factory=Chains)

    def forget(self) -> None:
        """Forget what is usual, and the minutes of the hour that goes on."""
        self.usual, self.lately = {}, []
        self.minute = self.hour = None
        self.active, self.there, self.stirred, self.here = 0, 0, False, False


class InactivityJudge:
    """Judge one room.

    Parameters
    ----------
    watch
        What is watched.
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
        state: InactivityState | None = None,
    ) -> None:
        self._watch = watch
        self._who = Who("room", subject)
        self._zone = zone
        self.state = state or InactivityState()

    @property
    def on(self) -> bool:
        """Whether either is watched."""
        return self._watch.no_movement_min is not None or self._watch.inactive

    def advance(self, t: int, movement: Movement) -> list[Change]:
        """Let time go on to `t`, once a second or so."""
        changes = [] if self._watch.no_movement_min is None else self._still(t, movement)
        if self._watch.inactive:
            changes += self._minutes(t, movement)
        return changes

    def _still(self, t: int, movement: Movement) -> list[Change]:
        state, limit_min = self.state, self._watch.no_movement_min or 0
        moved = movement.newest()
        if (t - state.watched) / SECOND > WATCHES_S:
            state.still_since = None  # the node was off: nobody could tell
        state.watched = t
        if not movement.watches(t) or not movement.somebody(t):
            # Nobody there, or nobody who could tell: stillness would count from here.
            state.still_since = None
            return state.chains.end(Kind.NO_MOVEMENT, "room", t)
        if state.still_since is None or moved > state.still_since:
            state.still_since = max(moved, t if state.still_since is None else moved)
            return state.chains.end(Kind.NO_MOVEMENT, "room", t)
        minutes = (t - state.still_since) / MINUTE
        bedded = movement.bedded(t)
        limit = max(float(limit_min), float(self._watch.in_bed_min) if bedded else 0.0)
        share = minutes / limit
        if share < SOON:
            return []
        step = (
            SituationStep.LASTING
            if share >= TWICE
            else SituationStep.CONFIRMED
            if share >= 1.0
            else SituationStep.SUSPECTED
        )
        watching = movement.watching(t)
        # Nobody who is well is still for so long: e^-λt, once, whoever of the senses watches.
        worth = min(MOST, (TURNS if bedded else FIDGETS) * minutes / 60.0)
        told = tuple(Contribution(s, round(worth / len(watching), 3)) for s in watching)
        found = Found(t, round(_probability(PRIOR + worth), 4), told)
        changes = []
        if step is SituationStep.LASTING:  # a restart may have slept over the step before
            changes += state.chains.reach(
                Kind.NO_MOVEMENT, self._who, SituationStep.CONFIRMED, t, found, state.still_since
            )
        return changes + state.chains.reach(
            Kind.NO_MOVEMENT, self._who, step, t, found, state.still_since
        )

    def _minutes(self, t: int, movement: Movement) -> list[Change]:
        """Count minutes; judge when an hour is over."""
        state = self.state
        minute = t // MINUTE * MINUTE
        if state.minute is None:
            state.minute = minute
        if minute > state.minute:
            if state.hour is None:
                state.hour = hour_begins(state.minute, self._zone)
            if minute - state.minute == MINUTE:  # else the node was off meanwhile
                state.active += state.stirred
                state.there += state.here
            state.minute, state.stirred, state.here = minute, False, False
        state.stirred = state.stirred or movement.newest() >= state.minute
        state.here = state.here or movement.somebody(t)
        hour = hour_begins(t, self._zone)
        if state.hour is None or hour <= state.hour:
            return []
        return self._hour_over(t, hour)

    def _hour_over(self, t: int, hour: int) -> list[Change]:
        state = self.state
        began, active, there = state.hour or hour, state.active, state.there
        state.hour, state.active, state.there = hour, 0, 0
        if there < LEAST_MINUTES:
            state.lately = []
            return state.chains.end(Kind.INACTIVE, "room", t)
        clock = hour_of(began, self._zone)
        state.lately = [*state.lately, (began, clock, float(active))][-WINDOW:]
        changes = self._judge(t)
        past = state.usual.setdefault(clock, [])
        state.usual[clock] = [*past, float(active)][-KEPT_DAYS:]
        return changes

    def _judge(self, t: int) -> list[Change]:
        state = self.state
        known = [(state.usual.get(clock, []), minutes) for _, clock, minutes in state.lately]
        if len(known) < WINDOW or any(len(past) < LEAST_DAYS for past, _ in known):
            return []
        usual = [robust(past) for past, _ in known]
        middle = sum(one for one, _ in usual)
        spread = math.sqrt(sum(max(LEAST_SPREAD, one) ** 2 for _, one in usual))
        z = (sum(minutes for _, minutes in known) - middle) / spread
        if middle < LEAST_USUAL or z > OVER_Z:
            return state.chains.end(Kind.INACTIVE, "room", t)
        if z > SUSPECT_Z:
            return []
        step = SituationStep.CONFIRMED if z <= CONFIRM_Z else SituationStep.SUSPECTED
        worth = min(MOST, 0.5 * z * z)
        found = Found(
            t,
            round(_probability(PRIOR + worth), 4),
            (
                Contribution(Sense.VISION_MOVEMENT, round(worth, 3)),
                Contribution(Sense.OWN_RATE, round(PRIOR, 3)),
            ),
        )
        began = state.lately[0][0]
        return state.chains.reach(Kind.INACTIVE, self._who, step, t, found, began)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
