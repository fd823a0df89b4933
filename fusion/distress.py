"""Sounds of distress of one room: what microphones heard in, steps of chains out.

Only a call for help and a smoke detector make a chain, and their own probability decides where it
stands: `RINGS` and above is ``confirmed``, `SUSPECT` and above ``suspected``. Heard on for
`LASTING_S` it is ``lasting``; not heard for `QUIET_S` it has ``ended``, and what comes later is a
new one. Several microphones of a room hear the same sound, so a class has one chain at a time.

Where somebody is known to call often, a call is measured against the own rate as well
(`fusion.own_calls`): as usual it stays ``suspected``, which is shown and does not ring, and it is
``confirmed`` as soon as it departs. The event says so as the contribution *own rate*.

Every other class (scream, moan, thud, glass, cough) is evidence: kept for a moment, and stated as
a contribution of a chain that is open then, whose stated probability it raises and whose step it
does not. What a sound says of a fall is judged in `fusion.down`; a fall is never evidence for a
sound. Pure: no clock and no I/O, time is the `t` of what comes in.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import SoundClass, SoundHeard
from fusion.own_calls import (
    OwnCalls,
    called,
    came_with,
    departure,
    departure_beside,
    departure_long,
    went_on,
)

RINGS: Final = {SoundClass.HELP: 0.9, SoundClass.SMOKE_ALARM: 0.9}
"""From this probability on a sound is confirmed; as `audio.sounds.listener` tells it."""
SUSPECT: Final = 0.5
LASTING_S: Final = 300.0
QUIET_S: Final = {SoundClass.HELP: 150.0, SoundClass.SMOKE_ALARM: 90.0}
"""A call that goes on is told once a minute, a smoke detector twice; so much longer is an end."""
KEPT_S: Final = 30.0
"""So long is a sound evidence for what happens beside it."""
MOST_KEPT: Final = 16
MOST_LLR: Final = 1.0
"""What another sound adds at most: set by hand, a stated belief and no measured ratio."""
CERTAIN: Final = 0.999
"""No sound is surer than this: log-odds stay finite."""
AGAIN_S: Final = QUIET_S[SoundClass.HELP]
"""Calling that goes on counts as another call once in so long."""
BESIDE: Final = frozenset({SoundClass.SCREAM, SoundClass.THUD, SoundClass.GLASS})
"""Sounds that make a usual call another one."""

_SENSE: Final = {sound: Sense(f"sound.{sound.value}") for sound in SoundClass}


class Sounded(Struct, frozen=True):
    """A sound that is kept as evidence."""

    sound: SoundClass
    t: int
    probability: float


class Chain(Struct):
    """One sound of distress, from when it was first heard until it has ended."""

    sound: SoundClass
    began: int
    heard: int
    """When it was heard last."""
    probability: float
    """Of the surest observation."""
    step: SituationStep
    confirmed: int | None = None
    position: int = 0
    """How many steps were stated."""
    called: int | None = None
    """When it was counted among the room's calls last."""
    own: float | None = None
    """By how much it departs from the room's calls; None where nobody calls often."""
    beside: list[SoundClass] = []
    """Kinds of `BESIDE` that came with it."""

    @property
    def held(self) -> bool:
        """Whether the own rate holds it back."""
        return self.own is not None and self.own < 0.0


class DistressState(Struct):
    """All that a room's judgement of sounds remembers; survives a restart."""

    chains: list[Chain] = []
    evidence: list[Sounded] = []
    calls: OwnCalls = field(default_factory=OwnCalls)
    """How this room's calls for help go usually."""


class Change(Struct, frozen=True):
    """A chain that reached a step.

    Attributes
    ----------
    probability
        With what other sounds add.
    lasted_s
        From when it was first heard to when it was heard last.
    """

    sound: SoundClass
    step: SituationStep
    began: int
    position: int
    t: int
    lasted_s: float
    probability: float
    contributions: list[Contribution]


