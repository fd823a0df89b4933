"""Falls by all senses: each alone, each lost, against each other, late, and over a restart."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import msgspec
import pytest

from ambient.config import Falls
from ambient.events import Purpose, Sense
from ambient.observations import AnyObservation, Doubt, Place, SensorKind, SoundClass, Wear
from fusion.down_situations import LATE_S, WATCH_S
from fusion.down_state import Situation
from fusion.evidence import probability
from fusion.falls import FallJudge
from fusion.falls_state import Step
from fusion.ratios import carried
from tests.fusion.senses_kit import (
    ANNE,
    BERT,
    DOUBLE,
    SINGLE,
    impact,
    judge,
    lies,
    moves,
    ns,
    play,
    pulse,
    restarted,
    sensor,
    sound,
    steps,
    ticks,
    worn,
)
from tests.fusion.test_falls import lost, span

SUSPECTED, CONFIRMED = Step.SUSPECTED.value, Step.CONFIRMED.value
LONG_LIE, RECOVERED = Step.LONG_LIE.value, Step.RECOVERED.value

FELL = [*moves(0, 20), impact(20), *lies(21, 70)]
"""A wearable at the waist: walking, an impact, lying still."""
SAT_HARD = [*moves(0, 20), impact(20), *moves(21, 50)]
"""The same impact, and walking on."""


def names(changes):
    return [name for name, _ in steps(changes)]


# -- a camera alone decides as it always did ---------------------------------------------------

CAMERA = {
    "falls": [*span(0, 3, down=0.0, upright=0.9), *span(3, 40, down=0.9, descent=0.0)],
    "falls fast": [
        *span(0, 3, down=0.0, upright=0.9),
        *span(3, 4, down=0.7, descent=0.9),
        *span(4, 30, down=0.9),
    ],
    "gets up": [*span(0, 15, down=0.9), *span(15, 25, down=0.0, upright=0.9)],
    "is lost": [*span(0, 5, down=0.9), lost(5, down=0.9)],
    "walks": span(0, 20, down=0.0, upright=0.9),
    "doubtful": span(0, 30, down=0.7, quality=0.2),
}


def told(change):
    return change.step, change.t, change.position, change.down_s, change.chain.number


def worth(p):
    """Return what the camera's own probability is worth beside other senses."""
    return probability(carried().down.camera.at(math.log(p / (1.0 - p))))


@pytest.mark.parametrize("story", CAMERA.values(), ids=CAMERA)
def test_a_camera_alone_decides_as_it_always_did(story):
    alone, together = FallJudge(Falls()), judge()
    for one in sorted([*story, *ticks(120)], key=lambda o: o.t):
        kind = type(one).__name__
        if kind == "PostureSeen":
            expected = alone.posture(one)
        elif kind == "TrackEnded":
            expected = alone.ended(one)
        else:
            expected = alone.advance(one.t)
        found = together.take(one, one.t)
        assert [told(c) for c in found] == [told(c) for c in expected]
        for new, old in zip(found, expected, strict=True):
            assert new.probability == pytest.approx(worth(old.probability), abs=0.002)
    assert together.state.people == alone.state.people
    assert [c.step for c in together.state.chains] == [c.step for c in alone.state.chains]


RECORDED = Path(__file__).parent / "recorded"
EXPECTED = json.loads((RECORDED / "expected.json").read_text())
"""Steps of the sample clips as they were told before any other sense was judged beside."""


@pytest.mark.parametrize("clip", EXPECTED)
def test_what_a_camera_saw_of_the_samples_gives_the_same_steps_as_ever(clip):
    packed = gzip.decompress((RECORDED / f"{clip}.msgpack.gz").read_bytes())
    seen = msgspec.msgpack.decode(packed, type=list[AnyObservation])
    made = judge()
    changes = [change for one in seen for change in made.take(one, one.t)]
    assert [[c.step.value, c.t, c.position] for c in changes] == [one[:3] for one in EXPECTED[clip]]
    for change, (*_, before) in zip(changes, EXPECTED[clip], strict=True):
        assert change.probability == pytest.approx(worth(before), abs=0.005)


# -- each sense alone --------------------------------------------------------------------------


