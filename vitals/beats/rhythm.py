"""One stretch of heart beats judged: intervals in, a `Rhythm` out, with what is withheld as None.

Quality is the share of the stretch that is covered by intervals from one normal beat to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitals.beats.detect import Floats
from vitals.beats.intervals import Flags, normal
from vitals.beats.irregular import irregular
from vitals.beats.variability import NOTHING, Variability, following, variability

LIKE: Final = 0.86
"""Likeness of a beat from which on its time is relied on: for pulse waves the cut of Orphanidou et
al. 2015."""
LIKE_ECG: Final = 0.66
"""The same for an ECG, by the same authors."""
ALIKE: Final = 0.99
"""Usual likeness of the beats of a pulse wave below which variability is withheld. Noise moves
peaks: in waves made (`ambient.evaluate.pulses`), at a likeness of 0.99 RMSSD comes out a third too
high, at 0.98 by half and more; clean recorded waves have 0.993 and more."""
SLIPPED: Final = 0.6
"""Variability of a pulse wave is withheld when the delay from the steepest rise to the peak varies
from beat to beat (root mean square of second differences, as RMSSD is of beats) by this share of
RMSSD: peak and rise are two clocks of the same beat, and where they differ so much noise placed
them. If all of it were noise of the peak, RMSSD would be a quarter too high. Set on waves made."""
COVERED: Final = 0.8
"""Share of the stretch below which everything is withheld."""
LEFT_OUT: Final = (0.04, 0.08)
"""Shares of the time from the first beat to the last of a pulse wave, in intervals that do not
count. Above the lower one variability is told only where it hardly depends on them (`AGREES`),
above the upper one never: what shook one beat moved those beside it."""
AGREES: Final = 0.03
"""So far, as a share, RMSSD and SDNN may be from those of all intervals that do not stray, those
at beats that are not relied on among them. In waves made, and made noisy
(`ambient.evaluate.pulses_other` and less of the same, seed 9002), one in eight more is told than
with the lower share alone, and of those told no larger share is more than 5 % off."""
LIKELY: Final = 0.5
"""From this probability of an irregular rhythm on, variability is withheld: its numbers describe
the sinus node, which then does not lead."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of a stretch; see `ambient.observations.RhythmMeasured`."""

    seconds: float
    beats: int
    quality: float
    variability: Variability
    irregular: float | None


def rhythm(
    ends: Floats,
    seconds: Floats,
    sure: Flags,
    stretch_s: float,
    alike: float | None = None,
    slips: Floats | None = None,
) -> Rhythm:
    """Judge a stretch.

    Parameters
    ----------
    ends
        When each interval ended, seconds, rising (N,).
    seconds
        The intervals (N,).
    sure
        Which were measured well (N,).
    stretch_s
        How long the stretch is that they are of, more than 0.
    alike
        Median likeness of the beats, of a pulse wave; None where beats are not placed by a wave's
        round top.
    slips
        Seconds (N,) by which each interval of a pulse wave is longer than by its beats' steepest
        rises, NaN where that is not known; None where nothing is.
    """
    keep = normal(seconds, sure)
    covered = min(1.0, float(seconds[keep].sum()) / stretch_s)
    seen = min(1.0, float(seconds[sure].sum()) / stretch_s)
    unsteady = irregular(seconds, sure) if seen >= COVERED else None
    likely = unsteady is not None and unsteady >= LIKELY
    found = NOTHING
    if covered >= COVERED and not likely and (alike is None or alike >= ALIKE):
        found = variability(ends, seconds, keep)
        if alike is not None and _matters(found, ends, seconds, keep):
            found = NOTHING
        if slips is not None and _slipped(slips[1:] - slips[:-1], found, ends, seconds, keep):
            found = NOTHING
    return Rhythm(
        seconds=stretch_s,
        beats=int(sure.sum()),
        quality=covered,
        variability=found,
        irregular=unsteady,
    )


def _left_out(ends: Floats, seconds: Floats, keep: Flags) -> float:
    """Return the share of the time between the first and last beat that does not count."""
    if not len(ends):
        return 1.0
    return 1.0 - float(seconds[keep].sum()) / float(ends[-1] - ends[0] + seconds[0])


def _matters(found: Variability, ends: Floats, seconds: Floats, keep: Flags) -> bool:
    """Return whether what does not count might change what is told of a pulse wave."""
    share = _left_out(ends, seconds, keep)
    if share <= LEFT_OUT[0]:
        return False
    every = variability(ends, seconds, normal(seconds, np.ones(len(seconds), np.bool_)))
    pairs = ((found.rmssd_ms, every.rmssd_ms), (found.sdnn_ms, every.sdnn_ms))
    return share > LEFT_OUT[1] or any(
        one is None or other is None or abs(other - one) > AGREES * one for one, other in pairs
    )


def _slipped(steps: Floats, found: Variability, ends: Floats, seconds: Floats, keep: Flags) -> bool:
    """Return whether peaks and rises tell different stories of a stretch."""
    of = steps[following(ends, seconds, keep) & np.isfinite(steps)]
    if found.rmssd_ms is None or not len(of):
        return False
    return float(np.sqrt(np.square(of).mean())) * 1000.0 >= SLIPPED * found.rmssd_ms


def intervals(at: Floats, like: Floats, cut: float) -> tuple[Floats, Floats, Flags]:
    """Return ends, intervals and which are sure, of beats at seconds `at` (B,)."""
    good = like >= cut
    return at[1:], np.diff(at), good[1:] & good[:-1]
