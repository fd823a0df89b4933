"""Found on the floor: whether somebody is found whose fall nobody saw.

In: a manifest. Every fall is cut so that it begins after the descent, and the judgement starts
with a person who lies there. Everyday recordings that by their labels show somebody lying on a bed
or a sofa are measured beside: there nothing may alarm.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate.clip import FPS, HOLD_S
from ambient.evaluate.groups import clusters_of
from ambient.evaluate.manifest import Label, Row, read
from ambient.evaluate.measure import Outcome, Task, measure_all, network_in
from ambient.evaluate.statistics import Quantiles, Share, quantiles, share_of

DESCENT_S: Final = 1.6
"""A descent whose end is not labelled is over after this long."""
LONGEST_DESCENT_S: Final = 2.5
"""A labelled interval that is longer holds the lying after the descent as well."""
LEAST_S: Final = 0.3
"""A recording that ends sooner after the cut shows nobody lying."""
LASTING_S: Final = 1.0
"""What the node sees of a shorter rest is a handful of frames, which the held time repeats."""
WITHIN_S: Final = 10.0
SOFT: Final = frozenset({"bed", "sofa"})

_LIES: Final = re.compile(r"\b(lie|lies|lying|laying|asleep|sleep|sleeps|sleeping)\b", re.I)
_SOFT: Final = re.compile(r"\b(bed|sofa|couch)\b", re.I)


class FloorClip(Struct, frozen=True):
    """One fall that began on the floor; seconds count from the cut.

    Attributes
    ----------
    file, dataset
        As in the manifest.
    cut_s
        Where the recording was cut.
    rest_s
        How long it goes on after that, without the held time.
    lying_s
        When we first saw somebody down; None when never.
    suspected_s, confirmed_s
        First of each; None without one.
    """

    file: str
    dataset: str
    cut_s: float
    rest_s: float
    lying_s: float | None
    suspected_s: float | None
    confirmed_s: float | None


class FloorGroup(Struct, frozen=True):
    """How many of some falls were found within `WITHIN_S` of visible lying."""

    suspected: Share
    confirmed: Share
    confirmed_after: Quantiles


class SoftClip(Struct, frozen=True):
    """An everyday recording of somebody lying on a bed or a sofa."""

    file: str
    why: str
    alarms: list[float]


class FloorReport(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    fps, hold_s, within_s
        The setting; held time counts.
    everybody
        All falls whose recording goes on after the cut.
    seen_lying
        Those of them in which we saw somebody down at all.
    lasting
        Those of them that go on for `LASTING_S` and more.
    by_dataset
        All falls whose recording goes on after the cut.
    clips
        Each of them.
    left_out
        Falls whose recording ends at the cut.
    soft, soft_alarms_per_clip
        Recordings of somebody lying on a bed or sofa, and confirmed alarms per recording; None
        when the manifest has none.
    errors
        Files that could not be read.
    """

    fps: float
    hold_s: float
    within_s: float
    everybody: FloorGroup
    seen_lying: FloorGroup
    lasting: FloorGroup
    by_dataset: dict[str, FloorGroup]
    clips: list[FloorClip]
    left_out: list[str]
    soft: list[SoftClip]
    soft_alarms_per_clip: float | None
    errors: dict[str, str]


def cut_at(row: Row) -> float:
    """Return the instant of a fall's recording at which the descent is over.

    The labelled end, unless the interval holds the lying after the descent as well: then, and
    where no end is given, `DESCENT_S` after the start.

    Raises
    ------
    ValueError
        When the row is no fall.
    """
    start, end = row.fall_start_s, row.fall_end_s
    if start is None:
        raise ValueError(f"{row.file}: expected the start of a fall, got none")
    if end is None or end - start > LONGEST_DESCENT_S:
        return start + DESCENT_S
    return end


def lies_softly(row: Row, segments: Iterable[str] = ()) -> str:
    """Return by which label an everyday recording shows somebody lying on a bed or sofa.

    Parameters
    ----------
    row
        Of the manifest; its column ``lies_on`` (bed, sofa) decides where it is given.
    segments
        Classes of the recording's labelled intervals.

    Returns
    -------
    str
        The words that say so; empty when no label does.
    """
    if row.label is not Label.ADL:
        return ""
    if row.lies_on:
        return f"lies_on: {row.lies_on}" if row.lies_on.lower() in SOFT else ""
    words = "; ".join([row.description, *segments])
    lies, soft = _LIES.search(words), _SOFT.search(words)
    return f"{lies.group()}, {soft.group()}" if lies and soft else ""


