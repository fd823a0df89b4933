"""Our engine says what MediaPipe's says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.evaluate.benchmark import agreement
from tests.recorded import recorded
from vision.pose.blazepose import BlazePose
from vision.pose.mediapipe_engine import MediaPipePose
from vision.pose.types import Image, Pose, PoseEngine, PoseOptions, Precision, RunningMode

STEP = 83_000_000
Frames = Callable[[str, int], list[Image]]


def found(engine: PoseEngine, images: list[Image]) -> list[Pose | None]:
    with engine:
        # MediaPipe's filter ignores an instant of zero.
        poses = [engine.detect(image, (at + 1) * STEP) for at, image in enumerate(images)]
    return [each[0] if each else None for each in poses]


def both(
    images: list[Image], options: PoseOptions, theirs: list[Pose | None] | None = None
) -> list[tuple[Pose | None, Pose | None, Image]]:
    """Return what our engine says, what MediaPipe's does or has said, and of which picture."""
    ours = found(BlazePose.create(options), images)
    theirs = theirs or found(MediaPipePose.create(options), images)
    return list(zip(ours, theirs, images, strict=True))


def share(pairs: list[tuple[Pose | None, Pose | None, Image]]) -> float:
    near = visible = 0
    for one, other, image in pairs:
        hits, points = agreement(one, other, image.shape[1], image.shape[0])
        near, visible = near + hits, visible + points
    assert visible > 0
    return near / visible


@pytest.fixture(scope="module")
def said() -> dict[str, list[Pose | None]]:
    """What MediaPipe's engine, which knows no precision, said of each clip."""
    return {}


@pytest.mark.parametrize("clip", ["walk", "sit", "lie_bed"])
@pytest.mark.parametrize("precision", list(Precision))
def test_videos_agree(
    clip: str,
    precision: Precision,
    models_dir: Path,
    frames: Frames,
    said: dict[str, list[Pose | None]],
) -> None:
    options = PoseOptions(precision=precision, models_dir=models_dir)
    pairs = both(frames(clip, 60), options, said.get(clip))
    said[clip] = [other for _, other, _ in pairs]
    assert share(pairs) >= 0.95
    assert np.mean([(one is None) == (other is None) for one, other, _ in pairs]) >= 0.95


def test_single_pictures_agree_closely_without_rounding(models_dir: Path, frames: Frames) -> None:
    options = PoseOptions(
        mode=RunningMode.IMAGE, precision=Precision.FLOAT32, models_dir=models_dir
    )
    pairs = both(frames("walk", 60)[::6] + frames("sit", 60)[::6], options)
    apart, deep = [], []
    for one, other, _ in pairs:
        assert one is not None
        assert other is not None
        seen = other.keypoints[:, 2] >= 0.5
        apart.append(np.abs(one.keypoints - other.keypoints)[seen])
        deep.append(np.abs(one.world - other.world)[seen])
    assert np.median(np.concatenate(apart)) < 0.002
    assert np.median(np.concatenate(deep)) < 0.02


def test_a_recording_agrees(models_dir: Path) -> None:
    clip = recorded("video", "gmdcsa24", "S3_ADL_07.mp4")
    video = cv2.VideoCapture(str(clip))
    images = []
    while len(images) < 80 and (frame := video.read())[0]:
        images.append(np.asarray(frame[1], np.uint8))
    video.release()
    assert share(both(images, PoseOptions(models_dir=models_dir))) >= 0.95
