"""Signs of distress that are no call: sounds, movement and heart rate in, chains out.

Screams, moans and coughs, seconds of violent movement, and a heart rate above the own are counted
over `SPAN_S` and weighed against how often they happen to this resident anyway: a Poisson ratio of
a distressed rate over the own. Two senses at least must speak, or one very clearly. It is shown and
never rings: none of it is a feeling, and who moans at every turn is compared with that. Pure.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Purpose, Sense, SituationStep
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    PostureSeen,
    SoundClass,
    SoundHeard,
    VitalMeasured,
)
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.own_time import robust

SPAN_S: Final = 600.0
SUSPECT: Final = 0.5
SURE: Final = 0.8
PRIOR: Final = -4.0
MOST: Final = 3.5
QUIET_S: Final = 900.0
FASTER: Final = 6.0
"""In distress each sign is taken to come so many times as often as usual …"""
LEAST_PER_H: Final = 0.5
"""… and its usual rate is never taken for less than this an hour."""
MEMORY_S: Final = 5 * 86_400.0
"""Over so long the own rate is averaged."""
WRISTS: Final = 0.9
"""Body lengths a second from which on a wrist moves violently; a gesture is below."""
MOVES_G: Final = 0.25
HEART_RATE: Final = "8867-4"
PULSES: Final = 240
LEAST_PULSES: Final = 20
SOUNDS: Final = {
    SoundClass.SCREAM: Sense.SOUND_SCREAM,
    SoundClass.MOAN: Sense.SOUND_MOAN,
    SoundClass.COUGH: Sense.SOUND_COUGH,
}
_OF: Final = {
    Purpose.SOUNDS: frozenset(SOUNDS.values()),
    Purpose.VITALS: frozenset({Sense.WEARABLE_MOVEMENT}),
}
WEIGHT: Final = {Sense.SOUND_COUGH: 0.4}
"""Who coughs may be ill and at ease. Every figure here is assumed; see docs/situations.md."""


class AgitationState(Struct):
    """All that is remembered; survives a restart."""

    signs: dict[str, list[int]] = {}
    """By sense, instants of the last `SPAN_S`, one a second at most."""
    rates: dict[str, float] = {}
    """By sense, own signs an hour."""
    t: int | None = None
    pulse: list[float] = []
    """Heart rates, one a minute at most."""
    pulse_t: int = 0
    quick: int = 0
    """When the heart was last far above the own."""
    last: int = 0
    """When anything was last suspected."""
    chains: Chains = field(default_factory=Chains)

    def forget(self) -> None:
        """Forget the signs, and how often they come; what was told goes on."""
        self.signs, self.rates = {}, {}
        self.pulse, self.pulse_t, self.quick = [], 0, 0

    def withdraw(self, purpose: Purpose) -> None:
        """Forget what the senses of a purpose told."""
        for sense in _OF.get(purpose, ()):
            self.signs.pop(sense.value, None)
            self.rates.pop(sense.value, None)
        if purpose is Purpose.VITALS:
            self.pulse, self.pulse_t, self.quick = [], 0, 0


class AgitationJudge:
    """Judge one room.

    Parameters
    ----------
    on
        Whether it is watched.
    subject
        Who lives there alone; None of a shared room.
    state
        What an earlier run left.
    """

    def __init__(
        self, subject: str | None, *, on: bool, state: AgitationState | None = None
    ) -> None:
        self.on = on
        self._who = Who("room", subject)
        self.state = state or AgitationState()
        self._pulses: list[float] = []
        self._usual = 0.0, 0.0

    def take(self, seen: AnyObservation) -> None:
        """Take in what may be a sign."""
        kind = type(seen)
        if kind is PostureSeen:
            self.posture(seen)  # type: ignore[arg-type]
        elif kind is MotionMeasured:
            self._motion(seen)  # type: ignore[arg-type]
        elif isinstance(seen, SoundHeard):
            if seen.sound in SOUNDS and seen.probability >= 0.5:
                self._sign(SOUNDS[seen.sound], seen.t)
        elif isinstance(seen, VitalMeasured) and seen.code == HEART_RATE and not seen.doubts:
            self._pulse(seen)

    def posture(self, seen: PostureSeen) -> None:
        """Take in how fast somebody's wrists move in the picture."""
        violent = (seen.left_wrist or 0.0) >= WRISTS or (seen.right_wrist or 0.0) >= WRISTS
        if violent and (seen.hips or 0.0) < 0.3 and seen.quality >= 0.5:
            self._sign(Sense.VISION_MOVEMENT, seen.t)

    def _motion(self, seen: MotionMeasured) -> None:
        if seen.counts >= MOVES_G and not seen.steps:
            self._sign(Sense.WEARABLE_MOVEMENT, seen.t)

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`, once a second or so."""
        state = self.state
        self._age(t)
        chain = state.chains.of(Kind.AGITATED, "room")
        if not state.signs and chain is None:
            return []
        told = self._weigh(t)
        total = PRIOR + sum(one.llr for one in told)
        probability = 1.0 / (1.0 + math.exp(-total))
        if probability < SUSPECT:
            if chain is not None and (t - state.last) / SECOND > QUIET_S:
                return state.chains.end(Kind.AGITATED, "room", t)
            return []
        state.last = t
        step = SituationStep.CONFIRMED if probability >= SURE else SituationStep.SUSPECTED
        found = Found(t, round(probability, 4), tuple(told))
        return state.chains.reach(Kind.AGITATED, self._who, step, t, found)

    def _sign(self, sense: Sense, t: int) -> None:
        signs = self.state.signs.setdefault(sense.value, [])
        if not signs or t - signs[-1] >= SECOND:
            signs.append(t)

    def _age(self, t: int) -> None:
        """Drop old signs; what has passed tells the own rate."""
        state = self.state
        dt = 0.0 if state.t is None else (t - state.t) / SECOND
        state.t = t
        if dt > 0.0 and state.rates:
            fade = math.exp(-dt / MEMORY_S)
            state.rates = {s: r * fade for s, r in state.rates.items()}
        for sense, signs in list(state.signs.items()):
            if (t - signs[0]) / SECOND <= SPAN_S:
                continue  # they are in their order
            old = [at for at in signs if (t - at) / SECOND > SPAN_S]
            gain = len(old) * 3600.0 / MEMORY_S
            state.rates[sense] = state.rates.get(sense, 0.0) + gain
            if len(old) == len(signs):
                del state.signs[sense]
            else:
                state.signs[sense] = signs[len(old) :]

    def _weigh(self, t: int) -> list[Contribution]:
        told = []
        for sense, signs in self.state.signs.items():
            own = max(LEAST_PER_H, self.state.rates.get(sense, 0.0))
            expected = own * SPAN_S / 3600.0
            worth = len(signs) * math.log(FASTER) - (FASTER - 1.0) * expected
            worth *= WEIGHT.get(Sense(sense), 1.0)
            told.append(Contribution(Sense(sense), round(max(-1.0, min(MOST, worth)), 3)))
        if (t - self.state.quick) / SECOND <= SPAN_S and self.state.quick:
            told.append(Contribution(Sense.HEART_RATE, 1.5))
        return told

    def _pulse(self, seen: VitalMeasured) -> None:
        state = self.state
        if len(state.pulse) >= LEAST_PULSES:
            if state.pulse is not self._pulses:
                # A new list each minute; meanwhile its middle is the same.
                self._pulses, self._usual = state.pulse, robust(state.pulse)
            middle, spread = self._usual
            if seen.value - middle > max(20.0, 3.0 * spread):
                state.quick = max(state.quick, seen.t)
        if (seen.t - state.pulse_t) / SECOND >= 60.0:
            state.pulse_t = seen.t
            state.pulse = [*state.pulse, round(seen.value, 1)][-PULSES:]
