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
from vision.pose.types import Image, Pose, PoseOptions, Precision, RunningMode

STEP = 83_000_000
Frames = Callable[[str, int], list[Image]]


def both(images: list[Image], options: PoseOptions) -> list[tuple[Pose | None, Pose | None, Image]]:
    with BlazePose.create(options) as ours, MediaPipePose.create(options) as theirs:
        result = []
        for index, image in enumerate(images):
            # MediaPipe's filter ignores an instant of zero.
            t_ns = (index + 1) * STEP
            one, other = ours.detect(image, t_ns), theirs.detect(image, t_ns)
            result.append((one[0] if one else None, other[0] if other else None, image))
        return result


def share(pairs: list[tuple[Pose | None, Pose | None, Image]]) -> float:
    near = visible = 0
    for one, other, image in pairs:
        hits, points = agreement(one, other, image.shape[1], image.shape[0])
        near, visible = near + hits, visible + points
    assert visible > 0
    return near / visible


@pytest.mark.parametrize("clip", ["walk", "sit", "lie_bed"])
@pytest.mark.parametrize("precision", list(Precision))
def test_videos_agree(clip: str, precision: Precision, models_dir: Path, frames: Frames) -> None:
    options = PoseOptions(precision=precision, models_dir=models_dir)
    pairs = both(frames(clip, 60), options)
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
