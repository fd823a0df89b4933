"""Measures the pose engines beside each other on a clip, in one run.

In: a clip. Out: processor and wall time a frame of ours and of MediaPipe's PoseLandmarker, their
ratio, and how far the landmarks agree. Both run in video mode, for one person, with one thread
each, the full landmark network and the same smoothing. The engines take turns in short blocks, so
that whatever else the machine does hits both alike; decoding happens before each block.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import psutil
from msgspec import Struct, field

from ambient.errors import SourceError
from ambient.evaluate.benchmark_cameras import CamerasBenchmark, benchmark_cameras
from ambient.evaluate.one_thread import one_thread
from vision.pose.blazepose import BlazePose
from vision.pose.mediapipe_engine import MediaPipePose
from vision.pose.types import Image, Landmark, Pose, PoseEngine, PoseOptions, Precision

__all__ = ["CamerasBenchmark", "VisionBenchmark", "benchmark_cameras", "benchmark_vision"]

_BLOCK: Final = 24
# Frames at the start that aren't timed: caches fill, pages are touched for the first time.
_WARM_UP: Final = 12
_VISIBLE: Final = 0.5
_NEAR: Final = 0.05


class EngineCost(Struct, frozen=True):
    """What one engine took.

    Attributes
    ----------
    cpu_s_per_frame
        Processor time of the whole process during its calls, all threads, in seconds.
    wall_s_per_frame
        Seconds.
    load_s
        Seconds to open the models.
    frames_with_person
        Frames with somebody in them, of all.
    """

    cpu_s_per_frame: float
    wall_s_per_frame: float
    load_s: float
    frames_with_person: int


class Engines(Struct, frozen=True):
    """Ours and the reference."""

    openvino: EngineCost
    mediapipe: EngineCost


class ProcessCost(Struct, frozen=True):
    """The whole process: loading, decoding, both engines."""

    cpu_s: float
    wall_s: float
    rss_mb: float


class VisionBenchmark(Struct, frozen=True):
    """What ``ambient benchmark vision CLIP`` prints.

    Attributes
    ----------
    cpu_ratio
        Ours divided by MediaPipe's processor time a frame.
    landmark_agreement
        Share, 0..1, of the points MediaPipe sees (visibility at least 0.5, in frames where both
        see a person) that lie within 5 % of its torso length (middle of the shoulders to middle
        of the hips); ``None`` when there is no such point.
    agreement_points
        How many points that share is of.
    width, height, frames, timed_frames
        Of the clip; without the warm-up.
    precision
        Arithmetic of ours: ``auto`` or ``f32``.
    """

    clip: str
    width: int
    height: int
    frames: int
    timed_frames: int
    precision: str
    engines: Engines
    cpu_ratio: float
    landmark_agreement: float | None
    agreement_points: int
    process: ProcessCost


class _Meter(Struct):
    """Sums of one engine."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    load_s: float = 0.0
    timed: int = 0
    with_person: int = 0
    poses: list[Pose | None] = field(default_factory=list)

    def run(self, engine: PoseEngine, images: list[Image], times: list[int], timed: bool) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        found = [engine.detect(image, t_ns) for image, t_ns in zip(images, times, strict=True)]
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        self.poses = [poses[0] if poses else None for poses in found]
        self.with_person += sum(1 for poses in found if poses)
        if timed:
            self.cpu_s += cpu
            self.wall_s += wall
            self.timed += len(images)

    def cost(self) -> EngineCost:
        frames = max(self.timed, 1)
        return EngineCost(
            cpu_s_per_frame=self.cpu_s / frames,
            wall_s_per_frame=self.wall_s / frames,
            load_s=self.load_s,
            frames_with_person=self.with_person,
        )


