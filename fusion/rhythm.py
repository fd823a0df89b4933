"""An irregular pulse: stretches of beats in, `vitals.rhythm` chains out. Research only. Pure.

One stretch proves nothing: movement makes a rhythm irregular, too. Only stretches that share no
beats are counted, of good quality and not withheld, and of the last hour more must be irregular
than not: `FIRST` of them make it *suspected*, `SURE` of them *confirmed*, and after six hours it
*lasts*. It has *ended* after `CALM` regular ones in a row. What is withheld counts for nothing.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import RhythmMeasured
from fusion import ratios_vitals as ratios
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who

LEAST_QUALITY: Final = 0.8
"""As for heart-rate variability: below, the beats themselves are in doubt."""
IRREGULAR: Final = 0.8
REGULAR: Final = 0.2
"""Between the two nothing is said."""
HOUR_S: Final = 3600.0
FIRST: Final = 3
SURE: Final = 6
"""Stretches of five minutes: half an hour of irregular beats. An ECG of 30 s is enough for a
physician (Hindricks et al. 2021, Eur Heart J 42:373); a wristband is believed far later."""
SHARE: Final = 0.75
"""Of the stretches that say anything in the hour, at least so many must be irregular."""
CALM: Final = 4
LASTING_S: Final = 6 * 3600.0
LATE_S: Final = 3600.0
"""Older than this is no news."""
UNKNOWN_S: Final = 12 * 3600.0
CERTAIN: Final = 0.95
"""No more than this is claimed: the probability of a stretch was never measured on a patient."""
KEPT: Final = 32


class RhythmState(Struct):
    """What is remembered of one resident; survives a restart.

    Attributes
    ----------
    told
        When each stretch ended (ns), and its probability of being irregular.
    """

    told: list[tuple[int, float]] = []
    chains: Chains = field(default_factory=Chains)


class RhythmJudge:
    """Judge one resident."""

    def __init__(self, subject: str, state: RhythmState | None = None) -> None:
        self._who = Who(subject, subject)
        self.state = state or RhythmState()

    def take(self, seen: RhythmMeasured, now: int) -> list[Change]:
        """Take in a stretch at `now`; return the step that is reached."""
        irregular = seen.irregular
        if irregular is None or seen.quality < LEAST_QUALITY:
            return []
        if REGULAR < irregular < IRREGULAR or now - seen.t > LATE_S * SECOND:
            return []
        told = self.state.told
        if told and seen.t - told[-1][0] < seen.seconds * SECOND:
            return []  # it shares beats with the one before, or comes after a newer one
        told.append((seen.t, irregular))
        del told[:-KEPT]
        return self._judge(now)

    def advance(self, now: int) -> list[Change]:
        """Let time go on: of what nothing is known for long nothing is claimed."""
        told, chains = self.state.told, self.state.chains
        if chains.open and (not told or now - told[-1][0] > UNKNOWN_S * SECOND):
            return chains.end(Kind.RHYTHM, self._who.key, now)
        return []

    def _judge(self, now: int) -> list[Change]:
        state = self.state
        newest = state.told[-1][0]
        hour = [p for t, p in state.told if newest - t <= HOUR_S * SECOND]
        bad = [p for p in hour if p >= IRREGULAR]
        chain = state.chains.of(Kind.RHYTHM, self._who.key)
        if chain is not None and not any(p >= IRREGULAR for _, p in state.told[-CALM:]):
            return state.chains.end(Kind.RHYTHM, self._who.key, now)
        if len(bad) < FIRST or len(bad) < SHARE * len(hour):
            return []
        step = SituationStep.SUSPECTED
        if len(bad) >= SURE:
            long = chain is not None and now - chain.began >= LASTING_S * SECOND
            step = SituationStep.LASTING if long else SituationStep.CONFIRMED
        llr = ratios.IRREGULAR * len(bad) + ratios.REGULAR * (len(hour) - len(bad))
        found = Found(
            newest,
            min(CERTAIN, sum(bad) / len(hour)),
            (Contribution(Sense.HEART_RATE, round(llr, 3)),),
        )
        first = next(t for t, p in state.told if p >= IRREGULAR and newest - t <= HOUR_S * SECOND)
        return state.chains.reach(Kind.RHYTHM, self._who, step, now, found, first)
