"""Heart-rate variability as our own code tells it: a pulse wave in, what a node says of it out.

The same numbers of beats that are known, and of beats that somebody else found, so that all can be
laid side by side.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ambient.evaluate.heartbeats_peer import Numbers
from ambient.evaluate.pulses import Floats
from vitals.beats.finder import BeatFinder
from vitals.beats.intervals import normal
from vitals.beats.rhythm import LIKE, Rhythm, intervals, rhythm
from vitals.beats.variability import variability

SAME_S: Final = 0.15
"""Beats so near to each other are one."""


def judged(wave: Floats, rate: float) -> tuple[Rhythm, float | None]:
    """Return what our own code says of a wave, and its heart rate."""
    at, like, delay = beats(wave, rate)
    ends, seconds, sure = intervals(at, like, LIKE)
    pulse = 60.0 / float(seconds[sure].mean()) if sure.any() else None
    alike = float(np.median(like[1:])) if len(like) > 1 else None
    return rhythm(ends, seconds, sure, len(wave) / rate, alike, np.diff(delay)), pulse


def beats(wave: Floats, rate: float) -> tuple[Floats, Floats, Floats]:
    """Return where beats are in seconds, how alike, and their delays, as a node finds them."""
    finder = BeatFinder(rate, ecg=False)
    found = [finder.push(wave), finder.finish()]
    return (
        np.concatenate([one.at for one in found]) / rate,
        np.concatenate([one.like for one in found]),
        np.concatenate([one.delay for one in found]),
    )


def numbers(wave: Floats, rate: float) -> Numbers:
    """Return what our own code says of a wave in numbers."""
    found, pulse = judged(wave, rate)
    of = found.variability
    known = of.rmssd_ms is not None
    return Numbers(of.rmssd_ms, of.sdnn_ms, of.pnn50, of.lf_hf, pulse if known else None)


def numbers_of(at: Floats) -> Numbers:
    """Return the numbers of beats that are known, by the definitions of `vitals.beats`."""
    sure = np.ones(len(at))
    found = rhythm(*intervals(at, sure, 0.5), stretch_s=float(at[-1] - at[0])).variability
    rate = 60.0 / float(np.diff(at).mean())
    return Numbers(found.rmssd_ms, found.sdnn_ms, found.pnn50, found.lf_hf, rate)


def shared(wave: Floats, rate: float, peaks: Floats) -> Numbers:
    """Return the numbers of NeuroKit2's beats at seconds `peaks`, of the intervals ours count."""
    at, like, _ = beats(wave, rate)
    near = np.abs(at[:, None] - peaks).argmin(axis=1)
    like = np.where(np.abs(peaks[near] - at) <= SAME_S, like, 0.0)
    _, seconds, sure = intervals(at, like, LIKE)
    keep = normal(seconds, sure)
    theirs = peaks[near]
    found = variability(theirs[1:], np.diff(theirs), keep)
    if not keep.any():
        return Numbers()
    pulse = 60.0 / float(np.diff(theirs)[keep].mean())
    return Numbers(found.rmssd_ms, found.sdnn_ms, found.pnn50, found.lf_hf, pulse)
