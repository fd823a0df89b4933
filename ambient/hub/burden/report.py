"""The whole report: figures of a period from the store.

Comes in: the store, ``hub.yaml``, a period. Goes out: `Report` (JSON); `tables` says it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from msgspec import Struct

from ambient.config import HubConfig
from ambient.errors import UsageError
from ambient.hub import unreported
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.restraint import Shadow, Threshold
from ambient.hub.burden.facts import NS, Fact, read_facts
from ambient.hub.burden.proposals import Budget, Evidence, Proposal, propose
from ambient.hub.burden.responses import Responses, responses
from ambient.hub.burden.sensitivity import Sensitivity, sensitivity
from ambient.hub.burden.tally import Row, Tally, row, would_have
from ambient.hub.casebook import CaseBook
from ambient.hub.database import HubDatabase
from ambient.hub.site_rules import rules_of

DAY_NS: Final = 86400 * NS


class Shadowed(Struct, frozen=True, kw_only=True):
    """A shadow mode that lasts, and what it recorded in the period.

    Attributes
    ----------
    not_watched
        Whether somebody on the floor of this room would only be recorded.
    until
        RFC 3339.
    """

    room: str
    not_watched: bool
    kinds: list[AlarmKind]
    version: str | None
    until: str
    by: str
    tallies: list[Tally]


class Report(Struct, frozen=True, kw_only=True):
    """The alarm burden of a period.

    Attributes
    ----------
    first, last
        RFC 3339; `last` does not belong to it.
    house
        The house in all shifts, then in each; `rooms` likewise for each room.
    """

    site: str
    first: str
    last: str
    days: float
    rooms_counted: int
    house: list[Row]
    rooms: list[Row]
    sensitivity: list[Sensitivity]
    responses: list[Responses]
    shadows: list[Shadowed]
    thresholds: list[Threshold]
    proposals: list[Proposal]


def whole_days(config: HubConfig, now: int, days: int) -> tuple[int, int]:
    """Return when (ns) the last `days` whole days of the site's calendar began and ended."""
    found = midnights(config, now, days)
    return found[0], found[-1]


def midnights(config: HubConfig, now: int, days: int) -> list[int]:
    """Return when (ns) each of these days began, and the end of the last: not all have 24 hours."""
    today = datetime.fromtimestamp(now // NS, config.zone).date()
    return [midnight(config, today - timedelta(days=days - day)) for day in range(days + 1)]


def midnight(config: HubConfig, day: datetime | object) -> int:
    """Return when (ns) a date of the site's calendar begins."""
    begins = datetime.fromisoformat(str(day)).replace(tzinfo=config.zone)
    return int(begins.timestamp()) * NS


def read_report(database: HubDatabase, config: HubConfig, first: int, last: int) -> Report:
    """Return the report from `first` to before `last` (ns).

    Proposals are made from the last `Burden.days` whole days of it.

    Raises
    ------
    UsageError
        When the period is empty, or a budget is for a kind that may have none.
    StoreError
        When the database cannot be read.
    """
    if last <= first:
        raise UsageError("period: expected a last day after the first, got none between; swap them")
    shifts = rules_of(config).rota
    facts = read_facts(database, shifts, first, last)
    missed = [one for one in unreported.read(database) if first <= one.said.about < last]
    with database.read() as db:
        house = CaseBook(db).house()
        served = [str(found[0]) for found in db.execute("SELECT room FROM rooms").fetchall()]
    rooms = sorted({*config.rooms, *served, *(f.room for f in facts if f.room is not None)})
    names = [None, *(one.id for one in shifts.shifts)]
    days = (last - first) / DAY_NS
    return Report(
        site=config.site,
        first=_stamp(first, config.zone),
        last=_stamp(last, config.zone),
        days=round(days, 2),
        rooms_counted=len(rooms),
        house=[row(facts, len(rooms), days, None, shift) for shift in names],
        rooms=[row(facts, 1, days, room, shift) for room in rooms for shift in names],
        sensitivity=[sensitivity(facts, missed, shifts, shift) for shift in names],
        responses=[responses(facts, shift, first, last) for shift in names],
        shadows=[_shadowed(one, facts, config.zone) for one in house.shadows],
        thresholds=house.thresholds,
        proposals=proposals_of(config, facts, rooms, first, last),
    )


def proposals_of(
    config: HubConfig, facts: Sequence[Fact], rooms: Sequence[str], first: int, last: int
) -> list[Proposal]:
    """Return what is proposed from the last whole days of a period; none where it is too short.

    Raises
    ------
    UsageError
        When a budget is for a kind that may have none.
    """
    days = config.burden.days
    budgets = [_budget(config, kind) for kind in sorted(config.burden.rings_per_room_day)]
    begin = midnights(config, last, days)
    if begin[0] < first:
        return []
    return [
        proposal
        for budget in budgets
        for proposal in propose(budget, Evidence.of(budget.kind, facts, rooms, begin))
    ]


def _budget(config: HubConfig, kind: str) -> Budget:
    burden = config.burden
    try:
        known = AlarmKind(kind)
    except ValueError:
        raise UsageError(
            f"burden.rings_per_room_day: expected kinds of alarms, got {kind!r}; see docs/burden.md"
        ) from None
    return Budget(
        kind=known,
        per_room_day=burden.rings_per_room_day[kind],
        most_lost=burden.most_lost,
        most_lost_in_room=burden.most_lost_in_room,
    )


def _shadowed(shadow: Shadow, facts: Sequence[Fact], zone: tzinfo) -> Shadowed:
    own = [f for f in facts if f.room == shadow.room and f.shadow]
    kinds = [kind for kind in AlarmKind if any(f.kind is kind for f in own)]
    return Shadowed(
        room=shadow.room,
        not_watched=shadow.unprotected,
        kinds=shadow.kinds,
        version=shadow.version,
        until=_stamp(shadow.until, zone),
        by=shadow.by,
        tallies=[would_have(kind, own) for kind in kinds],
    )


def _stamp(ns: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ns // NS, zone).isoformat(timespec="minutes")
