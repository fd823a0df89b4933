"""The pitch of each frame among its candidates: candidates in, F0 and voicing out, 0.3 s later.

GeMAPS smooths pitch with an on-line Viterbi search (Eyben et al. 2016, section 6.1). Each frame has
its candidates and the state "unvoiced"; a path pays for weak candidates, for jumps in octaves and
for going in and out of voice. A frame is decided when the search is `LAG` frames ahead of it, so
a stream and a file give the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.frames import Real
from audio.features.pitch import CANDIDATES, HIGHEST_HZ, LOWEST_HZ, Candidates

LAG: Final = 30
"""Frames."""
THRESHOLD: Final = 0.7
"""A frame is voiced from this voicing on (Eyben et al. 2016)."""
WEAK: Final = 2.0
"""Cost of a candidate without any voicing; falls linearly to 0 at full voicing."""
UNLIKE: Final = 2.0
"""Cost of a candidate whose periods do not resemble each other at all: half a period does not."""
BELOW: Final = 0.5
"""More for a candidate below the threshold, and for calling a frame above it unvoiced."""
JUMP: Final = 4.0
"""Cost of an octave between neighbours."""
TURN: Final = 0.3
"""Cost of going in or out of voice."""
_STATES: Final = CANDIDATES + 1
_UNVOICED: Final = CANDIDATES


class PitchPath:
    """Chooses among candidates; frames go in with `push`, and the last ones out with `finish`."""

    def __init__(self) -> None:
        self._cost = np.zeros(_STATES)
        self._octaves = np.full((1, CANDIDATES), np.nan)
        self._back = np.empty((0, _STATES), np.intp)
        self._hz = np.empty((0, _STATES))
        self._voicing = np.empty((0, _STATES))

    def push(self, candidates: Candidates, likeness: Real) -> tuple[Real, Real]:
        """Return F0 in Hz (0: unvoiced) and voicing of the frames that are now decided.

        Parameters
        ----------
        candidates
            Of frames that follow those pushed before.
        likeness
            Autocorrelation at each candidate's period, shape (frames, 6).
        """
        new = len(candidates.hz)
        if new == 0:
            return np.zeros(0), np.zeros(0)
        local, octaves = _local(candidates, likeness)
        steps = _steps(np.concatenate([self._octaves, octaves]))
        back = np.empty((new, _STATES), np.intp)
        ends = np.empty(new, np.intp)
        cost, columns = self._cost, np.arange(_STATES)
        for at in range(new):
            paths = cost[:, None] + steps[at]
            back[at] = paths.argmin(0)
            cost = paths[back[at], columns] + local[at]
            cost -= cost.min()
            ends[at] = cost.argmin()
        self._cost, self._octaves = cost, octaves[-1:]
        none = np.zeros((new, 1))
        self._hz = np.concatenate([self._hz, np.hstack([candidates.hz, none])])
        self._voicing = np.concatenate([self._voicing, np.hstack([candidates.voicing, none])])
        self._back = np.concatenate([self._back, back])
        return self._decide(ends)

    def finish(self) -> tuple[Real, Real]:
        """Return F0 and voicing of the frames that are still undecided."""
        left = len(self._back)
        states = np.empty(left, np.intp)
        state = int(self._cost.argmin())
        for at in range(left - 1, -1, -1):
            states[at] = state
            state = self._back[at, state]
        hz, voicing = _read(self._hz, self._voicing, states)
        self.__init__()  # type: ignore[misc]
        return hz, voicing

    def _decide(self, ends: NDArray[np.intp]) -> tuple[Real, Real]:
        """Walk back `LAG` frames from each new frame at once."""
        known = len(self._back)
        first = max(known - len(ends), LAG)
        at = np.arange(first, known)
        state = ends[len(ends) - len(at) :]
        for step in range(LAG):
            state = self._back[at - step, state]
        decided = at - LAG
        hz, voicing = _read(self._hz[decided], self._voicing[decided], state)
        done = max(0, known - LAG)
        self._hz, self._voicing = self._hz[done:], self._voicing[done:]
        self._back = self._back[done:]
        return hz, voicing


def _local(candidates: Candidates, likeness: Real) -> tuple[Real, Real]:
    """Return what each state costs, shape (frames, 7), and candidates in octaves."""
    hz, voicing = candidates.hz, candidates.voicing
    there = (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)
    with np.errstate(divide="ignore"):
        octaves = np.where(there, np.log2(np.maximum(hz, 1.0)), np.nan)
    best = np.where(there, voicing, 0.0).max(1)
    most = np.where(there, likeness, 0.0).max(1, keepdims=True)
    voiced = WEAK * (1 - voicing) + UNLIKE * (most - likeness) + BELOW * (voicing < THRESHOLD)
    unvoiced = WEAK * (1 - THRESHOLD) + BELOW * (best >= THRESHOLD)
    local = np.column_stack([np.where(there, voiced, 1e6), unvoiced])
    return local, octaves


def _steps(octaves: Real) -> Real:
    """Return what each step from a frame to the next costs, shape (frames - 1, 7, 7)."""
    steps = np.full((len(octaves) - 1, _STATES, _STATES), TURN)
    jump = JUMP * np.abs(octaves[1:, None, :] - octaves[:-1, :, None])
    steps[:, :CANDIDATES, :CANDIDATES] = np.nan_to_num(jump, nan=0.0)
    steps[:, _UNVOICED, _UNVOICED] = 0.0
    return steps


def _read(hz: Real, voicing: Real, states: NDArray[np.intp]) -> tuple[Real, Real]:
    at = np.arange(len(states))
    sure = voicing[at, states]
    return np.where(sure >= THRESHOLD, hz[at, states], 0.0), sure
