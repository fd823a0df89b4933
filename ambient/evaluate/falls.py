"""Falls measured on labelled recordings: a manifest in, a report with intervals out.

Behind ``ambient evaluate falls``. Each recording goes through the node's own code (see
`ambient.evaluate.clip`) in one setting for all. A fall is found when it is confirmed at or after
its start; an everyday recording is quiet when nothing is confirmed in it. Alarms in the held time
count, and are reported apart as well.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec
import numpy as np
from msgspec import Struct
from scipy.stats import binomtest

from ambient.errors import AmbientError
from ambient.evaluate.clip import FPS, HOLD_S, ClipResult, default_config, judge_clip
from ambient.evaluate.manifest import APART, Label, Row, read

_CONFIDENCE: Final = 0.95


class Share(Struct, frozen=True):
    """A proportion with its Wilson interval (95 %)."""

    k: int
    n: int
    share: float | None
    low: float | None
    high: float | None


class Quantiles(Struct, frozen=True):
    """Seconds at the 50th and 95th percentile of `n` delays."""

    n: int
    p50_s: float | None
    p95_s: float | None


class Group(Struct, frozen=True):
    """Figures of one group of recordings.

    Attributes
    ----------
    sensitivity
        Falls confirmed at or after their start.
    specificity
        Everyday recordings without a confirmed alarm.
    confirmed_after, suspected_after
        Delay from the start of the fall.
    found_held, false_held
        How many of the found falls and of the false alarms came only in the held time.
    """

    sensitivity: Share
    specificity: Share
    confirmed_after: Quantiles
    suspected_after: Quantiles
    found_held: int
    false_held: int


class Outcome(Struct, frozen=True):
    """What was said about one row; `error` when it could not be measured."""

    file: str
    dataset: str
    use: str
    label: str
    alarms: list[float]
    suspected: list[float]
    end_s: float
    fall_start_s: float | None = None
    error: str | None = None


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    bar
        The rows that bars are set on: `validate` without the data sets measured apart.
    by_use, by_dataset
        All rows, grouped.
    missed, false_alarms, ambiguous_alarms, errors
        Files behind the figures.
    """

    fps: float
    hold_s: float
    config_version: str
    rows: int
    bar: Group
    by_use: dict[str, Group]
    by_dataset: dict[str, Group]
    missed: list[str]
    false_alarms: list[str]
    ambiguous_alarms: list[str]
    errors: dict[str, str]


