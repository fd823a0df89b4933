"""Date and time in text, as an exact number of nanoseconds.

Comes in: text after RFC 3339. Goes out: nanoseconds since the Unix epoch, or a `ValueError` that
says what is wrong. A time without its zone is refused: nobody here knows which one was meant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))"
)
LARGEST: Final = 2**63 - 1
"""What a signed 64-bit column holds: the year 2262."""


def nanoseconds(text: str) -> int:
    """Return the instant of ``2026-03-01T07:30:00.25+01:00`` (RFC 3339, section 5.6).

    A leap second counts as the first instant of the minute after it. Digits beyond the nanosecond
    are cut off.

    Raises
    ------
    ValueError
        When it is no such text, no date, or beyond what 64 bits hold.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("expected a date and time with its zone, like 2026-03-01T07:30:00+01:00")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    leap = second == 60
    zone = UTC
    if match[8] is not None:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
        if offset >= timedelta(days=1):
            raise ValueError(f"expected a zone of less than 24 hours, got {match[9]}:{match[10]}")
        zone = timezone(-offset if match[8] == "-" else offset)
    whole = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=zone) - _EPOCH
    seconds = whole.days * 86_400 + whole.seconds + leap
    t = seconds * _NS + int((match[7] or "0").ljust(9, "0")[:9])
    if not -LARGEST <= t <= LARGEST:
        raise ValueError("expected a time that 64 bits of nanoseconds hold (until 2262)")
    return t
