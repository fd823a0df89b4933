"""A notice as plain JSON, for far sides without a format of their own: room and kind, no person.

In: a notice. Out: `Body`, in the shape of Standard Webhooks 1.0. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from ambient.hub.channels.seam import Notice


class Told(Struct, frozen=True, kw_only=True):
    """What the body says of an alarm; instants in RFC 3339, UTC."""

    id: str
    alarm: str
    site: str
    kind: str
    priority: str
    room: str | None
    room_name: str
    text: str
    language: str
    at: datetime
    times: int
    attempt: int
    recipient: str | None
    over: bool
    test: bool


class Body(Struct, frozen=True, kw_only=True):
    """The body of a request."""

    type: str
    timestamp: datetime
    data: Told


def plain(notice: Notice, site: str) -> Body:
    """Return what is said of `notice`."""
    at = datetime.fromtimestamp(notice.at // 1_000_000_000, UTC)
    told = Told(
        id=notice.id,
        alarm=notice.alarm,
        site=site,
        kind=notice.kind.value,
        priority=notice.priority.name.lower(),
        room=notice.room,
        room_name=notice.room_name,
        text=notice.text,
        language=notice.language.value,
        at=at,
        times=notice.times,
        attempt=notice.attempt,
        recipient=notice.address,
        over=notice.over,
        test=notice.test,
    )
    return Body(type="alarm.over" if notice.over else "alarm", timestamp=at, data=told)
