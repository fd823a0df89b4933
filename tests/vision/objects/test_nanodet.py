from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ambient.errors import ModelError
from models import samples, store
from models.runtime import ov
from vision.objects.nanodet import (
    NanoDet,
    ObjectOptions,
    candidates,
    decode,
    suppress,
)
from vision.objects.types import ALL_TURNS, Detection, ObjectDetector, Thing
from vision.objects.view import View, shape_for, turned, unturned
from vision.pose.runtime import Channels, Network, Recipe
from vision.pose.types import Device, Image, Precision

SQUARE = (416, 416)
CELLS = (52 * 52, 26 * 26, 13 * 13)


@pytest.fixture(scope="module")
def models_dir() -> Path:
    directory = store.locate()
    if store.Store(directory).look("object_detector").state is not store.State.OK:
        pytest.skip("model object_detector isn't here, run: ambient models pull")
    return directory


@pytest.fixture(scope="module")
def detector(models_dir: Path) -> Iterator[NanoDet]:
    with NanoDet.create(ObjectOptions(models_dir=models_dir)) as made:
        yield made


def _frame(name: str, second: float) -> Image:
    video = cv2.VideoCapture(str(samples.path(name)))
    video.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
    good, image = video.read()
    video.release()
    assert good
    return np.asarray(image, np.uint8)


def _best(found: list[Detection], thing: Thing) -> Detection:
    return next(each for each in found if each.thing is thing)


def _edges(row: int, bins: tuple[int, int, int, int]) -> list[np.ndarray]:
    """Return outputs in which one cell is sure of the distances to its edges."""
    levels = [np.zeros((count, 44), np.float32) for count in CELLS]
    logits = np.zeros((4, 11), np.float32)
    logits[range(4), bins] = 80
    for level in levels:
        if row < len(level):
            level[row] = logits.ravel()
            break
        row -= len(level)
    return levels


@pytest.mark.parametrize(
    ("row", "bins", "box"),
    [
        (0, (0, 0, 3, 4), (4, 4, 28, 36)),
        (53, (1, 0, 0, 2), (4, 12, 12, 28)),
        (2704 + 1, (1, 0, 2, 5), (8, 8, 56, 88)),
        (2704 + 676 + 14, (1, 1, 10, 10), (16, 16, 368, 368)),
        (3548, (10, 10, 10, 10), (80, 80, 416, 416)),
        (0, (9, 9, 0, 0), (0, 0, 4, 4)),
    ],
)
def test_boxes_reach_from_the_middle_of_their_cell(
    row: int, bins: tuple[int, int, int, int], box: tuple[float, ...]
) -> None:
    (got,) = decode(_edges(row, bins), np.array([row]), SQUARE)
    assert tuple(got) == pytest.approx(box, abs=1e-3)


def test_a_distance_is_the_mean_of_its_distribution() -> None:
    levels = _edges(0, (0, 0, 4, 4))
    levels[0][0, 22:33] = -80
    levels[0][0, [24, 25]] = np.log([1, 3])
    (box,) = decode(levels, np.array([0]), SQUARE)
    assert box[2] == pytest.approx(4 + 8 * 2.75, abs=1e-3)


def test_candidates_come_surest_first_and_not_without_end() -> None:
    scores = np.zeros((3549, 3), np.float32)
    scores[5, 1], scores[9, 0], scores[9, 2], scores[7, 0] = 0.5, 0.9, 0.3, 0.29
    rows, kinds = candidates(scores, 0.3)
    assert list(zip(rows.tolist(), kinds.tolist(), strict=True)) == [(9, 0), (5, 1), (9, 2)]
    assert len(candidates(scores, 0.0)[0]) == 300
    assert len(candidates(scores, 0.95)[0]) == 0


@pytest.mark.parametrize(
    ("boxes", "kinds", "kept"),
    [
        ([], [], []),
        ([(0, 0, 9, 9)], [0], [0]),
        ([(0, 0, 9, 9), (0, 0, 9, 8)], [0, 0], [0]),
        ([(0, 0, 9, 9), (0, 0, 9, 8)], [0, 1], [0, 1]),
        ([(0, 0, 9, 9), (0, 0, 9, 5)], [0, 0], [0, 1]),
        ([(0, 0, 9, 9), (20, 0, 29, 9), (1, 0, 9, 9)], [0, 0, 0], [0, 1]),
    ],
)
def test_only_things_of_one_kind_suppress_each_other(
    boxes: list[tuple[float, ...]], kinds: list[int], kept: list[int]
) -> None:
    scores = np.linspace(0.9, 0.5, len(boxes), dtype=np.float32)
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    assert suppress(corners, scores, np.array(kinds, np.intp), 0.6) == kept


