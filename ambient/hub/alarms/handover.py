"""What a shift hands over: open alarms, snoozes, pauses, rooms that are not watched.

Comes in: open conditions, the house, the state of the rooms, the time. Goes out: `HandOverPage` and
its digest. Whoever takes over accepts that digest; a page that has changed meanwhile has another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from ambient.hub.alarms import rota
from ambient.hub.alarms.book import House
from ambient.hub.alarms.condition import AlarmState, Condition
from ambient.hub.alarms.order import by_urgency
from ambient.hub.alarms.signal import Snooze
from ambient.hub.rooms import RoomState, RoomStatus


class OpenAlarm(Struct, frozen=True, kw_only=True):
    """One open alarm; `owner` is who sees to it."""

    id: str
    kind: str
    room: str | None
    state: AlarmState
    owner: str | None
    since: int


class Unwatched(Struct, frozen=True, kw_only=True):
    """One room that is not watched, and until when (ns) if that is known."""

    room: str
    status: RoomStatus
    until: int | None


class HandOverPage(Struct, frozen=True, kw_only=True):
    """What a shift hands over.

    Attributes
    ----------
    alarms
        Open, the most urgent first; tasks too.
    pauses
        Rooms in a privacy pause.
    not_watched
        Rooms that nobody watches for another reason, the gravest first.
    shifts
        Those that are on now.
    """

    alarms: list[OpenAlarm]
    snoozes: list[Snooze]
    pauses: list[Unwatched]
    not_watched: list[Unwatched]
    shifts: list[str]

    @property
    def digest(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over everything on the page."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


def hand_over(
    conditions: Iterable[Condition], house: House, rooms: Sequence[RoomState], now: int
) -> HandOverPage:
    """Return what is handed over at `now` (ns)."""
    unwatched = [
        Unwatched(room=room.room, status=room.status, until=room.until)
        for room in rooms
        if room.status is not RoomStatus.WATCHED
    ]
    ranks = {status: rank for rank, status in enumerate(RoomStatus)}
    return HandOverPage(
        alarms=[
            OpenAlarm(
                id=one.id,
                kind=one.kind.value,
                room=one.room,
                state=one.state,
                owner=None if one.acknowledged is None else one.acknowledged.who,
                since=one.since,
            )
            for one in by_urgency(conditions)
            if one.open
        ],
        snoozes=house.snoozes_at(now),
        pauses=[one for one in unwatched if one.status is RoomStatus.PAUSED],
        not_watched=sorted(
            (one for one in unwatched if one.status is not RoomStatus.PAUSED),
            key=lambda one: (ranks[one.status], one.room),
        ),
        shifts=rota.shifts_at(house.rules.rota, now),
    )


def is_due(house: House, now: int) -> bool:
    """Return whether a shift has begun by `now` (ns) that nobody has accepted yet."""
    began = rota.began(house.rules.rota, now)
    return began is not None and (house.accepted_at is None or house.accepted_at < began)
