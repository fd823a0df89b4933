from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.errors import ModelError
from models import store
from vision.pose.blazepose import BlazePose
from vision.pose.runtime import Network, Recipe
from vision.pose.types import Device, Image, PoseOptions, Precision, RunningMode

STEP = 83_333_333
OUTPUTS = ("Identity", "Identity_1", "Identity_3", "Identity_4")
Frames = Callable[[str, int], list[Image]]


def recipe(models_dir: Path, cache: Path, precision: Precision, exact_tail: bool) -> Recipe:
    return Recipe(
        path=store.path("pose_landmark_full", models_dir),
        outputs=OUTPUTS,
        mean=0.0,
        scale=255.0,
        exact_tail=exact_tail,
        device=Device.CPU,
        precision=precision,
        threads=1,
        streams=1,
        cache_dir=cache,
    )


def lying(image: Image) -> Image:
    """The room turned on its side: who walks, lies."""
    return np.ascontiguousarray(np.rot90(image))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_who_lies_is_found_when_looked_at_harder(
    models_dir: Path, frames: Frames, turns: int
) -> None:
    image = np.ascontiguousarray(np.rot90(frames("walk", 20)[-1], turns))
    options = PoseOptions(mode=RunningMode.IMAGE, models_dir=models_dir)
    with BlazePose.create(options) as engine:
        found = engine.detect(image, 0, look_harder=True)
    assert len(found) == 1
    hips, head = found[0].keypoints[23:25, :2].mean(axis=0), found[0].keypoints[0, :2]
    up = [(-1, 0), (0, 1), (1, 0)][turns - 1]
    assert np.dot(head - hips, up) > 0.05


def test_turned_views_are_tried_one_a_frame(models_dir: Path, frames: Frames) -> None:
    image = lying(frames("walk", 20)[-1])
    with BlazePose.create(PoseOptions(models_dir=models_dir)) as engine:
        plain = [engine.detect(image, index * STEP) for index in range(3)]
        harder = [engine.detect(image, (3 + index) * STEP, look_harder=True) for index in range(3)]
        after = engine.detect(image, 6 * STEP)
    if not any(plain):  # the upright view may find who lies: then there was nothing to do
        assert any(harder)
    assert len(after) == 1


def test_who_lies_is_found_beside_somebody_who_stands(models_dir: Path, frames: Frames) -> None:
    standing = frames("walk", 20)[-1]
    both = np.concatenate([standing, np.ascontiguousarray(np.rot90(standing)[-360:])], axis=1)
    region = (standing.shape[1] / both.shape[1], 0.0, 1.0, 1.0)
    options = PoseOptions(num_people=3, mode=RunningMode.IMAGE, models_dir=models_dir)
    with BlazePose.create(options) as engine:
        found = engine.detect(both, 0, look_harder=True, region=region)
    assert len(found) == 2
    assert abs(found[0].rotation) < 0.5
    assert abs(abs(found[1].rotation) - np.pi / 2) < 0.5


def test_two_people_are_two(models_dir: Path, frames: Frames) -> None:
    images = frames("two_people", 120)
    with BlazePose.create(PoseOptions(num_people=3, models_dir=models_dir)) as engine:
        counts = [len(engine.detect(image, i * STEP)) for i, image in enumerate(images)]
    assert max(counts) == 2
    # One is hidden behind the other for a second, and found again soon after.
    assert counts.count(2) >= 90


def test_one_person_is_one(models_dir: Path, frames: Frames) -> None:
    with BlazePose.create(PoseOptions(num_people=3, models_dir=models_dir)) as engine:
        images = frames("walk", 60)
        counts = [len(engine.detect(image, i * STEP)) for i, image in enumerate(images)]
    assert max(counts) == 1


