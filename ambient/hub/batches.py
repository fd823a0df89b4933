"""Which rows of a node's batch may be stored, and which refused ones raise an alarm.

Comes in: the rows of an enrolled node, and what its key is bound to. Goes out: the events to store,
the rows to refuse, and those that speak of a room that is not the node's own. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ambient import events
from ambient.bus.protocol import MAX_EVENT_BYTES, Row
from ambient.events import AnyEvent
from ambient.hub.alarms.condition import Stage
from ambient.hub.alarms.evidence import stage_of
from ambient.hub.nodes import Holder

TELL_EVERY_S: Final = 60.0
MAX_TOLD: Final = 64
"""Rooms of others that one node may raise an alarm about."""


class Judged(Struct, frozen=True):
    """A batch as it is taken in.

    Attributes
    ----------
    refused
        Sequence numbers of rows that may not be stored.
    foreign
        Of these the events that speak of a room that is not the node's own, with the room.
    """

    taken: list[AnyEvent]
    refused: list[int]
    foreign: list[tuple[AnyEvent, str]]


def judge(rows: Sequence[Row], holder: Holder) -> Judged:
    """Return what becomes of each of `rows` of the node that holds `holder`'s key."""
    judged = Judged([], [], [])
    for row in rows:
        event = decoded(row)
        if event is None or event.node != holder.node:
            judged.refused.append(row.seq)
        elif event.room is not None and event.room not in holder.rooms:
            judged.foreign.append((event, event.room))
            judged.refused.append(row.seq)
        else:
            judged.taken.append(event)
    return judged


def decoded(row: Row) -> AnyEvent | None:
    """Return the event of `row`, None when it is none of the closed list."""
    data = bytes(row.event)
    if len(data) > MAX_EVENT_BYTES:
        return None
    try:
        return events.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def mark(rows: Sequence[Row]) -> bytes:
    """Return what tells `rows` from all others, without decoding them."""
    digest = hashlib.blake2b(digest_size=16)
    for row in rows:
        digest.update(b"%d:%d:" % (row.seq, len(bytes(row.event))))
        digest.update(row.event)
    return digest.digest()


class ForeignRooms:
    """When a node's word about a room of others was told last."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], float] = {}

    def is_told(self, event: AnyEvent, room: str, now: float) -> bool:
        """Return whether `event` is told at `now` (s): people always, else once a minute."""
        about = (event.node, room)
        people = stage_of(event) > Stage.NONE
        if not people and now < self._told.get(about, -TELL_EVERY_S) + TELL_EVERY_S:
            return False
        known = sum(node == event.node for node, _ in self._told)
        return about in self._told or known < MAX_TOLD

    def told(self, event: AnyEvent, room: str, now: float) -> None:
        """Keep that `event` was told at `now` (s)."""
        self._told[event.node, room] = now
