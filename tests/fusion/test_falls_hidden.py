"""Falls of whom the camera sees badly, or not at all, right after."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from ambient.config import Falls
from ambient.observations import Place, Posture, PostureSeen, TrackEnded
from fusion.falls import FallJudge
from fusion.falls_state import Step
from tests.fusion.test_falls import LYING, UP, judge, lost, span

DROPS = span(2, 3, down=0.5, descent=0.94, posture=Posture.FALL)
HIDDEN = {"down": 0.58, "quality": 0.2, "still": 0.4}
SQUATS = {"down": 0.43, "quality": 0.95, "posture": Posture.SQUATTING}
KNELT = {"down": 0.2, "quality": 0.7, "posture": Posture.KNEELING}
VISITOR = span(0, 60, **UP, track=9, at=(1.6, 0.5))
SHADOW = {**LYING, "quality": 0.5, "still": 0.5}
"""An outline that nobody saw go down."""


def confirmed(story: Sequence[PostureSeen | TrackEnded], until: float = 0.0) -> float | None:
    return dict(judge(story, until)).get(Step.CONFIRMED)


@pytest.mark.parametrize(
    ("since", "told"),
    [(KNELT, False), ({**KNELT, "down": 0.6}, True)],
    ids=["knelt in full view", "half down"],
)
def test_who_dropped_and_knelt_in_view_is_not_told_for_being_hidden_later(
    since: dict[str, object], *, told: bool
) -> None:
    """A child drops, kneels for half a minute beside its visitor, and is seen badly then."""
    story = [*span(0, 2, **UP), *DROPS, *span(3, 28, **since), *span(28, 60, **HIDDEN), *VISITOR]
    assert (confirmed(story) is not None) is told


@pytest.mark.parametrize(
    ("since", "at"),
    [
        (span(3, 8, **SQUATS), 63.0),
        (span(3, 4, **SQUATS), 8.0),
        ([*span(3, 8, **SQUATS), *span(8, 10, **LYING)], 8.5),
        ([*span(3, 8, **SQUATS), *span(8, 9, **{**SQUATS, "descent": 0.95})], 9.0),
    ],
    ids=["settles on the heels", "on the way down", "lies down after that", "falls after that"],
)
def test_who_crouches_to_somebody_and_is_hidden_then_waits_a_minute(
    since: list[PostureSeen], at: float
) -> None:
    """A carer drops on the heels before a resident in a chair, and bends out of sight."""
    story = [*span(0, 2, **UP), *DROPS, *since]
    story += span(story[-1].t / 1e9 + 0.1, 100, down=0.45, quality=0.1, still=0.5)
    assert confirmed(story) == pytest.approx(at, abs=2.5)


def test_the_minute_is_not_renewed_by_looks_that_are_hardly_down() -> None:
    story = [*span(0, 2, **UP), *DROPS, *span(3, 8, **SQUATS)]
    for start in range(8, 100, 13):
        story += span(start, start + 10, down=0.6, quality=0.1, still=0.5)
        story += span(start + 10, start + 13, down=0.2, quality=0.1, still=0.5)
    at = confirmed(story)
    assert at is not None
    assert at < 80.0


def test_a_new_track_of_who_fell_and_is_seen_badly_is_told_as_soon_as_the_old_one() -> None:
    fell = [*span(0, 2, **UP), *span(2, 3, down=0.6, descent=0.97, posture=Posture.FALL)]
    hidden = {"down": 0.6, "quality": 0.2, "still": 0.5}
    whole = confirmed([*fell, *span(3.1, 20, **hidden)])
    broken = confirmed([*fell, lost(3.1, down=0.6), *span(3.5, 20, **hidden, track=2)])
    assert whole is not None
    assert broken == pytest.approx(whole, abs=1.0)


@pytest.mark.parametrize(
    ("place", "sure", "at"),
    [
        (Place.SOFA, 1.0, 64.0),
        (Place.SOFA, 0.9, 7.0),
        (Place.PERMITTED, 1.0, 7.0),
        (Place.FLOOR, 1.0, 7.0),
    ],
    ids=["on a drawn sofa", "on one that was found", "on a mat", "on the floor"],
)
def test_who_drops_onto_a_drawn_sofa_and_is_half_hidden_by_it_waits_a_minute(
    place: Place, sure: float, at: float
) -> None:
    """On the way down, and for a second more, the floor before it is what the body is on.

    It is not for ever: who fell behind the sofa is in its polygon as well.
    """
    drop = span(2, 4, down=0.6, descent=0.97, posture=Posture.FALL, place=Place.FLOOR)
    rests = span(4, 90, down=0.9, quality=0.3, still=0.6)
    there = [structs.replace(seen, place=place, place_sure=sure) for seen in rests]
    assert confirmed([*span(0, 2, **UP), *drop, *there]) == pytest.approx(at, abs=2.0)


@pytest.mark.parametrize(
    ("by", "at"),
    [
        (None, 8.0),
        ({"down": 0.01, "upright": 0.95, "quality": 0.3}, 60.0),
        ({"down": 0.3, "upright": 0.5, "quality": 0.3}, 8.0),
    ],
    ids=["nobody", "surely up, seen badly", "perhaps down, seen badly"],
)
def test_whoever_was_once_seen_well_is_company_to_an_outline(
    by: dict[str, float] | None, at: float
) -> None:
    story = span(80, 170, **SHADOW)
    if by is not None:
        story += span(0, 3, **UP, track=9, at=(1.6, 0.5))
        story += span(3, 170, **by, track=9, at=(1.6, 0.5))
    told = confirmed(story)
    assert told is not None
    assert told - 80.0 == pytest.approx(at, abs=4.0)


def test_company_that_is_seen_badly_makes_an_outline_wait_a_minute_and_no_longer() -> None:
    """The outline wavers, which begins the time anew, but not the wait."""
    story = [*span(0, 3, **UP, track=9, at=(1.6, 0.5))]
    story += span(3, 300, down=0.01, upright=0.95, quality=0.3, track=9, at=(1.6, 0.5))
    for start in range(80, 300, 23):
        story += [
            *span(start, start + 20, **SHADOW),
            *span(start + 20, start + 23, down=0.2, quality=0.5),
        ]
    at = confirmed(story)
    assert at is not None
    assert 140.0 < at < 175.0


def test_who_was_surely_seen_down_since_does_not_wait_for_having_crouched() -> None:
    story = [*span(0, 2, **UP), *DROPS, *span(3, 5, **LYING, quality=0.5), *span(5, 9, **SQUATS)]
    story += span(9, 40, down=0.45, quality=0.1, still=0.5)
    at = confirmed(story)
    assert at is not None
    assert at < 15.0


def test_what_a_track_was_before_it_jumped_counts_no_more() -> None:
    """Who crouches is not the one, a room's width away, to whom the track goes over."""
    story = [*span(0, 2, **UP), *span(2, 8, **SQUATS)]
    story += span(8, 9, down=0.5, descent=0.3, at=(1.6, 0.5))
    room = FallJudge(Falls())
    for seen in story:
        room.posture(seen)
    assert room.state.people[0].crouched_s < 1.5
    assert room.state.people[0].low.since is None