def shifted(image: Image, pixels: float) -> Image:
    """The picture as a camera that stands a fraction of a pixel aside would show it."""
    matrix = np.array([[1.0, 0.0, pixels], [0.0, 1.0, pixels / 2]])
    size = (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def test_several_looks_scatter_less_and_see_the_same(models_dir: Path, frames: Frames) -> None:
    options = PoseOptions(mode=RunningMode.IMAGE, models_dir=models_dir)
    scatter = {True: 0.0, False: 0.0}
    with BlazePose.create(options) as engine:
        for clip, number in (("fall", -1), ("walk", -1), ("walk", 51), ("two_people", -1)):
            image = frames(clip, 1000)[number]
            seen: dict[bool, list[np.ndarray]] = {True: [], False: []}
            for step, several in itertools.product(range(8), seen):
                doubts = [(0.0, 0.0, 1.0, 1.0)] if several else []
                moved = shifted(image, step / 8)
                found = engine.detect(moved, 0, look_harder=True, doubts=doubts)
                seen[several].append(found[0].keypoints[11:, :2])
            for several, points in seen.items():
                scatter[several] += float(np.std(points, axis=0).mean())
            apart = np.mean(seen[True], axis=0) - np.mean(seen[False], axis=0)
            assert np.median(np.linalg.norm(apart, axis=1)) < 0.01
    assert scatter[True] < 0.9 * scatter[False]


def test_an_empty_room_is_empty(models_dir: Path, frames: Frames) -> None:
    with BlazePose.create(PoseOptions(num_people=3, models_dir=models_dir)) as engine:
        images = frames("empty", 6)
        assert all(
            engine.detect(image, i * STEP, look_harder=True) == [] for i, image in enumerate(images)
        )


def test_colours_are_told_apart(models_dir: Path, frames: Frames) -> None:
    options = PoseOptions(
        mode=RunningMode.IMAGE, precision=Precision.FLOAT32, models_dir=models_dir
    )
    (image,) = frames("walk", 1)
    with BlazePose.create(options) as engine:
        right, swapped = engine.detect(image, 0), engine.detect(image[:, :, ::-1], 0)
    assert right[0].presence > 0.5
    assert not swapped or not np.allclose(right[0].keypoints, swapped[0].keypoints, atol=1e-4)


def test_regression_stays_exact(models_dir: Path, tmp_path: Path) -> None:
    crop = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    points = {}
    for name, precision, exact in (
        ("f32", Precision.FLOAT32, False),
        ("split", Precision.AUTO, True),
        ("whole", Precision.AUTO, False),
    ):
        network = Network.load(recipe(models_dir, tmp_path, precision, exact))
        network.input[:] = crop
        outputs = network()
        assert [output.shape for output in outputs] == [
            (1, 195),
            (1, 1),
            (1, 64, 64, 39),
            (1, 117),
        ]
        points[name] = outputs[0].reshape(39, 5)[:35, :2].copy()
    split = np.abs(points["split"] - points["f32"]).mean()
    whole = np.abs(points["whole"] - points["f32"]).mean()
    # On a CPU without bfloat16 all three are the same; with AMX the tail costs next to nothing.
    assert split <= 1.02 * whole + 1e-3
    assert split < 8


@pytest.mark.parametrize(
    ("cameras", "cores", "precision"),
    [
        (0, 1, Precision.FLOAT32),
        (1, 1, Precision.FLOAT32),
        (4, 2, Precision.FLOAT32),
        (5, 2, Precision.AUTO),
        (10, 2, Precision.AUTO),
    ],
)
def test_few_cameras_are_looked_at_alike_on_every_processor(
    cameras: int, cores: int, precision: Precision
) -> None:
    assert PoseOptions().precision is Precision.FLOAT32
    assert Precision.for_cameras(cameras, cores) is precision


def test_engines_share_a_compiled_network(models_dir: Path, tmp_path: Path, frames: Frames) -> None:
    options = PoseOptions(streams=2, models_dir=models_dir, cache_dir=tmp_path)
    images = frames("walk", 8)
    results: list[list[Image]] = [[], []]

    def run(index: int) -> None:
        with BlazePose.create(options) as engine:
            for number, image in enumerate(images):
                results[index] += [p.keypoints for p in engine.detect(image, number * STEP)]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results[0]) == len(results[1]) == len(images)
    np.testing.assert_allclose(results[0], results[1], atol=1e-5)
    assert list(tmp_path.glob("*.blob"))


def test_a_device_that_is_not_there_says_so(models_dir: Path, tmp_path: Path) -> None:
    from models.runtime import ov

    if any(name.startswith("NPU") for name in ov.Core().available_devices):
        pytest.skip("this machine has an NPU")
    with pytest.raises(ModelError, match="can't run it on NPU"):
        BlazePose.create(PoseOptions(device=Device.NPU, models_dir=models_dir, cache_dir=tmp_path))


def test_without_a_place_for_compiled_networks_it_runs(
    models_dir: Path, tmp_path: Path, frames: Frames
) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with BlazePose.create(PoseOptions(models_dir=models_dir, cache_dir=taken)) as engine:
        assert engine.detect(frames("walk", 1)[0], 0)
