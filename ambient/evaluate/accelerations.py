"""Recordings of worn accelerometers, each data set's files read into one form.

Comes in: a folder with ``manifest.csv`` and files as UMAFall, URFD and UP-Fall publish them, packed
(gzip) or not; which of the three a file is like, it says itself. Goes out: recordings with a trace
for each place on the body, samples in g with the time of each.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.evaluate import labelled
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

_HINT: Final = "point to the folder vitals"
_LABELS: Final = ("fall", "adl")
_GZIP: Final = b"\x1f\x8b"

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
    """One recording; `fall` is what the manifest says, `traces` are by place on the body.

    `slower` is real time over that of the video of the same name.
    """

    file: str
    dataset: str
    use: str
    subject: str
    fall: bool
    description: str
    traces: dict[Wear, Trace]
    slower: float = 1.0


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


def worn_sets(data: Path) -> list[str]:
    """Return the names of the data sets with falls or everyday life, in the manifest's order.

    Raises
    ------
    UsageError
        The manifest is missing or cannot be understood.
    """
    rows = labelled.rows(data / "manifest.csv", ("dataset", "label"), _HINT)
    return list(dict.fromkeys(row["dataset"] for _, row in rows if row["label"] in _LABELS))


def recordings(
    data: Path,
    datasets: Collection[str] | None = None,
    use: str | None = None,
    errors: dict[str, str] | None = None,
) -> Iterator[Recording]:
    """Yield the recordings of falls and of everyday life, in the manifest's order.

    Parameters
    ----------
    data
        The folder ``vitals``, with ``manifest.csv``.
    datasets
        Only these; all when none are given.
    use
        Only rows of this use.
    errors
        What cannot be read is added, by file, and the others go on; without it that is an error.

    Raises
    ------
    UsageError
        The manifest, or a file without `errors`, is missing or cannot be understood.
    """
    needed = ("file", "dataset", "use", "label")
    manifest = data / "manifest.csv"
    for _, row in labelled.rows(manifest, needed, _HINT):
        if datasets is not None and row["dataset"] not in datasets:
            continue
        if use is not None and row["use"] != use:
            continue
        if row["label"] not in _LABELS or row["file"].endswith("-data.csv.gz"):
            continue
        path = data / row["file"]
        try:
            traces, slower = _read(path)
        except (OSError, EOFError, ValueError, IndexError, KeyError, zlib.error) as error:
            said = (
                f"{path}: expected a recording of a worn accelerometer, cannot read it "
                f"({getattr(error, 'strerror', None) or error}); check the file"
            )
            if errors is None:
                raise UsageError(said) from error
            errors[row["file"]] = said
            continue
        yield Recording(
            file=row["file"],
            dataset=row["dataset"],
            use=row["use"],
            subject=row.get("subject") or "",
            fall=row["label"] == "fall",
            description=re.sub(r" trial .*|;.*", "", row.get("description") or ""),
            traces=traces,
            slower=slower,
        )


def shared_name(file: str) -> str:
    """Return what the files of both senses of one recording share of their names.

    Examples
    --------
    >>> shared_name("video/fall-01-cam0.mp4") == shared_name("worn/fall-01-acc.csv.gz")
    True
    """
    name = Path(file).name.split(".")[0]
    return name.removesuffix("-acc").removesuffix("-cam0").removesuffix("_C1")


def _read(path: Path) -> tuple[dict[Wear, Trace], float]:
    """Return the traces of a file, by what it begins with, and how much slower than video they are.

    Raises
    ------
    OSError, EOFError
        It cannot be read.
    ValueError, IndexError, KeyError
        It is not like any that is known.
    """
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw.startswith(_GZIP) else raw).decode("latin-1")
    if text.startswith("%"):
        return _umafall(text), 1.0
    return (_upfall(text), _UPFALL_SLOWER) if text.startswith("row,") else (_urfd(text), 1.0)


def _umafall(text: str) -> dict[Wear, Trace]:
    """Read ``time; number; x; y; z; kind of sensor; sensor``, in ms and g."""
    lines = [line for line in text.splitlines() if line and line[0] in "0123456789-"]
    table = _numbers(lines, ";", range(7))
    table = table[table[:, 5] == 0]
    out: dict[Wear, Trace] = {}
    for sensor, place in _SENSOR.findall(text):
        of = table[table[:, 6] == int(sensor)]
        wear = _UMAFALL.get(place)
        if wear is None or len(of) < 2:
            continue
        seconds = of[:, 0] / 1000.0
        if wear is Wear.THIGH:
            # The phone writes samples in bursts of one time; their numbers are even.
            seconds = np.polyval(np.polyfit(of[:, 1], seconds, 1), of[:, 1])
        out[wear] = _trace(wear, seconds, of[:, 2:5])
    if not out:
        raise ValueError("no accelerometer in it")
    return out


def _urfd(text: str) -> dict[Wear, Trace]:
    """Read ``ms, total, x, y, z``; rows of a broken clock lie far before the first frame."""
    table = _numbers(text.splitlines(), ",")
    table = table[table[:, 0] > -1000]
    return {Wear.WAIST: _trace(Wear.WAIST, table[:, 0] / 1000.0, table[:, 2:5])}


def _upfall(text: str) -> dict[Wear, Trace]:
    lines = text.splitlines()
    names = lines[0].strip().split(",")
    table = _numbers(lines[1:], ",")
    seconds = table[:, names.index("video_s")] * _UPFALL_SLOWER
    return {
        wear: _trace(wear, seconds, table[:, [names.index(f"{name}{axis}") for axis in "XYZ"]])
        for wear, name in _UPFALL.items()
    }


def _numbers(lines: Sequence[str], separator: str, columns: Sequence[int] | None = None) -> Floats:
    if not any(line.strip() for line in lines):
        raise ValueError("no numbers in it")
    return np.loadtxt(lines, delimiter=separator, usecols=columns, ndmin=2)


def _trace(wear: Wear, seconds: Floats, samples: Floats) -> Trace:
    told = np.isfinite(seconds) & np.isfinite(samples).all(axis=1)
    if told.sum() < 2:
        raise ValueError("fewer than two samples")
    seconds, samples = seconds[told], samples[told]
    order = np.argsort(seconds, kind="stable")
    times = ((seconds[order] + START_S) * SECOND).astype(np.int64)
    # Rows of one ms are an instant apart, so that time rises.
    rising = np.maximum.accumulate(times - np.arange(len(times))) + np.arange(len(times))
    return Trace(wear, rising, samples[order])
