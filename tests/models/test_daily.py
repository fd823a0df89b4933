"""Everyday movement without a mesh: the same landmarks as the body's own, smooth paths."""

from __future__ import annotations

import numpy as np
import pytest

from models.bodies.body import Body, Sex, Shape
from models.bodies.clips import BEND, SIT, SUPINE
from models.bodies.pose import Pose
from models.skeletons.daily import LEVEL, WIDTH, Figure, Path, X, path, row

WHO = Shape(Sex.FEMALE, 79.0, 1.64, 66.0)


@pytest.mark.parametrize("pose", [Pose(), SIT, BEND, SUPINE])
def test_landmarks_are_those_of_the_body(pose: Pose) -> None:
    # At 0 s with phase 0 nobody has begun to breathe.
    channels = row(pose, (1.0, 2.0), feet=False)[None]
    here = Figure(WHO).landmarks(channels, np.array([0.0]), 0.0)[0]
    hip = here[23:25].mean(axis=0)
    there = Body.load(WHO).landmarks(pose, (0.0, 0.0, 0.0))
    np.testing.assert_allclose(here - hip, there - there[23:25].mean(axis=0), atol=1e-9)


@pytest.mark.parametrize("level", [0.0, 0.46])
def test_the_lowest_point_rests_on_what_carries_it(level: float) -> None:
    channels = row(SUPINE, (0.0, 0.0), level=level, feet=False)[None]
    here = Figure(WHO).landmarks(channels, np.array([0.0]), 0.0)[0]
    assert level <= here[:, 2].min() < level + 0.1
    assert level + 0.05 < here[23, 2] < level + 0.2


def test_the_feet_stay_where_they_are_put_while_the_body_bends() -> None:
    keys = [(0.0, row(Pose(), (1.0, 2.0)), True), (2.0, row(BEND, (1.0, 2.0)), True)]
    t = np.linspace(0.0, 2.0, 21)
    here = Figure(WHO).landmarks(path(keys).at(t), t)
    feet = here[:, 27:29, :2].mean(axis=1)
    np.testing.assert_allclose(feet, np.tile((1.0, 2.0), (21, 1)), atol=1e-9)


def test_a_child_is_a_small_body() -> None:
    channels, t = row(Pose(), (0.0, 0.0))[None], np.array([0.0])
    tall = Figure(WHO).landmarks(channels, t)[0]
    small = Figure(WHO, 0.7).landmarks(channels, t)[0]
    assert small[0, 2] == pytest.approx(0.7 * tall[0, 2], rel=1e-6)


def test_a_path_passes_its_keys_and_knows_when_it_moves() -> None:
    here, there = row(Pose(), (0.0, 0.0)), row(SIT, (1.0, 0.0))
    made = path([(0.0, here, True), (1.0, there, True), (5.0, there, True), (6.0, here, True)])
    np.testing.assert_allclose(made.at(np.array([-1.0, 1.0, 3.0, 9.0])), [here, there, there, here])
    assert made.moving() == [(0.0, 1.0), (5.0, 6.0)]
    between = made.at(np.linspace(0.0, 1.0, 50))[:, X]
    assert (np.diff(between) >= 0).all()


@pytest.mark.parametrize(
    ("times", "width"), [([0.0, 0.0], WIDTH), ([1.0, 0.0], WIDTH), ([0.0, 1.0], LEVEL)]
)
def test_keys_that_cannot_be_followed_are_refused(times: list[float], width: int) -> None:
    with pytest.raises(ValueError, match="Path: "):
        Path(np.array(times), np.zeros((2, width)), np.ones(2, np.bool_))
