"""Falls measured on labelled recordings: a manifest in, a report with intervals out.

Behind ``ambient evaluate falls``. Each recording goes through the node's own code (see
`ambient.evaluate.clip`) in one setting for all. A fall is found when it is confirmed at or after
its start; an everyday recording is quiet when nothing is confirmed in it. Alarms in the held time
count, and are reported apart as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate.clip import FPS, HOLD_S, default_config
from ambient.evaluate.groups import (
    Dimension,
    FalseAlarms,
    Group,
    clusters_of,
    dimensions,
    false_alarms,
    group,
)
from ambient.evaluate.lines import expect_place, write_lines
from ambient.evaluate.manifest import APART, Label, Row, read
from ambient.evaluate.measure import Outcome, Task, Traces, found, measure_all, network_in
from ambient.evaluate.statistics import Rate, wilson
from vision.parts import Part

_ALARMS_OUT: Final = "--alarms-out"


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    bar
        The rows that bars are set on: `validate` without the data sets measured apart.
    every
        All scored rows.
    by_use, by_dataset
        All rows, grouped.
    by
        All rows, grouped by every property of `ambient.evaluate.groups`.
    false_alarm_rates
        Over everyday footage.
    missed, false_alarms, ambiguous_alarms, errors
        Files behind the figures.
    """

    fps: float
    hold_s: float
    config_version: str
    rows: int
    bar: Group
    every: Group
    by_use: dict[str, Group]
    by_dataset: dict[str, Group]
    by: list[Dimension]
    false_alarm_rates: FalseAlarms
    missed: list[str]
    false_alarms: list[str]
    ambiguous_alarms: list[str]
    errors: dict[str, str]


class FileAlarms(Struct, frozen=True):
    """A line of ``--alarms-out``: `file` as in the manifest, seconds of each alarm."""

    file: str
    alarms: list[float]
    suspected: list[float]


class Measured(Struct, frozen=True):
    """A report and what it stands on, row by row."""

    rows: list[Row]
    outcomes: list[Outcome]
    report: Report


class _AllDays(Struct):
    false_confirmed: Rate


class _Days(Struct):
    """What is used of a measurement of whole days."""

    all: _AllDays


def run(
    manifest: Path,
    *,
    jobs: int | None = None,
    alarms_out: Path | None = None,
    fps: float = FPS,
    traces: Traces = Traces.NONE,
    without: Collection[Part] = (),
    weights: Path | None = None,
    per_room_day: Rate | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Measure every row of a manifest.

    Parameters
    ----------
    manifest
        A ``manifest.csv`` as the data README describes.
    jobs
        Processes to share the work; all cores when none is given.
    alarms_out
        Where to write one JSON line for every row, in the manifest's order.
    fps
        Frames a second that are looked at; slower recordings keep their own rate.
    traces
        Of which recordings the course is kept.
    without
        Parts of the perception to leave out.
    weights
        A folder of ``train falls``: its network instead of the one that is carried.
    per_room_day
        False alarms of whole days, when another measurement counted them.
    progress
        Called with (done, all) after each row.

    Raises
    ------
    UsageError
        When the manifest cannot be understood.
    StoreError
        When the alarms cannot be written.
    ModelError
        When `weights` holds no network that can be used.
    """
    rows = read(manifest)
    expect_place(alarms_out, _ALARMS_OUT)
    falls = network_in(weights)
    outcomes: list[Outcome] = []
    left_out = frozenset(without)
    tasks = [Task(row, fps=fps, traces=traces, without=left_out, falls=falls) for row in rows]
    for outcome in measure_all(tasks, jobs):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(rows))
    if alarms_out is not None:
        write_lines(alarms_out, map(_alarms, outcomes), _ALARMS_OUT)
    return Measured(rows, outcomes, summarise(rows, outcomes, fps, per_room_day))


def read_room_days(path: Path) -> Rate:
    """Return false confirmed alarms per room-day from what ``evaluate days --json`` printed.

    Raises
    ------
    UsageError
        When the file is missing or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Days).all.false_confirmed
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path}: expected what evaluate days --json prints, got something else ({error})"
        ) from None


def _alarms(outcome: Outcome) -> FileAlarms:
    return FileAlarms(outcome.file, outcome.alarms, outcome.suspected)


def summarise(
    rows: Sequence[Row],
    outcomes: Sequence[Outcome],
    fps: float = FPS,
    per_room_day: Rate | None = None,
) -> Report:
    """Return the figures of all rows; pure."""
    pairs = list(zip(rows, outcomes, strict=True))
    clusters = clusters_of(rows)
    scored = [(row, out) for row, out in pairs if row.label is not Label.AMBIGUOUS]
    alarmed = [(row, out) for row, out in pairs if found(out)]

    def by(key: Callable[[Row], str]) -> dict[str, Group]:
        return {
            name: group([out for row, out in scored if key(row) == name], clusters)
            for name in sorted({key(row) for row in rows})
        }

    return Report(
        fps=fps,
        hold_s=HOLD_S,
        config_version=default_config("recording", fps).version,
        rows=len(rows),
        bar=group([out for row, out in pairs if row.on_bar], clusters),
        every=group([out for _, out in scored], clusters),
        by_use=by(lambda row: row.use),
        by_dataset=by(lambda row: row.dataset),
        by=dimensions(pairs),
        false_alarm_rates=false_alarms(outcomes, per_room_day),
        missed=[row.file for row, out in pairs if row.label is Label.FALL and not found(out)],
        false_alarms=[row.file for row, _ in alarmed if row.label is Label.ADL],
        ambiguous_alarms=[row.file for row, _ in alarmed if row.label is Label.AMBIGUOUS],
        errors={out.file: out.error for out in outcomes if out.error is not None},
    )


__all__ = [
    "APART",
    "Group",
    "Measured",
    "Outcome",
    "Report",
    "group",
    "run",
    "summarise",
    "wilson",
]
