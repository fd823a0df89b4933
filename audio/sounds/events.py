"""Sounds that are told as they are: scream, moan, thud, glass, cough.

In: rows of the network. Out: `Sound`, when one is over. A class begins at its threshold and ends
below half of it, so a sound does not flicker; sounds of one class close together are one. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ambient.observations import SoundClass
from audio.sounds.rows import ROW_S, Heard, end_s
from models.sounds.outputs import OUTPUTS, Calibration

TOLD: Final = (
    SoundClass.SCREAM,
    SoundClass.MOAN,
    SoundClass.THUD,
    SoundClass.GLASS,
    SoundClass.COUGH,
)
ENDS: Final = 4
"""Rows below that end a sound."""
LONGEST: Final = 125
"""Rows after which it is told though it goes on: 10 s."""
_EARLY_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound that is over; times in seconds since the stream began."""

    sound: SoundClass
    start_s: float
    end_s: float
    probability: float
    level_db: float


@dataclass(slots=True)
class _Open:
    start: int
    last: int
    probability: float
    level_db: float


class Events:
    """Tells sounds of one stream."""

    def __init__(self, calibration: Calibration) -> None:
        self._columns = {each: OUTPUTS.index(each.value) for each in TOLD}
        self._thresholds = {each: calibration.thresholds[each.value] for each in TOLD}
        self._open: dict[SoundClass, _Open] = {}

    def reset(self) -> None:
        """Forget what was heard."""
        self._open.clear()

    def push(self, heard: Heard) -> list[Sound]:
        """Take in a chunk; return the sounds that are over with it."""
        found: list[Sound] = []
        if not heard.looked and not self._open:
            return found
        for i in range(len(heard.said)):
            row, level = heard.first + i, float(heard.level_db[i])
            for each, column in self._columns.items():
                found += self._step(each, row, float(heard.said[i, column]), level)
        return found

    def finish(self) -> list[Sound]:
        """End the stream; return the sounds that this cuts off."""
        found = [self._told(each, state) for each, state in self._open.items()]
        self._open.clear()
        return found

    def _step(self, each: SoundClass, row: int, said: float, level: float) -> list[Sound]:
        threshold = self._thresholds[each]
        state = self._open.get(each)
        if state is None:
            if said >= threshold:
                self._open[each] = _Open(row, row, said, level)
            return []
        if said >= threshold / 2:
            state.last = row
            state.probability = max(state.probability, said)
            state.level_db = max(state.level_db, level)
        if row - state.last >= ENDS or row - state.start >= LONGEST:
            del self._open[each]
            return [self._told(each, state)]
        return []

    def _told(self, each: SoundClass, state: _Open) -> Sound:
        return Sound(
            sound=each,
            start_s=end_s(state.start) - _EARLY_S,
            end_s=end_s(state.last) + ROW_S - _EARLY_S,
            probability=state.probability,
            level_db=state.level_db,
        )