def run(
    manifest: Path,
    *,
    jobs: int = 1,
    alarms_out: Path | None = None,
    fps: float = FPS,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure every row of a manifest.

    Parameters
    ----------
    manifest
        A ``manifest.csv`` as the data README describes.
    jobs
        Processes to share the work.
    alarms_out
        Where to write one JSON line for every row, in the manifest's order.
    fps
        Frames a second that are looked at; slower recordings keep their own rate.
    progress
        Called with (done, all) after each row.

    Raises
    ------
    UsageError
        When the manifest cannot be understood.
    """
    rows = read(manifest)
    outcomes: list[Outcome] = []
    for outcome in _outcomes(rows, max(1, jobs), fps):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(rows))
    if alarms_out is not None:
        with alarms_out.open("w", encoding="utf-8") as handle:
            write_alarms(outcomes, handle)
    return summarise(rows, outcomes, fps)


def write_alarms(outcomes: Iterable[Outcome], handle: IO[str]) -> None:
    """Write the documented JSON line of every row."""
    for outcome in outcomes:
        line = {"file": outcome.file, "alarms": outcome.alarms, "suspected": outcome.suspected}
        handle.write(msgspec.json.encode(line).decode() + "\n")


def summarise(rows: Sequence[Row], outcomes: Sequence[Outcome], fps: float = FPS) -> Report:
    """Return the figures of all rows; pure."""
    pairs = list(zip(rows, outcomes, strict=True))
    uses = sorted({row.use for row in rows})
    datasets = sorted({row.dataset for row in rows})
    scored = [(row, out) for row, out in pairs if row.label is not Label.AMBIGUOUS]
    alarmed = [(row, out) for row, out in pairs if found(out)]
    return Report(
        fps=fps,
        hold_s=HOLD_S,
        config_version=default_config("recording", fps).version,
        rows=len(rows),
        bar=group([out for row, out in pairs if row.on_bar]),
        by_use={u: group([out for row, out in scored if row.use == u]) for u in uses},
        by_dataset={d: group([out for row, out in scored if row.dataset == d]) for d in datasets},
        missed=[row.file for row, out in pairs if row.label is Label.FALL and not found(out)],
        false_alarms=[row.file for row, _ in alarmed if row.label is Label.ADL],
        ambiguous_alarms=[row.file for row, _ in alarmed if row.label is Label.AMBIGUOUS],
        errors={out.file: out.error for out in outcomes if out.error is not None},
    )


def group(outcomes: Sequence[Outcome]) -> Group:
    """Return the figures of a group; a row that could not be measured counts as not found."""
    falls = [out for out in outcomes if out.label == Label.FALL]
    adl = [out for out in outcomes if out.label == Label.ADL and out.error is None]
    hits = [out for out in falls if found(out)]
    false = [out for out in adl if found(out)]
    return Group(
        sensitivity=wilson(len(hits), len(falls)),
        specificity=wilson(len(adl) - len(false), len(adl)),
        confirmed_after=_delays(hits, [out.alarms for out in hits]),
        suspected_after=_delays(hits, [out.suspected for out in hits]),
        found_held=sum(_first(out) > out.end_s for out in hits),
        false_held=sum(_first(out) > out.end_s for out in false),
    )


def found(outcome: Outcome) -> bool:
    """Return whether a confirmed alarm counts: for a fall only at or after its start."""
    return bool(_counted(outcome))


def wilson(k: int, n: int) -> Share:
    """Return k of n with the Wilson score interval (Wilson 1927)."""
    if n == 0:
        return Share(0, 0, None, None, None)
    interval = binomtest(k, n).proportion_ci(_CONFIDENCE, method="wilson")
    low, high = float(interval.low), float(interval.high)
    return Share(k, n, round(k / n, 4), round(low, 4), round(high, 4))


def _counted(outcome: Outcome) -> list[float]:
    start = outcome.fall_start_s if outcome.label == Label.FALL else None
    return [s for s in outcome.alarms if start is None or s >= start]


def _first(outcome: Outcome) -> float:
    return min(_counted(outcome))


def _delays(hits: Sequence[Outcome], alarms: Sequence[list[float]]) -> Quantiles:
    delays: list[float] = []
    for out, seconds in zip(hits, alarms, strict=True):
        start = out.fall_start_s or 0.0
        later = [s - start for s in seconds if s >= start]
        if later:
            delays.append(min(later))
    if not delays:
        return Quantiles(0, None, None)
    p50, p95 = np.percentile(delays, [50, 95]).tolist()
    return Quantiles(len(delays), round(p50, 2), round(p95, 2))


def _outcomes(rows: Sequence[Row], jobs: int, fps: float) -> Iterable[Outcome]:
    work = [(row, fps) for row in rows]
    if jobs == 1:
        yield from map(_measure, work)
        return
    # Fresh processes: OpenVINO's threads do not survive a fork.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(_measure, work, chunksize=1)


def _measure(work: tuple[Row, float]) -> Outcome:
    from vision.pose import PoseOptions
    from vision.pose.blazepose import BlazePose

    row, fps = work
    error: str | None = None
    result = ClipResult((), (), 0.0, 0)
    options = PoseOptions(num_people=default_config("x").rooms[0].cameras[0].people)
    try:
        with BlazePose.create(options) as engine:
            result = judge_clip(row.path, engine, fps=fps)
    except AmbientError as problem:
        error = str(problem)
    return Outcome(
        file=row.file,
        dataset=row.dataset,
        use=row.use,
        label=str(row.label),
        alarms=list(result.confirmed),
        suspected=list(result.suspected),
        end_s=round(result.end_s, 3),
        fall_start_s=row.fall_start_s,
        error=error,
    )


__all__ = ["APART", "Group", "Outcome", "Report", "group", "run", "summarise", "wilson"]
