"""Date Time, time zone and daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitals.parse.gatt.kit import WHEN, WHEN_NS
from vitals.parse.gatt.times import NoTime, date_time, to_utc

HOUR_NS = 3600 * 10**9


def encoded(year, month, day, hour=0, minute=0, second=0) -> bytes:
    return pack("<HBBBBB", year, month, day, hour, minute, second)


@pytest.mark.parametrize(
    ("data", "t"),
    [
        (WHEN, WHEN_NS),
        (encoded(1970, 1, 1), 0),
        (encoded(1970, 1, 1, 0, 0, 1), 10**9),
        (encoded(1969, 12, 31, 23, 59, 59), -(10**9)),
        (encoded(2000, 2, 29), 951_782_400 * 10**9),
        (encoded(1582, 1, 1), -12_244_089_600 * 10**9),
        (encoded(9999, 12, 31, 23, 59, 59), 253_402_300_799 * 10**9),
        (encoded(0, 11, 25), NoTime.UNKNOWN),
        (encoded(2025, 0, 25), NoTime.UNKNOWN),
        (encoded(2025, 11, 0), NoTime.UNKNOWN),
        (encoded(0, 0, 0), NoTime.UNKNOWN),
        (encoded(1, 1, 1), NoTime.IMPOSSIBLE),
        (encoded(1581, 12, 31), NoTime.IMPOSSIBLE),
        (encoded(10000, 1, 1), NoTime.IMPOSSIBLE),
        (encoded(2025, 13, 1), NoTime.IMPOSSIBLE),
        (encoded(2025, 4, 31), NoTime.IMPOSSIBLE),
        (encoded(2025, 2, 29), NoTime.IMPOSSIBLE),
        (encoded(1900, 2, 29), NoTime.IMPOSSIBLE),
        (encoded(2025, 1, 32), NoTime.IMPOSSIBLE),
        (encoded(2025, 1, 1, 24), NoTime.IMPOSSIBLE),
        (encoded(2025, 1, 1, 0, 60), NoTime.IMPOSSIBLE),
        (encoded(2025, 1, 1, 0, 0, 60), NoTime.IMPOSSIBLE),
        (encoded(0, 0, 0, 24), NoTime.IMPOSSIBLE),
    ],
)
def test_date_time(data: bytes, t: int | NoTime) -> None:
    assert date_time(data, 0) == t
    assert date_time(b"\xff\xff" + data, 2) == t


@given(st.datetimes(datetime(1582, 1, 1), datetime(9999, 12, 31, 23, 59, 59)))
def test_any_date_goes_there_and_back(when: datetime) -> None:
    when = when.replace(microsecond=0, tzinfo=UTC)
    found = date_time(
        encoded(when.year, when.month, when.day, when.hour, when.minute, when.second), 0
    )
    assert isinstance(found, int)
    assert found == (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * 10**9


@pytest.mark.parametrize(
    ("zone", "dst", "hours"),
    [
        (0, 0, 0),
        (4, 0, 1),
        (4, 4, 2),
        (-20, 4, -4),
        (22, 0, 5.5),
        (0, 2, 0.5),
        (0, 8, 2),
        (56, 0, 14),
        (-48, 0, -12),
        (-128, 0, 0),
        (-128, 255, 0),
        (4, 255, 1),
    ],
)
def test_local_time_to_utc(zone: int, dst: int, hours: float) -> None:
    assert to_utc(WHEN_NS, zone, dst) == WHEN_NS - int(hours * HOUR_NS)


@pytest.mark.parametrize(("zone", "dst"), [(57, 0), (-49, 0), (127, 0), (0, 1), (0, 3), (0, 254)])
def test_no_such_zone(zone: int, dst: int) -> None:
    assert to_utc(WHEN_NS, zone, dst) is NoTime.IMPOSSIBLE
