"""A camera sees somebody go down, the worn device feels no fall: when that waits, and when not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient.config import Falls, Room
from ambient.events import Sense
from ambient.observations import AnyObservation, SensorKind, SoundClass, Wear
from fusion.down import DownJudge
from fusion.falls_state import Step
from fusion.ratios import carried
from tests.fusion.senses_kit import (
    ANNE,
    BERT,
    DOUBLE,
    FLAT,
    SINGLE,
    impact,
    judge,
    lies,
    moves,
    ns,
    play,
    restarted,
    sensor,
    sound,
    worn,
)
from tests.fusion.test_falls import lost, span

WENT_DOWN = [*span(0, 20, down=0.0, upright=0.9), *span(20, 90, down=0.95, descent=0.9)]
"""Somebody goes down at 20 s, clearly seen, and stays."""
QUIET = [*moves(0, 21), *lies(21, 90)]
"""What that somebody wears felt nothing."""
UNFELT_S = Falls().unfelt_s


def confirmed(changes) -> float | None:
    """Return when it was confirmed, seconds after going down; None when never."""
    return next((c.t / 1e9 - 20.0 for c in changes if c.step is Step.CONFIRMED), None)


def at_once(s: float | None) -> bool:
    return s is not None and s < 12.0


def test_a_soft_fall_is_suspected_at_once_and_rings_after_the_wait():
    changes = play(judge(), [*WENT_DOWN, *QUIET], until=90)
    steps = [c.step for c in changes]
    assert steps == [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE]
    assert changes[0].t <= ns(22)
    assert UNFELT_S <= confirmed(changes) <= UNFELT_S + 1.0
    assert any(c.sense is Sense.WEARABLE_IMPACT and c.llr < 0 for c in changes[1].contributions)


@pytest.mark.parametrize("up", [27, 35, 45])
def test_whoever_gets_up_within_the_wait_ends_it_quietly(up):
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, up, down=0.95, descent=0.9)]
    seen += span(up, 70, down=0.0, upright=0.95)
    changes = play(judge(), [*seen, *moves(0, 21), *lies(21, up), *moves(up, 70)], until=70)
    assert [c.step for c in changes] == [Step.SUSPECTED, Step.RECOVERED]


@pytest.mark.parametrize("unfelt_s", [0.0, 12.0, 30.0, 60.0])
def test_the_wait_is_as_configured_and_no_longer_than_the_long_lie(unfelt_s):
    config = Falls(unfelt_s=unfelt_s, long_lie_s=40.0)
    found = confirmed(play(DownJudge(config, SINGLE), [*WENT_DOWN, *QUIET], until=90))
    expected = min(unfelt_s, 40.0)
    alone = confirmed(play(DownJudge(config, SINGLE), WENT_DOWN, until=90))
    assert max(alone, expected) <= found <= max(alone, expected) + 1.0


VISITOR = span(0, 90, down=0.0, upright=0.9, track=2, at=(0.2, 0.4))
CARER = sensor(1, SensorKind.CARER)
AT_ONCE: dict[str, tuple[Room, list[AnyObservation]]] = {
    "no device": (SINGLE, []),
    "never worn": (SINGLE, [worn(0, False), *QUIET]),
    "taken off before": (SINGLE, [*QUIET, worn(15, False)]),
    "taken off since": (SINGLE, [*QUIET, worn(22, False)]),
    "on a table": (SINGLE, moves(0, 90, counts=0.004, steps=0)),
    "put on just now": (SINGLE, [*moves(19, 21), *lies(21, 90)]),
    "a gap at the fall": (SINGLE, [*moves(0, 17), *moves(23, 90, steps=0)]),
    "broken by the fall": (SINGLE, moves(0, 20)),
    "silent since": (SINGLE, [*moves(0, 21), *lies(21, 23)]),
    "did not move then": (SINGLE, [*moves(0, 12), *lies(12, 90)]),
    "walks about since": (SINGLE, moves(0, 90, wear=Wear.WRIST)),
    "of the neighbour": (DOUBLE, [*moves(0, 21, subject=BERT), *lies(21, 90, subject=BERT)]),
    "of nobody known": (SINGLE, [*moves(0, 21, subject=None), *lies(21, 90, subject=None)]),
    "two residents": (DOUBLE, QUIET),
    "a visitor in sight": (SINGLE, [*QUIET, *VISITOR]),
    "a visitor seen before": (SINGLE, [*QUIET, *VISITOR[:120], lost(12, down=0.0, track=2)]),
    "a carer in the room": (SINGLE, [*QUIET, CARER]),
    "told much later": (SINGLE, [msgspec.structs.replace(o, received=o.t + ns(20)) for o in QUIET]),
}


@pytest.mark.parametrize(("room", "told"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_device_that_may_be_elsewhere_makes_nobody_wait(room, told):
    found = confirmed(play(judge(room), [*WENT_DOWN, *told], until=60))
    assert at_once(found)


@pytest.mark.parametrize(
    ("quality", "other", "waits"), [(0.9, 0.1, True), (0.9, 0.5, False), (0.3, 0.1, False)]
)
def test_a_coat_is_nobody_else_where_people_are_seen_well(quality, other, waits):
    seen = [msgspec.structs.replace(o, quality=quality) for o in WENT_DOWN]
    coat = span(0, 90, down=0.6, track=2, at=(1.4, 0.4), quality=other)
    found = confirmed(play(judge(), [*seen, *coat, *QUIET], until=60))
    assert (found >= UNFELT_S) if waits else at_once(found)


AGREES = {
    "felt": [impact(20.3)],
    "felt softly": [impact(20.3, 0.7)],
    "thud": [sound(20.5, SoundClass.THUD)],
    "moan": [sound(26, SoundClass.MOAN)],
    "help": [sound(27, SoundClass.HELP)],
    "cord": [sensor(26, SensorKind.CORD)],
    "radar": [sensor(24, SensorKind.FALL)],
}


@pytest.mark.parametrize("told", AGREES.values(), ids=AGREES)
def test_any_sense_that_agrees_ends_the_wait_at_once(told):
    assert at_once(confirmed(play(judge(), [*WENT_DOWN, *QUIET, *told], until=60)))


def test_a_call_for_help_in_the_middle_of_the_wait_ends_it():
    told = [*WENT_DOWN, *QUIET, sound(40, SoundClass.HELP)]
    assert 20.0 <= confirmed(play(judge(), told, until=60)) <= 21.5


def test_a_jolt_that_its_detector_takes_for_everyday_life_is_no_fall_felt():
    told = [*WENT_DOWN, *QUIET, impact(20.3, 0.3)]
    assert confirmed(play(judge(), told, until=60)) >= UNFELT_S


def test_of_who_was_found_lying_nobody_waits():
    found = span(20, 60, down=0.95)
    assert at_once(confirmed(play(judge(), [*found, *QUIET], until=60)))


class Matched:
    """The matching has found that this track wears w1."""

    def __init__(self, track: int) -> None:
        self.track = track

    def subject_of(self, source, track):
        return (ANNE, 0.99) if track == self.track else None

    def track_of(self, device):
        return ("c1", self.track, 0.99)


@pytest.mark.parametrize(("track", "waits"), [(1, True), (2, False)])
def test_matched_by_movement_it_waits_in_a_double_room_for_the_wearer_alone(track, waits):
    story = [*WENT_DOWN, *QUIET, *VISITOR]
    found = confirmed(play(judge(DOUBLE, who=Matched(track)), story, until=60))
    assert (found >= UNFELT_S) if waits else at_once(found)


def test_whoever_is_lost_from_sight_after_going_down_waits_no_longer():
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, 24, down=0.95, descent=0.9)]
    found = confirmed(play(judge(), [*seen, lost(24, down=0.95), *QUIET], until=90))
    assert found == pytest.approx(UNFELT_S, abs=1.0)


@pytest.mark.parametrize("cut", [22, 30, 45])
def test_a_restart_loses_no_fall_that_waits(cut):
    found = confirmed(restarted([*WENT_DOWN, *QUIET], cut, until=90))
    assert found <= UNFELT_S + 1.0


@settings(max_examples=60, deadline=None)
@given(
    last=st.integers(min_value=16, max_value=59),
    counts=st.sampled_from([0.001, 0.02, 0.05, 0.2]),
    steps=st.sampled_from([0, 1, 2]),
    fall=st.none() | st.floats(min_value=0.01, max_value=0.99),
    wear=st.sampled_from([Wear.WAIST, Wear.WRIST]),
    taken_off=st.none() | st.integers(min_value=0, max_value=50),
)
def test_whatever_a_device_says_who_stays_down_rings_within_the_wait(
    last, counts, steps, fall, wear, taken_off
):
    told = [
        *moves(0, 21, wear=wear),
        *moves(21, last, counts=counts, steps=steps, gravity=FLAT, wear=wear),
    ]
    if fall is not None:
        told.append(impact(20.4, fall, wear=wear))
    if taken_off is not None:
        told.append(worn(taken_off, False))
    found = confirmed(play(judge(), [*WENT_DOWN, *told], until=60))
    assert found is not None
    assert found <= UNFELT_S + 1.0


# -- what else is told of the moment -----------------------------------------------------------


@pytest.mark.parametrize(("at", "counts"), [(14.0, False), (19.0, True), (20.4, True)])
def test_a_jolt_speaks_of_its_own_moment_alone(at, counts):
    """Who walks heavily before going down was not felt not to fall, until it has felt nothing."""
    made = judge()
    told = [*WENT_DOWN, *moves(0, 21), *lies(21, 26), impact(at, 0.02)]
    play(made, [o for o in told if getattr(o, "received", o.t) <= ns(24.6)], until=24)
    found = made.falls._verdict(made.state.people[0], ns(24.6))
    against = [c for c in found.contributions if c.sense is Sense.WEARABLE_IMPACT and c.llr < 0]
    assert bool(against) is counts


def test_a_jolt_does_not_take_the_place_of_a_fall_that_was_felt():
    """Whoever has fallen knocks against something ten seconds later."""
    story = [*moves(0, 20), impact(20, 0.93), *lies(21, 90)]
    alone = play(judge(), story, until=90)
    knocked = play(judge(), [*story, impact(32, 0.05)], until=90)
    assert confirmed(alone) is not None
    assert confirmed(knocked) == pytest.approx(confirmed(alone), abs=1.0)


def test_one_sense_alone_is_not_hurried_by_a_camera_that_sees_nobody_down():
    """A hard impact while sitting down: the camera wavers, and the wearer walks on."""
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, 23, down=0.7, descent=0.95)]
    seen += span(23, 50, down=0.1, upright=0.2)
    story = [*seen, *moves(0, 20), impact(20, 0.98), *moves(25, 50)]
    assert confirmed(play(judge(), story, until=50)) is None


def test_a_resident_who_walks_out_of_view_does_not_silence_a_visitor_on_the_floor():
    walks_on = moves(0, 60)
    alone = play(judge(), WENT_DOWN, until=60)
    beside = play(judge(), [*WENT_DOWN, *walks_on], until=60)
    assert at_once(confirmed(alone))
    assert at_once(confirmed(beside))
    worn_by = [c for c in beside[1].contributions if c.sense.value.startswith("wearable")]
    assert all(c.llr > 0.0 for c in worn_by)


def test_the_wait_is_no_weight_of_evidence():
    """What is told while it waits is the probability by what is known, not below what confirms."""
    changes = play(judge(), [*WENT_DOWN, *QUIET], until=90)
    down = carried().down
    for change in changes[:2]:
        odds = down.prior + sum(c.llr for c in change.contributions)
        assert change.probability == pytest.approx(1 / (1 + 2.718281828**-odds), abs=1e-3)