def test_a_wearable_alone_finds_a_fall_that_no_camera_sees():
    changes = play(judge(), FELL, until=100)
    assert names(changes) == [SUSPECTED, CONFIRMED, LONG_LIE]
    suspected, confirmed = changes[0], changes[1]
    assert suspected.t <= ns(25)
    assert confirmed.t <= ns(45)
    assert confirmed.chain.subject == ANNE
    assert confirmed.down_s == pytest.approx((confirmed.t - ns(20)) / 1e9)
    assert {c.sense for c in confirmed.contributions} >= {Sense.WEARABLE_IMPACT}


def test_a_radar_alone_confirms_when_it_is_sure_and_suspects_when_it_is_not():
    sure = play(judge(), [sensor(5, SensorKind.FALL)], until=20)
    unsure = play(judge(), [sensor(5, SensorKind.FALL, probability=0.7)], until=20)
    assert names(sure) == [SUSPECTED, CONFIRMED]
    assert names(unsure) == [SUSPECTED]
    kept = play(judge(), [sensor(5, SensorKind.FALL, retained=True)], until=10)
    assert kept == []


@pytest.mark.parametrize(
    "story",
    [
        [sound(5, SoundClass.THUD, 0.99), sound(7, SoundClass.MOAN, 0.99)],
        [pulse(s, 70) for s in range(60)] + [pulse(60, 130)],
        [sensor(5, SensorKind.BED, True, bed="b1"), sensor(9, SensorKind.BED, False, bed="b1")],
        [sensor(5, SensorKind.CORD)],
        [sensor(5, SensorKind.MAT)],
        moves(0, 60),
        lies(0, 60),
        [impact(20, 0.05)],
        [worn(0, False), impact(20, 0.99)],
    ],
    ids=["sounds", "heart", "bed", "cord", "mat", "walks", "lies", "jolt", "not worn"],
)
def test_what_is_no_fall_by_itself_makes_no_alarm(story):
    assert play(judge(), story, until=100) == []


# -- silence -----------------------------------------------------------------------------------

DOWN_SLOWLY = [*span(0, 20, down=0.0, upright=0.9), *span(20, 70, down=0.9, descent=0.2)]


@pytest.mark.parametrize(
    ("band", "speaks"),
    [
        (moves(0, 65, steps=0), True),
        ([*moves(0, 20), *lies(20, 65)], True),
        (moves(0, 65, counts=0.004, steps=0), False),
        (moves(19.5, 65, steps=0), False),
        ([*moves(0, 15), *moves(40, 65, steps=0)], False),
        ([*moves(0, 20), impact(21), *lies(22, 65)], False),
        ([*moves(0, 65, steps=0), worn(18, False)], False),
        (moves(0, 65, subject=BERT), False),
    ],
    ids=["worn", "lies", "table", "put on", "gap", "felt", "taken off", "of another"],
)
def test_a_worn_device_that_felt_nothing_speaks_against_a_fall_that_was_seen(band, speaks):
    room = DOUBLE if band[0].subject == BERT else SINGLE
    alone = play(judge(), DOWN_SLOWLY, until=59)
    changes = play(judge(room), [*DOWN_SLOWLY, *band], until=59)
    assert names(changes)[:2] == [SUSPECTED, CONFIRMED]
    against = [
        c.llr for c in changes[-1].contributions if c.sense is Sense.WEARABLE_IMPACT and c.llr < 0.0
    ]
    assert bool(against) is speaks
    if speaks:
        assert changes[-1].probability < alone[-1].probability


@pytest.mark.parametrize("end", [6.9, 4.0, 2.0, 1.0])
def test_what_a_camera_is_worth_changes_no_step(end):
    down = carried().down
    camera = msgspec.structs.replace(down.camera, odds=[*down.camera.odds[:-2], end - 0.1, end])
    table = msgspec.structs.replace(carried(), down=msgspec.structs.replace(down, camera=camera))
    story = [*DOWN_SLOWLY, *moves(0, 70, steps=0)]
    changes = play(judge(table=table), story, until=70)
    assert names(changes)[:2] == [SUSPECTED, CONFIRMED]
    assert changes[1].t == play(judge(), story, until=70)[1].t
    total = down.prior + sum(c.llr for c in changes[1].contributions)
    assert probability(total) == pytest.approx(changes[1].probability, abs=0.002)


def test_of_who_was_found_lying_a_device_that_felt_nothing_says_nothing():
    found = span(10, 40, down=0.9)
    changes = play(judge(), [*found, *moves(0, 40, steps=0)], until=41)
    assert names(changes)[:2] == [SUSPECTED, CONFIRMED]
    assert all(c.sense is not Sense.WEARABLE_IMPACT for c in changes[1].contributions)


