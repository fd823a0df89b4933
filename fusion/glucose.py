"""Glucose, low or about to be: a sensor's values in, `vitals.glucose` chains out. Research only.

*Suspected* when it is not low, but expected to be: the forecast of 30 minutes (`models.glucose`)
gives a low value more than the chosen probability, or it falls fast and would be low within 20
minutes. *Confirmed* when a value is below 3.9 mmol/L; *lasting* below 3.0, or after 30 minutes. It
has *ended* when it stayed at 4.4 or more for 15 minutes and is not expected low. Values of one
sensor are never mixed with another's. Pure.
"""

from __future__ import annotations

import bisect
import math
from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import Doubt, VitalMeasured
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.vitals_latest import LEAST_QUALITY
from models.glucose import AHEAD_S, LOW, MG_PER_MMOL, Weights, forecast, history

CONTINUOUS: Final = "99504-3"
"""LOINC: glucose in interstitial fluid."""
VERY_LOW: Final = 3.0
"""mmol/L; level 2 of hypoglycaemia (International Hypoglycaemia Study Group 2017)."""
SAFE: Final = 4.4
"""mmol/L; half a mmol/L above `LOW`, so that noise does not open and close a chain."""
SAFE_S: Final = 900.0
LASTING_S: Final = 1800.0
FAST: Final = 0.11
"""mmol/L a minute: what sensors show as two arrows down (2 mg/dL a minute)."""
SOON_S: Final = 1200.0
FRESH_S: Final = 900.0
"""What is older says nothing of now: three values of a sensor may be missing."""
UNKNOWN_S: Final = 6 * 3600.0
KEPT: Final = 48
APART: Final = 45 * SECOND
"""A sensor that sends more often is thinned to this."""


class GlucoseState(Struct):
    """What is remembered of one resident; survives a restart.

    Attributes
    ----------
    source
        Whose values are kept.
    kept
        When (ns) and mmol/L, oldest first.
    low_since, safe_since
        Since when without a break.
    """

    source: str = ""
    kept: list[tuple[int, float]] = []
    low_since: int | None = None
    safe_since: int | None = None
    chains: Chains = field(default_factory=Chains)


class Glucose(Struct, frozen=True):
    """A step of a chain, and in how many seconds it is expected to be low; 0 when it is."""

    change: Change
    in_s: float


class GlucoseJudge:
    """Judge one resident.

    Parameters
    ----------
    weights
        Of the forecast.
    """

    def __init__(self, subject: str, weights: Weights, state: GlucoseState | None = None) -> None:
        self._who = Who(subject, subject)
        self._weights = weights
        self.state = state or GlucoseState()

    def take(self, seen: VitalMeasured, now: int) -> list[Glucose]:
        """Take in a value at `now`; return the step that is reached."""
        if seen.code != CONTINUOUS or not usable(seen):
            return []
        state = self.state
        value = seen.value / MG_PER_MMOL
        if seen.source != state.source:
            if state.kept and seen.t - state.kept[-1][0] <= FRESH_S * SECOND:
                return []  # two sensors at once: the one that is known goes on
            state.source, state.kept = seen.source, []
        kept = state.kept
        if kept and seen.t - kept[-1][0] < APART:
            if seen.t <= kept[-1][0]:
                self._late(seen.t, value)
            return []
        kept.append((seen.t, value))
        del kept[:-KEPT]
        if now - seen.t > FRESH_S * SECOND:
            return []
        return self._judge(seen.t, value, now)

    def advance(self, now: int) -> list[Glucose]:
        """Let time go on: of what nothing is known for long nothing is claimed."""
        state = self.state
        if state.chains.open and (not state.kept or now - state.kept[-1][0] > UNKNOWN_S * SECOND):
            return self._told(state.chains.end(Kind.GLUCOSE, self._who.key, now), 0.0)
        return []

    def _late(self, t: int, value: float) -> None:
        kept = self.state.kept
        at = bisect.bisect_left(kept, (t, -math.inf))
        near = [one for one in kept[max(0, at - 1) : at + 1] if abs(one[0] - t) < APART]
        if not near:
            kept.insert(at, (t, value))
            del kept[:-KEPT]

    def _judge(self, t: int, value: float, now: int) -> list[Glucose]:
        state = self.state
        expected = self._expected(value)
        if value < LOW:
            state.low_since = t if state.low_since is None else state.low_since
        else:
            state.low_since = None
        safe = value >= SAFE and expected is None
        state.safe_since = (state.safe_since or t) if safe else None
        if state.low_since is not None:
            lasts = value < VERY_LOW or t - state.low_since >= LASTING_S * SECOND
            step = SituationStep.LASTING if lasts else SituationStep.CONFIRMED
            return self._reach(step, now, Found(t, 1.0, _why(1.0, self._weights)), 0.0)
        if expected is not None:
            found = Found(t, round(expected[0], 4), _why(expected[0], self._weights))
            return self._reach(SituationStep.SUSPECTED, now, found, expected[1])
        if state.safe_since is not None and t - state.safe_since >= SAFE_S * SECOND:
            return self._told(state.chains.end(Kind.GLUCOSE, self._who.key, now), 0.0)
        return []

    def _expected(self, value: float) -> tuple[float, float] | None:
        """Return the probability of getting low and in how many seconds, where it is expected."""
        values = history(self.state.kept)
        if values is None:
            return None
        ahead = forecast(self._weights, values)
        per_s = (values[0] - values[3]) / SAFE_S
        onward = (LOW - value) / per_s if per_s < 0.0 else math.inf
        fast = per_s * 60.0 <= -FAST and onward <= SOON_S
        if ahead.low < self._weights.threshold and not fast:
            return None
        return max(ahead.low, 0.5 if fast else 0.0), max(0.0, min(AHEAD_S, onward))

    def _reach(self, step: SituationStep, now: int, found: Found, in_s: float) -> list[Glucose]:
        reached = self.state.chains.reach(Kind.GLUCOSE, self._who, step, now, found)
        return self._told(reached, in_s)

    def _told(self, changes: list[Change], in_s: float) -> list[Glucose]:
        return [Glucose(change, in_s) for change in changes]


def usable(seen: VitalMeasured) -> bool:
    """Return whether a value of a sensor may be used.

    One at the end of its range may: LOW is at least as low as it says.
    """
    doubted = any(doubt is not Doubt.SATURATED for doubt in seen.doubts)
    return not doubted and seen.quality >= LEAST_QUALITY


def _why(probability: float, weights: Weights) -> tuple[Contribution, ...]:
    """Return how far the forecast moves the odds from how often glucose is low anyway."""
    sure = min(0.999, max(0.001, probability))
    llr = _log_odds(sure) - _log_odds(min(0.999, max(0.001, weights.prior)))
    return (Contribution(Sense.GLUCOSE, round(llr, 3)),)


def _log_odds(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
