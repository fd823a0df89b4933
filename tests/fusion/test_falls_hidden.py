"""Falls of whom the camera sees badly, or not at all, right after."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from ambient.observations import Place, Posture, PostureSeen, TrackEnded
from fusion.falls_state import Step
from tests.fusion.test_falls import LYING, UP, judge, lost, span

DROPS = span(2, 3, down=0.5, descent=0.94, posture=Posture.FALL)
HIDDEN = {"down": 0.58, "quality": 0.2, "still": 0.4}
SQUATS = {"down": 0.43, "quality": 0.95, "posture": Posture.SQUATTING}
KNELT = {"down": 0.2, "quality": 0.7, "posture": Posture.KNEELING}
VISITOR = span(0, 60, **UP, track=9, at=(1.6, 0.5))
SITS_LOW = {"down": 0.05, "upright": 0.3}
"""Surely not down, though not upright either."""
BARELY = {"down": 0.74}
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
    story = [*span(0, 2, **UP), *DROPS, *span(3, 28, **since), *span(28, 40, **HIDDEN), *VISITOR]
    assert (confirmed(story) is not None) is told


@pytest.mark.parametrize(
    ("squats_s", "then", "told"),
    [
        (5.0, [], False),
        (1.0, [], True),
        (5.0, span(8, 10, **LYING, quality=0.9), True),
    ],
    ids=["settles on the heels", "for a moment on the way down", "lies down after that"],
)
def test_who_crouches_to_somebody_and_is_hidden_then_has_not_fallen(
    squats_s: float, then: list[PostureSeen], *, told: bool
) -> None:
    """A carer drops on the heels before a resident in a chair, and bends out of sight."""
    hidden = {"down": 0.45, "quality": 0.1, "still": 0.5}
    story = [*span(0, 2, **UP), *DROPS, *span(3, 3 + squats_s, **SQUATS), *then]
    story += span(story[-1].t / 1e9 + 0.1, 30, **hidden)
    assert (confirmed(story) is not None) is told


@pytest.mark.parametrize(
    ("place", "sure", "told"),
    [
        (Place.SOFA, 1.0, False),
        (Place.SOFA, 0.9, True),
        (Place.PERMITTED, 1.0, True),
        (Place.FLOOR, 1.0, True),
    ],
    ids=["on a drawn sofa", "on one that was found", "on a mat", "on the floor"],
)
def test_who_drops_onto_a_drawn_sofa_is_half_hidden_by_it(
    place: Place, sure: float, *, told: bool
) -> None:
    """On the way down, and for a second more, the floor before it is what the body is on."""
    drop = span(2, 4, down=0.6, descent=0.97, posture=Posture.FALL, place=Place.FLOOR)
    rests = span(4, 14, down=0.9, quality=0.3, still=0.6)
    there = [structs.replace(seen, place=place, place_sure=sure) for seen in rests]
    assert (confirmed([*span(0, 2, **UP), *drop, *there]) is not None) is told


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


@pytest.mark.parametrize(
    ("lay", "after", "told"),
    [
        (BARELY, [], True),
        (BARELY, span(7, 20, **SITS_LOW, track=2), False),
        (BARELY, span(7, 20, **LYING, track=2), True),
        (LYING, span(7, 20, **SITS_LOW, track=2), True),
    ],
    ids=["nobody found there", "found there, up", "found there, lying", "surely down before"],
)
def test_who_is_up_where_a_track_broke_was_not_lost_lying(
    lay: dict[str, object], after: list[PostureSeen], *, told: bool
) -> None:
    """A track breaks, the next is off the floor for seconds, and breaks as well."""
    story = [*span(0, 6, **lay), lost(6.1, down=0.74), *after]
    if after:
        story.append(lost(20.1, down=0.1, track=2))
    assert (confirmed(story, 60) is not None) is told


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (span(12, 18, **UP, track=2, at=(1.0, 0.5)), False),
        (span(12, 14, **UP, track=2, at=(1.0, 0.5)), True),
        (span(12, 18, **{**UP, "quality": 0.4}, track=2, at=(1.0, 0.5)), True),
        ([], True),
    ],
    ids=["somebody came", "for a moment", "was hardly seen", "nobody"],
)
def test_who_left_low_through_the_border_may_have_come_back(
    came: list[PostureSeen], *, told: bool
) -> None:
    """Somebody sat by all the while, whoever came in walked out of sight again."""
    low = {"descent": 0.9, "posture": Posture.FALL, "down": 0.75}
    beside = span(0, 200, **UP, track=9, at=(1.6, 0.5))
    story = [*span(0, 3, **UP), *span(3, 4, **low), lost(4, down=0.75, border=True), *beside]
    if came:
        story += [*came, lost(20, down=0.02, track=2)]
    assert (confirmed(story) is not None) is told


def test_who_fell_and_is_seen_badly_ever_after_waits_a_minute_and_no_longer() -> None:
    story = [*span(0, 2, **UP), *DROPS, *span(3, 90, down=0.45, quality=0.1, still=0.4)]
    at = confirmed(story)
    assert at is not None
    assert at < 65.0
