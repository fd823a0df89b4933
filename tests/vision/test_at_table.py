"""How far outlines behind tables are believed."""

from __future__ import annotations

import pytest

from ambient.observations import Box
from vision.at_table import AT_TABLE, GONE_S, WAITS_S, AtTable

TABLE: Box = (0.05, 0.75, 0.7, 0.95)
LIES: Box = (0.1, 0.7, 0.6, 0.9)
FAR: Box = (0.62, 0.8, 0.69, 0.9)


def ns(s: float) -> int:
    return round(s * 1e9)


def shown(known: AtTable, start: float, end: float, box: Box = LIES) -> float:
    """Show an outline each second; return the trust at the end."""
    found = [known.trust(box, [TABLE], ns(start + n)) for n in range(round(end - start) + 1)]
    return found[-1]


@pytest.mark.parametrize(
    ("spans", "trust"),
    [
        ([(0.0, WAITS_S - 1.0, LIES)], AT_TABLE),
        ([(0.0, WAITS_S, LIES)], 1.0),
        ([(0.0, 40.0, LIES), (40.0 + GONE_S, 70.0 + GONE_S, LIES)], 1.0),
        ([(0.0, 90.0, LIES), (91.0 + GONE_S, 95.0 + GONE_S, LIES)], AT_TABLE),
        ([(0.0, 90.0, FAR), (91.0, 92.0, LIES)], AT_TABLE),
        ([(500.0, 555.0, LIES), (400.0, 420.0, LIES)], AT_TABLE),
    ],
    ids=["not yet", "then", "with a gap", "gone meanwhile", "another", "a clock set back"],
)
def test_an_outline_behind_a_table_is_believed_in_the_end(
    spans: list[tuple[float, float, Box]], trust: float
) -> None:
    known = AtTable()
    for start, end, box in spans:
        found = shown(known, start, end, box)
    assert found == trust


def test_what_no_table_hides_is_believed_at_once() -> None:
    assert AtTable().trust(LIES, [(0.8, 0.75, 0.9, 0.95)], 0) == 1.0


def test_who_was_seen_up_there_begins_anew() -> None:
    known = AtTable()
    shown(known, 0.0, 50.0)
    known.up((0.1, 0.65, 0.6, 0.9))
    assert shown(known, 51.0, 100.0) == AT_TABLE


def test_a_camera_that_was_moved_begins_anew() -> None:
    known = AtTable()
    shown(known, 0.0, 50.0)
    known.reset()
    assert shown(known, 51.0, 100.0) == AT_TABLE