# -- together ----------------------------------------------------------------------------------


def test_another_sense_joins_the_open_chain():
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, 70, down=0.9, descent=0.3)]
    changes = play(judge(), [*seen, *FELL], until=75)
    assert names(changes) == [SUSPECTED, CONFIRMED, LONG_LIE][: len(changes)]
    assert {change.chain.number for change in changes} == {0}
    confirmed = changes[1]
    senses = {c.sense for c in confirmed.contributions}
    assert senses >= {Sense.VISION_POSTURE, Sense.WEARABLE_IMPACT}
    assert confirmed.chain.subject == ANNE


def test_a_wearable_makes_a_camera_faster_and_surer():
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, 70, down=0.9)]
    alone, both = play(judge(), seen, until=75), play(judge(), [*seen, *FELL], until=75)
    confirmed = [next(c for c in one if c.step is Step.CONFIRMED) for one in (alone, both)]
    assert confirmed[1].t < confirmed[0].t
    assert confirmed[1].probability > confirmed[0].probability


def test_a_camera_joins_what_a_wearable_began():
    seen = [*span(0, 19, down=0.0, upright=0.9), lost(19, down=0.0)]
    later = span(30, 60, down=0.9, track=2)
    made = judge()
    changes = play(made, [*seen, *FELL, *later], until=59)
    assert names(changes) == [SUSPECTED, CONFIRMED]
    assert [(person.track, person.chain) for person in made.state.people] == [(2, 0)]


def test_a_doubtful_view_is_confirmed_by_the_others():
    doubtful = [*span(0, 20, down=0.0, upright=0.9), *span(20, 60, down=0.6, quality=0.12)]
    assert CONFIRMED not in names(play(judge(), doubtful, until=60))
    assert CONFIRMED in names(play(judge(), [*doubtful, *FELL], until=60))


def test_contributions_and_prior_are_the_probability():
    for change in play(judge(), [*FELL, sound(20.2, SoundClass.THUD), pulse(1, 70)], until=60):
        if change.step in (Step.SUSPECTED, Step.CONFIRMED):
            odds = carried().down.prior + sum(one.llr for one in change.contributions)
            assert change.probability == pytest.approx(probability(odds), abs=1e-3)


# -- each sense lost ---------------------------------------------------------------------------

SEEN = [*span(0, 20, down=0.0, upright=0.9), *span(20, 70, down=0.9, descent=0.9)]
RADAR = [sensor(24, SensorKind.FALL)]
ALL = {
    "camera": SEEN,
    "wearable": FELL,
    "sound": [sound(20.2, SoundClass.THUD), sound(26, SoundClass.MOAN)],
    "radar": RADAR,
}


@pytest.mark.parametrize("left_out", [*ALL, ""])
def test_no_fall_is_missed_because_one_sense_is_lost(left_out):
    story = [one for name, said in ALL.items() if name != left_out for one in said]
    changes = play(judge(), story, until=60)
    assert names(changes)[:2] == [SUSPECTED, CONFIRMED]
    assert {change.chain.number for change in changes} == {0}


# -- against each other ------------------------------------------------------------------------


def test_who_is_seen_walking_after_an_impact_is_not_confirmed():
    walks = span(0, 50, down=0.0, upright=0.95)
    assert CONFIRMED not in names(play(judge(), [*SAT_HARD, *walks], until=60))
    # By the camera alone against the impact, the wearable silent after it.
    changes = play(judge(), [*moves(0, 20), impact(20), *walks], until=60)
    assert CONFIRMED not in names(changes)


def test_who_walks_on_by_the_wearable_has_recovered():
    changes = play(judge(), SAT_HARD, until=60)
    assert names(changes)[-1] == RECOVERED
    assert changes[-1].t <= ns(45)


def test_a_visitor_who_walks_about_does_not_silence_a_double_room():
    visitor = span(0, 60, down=0.0, upright=0.95)
    assert CONFIRMED in names(play(judge(DOUBLE), [*FELL, *visitor], until=60))


class Worn:
    """The matching has found that track 1 wears w1."""

    def subject_of(self, source, track):
        return (ANNE, 0.99) if track == 1 else None

    def track_of(self, device):
        return ("c1", 1, 0.99)


