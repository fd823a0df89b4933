"""Shadow mode on a simulated year, through the real rules: for a test, and as a command.

Comes in: rooms, days, a seed. Goes out: `Shadowed`. The same year is lived twice, once without
shadow mode; in the other each room is in shadow mode for its first 28 days as a new room, and half
of the rooms once more in the middle of the year, for the new version that all get then. What is
drawn is that of `ambient evaluate burden`, with falls and cords beside.
``python -m tests.hub.burden.shadow_year`` prints one line of JSON; exit code 1: a rule is broken.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
import numpy as np

from ambient import events
from ambient.events import AnyEvent, SituationStep
from ambient.hub.alarms import inputs, system
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.effects import Give
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rota import Rota
from ambient.hub.alarms.rules import Rules
from ambient.hub.burden.facts import Fact, fact_of
from ambient.hub.burden.proposals import FALSE, TRUE
from ambient.hub.burden.tally import tally, would_have
from ambient.hub.burden.year import BASE, KindRates, draw
from tests.hub.kit import NS, event, fall

DAY: Final = 86400
SHADOW_DAYS: Final = 28
OLD, NEW = "0" * 12, "1" * 12
BED: Final[dict[AlarmKind, type[events.BedEdge | events.BedExit]]] = {
    AlarmKind.BED_EDGE: events.BedEdge,
    AlarmKind.BED_EXIT: events.BedExit,
}
FALLS_A_DAY, CORDS_A_DAY = 0.02, 0.2
SAID: Final = {TRUE: Judgement.HELP, FALSE: Judgement.FALSE_ALARM}


@dataclass(frozen=True, kw_only=True)
class Shadowed:
    """What a year in and out of shadow mode came to.

    Attributes
    ----------
    to_record, recorded
        Alarms that came in shadow mode, falls among them, and those that were only recorded.
    rang_in_shadow
        Of those, how many rang: none may.
    cords_in_shadow, cords_rang
        Cords pulled in that time, and those that rang: all must.
    recorded_otherwise
        Kinds whose counts in shadow mode are not those of the same alarms without it: none may be.
    rang_otherwise
        Alarms out of shadow mode that rang in one year and not in the other: none may be.
    """

    rooms: int
    days: int
    seed: int
    alarms: int
    to_record: int
    recorded: int
    falls_recorded: int
    rang_in_shadow: int
    cords_in_shadow: int
    cords_rang: int
    recorded_otherwise: int
    rang_otherwise: int

    @property
    def ok(self) -> bool:
        """Whether every rule held."""
        broken = (self.rang_in_shadow, self.recorded_otherwise, self.rang_otherwise)
        return (
            not any(broken)
            and self.recorded == self.to_record > 0
            and self.cords_rang == self.cords_in_shadow > 0
        )


@dataclass(frozen=True)
class Happening:
    """One alarm of the year, and what somebody says of it; nothing when nobody does."""

    event: AnyEvent
    judgement: Judgement | None


def shadowed(rooms: int, days: int, seed: int) -> Shadowed:
    """Return what a year of `rooms` rooms comes to."""
    year = sorted(_year(rooms, days, seed), key=lambda one: one.event.t)
    starts = _starts(rooms, days)
    plain, rang = _lived(year, [])
    found, also = _lived(year, starts)
    within = {fact.id for fact in found if fact.shadow}
    kinds = {fact.kind for fact in found}
    same = [fact for fact in plain if fact.id in within]
    covered = [one.event for one in year if _covered(one.event, starts)]
    cords = {one.chain for one in covered if isinstance(one, events.DistressCord)}
    return Shadowed(
        rooms=rooms,
        days=days,
        seed=seed,
        alarms=len(year),
        to_record=len(covered) - len(cords),
        recorded=len(within),
        falls_recorded=sum(fact.shadow and fact.is_fall for fact in found),
        rang_in_shadow=len(within & also),
        cords_in_shadow=len(cords),
        cords_rang=len(cords & also),
        recorded_otherwise=sum(
            _counts(would_have(kind, found)) != _counts(tally(kind, same)) for kind in kinds
        ),
        rang_otherwise=len((rang ^ also) - within),
    )


def _counts(one: Any) -> tuple[int, ...]:
    return (one.alarms, one.true, one.false, one.tests, one.not_judged)


def _starts(rooms: int, days: int) -> list[tuple[int, inputs.StartShadow]]:
    """Return when (s) which room is put into shadow mode."""
    found = []
    for room in range(rooms):
        spans: list[tuple[int, str | None]] = [(0, None)]
        if room % 2 == 0:
            spans.append((days // 2 * DAY, NEW))
        found += [
            (
                begins,
                inputs.StartShadow(
                    id=f"r{room}-{begins}",
                    room=f"r{room}",
                    kinds=[],
                    version=version,
                    until=(begins + SHADOW_DAYS * DAY) * NS,
                    who="lena",
                ),
            )
            for begins, version in spans
        ]
    return sorted(found, key=lambda one: one[0])


def _covered(one: AnyEvent, starts: list[tuple[int, inputs.StartShadow]]) -> bool:
    return any(
        shadow.room == one.room
        and begins * NS <= one.t < shadow.until
        and shadow.version in (None, one.config_version)
        for begins, shadow in starts
    )


def _lived(
    year: list[Happening], starts: list[tuple[int, inputs.StartShadow]]
) -> tuple[list[Fact], set[str]]:
    """Let the rules live the year; return the facts, and which alarms rang."""
    book, found, rang = MemoryBook(), [], set()
    system.apply(book, inputs.Begin(rules=Rules()), 0)
    waiting = list(starts)
    ends = sorted({shadow.until for _, shadow in starts})
    for one in year:
        t = one.event.t
        while ends and ends[0] <= t:
            system.apply(book, inputs.Tick(), ends.pop(0))
        while waiting and waiting[0][0] * NS <= t:
            begins, start = waiting.pop(0)
            system.apply(book, start, begins * NS)
        chain = one.event.chain
        outcome = system.apply(book, inputs.Heard(event=one.event), t)
        if any(isinstance(effect, Give) for effect in outcome.effects):
            rang.add(chain)
        judged = one.judgement or Judgement.TEST
        if one.judgement is not None:
            given = inputs.Resolve(condition=chain, who="anna", judgement=judged)
            system.apply(book, given, t + 60 * NS)
        found.append(fact_of(book.conditions[chain], book.history[chain], Rota(), None, {}))
        if one.judgement is None:
            # Nobody says what it was; it is out of the way for what follows.
            given = inputs.Resolve(condition=chain, who="anna", judgement=judged)
            system.apply(book, given, t + 60 * NS)
        system.apply(book, inputs.Purge(before=t + 61 * NS), t + 61 * NS)
    return found, rang


def _year(rooms: int, days: int, seed: int) -> Iterator[Happening]:
    chance = np.random.default_rng(seed)
    moved = np.full(rooms, days)
    for rates in BASE.kinds:
        if rates.kind in BED:
            yield from _beds(rates, rooms, days, moved, chance)
    for room in range(rooms):
        for t in _instants(chance, FALLS_A_DAY, days):
            confirmed = _as_of(fall(t - 8, 2, room=f"r{room}")[1], days)
            yield Happening(confirmed, Judgement.FALL)
        for t in _instants(chance, CORDS_A_DAY, days):
            pulled = event(
                events.DistressCord,
                t,
                family="cord",
                room=f"r{room}",
                step=SituationStep.CONFIRMED,
                lasted_s=0.0,
            )
            yield Happening(_as_of(pulled, days), Judgement.HELP)


def _beds(
    rates: KindRates,
    rooms: int,
    days: int,
    moved: np.ndarray[Any, np.dtype[np.int64]],
    chance: np.random.Generator,
) -> Iterator[Happening]:
    drawn = draw(rates, BASE, rooms, days, moved, chance)
    seconds = chance.integers(0, DAY - 120, len(drawn.room))
    for number, (room, day, score, said) in enumerate(
        zip(drawn.room, drawn.day, drawn.score, drawn.verdict, strict=True)
    ):
        one = event(
            BED[rates.kind],
            float(day * DAY + seconds[number]),
            family=f"{rates.kind}-{number}",
            room=f"r{room}",
            step=SituationStep.CONFIRMED,
            lasted_s=0.0,
            bed="b1",
            probability=float(score),
        )
        yield Happening(_as_of(one, days), SAID.get(int(said)))


def _instants(chance: np.random.Generator, a_day: float, days: int) -> list[float]:
    return [float(t) for t in chance.uniform(10, days * DAY, chance.poisson(a_day * days))]


def _as_of(one: AnyEvent, days: int) -> AnyEvent:
    """Return an event with the version that was in use then."""
    version = NEW if one.t >= days // 2 * DAY * NS else OLD
    return msgspec.structs.replace(one, config_version=version)


def main() -> None:
    """Print what a year came to."""
    parser = argparse.ArgumentParser(description="Shadow mode on a simulated year.")
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    found = shadowed(given.rooms, given.days, given.seed)
    print(json.dumps(asdict(found) | {"ok": found.ok}))
    raise SystemExit(0 if found.ok else 1)


if __name__ == "__main__":
    main()
