"""One recording through the node's own code: a file in, the judge's events out.

The same pipeline and judge as in a node, with the default configuration, no zones, and the file's
timestamps as event time. After the last frame its people stand still for `HOLD_S`: the pose and
box observations of that frame (not the picture) repeat with `t` going on; where nobody was seen,
nobody is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.evaluate.trace import Recorder
from ambient.events import AnyEvent, FallConfirmed, FallSuspected
from ambient.observations import AnyObservation, Tick
from fusion.judge import Judge
from vision.networks import Networks
from vision.pipeline import CameraPipeline
from vision.sources import Frame, open_source

Alter = Callable[[Iterator[Frame]], Iterator[Frame]]
"""What is done to a recording's frames before anybody looks: cut, dimmed, some lost."""

HOLD_S: Final = 10.0
FPS: Final = 10.0
"""The rate of a node's cameras by default; slower recordings keep their own."""
_KEY: Final = "0" * 40
ROOM: Final = "room"
CAMERA: Final = "camera"
TICK_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What was said about one recording, in seconds from its first frame."""

    suspected: tuple[float, ...]
    confirmed: tuple[float, ...]
    end_s: float
    frames: int


def default_config(source: str, fps: float = FPS) -> NodeConfig:
    """Return the configuration of a node with one room, one camera, no zones."""
    camera = Camera(id=CAMERA, source=source, fps=fps)
    return NodeConfig(site="site", node="node", rooms=[Room(id=ROOM, cameras=[camera])])


class Ticks:
    """A tick a second, by event time."""

    def __init__(self) -> None:
        self._next = 0

    def due(self, t: int) -> list[AnyObservation]:
        """Return the tick that is due at `t`, if one is."""
        if t < self._next:
            return []
        self._next = t + TICK_NS
        return [Tick(t=t, room=ROOM, source=CAMERA)]


def recorded(
    source: str,
    pipeline: CameraPipeline,
    *,
    fps: float,
    realtime: bool = False,
    alter: Alter | None = None,
) -> Iterator[tuple[Frame, list[AnyObservation]]]:
    """Yield each frame of a recording with what the pipeline and the ticks say of it.

    Parameters
    ----------
    source
        The recording.
    pipeline
        Looks at the frames.
    fps
        Frames a second that are looked at.
    realtime
        Whether to play at the recording's own speed.
    alter
        What is done to the frames first.

    Raises
    ------
    SourceError
        When the recording cannot be opened.
    """
    ticks = Ticks()
    with open_source(source, fps=fps, realtime=realtime) as frames:
        for frame in iter(frames) if alter is None else alter(iter(frames)):
            yield frame, pipeline.process(frame.image, frame.t_ns) + ticks.due(frame.t_ns)


def observe(
    source: str,
    networks: Networks,
    *,
    fps: float = FPS,
    hold_s: float = 0.0,
    alter: Alter | None = None,
) -> Iterator[list[AnyObservation]]:
    """Yield the observations of each frame, then of each held frame.

    Raises
    ------
    SourceError
        When the recording cannot be opened.
    """
    config = default_config(source, fps)
    pipeline = networks.pipeline(ROOM, config.rooms[0].cameras[0], frozen_s=config.frozen_s)
    times: list[int] = []
    for frame, found in recorded(source, pipeline, fps=fps, alter=alter):
        times.append(frame.t_ns)
        yield found
    if len(times) < 2:
        return
    t = times[-1]
    step = (t - times[0]) // (len(times) - 1)
    end = t + int(hold_s * 1e9)
    while t + step <= end:
        t += step
        found = pipeline.repeat(t)
        found.append(Tick(t=t, room=ROOM, source=CAMERA))
        yield found


def judge_clip(
    path: Path,
    networks: Networks,
    *,
    fps: float = FPS,
    alter: Alter | None = None,
    recorder: Recorder | None = None,
) -> ClipResult:
    """Return what a node with the default configuration says about a recording.

    Parameters
    ----------
    path
        The recording.
    networks
        What the camera looks with.
    fps
        Frames a second that are looked at.
    alter
        What is done to the frames first.
    recorder
        Takes notes of what was seen and said.

    Raises
    ------
    SourceError
        When the recording cannot be opened.
    """
    judge = Judge(default_config(str(path), fps), _KEY)
    events: list[AnyEvent] = []
    end, frames = 0, 0
    if recorder is not None:
        alter = recorder.tap(alter)
    for found in observe(str(path), networks, fps=fps, hold_s=HOLD_S, alter=alter):
        for observation in found:
            events += judge.observe(observation)
        if recorder is not None:
            recorder.see(found)
        frames += 1
        end = max([end, *(observation.t for observation in found)])
    events += judge.finish()
    if recorder is not None:
        recorder.said(events)
    return ClipResult(
        suspected=_seconds(events, FallSuspected),
        confirmed=_seconds(events, FallConfirmed),
        end_s=max(0.0, end / 1e9 - HOLD_S),
        frames=frames,
    )


def _seconds(events: list[AnyEvent], kind: type[AnyEvent]) -> tuple[float, ...]:
    return tuple(round(event.t / 1e9, 3) for event in events if isinstance(event, kind))
