"""What a box says of the person in it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ambient.observations import Box
from vision.outline_shape import Outline, behind, cut_off, stand_in

ASPECT = 16 / 9
STOOD: Box = (0.45, 0.2, 0.55, 0.85)
LIES: Box = (0.3, 0.7, 0.6, 0.88)
SITS: Box = (0.42, 0.4, 0.58, 0.85)


@pytest.mark.parametrize(
    ("box", "tall", "down", "upright"),
    [
        (STOOD, 0.0, False, True),
        (STOOD, 0.65, False, True),
        (LIES, 0.0, True, False),
        (LIES, 0.65, True, False),
        (SITS, 0.65, False, False),
        ((0.45, 0.6, 0.58, 0.85), 0.65, True, False),
    ],
    ids=[
        "narrow and high",
        "as high as it stood",
        "wide",
        "wide and low",
        "lower than it stood",
        "square, a third of what it stood",
    ],
)
def test_how_somebody_is(box: Box, tall: float, down: bool, upright: bool) -> None:
    shape = Outline.of(box, ASPECT, tall)
    assert (shape.down >= 0.5) is down
    assert (shape.upright >= 0.5) is upright
    assert shape.down + shape.upright <= 1.0


def test_the_lower_the_same_width_is_the_more_it_is_down() -> None:
    downs = [Outline.of((0.42, 0.85 - h, 0.58, 0.85), ASPECT, 0.65).down
             for h in (0.6, 0.45, 0.3, 0.2, 0.1)]  # fmt: skip
    assert downs == sorted(downs)
    assert downs[0] < 0.3 < 0.7 < downs[-1]


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        (LIES, False),
        ((0.0, 0.7, 0.3, 0.88), True),
        ((0.7, 0.7, 1.0, 0.88), True),
        ((0.3, 0.82, 0.6, 1.0), True),
        ((0.3, 0.0, 0.6, 0.18), False),
    ],
    ids=["inside", "left", "right", "below", "above"],
)
def test_what_the_border_cuts_off_has_any_shape(box: Box, cut: bool) -> None:
    assert cut_off(box) is cut
    assert (Outline.of(box, ASPECT, 0.65).down < 0.5) is cut


@pytest.mark.parametrize(
    ("table", "hidden"),
    [
        ((0.25, 0.7, 0.8, 0.95), True),
        ((0.25, 0.5, 0.8, 0.8), False),
        ((0.5, 0.7, 0.8, 0.95), False),
        ((0.35, 0.4, 0.55, 0.95), True),
    ],
    ids=["behind it", "before it", "beside it", "behind most of it"],
)
def test_a_table_hides_who_sits_behind_it(table: Box, hidden: bool) -> None:
    assert behind(LIES, [(0.0, 0.0, 0.1, 1.0), table]) is hidden


def test_points_of_the_body_lie_in_the_box() -> None:
    for box in (STOOD, LIES, SITS):
        shape = Outline.of(box, ASPECT, 0.65)
        for x, y in (shape.head, shape.middle, shape.foot):
            assert box[0] * ASPECT <= x <= box[2] * ASPECT
            assert box[1] <= y <= box[3] + 1e-9
        assert shape.head[1] <= shape.middle[1] + 1e-9 <= shape.foot[1] + 1e-9
    high, low = (Outline.of(box, ASPECT, 0.65) for box in (STOOD, LIES))
    # Minus a row: who is down is lower.
    assert high.level > low.level
    assert high.extent_m > low.extent_m
    assert low.size == pytest.approx(0.3 * ASPECT)


@pytest.mark.parametrize(
    "box", [(0.5, 0.5, 0.5, 0.5), (-0.2, -0.1, 1.3, 1.2)], ids=["no area", "huge"]
)
@pytest.mark.parametrize("tall", [0.0, 1e-6, 5.0])
def test_odd_boxes_give_probabilities_all_the_same(box: Box, tall: float) -> None:
    shape = Outline.of(box, ASPECT, tall)
    assert 0.0 <= shape.down <= 1.0
    assert 0.0 <= shape.upright <= 1.0
    assert all(map(math.isfinite, (shape.extent_m, shape.level, shape.size)))


@pytest.mark.parametrize(("box", "axis"), [(LIES, 0), (STOOD, 1)], ids=["wide", "high"])
def test_points_that_stand_for_landmarks_lie_along_the_body(box: Box, axis: int) -> None:
    points = stand_in(box)
    assert points.shape == (33, 3)
    assert (points[:, 0] >= box[0]).all()
    assert (points[:, 0] <= box[2]).all()
    assert (points[:, 1] >= box[1]).all()
    assert (points[:, 1] <= box[3]).all()
    assert np.ptp(points[:, axis]) > 0.8 * (box[axis + 2] - box[axis])
    assert np.ptp(points[:, 1 - axis]) < 1e-9
