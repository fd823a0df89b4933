"""The learned posture model: together or one by one, seen or not, with and without its network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ambient.observations import BoxSeen, PoseSeen, Posture
from models.skeletons.sequence import LABELS
from tests.vision.bodies import LYING, SITTING, STANDING, between, pose
from vision.posture import RulePosture
from vision.temporal import Learned, LearnedPosture, combine

FRAME = 100_000_000
Shape = dict[str, tuple[float, float]]


def seen(shape: Shape, t: int, track: int = 1, x: float = 0.5) -> PoseSeen:
    body = pose(shape, x=x)
    return PoseSeen(
        t=t,
        room="r1",
        source="c1",
        track=track,
        keypoints=[(x, y, v) for x, y, v in body.keypoints.tolist()],
        world=[(x, y, z) for x, y, z in body.world.tolist()],
        box=body.box,
        score=body.presence,
        aspect=1.3,
    )


def outlined(t: int, track: int = 1) -> BoxSeen:
    return BoxSeen(
        t=t, room="r1", source="c1", track=track, box=(0.1, 0.7, 0.6, 0.9), score=0.7, aspect=1.3
    )


def fall(track: int = 1, x: float = 0.5) -> list[PoseSeen]:
    """Stand for 2 s, go down within 0.8 s, lie for 4 s."""
    shapes = [STANDING] * 20 + [between(STANDING, LYING, k / 8) for k in range(8)] + [LYING] * 40
    return [seen(shape, k * FRAME, track, x) for k, shape in enumerate(shapes)]


def said(model: LearnedPosture, track: int = 1) -> Learned:
    last = model.last(track)
    assert last is not None
    return last


def test_a_fall_is_told_from_standing() -> None:
    model = LearnedPosture.create()
    assert model.learned
    story = fall()
    for one in story[:20]:
        before = model.update(one)
    assert said(model).down < 0.3
    assert said(model).help < 0.3
    assert before.upright > 0.5
    for one in story[20:]:
        after = model.update(one)
    assert said(model).down > 0.7
    assert after.down > 0.7
    assert after.upright < 0.3
    assert after.still > 0.5


def test_everybody_at_once_is_everybody_one_by_one() -> None:
    together, alone = LearnedPosture.create(), LearnedPosture.create()
    for a, b in zip(fall(1, 0.3), reversed(fall(2, 0.7)), strict=True):
        b = PoseSeen(**{f: getattr(b, f) for f in b.__struct_fields__ if f != "t"}, t=a.t)
        together.look(a.t, [a, b])
        for one in (a, b):
            first, second = together.update(one), alone.update(one)
            assert first.down == pytest.approx(second.down, abs=1e-5)
            assert first.posture == second.posture
    assert said(together, 2).labels == pytest.approx(said(alone, 2).labels, abs=1e-5)


def test_who_is_not_seen_goes_on() -> None:
    model = LearnedPosture.create()
    for one in fall()[:40]:
        model.look(one.t, [one])
    before = said(model)
    model.look(before.t + FRAME, [])
    after = said(model)
    assert after.t == before.t + FRAME
    assert after.labels != before.labels


def test_boxes_and_places_are_heard() -> None:
    plain, told = LearnedPosture.create(), LearnedPosture.create()
    bed = np.array([0, 1, 0, 0], np.float32)
    for one in fall():
        plain.look(one.t, [one])
        told.look(one.t, [one], boxes={1: ((0.1, 0.6, 0.8, 0.9), 0.8)}, places={1: bed})
    assert said(told).help < said(plain).help


def test_somebody_of_whom_only_a_box_is_seen() -> None:
    model = LearnedPosture.create()
    estimate = model.outline(outlined(0))
    assert 0 <= estimate.down <= 1
    assert 0 <= said(model).down <= 1
    assert sum(said(model).labels) == pytest.approx(1.0, abs=1e-4)


def test_calibration_can_be_left_out() -> None:
    calibrated, plain = LearnedPosture.create(), LearnedPosture.create(calibrated=False)
    for one in fall()[:5]:
        calibrated.update(one)
        plain.update(one)
    assert plain.learned
    assert said(plain).down != said(calibrated).down
    assert said(plain).posture is said(calibrated).posture


def test_a_track_that_ended_is_forgotten() -> None:
    model = LearnedPosture.create()
    story = fall()
    for one in story:
        model.update(one)
    model.end(1)
    assert model.last(1) is None
    fresh = LearnedPosture.create()
    again = replace(model.update(story[0]))
    assert again == fresh.update(story[0])


def test_without_a_network_the_rules_answer(tmp_path: Path) -> None:
    model, rules = LearnedPosture.create(tmp_path), RulePosture()
    assert not model.learned
    for one in fall():
        model.look(one.t, [one])
        assert model.update(one) == rules.update(one)
    assert model.outline(outlined(fall()[-1].t + FRAME)) == rules.outline(
        outlined(fall()[-1].t + FRAME)
    )
    assert model.last(1) is None


@pytest.mark.parametrize(
    ("label", "down", "posture", "upright"),
    [
        ("standing", 0.1, Posture.STANDING, 0.9),
        ("lying", 0.9, Posture.LYING, 0.0),
        ("sitting", 0.0, Posture.SITTING, 0.8),
    ],
)
def test_an_estimate_lies_between_rules_and_network(
    label: str, down: float, posture: Posture, upright: float
) -> None:
    rules = RulePosture().update(seen(SITTING, 0))
    labels = tuple(float(each == label) for each in LABELS)
    found = combine(rules, Learned(t=0, down=down, fell=0.25, help=0.1, labels=labels))
    assert found.posture == posture
    for mine, of_rules, of_network in (
        (found.down, rules.down, down),
        (found.upright, rules.upright, upright),
        (found.descent, rules.descent, 0.25),
    ):
        low, high = sorted((of_rules, of_network))
        assert low - 0.03 <= mine <= high + 0.03
    assert (found.quality, found.at, found.size) == (rules.quality, rules.at, rules.size)
