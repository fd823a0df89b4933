"""When the second detector looks, where, and what a look says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ambient.observations import Box
from tests.vision.eyes import FakeObjects, person, thing
from vision.motion import Decision, Gate
from vision.objects.types import Detection, Thing
from vision.second_eyes import ALERT_S, Look, SecondEyes

MS = 1_000_000
NOTHING = np.zeros((2, 2, 3), np.uint8)
CHECK = Decision(Gate.CHECK)
MOVING = Decision(Gate.RUN_POSE)
HERE: Box = (0.3, 0.3, 0.5, 0.9)
SMALL: Box = (0.6, 0.6, 0.7, 0.8)
LARGE: Box = (0.1, 0.1, 0.8, 0.9)


def looked_at(
    eyes: SecondEyes, seconds: float, decision: Decision, present: bool, *, start_ms: int = 0
) -> list[int]:
    """Return at which of the frames, 50 ms apart, it looked (ms)."""
    out = []
    for ms in range(start_ms, start_ms + round(seconds * 1000), 50):
        if eyes.look(NOTHING, ms * MS, decision, present) is not None:
            out.append(ms)
    return out


@pytest.mark.parametrize(
    ("decision", "present", "every_ms"),
    [
        (CHECK, True, 1000),
        (MOVING, False, 1000),
        (MOVING, True, 1000),
        (Decision(Gate.CHECK, look_harder=True), False, 1000),
        (CHECK, False, 15_000),
    ],
    ids=["somebody is there", "something moves", "both", "something stayed behind", "empty room"],
)
def test_how_often_it_looks(decision: Decision, present: bool, every_ms: int) -> None:
    times = looked_at(SecondEyes(FakeObjects()), 46, decision, present)
    assert times[0] == 0
    assert set(np.diff(times)) == {every_ms}


@pytest.mark.parametrize("present", [True, False])
def test_after_somebody_was_lost_it_looks_more_often_for_a_while(present: bool) -> None:
    eyes = SecondEyes(FakeObjects())
    looked_at(eyes, 0.05, CHECK, present)
    eyes.alert(0)
    times = looked_at(eyes, 14, CHECK, present, start_ms=50)
    hurried = [t for t in times if t <= ALERT_S * 1000]
    assert set(np.diff(hurried)) == {350}
    after = [b - a for a, b in pairwise(times) if a > ALERT_S * 1000]
    assert set(after) <= {1000 if present else 15_000}


def test_while_alert_the_picture_is_turned_to_either_side_in_turn() -> None:
    detector = FakeObjects()
    eyes = SecondEyes(detector)
    eyes.alert(0)
    looked_at(eyes, 1.5, CHECK, True)
    assert [turns for _, turns in detector.looks[:4]] == [(0, 1), (0, 3), (0, 1), (0, 3)]
    assert eyes.looks == 2 * len(detector.looks)
    looked_at(eyes, 5, CHECK, True, start_ms=5000)
    assert [turns for _, turns in detector.looks[-3:]] == [(0,)] * 3


@pytest.mark.parametrize(
    ("region", "found", "close"),
    [
        (SMALL, [], True),
        (SMALL, [person(0.6, (0.55, 0.5, 0.75, 0.9))], False),
        (SMALL, [person(0.35, (0.55, 0.5, 0.75, 0.9))], True),
        (SMALL, [person(0.6, (0.0, 0.5, 0.2, 0.9))], True),
        (SMALL, [thing(Thing.CHAIR, 0.9, (0.55, 0.5, 0.75, 0.9))], True),
        (LARGE, [], False),
        (None, [], False),
    ],
    ids=[
        "something small moves",
        "somebody is found there",
        "somebody doubtful is found there",
        "somebody is found elsewhere",
        "a chair is found there",
        "something large moves",
        "nothing moves",
    ],
)
def test_it_looks_closely_where_something_small_moves(
    region: Box | None, found: list[Detection], close: bool
) -> None:
    near = person(0.5, SMALL)
    detector = FakeObjects(found, [near, thing(Thing.BED, 0.9, SMALL)])
    decision = Decision(Gate.RUN_POSE, boxes=() if region is None else (region,))
    look = SecondEyes(detector).look(NOTHING, 0, decision, False)
    assert look is not None
    assert (near in look.people) is close
    assert [where is not None for where, _ in detector.looks] == [False, *[True] * close]
    # Furniture is learned from whole pictures only.
    assert all(d.thing is not Thing.BED for d in look.things)
    if close:
        x0, y0, x1, y1 = detector.looks[1][0] or (0, 0, 0, 0)
        assert 0 <= x0 < SMALL[0] < SMALL[2] < x1 <= 1
        assert 0 <= y0 < SMALL[1] < SMALL[3] < y1 <= 1


def test_close_looks_rest_in_between() -> None:
    detector = FakeObjects()
    looked_at(SecondEyes(detector), 8, Decision(Gate.RUN_POSE, boxes=(SMALL,)), False)
    whole = sum(where is None for where, _ in detector.looks)
    assert (whole, len(detector.looks) - whole) == (8, 4)


@pytest.mark.parametrize(
    ("others", "people", "doubted"),
    [
        ([], 1, 0),
        ([thing(Thing.CHAIR, 0.7, HERE)], 0, 1),
        ([thing(Thing.SUITCASE, 0.7, HERE)], 0, 1),
        ([thing(Thing.CHAIR, 0.3, HERE)], 1, 0),
        ([thing(Thing.CHAIR, 0.7, (0.4, 0.6, 0.9, 0.9))], 1, 0),
    ],
    ids=["alone", "a surer chair", "a surer suitcase", "a doubtful chair", "a chair beside"],
)
def test_what_is_surer_a_thing_is_nobody_but_may_hide_furniture(
    others: list[Detection], people: int, doubted: int
) -> None:
    somebody = person(0.5, HERE)
    look = SecondEyes(FakeObjects([somebody, *others])).look(NOTHING, 0, MOVING, True)
    assert look is not None
    assert look.people == (somebody,) * people
    assert look.doubted == (somebody,) * doubted
    assert look.things == tuple(others)
    assert look.scene == look.things + look.doubted


def test_hurried_looks_are_no_further_evidence_of_the_scene() -> None:
    eyes = SecondEyes(FakeObjects())
    looks: list[tuple[int, Look]] = []
    for ms in range(0, 6000, 50):
        if ms == 1000:
            eyes.alert(ms * MS)
        look = eyes.look(NOTHING, ms * MS, CHECK, True)
        if look is not None:
            looks.append((ms, look))
    spaced = [ms for ms, look in looks if look.spaced]
    assert len(looks) > len(spaced)
    assert min(np.diff(spaced)) >= 1000
    assert max(np.diff(spaced)) < 2000