@pytest.mark.parametrize("shape", [SQUARE, (288, 416), (416, 352)])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_boxes_of_a_turned_view_are_turned_back(turns: int, shape: tuple[int, int]) -> None:
    view = np.zeros(shape, np.uint8)
    view[30:90, 200:240] = 1
    rows, columns = np.nonzero(np.rot90(view, turns))
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert np.rot90(view, turns).shape == turned(shape, turns)
    back = unturned(np.array([box], np.float32), turns, shape)
    assert back[0].tolist() == [200, 30, 240, 90]


@pytest.mark.parametrize(
    "shape", [(360, 640), (640, 360), (1080, 1920), (1, 1), (2, 900), (50, 50)]
)
@pytest.mark.parametrize("region", [None, (0.1, 0.2, 0.3, 0.5), (0.9, 0.9, 1.2, 1.2), (0, 0, 1, 1)])
def test_what_is_seen_in_a_view_is_found_in_the_picture(
    shape: tuple[int, int], region: tuple[float, float, float, float] | None
) -> None:
    # The picture says where each of its pixels is.
    down, across = np.mgrid[0 : shape[0], 0 : shape[1]]
    image = np.stack(
        [(across + 0.5) / shape[1] * 255, (down + 0.5) / shape[0] * 255, 0 * down + 255], axis=2
    )
    view = View.of(image.astype(np.uint8), region)
    rows, columns = np.nonzero(view.pixels[:, :, 2])
    for pick in (0, len(rows) // 2, -1):
        x, y = columns[pick], rows[pick]
        (box,) = view.in_picture(np.array([[x, y, x + 1, y + 1]], np.float32))
        said = view.pixels[y, x, :2] / 255
        close = 1.5 / min(shape) + 0.01 if min(shape) > 2 else 1
        assert (box[:2] + box[2:]) / 2 == pytest.approx(said, abs=close)
    if region is not None:
        corners = (np.array(region).clip(0, 1).reshape(2, 2) - view.offset) / view.scale
        assert corners.min() > -1
        assert corners.max() < 417


@pytest.mark.parametrize(
    ("picture", "shape"),
    [
        ((234, 416), (288, 416)),
        ((256, 416), (288, 416)),
        ((257, 416), (352, 416)),
        ((312, 416), (352, 416)),
        ((321, 416), SQUARE),
        ((416, 416), SQUARE),
        ((416, 234), (416, 288)),
        ((416, 321), SQUARE),
        ((1, 416), (288, 416)),
    ],
)
def test_a_view_has_little_border(picture: tuple[int, int], shape: tuple[int, int]) -> None:
    assert shape_for(*picture) == shape


@pytest.mark.parametrize("picture", [(360, 640), (640, 360), (480, 640), (64, 64)])
def test_whatever_is_looked_at_closely_has_one_shape(picture: tuple[int, int]) -> None:
    """What is compiled, and kept on the disk, would else tell where somebody was seen."""
    image = np.zeros((*picture, 3), np.uint8)
    rng = np.random.default_rng(5)
    for x0, y0, across, down in rng.uniform(0, (0.7, 0.7, 1.0, 1.0), (50, 4)):
        region = (x0, y0, x0 + 0.05 + across, y0 + 0.05 + down)
        assert View.of(image, region).pixels.shape[:2] == SQUARE


@pytest.mark.parametrize("turns", [(0,), (1,), (3,), ALL_TURNS])
@pytest.mark.parametrize("cut", [slice(0, 640), slice(80, 560), slice(360, 560)])
def test_a_border_less_changes_little(
    detector: NanoDet, cut: slice, turns: tuple[int, ...]
) -> None:
    """What a picture shows is found as well where black makes a square of it.

    The picture lies on its side where the detector is to look that way.
    """
    image = np.ascontiguousarray(np.rot90(_frame("sit", 12)[:, cut], -turns[-1]))
    height, width = image.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, 3), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    sure = [d for d in detector.detect(image, turns=turns) if d.score >= 0.5]
    padded = detector.detect(square, turns=turns)
    assert sure
    for one in sure:
        x0, y0, x1, y1 = np.array(one.box) * ([width, height] * 2) + [left, top] * 2
        near = min(
            np.abs(np.array(d.box) * side - (x0, y0, x1, y1)).max()
            for d in padded
            if d.thing is one.thing
        )
        assert near < 0.03 * side


def test_a_region_is_looked_at_closely() -> None:
    image = np.zeros((400, 800, 3), np.uint8)
    image[100:200, 200:300] = 255
    view = View.of(image, (0.25, 0.25, 0.375, 0.5))
    assert (view.pixels > 127).mean() == pytest.approx(1 / 1.5**2, abs=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"min_score": -0.1},
        {"min_score": 1.1},
        {"threads": 0},
        {"streams": 65},
        {"things": frozenset()},
    ],
)
def test_options_out_of_range_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"ObjectOptions\.{next(iter(change))}: expected"):
        ObjectOptions(**change)


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ambient models pull"):
        NanoDet.create(ObjectOptions(models_dir=tmp_path))


