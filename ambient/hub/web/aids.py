"""What whoever comes to help needs: the aids on record for the beds of rooms with an open alarm.

Comes in: the board, care settings, and who is looking. Goes out: a line for each bed with an aid,
for whoever may see how residents are. A lying person is lifted by a hoist or not at all: who hears
it in the room has walked for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.kinds import CHAINED, TASKS
from ambient.hub.board import Board
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity, Right
from ambient.hub.languages import gettext, mark
from ambient.hub.people import care
from ambient.hub.people.care import CareSettings

FETCHED: Final = {
    "hoist": mark("hoist"),
    "wheelchair": mark("wheelchair"),
    "walking_aid": mark("walking aid"),
}
"""Field of the settings ► what is fetched."""


def on_record(database: HubDatabase, board: Board, who: Identity) -> list[CareSettings]:
    """Return the care settings that bear on `board`, as far as `who` may see them."""
    return of_board(database, board) if Right.TRENDS in who.rights else []


def of_board(database: HubDatabase, board: Board) -> list[CareSettings]:
    """Return the care settings of the rooms in which somebody may need help."""
    rooms = {one.room for one in board.alarms if one.room is not None and _of_people(one)}
    return care.in_rooms(database, sorted(rooms)) if rooms else []


def lines(alarm: Condition, settings: Sequence[CareSettings]) -> list[str]:
    """Return what to bring, a line for each bed that it may be about."""
    if not _of_people(alarm):
        return []
    here = [one for one in settings if one.room == alarm.room and alarm.bed in (None, one.bed)]
    found = []
    for one in here:
        aids = [gettext(word) for field, word in FETCHED.items() if getattr(one, field)]
        if aids:
            said = {"aids": ", ".join(aids), "bed": one.bed}
            found.append(gettext("Needs: %(aids)s (bed %(bed)s)") % said)
    return found


def _of_people(alarm: Condition) -> bool:
    return alarm.kind in CHAINED or alarm.kind in TASKS
