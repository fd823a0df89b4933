"""Plays a clip on many cameras at once and says how well the machine keeps up.

In: a clip and a number of cameras. Out: frames a second, age, load and memory. Each camera has a
thread, a pose engine and a pipeline of its own, as in a node, and all share the compiled
networks. Frames come scaled to 640 x 360, as JPEG, ten a second; each thread decodes the newest
one that is due, so a machine that can't keep up drops frames and never queues them. The motion
gate looks at every frame but lets none pass: this is the load of a room in which somebody moves.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import psutil
from msgspec import Struct, field

from ambient.config_cameras import Camera
from ambient.errors import SourceError, UsageError
from ambient.evaluate.one_thread import one_thread
from ambient.observations import AnyObservation, PoseSeen
from vision.motion import CALM_S
from vision.networks import Networks
from vision.parts import Part
from vision.pose.types import Image, PoseOptions, Precision

SIZE: Final = (640, 360)
RATE: Final = 10.0
_NS: Final = 1_000_000_000
_QUALITY: Final = 90
_MAX_FRAMES: Final = 1800

Process = Callable[[Image, int], Sequence[AnyObservation]]
"""One camera's path from a picture and its instant to observations."""


class CamerasBenchmark(Struct, frozen=True):
    """What ``ambient benchmark vision CLIP --cameras N`` prints.

    Attributes
    ----------
    fps
        For each camera: frames a second whose landmarks were computed.
    dropped
        Frames that were due and never looked at, all cameras.
    without_person
        Frames looked at in which nobody was found, all cameras.
    age_p95_s
        From the instant a frame is due to its observations, 95th percentile, seconds.
    cpu_cores
        Processor time of the process by wall time.
    rss_mb
        Memory of the process at the end, MB.
    seconds
        How long was measured, after the warm-up.
    """

    clip: str
    cameras: int
    fps: list[float]
    dropped: int
    without_person: int
    age_p95_s: float
    cpu_cores: float
    rss_mb: float
    seconds: float


class _Count(Struct):
    """One camera's tally."""

    seen: int = 0
    empty: int = 0
    dropped: int = 0
    ages_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """When frames are due, on the monotonic clock: the n-th of camera i at a fixed phase."""

    start_s: float
    measure_from_s: float
    end_s: float


def benchmark_cameras(
    clip: Path,
    cameras: int,
    *,
    seconds: float = 60.0,
    warm_up_s: float | None = None,
    people: int = 3,
    models_dir: Path | None = None,
    precision: Precision | None = None,
    gated: bool = False,
    without: Collection[Part] = (),
    complete: bool = True,
) -> CamerasBenchmark:
    """Measure so many cameras that all show the clip, each at another phase of it.

    Parameters
    ----------
    clip
        A video file with a person; it loops.
    cameras
        1 to 64.
    seconds, warm_up_s
        How long to measure, and how long to run before: 5 s by default, and with `gated` until an
        empty room is calm.
    people
        How many people each engine follows at most; while there are fewer it looks for more.
    models_dir
        The models' store; ``None``: see ``models.store.locate``.
    precision
        Arithmetic of the networks; by default what a node with so many cameras takes.
    gated
        Whether the motion gate may skip frames, as it does in a node.
    without
        Parts of the perception to leave out.
    complete
        Whether a missing object detector is an error; a node goes on without it.

    Raises
    ------
    SourceError
        The clip can't be read.
    ModelError
        A model is missing.
    UsageError
        A number out of range.
    """
    if not 1 <= cameras <= 64:
        raise UsageError(f"cameras: expected 1 to 64, got {cameras}")
    if warm_up_s is None:
        warm_up_s = CALM_S + 5.0 if gated else 5.0
    frames = _load(clip)
    cores = len(os.sched_getaffinity(0))
    options = PoseOptions(
        num_people=people,
        streams=min(cores, cameras),
        precision=precision or Precision.for_cameras(cameras, cores),
        models_dir=models_dir,
    )
    with one_thread():
        paths = [
            _path(f"c{i + 1}", Networks.open(options, without=without, complete=complete), gated)
            for i in range(cameras)
        ]
        return _measure(clip, frames, paths, seconds, warm_up_s)


def _path(camera: str, networks: Networks, gated: bool) -> Process:
    return networks.pipeline("benchmark", Camera(id=camera, source="file:"), gated=gated).process


def _measure(
    clip: Path, frames: list[bytes], paths: list[Process], seconds: float, warm_up_s: float
) -> CamerasBenchmark:
    start = time.monotonic() + 0.1
    schedule = _Schedule(start, start + warm_up_s, start + warm_up_s + seconds)
    counts = [_Count() for _ in paths]
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            _play(index, len(paths), frames, paths[index], schedule, counts[index])
        except BaseException as error:
            failures.append(error)
            raise

    threads = [
        threading.Thread(target=run, args=(i,), name=f"camera {i + 1}") for i in range(len(paths))
    ]
    for thread in threads:
        thread.start()
    time.sleep(max(0.0, schedule.measure_from_s - time.monotonic()))
    cpu, wall = time.process_time(), time.monotonic()
    time.sleep(max(0.0, schedule.end_s - time.monotonic()))
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    memory = psutil.Process().memory_info().rss / 1e6
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    ages = np.array([age for count in counts for age in count.ages_s] or [math.nan])
    return CamerasBenchmark(
        clip=str(clip),
        cameras=len(paths),
        fps=[count.seen / seconds for count in counts],
        dropped=sum(count.dropped for count in counts),
        without_person=sum(count.empty for count in counts),
        age_p95_s=float(np.percentile(ages, 95)),
        cpu_cores=cpu / wall,
        rss_mb=memory,
        seconds=seconds,
    )


def _play(
    index: int, cameras: int, frames: list[bytes], path: Process, schedule: _Schedule, count: _Count
) -> None:
    """Look at the newest frame that is due, again and again, until the end."""
    # Cameras aren't in step: spread over one interval, and over the clip.
    start = schedule.start_s + index / cameras / RATE
    offset = index * len(frames) // cameras
    last = -1
    while True:
        now = time.monotonic()
        newest = max(last + 1, math.floor((now - start) * RATE))
        due = start + newest / RATE
        if due >= schedule.end_s:
            return
        if due > now:
            time.sleep(due - now)
        data = np.frombuffer(frames[(offset + newest) % len(frames)], np.uint8)
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        found = path(image, round(newest * _NS / RATE))
        if due >= schedule.measure_from_s:
            seen = any(isinstance(item, PoseSeen) for item in found)
            count.seen += seen
            count.empty += not seen
            count.dropped += newest - last - 1
            count.ages_s.append(time.monotonic() - due)
        last = newest


def _load(clip: Path) -> list[bytes]:
    """Return the clip at ten frames a second, scaled, each frame as JPEG."""
    video = cv2.VideoCapture(str(clip))
    if not video.isOpened():
        raise SourceError(f"{clip}: can't be opened as a video; check the path and the format")
    try:
        rate = video.get(cv2.CAP_PROP_FPS)
        step = max(1.0, (rate if 1 <= rate <= 240 else 30.0) / RATE)
        frames: list[bytes] = []
        read = 0
        while len(frames) < _MAX_FRAMES and video.grab():
            if read >= len(frames) * step:
                good, image = video.retrieve()
                if not good:
                    break
                frames.append(_jpeg(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)))
            read += 1
    finally:
        video.release()
    if not frames:
        raise SourceError(f"{clip}: expected frames, got none; take another clip")
    return frames


def _jpeg(image: cv2.typing.MatLike) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