@pytest.mark.parametrize(
    ("track", "begins", "believed"),
    [(1, 0, True), (1, 185, False), (2, 0, False)],
    ids=["the wearer", "who came lately where the wearer was lost", "somebody else"],
)
def test_matched_by_movement_the_camera_is_believed_in_a_double_room_too(track, begins, believed):
    walks = span(begins, 240, down=0.0, upright=0.95, track=track)
    fell = [*moves(100, 200), impact(200), *lies(201, 240)]
    found = play(judge(DOUBLE, who=Worn()), [*fell, *walks], until=240)
    assert (CONFIRMED not in names(found)) is believed


def test_somebody_else_walking_does_not_speak_against_a_fall():
    seen = [*span(0, 20, down=0.0, upright=0.9), *span(20, 50, down=0.9)]
    bert = moves(0, 50, source="w2", subject=BERT)
    alone = play(judge(DOUBLE), seen, until=50)
    beside = play(judge(DOUBLE), [*seen, *bert], until=50)
    assert steps(beside) == steps(alone)


def test_two_wearers_who_fall_are_two_chains():
    other = [*moves(0, 24, source="w2", subject=BERT), impact(24, source="w2", subject=BERT)]
    other += lies(25, 70, source="w2", subject=BERT)
    changes = play(judge(DOUBLE), [*FELL, *other], until=70)
    subjects = {change.chain.number: change.chain.subject for change in changes}
    assert sorted(subjects.values()) == [ANNE, BERT]


def test_a_device_that_was_dropped_or_taken_off_is_no_fall():
    dropped = [*moves(0, 20), impact(20), worn(24.5, False)]
    assert CONFIRMED not in names(play(judge(), dropped, until=60))


def test_whoever_is_back_in_the_own_bed_is_not_on_the_floor():
    story = [*moves(0, 20), impact(20), *lies(21, 60)]
    anne, bert = (sensor(22, SensorKind.BED, True, bed=bed) for bed in ("b1", "b2"))
    assert CONFIRMED in names(play(judge(DOUBLE), [*story, bert], until=60))
    assert CONFIRMED not in names(play(judge(DOUBLE), [*story, anne], until=60))


@pytest.mark.parametrize(
    ("hours", "left", "alarms"),
    [(0.1, False, False), (0.1, True, True), (6, False, True)],
    ids=["just in bed", "out of it", "a sensor without a word for hours may be broken"],
)
def test_whose_bed_says_that_somebody_is_in_it_has_not_fallen_out_of_it(hours, left, alarms):
    at = hours * 3600
    story = [sensor(0, SensorKind.BED, True, bed="b1"), *lies(at - 60, at), impact(at, 0.99)]
    story += [sensor(at - 1, SensorKind.BED, False, bed="b1")] * left + lies(at + 1, at + 90)
    ticked = [one for one in ticks(at - 60) if one.t % ns(30) == 0]
    changes = play(judge(), [*ticked, *story], until=at + 90, begin=round(at - 60))
    assert (CONFIRMED in names(changes)) is alarms


@pytest.mark.parametrize(
    ("place", "alarms"),
    [(Place.BED, False), (Place.SOFA, False), (Place.FLOOR, True), (Place.PERMITTED, True)],
)
def test_whoever_a_camera_sees_lying_in_bed_after_an_impact_lay_down(place, alarms):
    story = [*moves(0, 20), impact(20), *lies(21, 60)]
    seen = [*span(0, 22, down=0.0, upright=0.9), *span(22, 60, down=0.9, place=place)]
    assert (CONFIRMED in names(play(judge(), [*story, *seen], until=60))) is alarms
    # Of two in the room nobody knows who it is: nothing speaks against the fall.
    other = span(0, 60, down=0.0, upright=0.9, track=2)
    told = play(judge(), [*story, *seen, *other], until=60)
    assert names(told)
    assert all(c.llr > 0.0 for c in told[-1].contributions if c.sense is Sense.WEARABLE_IMPACT)


def test_a_cord_after_an_unsure_impact_lifts_it():
    story = [*moves(0, 20), impact(20, 0.65)]
    without = play(judge(), story, until=60)
    pulled = play(judge(), [*story, sensor(40, SensorKind.CORD)], until=60)
    assert without == []
    assert names(pulled) == [SUSPECTED]
    assert any(c.sense is Sense.SENSOR_CORD for c in pulled[-1].contributions)


