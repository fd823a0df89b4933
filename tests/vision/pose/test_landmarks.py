from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.pose.landmarks import decode, refine
from vision.pose.roi import Roi

COLD = -30.0


def heatmap(**spots: float) -> np.ndarray:
    """A map of one point; ``x3y5=2.0`` puts a logit at column 3, row 5."""
    heat = np.full((64, 64, 1), COLD, np.float32)
    for name, logit in spots.items():
        column, row = name[1:].split("y")
        heat[int(row), int(column), 0] = logit
    return heat


@pytest.mark.parametrize(
    ("point", "heat", "expected"),
    [
        ((10.2, 20.7), heatmap(x12y19=5.0), (12, 19)),  # the heat near by draws the point
        ((10.2, 20.7), heatmap(x14y19=5.0), (10.2, 20.7)),  # four cells away is out of reach
        ((10.2, 20.7), heatmap(x12y19=-0.1), (10.2, 20.7)),  # not sure enough
        ((10.2, 20.7), heatmap(x12y19=0.0), (12, 19)),  # just sure enough
        ((10.0, 20.0), heatmap(x9y20=9.0, x11y20=9.0), (10, 20)),  # the middle of both
        ((0.5, 0.5), heatmap(x0y2=5.0), (0, 2)),  # the kernel is cut at the edge
        ((63.9, 63.9), heatmap(x63y62=5.0), (63, 62)),
        ((0.5, 5.0), heatmap(x62y4=9.0), (0.5, 5.0)),  # and doesn't reach round it
        ((-1.5, 20.0), heatmap(x1y20=9.0), (-1.5, 20.0)),  # outside the crop
        ((64.0, 20.0), heatmap(x63y20=9.0), (64.0, 20.0)),
        ((20.0, 64.5), heatmap(x20y63=9.0), (20.0, 64.5)),
        ((-900.0, 2000.0), heatmap(x1y20=9.0), (-900.0, 2000.0)),
    ],
)
def test_refinement(
    point: tuple[float, float], heat: np.ndarray, expected: tuple[float, float]
) -> None:
    points = np.array([point], np.float32) / np.float32(64)
    refined = refine(points, heat)
    assert refined.dtype == np.float32
    assert refined[0] * 64 == pytest.approx(expected, abs=1e-3)


def plainly(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The same, point by point and cell by cell."""
    refined = points.copy()
    for index, (x, y) in enumerate(points):
        column, row = int(x * 64), int(y * 64)
        if not (0 <= column < 64 and 0 <= row < 64):
            continue
        rows = range(max(0, row - 3), min(64, row + 4))
        columns = range(max(0, column - 3), min(64, column + 4))
        cells = [(c, r, 1 / (1 + math.exp(-heat[r, c, index]))) for r in rows for c in columns]
        total = sum(h for _, _, h in cells)
        if max(h for _, _, h in cells) >= 0.5:
            refined[index, 0] = sum(c * h for c, _, h in cells) / total / 64
            refined[index, 1] = sum(r * h for _, r, h in cells) / total / 64
    return refined


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_refinement_is_what_it_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-0.1, 1.1, (35, 2)).astype(np.float32)
    heat = random.normal(-3, 2, (64, 64, 39)).astype(np.float32)
    np.testing.assert_allclose(refine(points, heat), plainly(points, heat), atol=1e-5)


@pytest.mark.parametrize("rotation", [0.0, math.pi / 2, -2.0])
def test_decoding_turns_back_into_the_picture(rotation: float) -> None:
    raw = np.zeros((39, 5), np.float32)
    raw[:, :2] = 128
    raw[0, :2] = (128, 64)
    raw[0, 3], raw[1, 3] = 0.0, 8.0
    raw[34, :2] = (128, 28)
    world = np.zeros((39, 3), np.float32)
    world[0] = (0.0, -0.5, 0.25)
    heat = np.full((64, 64, 39), COLD, np.float32)
    roi = Roi(300.0, 200.0, 100.0, rotation)
    marks = decode(raw, heat, world, roi)
    sin, cos = math.sin(rotation), math.cos(rotation)
    assert marks.points.shape == (33, 2)
    assert marks.points[0] == pytest.approx((300 + 25 * sin, 200 - 25 * cos), abs=1e-3)
    assert marks.points[1] == pytest.approx((300, 200), abs=1e-3)
    assert marks.visibility[:2] == pytest.approx((0.5, 1.0), abs=1e-3)
    assert marks.world.shape == (33, 3)
    assert marks.world[0] == pytest.approx((0.5 * sin, -0.5 * cos, 0.25), abs=1e-6)
    assert (marks.next_roi.x, marks.next_roi.y) == pytest.approx((300, 200), abs=1e-3)
    assert marks.next_roi.size == pytest.approx(2 * 1.25 * 100 * 100 / 256, abs=1e-3)
    assert marks.next_roi.rotation == pytest.approx(rotation, abs=1e-5)
