"""A day of one room from its seed: who lives there, what happens when, what is true.

In: seed and number of the day, and how the node knows what people lie on. Out: a `Day`, the same
each time: stays of people and things with their paths, episodes, truths, zones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.config_cameras import Zone
from ambient.evaluate.days import life, visits
from ambient.evaluate.days.diary import (
    DAY_S,
    HOUR_S,
    Diary,
    Episode,
    Span,
    Truth,
    Where,
    resident,
)
from ambient.evaluate.days.falls import FALLS_PER_DAY, fall
from ambient.evaluate.days.people import Role, Somebody, Stay
from ambient.evaluate.days.rooms import (
    ASPECT,
    Knowledge,
    Layout,
    installer_zones,
    layout,
)
from ambient.observations import Place

PERMITTED_SHARE: Final = 0.3
"""Share of rooms with a mat that is marked as a permitted lying place."""
NIGHT_CHECKS: Final = 1.5
GUESTS: Final = 0.35
MEDICINES: Final = 2.0
TELEVISION: Final = 0.6


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one room.

    Attributes
    ----------
    number
        Which day; another room and resident each.
    knowledge
        How the node knows what people lie on.
    zones
        What the installer drew; nothing where the furniture map answers.
    stays
        Everybody and everything that the engine may take for somebody.
    """

    number: int
    knowledge: Knowledge
    room: Layout
    zones: tuple[Zone, ...]
    stays: tuple[Stay, ...]
    episodes: tuple[Episode, ...]
    truths: tuple[Span, ...]

    @property
    def falls(self) -> tuple[Span, ...]:
        """The real falls."""
        return tuple(span for span in self.truths if span.truth is Truth.FALL)


def plan(
    seed: int,
    number: int,
    knowledge: Knowledge = Knowledge.ZONES,
    *,
    falls_per_day: float = FALLS_PER_DAY,
) -> Day:
    """Return a day; equal arguments give equal days."""
    rng = np.random.default_rng((seed, number))
    room = layout(rng)
    zones: list[Zone] = []
    permitted = bool(rng.random() < PERMITTED_SHARE)
    if knowledge is Knowledge.ZONES:
        zones = installer_zones(room, rng)
        if permitted:
            zones.append(_mat(room))
    one = Somebody(Role.RESIDENT, resident(rng), room, 0.0, room.edge.at, rng)
    diary = Diary(
        room=room,
        rng=rng,
        resident=one,
        permitted=permitted and knowledge is Knowledge.ZONES,
        where=Where.EDGE,
    )
    _live(diary, int(rng.poisson(falls_per_day)))
    one.gone()
    # Whoever draws zones masks the television as well, as the README asks: nobody is seen on it.
    unseen = Role.SCREEN if knowledge is Knowledge.ZONES else None
    everybody = (*one.stays, *diary.others)
    return Day(
        number=number,
        knowledge=knowledge,
        room=room,
        zones=tuple(zones),
        stays=tuple(s for s in everybody if s.start < DAY_S and s.role is not unseen),
        episodes=tuple(sorted(diary.episodes, key=lambda each: each.start)),
        truths=tuple(sorted(diary.truths, key=lambda each: each.start)),
    )


def _live(diary: Diary, falls: int) -> None:
    hour = HOUR_S
    wake = diary.uniform(6.3, 7.8) * hour
    bed = diary.uniform(19.5, 22.0) * hour
    at = diary.rng.uniform(0.5 * hour, bed, falls)
    pending = sorted(float(t) for t in at)
    _night(diary, wake, pending)
    visits.care(diary)
    for meal, until in ((8.2, 11.8), (12.2, 17.2), (18.0, 19.3)):
        _between(diary, max(diary.t, meal * hour - 0.3 * hour), pending)
        life.meal(diary, max(diary.t + 900, (meal + diary.uniform(0.5, 0.9)) * hour))
        if meal > 12 and meal < 17 and diary.chance(0.6):
            life.lie_by_day(diary, diary.t + diary.uniform(1800, 5400))
        _busy(diary, until * hour, pending)
    if diary.chance(TELEVISION):
        life.television(diary, diary.t + diary.uniform(1800, 5400))
    _between(diary, bed - 900, pending)
    visits.care(diary) if diary.chance(0.7) else diary.to_edge()
    diary.to_bed()
    _night(diary, DAY_S, pending)


def _night(diary: Diary, until: float, pending: list[float]) -> None:
    """Sleep, with trips to the toilet and a carer who looks in."""
    diary.to_bed()
    start = diary.t
    share = max(0.0, until - start) / (9 * HOUR_S)
    for t in diary.rng.uniform(start, until, diary.some(NIGHT_CHECKS * share)):
        visits.check(diary, float(t))
    happenings: list[tuple[float, Callable[[Diary], None]]] = [
        (float(t), life.toilet) for t in diary.rng.uniform(start, until, diary.some(2.0 * share))
    ]
    while pending and pending[0] < until:
        happenings.append((pending.pop(0), fall))
    for t, happening in sorted(happenings, key=lambda each: each[0]):
        life.sleep(diary, max(diary.t + 30, t))
        happening(diary)
        diary.to_bed()
    life.sleep(diary, max(diary.t + 1, until))


def _busy(diary: Diary, until: float, pending: list[float]) -> None:
    """Fill the hours to the next meal: small things in any order, rest between them."""
    share = max(0.0, until - diary.t) / (9 * HOUR_S)
    things: list[Callable[[Diary], None]] = []
    for thing, rate in life.SMALL.items():
        things += [thing] * diary.some(rate * share)
    things += [visits.guests] * diary.some(GUESTS * share * 2)
    for t in diary.rng.uniform(diary.t, until, diary.some(MEDICINES * share)):
        visits.medicine(diary, float(t))
    diary.rng.shuffle(things)
    for index, thing in enumerate(things):
        left = until - diary.t
        if left < 120:
            break
        rest = left / (len(things) - index + 1) * diary.uniform(0.3, 1.3)
        _between(diary, diary.t + rest, pending)
        thing(diary)
    _between(diary, until, pending)


def _between(diary: Diary, until: float, pending: list[float]) -> None:
    """Sit about until then, and fall when it is time."""
    while pending and pending[0] < until:
        life.sit_about(diary, max(diary.t, pending.pop(0)))
        fall(diary)
    if until - diary.t > 20:
        life.sit_about(diary, until)


def _mat(room: Layout) -> Zone:
    """Return the zone of the mat: somebody who lies on it any way round."""
    x, y = room.mat
    around = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    rim = np.stack([x + 1.05 * np.cos(around), y + 1.05 * np.sin(around), 0 * around + 0.1], axis=1)
    points, _ = room.eye.project(rim)
    corners = points.clip(0.0, 1.0)
    return Zone(kind=Place.PERMITTED, polygon=[(float(a), float(b)) for a, b in corners])


__all__ = ["ASPECT", "Day", "plan"]
