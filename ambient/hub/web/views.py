"""What page and API show of the whole board, in plain words, times in RFC 3339.

Comes in: a `Board`. Goes out: structs that templates render and the API answers as JSON; what each
alarm and room is in words, `views_alarms` and `views_rooms` say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from ambient.hub import words
from ambient.hub.alarms import handover, rota
from ambient.hub.alarms.handover import HandOverPage
from ambient.hub.alarms.signal import Snooze
from ambient.hub.board import Board, NodeState
from ambient.hub.languages import gettext
from ambient.hub.people.care import CareSettings
from ambient.hub.rooms import RoomStatus
from ambient.hub.web.context import NS, rfc3339, rfc3339_if
from ambient.hub.web.views_alarms import AlarmView, alarm_view
from ambient.hub.web.views_rooms import RoomView, room_views


class SnoozeRow(Struct, frozen=True, kw_only=True):
    """A snooze that holds, in words."""

    id: str
    room_name: str
    what: str
    until: str
    by: str
    reason: str

    @property
    def version(self) -> str:
        """A short hash: the page replaces a row only when it changed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


class NodeView(Struct, frozen=True, kw_only=True):
    """One node."""

    node: str
    rooms: list[str]
    last_heard: str | None
    silent: bool
    stopped: bool


class Figures(Struct, frozen=True, kw_only=True):
    """The page's counts."""

    ringing: int
    open: int
    rooms: int
    watched: int


class BoardView(Struct, frozen=True, kw_only=True):
    """Everything the page shows.

    Attributes
    ----------
    shift
        Changes when a shift begins; without a rota, at midnight.
    hand_over
        Whether nobody has accepted the hand-over since the shift began.
    """

    sequence: int
    at: str
    sound: str
    trouble: str | None
    figures: Figures
    shift: str
    hand_over: bool
    alarms: list[AlarmView]
    snoozes: list[SnoozeRow]
    rooms: list[RoomView]
    nodes: list[NodeView]


def board_view(board: Board, settings: Sequence[CareSettings] = ()) -> BoardView:
    """Return `board` in words, with what of the care `settings` bears on its alarms."""
    alarms = [
        alarm_view(a, board.history.get(a.id, []), board, settings=settings) for a in board.alarms
    ]
    rooms = room_views(board)
    return BoardView(
        sequence=board.sequence,
        at=rfc3339(board.at),
        sound=board.sound.value,
        trouble=gettext(words.TROUBLE[board.trouble]) if board.trouble is not None else None,
        figures=Figures(
            ringing=sum(a.sound.value != "none" for a in board.alarms),
            open=len(board.alarms),
            rooms=len(rooms),
            watched=sum(room.status == RoomStatus.WATCHED.value for room in rooms),
        ),
        shift=_shift(board),
        hand_over=hand_over_due(board),
        alarms=alarms,
        snoozes=[snooze_row(one, board) for one in board.house.snoozes_at(board.at)],
        rooms=rooms,
        nodes=[node_view(node) for node in board.nodes],
    )


def hand_over_due(board: Board) -> bool:
    """Return whether nobody has accepted the hand-over since the present shift began."""
    return handover.is_due(board.house, board.at)


def handed_over(board: Board) -> HandOverPage:
    """Return what a shift hands over when it sees `board`."""
    return handover.hand_over(board.alarms, board.house, board.rooms, board.at)


def snooze_row(snooze: Snooze, board: Board) -> SnoozeRow:
    """Return `snooze` in words."""
    kind = snooze.kind
    return SnoozeRow(
        id=snooze.id,
        room_name=board.room_name(snooze.room),
        what=gettext("Every alarm") if kind is None else gettext(words.KIND[kind]),
        until=rfc3339(snooze.until),
        by=snooze.by,
        reason=gettext(words.SNOOZE[snooze.reason]),
    )


class Held(Struct, frozen=True, kw_only=True):
    """What becomes active again when somebody signs off."""

    alarms: list[AlarmView]
    snoozes: list[SnoozeRow]

    @property
    def anything(self) -> bool:
        """Whether there is any."""
        return bool(self.alarms or self.snoozes)


def held_by(board: Board, who: str) -> Held:
    """Return what `who` sees to and has snoozed."""
    seen_to = [
        one for one in board.alarms if one.acknowledged is not None and one.acknowledged.who == who
    ]
    return Held(
        alarms=[alarm_view(one, [], board) for one in seen_to],
        snoozes=[
            snooze_row(one, board) for one in board.house.snoozes_at(board.at) if one.by == who
        ],
    )


def node_view(node: NodeState) -> NodeView:
    """Return `node` with its times in RFC 3339."""
    return NodeView(
        node=node.node,
        rooms=node.rooms,
        last_heard=rfc3339_if(node.last_heard),
        silent=node.silent,
        stopped=node.stopped,
    )


def _shift(board: Board) -> str:
    """Return what changes when a shift begins; without a rota, at midnight."""
    plan = board.house.rules.rota
    began = rota.began(plan, board.at)
    if began is not None:
        return rfc3339(began)
    return datetime.fromtimestamp(board.at // NS).astimezone().date().isoformat()
