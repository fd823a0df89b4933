"""Who is on duty at an instant: shifts by the site's clock, and the staff of each.

Comes in: shifts and staff from ``hub.yaml``, an instant. Goes out: members. A shift is a span
between two *instants*: it begins when the clock first shows its hour. So in the night with two
02:30s a shift that begins at 02:30 begins at the first and is not taken back for an hour, and in
the night without a 02:30 it begins when that would have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

NS: Final = 1_000_000_000
DAY_MIN: Final = 24 * 60


class Shift(Struct, frozen=True, kw_only=True):
    """A span of the site's clock, in minutes after midnight; over midnight when it ends earlier."""

    id: str
    begins: int
    ends: int


class Member(Struct, frozen=True, kw_only=True):
    """One of the staff, as they are on the rota.

    Attributes
    ----------
    id
        The user name, or the name of a shared device.
    rooms, floors
        Whom they care for; empty stands for no room of their own.
    nurse
        Whether they are in charge.
    ways
        Channels that reach them, all used at once.
    """

    id: str
    shifts: list[str] = []
    rooms: list[str] = []
    floors: list[str] = []
    nurse: bool = False
    ways: list[str] = field(default_factory=lambda: ["page"])


class Rota(Struct, frozen=True, kw_only=True):
    """Shifts and staff of a site.

    Attributes
    ----------
    zone
        Name in the IANA database; empty stands for UTC.
    """

    zone: str = ""
    shifts: list[Shift] = []
    staff: list[Member] = []


def shifts_at(rota: Rota, now: int) -> list[str]:
    """Return the ids of the shifts that are on at `now` (ns), in the order of the rota."""
    return [shift for shift, _ in _on(rota, now)]


def began(rota: Rota, now: int) -> int | None:
    """Return when (ns) the newest shift that is on at `now` (ns) began; None without shifts."""
    return max((first for _, first in _on(rota, now)), default=None)


def _on(rota: Rota, now: int) -> list[tuple[str, int]]:
    zone: tzinfo = ZoneInfo(rota.zone) if rota.zone else UTC
    today = datetime.fromtimestamp(now // NS, zone).date().toordinal()
    # A day on either side: by the clock of the site it may be yesterday's shift.
    days = (today - 2, today - 1, today, today + 1)
    on = []
    for shift in rota.shifts:
        for day in days:
            first, last = _span(rota.zone, day, shift.begins, shift.ends)
            if first <= now < last:
                on.append((shift.id, first))
                break
    return on


def on_duty(rota: Rota, now: int, away: Sequence[str] = ()) -> list[Member]:
    """Return who is on duty at `now` (ns) and has not signed off, in the order of the rota."""
    on = set(shifts_at(rota, now))
    return [
        member
        for member in rota.staff
        if member.id not in away and (not rota.shifts or on.intersection(member.shifts))
    ]


@lru_cache(maxsize=4096)
def _span(zone: str, day: int, begins: int, ends: int) -> tuple[int, int]:
    """Return when (ns) a shift of the calendar's `day` begins and ends."""
    length = (ends - begins) % DAY_MIN or DAY_MIN
    midnight = datetime.fromordinal(day)
    return (
        _instant(midnight + timedelta(minutes=begins), zone),
        _instant(midnight + timedelta(minutes=begins + length), zone),
    )


def _instant(wall: datetime, zone: str) -> int:
    """Return the first instant (ns) at which the site's clock shows `wall`, or would have."""
    local = wall.replace(tzinfo=ZoneInfo(zone) if zone else UTC, fold=0)
    return int(local.timestamp()) * NS
