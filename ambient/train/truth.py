"""What the labels of a recording say of every instant: manifest rows in, truth out.

Only what a row states is said; what it leaves open is unknown (-1, NaN) and costs nothing in
training: the seconds in which a falling body is neither up nor down, and what people do after a
fall whose recording shows them getting up.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from models.skeletons.sequence import LABELS

USE: Final = "train"
"""The only rows of a manifest that may be learned from."""
STAYS_DOWN: Final = "gmdcsa24"
"""In this data set who fell stays down to the end of the recording."""
SETTLED_S: Final = 1.6
"""A fall is over this long after the start that its authors give, to within half a second."""
UNSURE_S: Final = 0.4
FELL_S: Final = 3.0
"""As in `models.skeletons.sequence.Sequence.fell`."""

_SEGMENTS: Final = {"Walking": "walk", "Standing": "standing", "Sitting": "sitting"}
_SCENES: Final = {"walk": "walk", "seated": "sitting"}
"""Words of a description that hold for everybody in an everyday recording."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One recording that may be learned from.

    Attributes
    ----------
    path, name
        Where it lies; as written in the manifest.
    subject
        Who is in it; the recording's own name where nobody is named.
    fall
        Start and end of the fall in seconds, or None.
    stays
        Whether who fell stays down to the end.
    on_bed
        Whether the fall ends on a bed, so that nobody lies on the floor.
    scene
        Index of the label that holds for everybody all the time, or -1.
    segments
        Start, end, index of the label.
    """

    path: Path
    name: str
    subject: str
    fall: tuple[float, float] | None
    stays: bool
    on_bed: bool
    scene: int
    segments: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Truth at T instants; see `models.skeletons.sequence.Sequence`."""

    label: NDArray[np.int64]
    down: Floats
    fell: Floats
    help: Floats


def read(video: Path) -> list[Row]:
    """Return the rows of ``manifest.csv`` in `video` that may be learned from.

    Raises
    ------
    UsageError
        When the manifest is missing or holds no such row.
    """
    manifest = video / "manifest.csv"
    if not manifest.is_file():
        raise UsageError(f"{manifest}: expected the manifest of the recordings, found no file")
    segments = _segments(video / "gmdcsa24" / "segments.csv")
    with manifest.open(newline="", encoding="utf-8") as handle:
        rows = [_row(video, raw, segments) for raw in csv.DictReader(handle) if raw["use"] == USE]
    if not rows:
        raise UsageError(f"{manifest}: expected rows with use={USE}, found none")
    return rows


def truth(row: Row, t: NDArray[np.float64], *, faller: bool) -> Truth:
    """Return what is true of one person of a recording.

    Parameters
    ----------
    row
        The recording.
    t
        (T,) seconds from its first frame.
    faller
        Whether this is the person who falls; of others in a recording of a fall only that they
        do not fall is known.
    """
    label = np.full(len(t), row.scene, np.int64)
    for start, end, index in row.segments:
        label[(t >= start) & (t < end)] = index
    down, fell, helped = (np.zeros(len(t), np.float32) for _ in range(3))
    if row.fall is None or not faller:
        return Truth(label, down, fell, helped)
    start, end = row.fall
    if row.stays:
        end = start + SETTLED_S
    label[t >= start - UNSURE_S / 2] = -1
    label[(t >= start + UNSURE_S) & (t < end - UNSURE_S / 2)] = LABELS.index("fall")
    down[t >= start] = np.nan
    known_to = np.inf if row.stays else end + 0.7
    settled = (t >= end + (0.0 if row.stays else 0.1)) & (t < known_to)
    down[settled] = 1.0
    label[settled] = LABELS.index("fallen")
    fell[t >= start - UNSURE_S / 2] = np.nan
    fell[(t >= start + UNSURE_S) & (t < end + FELL_S - UNSURE_S)] = 1.0
    if row.stays:
        fell[t >= end + FELL_S + 2 * UNSURE_S] = 0.0
    helped = down.copy()
    if row.on_bed:
        helped[t >= start] = np.nan
    return Truth(label, down, fell, helped)


def _row(
    video: Path, raw: Mapping[str, str], segments: Mapping[str, list[tuple[float, float, int]]]
) -> Row:
    fall = None
    if raw["label"] == "fall":
        fall = (float(raw["fall_start_s"]), float(raw["fall_end_s"]))
    text = raw["description"].lower()
    scene = next((LABELS.index(v) for k, v in _SCENES.items() if k in text), -1)
    stays = raw["dataset"] == STAYS_DOWN
    return Row(
        path=video / raw["file"],
        name=raw["file"],
        subject=f"{raw['dataset']}/{raw['subject'] or Path(raw['file']).stem}",
        fall=fall,
        stays=stays,
        on_bed="on the bed" in text,
        scene=-1 if stays or fall is not None else scene,
        segments=tuple(segments.get(raw["file"], ())),
    )


def _segments(path: Path) -> dict[str, list[tuple[float, float, int]]]:
    found: dict[str, list[tuple[float, float, int]]] = {}
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as handle:
            for raw in csv.DictReader(handle):
                name = _SEGMENTS.get(raw["class"])
                if name is not None:
                    span = (float(raw["start_s"]), float(raw["end_s"]), LABELS.index(name))
                    found.setdefault(raw["file"], []).append(span)
    return found
