from __future__ import annotations

import numpy as np
import pytest

from vision.pose.types import Landmark, Pose, PoseOptions, check_image, check_time

GOOD = np.zeros((4, 6, 3), np.uint8)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 6), np.uint8), "COLOR_GRAY2BGR"),
        (np.zeros((4, 6, 1), np.uint8), "x 3"),
        (np.zeros((4, 6, 4), np.uint8), "x 3"),
        (np.zeros((0, 6, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 0, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 6, 3), np.float32), "uint8"),
        (np.zeros((4, 6, 3), np.uint16), "uint8"),
        ([[[0, 0, 0]]], "list"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_picture_is_refused(image: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_image(image)


@pytest.mark.parametrize("image", [GOOD, GOOD[:, ::-1], np.zeros((1, 1, 3), np.uint8)])
def test_what_is_a_picture_is_taken(image: np.ndarray) -> None:
    check_image(image)


@pytest.mark.parametrize(("t_ns", "last_ns"), [(5, 5), (4, 5), (-1, 0)])
def test_time_goes_forward(t_ns: int, last_ns: int) -> None:
    with pytest.raises(ValueError, match=f"later than {last_ns}, got {t_ns}"):
        check_time(t_ns, last_ns)


@pytest.mark.parametrize(("t_ns", "last_ns"), [(0, None), (-5, None), (6, 5)])
def test_time_that_goes_forward_is_taken(t_ns: int, last_ns: int | None) -> None:
    check_time(t_ns, last_ns)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_people", 0),
        ("num_people", 7),
        ("threads", 0),
        ("streams", 65),
        ("redetect_s", -1.0),
        ("min_detection", 1.1),
        ("min_presence", -0.1),
        ("min_detection_hard", 2.0),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"PoseOptions\.{name}: expected .* got {value}"):
        PoseOptions(**{name: value})


def test_landmarks_are_thirty_three_in_order() -> None:
    assert [mark.value for mark in Landmark] == list(range(33))
    assert Landmark.LEFT_HIP == 23


def test_box_and_score_follow_from_the_keypoints() -> None:
    keypoints = np.zeros((33, 3), np.float32)
    keypoints[:, :2] = 0.5
    keypoints[3], keypoints[7] = (0.25, -0.5, 1.0), (0.75, 1.25, 0.5)
    pose = Pose.from_keypoints(keypoints, np.zeros((33, 3), np.float32), 0.9, 0.1)
    assert pose.box == (0.25, -0.5, 0.75, 1.25)
    assert pose.score == pytest.approx(1.5 / 33)
    assert pose.presence == 0.9
    assert pose.rotation == 0.1


@pytest.mark.parametrize("shapes", [((32, 3), (33, 3)), ((33, 2), (33, 3)), ((33, 3), (39, 3))])
def test_keypoints_of_another_shape_are_refused(
    shapes: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    with pytest.raises(ValueError, match=r"shape \(33, 3\)"):
        Pose.from_keypoints(np.zeros(shapes[0]), np.zeros(shapes[1]), 1.0, 0.0)
