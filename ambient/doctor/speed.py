"""Whether the machine is fast enough for its cameras: a person is watched for some seconds.

Comes in: the node's configuration. Goes out: a finding. What a picture costs differs four-fold
between processors with as many cores, so it is measured, as processor time, which a node that
runs meanwhile hardly changes. A machine with too much to do drops frames: falls are seen later.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Final

from ambient.config import NodeConfig
from ambient.doctor.findings import Finding, Level
from ambient.errors import ModelError, SourceError
from ambient.evaluate.benchmark_cameras import RATE, benchmark_cameras
from models import samples
from vision.pose import Precision

SHARE: Final = 0.85
"""Share of the cores that cameras may take; fusion, sound and the system take the rest."""
LEAST_FPS: Final = 5
"""Falls are found as well at 5 frames a second as at 10 (`ambient evaluate robustness`)."""
_SECONDS: Final = 4.0
_WARM_UP_S: Final = 1.5


def picture_cost(config: NodeConfig) -> float:
    """Return seconds of one core for a picture of 640×360 with a person in it.

    Looked at as the node does: without the object detector where its model is not there.

    Raises
    ------
    ModelError
        A model that no node goes on without is missing.
    SourceError
        The sample that comes with the program can't be read.
    """
    measured = benchmark_cameras(
        samples.path("walk"),
        1,
        seconds=_SECONDS,
        warm_up_s=_WARM_UP_S,
        models_dir=config.models.dir,
        precision=Precision.for_cameras(len(_rates(config)), _cores()),
        complete=False,
    )
    looked = RATE - measured.dropped / _SECONDS
    return measured.cpu_cores / max(looked, 1.0)


def speed(
    config: NodeConfig, cost: Callable[[NodeConfig], float] = picture_cost
) -> Iterator[Finding]:
    """Look at whether the cores are enough while somebody is in the picture of every camera.

    Parameters
    ----------
    cost
        Returns seconds of one core a picture.
    """
    rates, have = _rates(config), _cores()
    if not rates:
        yield Finding("cores", Level.OK, f"{have}, no cameras")
        return
    try:
        need = sum(rates) * cost(config)
    except (ModelError, SourceError) as error:
        yield Finding(
            "cores",
            Level.NOTE,
            f"{have}; how fast they are could not be measured: {error}",
            "mend what is said of the models, then run this again",
        )
        return
    found = f"{have}; with a person before each camera ({len(rates)}) {need:.1f} are needed"
    spare = SHARE * have
    if need <= spare:
        yield Finding("cores", Level.OK, found)
        return
    share = spare / need
    slower = math.floor(max(rates) * share)
    mends = [f"use a machine with {math.ceil(need / SHARE)} such cores"]
    if slower >= LEAST_FPS:
        mends.append(f"set fps: {slower} for each camera")
    fewer = math.floor(len(rates) * share)
    if fewer:
        mends.append(f"let this node have {fewer} cameras and another the rest")
    yield Finding("cores", Level.WARNING, found, ", or ".join(mends))


def _rates(config: NodeConfig) -> list[float]:
    """Return the frames a second of each camera."""
    return [camera.fps for room in config.rooms for camera in room.cameras]


def _cores() -> int:
    return len(os.sched_getaffinity(0))
