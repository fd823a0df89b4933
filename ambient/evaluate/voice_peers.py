"""How our features of voices agree with Praat's: a manifest in, correlations out.

Behind ``ambient evaluate voice MANIFEST --peers``. All recordings with a named speaker are looked
at; of each, the means over frames that both call voiced are compared. Praat runs in an environment
of its own (`ambient.evaluate.benchmark_audio`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from ambient.errors import SourceError, UsageError
from ambient.evaluate import speech_rows
from ambient.evaluate.benchmark_audio import UNITS, Agreement, agreed, compare, opened
from ambient.evaluate.peers import find_python
from audio.features import describe
from audio.features.frames import LONG

BARS: Final = {"f0": 0.95, "hnr": 0.85, "cpp": 0.85}
"""Least correlation over all recordings."""
LEAST: Final = 10
"""Recordings of a data set for which a correlation of its own is printed."""

_Pairs = dict[str, list[tuple[float, float]]]


class Line(Struct, frozen=True):
    """One feature.

    Attributes
    ----------
    all
        Over all recordings.
    by_set
        Over those of one data set: there less differs, so the correlation is lower.
    """

    feature: str
    bar: float
    met: bool
    all: Agreement
    by_set: dict[str, Agreement]


class Report(Struct, frozen=True):
    """What ``ambient evaluate voice MANIFEST --peers`` prints."""

    recordings: int
    lines: list[Line]
    errors: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every bar is met."""
        return all(line.met for line in self.lines)


def run(
    manifest: Path,
    *,
    python: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Compare.

    Parameters
    ----------
    python
        The interpreter of the peers' environment; see `peers.find_python`.

    Raises
    ------
    UsageError
        The manifest cannot be understood or names no speaker, or the peers' environment is
        missing.
    AmbientError
        The peer fails.
    """
    rows = [row for row in speech_rows.read(manifest) if row.speaker]
    if not rows:
        raise UsageError(f"{manifest}: expected rows with a speaker, got none; fill that column")
    by_set: dict[str, _Pairs] = {}
    errors: dict[str, str] = {}
    with opened(find_python(python)) as peers:
        for number, row in enumerate(rows, start=1):
            try:
                samples = speech_rows.samples_of(row.path)
            except SourceError as error:
                errors[row.file] = str(error)
            else:
                # Praat asks for more sound than we do before it says anything.
                if len(samples) >= 4 * LONG:
                    pairs = by_set.setdefault(row.dataset, {name: [] for name in BARS})
                    compare(describe(samples), peers.values(samples), pairs)
            if progress is not None:
                progress(number, len(rows))
        peer = peers.versions["praat"]
    lines = [line(feature, unit, peer, by_set) for feature, unit in UNITS]
    return Report(len(rows) - len(errors), lines, errors)


def line(feature: str, unit: str, peer: str, by_set: dict[str, _Pairs]) -> Line:
    """Return how one feature agrees, over everything and in each set of `LEAST` recordings."""

    def found(pairs: Sequence[tuple[float, float]]) -> Agreement:
        return agreed(feature, unit, peer, list(pairs))

    everything = found([pair for pairs in by_set.values() for pair in pairs[feature]])
    return Line(
        feature=feature,
        bar=BARS[feature],
        met=everything.r is not None and everything.r >= BARS[feature],
        all=everything,
        by_set={
            name: found(pairs[feature])
            for name, pairs in sorted(by_set.items())
            if len(pairs[feature]) >= LEAST
        },
    )
