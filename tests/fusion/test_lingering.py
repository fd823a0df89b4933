"""Who stays low on the floor alone, without lying and without moving, is told of after a minute."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from ambient.config import Falls
from ambient.observations import Place, Posture, PostureSeen, TrackEnded
from fusion.falls import FallJudge
from fusion.falls_state import Step
from tests.fusion.test_falls import UP, judge, lost, span

SLUMPED: dict[str, object] = {
    "down": 0.2,
    "upright": 0.04,
    "still": 0.95,
    "place": Place.FLOOR,
    "posture": Posture.KNEELING,
}
"""Slid off a chair and sits against it: hardly down in any look, and no fall was seen."""
VISITOR: dict[str, object] = {**UP, "track": 2, "at": (1.4, 0.5)}


def confirmed(story: Sequence[PostureSeen | TrackEnded], until: float = 0.0) -> float | None:
    return dict(judge(story, until)).get(Step.CONFIRMED)


@pytest.mark.parametrize(
    "how",
    [{}, {"posture": Posture.SITTING}, {"down": 0.5, "upright": 0.2}, {"still": 0.85}],
    ids=["kneels", "sits", "half down", "shifts"],
)
def test_who_stays_low_on_the_floor_alone_is_told_of(how: dict[str, object]) -> None:
    story = [*span(0, 5, **UP), *span(5, 90, **{**SLUMPED, **how})]
    at = confirmed(story)
    assert at is not None
    assert 50.0 < at < 70.0


@pytest.mark.parametrize(
    "how",
    [
        {"upright": 0.15},
        {"down": 0.08, "upright": 0.02},
        {"still": 0.7},
        {"place": Place.UNKNOWN},
        {"place": Place.CHAIR},
        {"place": Place.PERMITTED},
        {"quality": 0.3},
        {"at": (0.5, 1.04)},
    ],
    ids=[
        "may sit upright", "hardly low", "moves", "no zone drawn", "in a chair", "on a mat",
        "seen badly", "cut by the border",
    ],
)  # fmt: skip
def test_who_may_be_there_on_purpose_is_not(how: dict[str, object]) -> None:
    assert judge([*span(0, 5, **UP), *span(5, 300, **{**SLUMPED, **how})], 0) == []


def test_nor_who_gets_up_within_the_minute() -> None:
    story = span(0, 5, **UP)
    for start in range(5, 300, 50):
        story += [*span(start, start + 45, **SLUMPED), *span(start + 45, start + 50, **UP)]
    assert judge(story, 0) == []


@pytest.mark.parametrize(
    ("beside", "steps"),
    [
        (span(0, 300, **VISITOR), 0),
        # Sat by and is known of for half a minute more: told of after that.
        ([*span(0, 40, **VISITOR), lost(41, down=0.02, track=2)], 2),
        ([*span(0, 40, **VISITOR), lost(41, down=0.02, track=2, border=True)], 2),
    ],
    ids=["somebody by", "somebody lost from sight", "somebody went out"],
)
def test_who_has_company_plays_there(beside: list[PostureSeen], steps: int) -> None:
    story = [*span(0, 5, **UP), *span(5, 300, **SLUMPED), *beside]
    found = judge(story, 0)
    assert len([step for step, _ in found if step is not Step.LONG_LIE]) == steps


@pytest.mark.parametrize("border", [True, False], ids=["goes out", "is lost from sight"])
def test_whom_company_leaves_is_told_of_when_it_is_forgotten(border: bool) -> None:
    story = [*span(0, 5, **UP), *span(5, 300, **SLUMPED), *span(0, 80, **VISITOR)]
    at = confirmed([*story, lost(81, down=0.02, track=2, border=border)])
    assert at is not None
    assert 100.0 < at < 130.0


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (span(0, 150, **{**SLUMPED, "source": "c2"}), True),
        (span(0, 150, **{**UP, "source": "c2"}), False),
        (span(0, 150, down=0.95, place=Place.BED, track=2, at=(1.4, 0.5)), True),
        (span(0, 150, **{**VISITOR, "quality": 0.5}), True),
    ],
    ids=["the same by another camera", "up by another camera", "asleep in bed", "an outline"],
)
def test_company_is_who_could_help(beside: list[PostureSeen], *, told: bool) -> None:
    story = [*span(0, 5, **UP), *span(5, 150, **SLUMPED), *beside]
    assert (confirmed(story) is not None) is told


def test_an_outline_may_be_a_coat_or_a_dog() -> None:
    assert judge(span(0, 300, **{**SLUMPED, "quality": 0.5}), 0) == []


@pytest.mark.parametrize("up_from", [49.0, 50.0, 52.0], ids=str)
def test_nobody_is_told_of_who_stands_already(up_from: float) -> None:
    story = [*span(0, 5, **UP), *span(5, up_from, **SLUMPED)]
    story += span(up_from, up_from + 30, **{**UP, "place": Place.FLOOR})
    assert confirmed(story) is None


def test_a_chair_that_nobody_drew_is_found_in_some_looks() -> None:
    looks = span(5, 300, **SLUMPED)
    story = [
        structs.replace(seen, place=Place.CHAIR, place_sure=0.6) if n % 20 < 5 else seen
        for n, seen in enumerate(looks)
    ]
    assert judge([*span(0, 5, **UP), *story], 0) == []


@pytest.mark.parametrize("place", [Place.UNKNOWN, Place.FLOOR], ids=str)
def test_it_takes_a_minute_wherever_somebody_walked_before(place: Place) -> None:
    at = confirmed([*span(0, 20, **{**UP, "place": place}), *span(20, 110, **SLUMPED)])
    assert at is not None
    assert at < 80.0


def test_one_look_of_another_time_does_not_silence_it_for_good() -> None:
    story = [*span(0, 5, **UP), *span(5, 20, **SLUMPED), *span(20, 120, **SLUMPED)]
    room = FallJudge(Falls())
    changes = [c for seen in story[:200] for c in room.posture(seen)]
    changes += room.posture(structs.replace(story[200], t=story[200].t + 3_600_000_000_000))
    changes += [c for seen in story[201:] for c in room.posture(seen)]
    assert Step.CONFIRMED in {change.step for change in changes}


def test_the_minute_goes_on_where_the_body_is_not_seen_for_a_moment() -> None:
    story = span(0, 5, **UP)
    for start in range(5, 120, 10):
        story += span(start, start + 8, **SLUMPED)
    at = confirmed(story)
    assert at is not None
    assert at < 75.0


def test_who_is_helped_up_recovers() -> None:
    story = [*span(0, 5, **UP), *span(5, 70, **SLUMPED), *span(70, 90, **UP)]
    assert [step for step, _ in judge(story, 0)] == [
        Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED,
    ]  # fmt: skip
