"""A manifest of sound recordings: ``manifest.csv`` in, checked rows and their samples out.

The columns are file, dataset, use, licence, speaker, sex, label, text, seconds, native_rate, notes;
only those in `_COLUMNS` must be there. Files are relative to the manifest's folder. Where a
``speech_segments.csv`` (file, start_s, end_s, label) lies beside it, it says where speech is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ambient.errors import AmbientError, UsageError
from ambient.evaluate import labelled
from audio.blocks import Samples
from audio.sources.file import open_file

SEGMENTS: Final = "speech_segments.csv"
TRAIN: Final = "train"
_COLUMNS: Final = ("file", "dataset", "use", "label")
_SPEECH: Final = "speech"

Interval = tuple[float, float]
"""Start and end in seconds from the first sample."""


@dataclass(frozen=True, slots=True)
class SoundRow:
    """One recording.

    Attributes
    ----------
    file, path
        As written in the manifest, and where it lies.
    dataset, use
        Its data set, and what it may serve (train, validate, evaluate).
    label, speaker
        What is heard, and whose voice; empty where not given.
    """

    file: str
    path: Path
    dataset: str
    use: str
    label: str
    speaker: str = ""


def read(manifest: Path) -> list[SoundRow]:
    """Return the rows of a manifest.

    Raises
    ------
    UsageError
        When the file is missing, lacks a column, or has no rows.
    """
    rows = [
        SoundRow(
            file=raw["file"],
            path=manifest.parent / raw["file"],
            dataset=raw["dataset"],
            use=raw["use"],
            label=raw["label"],
            speaker=(raw.get("speaker") or "").strip(),
        )
        for _, raw in labelled.rows(manifest, _COLUMNS)
    ]
    if not rows:
        raise UsageError(f"{manifest}: expected at least one row, got none")
    return rows


def in_order(rows: Iterable[SoundRow]) -> list[SoundRow]:
    """Return rows by speaker, then by file: what is drawn from them hangs on no manifest's order.

    Who has no name is a speaker of their own.
    """
    return sorted(rows, key=lambda row: (row.speaker or row.file, row.file, row.label))


def truth(manifest: Path) -> dict[str, list[Interval]]:
    """Return where speech is, by file as written in the manifest; nothing without the truth.

    Raises
    ------
    UsageError
        The file beside the manifest cannot be understood.
    """
    beside = manifest.parent / SEGMENTS
    if not beside.is_file():
        return {}
    found: dict[str, list[Interval]] = {}
    for number, raw in labelled.rows(beside, ("file", "start_s", "end_s", "label")):
        try:
            interval = (float(raw["start_s"]), float(raw["end_s"]))
        except ValueError:
            interval = (math.nan, math.nan)
        if not all(map(math.isfinite, interval)):
            raise UsageError(
                f"{beside}, line {number}: expected seconds, got {raw['start_s']!r} and "
                f"{raw['end_s']!r}"
            )
        found.setdefault(raw["file"], [])
        if raw["label"] == _SPEECH:
            found[raw["file"]].append(interval)
    return found


def samples_of(path: Path) -> Samples:
    """Return a whole recording, mono at 16 kHz.

    Raises
    ------
    SourceError
        It cannot be read or is no sound.
    """
    source = open_file(path)
    try:
        pieces = []
        while (block := source.read()) is not None:
            pieces.append(block.samples)
    finally:
        source.close()
    return np.concatenate(pieces)


def heard(
    rows: Sequence[SoundRow],
    errors: dict[str, str],
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[SoundRow, Samples]]:
    """Yield each recording that can be read, with its samples; note in `errors` why others can't.

    Parameters
    ----------
    rows
        Recordings.
    errors
        By file as written in the manifest; what cannot be read is added.
    progress
        Called with (done, all) after each recording, once whoever asked is through with it.
    """
    for number, row in enumerate(rows, start=1):
        try:
            samples = samples_of(row.path)
        except AmbientError as error:
            # A name that is no UTF-8 could not be written as JSON.
            errors[row.file.encode(errors="backslashreplace").decode()] = str(error)
        else:
            yield row, samples
        if progress is not None:
            progress(number, len(rows))
