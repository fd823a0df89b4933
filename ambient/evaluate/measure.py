"""Runs recordings through the node's own code, on as many processes as wanted.

In: tasks: a row of a manifest and under what condition it is looked at. Out: one `Outcome` a task,
in their order. A recording that cannot be read is an outcome too, with its error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ambient.errors import AmbientError
from ambient.evaluate.clip import FPS, Alter, ClipResult, default_config, judge_clip
from ambient.evaluate.conditions import Condition, altered, cut
from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.trace import Facts, Recorder, Trace
from ambient.evaluate.workers import shared
from models.falls.network import FOLDER, Network
from models.falls.outputs import load
from vision.networks import Networks, Part

MOST_JOBS: Final = 64


class Traces(StrEnum):
    """Of which recordings the course is kept."""

    NONE = "none"
    WRONG = "wrong"
    """Missed falls and false alarms."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Task:
    """One look at one recording.

    Attributes
    ----------
    row
        The recording.
    fps
        Frames a second that are looked at.
    condition
        What is done to its frames; None for nothing.
    start_s
        What comes before is cut off; times then count from here.
    traces
        Whether its course is kept.
    without
        Parts of the perception that are left out.
    falls
        The folder of the temporal network.
    """

    row: Row
    fps: float = FPS
    condition: Condition | None = None
    start_s: float = 0.0
    traces: Traces = Traces.NONE
    without: frozenset[Part] = frozenset()
    falls: Path = FOLDER


class Outcome(Struct, frozen=True):
    """What was said about one row; `error` when it could not be measured.

    Attributes
    ----------
    file, dataset, use, label
        As in the manifest.
    alarms, suspected
        Seconds of each confirmed and suspected fall.
    end_s
        Last frame; what comes later is held time.
    fall_start_s
        Of a fall.
    facts, trace
        What the recording is like, and its course when kept.
    """

    file: str
    dataset: str
    use: str
    label: str
    alarms: list[float]
    suspected: list[float]
    end_s: float
    fall_start_s: float | None = None
    error: str | None = None
    facts: Facts = Facts()
    trace: Trace | None = None


def cores() -> int:
    """Return how many processors this process may use, at most `MOST_JOBS`."""
    return min(MOST_JOBS, len(os.sched_getaffinity(0)))


def measure_all(tasks: Sequence[Task], jobs: int | None = None) -> Iterator[Outcome]:
    """Yield the outcome of each task.

    Parameters
    ----------
    tasks
        What to look at.
    jobs
        Processes to share the work; all cores when none is given.
    """
    yield from shared(measure, tasks, cores() if jobs is None else jobs)


def measure(task: Task) -> Outcome:
    """Return the outcome of one task."""
    from vision.pose import PoseOptions

    row = task.row
    error: str | None = None
    result = ClipResult((), (), 0.0, 0)
    start = None if row.fall_start_s is None else max(0.0, row.fall_start_s - task.start_s)
    recorder = Recorder(after_s=start or 0.0, figures=task.traces is not Traces.NONE)
    options = PoseOptions(num_people=default_config("x").rooms[0].cameras[0].people)
    try:
        with Networks.open(options, without=task.without, falls=task.falls) as networks:
            result = judge_clip(
                row.path, networks, fps=task.fps, alter=_alter(task), recorder=recorder
            )
    except AmbientError as problem:
        error = str(problem)
    end_s = round(result.end_s, 3)
    outcome = Outcome(
        file=row.file,
        dataset=row.dataset,
        use=row.use,
        label=str(row.label),
        alarms=list(result.confirmed),
        suspected=list(result.suspected),
        end_s=end_s,
        fall_start_s=start,
        error=error,
        facts=recorder.facts(end_s),
        trace=recorder.trace(end_s, start if row.label is Label.FALL else None),
    )
    kept = task.traces is Traces.ALL or (task.traces is Traces.WRONG and wrong(outcome))
    return outcome if kept and error is None else replace(outcome, trace=None)


def network_in(folder: Path | None) -> Path:
    """Return the folder of the temporal network to measure; the one that is carried for None.

    Raises
    ------
    ModelError
        The folder holds no network that can be used: a node goes on with the rules alone, a
        measurement must not.
    """
    if folder is None:
        return FOLDER
    Network.load(folder)
    load(folder)
    return folder


def found(outcome: Outcome) -> bool:
    """Return whether a confirmed alarm counts: for a fall only at or after its start."""
    return bool(counted(outcome))


def counted(outcome: Outcome) -> list[float]:
    """Return the seconds of the confirmed alarms that count."""
    start = outcome.fall_start_s if outcome.label == Label.FALL else None
    return [s for s in outcome.alarms if start is None or s >= start]


def wrong(outcome: Outcome) -> bool:
    """Return whether a fall was missed, or an alarm given where nobody fell."""
    return found(outcome) is not (outcome.label == Label.FALL)


def _alter(task: Task) -> Alter | None:
    """Return what is done to the frames: first the cut, then the condition."""
    steps: list[Alter] = []
    if task.start_s > 0:
        steps.append(cut(task.start_s))
    if task.condition is not None:
        steps.append(altered(task.condition))
    if not steps:
        return None
    if len(steps) == 1:
        return steps[0]
    return lambda frames: steps[1](steps[0](frames))
