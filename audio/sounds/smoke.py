"""A smoke detector by its rule: band energies over time in, how surely it is one out.

The temporal pattern T3 of ISO 8201: pulses of 0.5 s with 0.5 s between, three of them, then 1.5 s
of nothing, and again; so time is cut in slots of 0.5 s of which, out of eight, the first, third and
fifth sound. A band holds the pattern when the weakest slot that should sound is louder than the
loudest that should not: by much over a round, the pauses before and after it and the first pulse of
the next, by less where another round came before. Two beats, four beats, an even beat, or three
beats once are something else. The pulses are equally loud, each as loud at its end as in its middle
(a note that is struck dies away), and a tone: the bands beside it are quieter. Nothing is
learned, and any pitch will do (520 Hz and 3.1 kHz are usual). Pure: levels in, an answer out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.sounds.mel import BANDS, CENTRES_HZ, QUIET

Floats = NDArray[np.float32]

TICK: Final = 5
"""Frames (10 ms) in a tick: 50 ms."""
SLOT: Final = 10
"""Ticks in a slot of 0.5 s."""
TEMPI: Final = (0.94, 0.97, 1.0, 1.03, 1.06)
"""The standard allows a tenth more or less for each time."""
_ROUND: Final = (True, False, False, False, True, False, True, False)
"""Which slots sound, back in time from the first pulse of a round."""
WINDOWS: Final = ((12, 9.0), (20, 4.5))
"""Slots up to the end of that pulse, and the decibels between the weakest that sounds and the
loudest that does not at which the answer is one half."""
SOFT_DB: Final = 1.0
"""Decibels that change the odds by a factor of e."""
ALIKE_DB: Final = 5.0
"""A detector's pulses are equally loud, and no further apart than this where somebody walks by; a
hearing aid that whistles on and off is not (it rang in one of sixty whistles)."""
STEADY_DB: Final = 1.0
"""Within a pulse a horn's level stays, but for the noise beside it, by no more than this. Pulses of
240 detectors made by synthesis, at 0 to 20 dB beside machines, move by 0.0 to 1.5 dB where they
rise 10 dB and more over the pauses; a tune that kept the time of three pulses by 5.0 to 14."""
TONAL_DB: Final = 6.0
_BESIDE: Final = (4, 5, 6, 7)
"""Bands to each side against which a tone stands out."""
_FALLS_DB: Final = 5.0
_INSIDE: Final = 5
"""Ticks of a slot that are looked at."""
_AFTER: Final = 6
"""Ticks that are waited after a pulse, for it to die away in the room."""
KEPT: Final = round(20 * SLOT * max(TEMPI)) + 4 * _AFTER
_LOOKED_AT: Final = (CENTRES_HZ > 350.0) & (CENTRES_HZ < 4300.0)
_DB: Final = 10.0 / float(np.log(10.0))


def _looks(slots: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the ticks from the end (tempi, slots, ticks), and which slots should sound."""
    back = np.arange(slots)
    on = np.array([_ROUND[i % len(_ROUND)] for i in range(slots)])
    size = SLOT * np.array(TEMPI)[:, None]
    # The beginning of a slot holds the end of what was before: the rise, or the room's decay.
    first = np.round(-back * size - size * 0.65).astype(np.int64)
    return first[:, :, None] + np.arange(_INSIDE), on


_LOOKS: Final = [(*_looks(slots), middle) for slots, middle in WINDOWS]


def score(levels: Floats, end: int, band: int) -> float:
    """Return the probability that the first pulse of a detector's round ends at a tick.

    Parameters
    ----------
    levels
        (`KEPT`, BANDS) dB of each tick.
    end
        Tick at which the pulse ends (exclusive), `_AFTER` before the last at most.
    band
        Its band.
    """
    there = levels[:, band]
    sure = 0.0
    for ticks, on, middle in _LOOKS:
        inside = np.sort(there[end + ticks], axis=2)
        # All of a slot sounds or none of it does; one tick in each may be an accident.
        apart = inside[:, on, 1].min(axis=1) - inside[:, ~on, -2].max(axis=1)
        alike = np.ptp(inside[:, on, _INSIDE // 2], axis=1) <= ALIKE_DB
        most, least = inside[:, on, 1:], inside[:, on, :-1]
        moves = np.minimum(np.ptp(most, axis=2), np.ptp(least, axis=2)).max(axis=1)
        alike &= moves <= STEADY_DB + _by_noise(apart)
        found = float(np.where(alike, apart, 0.0).max())
        if found <= 0.0:
            break
        sure = max(sure, float(1.0 / (1.0 + np.exp(-(found - middle) / SOFT_DB))))
    return sure


def _by_noise(apart: Floats) -> Floats:
    """Return the decibels by which noise so far below a tone moves its level, up and down.

    Half of what the two add up to at most and at least, for they do so rarely.
    """
    beside = 10 ** (-np.maximum(apart, 1.0) / 20)
    return np.asarray(10 * np.log10((1 + beside) / (1 - beside)), np.float32)


class SmokeRule:
    """Looks for the pattern in frames of one stream."""

    def __init__(self) -> None:
        # Before the stream there was nothing: the pause before a first pulse.
        self._levels = np.full((KEPT, BANDS), QUIET * _DB, np.float32)

    def reset(self) -> None:
        """Forget what was heard."""
        self._levels[:] = QUIET * _DB

    def push(self, frames: Floats) -> float:
        """Take in frames (n * TICK, BANDS); return the probability that it sounds now, 0..1."""
        power = np.exp(frames).reshape(-1, TICK, BANDS).mean(axis=1)
        new = np.asarray(np.log(power) * _DB, np.float32)
        self._levels = np.concatenate((self._levels[len(new) :], new))
        best = 0.0
        for end, band in self._ends(self._levels, len(new)):
            best = max(best, score(self._levels, end, band))
        return best

    def _ends(self, levels: Floats, new: int) -> list[tuple[int, int]]:
        """Return ticks and bands at which a tone stops, among those that are old enough now."""
        first = KEPT - new - _AFTER
        near = levels[first - 4 : first + new + 6]
        before = (near[:new] + near[1 : new + 1] + near[2 : new + 2] + near[3 : new + 3]) / 4
        after = (near[7 : new + 7] + near[8 : new + 8] + near[9 : new + 9]) / 3
        sharp = near[3 : new + 3] - near[4 : new + 4] >= 0.3 * _FALLS_DB
        stops = _LOOKED_AT & sharp & (before - after >= _FALLS_DB)
        if not stops.any():
            return []
        for gap in _BESIDE:
            stops[:, gap:] &= before[:, gap:] - before[:, :-gap] >= TONAL_DB
            stops[:, :-gap] &= before[:, :-gap] - before[:, gap:] >= TONAL_DB
        return [(first + int(i), int(band)) for i, band in zip(*np.nonzero(stops), strict=True)]
