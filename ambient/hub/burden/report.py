"""The whole report: figures of a period from the store, and the same as tables of words.

Comes in: the store, ``hub.yaml``, a period. Goes out: `Report` (JSON), and `tables`, from which
page, PDF and terminal are made: what one prints all print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from ambient.config import HubConfig
from ambient.errors import UsageError
from ambient.hub import unreported
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.restraint import Shadow, Threshold
from ambient.hub.burden.facts import ALWAYS, NS, Fact, read_facts
from ambient.hub.burden.proposals import Budget, Evidence, Proposal, propose
from ambient.hub.burden.responses import Responses, responses
from ambient.hub.burden.sensitivity import Sensitivity, sensitivity
from ambient.hub.burden.tally import Row, Tally, row, would_have
from ambient.hub.casebook import CaseBook
from ambient.hub.database import HubDatabase
from ambient.hub.languages import gettext, mark
from ambient.hub.site_rules import rules_of
from ambient.intervals import Rate, Share

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


class Table(Struct, frozen=True, kw_only=True):
    """One table of the report; `loud` when it must not be overlooked."""

    title: str
    note: str
    head: list[str]
    rows: list[list[str]]
    loud: bool = False


def zone_of(config: HubConfig) -> tzinfo:
    """Return the site's time zone, UTC when it has none."""
    return ZoneInfo(config.time_zone) if config.time_zone else UTC


