"""Movements of a skeleton in a room: where they come from, and how one is made into many.

Files of joints go in, motions come out. A motion is exact about what is done when; cameras and
pose networks come later. `edit` makes new motions of one, `build` gives one to another body.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.skeletons.joints import JOINTS, Array, stature
from models.skeletons.sequence import LABELS

RATE_HZ: Final = 30.0


class Source(StrEnum):
    """Where a motion comes from."""

    CMU = "cmu"
    SIM = "sim"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Segment:
    """What is done from `start_s` to `end_s`; `label` is one of `sequence.LABELS`."""

    start_s: float
    end_s: float
    label: str

    def __post_init__(self) -> None:
        """Refuse a label that no sequence can carry."""
        if self.label not in LABELS:
            raise ValueError(f"Segment.label: expected one of {LABELS}, got {self.label!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One body over time.

    Attributes
    ----------
    name, subject
        What it is and whose movement: people are never split between training and measuring.
    joints
        (T, 24, 3) metres, z up, floor at 0; rows as `joints.Joint`.
    rate
        Instants per second.
    segments
        In order, without holes.
    source
        Where it comes from.
    height
        Of the body, metres.
    scenario
        The simulator's word for it (`fall_walk`, `adl_bed`, ...), or the mocap index's label.
    """

    name: str
    subject: str
    joints: Array
    rate: float
    segments: tuple[Segment, ...]
    source: Source
    height: float
    scenario: str = ""

    def __post_init__(self) -> None:
        """Refuse joints of another shape and a motion that says nothing."""
        if self.joints.ndim != 3 or self.joints.shape[1:] != (JOINTS, 3) or not len(self.joints):
            raise ValueError(
                f"Motion {self.name}: joints: expected shape (T, {JOINTS}, 3) with T > 0, "
                f"got {self.joints.shape}"
            )
        if not self.segments:
            raise ValueError(f"Motion {self.name}: segments: expected at least one, got none")

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.joints) / self.rate

    def times(self) -> Array:
        """Seconds of every instant (T,)."""
        out: Array = np.arange(len(self.joints), dtype=np.float64) / self.rate
        return out

    def labels(self, t: Array) -> Array:
        """Index into `LABELS` at the seconds `t` (N,), as float64 whole numbers."""
        starts = np.array([segment.start_s for segment in self.segments])
        codes = np.array([LABELS.index(segment.label) for segment in self.segments], np.float64)
        at = np.searchsorted(starts, t, side="right") - 1
        out: Array = codes[np.clip(at, 0, len(codes) - 1)]
        return out

    def at(self, t: Array) -> Array:
        """Joints (N, 24, 3) at the seconds `t` (N,), linear between instants, held outside."""
        place = np.clip(t * self.rate, 0.0, len(self.joints) - 1.0)
        low = np.minimum(place.astype(np.int64), max(len(self.joints) - 2, 0))
        part = (place - low)[:, None, None]
        high = np.minimum(low + 1, len(self.joints) - 1)
        out: Array = (1.0 - part) * self.joints[low] + part * self.joints[high]
        return out


def load(data: Path) -> list[Motion]:
    """Read the motions of a folder that holds `cmu.npz`, `sim.npz` and their tables.

    Parameters
    ----------
    data
        The data directory, or its `motion` folder.

    Raises
    ------
    FileNotFoundError
        When a file is missing.
    """
    folder = data / "motion" if (data / "motion").is_dir() else data
    for name in ("cmu.npz", "sim.npz", "manifest.csv", "segments.csv"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder}: expected {name}, got none; point to the folder of motions"
            )
    segments: dict[str, list[Segment]] = {}
    with (folder / "segments.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            piece = Segment(float(row["start_s"]), float(row["end_s"]), row["label"])
            segments.setdefault(row["key"], []).append(piece)
    with (folder / "manifest.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    out = []
    archives = {name: np.load(folder / name) for name in ("cmu.npz", "sim.npz")}
    for row in rows:
        key = row["key"]
        if key not in segments:
            continue
        joints = archives[row["file"]][key].astype(np.float64) / 1000.0
        mocap = row["file"] == "cmu.npz"
        out.append(
            Motion(
                name=key,
                subject=f"cmu-{row['subject']}" if mocap else key,
                joints=joints,
                rate=RATE_HZ,
                segments=tuple(segments[key]),
                source=Source.CMU if mocap else Source.SIM,
                height=stature(joints),
                scenario=row["label"] if mocap else row["scenario"],
            )
        )
    return out


def load_own(folder: Path) -> list[Motion]:
    """Read motions that `save_own` wrote, in the order of their names.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    paths = sorted(folder.glob("*.npz")) if folder.is_dir() else [folder]
    out: list[Motion] = []
    for path in paths:
        with np.load(path) as archive:
            names = sorted(name.removesuffix(".joints") for name in archive if ".joints" in name)
            for name in names:
                words = archive[f"{name}.labels"].tolist()
                spans = archive[f"{name}.spans"].tolist()
                joints = archive[f"{name}.joints"].astype(np.float64) / 1000.0
                subject, scenario = archive[f"{name}.words"].tolist()
                pieces = tuple(Segment(a, b, w) for (a, b), w in zip(spans, words, strict=True))
                rate = float(archive[f"{name}.rate"])
                tall = stature(joints)
                out.append(Motion(name, subject, joints, rate, pieces, Source.OWN, tall, scenario))
    if not out:
        raise FileNotFoundError(f"{folder}: expected .npz files of motions, got none")
    return out


def save_own(path: Path, motions: Sequence[Motion]) -> None:
    """Write motions to one file, joints in whole millimetres, for `load_own`."""
    arrays: dict[str, NDArray[Any]] = {}
    for motion in motions:
        arrays[f"{motion.name}.joints"] = np.round(motion.joints * 1000.0).astype(np.int16)
        arrays[f"{motion.name}.spans"] = np.array([(s.start_s, s.end_s) for s in motion.segments])
        arrays[f"{motion.name}.labels"] = np.array([s.label for s in motion.segments])
        arrays[f"{motion.name}.words"] = np.array([motion.subject, motion.scenario])
        arrays[f"{motion.name}.rate"] = np.array(motion.rate)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def is_heldout(motion: Motion) -> bool:
    """Whether a motion belongs to the fifth that is kept for calibration and measuring.

    By a hash of the subject, so a list of motions that grows moves nobody from one side to the
    other. Simulations that draw their bodies for one side say so in the subject's second word.
    """
    words = motion.subject.split("-")
    if len(words) > 2 and words[1] in ("train", "heldout"):
        return words[1] == "heldout"
    digest = hashlib.sha256(f"heldout:{motion.subject}".encode()).digest()
    return digest[0] < 51
