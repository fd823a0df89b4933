"""Falls of one room: posture observations in, steps of fall chains out.

The state is the primary evidence: a person who is down on no bed is suspected after a moment and
confirmed after `confirm_s`, whether or not the descent was seen; a seen descent makes both faster.
A person lost from sight while down stays an open chain: only the same person upright (or sitting
off the floor) for `recover_s` in a good view ends it. Several cameras of a room see the same
people, so a second view joins the open chain unless one camera shows two people down.

Pure: no clock and no I/O. Time is the `t` of what comes in; `Tick` lets it go on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ambient.config import Falls
from ambient.events import Contribution
from ambient.observations import Place, PostureSeen, TrackEnd, TrackEnded
from fusion.evidence import Judgement, evidence

SUSPECT: Final = 0.5
CONFIRM: Final = 0.7
DOWN_ON: Final = 0.55
DOWN_OFF: Final = 0.35
SMOOTH_S: Final = 0.4
GAP_S: Final = 2.0
"""A person seen not down (or not seen) for less than this is still the same lying person."""
LOST_DOWN: Final = 0.45
LOST_DESCENT: Final = 0.6
CLEAR_DESCENT: Final = 0.5
FOUND_S: Final = 3.0
"""Somebody whose fall was not seen is suspected only after being seen down for this long:
furniture or a coat that is taken for a body wavers, and is lost again sooner."""
DESCENT_SPEEDUP: Final = 0.5
"""Share of `confirm_s` that a clearly seen descent saves."""
DESCENT_KEPT_S: Final = 4.0
"""A descent that nobody went down by within this time is forgotten."""
GOOD_VIEW: Final = 0.35
FORGET_S: Final = 30.0
UPRIGHT_GAP_S: Final = 0.7
"""A person may be seen not upright for this long while getting up counts on."""
UNSEEN_S: Final = 3.0
"""A track that nobody reports for this long is gone, even if its end was never told (a restarted
sensor begins new tracks)."""


class Step(StrEnum):
    """Where a chain stands."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    LONG_LIE = "long_lie"
    RECOVERED = "recovered"


class Person(Struct):
    """What is known of one track of one camera."""

    source: str
    track: int
    began: int
    t: int
    down: float = 0.0
    down_since: int | None = None
    last_down: int = 0
    descent: float = 0.0
    descent_t: int = 0
    still: float = 0.0
    quality: float = 0.0
    place: Place = Place.UNKNOWN
    bed: str | None = None
    upright_since: int | None = None
    upright_last: int = 0
    ended: bool = False
    chain: int | None = None
    """Number of the open chain this person belongs to."""


class Chain(Struct):
    """One situation: from suspicion to recovery."""

    number: int
    began: int
    """`t` of the first step."""
    down_since: int
    step: Step
    place: Place = Place.UNKNOWN
    descent: float = 0.0
    probability: float = 0.0
    contributions: list[Contribution] = []
    bed: str | None = None
    acknowledged: bool = False


class Change(Struct, frozen=True):
    """A chain that reached a step."""

    chain: Chain
    step: Step
    t: int
    down_s: float
    probability: float
    contributions: list[Contribution]


class RoomState(Struct):
    """All that a room's fall judgement remembers; survives a restart."""

    people: list[Person] = []
    chains: list[Chain] = []
    next_chain: int = 0


