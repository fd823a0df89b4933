"""Measures what parts of the perception cost, beside all the rest, in one run.

In: a clip and the parts that one of two pipelines does without. Out: processor time a frame of
both, and how much more the whole one takes. Both look at the same decoded pictures and take turns
in short blocks, so that whatever else the machine does hits both alike; the motion gate lets none
pass. The clip is played forwards and backwards: at a cut somebody would vanish and another appear,
which no room shows, and whoever vanishes is looked for more often for seconds. Of each block's
ratio the median counts: a neighbour that wakes up spoils a block, not the figure.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.config_cameras import Camera
from ambient.errors import SourceError, UsageError
from ambient.evaluate.benchmark_cameras import RATE
from ambient.evaluate.one_thread import one_thread
from vision.networks import Networks
from vision.parts import Part
from vision.pipeline import CameraPipeline
from vision.pose.types import Image, PoseOptions
from vision.sources import open_source

_NS: Final = 1_000_000_000
_BLOCK: Final = 20
"""Frames: two seconds, in which the second detector has looked a few times."""
_MOST_FRAMES: Final = 600
_DRAWS: Final = 2000


class PartsBenchmark(Struct, frozen=True):
    """What ``ambient benchmark vision CLIP --without PART`` prints.

    Attributes
    ----------
    without
        Parts that one of the two does without.
    frames
        That were timed, of each.
    whole_ms, left_ms
        Processor time a frame with everything and without these parts, milliseconds (medians of
        blocks).
    ratio, low, high
        The whole one's time divided by the other's: median of the blocks and its 95 % bootstrap
        interval.
    """

    clip: str
    without: list[Part]
    frames: int
    whole_ms: float
    left_ms: float
    ratio: float
    low: float
    high: float


def benchmark_parts(
    clip: Path,
    without: Collection[Part],
    *,
    rounds: int = 4,
    people: int = 3,
    models_dir: Path | None = None,
) -> PartsBenchmark:
    """Measure the whole perception beside one that lacks some parts.

    Parameters
    ----------
    clip
        A video file with a person, looked at ten times a second.
    without
        At least one part.
    rounds
        How often it is played, to its end and back; the first is not timed, for furniture is
        learned and tracks begin.
    people
        How many people each engine follows at most; while there are fewer it looks for more.
    models_dir
        The models' store; ``None``: see ``models.store.locate``.

    Raises
    ------
    SourceError
        The clip can't be read or is too short.
    ModelError
        A model is missing.
    UsageError
        No part is left out.
    """
    if not without:
        raise UsageError("--without: expected a part to leave out, got none")
    images = _load(clip)
    options = PoseOptions(num_people=people, models_dir=models_dir)
    with (
        one_thread(),
        Networks.open(options) as whole,
        Networks.open(options, without=without) as rest,
    ):
        took = _take_turns([_pipeline(whole), _pipeline(rest)], images, rounds)
    ratios = took[:, 0] / took[:, 1]
    low, high = _interval(ratios)
    whole_ms, left_ms = (float(each) for each in np.median(took, axis=0) / _BLOCK * 1e3)
    return PartsBenchmark(
        clip=str(clip),
        without=sorted(without),
        frames=len(took) * _BLOCK,
        whole_ms=round(whole_ms, 2),
        left_ms=round(left_ms, 2),
        ratio=round(float(np.median(ratios)), 3),
        low=round(low, 3),
        high=round(high, 3),
    )


def _pipeline(networks: Networks) -> CameraPipeline:
    return networks.pipeline("benchmark", Camera(id="camera", source="file:"), gated=False)


def _take_turns(
    pipelines: Sequence[CameraPipeline], images: Sequence[Image], rounds: int
) -> NDArray[np.float64]:
    """Return the processor time (blocks, pipelines) of each block of frames, seconds."""
    order = list(range(len(pipelines)))
    there = [*range(len(images)), *range(len(images) - 2, 0, -1)]
    frames = rounds * len(there)
    took: list[list[float]] = []
    for first, after in pairwise(range(0, frames + 1, _BLOCK)):
        spent = [0.0] * len(pipelines)
        for which in order:
            began = time.process_time()
            for number in range(first, after):
                image = images[there[number % len(there)]]
                pipelines[which].process(image, round(number * _NS / RATE))
            spent[which] = time.process_time() - began
        order.reverse()
        if first >= len(there):
            took.append(spent)
    return np.array(took)


def _load(clip: Path) -> list[Image]:
    images = []
    with open_source(str(clip), fps=RATE) as frames:
        for frame in frames:
            images.append(frame.image.copy())
            if len(images) == _MOST_FRAMES:
                break
    if len(images) < _BLOCK:
        raise SourceError(
            f"{clip}: expected at least {_BLOCK} frames at {RATE:g} a second to measure on, got "
            f"{len(images)}; take a longer clip"
        )
    return images


def _interval(ratios: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the median."""
    drawn = np.random.default_rng(0).choice(ratios, (_DRAWS, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5)).tolist()
    return low, high
