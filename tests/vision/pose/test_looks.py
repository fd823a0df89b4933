"""Several looks at one body."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vision.pose.landmarks import Landmarks, decode
from vision.pose.looks import middle, other_regions
from vision.pose.roi import Roi
from vision.pose.types import Floats, Landmark

ROI = Roi(300.0, 200.0, 160.0, 0.4)


def landmarks(points: Floats, turn: float = 0.0, presence: float = 1.0) -> Landmarks:
    visibility = np.full(33, presence, np.float32)
    return Landmarks(points, visibility, np.zeros((33, 3), np.float32), Roi(1, 2, 3, turn))


def test_one_look_is_itself() -> None:
    one = landmarks(np.zeros((33, 2), np.float32))
    assert middle([one]) is one


def test_a_gross_error_of_two_looks_in_five_does_not_move_the_middle() -> None:
    true = np.random.default_rng(3).uniform(0, 400, (33, 2)).astype(np.float32)
    wrong = true + np.float32(150)
    got = middle(
        [landmarks(true), landmarks(wrong), landmarks(true), landmarks(-wrong), landmarks(true)]
    )
    np.testing.assert_array_equal(got.points, true)
    assert got.points.dtype == np.float32


@pytest.mark.parametrize(
    ("turns", "expected"),
    [([0.1, 0.3], 0.2), ([math.pi - 0.1, -math.pi + 0.1], math.pi), ([3.0, -3.1, 3.1], 3.09)],
)
def test_directions_have_a_middle_across_the_back(turns: list[float], expected: float) -> None:
    points = np.zeros((33, 2), np.float32)
    got = middle([landmarks(points, turn) for turn in turns]).next_roi.rotation
    assert math.cos(got - expected) == pytest.approx(1.0, abs=1e-3)


def test_other_regions_stay_near_and_some_are_mirrored() -> None:
    others = list(other_regions(ROI))
    assert {mirrored for _, mirrored in others} == {True, False}
    for roi, _ in others:
        assert math.hypot(roi.x - ROI.x, roi.y - ROI.y) < 0.03 * ROI.size
        assert 0.9 < roi.size / ROI.size < 1.1
        assert abs(roi.rotation - ROI.rotation) < 0.1
    assert len({(roi, mirrored) for roi, mirrored in others}) == len(others)


def test_a_mirrored_crop_shows_the_same_pixels_the_other_way_round() -> None:
    plain, mirrored = ROI.to_picture(64), ROI.to_picture(64, mirrored=True)
    for x, y in ((0.0, 0.0), (10.0, 50.0), (64.0, 64.0)):
        there = plain @ np.array([x, y, 1.0])
        np.testing.assert_allclose(mirrored @ np.array([64.0 - x, y, 1.0]), there, atol=1e-9)


def test_a_mirrored_answer_is_decoded_to_the_same_body() -> None:
    """The network on a mirrored crop: x swapped, and the sides of the body with it."""
    random = np.random.default_rng(5)
    raw = random.uniform(40, 216, (39, 5)).astype(np.float32)
    raw[:, 3] = random.normal(0, 2, 39)
    cold = np.full((64, 64, 39), -30.0, np.float32)
    world = random.normal(0, 0.5, (39, 3)).astype(np.float32)
    other = [*range(39)]
    for name in Landmark.__members__:
        if name.startswith("LEFT_") or name.endswith("_LEFT"):
            left, right = Landmark[name], Landmark[name.replace("LEFT", "RIGHT")]
            other[left], other[right] = right, left
    swapped, turned = raw[other].copy(), world[other].copy()
    swapped[:, 0] = 256 - swapped[:, 0]
    turned[:, 0] *= -1
    plain = decode(raw, cold, world, ROI)
    mirrored = decode(swapped, cold, turned, ROI, mirrored=True)
    np.testing.assert_allclose(mirrored.points, plain.points, atol=1e-3)
    np.testing.assert_allclose(mirrored.visibility, plain.visibility, atol=1e-6)
    np.testing.assert_allclose(mirrored.world, plain.world, atol=1e-5)
    assert mirrored.next_roi.x == pytest.approx(plain.next_roi.x, abs=1e-3)
    assert mirrored.next_roi.rotation == pytest.approx(plain.next_roi.rotation, abs=1e-4)
