"""Who is on duty at an instant: shifts by the site's clock, and the staff of each.

Comes in: shifts and staff from ``hub.yaml``, an instant. Goes out: members. A shift is a span
between two *instants*: it begins when the clock first shows its hour. So in the night with two
02:30s a shift that begins at 02:30 begins at the first and is not taken back for an hour, and in
the night without a 02:30 it begins when that would have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
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
    zone: tzinfo = ZoneInfo(rota.zone) if rota.zone else UTC
    at = datetime.fromtimestamp(now // NS, UTC)
    # A day on either side: by the clock of the site it may be yesterday's shift.
    days = [at.astimezone(zone).date() + timedelta(days=n) for n in (-2, -1, 0, 1)]
    on = []
    for shift in rota.shifts:
        length = (shift.ends - shift.begins) % DAY_MIN or DAY_MIN
        for day in days:
            midnight = datetime.combine(day, time())
            first = _instant(midnight + timedelta(minutes=shift.begins), zone)
            last = _instant(midnight + timedelta(minutes=shift.begins + length), zone)
            if first <= at < last:
                on.append(shift.id)
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


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return the first instant at which the site's clock shows `wall`, or would have."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
