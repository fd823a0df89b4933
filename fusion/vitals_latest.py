"""What is believed of a resident's vital signs: values in, the seven parameters of NEWS2 out.

Comes in: `VitalMeasured`, in any order. Goes out: for an instant, the `Values` that may be scored
then. A value keeps its own `t`: what a wearable that comes back says of an hour ago is an hour old.
A value with a doubt that takes its meaning, or of poor quality, is as good as none. Pure.
"""

from __future__ import annotations

import bisect
from enum import StrEnum
from statistics import median
from typing import Final

from msgspec import Struct

from ambient.observations import VitalMeasured
from fusion.chains import SECOND
from fusion.news2 import Values


class Sign(StrEnum):
    """A vital sign that is scored."""

    RESPIRATORY_RATE = "respiratory_rate"
    OXYGEN_SATURATION = "oxygen_saturation"
    OXYGEN_FLOW = "oxygen_flow"
    OXYGEN_CONCENTRATION = "oxygen_concentration"
    SYSTOLIC = "systolic"
    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    CONSCIOUSNESS = "consciousness"
    BODY_TEMPERATURE = "body_temperature"


CODES: Final = {
    "9279-1": Sign.RESPIRATORY_RATE,
    "59408-5": Sign.OXYGEN_SATURATION,
    "3151-8": Sign.OXYGEN_FLOW,
    "3150-0": Sign.OXYGEN_CONCENTRATION,
    "8480-6": Sign.SYSTOLIC,
    "8867-4": Sign.HEART_RATE,
    "8889-8": Sign.PULSE_RATE,
    "67775-7": Sign.CONSCIOUSNESS,
    "8310-5": Sign.BODY_TEMPERATURE,
}
"""LOINC codes that the catalogue of vital signs keeps them under."""

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

VALID: Final = {
    Sign.RESPIRATORY_RATE: 15 * MINUTE,
    Sign.OXYGEN_SATURATION: 15 * MINUTE,
    Sign.HEART_RATE: 15 * MINUTE,
    Sign.PULSE_RATE: 15 * MINUTE,
    Sign.SYSTOLIC: 4 * HOUR,
    Sign.BODY_TEMPERATURE: 4 * HOUR,
    Sign.CONSCIOUSNESS: 4 * HOUR,
    Sign.OXYGEN_FLOW: 4 * HOUR,
    Sign.OXYGEN_CONCENTRATION: 4 * HOUR,
}
"""How long a value holds; assumptions for review.

Breath, saturation and pulse change within minutes: they hold as long as a round takes in which a
carer measures all seven one after the other, and so long may a wristband be blind while its wearer
moves. Pressure, temperature, consciousness and oxygen are measured by hand: the Royal College asks
for a new set every 4 to 6 hours at 1 to 4 points and every 12 at none, and 4 is the stricter.
"""

CONTINUOUS: Final = frozenset(
    {Sign.RESPIRATORY_RATE, Sign.OXYGEN_SATURATION, Sign.HEART_RATE, Sign.PULSE_RATE}
)
OVER: Final = 3 * MINUTE
"""What is measured all the time is the median of so long before its newest value: a minute of
movement or talk is no change of state."""
KEPT: Final = 24
"""Values kept of each, …"""
APART: Final = 8 * SECOND
"""… which are at least so far apart where they are measured all the time."""

LEAST_QUALITY: Final = 0.5
AIR_PERCENT: Final = 22.0
"""Air holds 21 % of oxygen; more is given."""


class Believed(Struct, frozen=True):
    """The parameters that are known at an instant, and how well the worst of them was measured."""

    values: Values
    quality: dict[str, float]
    """By name of the parameter."""


class Latest(Struct):
    """Believed values of one resident, oldest first; survives a restart."""

    kept: dict[Sign, list[tuple[int, float, float]]] = {}
    """When, value and quality."""

    def take(self, seen: VitalMeasured) -> bool:
        """Take in a value; return whether it is one that may be scored."""
        sign = CODES.get(seen.code)
        if sign is None or not believed(seen):
            return False
        kept = self.kept.setdefault(sign, [])
        one = (seen.t, seen.value, seen.quality)
        if kept and seen.t < kept[-1][0]:
            bisect.insort(kept, one)
        elif sign in CONTINUOUS and len(kept) > 1 and seen.t - kept[-2][0] < APART:
            kept[-1] = one
        else:
            kept.append(one)
        if len(kept) > KEPT:
            del kept[0]
        return True

    def at(self, now: int) -> Believed:
        """Return what is believed at `now`, nanoseconds."""
        quality: dict[str, float] = {}

        def value(name: str, *signs: Sign) -> float | None:
            for sign in signs:
                found = self._of(sign, now)
                if found is not None:
                    quality[name] = found[1]
                    return found[0]
            return None

        flow = value("oxygen", Sign.OXYGEN_FLOW)
        share = value("oxygen", Sign.OXYGEN_CONCENTRATION)
        given = None
        if flow is not None or share is not None:
            given = (flow or 0.0) > 0.0 or (share or 0.0) > AIR_PERCENT
        level = value("alert", Sign.CONSCIOUSNESS)
        return Believed(
            values=Values(
                respiratory_rate=value("respiratory_rate", Sign.RESPIRATORY_RATE),
                saturation=value("saturation", Sign.OXYGEN_SATURATION),
                oxygen=given,
                systolic=value("systolic", Sign.SYSTOLIC),
                pulse=value("pulse", Sign.HEART_RATE, Sign.PULSE_RATE),
                alert=None if level is None else level == 0.0,
                temperature=value("temperature", Sign.BODY_TEMPERATURE),
            ),
            quality=quality,
        )

    def _of(self, sign: Sign, now: int) -> tuple[float, float] | None:
        """Return value and quality of a sign, None where none holds."""
        kept = self.kept.get(sign)
        if not kept or now - kept[-1][0] > VALID[sign]:
            return None
        newest = kept[-1]
        if sign not in CONTINUOUS:
            return newest[1], newest[2]
        recent = [one for one in kept if newest[0] - one[0] <= OVER]
        return median(one[1] for one in recent), median(one[2] for one in recent)


def believed(seen: VitalMeasured) -> bool:
    """Return whether a value may be used at all.

    Every doubt takes its meaning, the clock's too: when it was measured is not known then, and it
    may be hours old.
    """
    return not seen.doubts and seen.quality >= LEAST_QUALITY
