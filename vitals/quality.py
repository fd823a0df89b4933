"""What is to be doubted of a vital sign beside what its device doubts itself: marks, never deletes.

Comes in: the values of one device in order of time, what it says of being worn, and the spread of
its accelerometer's batches. Goes out: doubts of each value. Pure; time is an argument.

Off the body
    The device said that it is not worn, and has not said otherwise since.
Movement
    The device's own accelerometer moved strongly just before, and the value is one that light
    through a moving limb gives (`BY_LIGHT`).
No value
    A number that devices send for "none" (`SENTINELS`).
Jump
    Further from the last value that was believed than the catalogue allows within its time.
Stuck
    The very same number for longer than a living person gives it (`STUCK`).

That a value is outside what a living person can have, and that a range has ended, are told by the
catalogue and by the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Doubt
from vitals.codes import Vital

NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * NS

SENTINELS: Final[dict[str, frozenset[float]]] = {
    "heart_rate": frozenset({0.0, 255.0, 511.0}),
    "pulse_rate": frozenset({0.0, 255.0, 511.0}),
    "oxygen_saturation": frozenset({0.0, 50.0}),
    "respiratory_rate": frozenset({0.0, 255.0}),
}
"""By name of the vital sign. 50 % is what the wristband of the shared recording sends when it finds
no pulse: 6,379 of 36,222 minutes, and no other value below 74.2. 255 and 511 are 8 and 9 bits
full."""
STUCK: Final[dict[str, int]] = {
    "heart_rate": 30 * MINUTE_NS,
    "pulse_rate": 30 * MINUTE_NS,
    "respiratory_rate": 60 * MINUTE_NS,
    "oxygen_saturation": 240 * MINUTE_NS,
}
"""So long the same number, in `STUCK_LEAST` readings or more. The longest runs of the shared
recording are 17 min of heart rate, rounded and by the minute, and 51 min of a saturation of
100 %. What else is measured stands still for hours in a healthy person."""
STUCK_LEAST: Final = 20
BY_LIGHT: Final = frozenset({"pulse_rate", "oxygen_saturation", "perfusion_index", "heart_rate"})
"""Pulse oximetry; a heart rate as well, since a device with an accelerometer is a wristband or a
chest strap, and both lose contact."""
MOVED_G: Final = 0.15
"""Mean amplitude deviation of a batch; brisk walking at the wrist (Vähä-Ypyä et al. 2015)."""
MOVED_NS: Final = 8 * NS
"""Oximeters average over 4 to 8 beats: so long a movement lasts in what they say."""


@dataclass(slots=True)
class _Known:
    """Of one vital sign: the last value believed, and since when and how often the same came."""

    believed: float
    believed_t: int
    same: float
    since: int
    times: int


class ValueQuality:
    """What is known of one device."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._worn: bool | None = None
        self._moved: int | None = None

    def wear(self, worn: bool | None) -> None:
        """Take in what the device says of being worn; None says nothing."""
        if worn is not None:
            self._worn = worn

    def moved(self, samples: NDArray[np.floating], t: int) -> None:
        """Take in a batch of its accelerometer: (N, 3), g, the last sample at `t`."""
        length = np.sqrt(np.square(samples, dtype=np.float64).sum(axis=1))
        if float(np.abs(length - length.mean()).mean()) >= MOVED_G:
            self._moved = t

    def doubts(self, vital: Vital, value: float, t: int) -> list[Doubt]:
        """Return what is to be doubted of a value.

        Parameters
        ----------
        vital
            Of the catalogue.
        value
            In the unit of `vital`.
        t
            Nanoseconds. What is older than a value of the same kind before it is not compared
            with that.
        """
        found = []
        if self._worn is False:
            found.append(Doubt.OFF_BODY)
        if self._is_moving(t) and vital.name in BY_LIGHT:
            found.append(Doubt.MOTION)
        if value in SENTINELS.get(vital.name, ()):
            return [*found, Doubt.NO_VALUE]
        if self._jumps(vital, value, t):
            found.append(Doubt.JUMP)
        if self._is_stuck(vital.name, value, t):
            found.append(Doubt.STUCK)
        return found

    def _is_moving(self, t: int) -> bool:
        return self._moved is not None and 0 <= t - self._moved <= MOVED_NS

    def _jumps(self, vital: Vital, value: float, t: int) -> bool:
        """Compare with what was believed last, and believe what is no jump."""
        known = self._known.get(vital.name)
        if known is None:
            self._known[vital.name] = _Known(value, t, value, t, 0)
            return False
        if t < known.believed_t:
            return False
        near = t - known.believed_t <= vital.jump_s * NS
        if near and abs(value - known.believed) > vital.jump:
            return True
        known.believed, known.believed_t = value, t
        return False

    def _is_stuck(self, name: str, value: float, t: int) -> bool:
        known = self._known[name]
        if value != known.same or t < known.since:
            known.same, known.since, known.times = value, t, 1
            return False
        known.times += 1
        longest = STUCK.get(name)
        return longest is not None and known.times >= STUCK_LEAST and t - known.since >= longest
