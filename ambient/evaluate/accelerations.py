"""Recordings of worn accelerometers, each data set's files read into one form.

Comes in: a folder with ``manifest.csv`` and the files of UMAFall, URFD and UP-Fall as published.
Goes out: recordings with a trace for each place on the body, samples in g with the time of each.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.observations import Wear
from vitals.motion.cells import Grid
from vitals.motion.scale import NEAR, Scale

SECOND: Final = 1_000_000_000
START_S: Final = 1000.0
"""Where the clock of a recording begins; any will do."""
HOLD_S: Final = 5.0
"""A recording is measured as if its last half second went on: many end soon after the fall, and
people who have fallen do not. The recordings of cameras are measured alike."""
HOLD_HZ: Final = 50

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What one device felt: `times` (N,) in nanoseconds, rising, and `samples` (N, 3) in g."""

    wear: Wear
    times: NDArray[np.int64]
    samples: Floats

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.times[-1] - self.times[0]) / SECOND

    def held(self) -> Trace:
        """Return the trace with its last half second's mean held.

        Who moved to the end is held at rest: at what a device whose range is taken for another
        says of 1 g.
        """
        last = self.samples[self.times >= self.times[-1] - SECOND // 2].mean(axis=0)
        grid, scale = Grid(), Scale()
        for cells in grid.push(self.times, self.samples):
            scale.push(cells)
        length = float(np.sqrt(np.square(last).sum())) * scale.factor
        if abs(length - 1.0) > NEAR:
            last = last / max(length, 1e-6)
        more = np.arange(1, int(HOLD_S * HOLD_HZ) + 1) * (SECOND // HOLD_HZ)
        return Trace(
            self.wear,
            np.r_[self.times, self.times[-1] + more],
            np.vstack([self.samples, np.tile(last, (len(more), 1))]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One recording; `fall` is what the manifest says, `traces` are by place on the body."""

    file: str
    dataset: str
    use: str
    subject: str
    fall: bool
    description: str
    traces: dict[Wear, Trace]


_UMAFALL: Final = {
    "WAIST": Wear.WAIST,
    "CHEST": Wear.CHEST,
    "WRIST": Wear.WRIST,
    "ANKLE": Wear.ANKLE,
    "RIGHTPOCKET": Wear.THIGH,
}
_SENSOR: Final = re.compile(r"^%[0-9a-fA-F:]{17}; *(\d+); *(\w+);", re.MULTILINE)
_UPFALL: Final = {
    Wear.WAIST: "BeltACC",
    Wear.CHEST: "NeckACC",
    Wear.WRIST: "WristACC",
    Wear.ANKLE: "Ank_ACC",
    Wear.THIGH: "RightPocketACC",
}
"""The sensor at the neck counts as one at the chest: both are above the waist and on the trunk."""
_UPFALL_SLOWER: Final = 1.27
"""Real time of a row over the camera's frame time; see the data's README."""


def recordings(
    data: Path, datasets: tuple[str, ...], use: str | None = None
) -> Iterator[Recording]:
    """Yield the recordings of data sets, in the manifest's order.

    Parameters
    ----------
    data
        The folder ``vitals``, with ``manifest.csv``.
    datasets
        Of `READERS`.
    use
        Only rows of this use.

    Raises
    ------
    UsageError
        The manifest or a file is missing or cannot be understood.
    """
    for row in rows(data):
        if row["dataset"] not in datasets or (use is not None and row["use"] != use):
            continue
        if row["label"] not in ("fall", "adl") or row["file"].endswith("-data.csv.gz"):
            continue
        path = data / row["file"]
        try:
            traces = READERS[row["dataset"]](path)
        except (OSError, ValueError, IndexError, KeyError) as error:
            raise UsageError(
                f"{path}: expected a recording of {row['dataset']}, cannot read it ({error})"
            ) from error
        yield Recording(
            file=row["file"],
            dataset=row["dataset"],
            use=row["use"],
            subject=row["subject"],
            fall=row["label"] == "fall",
            description=re.sub(r" trial .*|;.*", "", row["description"]),
            traces=traces,
        )


def rows(data: Path) -> list[dict[str, str]]:
    """Return the rows of ``manifest.csv``.

    Raises
    ------
    UsageError
        It is missing or lacks a column.
    """
    path = data / "manifest.csv"
    needed = ("file", "dataset", "use", "subject", "label", "description")
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            found = list(csv.DictReader(handle))
    except OSError as error:
        raise UsageError(
            f"{path}: expected a manifest of recordings, cannot read it ({error.strerror}); "
            "point to the folder vitals"
        ) from None
    missing = [name for name in needed if not found or name not in found[0]]
    if missing:
        raise UsageError(f"{path}: expected the columns {', '.join(needed)}, got no {missing[0]}")
    return found


def _umafall(path: Path) -> dict[Wear, Trace]:
    """Read ``time; number; x; y; z; kind of sensor; sensor``, in ms and g."""
    with gzip.open(path, "rt", encoding="latin-1") as handle:
        text = handle.read()
    lines = (line for line in text.splitlines() if line and line[0] in "0123456789-")
    table = np.loadtxt(lines, delimiter=";", usecols=range(7), ndmin=2)
    table = table[table[:, 5] == 0]
    out: dict[Wear, Trace] = {}
    for sensor, place in _SENSOR.findall(text):
        of = table[table[:, 6] == int(sensor)]
        if len(of) < 2:
            continue
        seconds = of[:, 0] / 1000.0
        wear = _UMAFALL[place]
        if wear is Wear.THIGH:
            # The phone writes samples in bursts of one time; their numbers are even.
            seconds = np.polyval(np.polyfit(of[:, 1], seconds, 1), of[:, 1])
        out[wear] = _trace(wear, seconds, of[:, 2:5])
    return out


def _urfd(path: Path) -> dict[Wear, Trace]:
    """Read ``ms, total, x, y, z``; rows of a broken clock lie far before the first frame."""
    with gzip.open(path, "rt") as handle:
        table = np.loadtxt(handle, delimiter=",", ndmin=2)
    table = table[table[:, 0] > -1000]
    return {Wear.WAIST: _trace(Wear.WAIST, table[:, 0] / 1000.0, table[:, 2:5])}


def _upfall(path: Path) -> dict[Wear, Trace]:
    with gzip.open(path, "rt") as handle:
        names = handle.readline().strip().split(",")
        table = np.loadtxt(handle, delimiter=",", ndmin=2)
    seconds = table[:, names.index("video_s")] * _UPFALL_SLOWER
    return {
        wear: _trace(wear, seconds, table[:, [names.index(f"{name}{axis}") for axis in "XYZ"]])
        for wear, name in _UPFALL.items()
    }


def _trace(wear: Wear, seconds: Floats, samples: Floats) -> Trace:
    order = np.argsort(seconds, kind="stable")
    times = ((seconds[order] + START_S) * SECOND).astype(np.int64)
    # Rows of one ms are an instant apart, so that time rises.
    rising = np.maximum.accumulate(times - np.arange(len(times))) + np.arange(len(times))
    return Trace(wear, rising, samples[order])


READERS: Final[dict[str, Callable[[Path], dict[Wear, Trace]]]] = {
    "umafall": _umafall,
    "urfd": _urfd,
    "upfall": _upfall,
}
