"""Watch one source with the node's own parts: frames in, observations and events out.

Comes in: a recording or a camera, and the engine's name. Goes out: for every frame the
observations of the pipeline and the events of the judgement, exactly as a node makes them. A
recording starts at `t` = 0 and runs as fast as the machine can; a camera runs in its own time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.evaluate.clip import CAMERA, ROOM, Ticks, recorded
from ambient.events import AnyEvent
from ambient.links import Link
from ambient.observations import AnyObservation
from fusion.judge import Judge
from vision.networks import Networks
from vision.pipeline import CameraPipeline
from vision.pose import PoseEngine, PoseOptions
from vision.sources import EventClock, Frame, kind_of, open_source
from vision.sources.live import LatestFrame

NODE_KEY: Final = "w" * 40
"""Stands for a node's key: what is watched here belongs to no enrolled node."""

FRAME_WAIT_S: Final = 0.5


class EngineName(StrEnum):
    """Pose engines that can be chosen."""

    OPENVINO = "openvino"
    MEDIAPIPE = "mediapipe"


@dataclass(frozen=True)
class Moment:
    """One frame, or half a second without any, and what was said of it.

    Attributes
    ----------
    frame
        The picture; nothing when none came.
    observations, events
        In the order in which they arose.
    """

    frame: Frame | None
    observations: list[AnyObservation]
    events: list[AnyEvent]


def open_engine(name: EngineName, people: int) -> PoseEngine:
    """Return a pose engine for one camera.

    Raises
    ------
    ModelError
        When its models are missing or damaged.
    """
    options = PoseOptions(num_people=people)
    if name is EngineName.MEDIAPIPE:
        from vision.pose.mediapipe_engine import MediaPipePose

        return MediaPipePose.create(options)
    from vision.pose.blazepose import BlazePose

    return BlazePose.create(options)


def watch(
    source: str,
    *,
    fps: float = 10.0,
    people: int = 3,
    engine: EngineName = EngineName.OPENVINO,
    realtime: bool = False,
) -> Iterator[Moment]:
    """Watch `source` to its end; a camera for ever.

    Raises
    ------
    SourceError, ModelError
        When the source or a model cannot be opened.
    """
    camera = Camera(id=CAMERA, source=source, fps=fps, people=people)
    config = NodeConfig(site="watch", node="watch", rooms=[Room(id=ROOM, cameras=[camera])])
    judge = Judge(config, NODE_KEY)
    options = PoseOptions(num_people=people)
    poses = open_engine(engine, people)
    with Networks.open(options, engine=poses, complete=False) as networks:
        pipeline = networks.pipeline(ROOM, camera, frozen_s=config.frozen_s)
        if kind_of(source).is_camera:
            yield from _live(source, fps, pipeline, judge)
            return
        for frame, seen in recorded(source, pipeline, fps=fps, realtime=realtime):
            yield Moment(frame, seen, [e for each in seen for e in judge.observe(each)])
    yield Moment(None, [], judge.finish())


def _live(source: str, fps: float, pipeline: CameraPipeline, judge: Judge) -> Iterator[Moment]:
    clock = EventClock.at(time.time_ns(), time.monotonic_ns())
    feed = LatestFrame(lambda: open_source(source, fps=fps, clock=clock))
    feed.start()
    ticks = Ticks()
    try:
        while feed.state.link is not Link.ENDED:
            frame = feed.read(FRAME_WAIT_S)
            if frame is None:
                t = clock.t(time.monotonic_ns())
                seen = pipeline.silence(t) + ticks.due(t)
            else:
                seen = pipeline.process(frame.image, frame.t_ns) + ticks.due(frame.t_ns)
            yield Moment(frame, seen, [e for each in seen for e in judge.observe(each)])
    finally:
        feed.close()
