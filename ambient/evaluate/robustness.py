"""How far conditions that a camera meets change what is found.

In: a manifest and conditions. Out: for each condition sensitivity and specificity, and their
difference to the recordings as they are, with a paired interval. A sweep takes as long as all its
conditions together, so every outcome can be kept in a file of JSON lines, by what it depends on:
the recording, the condition, the configuration, and the code and models; a second call goes on
where the first one stopped, and measures again what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

import fusion
import vision
from ambient.errors import UsageError
from ambient.evaluate import versions
from ambient.evaluate.clip import default_config
from ambient.evaluate.conditions import MEANING, Condition, rate
from ambient.evaluate.groups import Group, clusters_of, group
from ambient.evaluate.h264 import available
from ambient.evaluate.manifest import Label, Row, read
from ambient.evaluate.measure import Outcome, Task, found, measure_all
from ambient.evaluate.statistics import Difference, paired
from ambient.files import digest

ALLOWED_LOSS: Final = 0.03
_DECIDING: Final = ("clip", "conditions", "h264", "measure")


class Key(Struct, frozen=True):
    """What an outcome depends on.

    Attributes
    ----------
    file, content, label, fall_start_s
        The recording: its name, a hash of what is in it, and what the manifest says it shows.
    condition
        What was done to it.
    config, code
        Version of the configuration; hash of code and models.
    """

    file: str
    content: str
    label: str
    fall_start_s: float | None
    condition: str
    config: str
    code: str


class Kept(Struct, frozen=True):
    """One line of the file that keeps outcomes."""

    key: Key
    outcome: Outcome


class ConditionResult(Struct, frozen=True):
    """Figures of one condition.

    Attributes
    ----------
    condition, meaning
        Which, and what is done.
    figures
        Of the recordings under it.
    sensitivity_change, specificity_change
        Against the same recordings as they are.
    newly_missed, newly_false
        Recordings that changed for the worse.
    """

    condition: Condition
    meaning: str
    figures: Group
    sensitivity_change: Difference
    specificity_change: Difference
    newly_missed: list[str]
    newly_false: list[str]


class RobustnessReport(Struct, frozen=True):
    """The whole sweep.

    Attributes
    ----------
    config_version, code
        Of the base; hash of code and models.
    rows
        How many recordings each condition was measured on.
    conditions
        The base first.
    beyond
        Conditions that lose more than `ALLOWED_LOSS` of either figure.
    errors
        Recordings that could not be read, as condition and file.
    """

    config_version: str
    code: str
    rows: int
    conditions: list[ConditionResult]
    beyond: list[Condition]
    errors: dict[str, str]


def run_robustness(
    manifest: Path,
    *,
    only: Sequence[Condition] = (),
    limit: int | None = None,
    jobs: int | None = None,
    out: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RobustnessReport:
    """Measure the scored rows of a manifest under each condition.

    Parameters
    ----------
    manifest
        A ``manifest.csv``. Rows that bars are set on are taken; all scored rows when it has none.
    only
        These conditions; all when none is given. The base is always measured.
    limit
        At most so many falls and so many everyday recordings, spread evenly over the manifest.
    jobs
        Processes to share the work; all cores when none is given.
    out
        A file of JSON lines that keeps outcomes; it is read first.
    progress
        Called with (done, all) after each look at a recording.

    Raises
    ------
    UsageError
        When the manifest or the file cannot be understood, or H.264 cannot be encoded.
    """
    rows = _rows(read(manifest), limit)
    wanted = [c for c in Condition if c is Condition.BASE or c in only or not only]
    if Condition.H264 in wanted and not available():
        raise UsageError(
            "condition h264-low: expected the program ffmpeg, found none; "
            "install it (apt-get install ffmpeg) or name the other conditions with --only"
        )
    code = code_hash()
    tasks = [Task(row, fps=rate(c), condition=c) for c in wanted for row in rows]
    known = _read(out) if out is not None else {}
    results: dict[Key, Outcome] = {}
    contents = {row.path: _content(row.path) for row in rows}
    keys = [_key(task, contents, code) for task in tasks]
    for key in keys:
        if key in known:
            results[key] = known[key]
    missing = [(key, task) for key, task in zip(keys, tasks, strict=True) if key not in results]
    if progress is not None:
        progress(len(results), len(tasks))
    measured = measure_all([task for _, task in missing], jobs)
    for (key, _), outcome in zip(missing, measured, strict=True):
        results[key] = outcome
        # What could not be read may be readable next time.
        if out is not None and outcome.error is None:
            with out.open("ab") as handle:
                handle.write(msgspec.json.encode(Kept(key, outcome)) + b"\n")
        if progress is not None:
            progress(len(results), len(tasks))
    each = iter(keys)
    by = {condition: [results[next(each)] for _ in rows] for condition in wanted}
    return compare(rows, by, code)


def compare(
    rows: Sequence[Row], by: dict[Condition, list[Outcome]], code: str = ""
) -> RobustnessReport:
    """Return the table of all conditions; pure.

    Parameters
    ----------
    rows
        The recordings.
    by
        Outcomes of each condition, in the order of `rows`; the base among them.
    code
        Hash of code and models.
    """
    base = by[Condition.BASE]
    clusters = clusters_of(rows)
    table: list[ConditionResult] = []
    for condition, outcomes in by.items():
        pairs = [
            (before, after)
            for before, after in zip(base, outcomes, strict=True)
            if before.error is None and after.error is None
        ]
        falls = [pair for pair in pairs if pair[0].label == Label.FALL]
        adl = [pair for pair in pairs if pair[0].label == Label.ADL]
        hits = [(found(a), found(b)) for a, b in falls]
        calm = [(not found(a), not found(b)) for a, b in adl]
        table.append(
            ConditionResult(
                condition=condition,
                meaning=MEANING[condition],
                figures=group(outcomes, clusters),
                sensitivity_change=_change(condition, hits),
                specificity_change=_change(condition, calm),
                newly_missed=[b.file for a, b in falls if found(a) and not found(b)],
                newly_false=[b.file for a, b in adl if found(b) and not found(a)],
            )
        )
    return RobustnessReport(
        config_version=default_config("recording").version,
        code=code,
        rows=len(rows),
        conditions=table,
        beyond=[one.condition for one in table if _loses(one)],
        errors={
            f"{condition} {out.file}": out.error
            for condition, outcomes in by.items()
            for out in outcomes
            if out.error is not None
        },
    )


def _change(condition: Condition, pairs: Sequence[tuple[bool, bool]]) -> Difference:
    if condition is Condition.BASE:
        return Difference(len(pairs), None, None, None)  # nothing to compare it with
    return paired([before for before, _ in pairs], [after for _, after in pairs])


def code_hash() -> str:
    """Return the hash of the code and models that decide."""
    return versions.code_hash((vision, fusion), _DECIDING)


def _content(path: Path) -> str:
    try:
        return digest(path)
    except OSError:
        return ""  # measuring it says what is wrong


def _key(task: Task, contents: Mapping[Path, str], code: str) -> Key:
    row = task.row
    return Key(
        file=row.file,
        content=contents[row.path],
        label=str(row.label),
        fall_start_s=row.fall_start_s,
        condition=str(task.condition or Condition.BASE),
        config=default_config("recording", task.fps).version,
        code=code,
    )


def _rows(rows: list[Row], limit: int | None) -> list[Row]:
    """Return the rows to measure, in the manifest's order."""
    on_bar = [row for row in rows if row.on_bar]
    scored = on_bar or [row for row in rows if row.label is not Label.AMBIGUOUS]
    if limit is None:
        return scored
    taken: set[str] = set()
    for label in (Label.FALL, Label.ADL):
        some = [row.file for row in scored if row.label is label]
        many = min(limit, len(some))
        taken |= {some[i * len(some) // many] for i in range(many)}
    return [row for row in scored if row.file in taken]


def _read(path: Path) -> dict[Key, Outcome]:
    """Return what was kept; a last line that was cut off is taken away."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path}: expected a file of kept outcomes ({error.strerror})") from None
    *lines, rest = data.split(b"\n")
    if rest:
        with path.open("r+b") as handle:
            handle.truncate(len(data) - len(rest))
    kept: dict[Key, Outcome] = {}
    for number, line in enumerate(lines, start=1):
        try:
            one = msgspec.json.decode(line, type=Kept)
        except msgspec.DecodeError as error:
            raise UsageError(
                f"{path}, line {number}: expected a kept outcome, got something else ({error}); "
                "name another file with --out"
            ) from None
        kept[one.key] = one.outcome
    return kept


def _loses(result: ConditionResult) -> bool:
    changes = (result.sensitivity_change.change, result.specificity_change.change)
    return any(change is not None and change < -ALLOWED_LOSS for change in changes)
