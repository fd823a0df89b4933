from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import SourceError, UsageError
from ambient.evaluate.benchmark import agreement, benchmark_cameras, benchmark_vision
from ambient.evaluate.benchmark_parts import benchmark_parts
from models import samples, store
from vision.parts import Part
from vision.pose.types import Pose

WIDTH, HEIGHT = 200, 100


def pose(shift: tuple[float, float] = (0.0, 0.0), visible: int = 33, torso: float = 0.5) -> Pose:
    """Somebody whose trunk is ``torso`` of the picture's height, moved by so many pixels."""
    keypoints = np.full((33, 3), 0.5, np.float32)
    keypoints[11:13, 1] = 0.5 - torso
    keypoints[:, :2] += np.float32((shift[0] / WIDTH, shift[1] / HEIGHT))
    keypoints[:, 2] = np.arange(33) < visible
    return Pose.from_keypoints(keypoints, np.zeros((33, 3), np.float32), 1.0, 0.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (None, None, (0, 0)),
        (pose(), None, (0, 0)),
        (None, pose(), (0, 0)),
        (pose(), pose(), (33, 33)),
        (pose(), pose(visible=10), (10, 10)),
        (pose(visible=10), pose(), (33, 33)),  # their visibility counts
        (pose(shift=(2.4, 0)), pose(), (33, 33)),  # 5 % of a trunk of 50 pixels are 2.5
        (pose(shift=(0, 2.4)), pose(), (33, 33)),
        (pose(shift=(2.6, 0)), pose(), (0, 33)),
        (pose(shift=(0, 2.6)), pose(), (0, 33)),
        (pose(shift=(1.8, 1.8)), pose(), (0, 33)),
        (pose(shift=(1.0, 0)), pose(torso=0.1), (0, 33)),  # their trunk counts
    ],
)
def test_agreement(ours: Pose | None, theirs: Pose | None, expected: tuple[int, int]) -> None:
    assert agreement(ours, theirs, WIDTH, HEIGHT) == expected


@pytest.fixture(scope="module")
def models_dir() -> Path:
    directory = store.locate()
    for name in ("pose_detector", "pose_landmark_full", "pose_landmarker_full.task"):
        if store.Store(directory).look(name).state is not store.State.OK:
            pytest.skip(f"model {name} isn't here, run: ambient models pull")
    return directory


def test_engines_are_measured_beside_each_other(models_dir: Path) -> None:
    report = benchmark_vision(samples.path("walk"), models_dir=models_dir, max_frames=60)
    document = msgspec.json.decode(msgspec.json.encode(report))
    for name in ("openvino", "mediapipe"):
        cost = document["engines"][name]
        assert cost["cpu_s_per_frame"] > 0
        assert cost["wall_s_per_frame"] > 0
        assert cost["frames_with_person"] >= 55
    ours, theirs = (
        document["engines"][name]["cpu_s_per_frame"] for name in ("openvino", "mediapipe")
    )
    assert document["cpu_ratio"] == pytest.approx(ours / theirs)
    assert document["landmark_agreement"] >= 0.95
    assert (document["frames"], document["timed_frames"]) == (60, 48)
    assert document["process"]["cpu_s"] > 0


def test_cameras_are_measured_at_once(models_dir: Path) -> None:
    report = benchmark_cameras(
        samples.path("walk"), 2, seconds=1.5, warm_up_s=0.5, models_dir=models_dir
    )
    assert len(report.fps) == 2
    assert all(0 < rate <= 11 for rate in report.fps)
    assert report.dropped >= 0
    assert report.age_p95_s > 0
    assert report.cpu_cores > 0
    assert report.rss_mb > 0


def test_a_part_is_measured_beside_the_rest_in_one_run(models_dir: Path) -> None:
    report = benchmark_parts(
        samples.path("walk"), [Part.SECOND_EYES], rounds=2, models_dir=models_dir
    )
    assert report.without == ["second-eyes"]
    assert report.frames >= 60
    # The second detector is a network of its own: it can't come for nothing.
    assert report.ratio > 1.02
    assert report.low <= report.ratio <= report.high
    assert report.whole_ms > report.left_ms > 0


def test_what_is_left_out_must_be_named(models_dir: Path) -> None:
    with pytest.raises(UsageError, match="--without: expected a part to leave out, got none"):
        benchmark_parts(samples.path("walk"), [], models_dir=models_dir)


@pytest.mark.parametrize("content", [b"", b"not a video" * 99])
def test_what_is_no_video_is_refused(content: bytes, tmp_path: Path, models_dir: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    with pytest.raises(SourceError, match=r"clip\.mp4: can't be opened as a video"):
        benchmark_vision(clip, models_dir=models_dir)
    with pytest.raises(SourceError, match=r"clip\.mp4: can't be opened as a video"):
        benchmark_cameras(clip, 1, models_dir=models_dir)
    with pytest.raises(SourceError, match=r"clip\.mp4: "):
        benchmark_parts(clip, [Part.TEMPORAL], models_dir=models_dir)


def test_too_few_frames_are_refused(models_dir: Path) -> None:
    with pytest.raises(SourceError, match="expected more than 12 frames to measure on, got 5"):
        benchmark_vision(samples.path("walk"), models_dir=models_dir, max_frames=5)


@pytest.mark.parametrize("cameras", [0, 65])
def test_a_number_of_cameras_out_of_range_is_refused(cameras: int) -> None:
    with pytest.raises(UsageError, match=f"cameras: expected 1 to 64, got {cameras}"):
        benchmark_cameras(samples.path("walk"), cameras)
