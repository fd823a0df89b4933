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
from vitals.beats.variability import NOTHING, Variability, variability

LIKE: Final = 0.86
"""Likeness of a beat from which on its time is relied on: for pulse waves the cut of Orphanidou et
al. 2015."""
LIKE_ECG: Final = 0.66
"""The same for an ECG, by the same authors."""
ALIKE: Final = 0.99
"""Usual likeness of the beats of a pulse wave below which variability is withheld. Noise moves
peaks: in waves made (`ambient.evaluate.pulses`), at a likeness of 0.99 RMSSD comes out a third too
high, at 0.98 by half and more; clean recorded waves have 0.993 and more."""
COVERED: Final = 0.8
"""Share of the stretch below which everything is withheld."""
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
    ends: Floats, seconds: Floats, sure: Flags, stretch_s: float, alike: float | None = None
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
    """
    keep = normal(seconds, sure)
    covered = min(1.0, float(seconds[keep].sum()) / stretch_s)
    seen = min(1.0, float(seconds[sure].sum()) / stretch_s)
    unsteady = irregular(seconds, sure) if seen >= COVERED else None
    likely = unsteady is not None and unsteady >= LIKELY
    blurred = alike is not None and alike < ALIKE
    return Rhythm(
        seconds=stretch_s,
        beats=int(sure.sum()),
        quality=covered,
        variability=variability(ends, seconds, keep)
        if covered >= COVERED and not likely and not blurred
        else NOTHING,
        irregular=unsteady,
    )


def intervals(at: Floats, like: Floats, cut: float) -> tuple[Floats, Floats, Flags]:
    """Return ends, intervals and which are sure, of beats at seconds `at` (B,)."""
    good = like >= cut
    return at[1:], np.diff(at), good[1:] & good[:-1]
