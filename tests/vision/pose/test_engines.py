"""What both engines promise alike: misuse, time, and somebody who walks through a room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ambient.errors import ModelError
from vision.pose.blazepose import BlazePose
from vision.pose.mediapipe_engine import MediaPipePose
from vision.pose.types import Image, ModelSize, PoseEngine, PoseOptions, RunningMode

STEP = 83_333_333
ENGINES = [BlazePose, MediaPipePose]
Frames = Callable[[str, int], list[Image]]


@pytest.fixture(scope="module", params=ENGINES, ids=["openvino", "mediapipe"])
def shared(request: pytest.FixtureRequest, models_dir: Path) -> Iterator[PoseEngine]:
    with request.param.create(PoseOptions(models_dir=models_dir)) as engine:
        yield engine


@pytest.fixture
def engine(shared: PoseEngine) -> PoseEngine:
    shared.reset()
    return shared


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 1), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        None,
    ],
)
def test_what_is_no_picture_is_refused(engine: PoseEngine, image: Any) -> None:
    with pytest.raises(ValueError, match="image: expected"):
        engine.detect(image, 0)
    assert engine.detect(np.zeros((8, 8, 3), np.uint8), 0) == []  # and nothing is broken


@pytest.mark.parametrize("t_ns", [STEP, STEP - 1, 0])
def test_time_that_does_not_go_forward_is_refused(engine: PoseEngine, t_ns: int) -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    engine.detect(image, STEP)
    with pytest.raises(ValueError, match="timestamps go forward"):
        engine.detect(image, t_ns)
    engine.detect(image, STEP + 1)
    engine.reset()
    engine.detect(image, t_ns)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3), (64, 64, 3)])
def test_pictures_of_any_size_are_looked_at(
    engine: PoseEngine, shape: tuple[int, int, int]
) -> None:
    assert engine.detect(np.full(shape, 90, np.uint8), 0) == []


def test_somebody_who_walks_is_followed(engine: PoseEngine, frames: Frames) -> None:
    images = frames("walk", 24)
    found = [engine.detect(image, index * STEP) for index, image in enumerate(images)]
    assert sum(len(poses) == 1 for poses in found) >= 22
    (pose,) = found[-1]
    assert pose.keypoints.shape == pose.world.shape == (33, 3)
    assert pose.keypoints.dtype == pose.world.dtype == np.float32
    assert np.isfinite(pose.keypoints).all()
    assert ((pose.keypoints[:, 2] >= 0) & (pose.keypoints[:, 2] <= 1)).all()
    assert 0.5 <= pose.presence <= 1
    assert abs(pose.rotation) < 0.5
    # Head above hips above feet, hips near the origin of the world.
    nose, hips, feet = pose.keypoints[0, 1], pose.keypoints[23:25, 1], pose.keypoints[27:29, 1]
    assert nose < hips.min() < feet.min()
    assert np.abs(pose.world[23:25].mean(axis=0)).max() < 0.1


def test_pictures_are_only_read(engine: PoseEngine, frames: Frames) -> None:
    (image,) = frames("walk", 1)
    before = image.copy()
    image.setflags(write=False)
    engine.detect(image, 0)
    assert (image == before).all()


def test_changing_resolution_is_followed(engine: PoseEngine, frames: Frames) -> None:
    images = frames("walk", 12)
    mixed = [image[::2, ::2] if index % 2 else image for index, image in enumerate(images)]
    found = [engine.detect(image, index * STEP) for index, image in enumerate(mixed)]
    assert all(len(poses) == 1 for poses in found)


@pytest.mark.parametrize("kind", ENGINES)
def test_single_pictures_need_no_time(
    kind: type[BlazePose | MediaPipePose], models_dir: Path, frames: Frames
) -> None:
    (image,) = frames("walk", 1)
    with kind.create(PoseOptions(mode=RunningMode.IMAGE, models_dir=models_dir)) as engine:
        first, second = engine.detect(image, 5), engine.detect(image, 5)
    assert len(first) == len(second) == 1
    np.testing.assert_array_equal(first[0].keypoints, second[0].keypoints)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_missing_model_says_what_to_do(
    kind: type[BlazePose | MediaPipePose], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="ambient models pull"):
        kind.create(PoseOptions(models_dir=tmp_path))


def test_mediapipe_has_the_full_model_only() -> None:
    with pytest.raises(ValueError, match="full model only, got lite"):
        MediaPipePose.create(PoseOptions(model=ModelSize.LITE))