def benchmark_vision(
    clip: Path,
    *,
    models_dir: Path | None = None,
    precision: Precision = Precision.AUTO,
    max_frames: int = 1200,
) -> VisionBenchmark:
    """Measure both engines on a clip.

    Parameters
    ----------
    clip
        A video file.
    models_dir
        The models' store; ``None``: see ``models.store.locate``.
    precision
        Arithmetic of ours; MediaPipe always uses float32.
    max_frames
        Frames to take from the start of the clip at most.

    Raises
    ------
    SourceError
        The clip can't be read or has too few frames.
    ModelError
        A model is missing.
    """
    start_cpu, start_wall = time.process_time(), time.perf_counter()
    options = PoseOptions(precision=precision, models_dir=models_dir)
    ours, theirs = _Meter(), _Meter()
    frames, near, visible, size = 0, 0, 0, (0, 0)
    with one_thread():
        wall = time.perf_counter()
        openvino = BlazePose.create(options)
        ours.load_s, wall = time.perf_counter() - wall, time.perf_counter()
        mediapipe = MediaPipePose.create(options)
        theirs.load_s = time.perf_counter() - wall
        with openvino, mediapipe:
            turns: list[tuple[_Meter, PoseEngine]] = [(ours, openvino), (theirs, mediapipe)]
            for images, times in _blocks(clip, max_frames):
                timed = frames > 0
                for meter, engine in turns:
                    meter.run(engine, images, times, timed)
                turns.reverse()
                frames += len(images)
                size = (images[0].shape[1], images[0].shape[0])
                for one, other in zip(ours.poses, theirs.poses, strict=True):
                    hits, points = agreement(one, other, *size)
                    near, visible = near + hits, visible + points
    if not ours.timed:
        raise SourceError(
            f"{clip}: expected more than {_WARM_UP} frames to measure on, got {frames}; "
            "take a longer clip"
        )
    costs = Engines(openvino=ours.cost(), mediapipe=theirs.cost())
    return VisionBenchmark(
        clip=str(clip),
        width=size[0],
        height=size[1],
        frames=frames,
        timed_frames=ours.timed,
        precision=precision.value,
        engines=costs,
        cpu_ratio=costs.openvino.cpu_s_per_frame / costs.mediapipe.cpu_s_per_frame,
        landmark_agreement=near / visible if visible else None,
        agreement_points=visible,
        process=ProcessCost(
            cpu_s=time.process_time() - start_cpu,
            wall_s=time.perf_counter() - start_wall,
            rss_mb=psutil.Process().memory_info().rss / 1e6,
        ),
    )


def agreement(ours: Pose | None, theirs: Pose | None, width: int, height: int) -> tuple[int, int]:
    """Return how many of their visible points ours are near to, and how many there are.

    Near is within 5 % of their torso length, measured in pixels.
    """
    if ours is None or theirs is None:
        return 0, 0
    scale = np.array([width, height], np.float32)
    mine, others = ours.keypoints[:, :2] * scale, theirs.keypoints[:, :2] * scale
    shoulders = others[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(axis=0)
    hips = others[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(axis=0)
    limit = _NEAR * float(np.linalg.norm(shoulders - hips))
    apart = np.linalg.norm(mine - others, axis=1)
    visible = theirs.keypoints[:, 2] >= _VISIBLE
    return int((apart[visible] <= limit).sum()), int(visible.sum())


def _blocks(clip: Path, max_frames: int) -> Iterator[tuple[list[Image], list[int]]]:
    """Decode the clip block by block, the warm-up first: pictures and their instants."""
    video = cv2.VideoCapture(str(clip))
    if not video.isOpened():
        raise SourceError(f"{clip}: can't be opened as a video; check the path and the format")
    try:
        rate = video.get(cv2.CAP_PROP_FPS)
        step_ns = round(1e9 / (rate if 1 <= rate <= 240 else 30.0))
        taken, wanted = 0, _WARM_UP
        while taken < max_frames:
            images: list[Image] = []
            while len(images) < min(wanted, max_frames - taken):
                good, image = video.read()
                if not good:
                    break
                images.append(np.asarray(image, np.uint8))
            if not images:
                return
            yield images, [(taken + i + 1) * step_ns for i in range(len(images))]
            taken, wanted = taken + len(images), _BLOCK
    finally:
        video.release()
