"""A manifest of labelled recordings: ``manifest.csv`` in, checked rows out.

The columns are file, dataset, use, licence, subject, label, fall_start_s, fall_end_s, description,
width, height, fps, n_frames; only those in `_COLUMNS` must be there. Further columns, where a
manifest has them, say what else is derived from the recording: view, light, distance, people,
end_posture, lies_on. Files are relative to the manifest's folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final

from ambient.errors import UsageError
from ambient.evaluate import labelled

_COLUMNS: Final = ("file", "dataset", "use", "label", "fall_start_s")
_WORDS: Final = (
    "subject",
    "description",
    "view",
    "light",
    "distance",
    "people",
    "end_posture",
    "lies_on",
)
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
    fall_end_s
        Seconds to the end of the descent, or of the lying after it; None where not given.
    duration_s
        Length by the manifest's number of frames and rate; None where not given.
    subject, description
        Who is seen, as a pseudonym, and what; empty where not given.
    view, light, distance, people, end_posture, lies_on
        Camera view, light, distance, number of people, posture at the end, and on what an
        everyday recording shows somebody lying; empty where the manifest has no such column.
    """

    file: str
    path: Path
    dataset: str
    use: str
    label: Label
    fall_start_s: float | None
    fall_end_s: float | None = None
    duration_s: float | None = None
    subject: str = ""
    description: str = ""
    view: str = ""
    light: str = ""
    distance: str = ""
    people: str = ""
    end_posture: str = ""
    lies_on: str = ""

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
    rows = [_row(manifest, number, raw) for number, raw in labelled.rows(manifest, _COLUMNS)]
    if not rows:
        raise UsageError(f"{manifest}: expected at least one row, got none")
    return rows


def _row(manifest: Path, number: int, raw: labelled.Raw) -> Row:
    at = f"{manifest}, line {number}"
    try:
        label = Label(raw["label"].strip())
    except ValueError:
        known = ", ".join(Label)
        raise UsageError(f"{at}, label: expected {known}, got {raw['label']!r}") from None
    fall_start = _number(at, raw, "fall_start_s")
    if label is Label.FALL and fall_start is None:
        raise UsageError(f"{at}, fall_start_s: expected seconds for a fall, got nothing")
    frames, rate = _number(at, raw, "n_frames"), _number(at, raw, "fps")
    return Row(
        file=raw["file"],
        path=manifest.parent / raw["file"],
        dataset=raw["dataset"],
        use=raw["use"],
        label=label,
        fall_start_s=fall_start,
        fall_end_s=_number(at, raw, "fall_end_s"),
        duration_s=frames / rate if frames is not None and rate else None,
        **{name: (raw.get(name) or "").strip() for name in _WORDS},
    )


def _number(at: str, raw: labelled.Raw, column: str) -> float | None:
    text = (raw.get(column) or "").strip()
    try:
        # Programs that read videos write rates as 30000/1001.
        return float(Fraction(text)) if text else None
    except (ValueError, ZeroDivisionError, OverflowError):
        raise UsageError(f"{at}, {column}: expected a number, got {text!r}") from None