@pytest.mark.parametrize(
    ("image", "options", "said"),
    [
        (np.zeros((8, 8), np.uint8), {}, "image: expected"),
        (np.zeros((8, 8, 3), np.float32), {}, "image: expected"),
        (np.zeros((0, 8, 3), np.uint8), {}, "image: expected"),
        (np.zeros((8, 8, 3), np.uint8), {"region": (0.5, 0, 0.5, 1)}, "region: expected"),
        (np.zeros((8, 8, 3), np.uint8), {"region": (1.1, 0, 1.2, 1)}, "region: expected"),
        (np.zeros((8, 8, 3), np.uint8), {"turns": (4,)}, "turns: expected some of"),
        (np.zeros((8, 8, 3), np.uint8), {"turns": ()}, "turns: expected some of"),
    ],
)
def test_misuse_is_refused(
    detector: NanoDet, image: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        detector.detect(image, **options)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3), (64, 64, 3)])
def test_nothing_is_seen_where_nothing_is(detector: NanoDet, shape: tuple[int, int, int]) -> None:
    assert detector.detect(np.full(shape, 90, np.uint8), turns=ALL_TURNS) == []


# Boxes as they are seen by eye in the sample clips.
@pytest.mark.parametrize(
    ("clip", "second", "thing", "box"),
    [
        ("walk", 4, Thing.PERSON, (0.66, 0.17, 0.86, 0.86)),
        ("sit", 12, Thing.PERSON, (0.65, 0.28, 0.79, 0.80)),
        ("empty", 3, Thing.CHAIR, (0.655, 0.33, 0.765, 0.645)),
        ("fall_c2", 20, Thing.BED, (0.0, 0.42, 0.39, 0.97)),
    ],
)
def test_things_are_found_where_they_are(
    detector: NanoDet, clip: str, second: float, thing: Thing, box: tuple[float, ...]
) -> None:
    image = _frame(clip, second)
    image.setflags(write=False)
    found = detector.detect(image)
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    assert _best(found, thing).box == pytest.approx(box, abs=0.06)
    mirrored = detector.detect(np.ascontiguousarray(image[:, ::-1]))
    x0, y0, x1, y1 = _best(mirrored, thing).box
    assert (1 - x1, y0, 1 - x0, y1) == pytest.approx(box, abs=0.06)


@pytest.mark.parametrize("options", [{"turns": ALL_TURNS}, {"region": (0.3, 0.6, 0.8, 1.0)}])
def test_somebody_on_the_floor_is_found(detector: NanoDet, options: dict[str, Any]) -> None:
    found = detector.detect(_frame("fall", 18), **options)
    assert _best(found, Thing.PERSON).box == pytest.approx((0.36, 0.61, 0.70, 0.97), abs=0.07)


def test_only_what_was_asked_for_is_reported(models_dir: Path) -> None:
    options = ObjectOptions(things=frozenset({Thing.CHAIR}), min_score=0.5, models_dir=models_dir)
    detector: ObjectDetector = NanoDet.create(options)
    found = detector.detect(_frame("empty", 3))
    assert {each.thing for each in found} == {Thing.CHAIR}
    assert min(each.score for each in found) >= 0.5


def test_turned_views_are_searched_for_people_alone(models_dir: Path) -> None:
    options = ObjectOptions(min_score=0.0, models_dir=models_dir)
    with NanoDet.create(options) as detector:
        found = detector.detect(_frame("walk", 4), turns=(1,))
    assert {each.thing for each in found} == {Thing.PERSON}


def test_rounding_changes_little(models_dir: Path, detector: NanoDet) -> None:
    options = ObjectOptions(models_dir=models_dir, precision=Precision.AUTO)
    image = _frame("sit", 12)
    with NanoDet.create(options) as fast:
        one, other = (_best(d.detect(image), Thing.PERSON) for d in (fast, detector))
    assert one.box == pytest.approx(other.box, abs=0.02)
    assert one.score == pytest.approx(other.score, abs=0.05)


def test_the_network_is_given_what_it_was_trained_with(models_dir: Path) -> None:
    path = store.path("object_detector", models_dir)
    mean, deviation = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
    outputs = ("Identity", "Identity_5")
    pixels = View.of(_frame("sit", 12), (0.3, 0.2, 0.7, 0.8)).pixels
    assert pixels.shape[:2] == SQUARE
    planes = ((pixels - np.array(mean)) / np.array(deviation)).transpose(2, 0, 1)[None]
    compiled = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    expected = compiled(planes.astype(np.float32))
    network = Network.load(
        Recipe(
            path=path,
            outputs=outputs,
            mean=mean,
            scale=deviation,
            exact_tail=False,
            device=Device.CPU,
            precision=Precision.FLOAT32,
            threads=1,
            streams=1,
            cache_dir=store.compiled(),
            channels=Channels.BGR,
        )
    )
    np.copyto(network.input, pixels)
    for name, got in zip(outputs, network(), strict=True):
        np.testing.assert_allclose(got, expected[name], atol=2e-3)
