"""What a parser makes of a message: readings as the device sent them, before anything is checked.

Comes in: nothing. Goes out: frozen records, one kind for each thing that a device may say. Code,
unit and time are still the device's own; `vitals.intake` turns a reading into an observation or
refuses it by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Doubt, SensorKind, Wear


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What all readings share.

    Attributes
    ----------
    device
        What the device calls itself (address, serial number, topic): an installer's file gives it
        a pseudonym; it is never kept or sent on.
    t
        The device's own clock, nanoseconds since the Unix epoch; None where it sends none.
    number
        The device's own count of its readings, by which a repeated one is known.
    """

    device: str
    t: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRead(Reading):
    """One number: `code` of the system LOINC, `unit` in UCUM, both as they came."""

    code: str
    value: float
    unit: str
    doubts: tuple[Doubt, ...] = ()
    quality: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalsRead(Reading):
    """Times between heart beats, seconds, oldest first (N,); the last beat was at `t`."""

    seconds: tuple[float, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WearRead(Reading):
    """Whether the device is worn, and its battery 0..1."""

    worn: bool | None = None
    battery: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccelerationRead(Reading):
    """A batch of an accelerometer: (N, 3) float32 in g at `rate` hertz, the last one at `t`."""

    samples: NDArray[np.float32]
    rate: float
    wear: Wear = Wear.ELSEWHERE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaveRead(Reading):
    """A batch of a raw pulse wave or ECG: (N,) float32 at `rate` hertz, the last one at `t`."""

    samples: NDArray[np.float32]
    rate: float
    ecg: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRead(Reading):
    """The state of a small sensor of a room."""

    kind: SensorKind
    on: bool
    probability: float = 1.0
    retained: bool = False


AnyReading = ValueRead | IntervalsRead | WearRead | AccelerationRead | WaveRead | SensorRead


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not taken in: `what` it was (a code, a unit, a field) and why, for count and log."""

    what: str
    why: str
