"""One story through the judge of falls: observations in, how sure it became and what it said out.

A situation is ranked by the highest log-odds that held for two seconds, from the instant on at
which a node may confirm it: what wavers for a moment, or is thought sooner, confirms nothing
either. Where nothing was taken for a fall it is ranked by what is known of one at the instant that
the story is about: a sense that saw somebody upright then, or was worn and felt nothing, makes it
less probable than before; a sense that is lost leaves it as probable as it was.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from ambient.config import Bed, Falls, Room
from ambient.evaluate.clip import HOLD_S
from ambient.observations import AnyObservation, Measured, MotionMeasured, Tick
from fusion.down import DownJudge
from fusion.down_about import felt_nothing, in_company, seen_up
from fusion.down_state import Situation
from fusion.evidence import PRIOR, Judgement
from fusion.falls import DESCENT_SPEEDUP
from fusion.falls_state import Step
from fusion.hypothesis import weigh
from fusion.person import Person
from fusion.ratios import Table
from fusion.signs import logit
from fusion.wearers import SECOND

HELD_S: Final = 2.0
DUE_S: Final = DESCENT_SPEEDUP * Falls().confirm_s
"""So long after it began is a situation confirmed at the soonest, a descent clearly seen."""
SUBJECT: Final = "s-0001"
ONE: Final = Room(id="room", beds=[Bed(id="bed", subject=SUBJECT)])
"""A room of one resident, who wears what is worn."""


@dataclass(slots=True)
class Height:
    """The highest value that held for `HELD_S`."""

    top: float = -math.inf
    _began: int | None = None
    _lately: deque[tuple[int, float]] = field(default_factory=deque)
    """Least values of the window, rising: the first is the least."""

    def see(self, t: int, odds: float) -> None:
        """Take in the value at `t`, nanoseconds, which rises."""
        lately = self._lately
        if self._began is None:
            self._began = t
        while lately and lately[-1][1] >= odds:
            lately.pop()
        lately.append((t, odds))
        while t - lately[0][0] > HELD_S * SECOND:
            lately.popleft()
        if t - self._began >= HELD_S * SECOND:
            self.top = max(self.top, lately[0][1])


class Ranked(DownJudge):
    """The judge of falls, and how sure it became."""

    def __init__(self, table: Table | None = None, room: Room = ONE) -> None:
        super().__init__(Falls(), room, table=table)
        self._heights: dict[tuple[str, int], Height] = {}

    @property
    def top(self) -> float:
        """Highest log-odds of anybody that held."""
        return max((height.top for height in self._heights.values()), default=-math.inf)

    def asked(self, about: int, now: int) -> float:
        """Return the log-odds at `now` that somebody fell at `about`, whom no camera saw fall."""
        company = in_company(self.falls.state.people, about)
        one = Situation(source="", subject=None, began=about, company=company)
        table = self._table.down
        told = [
            *self.down.signs.pieces.kept,
            *felt_nothing(self.down.signs, table, about),
            *seen_up(table, self._situations.persons(one, now, self.who), one, now),
        ]
        return table.prior + weigh(table, self._of(None, told, now), about, now).total

    def judge(self, person: Person, seen: Judgement, t: int) -> Judgement:
        """Judge as ever, and remember how sure it is."""
        found = super().judge(person, seen, t)
        odds = logit(found.probability)
        began = person.down_since if person.down_since is not None else t
        self._see((person.source, person.track), began, t, odds)
        return found

    def look(self, now: int) -> None:
        """Remember how sure the open situations are."""
        for one in self.down.situations:
            self._see((one.source, one.began), one.began, now, one.odds)

    def _see(self, key: tuple[str, int], began: int, t: int, odds: float) -> None:
        if (t - began) / SECOND >= DUE_S:
            self._heights.setdefault(key, Height()).see(t, odds)


@dataclass(frozen=True, slots=True)
class Told:
    """What was made of a story.

    Attributes
    ----------
    top
        Highest log-odds that held.
    suspected, confirmed
        When each was said, seconds.
    """

    top: float
    suspected: tuple[float, ...]
    confirmed: tuple[float, ...]


def judged(
    seen: Iterable[AnyObservation], table: Table | None = None, about: int | None = None
) -> Told:
    """Return what the judge makes of observations, put in the order in which they arrive.

    Parameters
    ----------
    about
        The instant at which somebody fell or did what looks like it, nanoseconds; when it is not
        given only what was taken for a fall is ranked.
    """
    said = list(seen)
    # Time goes on after the last that is said, as `HOLD_S` of the evaluation of cameras.
    last = max((_arrives(one) for one in said), default=0)
    end = last + round(HOLD_S) * SECOND
    judge = Ranked(table)
    told: list[tuple[Step, float]] = []
    second = 0
    for one in sorted([*said, *_held(said, end)], key=_arrives):
        now = _arrives(one)
        while second <= now:
            tick = Tick(t=second, room="room", source="node")
            told += [(c.step, c.t / SECOND) for c in judge.take(tick, second)]
            judge.look(second)
            second += SECOND
        told += [(change.step, change.t / SECOND) for change in judge.take(one, now)]
        judge.look(now)
    for later in range(second, end, SECOND):
        told += [(change.step, change.t / SECOND) for change in judge.advance(later)]
        judge.look(later)
    asked = PRIOR if about is None else judge.asked(about, last)
    return Told(
        top=round(max(judge.top, asked), 4),
        suspected=tuple(s for step, s in told if step is Step.SUSPECTED),
        confirmed=tuple(s for step, s in told if step is Step.CONFIRMED),
    )


def _held(seen: Iterable[AnyObservation], end: int) -> list[AnyObservation]:
    """Return what wearables say from 0 to `end`, nanoseconds, where nothing was recorded.

    Their first second before, their last second after: whoever wears one wore it before, and lies
    as still as what the camera saw last. A device that fell silent would be one that broke.
    """
    by_source: dict[str, list[MotionMeasured]] = {}
    for one in seen:
        if isinstance(one, MotionMeasured):
            by_source.setdefault(one.source, []).append(one)
    more: list[AnyObservation] = []
    for told in by_source.values():
        first, last = min(told, key=lambda o: o.t), max(told, key=lambda o: o.t)
        more += [replace(first, t=t, received=t) for t in range(first.t - SECOND, 0, -SECOND)]
        more += [replace(last, t=t, received=t) for t in range(last.t + SECOND, end, SECOND)]
    return more


def _arrives(one: AnyObservation) -> int:
    return one.received if isinstance(one, Measured) else one.t
