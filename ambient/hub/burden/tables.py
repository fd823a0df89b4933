"""The report as tables of words, from which page, PDF and terminal are made: all print the same.

Comes in: a `Report`. Goes out: tables in the language that is spoken now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ambient.hub import words
from ambient.hub.burden.facts import ALWAYS
from ambient.hub.burden.report import Report
from ambient.hub.burden.responses import Responses
from ambient.hub.burden.tally import Row, Tally
from ambient.hub.languages import gettext, mark
from ambient.intervals import Rate, Share


class Table(Struct, frozen=True, kw_only=True):
    """One table of the report; `loud` when it must not be overlooked."""

    title: str
    note: str
    head: list[str]
    rows: list[list[str]]
    loud: bool = False


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
    return [words.KIND[tally.kind], *map(str, counts), *map(share_text, shares)]


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
            [one.id, words.KIND[one.kind], one.room or mark("all"), f"{one.below:.4f}", one.by]
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
                *(
                    one.digest,
                    words.KIND[one.kind],
                    one.room,
                    f"{one.below:.4f}",
                    f"{one.budget:g}",
                ),
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
