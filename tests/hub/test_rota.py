"""Who is on duty, above all in the nights in which the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ambient.hub.alarms.rota import Member, Rota, Shift, on_duty, shifts_at
from ambient.hub.alarms.rules import NS

ZONE = "Europe/Berlin"
DAY = Shift(id="day", begins=6 * 60 + 30, ends=21 * 60)
LATE = Shift(id="late", begins=21 * 60, ends=2 * 60 + 30)
EARLY = Shift(id="early", begins=2 * 60 + 30, ends=6 * 60 + 30)
ROTA = Rota(
    zone=ZONE,
    shifts=[DAY, LATE, EARLY],
    staff=[
        Member(id="anna", shifts=["day"]),
        Member(id="ben", shifts=["late"]),
        Member(id="carla", shifts=["early", "day"]),
    ],
)


def ns(text: str) -> int:
    """Return an instant in UTC as nanoseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS


@pytest.mark.parametrize(
    ("utc", "clock", "on"),
    [
        # an ordinary night, summer time (UTC+2)
        ("2025-07-01T04:29:59", "06:29", "early"),
        ("2025-07-01T04:30:00", "06:30", "day"),
        ("2025-07-01T18:59:59", "20:59", "day"),
        ("2025-07-01T19:00:00", "21:00", "late"),
        ("2025-07-01T22:30:00", "00:30", "late"),
        ("2025-07-02T00:30:00", "02:30", "early"),
        # the night with two 02:30s: the clock goes from 03:00 back to 02:00 at 01:00 UTC
        ("2025-10-26T00:29:59", "02:29", "late"),
        ("2025-10-26T00:30:00", "02:30", "early"),
        ("2025-10-26T00:59:59", "02:59", "early"),
        ("2025-10-26T01:00:00", "02:00", "early"),  # again two o'clock: not late again
        ("2025-10-26T01:29:59", "02:29", "early"),
        ("2025-10-26T01:30:00", "02:30", "early"),
        ("2025-10-26T05:29:59", "06:29", "early"),
        ("2025-10-26T05:30:00", "06:30", "day"),
        # the night without a 02:30: the clock goes from 02:00 to 03:00 at 01:00 UTC
        ("2025-03-30T00:59:59", "01:59", "late"),
        ("2025-03-30T01:00:00", "03:00", "late"),
        ("2025-03-30T01:29:59", "03:29", "late"),
        ("2025-03-30T01:30:00", "03:30", "early"),
        ("2025-03-30T04:30:00", "06:30", "day"),
    ],
)
def test_shifts(utc: str, clock: str, on: str) -> None:
    local = datetime.fromisoformat(utc).replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE))
    assert local.strftime("%H:%M") == clock, "the case says what it means"
    assert shifts_at(ROTA, ns(utc)) == [on]


@pytest.mark.parametrize(
    "night", ["2025-10-25T12:00:00", "2025-03-29T12:00:00", "2025-06-11T12:00:00"]
)
def test_each_shift_comes_once_a_day_and_nobody_is_missing(night: str) -> None:
    begin = datetime.fromisoformat(night).replace(tzinfo=UTC)
    seen: list[str] = []
    for minute in range(26 * 60):
        now = round((begin + timedelta(minutes=minute)).timestamp()) * NS
        (on,) = shifts_at(ROTA, now)
        if not seen or seen[-1] != on:
            seen.append(on)
    assert seen == ["day", "late", "early", "day"]


def test_who_is_on_duty() -> None:
    noon, night = ns("2025-07-01T10:00:00"), ns("2025-07-01T20:00:00")
    assert [one.id for one in on_duty(ROTA, noon)] == ["anna", "carla"]
    assert [one.id for one in on_duty(ROTA, noon, away=["anna"])] == ["carla"]
    assert [one.id for one in on_duty(ROTA, night)] == ["ben"]


def test_shifts_may_overlap_and_may_last_all_day() -> None:
    rota = Rota(
        shifts=[Shift(id="all", begins=0, ends=1440), Shift(id="noon", begins=720, ends=780)]
    )
    assert shifts_at(rota, ns("2025-07-01T12:30:00")) == ["all", "noon"]
    assert shifts_at(rota, ns("2025-07-01T13:00:00")) == ["all"]
    assert shifts_at(rota, ns("2025-07-01T00:00:00")) == ["all"]


def test_without_shifts_everybody_is_on_duty() -> None:
    rota = Rota(staff=[Member(id="anna"), Member(id="ben")])
    assert [one.id for one in on_duty(rota, 0)] == ["anna", "ben"]
