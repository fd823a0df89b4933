"""Times as they go over the air: Date Time (0x2A08), Time Zone (0x2A0E), DST Offset (0x2A0D).

Comes in: seven bytes; two more for the zone. Goes out: nanoseconds since the Unix epoch.

Date Time carries no zone: it is what the device's display shows. It is read as if it were UTC, so
a device that keeps local time is off by its zone; that is one more constant in the offset that
`vitals.intake` estimates for its clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from struct import Struct
from typing import Final

LENGTH: Final = 7
SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
QUARTER_NS: Final = 15 * MINUTE_NS

_DATE_TIME: Final = Struct("<HBBBBB")
_EPOCH_DAY: Final = datetime(1970, 1, 1).toordinal()
_FIRST_YEAR: Final = 1582

ZONE_UNKNOWN: Final = -128
ZONES: Final = range(-48, 57)
"""Quarters of an hour: -12:00 to +14:00."""
DST_UNKNOWN: Final = 255
DST: Final = (0, 2, 4, 8)
"""Quarters of an hour: standard, half an hour, daylight, double daylight time."""


class NoTime(Enum):
    """Why seven bytes are no instant."""

    UNKNOWN = "unknown"
    """The device says that it does not know its year, month or day."""
    IMPOSSIBLE = "impossible"
    """No such date or time of day."""


def date_time(data: bytes, at: int) -> int | NoTime:
    """Return the instant that stands at byte `at` of `data`, read as UTC, in nanoseconds.

    Year 1582 to 9999 (0: unknown), month and day from 1 (0: unknown), 23:59:59 the last second of
    a day. Whether such an instant can be true is judged by the intake, not here.
    """
    year, month, day, hour, minute, second = _DATE_TIME.unpack_from(data, at)
    if hour > 23 or minute > 59 or second > 59 or month > 12 or day > 31:
        return NoTime.IMPOSSIBLE
    if year != 0 and not _FIRST_YEAR <= year <= 9999:
        return NoTime.IMPOSSIBLE
    if year == 0 or month == 0 or day == 0:
        return NoTime.UNKNOWN
    try:
        days: int = datetime(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:  # 31 April
        return NoTime.IMPOSSIBLE
    seconds: int = ((days * 24 + hour) * 60 + minute) * 60 + second
    return seconds * SECOND_NS


def to_utc(local: int, zone: int, dst: int) -> int | NoTime:
    """Return UTC of a local instant.

    Parameters
    ----------
    local
        Nanoseconds, read as UTC.
    zone
        Quarters of an hour east of UTC; -128 unknown, taken as UTC.
    dst
        Quarters of an hour of daylight saving; 255 unknown, taken as none.
    """
    if zone == ZONE_UNKNOWN:
        zone = 0
    if dst == DST_UNKNOWN:
        dst = 0
    if zone not in ZONES or dst not in DST:
        return NoTime.IMPOSSIBLE
    return local - (zone + dst) * QUARTER_NS