def run_from_floor(
    manifest: Path,
    *,
    jobs: int | None = None,
    fps: float = FPS,
    weights: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FloorReport:
    """Measure every fall of a manifest from the floor on, and who lies on bed or sofa.

    Parameters
    ----------
    manifest
        A ``manifest.csv``; a ``segments.csv`` in the folder of a data set is read as well.
    jobs
        Processes to share the work; all cores when none is given.
    fps
        Frames a second that are looked at.
    weights
        A folder of ``train falls``: its network instead of the one that is carried.
    progress
        Called with (done, all) after each recording.

    Raises
    ------
    UsageError
        When the manifest or the segments cannot be understood.
    ModelError
        When `weights` holds no network that can be used.
    """
    network = network_in(weights)
    rows = read(manifest)
    segments = _segments(manifest.parent)
    falls = [row for row in rows if row.label is Label.FALL]
    soft = [(row, why) for row in rows if (why := lies_softly(row, segments.get(row.file, ())))]
    tasks = [Task(row, fps=fps, start_s=cut_at(row), falls=network) for row in falls]
    tasks += [Task(row, fps=fps, falls=network) for row, _ in soft]
    outcomes: list[Outcome] = []
    for outcome in measure_all(tasks, jobs):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(tasks))
    clips = [
        _clip(row, out) for row, out in zip(falls, outcomes, strict=False) if out.error is None
    ]
    shown = [clip for clip in clips if clip.rest_s >= LEAST_S]
    quiet = [
        SoftClip(row.file, why, out.alarms)
        for (row, why), out in zip(soft, outcomes[len(falls) :], strict=True)
        if out.error is None
    ]
    people = clusters_of(rows)
    return FloorReport(
        fps=fps,
        hold_s=HOLD_S,
        within_s=WITHIN_S,
        everybody=_group(shown, people),
        seen_lying=_group([clip for clip in shown if clip.lying_s is not None], people),
        lasting=_group([clip for clip in shown if clip.rest_s >= LASTING_S], people),
        by_dataset={
            name: _group([clip for clip in shown if clip.dataset == name], people)
            for name in sorted({clip.dataset for clip in shown})
        },
        clips=shown,
        left_out=[clip.file for clip in clips if clip.rest_s < LEAST_S],
        soft=quiet,
        soft_alarms_per_clip=(
            round(sum(len(clip.alarms) for clip in quiet) / len(quiet), 4) if quiet else None
        ),
        errors={out.file: out.error for out in outcomes if out.error is not None},
    )


def in_time(clip: FloorClip, alarm_s: float | None) -> bool:
    """Return whether an alarm came within `WITHIN_S` of visible lying (of the cut, if unseen)."""
    return alarm_s is not None and alarm_s - (clip.lying_s or 0.0) <= WITHIN_S


def _clip(row: Row, outcome: Outcome) -> FloorClip:
    return FloorClip(
        file=row.file,
        dataset=row.dataset,
        cut_s=round(cut_at(row), 3),
        rest_s=outcome.end_s,
        lying_s=outcome.facts.lying_s,
        suspected_s=min(outcome.suspected, default=None),
        confirmed_s=min(outcome.alarms, default=None),
    )


def _group(clips: list[FloorClip], people: dict[str, object]) -> FloorGroup:
    who = [people[clip.file] for clip in clips]
    confirmed = [
        clip.confirmed_s - (clip.lying_s or 0.0) for clip in clips if clip.confirmed_s is not None
    ]
    return FloorGroup(
        suspected=share_of([in_time(clip, clip.suspected_s) for clip in clips], who),
        confirmed=share_of([in_time(clip, clip.confirmed_s) for clip in clips], who),
        confirmed_after=quantiles(confirmed),
    )


def _segments(folder: Path) -> dict[str, list[str]]:
    """Return the classes of each file's labelled intervals (``segments.csv``: file, class, …)."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/segments.csv")):
        try:
            with path.open(newline="", encoding="utf-8") as handle:
                for raw in csv.DictReader(handle):
                    found.setdefault(raw["file"], []).append(raw["class"])
        except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
            raise UsageError(
                f"{path}: expected labelled intervals with the columns file and class, "
                f"got something else ({error!r})"
            ) from None
    return found
