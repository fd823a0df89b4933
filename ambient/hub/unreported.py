"""Falls that the rooms did not report: which time the room keeps, and what became of that.

Comes in: what somebody said (room, about when), and the node's answer. Goes out: the time around
it, the order to keep it, and `Unreported` for pages and figures. Whether anything is kept is
decided on the node, by consent; the observations stay there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import sqlite_utils
from msgspec import Struct

from ambient import events
from ambient.commands import KeepWindow
from ambient.events import Kept, NodeKept
from ambient.hub import casebook, rows
from ambient.hub.alarms.book import Report
from ambient.hub.alarms.inputs import NotReported
from ambient.hub.database import HubDatabase
from ambient.hub.orders import Order, OrderState

NS: Final = 1_000_000_000
LEAST_S: Final = 600
EXPIRES_S: Final = 24 * 3600


class Fate(StrEnum):
    """What became of the window of such a fall."""

    NOBODY = "nobody"
    """No node serves the room."""
    ORDERED = "ordered"
    UNANSWERED = "unanswered"
    """The node refused, or did not answer within a day."""
    KEPT = "kept"
    NOT_RECORDED = "not_recorded"
    NOTHING = "nothing"


class Unreported(Struct, frozen=True, kw_only=True):
    """A fall that was not reported.

    Attributes
    ----------
    at
        When somebody said so (hub time, ns).
    began, ended
        The time around it that the room was asked to keep (ns).
    records
        How many records of it are kept.
    """

    said: NotReported
    at: int
    began: int
    ended: int
    fate: Fate
    records: int = 0


def window(about: int, now: int) -> tuple[int, int]:
    """Return the time (ns) around `about` in which the fall was, as far as `now` one can say. Pure.

    The longer ago, the less surely somebody knows when it was: 10 minutes and a quarter of how long
    ago it is, to either side, and not beyond now.
    """
    about = min(about, now)
    wide = LEAST_S * NS + (now - about) // 4
    return max(0, about - wide), min(now, about + wide)


def command(node: str, said: NotReported, now: int) -> KeepWindow:
    """Return the command to keep the window; it has the id of what somebody said."""
    began, ended = window(said.about, now)
    return KeepWindow(
        id=said.id,
        node=node,
        issued=now,
        expires=now + EXPIRES_S * NS,
        room=said.room,
        began=began,
        ended=ended,
    )


def read(database: HubDatabase) -> list[Unreported]:
    """Return what was said, the newest first, with what became of it."""
    with database.read() as db:
        reports = casebook.CaseBook(db).reports()
        answers = _answers(db)
        return [_of(db, one, answers.get(one.said.id)) for one in reversed(reports)]


def _of(db: sqlite_utils.Database, report: Report, answer: NodeKept | None) -> Unreported:
    began, ended = window(report.said.about, report.at)
    row = db.execute("SELECT body FROM commands WHERE id = ?", (report.said.id,)).fetchone()
    return Unreported(
        said=report.said,
        at=report.at,
        began=began,
        ended=ended,
        fate=_fate(None if row is None else rows.decode(row[0], Order), answer),
        records=0 if answer is None else answer.rows,
    )


def _fate(order: Order | None, answer: NodeKept | None) -> Fate:
    if answer is not None:
        return _FATE[answer.kept]
    if order is None:
        return Fate.NOBODY
    lost = order.state in (OrderState.REFUSED, OrderState.EXPIRED)
    return Fate.UNANSWERED if lost else Fate.ORDERED


_FATE: Final = {
    Kept.KEPT: Fate.KEPT,
    Kept.NOT_RECORDED: Fate.NOT_RECORDED,
    Kept.NOTHING: Fate.NOTHING,
}


def _answers(db: sqlite_utils.Database) -> dict[str, NodeKept]:
    """Return the answers of the nodes by the command, the newest of each."""
    found = db.execute(
        "SELECT body FROM events WHERE kind = ? ORDER BY number", (events.kind_of(NodeKept),)
    ).fetchall()
    return {event.command: event for event in rows.events_in(found, NodeKept)}
