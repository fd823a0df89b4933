"""Rate and pauses: rows of descriptors and the stretches of speech in, one summary out.

Syllables are counted by their nuclei (de Jong & Wempe 2009, "Praat script to detect syllable nuclei
and measure speech rate automatically", Behavior Research Methods 41(2)): voiced peaks of intensity
with a dip of 2 dB or more before them. Silence within a turn is a pause from `PAUSE_S` on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from audio.features.descriptors import Descriptors, Lld
from audio.features.frames import GAUSS, LONG, RATE, SHORT, STEP_S, Real
from audio.features.functionals import turns

Segment = tuple[float, float]
"""Begin and end of a stretch of speech, seconds from the beginning of the sound."""

DIP_DB: Final = 2.0
BELOW_DB: Final = 25.0
"""Speech is not softer than its loudest parts by more than this."""
ABOVE_DB: Final = 5.0
"""Speech is louder than the softest parts, which are the room's noise, by at least this."""
PAUSE_S: Final = 0.25
TURN_GAP_S: Final = 2.0
"""Stretches of speech with less between them belong to one turn."""
_UNDER_WINDOW_DB: Final = float(10 * np.log10((GAUSS.astype(np.float64) ** 2).mean()))
_LATER: Final = round((LONG - SHORT) / 2 / RATE / STEP_S)
"""Rows by which the middle of a long frame is after that of the short one with its number."""


@dataclass(frozen=True)
class Rhythm:
    """How somebody spoke.

    Attributes
    ----------
    turns
        How many turns.
    turn_s
        Length of all turns, seconds, with the pauses in them.
    syllables
        Syllable nuclei.
    pauses
        How many pauses.
    pause_s
        Length of all pauses, seconds.
    """

    turns: int
    turn_s: float
    syllables: int
    pauses: int
    pause_s: float

    @property
    def active_s(self) -> float:
        """Voice activity: turns without pauses, seconds."""
        return self.turn_s - self.pause_s

    @property
    def speech_rate(self) -> float | None:
        """Syllables a second of turns."""
        return self.syllables / self.turn_s if self.turn_s > 0 else None

    @property
    def articulation_rate(self) -> float | None:
        """Syllables a second of speech without pauses."""
        return self.syllables / self.active_s if self.active_s > 0 else None

    @property
    def pause_ratio(self) -> float | None:
        """Share of pauses in turns, 0..1."""
        return self.pause_s / self.turn_s if self.turn_s > 0 else None

    @property
    def pause_length_s(self) -> float | None:
        """Mean of the pauses."""
        return self.pause_s / self.pauses if self.pauses else None

    @property
    def turn_length_s(self) -> float | None:
        """Mean of the turns."""
        return self.turn_s / self.turns if self.turns else None


def rhythm(rows: Descriptors, segments: Sequence[Segment]) -> Rhythm:
    """Return rate and pauses of the speech in `segments`.

    Parameters
    ----------
    rows
        Of the whole sound, or a part that holds the segments.
    segments
        Stretches of speech in order, for example of a voice activity detector.

    Raises
    ------
    UsageError
        When a segment ends before it begins, or begins before the one before it has ended.
    """
    check(segments)
    if not len(rows):
        return Rhythm(0, 0.0, 0, 0, 0.0)
    level = 10 * np.log10(rows[Lld.ENERGY] + 1e-12)
    louder = 10 * np.log10(_middle(rows[Lld.ENERGY]) + 1e-12)
    inside = _inside(rows, segments)
    if not inside.any():
        return Rhythm(0, 0.0, 0, 0, 0.0)
    least = max(
        float(np.percentile(level[inside], 99)) - BELOW_DB,
        float(np.percentile(level, 5)) + ABOVE_DB,
    )
    loud = inside & (louder >= least)
    count = spoken = 0
    pauses: list[float] = []
    length = 0.0
    for begin, end in _rows_of_turns(rows, segments):
        count += 1
        length += (end - begin) * STEP_S
        pauses += [run * STEP_S for run in _runs(~loud[begin:end]) if run * STEP_S >= PAUSE_S]
        spoken += _nuclei(rows, begin, end, least)
    return Rhythm(count, length, spoken, len(pauses), float(sum(pauses)))


def check(segments: Sequence[Segment]) -> None:
    """Raise UsageError when segments are not in order."""
    before = 0.0
    for at, (begin, end) in enumerate(segments):
        if not before <= begin <= end:
            raise UsageError(
                f"segments[{at}]: expected begin and end in order and after {before:g} s, "
                f"got {begin:g} to {end:g}; sort and join them first"
            )
        before = end


def _nuclei(rows: Descriptors, begin: int, end: int, least: float) -> int:
    """Count the syllable nuclei between two rows."""
    # Long frames smooth the syllables' own ripples; their middles are later than short ones'.
    first, last = max(0, begin - _LATER), max(0, end - _LATER)
    intensity = rows[Lld.LEVEL][first:last]
    voiced = rows.voiced[first:last]
    peaks, _ = turns(intensity, DIP_DB)
    # The window takes some of the level.
    lowest = least + _UNDER_WINDOW_DB
    return sum(bool(intensity[at] >= lowest and voiced[at]) for at in peaks)


def _middle(energy: Real) -> Real:
    """Return the median of each value and its neighbours: a single click is no speech."""
    padded = np.pad(energy, 1, mode="edge") if len(energy) else energy
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1)


def _inside(rows: Descriptors, segments: Sequence[Segment]) -> NDArray[np.bool_]:
    inside = np.zeros(len(rows), bool)
    for begin, end in segments:
        low, high = _span(rows, begin, end)
        inside[low:high] = True
    return inside


def _rows_of_turns(rows: Descriptors, segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    joined: list[list[float]] = []
    for begin, end in segments:
        if joined and begin - joined[-1][1] < TURN_GAP_S:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    for begin, end in joined:
        low, high = _span(rows, begin, end)
        if high > low:
            yield low, high


def _span(rows: Descriptors, begin_s: float, end_s: float) -> tuple[int, int]:
    low, high = (min(max(round(at / STEP_S) - rows.first, 0), len(rows)) for at in (begin_s, end_s))
    return low, high


def _runs(inside: NDArray[np.bool_]) -> list[int]:
    edges = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    return [int(run) for run in np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)]