def whole_days(config: HubConfig, now: int, days: int) -> tuple[int, int]:
    """Return when (ns) the last `days` whole days of the site's calendar began and ended."""
    today = datetime.fromtimestamp(now // NS, zone_of(config)).date()
    return midnight(config, today - timedelta(days=days)), midnight(config, today)


def midnight(config: HubConfig, day: datetime | object) -> int:
    """Return when (ns) a date of the site's calendar begins."""
    begins = datetime.fromisoformat(str(day)).replace(tzinfo=zone_of(config))
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
    names = [None, *([one.id for one in shifts.shifts] or [])]
    days = (last - first) / DAY_NS
    return Report(
        site=config.site,
        first=_stamp(first, zone_of(config)),
        last=_stamp(last, zone_of(config)),
        days=round(days, 2),
        rooms_counted=len(rooms),
        house=[row(facts, len(rooms), days, None, shift) for shift in names],
        rooms=[row(facts, 1, days, room, shift) for room in rooms for shift in names],
        sensitivity=[sensitivity(facts, missed, shifts, shift) for shift in names],
        responses=[responses(facts, shift, first, last) for shift in names],
        shadows=[_shadowed(one, facts, zone_of(config)) for one in house.shadows],
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
    begins = whole_days(config, last, days)[0]  # not 24 h each where the clocks change
    if begins < first:
        return []
    return [
        proposal
        for budget in budgets
        for proposal in propose(budget, Evidence.of(budget.kind, facts, rooms, begins, days))
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


def tables(report: Report) -> list[Table]:
    """Return the report as tables, the most urgent first, in the language that is spoken now."""
    return [_spoken(table) for table in _tables(report)]


def _spoken(table: Table) -> Table:
    """Return a table in the reader's language; figures and ids stay as they are."""
    return Table(
        title=gettext(table.title),
        note=gettext(table.note),
        head=[gettext(cell) for cell in table.head],
        rows=[[_cell(cell) for cell in cells] for cells in table.rows],
        loud=table.loud,
    )


def _cell(cell: str) -> str:
    found = _INTERVAL.match(cell)
    if found is None:
        return gettext(cell) if cell else ""
    share, low, high = found.groups()
    return gettext("%(share)s (%(low)s to %(high)s)") % {"share": share, "low": low, "high": high}


_INTERVAL: Final = re.compile(r"^(.*) \((\S+) to (\S+)\)$")
"""A share or rate as `share_text` and `rate_text` write it."""


def _tables(report: Report) -> list[Table]:
    return [
        *([_shadow_table(report)] if report.shadows else []),
        _burden_table(mark("The house"), report.house),
        _kinds_table(report),
        _sensitivity_table(report),
        _response_table(report),
        *([_threshold_table(report)] if report.thresholds else []),
        *([_proposal_table(report)] if report.proposals else []),
        _burden_table(mark("Rooms"), report.rooms),
    ]


def share_text(share: Share) -> str:
    """Return a share with its interval."""
    if share.share is None or share.low is None or share.high is None:
        return mark("none")
    return f"{share.k}/{share.n} = {share.share:.4f} ({share.low:.4f} to {share.high:.4f})"


def rate_text(rate: Rate) -> str:
    """Return a rate with its interval."""
    if rate.rate is None or rate.low is None or rate.high is None:
        return mark("none")
    return f"{rate.rate:.4f} ({rate.low:.4f} to {rate.high:.4f})"


def _burden_table(title: str, rows: Sequence[Row]) -> Table:
    return Table(
        title=title,
        note=mark(
            "Rates are per room-day, with the exact Poisson interval (95 %). A shift counts a day "
            "as one day. At most: had everything that nobody judged been false."
        ),
        head=[
            *(
                mark("Room"),
                mark("Shift"),
                mark("Alarms"),
                mark("Rings"),
                mark("Rings per room-day"),
            ),
            *(
                mark("False per room-day"),
                mark("False at most"),
                mark("Bursts"),
                mark("Most in one"),
            ),
        ],
        rows=[
            [
                one.room or mark("all"),
                _shift(one.shift),
                str(sum(tally.alarms for tally in one.tallies)),
                str(sum(tally.rings for tally in one.tallies)),
                rate_text(one.rings_per_room_day),
                rate_text(one.false_per_room_day),
                rate_text(one.false_at_most),
                str(one.bursts.bursts),
                str(one.bursts.most),
            ]
            for one in rows
        ],
    )


def _kinds_table(report: Report) -> Table:
    return Table(
        title=mark("Precision by kind"),
        note=mark(
            "True among judged, with the Wilson interval (95 %); then had all that nobody judged "
            "been true, and false. Held: below an accepted threshold, not counted."
        ),
        head=[mark("Shift"), *_TALLY_HEAD],
        rows=[
            [_shift(one.shift), *_tally_cells(tally)]
            for one in report.house
            for tally in one.tallies
        ],
    )


_TALLY_HEAD: Final = [
    *(mark("Kind"), mark("Alarms"), mark("Held"), mark("Tests"), mark("Not judged")),
    *(mark("Precision"), mark("If all true"), mark("If all false")),
]


def _tally_cells(tally: Tally) -> list[str]:
    counts = (tally.alarms, tally.held, tally.tests, tally.not_judged)
    shares = (tally.precision, tally.if_true, tally.if_false)
    return [tally.kind.value, *map(str, counts), *map(share_text, shares)]


def _sensitivity_table(report: Report) -> Table:
    return Table(
        title=mark("Sensitivity in the field"),
        note=mark(
            "Falls that an alarm told of and somebody judged to be one, among these and the "
            "falls that somebody reported as not told, with the Wilson interval (95 %). Falls that "
            "nobody found are in neither."
        ),
        head=[
            *(mark("Shift"), mark("Told"), mark("Not told"), mark("Sensitivity")),
            *(mark("Fall alarms not judged"), mark("Not told, recording kept")),
        ],
        rows=[
            [
                *(_shift(one.shift), str(one.told), str(one.not_told), share_text(one.share)),
                *(str(one.not_judged), str(one.kept)),
            ]
            for one in report.sensitivity
        ],
    )


def _response_table(report: Report) -> Table:
    def cells(one: Responses) -> list[str]:
        if one.acknowledged is None or one.resolved is None:
            return [_shift(one.shift), *(mark("not told"),) * 4, one.refused or ""]
        delays = (one.acknowledged, one.resolved)
        texts = [_s(value) for delay in delays for value in (delay.p50_s, delay.p90_s)]
        return [_shift(one.shift), *texts, ""]

    return Table(
        title=mark("Response times"),
        note=mark("Seconds; only of at least 5 people and 4 weeks."),
        head=[
            mark("Shift"),
            mark("Seen to p50"),
            "p90",
            mark("Resolved p50"),
            "p90",
            mark("Why not"),
        ],
        rows=[cells(one) for one in report.responses],
    )


def _shadow_table(report: Report) -> Table:
    rows = []
    for one in report.shadows:
        said = mark("NOT WATCHED") if one.not_watched else mark("falls are watched")
        head = [one.room, said, one.until, one.version or mark("all"), one.by]
        of = [_tally_cells(tally) for tally in one.tallies] or [[mark("nothing"), *[""] * 7]]
        rows += [[*head, *cells] for cells in of]
    return Table(
        title=mark("Shadow mode: only recorded, nobody is called"),
        note=mark("What would have been; a room that is not watched protects nobody."),
        head=[
            mark("Room"),
            mark("Falls"),
            mark("Until"),
            mark("Version"),
            mark("By"),
            *_TALLY_HEAD,
        ],
        rows=rows,
        loud=any(one.not_watched for one in report.shadows),
    )


def _threshold_table(report: Report) -> Table:
    return Table(
        title=mark("Thresholds in force"),
        note=mark("Below, an alarm is shown and does not ring; each can be taken back."),
        head=[mark("Id"), mark("Kind"), mark("Room"), mark("Below"), mark("Accepted by")],
        rows=[
            [one.id, one.kind.value, one.room or mark("all"), f"{one.below:.4f}", one.by]
            for one in report.thresholds
        ],
    )


def _proposal_table(report: Report) -> Table:
    return Table(
        title=mark("Proposed thresholds"),
        note=mark("Nothing changes until somebody accepts one by name. Lost: true events below."),
        head=[
            *(
                mark("Digest"),
                mark("Kind"),
                mark("Room"),
                mark("Below"),
                mark("Budget"),
                mark("Rings now"),
                mark("Rings then"),
            ),
            *(
                mark("In budget"),
                mark("Lost"),
                mark("Lost in the house"),
                mark("Below and not judged"),
            ),
        ],
        rows=[
            [
                *(one.digest, one.kind.value, one.room, f"{one.below:.4f}", f"{one.budget:g}"),
                *(rate_text(one.rings_now), rate_text(one.rings_then)),
                mark("yes") if one.meets else mark("not enough"),
                *(share_text(share) for share in (one.lost, one.lost_in_house, one.not_judged)),
            ]
            for one in report.proposals
        ],
    )


def _shift(shift: str | None) -> str:
    return mark("all") if shift is None else mark("always") if shift == ALWAYS else shift


def _s(seconds: float | None) -> str:
    return mark("none") if seconds is None else f"{seconds:.1f}"


def _stamp(ns: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ns // NS, zone).isoformat(timespec="minutes")
