"""Hours and days of the site: instants of event time in, their place on the site's clock out.

Comes in: nanoseconds since the epoch and a time zone. Goes out: where the hour ends, the hour of
the clock, and which day it is. Days begin at `DAY_BEGINS` in the morning, so that a night is one
piece. Pure: nothing here asks what time it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

DAY_BEGINS: Final = 6
"""Hour of the site's clock at which a day of care begins."""

NS: Final = 1_000_000_000
HOUR: Final = 3600 * NS


def hour_of(t: int, zone: tzinfo) -> int:
    """Return the hour on the site's clock at `t`, 0 to 23."""
    return _local(t, zone).hour


def hour_begins(t: int, zone: tzinfo) -> int:
    """Return the instant at which the hour of the site's clock that holds `t` began."""
    local = _local(t, zone)
    return (t // NS - local.minute * 60 - local.second) * NS


def day_of(t: int, zone: tzinfo) -> int:
    """Return the number of the day that holds `t`: the ordinal of the date on which it began."""
    return (_local(t, zone).replace(tzinfo=None) - timedelta(hours=DAY_BEGINS)).toordinal()


def _local(t: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(t // NS, zone)
