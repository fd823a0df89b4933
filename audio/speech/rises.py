"""Is there anything to listen to: steps of sound in, whether each may hold speech out.

A quiet room and a steady machine need no network: a step is passed over when for two seconds
nothing has risen over the room's own floor, neither in level nor in the level of the changes from
sample to sample, which a hum or a rumble does not hide. Speech rises and falls several times a
second, so it never becomes a floor. Pure, and nothing but counting: no clock.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RISE_DB: Final = 2.0
"""So far over its floor a step must lie. Speech as loud as the noise raises a step by 3 dB in the
mean; the steps of a steady white noise stay within 1.5 dB of their floor."""
HANG: Final = 62
"""Steps (2 s) that are listened to after the last that rose."""
CLIMB_DB: Final = 0.064
"""By which the floor climbs in a step (2 dB/s): a machine that begins is listened to until then."""
SINK: Final = 0.5
"""Share of the way by which it sinks in a step."""
LOWEST_DB: Final = -100.0
"""Where the floor begins and below which it does not sink: under half a step of 16 bits there is
nobody. It is not believed to be higher before it has climbed there, for a stream may begin in the
middle of a word."""


class Rises:
    """Says of one microphone's steps which are to be listened to."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        self._floor = [LOWEST_DB, LOWEST_DB]
        self._hang = HANG

    def push(self, steps: NDArray[np.float32]) -> list[bool]:
        """Take in whole steps, shape (m, samples), full scale 1; return m answers."""
        changes = np.diff(steps, axis=1)
        power = np.stack(
            [np.square(each, dtype=np.float64).sum(axis=1) for each in (steps, changes)], axis=1
        )
        levels = 10.0 * np.log10(power / max(1, steps.shape[1]) + 1e-30)
        return [self._step(both) for both in levels.tolist()]

    def _step(self, levels: list[float]) -> bool:
        rose = False
        for at, level in enumerate(levels):
            floor = self._floor[at]
            rose = rose or level > floor + RISE_DB
            away = level - floor
            floor += SINK * away if away < 0.0 else min(CLIMB_DB, away)
            self._floor[at] = max(LOWEST_DB, floor)
        self._hang = HANG if rose else max(0, self._hang - 1)
        return self._hang > 0
