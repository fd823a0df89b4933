"""Devices that a node has no more, and rooms that it is bound to no more: what was open ends.

Comes in: alarms as they stand, what a node says that it has, what its key is bound to. Goes out:
`Change`. About devices alone: what is about people ends by no word of a node about itself, and
what is about the node (its silence, its disk, a room that it may not speak for) by its own. Pure.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from ambient.events import NodeHas
from ambient.hub.alarms import evidence, situations
from ambient.hub.alarms.condition import Change, Condition, Deed, Entry, Judgement, Presence
from ambient.hub.alarms.kinds import OF_DEVICES


def on_has(alarm: Condition, event: NodeHas) -> Change | None:
    """Return an alarm of a device that its node has no more by `event`, else None."""
    if alarm.kind not in OF_DEVICES or not is_gone(event, alarm.node, alarm.room, alarm.source):
        return None
    return evidence.ended(alarm, event.t) if event.t >= alarm.latest else None


def is_gone(event: NodeHas, node: str, room: str | None, source: str | None) -> bool:
    """Return whether `event` says that `node` has no device `source` in `room` (any more)."""
    if event.node != node or room is None:
        return False  # of what is the node's own nothing is said
    has = {one.slug for one in event.has}
    if event.of_room is None:
        return room not in has
    # Alarms that were kept before they named their device may be of any.
    return event.of_room == room and source is not None and source not in has


def on_left(alarm: Condition, rooms: Collection[str], now: int) -> Change | None:
    """Return an alarm of a device in one of `rooms`, to which its node is bound no more.

    Found so at `now` (ns). Nothing that the node says of the device is taken in from then on.
    """
    if alarm.kind not in OF_DEVICES or alarm.room not in rooms or not alarm.open:
        return None
    ended = msgspec.structs.replace(
        alarm, presence=Presence.ENDED, resolved_at=now, reason=Judgement.UNBOUND
    )
    entry = Entry(at=now, what=Deed.ENDED, reason=Judgement.UNBOUND)
    return Change(condition=ended, entries=[entry])


def on_back(alarm: Condition, now: int) -> Change | None:
    """Return an alarm that ended with a binding as open again: at `now` (ns) that is back.

    Nobody has said that it is over, and the node does not say again what it has said once.
    """
    if alarm.open or alarm.reason is not Judgement.UNBOUND:
        return None
    again = situations.as_seen(msgspec.structs.replace(alarm, leader=None), reopen=True)
    return Change(condition=again, entries=[Entry(at=now, what=Deed.REOPENED)], news=True)
