"""What comes after a thud: silence counts more than steps or a voice.

In: thuds, and what every chunk held. Out: the thud again, with another probability, when the time
after it has been heard. A thing that is dropped is followed by somebody who picks it up; a body
that fell lies still. Pure.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from ambient.observations import SoundClass
from audio.sounds.events import Sound
from audio.sounds.rows import ROW_S, Heard, end_s

WAIT_S: Final = 8.0
SETTLES_S: Final = 1.2
"""Right after a thud things still roll and rattle."""
STIRS_DB: Final = 8.0
"""Over the floor: somebody is up and about."""
QUIET_SHARE: Final = 0.9
BUSY_SHARE: Final = 0.6
AFTER_QUIET: Final = 1.0
AFTER_STIR: Final = -1.0
"""Added to the log-odds: e to 1 for and against, a stated belief, not a measured one."""


class Aftermath:
    """Waits after thuds of one stream."""

    def __init__(self) -> None:
        self._thud: Sound | None = None
        self._rows = self._quiet = 0

    def reset(self) -> None:
        """Forget what was heard."""
        self._thud = None

    def push(self, heard: Heard, thuds: list[Sound]) -> list[Sound]:
        """Take in a chunk and the thuds that ended with it; return thuds weighed by silence."""
        found: list[Sound] = []
        if self._thud is not None:
            for i, over in enumerate(heard.over_db.tolist()):
                if end_s(heard.first + i) >= self._thud.end_s + SETTLES_S:
                    self._rows += 1
                    self._quiet += over < STIRS_DB
            if self._rows * ROW_S >= WAIT_S - SETTLES_S:
                found += self._weighed(self._thud, self._quiet / self._rows)
                self._thud = None
        for thud in thuds:
            if self._thud is None or thud.probability > self._thud.probability:
                self._thud, self._rows, self._quiet = thud, 0, 0
        return found

    def _weighed(self, thud: Sound, quiet: float) -> list[Sound]:
        if quiet >= QUIET_SHARE:
            change = AFTER_QUIET
        elif quiet < BUSY_SHARE:
            change = AFTER_STIR
        else:
            return []
        held = min(max(thud.probability, 1e-6), 1 - 1e-6)
        odds = math.log(held / (1 - held)) + change
        return [
            replace(
                thud,
                sound=SoundClass.THUD,
                end_s=thud.end_s + WAIT_S,
                probability=1.0 / (1.0 + math.exp(-odds)),
            )
        ]
