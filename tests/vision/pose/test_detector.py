from __future__ import annotations

import numpy as np
import pytest

from vision.pose.anchors import anchor_centres
from vision.pose.detector import Detection, View, box_iou, decode, find, weighted_nms


def detection(score: float, box: tuple[float, float, float, float]) -> Detection:
    points = np.array([box[:2], box[2:], box[:2], box[2:]], np.float32)
    return Detection(score, np.array(box, np.float32), points)


def test_anchors_are_those_of_the_network() -> None:
    anchors = anchor_centres()
    assert anchors.shape == (28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6, 2) == (2254, 2)
    assert anchors.dtype == np.float32
    assert not anchors.flags.writeable


@pytest.mark.parametrize(
    ("index", "centre"),
    [
        (0, (0.5 / 28, 0.5 / 28)),
        (1, (0.5 / 28, 0.5 / 28)),
        (2, (1.5 / 28, 0.5 / 28)),
        (2 * 28, (0.5 / 28, 1.5 / 28)),
        (1568, (0.5 / 14, 0.5 / 14)),
        (1568 + 392, (0.5 / 7, 0.5 / 7)),
        (1568 + 392 + 5, (0.5 / 7, 0.5 / 7)),
        (1568 + 392 + 6, (1.5 / 7, 0.5 / 7)),
        (2253, (6.5 / 7, 6.5 / 7)),
    ],
)
def test_anchors_go_row_by_row(index: int, centre: tuple[float, float]) -> None:
    assert anchor_centres()[index] == pytest.approx(centre)


def test_decoding_is_relative_to_the_anchor() -> None:
    boxes = np.zeros((2254, 12), np.float32)
    logits = np.full(2254, -50.0, np.float32)
    logits[2253], logits[0] = 2.0, 200.0
    boxes[2253] = (22.4, -22.4, 44.8, 22.4, 0, 0, 22.4, 0, 0, 22.4, -22.4, 0)
    found = decode(boxes, logits, 0.5)
    assert [round(d.score, 3) for d in found] == [1.0, 0.881]
    x, y = 6.5 / 7, 6.5 / 7
    assert found[1].box == pytest.approx((x, y - 0.15, x + 0.2, y - 0.05), abs=1e-6)
    expected = [(x, y), (x + 0.1, y), (x, y + 0.1), (x - 0.1, y)]
    np.testing.assert_allclose(found[1].points, expected, atol=1e-6)
    assert [d.score for d in decode(boxes, logits, 0.9)] == [1.0]
    assert decode(boxes, np.full(2254, -1.0, np.float32), 0.5) == []


@pytest.mark.parametrize(
    ("boxes", "groups"),
    [
        ([], []),
        ([(0.9, (0, 0, 1, 1))], [1]),
        ([(0.9, (0, 0, 1, 1)), (0.6, (0, 0, 1, 0.9))], [2]),
        ([(0.9, (0, 0, 1, 1)), (0.6, (2, 2, 3, 3))], [1, 1]),
        ([(0.9, (0, 0, 1, 1)), (0.8, (2, 2, 3, 3)), (0.7, (0, 0, 1, 0.9))], [2, 1]),
        ([(0.9, (0, 0, 1, 1)), (0.8, (0, 0, 1, 0.5))], [1, 1]),  # exactly half is not more
        ([(0.9, (1, 1, 1, 1)), (0.8, (1, 1, 1, 1))], [1, 1]),  # without area
    ],
)
def test_suppression_groups_what_overlaps(
    boxes: list[tuple[float, tuple[float, float, float, float]]], groups: list[int]
) -> None:
    found = weighted_nms([detection(score, box) for score, box in boxes])
    assert len(found) == len(groups)
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)


def test_suppression_weighs_by_score() -> None:
    merged = weighted_nms([detection(0.9, (0, 0, 1, 1)), detection(0.6, (0.1, 0, 1, 1))])
    assert len(merged) == 1
    assert merged[0].score == pytest.approx(0.9)
    assert merged[0].box[0] == pytest.approx(0.04)
    assert merged[0].points[0, 0] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("box", "expected"),
    [((0, 0, 1, 1), 1.0), ((0.5, 0, 1.5, 1), 1 / 3), ((2, 2, 3, 3), 0.0), ((0, 0, 0, 0), 0.0)],
)
def test_overlap(box: tuple[float, float, float, float], expected: float) -> None:
    unit = np.array((0, 0, 1, 1), np.float32)
    assert box_iou(unit, np.array([box], np.float32))[0] == pytest.approx(expected)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(120, 200), (200, 120), (64, 64)])
def test_points_of_a_turned_view_are_found_again(turns: int, shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    x, y = shape[1] * 3 // 4, shape[0] // 4
    image[y - 3 : y + 4, x - 3 : x + 4] = 255
    view = View.of(image).turned(turns)
    rows, columns = np.nonzero(view.pixels[:, :, 0] > 127)
    seen = np.array([[columns.mean() + 0.5, rows.mean() + 0.5]], np.float32) / 224
    assert view.points_in_picture(seen)[0] == pytest.approx((x, y), abs=1.5)


def test_letterbox_is_black_and_centred() -> None:
    view = View.of(np.full((100, 200, 3), 255, np.uint8))
    assert view.pixels.shape == (224, 224, 3)
    assert (view.pixels[:54] == 0).all()
    assert (view.pixels[58:166, :-1] == 255).all()
    assert (view.pixels[170:] == 0).all()


def test_region_is_seen_closely_with_surroundings() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    image[100:200, 100:200] = 255
    view = View.of(image, (0.25, 0.25, 0.5, 0.5))
    bright = (view.pixels[:, :, 0] > 127).mean()
    assert bright == pytest.approx(1 / 1.5**2, abs=0.02)
    middle = view.points_in_picture(np.array([[0.5, 0.5]], np.float32))
    assert middle[0] == pytest.approx((150, 150))


def test_who_is_known_is_painted_over() -> None:
    image = np.full((100, 200, 3), 200, np.uint8)
    image[40:60, 100:120] = 0
    view = View.of(image)
    covered = view.without([(98, 38, 122, 62)])
    assert view.pixels[56:168, :-1].min() == 0
    assert covered.pixels[58:166, :-1].min() > 80
    assert view.without([]) is view
    assert covered.without([(-500, -500, 900, 900)]).pixels.std() == 0


def test_find_returns_regions_in_the_picture() -> None:
    def infer(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert pixels.shape == (224, 224, 3)
        boxes = np.zeros((2254, 12), np.float32)
        logits = np.full(2254, -9.0, np.float32)
        middle = 2 * (14 * 28 + 14)
        logits[middle] = 5.0
        boxes[middle] = (0, 0, 20, 20, 0, 0, 0, -56, 0, 0, 0, 0)
        return boxes, logits

    (roi,) = find(View.of(np.zeros((100, 200, 3), np.uint8)), infer, 0.5)
    assert (roi.x, roi.y) == pytest.approx((200 * 14.5 / 28, 50 + 200 * 0.5 / 28), abs=1e-3)
    assert roi.size == pytest.approx(2 * 50 * 1.25, abs=1e-3)
    assert roi.rotation == pytest.approx(0.0, abs=1e-6)