class DistressJudge:
    """Judge the sounds of one room.

    Parameters
    ----------
    on
        Whether the purpose *sounds* is on.
    state
        What an earlier run left, to go on with open chains.
    """

    def __init__(self, *, on: bool = True, state: DistressState | None = None) -> None:
        self.on = on
        self.state = state if state is not None and on else DistressState()

    def consent(self, on: bool) -> None:
        """Follow that the purpose was switched; off forgets what was heard."""
        if on != self.on:
            self.on = on
            self.state = DistressState()

    def forget(self) -> None:
        """Forget how calls go usually: somebody else lives here now, whom it holds back no more."""
        self.state.calls = OwnCalls()
        for chain in self.state.chains:
            chain.called = chain.own = None

    def heard(self, heard: SoundHeard) -> list[Change]:
        """Take in a sound."""
        if not self.on:
            return []
        changes = self.advance(heard.t)
        if heard.sound not in RINGS:
            if heard.probability >= SUSPECT:
                kept = Sounded(heard.sound, heard.t, heard.probability)
                self.state.evidence = [*self.state.evidence, kept][-MOST_KEPT:]
                changes += self._came(heard)
            return changes
        if heard.probability < SUSPECT:
            return changes
        return changes + self._follow(heard)

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`: what is not heard any more ends."""
        changes = []
        for chain in list(self.state.chains):
            if _s(chain.heard, t) > QUIET_S[chain.sound]:
                self.state.chains.remove(chain)
                if chain.called is not None:
                    lasted = _s(chain.began, chain.heard)
                    self.state.calls = went_on(self.state.calls, chain.heard, lasted)
                changes.append(self._change(chain, SituationStep.ENDED, t))
        if self.state.evidence:
            self.state.evidence = [e for e in self.state.evidence if _s(e.t, t) <= KEPT_S]
        return changes

    def _follow(self, heard: SoundHeard) -> list[Change]:
        sure = heard.probability >= RINGS[heard.sound]
        chain = next((c for c in self.state.chains if c.sound is heard.sound), None)
        new = chain is None
        if chain is None:
            step = SituationStep.SUSPECTED
            chain = Chain(heard.sound, heard.t, heard.t, heard.probability, step)
            self.state.chains.append(chain)
        else:
            chain.heard = heard.t
            chain.probability = max(chain.probability, heard.probability)
        if sure and heard.sound is SoundClass.HELP:
            self._measure(chain, heard)
        if chain.step is SituationStep.SUSPECTED and sure and not chain.held:
            chain.step = SituationStep.CONFIRMED
            chain.confirmed = heard.t
        elif self._lasts(chain, heard.t) and sure:
            chain.step = SituationStep.LASTING
        elif not new:
            return []
        return [self._change(chain, chain.step, heard.t)]

    def _measure(self, chain: Chain, heard: SoundHeard) -> None:
        """Measure a call against the own ones, and count it among them."""
        state = self.state
        new = {each.sound for each in state.evidence if each.sound in BESIDE} - set(chain.beside)
        counts = chain.called is None or _s(chain.called, heard.t) >= AGAIN_S
        before = state.calls
        if not counts:
            before = msgspec.structs.replace(before, recent=before.recent[:-1])
        self._departs(chain, departure(before, heard.t, heard.level, new))
        self._departs(chain, departure_long(before, heard.t, _s(chain.began, heard.t)))
        if counts:
            chain.called = heard.t
            state.calls = called(state.calls, heard.t, heard.level)
        chain.beside += sorted(new)
        state.calls = came_with(state.calls, new)

    def _came(self, heard: SoundHeard) -> list[Change]:
        """Take in that another sound came while somebody calls."""
        chain = next((c for c in self.state.chains if c.called is not None), None)
        if chain is None or heard.sound not in BESIDE or heard.sound in chain.beside:
            return []
        if _s(chain.heard, heard.t) > KEPT_S:
            return []
        calls = self.state.calls
        # How many and how loud is judged with the calls themselves.
        self._departs(chain, departure_beside(calls, heard.t, heard.sound))
        chain.beside.append(heard.sound)
        self.state.calls = came_with(calls, {heard.sound})
        if chain.step is not SituationStep.SUSPECTED or chain.held:
            return []
        chain.step = SituationStep.CONFIRMED
        chain.confirmed = heard.t
        return [self._change(chain, chain.step, heard.t)]

    @staticmethod
    def _departs(chain: Chain, llr: float | None) -> None:
        """Keep how far a chain departed at most."""
        if llr is not None:
            chain.own = llr if chain.own is None else max(chain.own, llr)

    def _lasts(self, chain: Chain, t: int) -> bool:
        confirmed = chain.step is SituationStep.CONFIRMED and chain.confirmed is not None
        return confirmed and _s(chain.confirmed or 0, t) >= LASTING_S

    def _change(self, chain: Chain, step: SituationStep, t: int) -> Change:
        chain.position += 1
        own = Sounded(chain.sound, chain.heard, chain.probability)
        over = step is SituationStep.ENDED
        beside = {} if over else {each.sound: each for each in self.state.evidence}
        others = [_contribution(each) for each in beside.values()]
        if chain.own is not None:
            # Held back is not disbelieved: what is shown is at least suspected.
            others.append(
                Contribution(Sense.OWN_RATE, round(max(chain.own, -_logit(chain.probability)), 3))
            )
        odds = _logit(chain.probability) + sum(other.llr for other in others)
        return Change(
            sound=chain.sound,
            step=step,
            began=chain.began,
            position=chain.position - 1,
            t=t,
            lasted_s=max(0.0, _s(chain.began, chain.heard)),
            probability=1.0 / (1.0 + math.exp(-odds)),
            contributions=[_contribution(own, math.inf), *others],
        )


def _contribution(heard: Sounded, most: float = MOST_LLR) -> Contribution:
    """Return what a sound adds: its log-odds, as an even chance adds nothing; never against."""
    llr = min(most, max(0.0, _logit(heard.probability)))
    return Contribution(_SENSE[heard.sound], round(llr, 3))


def _logit(probability: float) -> float:
    held = min(CERTAIN, max(1.0 - CERTAIN, probability))
    return math.log(held / (1.0 - held))


def _s(since: int, t: int) -> float:
    return (t - since) / 1e9
