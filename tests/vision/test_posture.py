"""Posture: shapes of a body and stories of shapes, and what is said of them."""

from __future__ import annotations

import pytest

from ambient.config_cameras import Camera, Zone
from ambient.observations import Place, Posture, PostureSeen
from tests.vision.bodies import LYING, SITTING, SQUATTING, STANDING, between, pose
from vision.people import People
from vision.pose.types import Pose

Shape = dict[str, tuple[float, float]]
FRAME = 100_000_000


def people(*zones: Zone) -> People:
    return People("r1", Camera(id="c1", source="x", zones=list(zones)))


def play(watch: People, poses: list[Pose], start: int = 0) -> list[PostureSeen]:
    out = []
    for i, one in enumerate(poses):
        found = watch.update([one], (start + i) * FRAME, 1.0)
        out += [each for each in found if isinstance(each, PostureSeen)]
    return out


def change(a: Shape, b: Shape, frames: int) -> list[Pose]:
    return [pose(between(a, b, (i + 1) / frames)) for i in range(frames)]


@pytest.mark.parametrize(
    ("shape", "labels", "down", "upright"),
    [
        (STANDING, {Posture.STANDING}, False, True),
        (SITTING, {Posture.SITTING}, False, True),
        (SQUATTING, {Posture.SQUATTING, Posture.SITTING, Posture.KNEELING}, False, False),
        (LYING, {Posture.LYING}, True, False),
    ],
    ids=["standing", "sitting", "squatting", "lying"],
)
def test_shapes(shape: Shape, labels: set[Posture], down: bool, upright: bool) -> None:
    last = play(people(), [pose(shape)] * 20)[-1]
    assert last.posture in labels
    assert (last.down >= 0.5) is down
    if upright or down:
        assert (last.upright >= 0.5) is upright
    assert last.still > 0.9
    assert last.quality > 0.8


@pytest.mark.parametrize(
    ("frames", "descent"), [(6, True), (9, True), (45, False)], ids=["0.6 s", "0.9 s", "4.5 s"]
)
def test_a_fall_is_told_from_lying_down_by_its_speed(frames: int, descent: bool) -> None:
    watch = people()
    before = play(watch, [pose(STANDING)] * 20)
    after = play(watch, [*change(STANDING, LYING, frames), *[pose(LYING)] * 10], start=20)
    assert max(s.descent for s in before) < 0.2
    assert (after[-1].descent >= 0.6) is descent
    assert after[-1].down >= 0.5
    assert after[-1].posture is (Posture.FALLEN if descent else Posture.LYING)


def test_sitting_down_is_no_fall() -> None:
    watch = people()
    play(watch, [pose(STANDING)] * 20)
    after = play(watch, [*change(STANDING, SITTING, 12), *[pose(SITTING)] * 20], start=20)
    assert max(s.down for s in after) < 0.5


def test_a_doubtful_body_is_of_low_quality() -> None:
    sure = play(people(), [pose(LYING, presence=1.0)] * 20)[-1]
    doubtful = play(people(), [pose(LYING, presence=0.78)] * 20)[-1]
    assert doubtful.quality < 0.2 < sure.quality


def test_an_unconnected_person_has_a_memory_of_their_own() -> None:
    watch = people()
    play(watch, [pose(STANDING)] * 20)
    found = [
        watch.update([pose(STANDING), pose(LYING, x=0.2, floor=0.6)], (20 + i) * FRAME, 1.0)
        for i in range(20)
    ]
    last = {s.track: s for s in found[-1] if isinstance(s, PostureSeen)}
    assert {t: s.down >= 0.5 for t, s in last.items()} == {1: False, 2: True}


BED = Zone(kind=Place.BED, bed="b1", polygon=[(0.1, 0.7), (0.9, 0.7), (0.9, 1.0), (0.1, 1.0)])
FAR = Zone(kind=Place.SOFA, polygon=[(0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2)])
MAT = Zone(kind=Place.PERMITTED, polygon=[(0.1, 0.7), (0.9, 0.7), (0.9, 1.0), (0.1, 1.0)])


@pytest.mark.parametrize(
    ("zones", "place", "bed"),
    [
        ([], Place.UNKNOWN, None),
        ([BED], Place.BED, "b1"),
        ([FAR], Place.FLOOR, None),
        ([MAT], Place.PERMITTED, None),
    ],
    ids=["no zones", "bed", "another zone", "permitted"],
)
def test_places(zones: list[Zone], place: Place, bed: str | None) -> None:
    last = play(people(*zones), [pose(LYING)] * 5)[-1]
    assert (last.place, last.bed) == (place, bed)
