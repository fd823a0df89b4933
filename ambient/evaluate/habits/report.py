"""What is told of residents' days: days in, a report of five kinds of situation out.

Behind ``ambient evaluate situations``. Every kind that is judged by the own habits of a resident
(restless in bed, no movement, inactive, wandering, agitated) is watched over the same days. An
incident is told when its kind is confirmed while it goes on, or shortly after; what is confirmed at
any other time is false. Pure but for the clock that tells how long it took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Final

from msgspec import Struct

from ambient.config import Bed, Room
from ambient.config_cameras import Camera, Zone
from ambient.config_watch import BedWatch, RoomWatch
from ambient.evaluate.habits.life import DAY_S, Incident, Lived, Matter, lived
from ambient.evaluate.habits.watch import BED_OUTLINE, ROOM, SECOND, said
from ambient.evaluate.statistics import Quantiles, Rate, Share, poisson, quantiles, wilson
from ambient.events import SituationStep
from ambient.observations import Place
from fusion.chains import Change, Kind
from fusion.situations import RoomSituations

LEARNING: Final = 10
"""Days of each resident that are lived before counting begins."""
NO_MOVEMENT_MIN: Final = 60
KINDS: Final = {
    Matter.RESTLESS: Kind.RESTLESS,
    Matter.STILL: Kind.NO_MOVEMENT,
    Matter.INACTIVE: Kind.INACTIVE,
    Matter.WANDERS: Kind.WANDERING,
    Matter.AGITATED: Kind.AGITATED,
}
AFTER_S: Final = {
    Matter.RESTLESS: 600.0,
    Matter.STILL: 0.0,
    Matter.INACTIVE: 3600.0,
    Matter.WANDERS: 600.0,
    Matter.AGITATED: 600.0,
}
"""How long after its end something may still be told: blocks and hours are judged when over."""

BESIDE: Final = {Matter.INACTIVE: Matter.STILL}
"""Of what else a kind is rightly told: who does not move for hours is inactive too."""


class Told(Struct, frozen=True):
    """What is told of one kind.

    Attributes
    ----------
    found
        Of the incidents, those told.
    after_minutes
        From their begin, as minutes in the fields named seconds.
    false_per_day
        Chains confirmed of nothing, per resident and day.
    """

    found: Share
    after_minutes: Quantiles
    false_per_day: Rate


class Report(Struct, frozen=True):
    """The whole measurement."""

    seed: int
    residents: int
    days: int
    told: dict[str, Told]
    seconds: float


class Counted(Struct):
    """Of one kind and all residents: minutes until told, or None, and what was false."""

    after: list[float | None] = []
    false: int = 0


def run(
    residents: int,
    days: int,
    *,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `days` days with each of `residents` residents; return what was told.

    Parameters
    ----------
    seed
        Equal seeds give equal reports (but for the seconds).
    days
        Of each; the first `LEARNING` are not counted.
    progress
        Called with (done, all) after each resident.
    """
    began = time.monotonic()
    counted = {matter: Counted() for matter in Matter}
    for number in range(residents):
        one = lived(seed, number, days)
        score(one, judged(one, seed, number), counted)
        if progress is not None:
            progress(number + 1, residents)
    exposure = float(residents * max(0, days - LEARNING))
    return Report(
        seed=seed,
        residents=residents,
        days=days,
        told={
            matter.value: Told(
                found=wilson(sum(a is not None for a in each.after), len(each.after)),
                after_minutes=quantiles([a for a in each.after if a is not None]),
                false_per_day=poisson(each.false, exposure),
            )
            for matter, each in counted.items()
        },
        seconds=round(time.monotonic() - began, 1),
    )


def judged(one: Lived, seed: int, number: int) -> list[Change]:
    """Return all that is confirmed of a resident's days."""
    zone = Zone(kind=Place.BED, polygon=BED_OUTLINE, bed="bed")
    room = Room(
        id=ROOM,
        beds=[Bed(id="bed", subject="s-aaaa", watch=BedWatch(restless=True))],
        cameras=[Camera(id="c1", source="days", zones=[zone])],
        watch=RoomWatch(
            no_movement_min=NO_MOVEMENT_MIN, inactive=True, wandering=True, agitated=True
        ),
    )
    judge = RoomSituations(room, UTC)
    return [
        change
        for seen in said(one, seed, number)
        for change in judge.observe(seen, seen.t)
        if change.step is SituationStep.CONFIRMED
    ]


def score(one: Lived, told: Sequence[Change], counted: dict[Matter, Counted]) -> None:
    """Add what is confirmed of one resident to what is counted; pure but for that."""
    since = LEARNING * DAY_S
    for matter, kind in KINDS.items():
        times = [change.t / SECOND for change in told if change.kind is kind]
        incidents = [i for i in one.incidents if i.matter is matter]
        rightly = [i for i in one.incidents if i.matter in (matter, BESIDE.get(matter))]
        for each in incidents:
            if each.start >= since:
                mine = [t for t in times if _during(each, t, matter)]
                after = (min(mine) - each.start) / 60.0 if mine else None
                counted[matter].after.append(after)
        counted[matter].false += sum(
            t >= since and not any(_during(each, t, matter) for each in rightly) for t in times
        )


def _during(one: Incident, t: float, told_as: Matter) -> bool:
    return one.start <= t <= one.end + AFTER_S[told_as]
