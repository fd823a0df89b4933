from __future__ import annotations

import numpy as np
import pytest

from vision.pose.people import TURNS, Lookout, body_box, duplicates, elsewhere, new_regions
from vision.pose.roi import Roi

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("looked_s", "now_s", "followed", "lost", "due"),
    [
        (None, 0.0, 0, False, True),  # nobody yet
        (None, 0.0, 1, False, True),  # never looked
        (0.0, 0.1, 0, False, True),  # nobody: every frame
        (0.0, 0.1, 1, False, False),  # room for one more, but just looked
        (0.0, 0.99, 1, False, False),
        (0.0, 1.0, 1, False, True),
        (0.0, 0.1, 1, True, True),  # somebody was lost: at once
        (0.0, 9.0, 2, False, False),  # all who are wanted
    ],
)
def test_when_to_look(
    looked_s: float | None, now_s: float, followed: int, lost: bool, due: bool
) -> None:
    lookout = Lookout(num_people=2, redetect_s=1.0)
    if looked_s is not None:
        lookout.looked(round(looked_s * SECOND))
    assert lookout.due(round(now_s * SECOND), followed, lost) is due


def test_turned_views_come_in_rotation() -> None:
    lookout = Lookout(num_people=1, redetect_s=1.0)
    assert [lookout.next_turn() for _ in range(6)] == [*TURNS, *TURNS]


@pytest.mark.parametrize(
    ("after_s", "due"), [(0.1, False), (0.25, True), (3.0, True), (3.1, False), (4.0, True)]
)
def test_who_was_lost_is_looked_for_more_often(after_s: float, due: bool) -> None:
    lookout = Lookout(num_people=2, redetect_s=1.0)
    assert lookout.due(0, 1, lost=True)
    lookout.looked(round(after_s * SECOND) - SECOND // 4 if after_s in (3.0, 3.1) else 0)
    assert lookout.due(round(after_s * SECOND), 1, lost=False) is due


def test_a_body_is_larger_than_its_sure_landmarks() -> None:
    points = np.array([(10, 20), (30, 120), (900, 900)], np.float32)
    sure, none = np.array([1, 1, 0.1], np.float32), np.zeros(3, np.float32)
    assert body_box(points, sure) == pytest.approx((0, 10, 40, 130))
    assert body_box(points, none) == pytest.approx((-79, -69, 989, 989))


def roi(x: float) -> Roi:
    return Roi(x, 100.0, 100.0, 0.0)


@pytest.mark.parametrize(
    ("found", "taken", "room", "expected"),
    [
        ([], [], 3, []),
        ([0, 50], [], 3, [0, 50]),
        ([0, 50], [], 1, [0]),
        ([0, 50], [], 0, []),
        ([0, 50], [(40, 0, 70, 200)], 3, [0]),
        ([0, 50], [(40, 0, 70, 90)], 3, [0, 50]),
        ([0, 3, 50], [], 3, [0, 50]),
    ],
)
def test_only_new_people_are_met(
    found: list[float],
    taken: list[tuple[float, float, float, float]],
    room: int,
    expected: list[float],
) -> None:
    assert [item.x for item in new_regions([roi(x) for x in found], taken, room)] == expected


@pytest.mark.parametrize(
    ("region", "taken", "expected"),
    [
        (None, [], False),
        (None, [(0, 0, 10, 10)], False),
        ((0.0, 0.0, 0.2, 0.2), [], True),
        ((0.0, 0.0, 0.2, 0.2), [(0, 0, 30, 30)], False),
        ((0.4, 0.4, 0.8, 0.8), [(0, 0, 30, 30)], True),
    ],
)
def test_something_elsewhere(
    region: tuple[float, float, float, float] | None,
    taken: list[tuple[float, float, float, float]],
    expected: bool,
) -> None:
    assert elsewhere(region, taken, 200, 100) is expected


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        ([], set()),
        ([0], set()),
        ([0, 30], set()),
        ([0, 3], {1}),
        ([0, 3, 5], {1, 2}),
        ([0, 5, 10], {1}),  # the third is near the second, who is the first
        ([30, 0, 31], {2}),
    ],
)
def test_one_person_is_seen_once(shifts: list[float], expected: set[int]) -> None:
    body = np.random.default_rng(1).uniform(0, 100, (33, 2)).astype(np.float32)
    points = [body + np.float32((shift, 0)) for shift in shifts]
    assert duplicates(points, [100.0] * len(shifts)) == expected
