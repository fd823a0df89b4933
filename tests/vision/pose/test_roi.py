from __future__ import annotations

import math

import numpy as np
import pytest

from vision.pose.roi import Roi, apply_affine, normalise_angle

HALF_TURN = math.pi


@pytest.mark.parametrize(
    ("rim", "rotation"),
    [
        ((100.0, 60.0), 0.0),  # head above the hips: upright
        ((140.0, 100.0), math.pi / 2),  # head to the right
        ((60.0, 100.0), -math.pi / 2),  # head to the left
        ((128.284271, 71.715729), math.pi / 4),
    ],
)
def test_rotation_is_the_turn_from_upright(rim: tuple[float, float], rotation: float) -> None:
    roi = Roi.from_alignment((100.0, 100.0), rim)
    assert (roi.x, roi.y) == (100.0, 100.0)
    assert roi.size == pytest.approx(2 * 40 * 1.25)
    assert roi.rotation == pytest.approx(rotation, abs=1e-6)


def test_upside_down_is_half_a_turn() -> None:
    roi = Roi.from_alignment((100.0, 100.0), (100.0, 140.0))
    assert abs(roi.rotation) == pytest.approx(HALF_TURN)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (0.0, 0.0),
        (3.0, 3.0),
        (4.0, 4.0 - 2 * HALF_TURN),
        (-4.0, 2 * HALF_TURN - 4.0),
        (7 * HALF_TURN + 0.5, 0.5 - HALF_TURN),
    ],
)
def test_angles_are_brought_to_one_turn(angle: float, expected: float) -> None:
    assert normalise_angle(angle) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("roi", "corner", "expected"),
    [
        (Roi(50, 40, 20, 0.0), (0, 0), (40, 30)),
        (Roi(50, 40, 20, 0.0), (256, 128), (60, 40)),
        (Roi(50, 40, 20, math.pi / 2), (0, 0), (60, 30)),
        (Roi(50, 40, 20, math.pi / 2), (128, 0), (60, 40)),
        (Roi(50, 40, 20, math.pi), (0, 0), (60, 50)),
        (Roi(50, 40, 20, 1.234), (128, 128), (50, 40)),
    ],
)
def test_crop_maps_to_the_picture(
    roi: Roi, corner: tuple[float, float], expected: tuple[float, float]
) -> None:
    mapped = apply_affine(roi.to_picture(256), np.array([corner], np.float32))
    assert mapped[0] == pytest.approx(expected, abs=1e-4)
    assert mapped.dtype == np.float32


@pytest.mark.parametrize(
    ("roi", "usable"),
    [
        (Roi(50, 50, 60, 0.0), True),
        (Roi(-20, 50, 60, 0.0), True),
        (Roi(-40, 50, 60, 0.0), False),
        (Roi(50, 200, 60, 0.0), False),
        (Roi(50, 50, 7.9, 0.0), False),
        (Roi(50, 50, 700, 0.0), False),
        (Roi(math.nan, 50, 60, 0.0), False),
        (Roi(50, 50, math.inf, 0.0), False),
    ],
)
def test_regions_nobody_can_be_in_are_told(roi: Roi, usable: bool) -> None:
    assert roi.usable(100, 80) is usable


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Roi(105, 100, 200, 0.0), True),
        (Roi(105, 100, 200, 2.0), True),
        (Roi(140, 100, 200, 0.0), False),  # side by side: 2/3 of the regions overlap
        (Roi(100, 100, 450, 0.0), False),  # far behind or in front
    ],
)
def test_same_person_goes_by_the_hips(other: Roi, same: bool) -> None:
    assert Roi(100, 100, 200, 0.0).same_person(other) is same
    assert other.same_person(Roi(100, 100, 200, 0.0)) is same
