"""Hours and days of the site: instants of event time in, their place on the site's clock out.

Comes in: nanoseconds since the epoch and a time zone. Goes out: where the hour ends, the hour of
the clock, which part of the day it belongs to, which day it is, and whether it lies in written
hours. Days begin at `DAY_BEGINS` in the morning, so that a night is one piece. Pure: nothing here
asks what time it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final

DAY_BEGINS: Final = 6
"""Hour of the site's clock at which a day of care begins."""

NS: Final = 1_000_000_000
MINUTE: Final = 60 * NS
HOUR: Final = 3600 * NS


class TimeOfDay(StrEnum):
    """The parts of a day that have a baseline of their own."""

    MORNING = "morning"
    DAY = "day"
    EVENING = "evening"
    NIGHT = "night"


def hour_of(t: int, zone: tzinfo) -> int:
    """Return the hour on the site's clock at `t`, 0 to 23."""
    return _minute(t // MINUTE, zone)[0]


def hour_begins(t: int, zone: tzinfo) -> int:
    """Return the instant at which the hour of the site's clock that holds `t` began."""
    return (t // MINUTE * 60 - 60 * _minute(t // MINUTE, zone)[1]) * NS


def day_of(t: int, zone: tzinfo) -> int:
    """Return the number of the day that holds `t`: the ordinal of the date on which it began."""
    return _minute(t // MINUTE, zone)[2]


def minute_of(t: int, zone: tzinfo) -> int:
    """Return the minute of the day on the site's clock at `t`, 0 to 1439."""
    hour, minute, _ = _minute(t // MINUTE, zone)
    return 60 * hour + minute


def time_of_day(hour: int) -> TimeOfDay:
    """Return the part of the day of an hour of the site's clock, 0 to 23."""
    if 6 <= hour < 11:
        return TimeOfDay.MORNING
    if 11 <= hour < 17:
        return TimeOfDay.DAY
    return TimeOfDay.EVENING if 17 <= hour < 22 else TimeOfDay.NIGHT


class Hours:
    """Hours of the site's clock, ``21:00-06:30``; past midnight where the end is before the start.

    Parameters
    ----------
    written
        As in the configuration.
    zone
        Of the site.
    """

    def __init__(self, written: str, zone: tzinfo) -> None:
        first, last = written.split("-")
        self._first, self._last = _minutes(first), _minutes(last)
        self._zone = zone
        self._asked, self._held = -1, False
        """The minute since the epoch of which it was asked last, and the answer."""

    def hold(self, t: int) -> bool:
        """Return whether `t` lies in them."""
        number = t // MINUTE
        if number != self._asked:
            self._asked, self._held = number, self._hold(minute_of(t, self._zone))
        return self._held

    def _hold(self, minute: int) -> bool:
        if self._first < self._last:
            return self._first <= minute < self._last
        return minute >= self._first or minute < self._last


@lru_cache(maxsize=256)
def _minute(number: int, zone: tzinfo) -> tuple[int, int, int]:
    """Return hour, minute and day of a minute since the epoch; zones differ by whole minutes."""
    local = datetime.fromtimestamp(60 * number, zone)
    day = local.replace(tzinfo=None) - timedelta(hours=DAY_BEGINS)
    return local.hour, local.minute, day.toordinal()


def _minutes(written: str) -> int:
    hours, minutes = written.split(":")
    return 60 * int(hours) + int(minutes)
