"""Falls that were not reported, as the page of earlier alarms shows them.

Comes in: what was said and what the room's node answered. Goes out: lines in the reader's language.
Who said it is not shown: nobody is blamed.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.hub import unreported
from ambient.hub.board import Board
from ambient.hub.languages import gettext, mark
from ambient.hub.unreported import Fate, Unreported
from ambient.hub.web.context import HubContext, local_clock, rfc3339

SHOWN: Final = 20
FATES: Final = {
    Fate.NOBODY: mark("Nothing was kept: no room computer serves this room."),
    Fate.ORDERED: mark(
        "The room's computer was asked to keep what it recorded; it has not answered yet."
    ),
    Fate.UNANSWERED: mark("Nothing was kept: the room's computer refused, or did not answer."),
    Fate.KEPT: mark(
        "What the room recorded from %(began)s to %(ended)s is kept on its computer "
        "(%(records)s observations; no picture, no sound)."
    ),
    Fate.NOT_RECORDED: mark(
        "Nothing was kept: this room is not recorded, for nobody agreed to research."
    ),
    Fate.NOTHING: mark("Nothing was kept: the room recorded nothing in that time."),
}


class MissedView(Struct, frozen=True, kw_only=True):
    """One such fall; times in RFC 3339."""

    room_name: str
    about: str
    at: str
    text: str


def missed_views(hub: HubContext, board: Board) -> list[MissedView]:
    """Return the newest of them."""
    return [_view(one, board) for one in unreported.read(hub.database)[:SHOWN]]


def _view(one: Unreported, board: Board) -> MissedView:
    fields = {
        "began": local_clock(rfc3339(one.began)),
        "ended": local_clock(rfc3339(one.ended)),
        "records": one.records,
    }
    return MissedView(
        room_name=board.room_name(one.said.room),
        about=rfc3339(one.said.about),
        at=rfc3339(one.at),
        text=gettext(FATES[one.fate]) % fields,
    )
