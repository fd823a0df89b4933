"""What a reading must be to be taken in, and by what it is known again.

Comes in: a reading as a parser gave it. Goes out: its value in the unit kept, or a refusal with the
reason that is counted.
"""

from __future__ import annotations

import hashlib
import math
import struct
from enum import StrEnum
from typing import Final

import numpy as np

from vitals import codes
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    IntervalsRead,
    Refused,
    SensorRead,
    ValueRead,
    WaveRead,
    WearRead,
)

MARK_BYTES: Final = 8
"""Of what a reading is known again by; of a million readings, two are alike once in 30 million."""
_MOST_INTERVALS: Final = 10_000
_LONGEST_INTERVAL_S: Final = 20.0
_MOST_SAMPLES: Final = 1_000_000
_MOST_HZ: Final = 10_000.0
_DOUBLE: Final = struct.Struct("<d").pack


class Reason(StrEnum):
    """Why something was refused, for counting."""

    UNKNOWN_DEVICE = "unknown_device"
    TWO_PEERS = "two_peers"
    """Another peer claims this device."""
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_UNIT = "unknown_unit"
    VALUE = "value"
    """Not a finite number, or none that the quantity can have."""
    MESSAGE = "message"
    """A parser refused it."""


def value_of(
    reading: ValueRead,
) -> tuple[codes.Vital, float] | tuple[Reason, Refused]:
    """Return the vital sign and its number in the unit kept, or why there is none."""
    if not 0.0 <= reading.quality <= 1.0:
        return Reason.VALUE, Refused("quality", f"expected 0 to 1, got {reading.quality}")
    got = codes.kept(reading.code, reading.value, reading.unit)
    if not isinstance(got, Refused):
        return got
    if reading.code not in codes.BY_CODE:
        return Reason.UNKNOWN_CODE, got
    known = not isinstance(codes.conversion(reading.code, reading.unit), Refused)
    return (Reason.VALUE if known else Reason.UNKNOWN_UNIT), got


def misfit(reading: AnyReading) -> Refused | None:
    """Return why a reading that is no single number cannot be, None when it can."""
    match reading:
        case WearRead(battery=battery) if battery is not None and not 0.0 <= battery <= 1.0:
            return Refused("battery", f"expected 0 to 1, got {battery}")
        case SensorRead(probability=probability) if not 0.0 <= probability <= 1.0:
            return Refused("probability", f"expected 0 to 1, got {probability}")
        case IntervalsRead(seconds=seconds):
            fit = len(seconds) <= _MOST_INTERVALS and all(
                0.0 < one <= _LONGEST_INTERVAL_S for one in seconds
            )
            if not fit:
                return Refused(
                    "intervals",
                    f"expected at most {_MOST_INTERVALS} of more than 0 and at most "
                    f"{_LONGEST_INTERVAL_S:g} s",
                )
        case AccelerationRead() | WaveRead():
            return _misfit_samples(reading)
    return None


def _misfit_samples(reading: AccelerationRead | WaveRead) -> Refused | None:
    samples = reading.samples
    columns = (3,) if isinstance(reading, AccelerationRead) else ()
    if samples.shape[1:] != columns or not 1 <= len(samples) <= _MOST_SAMPLES:
        shape = f"(1..{_MOST_SAMPLES}{', 3' if columns else ''})"
        return Refused("samples", f"expected the shape {shape}, got {samples.shape}")
    if not (math.isfinite(reading.rate) and 0.0 < reading.rate <= _MOST_HZ):
        return Refused("rate", f"expected more than 0 and at most {_MOST_HZ:g} Hz")
    if not bool(np.isfinite(samples).all()):
        return Refused("samples", "expected finite numbers")
    return None


def mark_of(reading: AnyReading) -> bytes:
    """Return what this very reading is known again by, in any run; empty without a time."""
    if reading.t is None:
        return b""
    what, value = identity(reading)
    name = f"{reading.device}\0{what}\0{reading.t}\0{reading.number}\0".encode("utf-8", "replace")
    return hashlib.blake2b(name + _DOUBLE(value), digest_size=MARK_BYTES).digest()


def identity(reading: AnyReading) -> tuple[str, float]:
    """Return what a reading is of, and a number that another one of the same instant differs in."""
    match reading:
        case ValueRead():
            return reading.code, reading.value
        case WearRead(worn=worn, battery=battery):
            return f"wear {worn}", -1.0 if battery is None else battery
        case SensorRead(kind=kind, on=on):
            return f"{kind} {on}", reading.probability
        case IntervalsRead(seconds=seconds):
            return "intervals", math.fsum(seconds)
        case AccelerationRead(samples=samples) | WaveRead(samples=samples):
            return type(reading).__name__, float(samples.sum(dtype=np.float64))