def test_a_carer_helps_where_somebody_kneels_and_never_silences_the_floor():
    carer = [sensor(1, SensorKind.CARER)]
    kneels = span(5, 30, down=0.62, quality=0.3)
    before, beside = play(judge(), kneels, until=30), play(judge(), [*carer, *kneels], until=30)
    assert len(beside) <= len(before)
    floor = span(5, 40, down=0.95)
    assert CONFIRMED in names(play(judge(), [*carer, *floor], until=40))
    assert CONFIRMED in names(play(judge(), [*carer, *FELL], until=60))


# -- quality, doubts, age ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"doubts": [Doubt.OFF_BODY]}, False),
        ({"doubts": [Doubt.NO_VALUE]}, False),
        ({"quality": 0.0}, False),
    ],
)
def test_a_heart_rate_that_is_doubted_says_nothing(more, counts):
    story = [pulse(5 * k, 70) for k in range(10)] + [pulse(55, 115, **more)]
    made = judge()
    play(made, story, until=56)
    assert any(e.ratio == "heart_rise" for e in made.down.signs.pieces.kept) is counts


def test_evidence_ages():
    made = judge()
    play(made, [sound(5, SoundClass.THUD)], until=6)
    assert made.down.signs.pieces.kept
    play(made, [], until=2000, begin=6)
    assert not made.down.signs.pieces.kept


def test_a_thud_long_before_is_of_something_else():
    story = [*moves(0, 20), impact(20, 0.95)]
    near = play(judge(), [*story, sound(20.5, SoundClass.THUD)], until=40)
    far = play(judge(), [*story, sound(1, SoundClass.THUD)], until=40)
    assert near[0].probability > far[0].probability


def test_what_a_wearable_tells_late_is_still_a_fall():
    late = [msgspec.structs.replace(one, received=one.t + ns(300)) for one in FELL]
    changes = play(judge(), late, until=420)
    assert names(changes)[:2] == [SUSPECTED, CONFIRMED]
    assert changes[0].t >= ns(324)


def test_what_is_hours_old_is_no_alarm_any_more():
    assert play(judge(), [impact(20, 0.99, late=5 * 3600)], until=10) == []


def test_a_wrist_does_not_tell_how_its_wearer_lies():
    made = judge()
    wrist = {"wear": Wear.WRIST}
    story = [*moves(0, 20, **wrist), impact(20, **wrist), *lies(21, 60, **wrist)]
    changes = play(made, story, until=60)
    senses = {c.sense for change in changes for c in change.contributions}
    assert Sense.WEARABLE_ORIENTATION not in senses


@pytest.mark.parametrize(
    ("purpose", "left"),
    [
        (Purpose.VITALS, {"sound_thud"}),
        (Purpose.SOUNDS, {"wearable_impact", "heart_rise"}),
        (Purpose.VOICE, {"sound_thud", "wearable_impact", "heart_rise"}),
    ],
)
def test_what_is_switched_off_is_forgotten(purpose, left):
    made = judge()
    story = [pulse(5 * k, 70) for k in range(5)] + [pulse(25, 110)]
    play(made, [*story, impact(24), sound(24.5, SoundClass.THUD)], until=30)
    made.consent(purpose, True)
    made.consent(purpose, False)
    assert {e.ratio for e in made.down.signs.pieces.kept} == left


def test_a_resident_who_is_forgotten_leaves_the_chain_to_somebody():
    made = judge(DOUBLE)
    changes = play(made, FELL, until=60)
    made.forget(ANNE)
    assert changes[-1].chain.subject is None
    assert not made.down.signs.wearers
    assert not made.down.signs.pieces.kept
    assert len(made.state.chains) == 1


# -- restart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [15, 22, 26, 33, 50])
def test_a_restart_changes_nothing(cut):
    story = [*FELL, *RADAR, *SEEN[:190], sound(20.2, SoundClass.THUD)]
    whole = play(judge(), story, until=100)
    found = restarted(story, cut, until=100)
    assert [(c.step, c.t, c.position) for c in found] == [(c.step, c.t, c.position) for c in whole]


def test_a_situation_whose_chain_is_over_and_that_is_old_is_forgotten_once():
    """Its chain is gone and it is older than is watched for: either alone takes it away."""
    old = Situation("w1", ANNE, began=ns(0), chain=7)
    watched = judge()
    watched.down.situations.append(old)
    assert watched.advance(ns(WATCH_S + LATE_S + 1)) == []
    assert watched.down.situations == []
