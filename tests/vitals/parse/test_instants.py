"""Date and time in text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitals.parse.instants import nanoseconds

NS = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:00:00+0100", 0),
        ("1969-12-31T23:59:59Z", -NS),
        ("1969-12-31T19:00:00.5-05:00", NS // 2),
        ("2026-03-01t07:30:00,25z", 1_772_350_200 * NS + NS // 4),
        ("2026-03-01 07:30:00Z", 1_772_350_200 * NS),
        ("2024-02-29T00:00:00Z", 1_709_164_800 * NS),
        ("2016-12-31T23:59:60Z", 1_483_228_800 * NS),
        ("1970-01-01T00:00:00.123456789999Z", 123_456_789),
    ],
)
def test_instant(text: str, expected: int) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T07:30:00",
        "2026-13-01T07:30:00Z",
        "2026-02-29T07:30:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T07:60:00Z",
        "2026-03-01T07:30:61Z",
        "2026-03-01T07:30:00+24:00",
        "0000-03-01T07:30:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
        "２０２６-03-01T07:30:00Z",
        "2026-03-01T07:30:00Z\n",
    ],
)
def test_no_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says differs
        nanoseconds(text)


@given(st.datetimes(datetime(1700, 1, 1), datetime(2260, 1, 1), timezones=st.just(UTC)))
def test_it_is_what_the_standard_library_says(when: datetime) -> None:
    whole = (when - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400
    micro = (when - datetime(1970, 1, 1, tzinfo=UTC)).seconds * 1_000_000 + when.microsecond
    assert nanoseconds(when.isoformat()) == whole * NS + micro * 1000


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        nanoseconds(text)
    except ValueError:
        return