class FallJudge:
    """Judge one room.

    Parameters
    ----------
    config
        Times of confirmation, long lie and recovery.
    state
        What an earlier run left, to go on with open chains.
    """

    def __init__(self, config: Falls, state: RoomState | None = None) -> None:
        self._config = config
        self.state = state or RoomState()
        for person in self.state.people:
            person.ended = True  # until seen again: a restarted sensor numbers its tracks anew

    def posture(self, seen: PostureSeen) -> list[Change]:
        """Take in how a person is now."""
        person = self._person(seen.source, seen.track, seen.t)
        dt = max(0.0, (seen.t - person.t) / 1e9)
        weight = 1.0 if dt == 0.0 and person.down == 0.0 else min(1.0, dt / SMOOTH_S)
        person.down += weight * (seen.down - person.down)
        person.t = seen.t
        person.still = seen.still
        person.quality += weight * (seen.quality - person.quality)
        person.ended = False
        stale = (seen.t - person.descent_t) / 1e9 > DESCENT_KEPT_S
        renewed = person.down_since is None and (stale or seen.descent == person.descent)
        if seen.descent > person.descent or renewed:
            person.descent, person.descent_t = seen.descent, seen.t
        self._follow_down(person, seen)
        self._follow_upright(person, seen)
        return self._judge(person, seen.t) + self.advance(seen.t)

    def ended(self, end: TrackEnded) -> list[Change]:
        """Take in that a person is no longer seen."""
        person = self._find(end.source, end.track)
        if person is None:
            return []
        person.ended = True
        if end.reason is TrackEnd.LEFT_PICTURE and person.chain is None:
            person.down_since = None
            return []
        fell = person.descent >= LOST_DESCENT and end.down >= LOST_DOWN
        if person.chain is None and person.down_since is None and fell:
            person.down_since = person.t
            person.last_down = person.t
            person.down = max(person.down, 0.6)
            person.still = 0.5  # unknown from here on
        return self._judge(person, end.t) + self.advance(end.t)

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`: confirmations and long lies fall due."""
        changes: list[Change] = []
        for chain in list(self.state.chains):
            changes += self._due(chain, t)
        self._forget(t)
        return changes

    def acknowledge(self, number: int) -> None:
        """Somebody has taken this alarm; the chain goes on."""
        for chain in self.state.chains:
            if chain.number == number:
                chain.acknowledged = True

    def _follow_down(self, person: Person, seen: PostureSeen) -> None:
        if person.down >= DOWN_ON or (person.down_since is not None and person.down > DOWN_OFF):
            if person.down_since is None:
                person.down_since = seen.t
            person.last_down = seen.t
            person.place, person.bed = seen.place, seen.bed
        elif person.down_since is not None and (seen.t - person.last_down) / 1e9 > GAP_S:
            person.down_since = None

    def _follow_upright(self, person: Person, seen: PostureSeen) -> None:
        if seen.upright >= 0.5 and seen.quality >= GOOD_VIEW and seen.down < 0.5:
            if person.upright_since is None:
                person.upright_since = seen.t
            person.upright_last = seen.t
        elif person.upright_since is not None and (
            (seen.t - person.upright_last) / 1e9 > UPRIGHT_GAP_S
        ):
            person.upright_since = None

    def _judge(self, person: Person, t: int) -> list[Change]:
        if person.chain is not None:
            return self._follow_chain(person, t)
        if person.down_since is None:
            return self._claim(person, t)
        verdict = self._verdict(person, t)
        seen_down_s = (person.last_down - person.down_since) / 1e9
        unseen_fall = person.descent < CLEAR_DESCENT and seen_down_s < FOUND_S
        if verdict.probability < SUSPECT or unseen_fall:
            return []
        chain = self._chain_for(person, t)
        # What was seen of the person upright before this is no evidence of recovery.
        person.upright_since = None
        if chain is not None:
            person.chain = chain.number
            return []
        chain = Chain(
            number=self.state.next_chain,
            began=t,
            down_since=person.down_since,
            step=Step.SUSPECTED,
            place=person.place,
            descent=person.descent,
            probability=verdict.probability,
            contributions=list(verdict.contributions),
            bed=person.bed,
        )
        self.state.next_chain += 1
        self.state.chains.append(chain)
        person.chain = chain.number
        return [_change(chain, Step.SUSPECTED, t)]

    def _verdict(self, person: Person, t: int) -> Judgement:
        since = person.down_since if person.down_since is not None else t
        return evidence(
            down=person.down,
            down_s=max(0.0, (t - since) / 1e9),
            descent=person.descent,
            still=person.still,
            place=person.place,
            quality=person.quality,
        )

    def _follow_chain(self, person: Person, t: int) -> list[Change]:
        chain = self._chain(person.chain)
        if chain is None:
            person.chain = None
            return []
        if person.down_since is not None:
            verdict = self._verdict(person, t)
            chain.probability = verdict.probability
            chain.contributions = list(verdict.contributions)
            chain.place = person.place
        upright = person.upright_since
        fresh = (t - person.upright_last) / 1e9 <= UPRIGHT_GAP_S
        if upright is None or not fresh or (t - upright) / 1e9 < self._config.recover_s:
            return []
        if any(
            other.chain == chain.number
            and other is not person
            and not _gone(other, t)
            and other.down >= DOWN_ON
            for other in self.state.people
        ):
            return []  # another camera still sees this person down
        self.state.chains.remove(chain)
        for other in self.state.people:
            if other.chain == chain.number:
                other.chain, other.down_since, other.descent = None, None, 0.0
        chain.step = Step.RECOVERED
        return [_change(chain, Step.RECOVERED, t)]

    def _claim(self, person: Person, t: int) -> list[Change]:
        """Recognise a person who gets up where a lost one lay as that one."""
        if person.upright_since is None:
            return []
        for chain in self.state.chains:
            bound = [p for p in self.state.people if p.chain == chain.number]
            same = [p for p in bound if p.source == person.source]
            later = all(person.began >= p.t for p in same)
            if same and later and all(_gone(p, t) for p in bound) and self._alone(person, t):
                person.chain = chain.number
                return self._follow_chain(person, t)
        return []

    def _alone(self, person: Person, t: int) -> bool:
        """Whether nobody else has been in the room since the fall: then it is the same person."""
        return not any(
            other is not person
            and other.source == person.source
            and other.chain is None
            and (t - other.t) / 1e9 < FORGET_S
            for other in self.state.people
        )

    def _chain_for(self, person: Person, t: int) -> Chain | None:
        """Return the open chain that this person's fall already is, if any."""
        for chain in self.state.chains:
            rivals = [
                other
                for other in self.state.people
                if other.chain == chain.number
                and other.source == person.source
                and other.track != person.track
                and not _gone(other, t)
            ]
            if not rivals:
                return chain
        return None

    def _due(self, chain: Chain, t: int) -> list[Change]:
        down_s = (t - chain.down_since) / 1e9
        if chain.step is Step.SUSPECTED:
            saved = DESCENT_SPEEDUP * max(0.0, min(1.0, chain.descent * 2 - 1))
            if down_s < self._config.confirm_s * (1 - saved):
                return []
            people = [p for p in self.state.people if p.chain == chain.number]
            seen = [p for p in people if not _gone(p, t)]
            if seen and all(p.down_since is None for p in seen):
                # A suspicion that its own view no longer holds starts to count anew.
                chain.down_since = max(chain.down_since, *(p.last_down for p in seen))
                return []
            if seen:
                best = max((self._verdict(p, t) for p in seen), key=lambda v: v.probability)
                chain.probability = best.probability
                chain.contributions = list(best.contributions)
                # Who was seen to fall and is now seen badly is lost from sight, not up again.
                lost = chain.descent >= CLEAR_DESCENT and all(p.quality < GOOD_VIEW for p in seen)
                if best.probability < CONFIRM and not lost:
                    return []
            chain.step = Step.CONFIRMED
            return [_change(chain, Step.CONFIRMED, t)]
        if chain.step is Step.CONFIRMED and down_s >= self._config.long_lie_s:
            chain.step = Step.LONG_LIE
            return [_change(chain, Step.LONG_LIE, t)]
        return []

    def _chain(self, number: int | None) -> Chain | None:
        return next((c for c in self.state.chains if c.number == number), None)

    def _find(self, source: str, track: int) -> Person | None:
        return next((p for p in self.state.people if p.source == source and p.track == track), None)

    def _person(self, source: str, track: int, t: int) -> Person:
        person = self._find(source, track)
        if person is None:
            person = Person(source=source, track=track, began=t, t=t)
            self.state.people.append(person)
        return person

    def _forget(self, t: int) -> None:
        self.state.people = [
            p for p in self.state.people if p.chain is not None or (t - p.t) / 1e9 < FORGET_S
        ]


def _gone(person: Person, t: int) -> bool:
    return person.ended or (t - person.t) / 1e9 > UNSEEN_S


def _change(chain: Chain, step: Step, t: int) -> Change:
    return Change(
        chain=chain,
        step=step,
        t=t,
        down_s=max(0.0, (t - chain.down_since) / 1e9),
        probability=chain.probability,
        contributions=list(chain.contributions),
    )
