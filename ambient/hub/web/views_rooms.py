"""Rooms as page and API show them, in plain words.

Comes in: a `Board`. Goes out: structs that templates render and the API answers as JSON.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from ambient.hub import device_words, words
from ambient.hub.board import Board
from ambient.hub.languages import gettext
from ambient.hub.orders import Order
from ambient.hub.rooms import RoomState, RoomStatus
from ambient.hub.web.context import rfc3339, rfc3339_if

CAN_PAUSE: Final = (RoomStatus.WATCHED, RoomStatus.DEGRADED, RoomStatus.NOT_WATCHED)
_ROOM_ORDER: Final = {status.value: rank for rank, status in enumerate(RoomStatus)}


class OrderView(Struct, frozen=True, kw_only=True):
    """A privacy order that waits for the room's computer."""

    kind: str
    minutes: int
    by: str | None
    issued: str


class CameraView(Struct, frozen=True, kw_only=True):
    """What one camera can see."""

    source: str
    view: str
    text: str


class MicrophoneView(Struct, frozen=True, kw_only=True):
    """What one microphone can hear."""

    source: str
    hearing: str
    text: str


class RoomView(Struct, frozen=True, kw_only=True):
    """One room as carers see it."""

    room: str
    name: str
    floor: str
    status: str
    text: str
    node: str | None
    since: str | None
    until: str | None
    cameras: list[CameraView]
    microphones: list[MicrophoneView]
    order: OrderView | None
    alarms: int
    can_pause: bool
    can_resume: bool

    @property
    def version(self) -> str:
        """A short hash: the page replaces a row only when it changed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


def room_views(board: Board) -> list[RoomView]:
    """Return all rooms, those that are not watched first."""
    alarms = Counter(alarm.room for alarm in board.alarms)
    rooms = [_room(state, board, alarms[state.room]) for state in board.rooms]
    rooms.sort(key=lambda room: (_ROOM_ORDER[room.status], room.floor, natural(room.name)))
    return rooms


@lru_cache(maxsize=1 << 12)
def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts "Room 9" before "Room 12"."""
    parts: list[tuple[int, str]] = []
    for word in name.lower().split():
        parts.append((int(word), "") if word.isdecimal() else (-1, word))
    return tuple(parts)


def _room(state: RoomState, board: Board, alarms: int) -> RoomView:
    name = board.names.get(state.room)
    order = state.order
    kind = order.kind.value if order is not None else None
    return RoomView(
        room=state.room,
        name=board.room_name(state.room),
        floor=name.floor if name is not None else "",
        status=state.status.value,
        text=gettext(words.ROOM[state.status]),
        node=state.node,
        since=rfc3339_if(state.since),
        until=rfc3339_if(state.until),
        cameras=[
            CameraView(source=v.source, view=v.view.value, text=gettext(device_words.VIEW[v.view]))
            for v in state.sources
            if v.view is not None and not v.fine
        ],
        microphones=[
            MicrophoneView(
                source=v.source,
                hearing=v.hearing.value,
                text=gettext(device_words.HEARING[v.hearing]),
            )
            for v in state.sources
            if v.hearing is not None and not v.fine
        ],
        order=None if order is None else _order(order),
        alarms=alarms,
        can_pause=state.status in CAN_PAUSE and kind != "pause",
        can_resume=state.status is RoomStatus.PAUSED and kind != "resume",
    )


def _order(order: Order) -> OrderView:
    return OrderView(
        kind=order.kind.value,
        minutes=round(order.seconds / 60),
        by=order.by,
        issued=rfc3339(order.issued),
    )
