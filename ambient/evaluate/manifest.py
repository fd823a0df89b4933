"""A manifest of labelled recordings: ``manifest.csv`` in, checked rows out.

The columns are those of the data README: file, dataset, use, licence, subject, label,
fall_start_s, fall_end_s, description, width, height, fps, n_frames. Files are relative to the
manifest's folder.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ambient.errors import UsageError

_COLUMNS: Final = ("file", "dataset", "use", "label", "fall_start_s")
APART: Final = frozenset({"urfd-ceiling", "extra-exercise"})
"""Data sets that are measured apart from the rows that bars are set on."""


class Label(StrEnum):
    """What a recording shows."""

    FALL = "fall"
    ADL = "adl"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Row:
    """One recording.

    Attributes
    ----------
    file
        As written in the manifest.
    path
        Where it lies.
    dataset, use
        Its data set, and what it may serve (train, validate, evaluate).
    label
        Fall, everyday life, or ambiguous (measured, not scored).
    fall_start_s
        Seconds from the first frame to the start of the fall; None without one.
    """

    file: str
    path: Path
    dataset: str
    use: str
    label: Label
    fall_start_s: float | None

    @property
    def on_bar(self) -> bool:
        """Whether the row belongs to those that bars are set on."""
        scored = self.label is not Label.AMBIGUOUS
        return self.use == "validate" and self.dataset not in APART and scored


def read(manifest: Path) -> list[Row]:
    """Return the rows of a manifest.

    Raises
    ------
    UsageError
        When the file is missing, lacks a column, or a row cannot be understood.
    """
    try:
        with manifest.open(newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(
                    f"{manifest}: expected the columns {', '.join(_COLUMNS)}, "
                    f"got none named {', '.join(missing)}"
                )
            rows = [_row(manifest, number, raw) for number, raw in enumerate(reader, start=2)]
    except OSError as error:
        raise UsageError(
            f"{manifest}: expected a manifest.csv, cannot read it ({error.strerror})"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{manifest}: expected CSV text, got something else ({error})") from None
    if not rows:
        raise UsageError(f"{manifest}: expected at least one row, got none")
    return rows


def _row(manifest: Path, number: int, raw: dict[str, str]) -> Row:
    at = f"{manifest}, line {number}"
    try:
        label = Label(raw["label"])
    except ValueError:
        known = ", ".join(Label)
        raise UsageError(f"{at}, label: expected {known}, got {raw['label']!r}") from None
    start = raw["fall_start_s"] or ""
    try:
        fall_start = float(start) if start else None
    except ValueError:
        raise UsageError(f"{at}, fall_start_s: expected seconds, got {start!r}") from None
    if label is Label.FALL and fall_start is None:
        raise UsageError(f"{at}, fall_start_s: expected seconds for a fall, got nothing")
    return Row(
        file=raw["file"],
        path=manifest.parent / raw["file"],
        dataset=raw["dataset"],
        use=raw["use"],
        label=label,
        fall_start_s=fall_start,
    )
