"""Falls of one room: posture observations in, steps of fall chains out.

The state is the primary evidence: a person who is down on no bed is suspected after a moment and
confirmed after `confirm_s`, whether or not the descent was seen; a seen descent makes both faster.
A person lost from sight while down stays an open chain: only the same person upright (or sitting
off the floor) for `recover_s` in a good view ends it. Several cameras of a room see the same
people, so a second view joins the open chain unless one camera shows two people down.

What other senses say comes in by `Beside`, in log-odds; where none says anything the camera decides
alone. A chain that they began is `blind` until a camera sees somebody down there. Pure: no clock,
no I/O; time is the `t` of what comes in, and `Tick` lets it go on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ambient.config import Falls
from ambient.observations import PostureSeen, TrackEnd, TrackEnded
from fusion.company import (
    COMPANY_DESCENT,
    HEAP_S,
    LET_GO_S,
    hardly_seen,
    in_company,
    lapse,
    lingers,
    lost_unsurely,
    nobody_seen,
    young,
)
from fusion.descent import CERTAIN_DESCENT
from fusion.evidence import LEAST_SAFE, Judgement, verdict
from fusion.falls_state import (
    CLEAR_DESCENT,
    FORGET_S,
    FOUND_S,
    JOIN_S,
    Beside,
    Chain,
    Change,
    RoomState,
    Step,
    chain_of,
    changed,
    followed,
    forget,
    people_of,
    stand,
    unseen_s,
)
from fusion.looks import GOOD_VIEW
from fusion.person import DOWN_ON, GAP_S, Person
from fusion.same_body import (
    claimed,
    continued,
    doubles,
    may_be_another,
    may_be_back,
    was_lost_there,
)

SUSPECT: Final = 0.4
CONFIRM: Final = 0.7
BELIEVED: Final = 0.65
"""Of whom the fall was not clearly seen this much must have been thought for seconds: an outline
wavers between down and not, and one look is not enough."""
CROUCHED_S: Final = 3.0
"""Who was seen so long in full view since the fall, in all, and not to lie, is not told within a
minute for being hidden then: who drops on the heels to somebody, or is a child that plays."""
DRAWN: Final = 0.99
"""So sure is a bed or sofa that was drawn; one that was found may be something else."""
MISSED_S: Final = 0.8
"""Who fell and has not been seen for so long is suspected before the track is given up; a camera
looks at people who lie still every half second at least."""
COMPANY_S: Final = 2.5
"""So many times `confirm_s` must somebody be down whose fall was not seen while another person is
here who stands or sits, or did just now: who plays, cleans or cares on the floor is seldom alone,
and whoever is there helps or calls."""
DESCENT_SPEEDUP: Final = 0.5
"""Share of `confirm_s` that a clearly seen descent saves."""
_MISSED: Final = round(MISSED_S * 1e9)
_FORGET: Final = round(FORGET_S * 1e9)
_NEVER: Final = 2**63 - 1
_SURELY_NOT: Final = math.log(SUSPECT / (1.0 - SUSPECT)) - 0.1
"""Log-odds of `SUSPECT`, and room for what rounding adds."""


class FallJudge:
    """Judge one room.

    Parameters
    ----------
    config
        Times of confirmation, long lie and recovery.
    state
        What an earlier run left, to go on with open chains.
    beside
        The other senses of the room.
    """

    def __init__(
        self, config: Falls, state: RoomState | None = None, beside: Beside | None = None
    ) -> None:
        self._config = config
        self._beside = beside
        self.state = state or RoomState()
        self.due = 0
        """While no chain is open, `advance` has nothing to do before this instant."""

    def restarted(self) -> None:
        """Take in that sensors begin anew: they number their tracks from here."""
        for person in self.state.people:
            person.interrupt()

    def posture(self, seen: PostureSeen) -> list[Change]:
        """Take in how a person is now."""
        person = followed(self.state, seen.source, seen.track)
        if person is None:
            person = Person.first(seen)
            person.may_be_another = may_be_another(self.state, person)
            person.chain = continued(self.state, person, seen)
            for other in self.state.people:
                other.stray = other.stray or other.left_behind(person)
            self.state.people.append(person)
            self.due = 0
        person.low.see(seen)
        person.see(seen, lingers=lingers(self.state, person, seen.t))
        if self.due and person.lost_falling():
            self.due = 0  # it would be missed sooner than anybody was before
        changes = self._judge(person, seen.t)
        if seen.t >= self.due or self.state.chains:
            changes += self.advance(seen.t)
        return changes

    def ended(self, end: TrackEnded) -> list[Change]:
        """Take in that a person is no longer seen."""
        person = followed(self.state, end.source, end.track)
        if person is None:
            return []
        person.ended = True
        self.due = 0
        person.left = end.reason is TrackEnd.LEFT_PICTURE
        if person.left and (person.chain is None or person.missed or person.walked_out):
            # What was suspected for not being seen any more, or of the last steps, was nothing.
            person.down_since = None
            return []
        if person.chain is None and person.lost_falling():
            person.suppose_down()
        return self._judge(person, end.t) + self.advance(end.t)

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`: confirmations and long lies fall due."""
        if t < self.due and not self.state.chains:
            return []
        changes: list[Change] = []
        for person in self.state.people:
            unseen_s = (t - person.t) / 1e9
            if person.chain is None and not person.ended and unseen_s >= MISSED_S:
                changes += self._missed(person, t)
        for chain in self.state.chains:
            changes += self._due(chain, t)
        forget(self.state, t)
        self.due = self._due_next()
        return changes

    def _due_next(self) -> int:
        """Return when somebody is missed or forgotten next; at once while a chain is open."""
        if self.state.chains:
            return 0
        due = _NEVER
        for person in self.state.people:
            missed = not person.ended and person.lost_falling()
            due = min(due, person.t + (_MISSED if missed else _FORGET))
        return due

    def acknowledge(self, number: int) -> None:
        """Somebody has taken this alarm; the chain goes on while its person is seen."""
        for chain in self.state.chains:
            if chain.number == number:
                chain.acknowledged = True

    def _missed(self, person: Person, t: int) -> list[Change]:
        """Suspect a fall of whom nobody has seen since the middle of it.

        The track may yet go on: then the person is seen up, or down, and so is the chain.
        """
        if person.gone(t) or not person.lost_falling():
            return []
        person.suppose_down()
        person.missed = True
        return self._judge(person, t)

    def _judge(self, person: Person, t: int) -> list[Change]:
        if person.chain is not None:
            return self._follow_chain(person, t)
        if person.down_since is None:
            chain = claimed(self.state, person, t)
            if chain is None:
                return []
            person.chain = chain.number
            return self._follow_chain(person, t)
        if self._at_rest(person, t):
            return []
        verdict = self._verdict(person, t)
        unseen_fall = person.descent.clear < CLEAR_DESCENT and person.seen_down_s < FOUND_S
        if verdict.decides < SUSPECT or (unseen_fall and not verdict.hurry):
            return []
        # What was seen of the person upright before this is no evidence of recovery.
        person.up.upright_since = None
        lost = was_lost_there(self.state, person)
        chain = self._chain_for(person, t)
        if chain is not None:
            before = people_of(self.state, chain)
            gone = nobody_seen(chain, before) and all(p.down_since is None for p in before)
            if gone and unseen_s(before, t) >= LET_GO_S and chain.step is Step.SUSPECTED:
                # Whoever it was of before was let go: it counts from this one.
                chain.down_since = max(chain.down_since, person.down_since)
            person.chain, chain.lost = chain.number, chain.lost or lost
            return []
        chain = Chain(
            number=self.state.next_chain,
            began=t,
            down_since=person.down_since,
            step=Step.SUSPECTED,
            place=person.where.place,
            descent=person.descent.clear,
            probability=verdict.probability,
            contributions=list(verdict.contributions),
            bed=person.where.bed,
            subject=verdict.subject,
            hurry=verdict.hurry,
            lost=lost,
        )
        self.state.next_chain += 1
        self.state.chains.append(chain)
        person.chain = chain.number
        person.believe(verdict.decides, t)
        return [changed(chain, Step.SUSPECTED, t)]

    def _at_rest(self, person: Person, t: int) -> bool:
        """Return whether somebody lies so surely on a bed that nothing known can make it a fall.

        It only spares the weighing: whoever is found to be at rest is below `SUSPECT` anyway. As
        probable as it is that this is a bed, so much of the probability is taken away.
        """
        safe = LEAST_SAFE * person.on_safe()
        if safe < 0.5:
            return False
        most = math.log((1.0 - safe) / safe)
        if self._beside is not None:
            most += self._beside.most(t)
        return most < _SURELY_NOT

    def _verdict(self, person: Person, t: int) -> Judgement:
        # Pose and outline of one body may be followed apart; either knows of the bed.
        on = max((person, *doubles(self.state, person, t)), key=lambda p: p.on_safe())
        seen = verdict(person, t, on)
        return seen if self._beside is None else self._beside.judge(person, seen, t)

    def _follow_chain(self, person: Person, t: int) -> list[Change]:
        chain = chain_of(self.state, person.chain)
        if chain is None:
            person.chain = None
            return []
        verdict = self._verdict(person, t)
        person.believe(verdict.decides, t)
        if person.down_since is not None:
            stand(chain, verdict)
            chain.place = person.where.place
        if person.up.upright_s(t) < self._config.recover_s:
            return []
        others = [p for p in people_of(self.state, chain) if p is not person]
        if any(not p.gone(t) and p.down >= DOWN_ON for p in others):
            return []  # another camera still sees this person down
        self.state.chains.remove(chain)
        for one in (person, *others):
            one.chain, one.down_since, one.descent.clear = None, None, 0.0
        chain.step = Step.RECOVERED
        return [changed(chain, Step.RECOVERED, t)]

    def _chain_for(self, person: Person, t: int) -> Chain | None:
        """Return the open chain that this person's fall already is, if any.

        Another camera sees the same people. In the same picture it is the same person only who
        was lost about here and has not been seen since this one appeared.
        """
        for chain in self.state.chains:
            people = people_of(self.state, chain)
            if chain.blind and not people and self._is_of(chain, person, t):
                chain.blind = False
                return chain
            lately = [p for p in people if p.interrupted or (t - p.t) / 1e9 <= JOIN_S]
            here = [p for p in lately if p.source == person.source]
            again = all(p.t <= person.began and person.near(p) for p in here)
            if lately and again:
                return chain
        return None

    def _is_of(self, chain: Chain, person: Person, t: int) -> bool:
        """Return whether somebody seen down may be whom other senses know of."""
        near_s = abs((person.down_since or t) - chain.down_since) / 1e9
        may_be = self._beside is not None and self._beside.may_be(person, chain.subject)
        return near_s <= JOIN_S and may_be

    def _due(self, chain: Chain, t: int) -> list[Change]:
        down_s = (t - chain.down_since) / 1e9
        if chain.blind and chain.step is Step.SUSPECTED:
            return []  # others decide
        if chain.step is Step.SUSPECTED:
            saved = DESCENT_SPEEDUP * max(0.0, min(1.0, chain.descent * 2 - 1))
            company = in_company(self.state, chain, t)
            if company:
                lapse(self.state, chain, t, self._config.recover_s)
            wait_s = self._config.confirm_s * (COMPANY_S if company else 1.0 - saved)
            if down_s < wait_s and not chain.hurry:
                return []
            doubted = company and not chain.hurry and down_s < HEAP_S
            if not self._holds(chain, t) or (doubted and hardly_seen(self.state, chain, t)):
                return []
            chain.step = Step.CONFIRMED
            return [changed(chain, Step.CONFIRMED, t)]
        if chain.step is Step.CONFIRMED and down_s >= self._config.long_lie_s:
            chain.step = Step.LONG_LIE
            return [changed(chain, Step.LONG_LIE, t)]
        return []

    def _holds(self, chain: Chain, t: int) -> bool:
        """Return whether what is seen, or was seen last, confirms a suspicion."""
        people = people_of(self.state, chain)
        seen = [p for p in people if not p.gone(t)]
        up = bool(people) and all(p.down_since is None for p in seen or people)
        if up and (seen or all(p.left for p in people)):
            # Seen up, or walked out. A suspicion that its own view does not hold counts anew.
            chain.down_since = max(chain.down_since, *(p.last_down for p in people))
            return False
        clear = chain.descent >= CLEAR_DESCENT
        if not seen:
            # Lost from sight while down: what was seen of it last must have been sure.
            verdicts = [self._verdict(p, t) for p in people]
            if verdicts and all(v.waits for v in verdicts):
                return False
            # Neither for ever: who is lost may be somebody who cannot call.
            lately = (t - chain.down_since) / 1e9 < HEAP_S
            if may_be_back(self.state, people, t, seen_down=lately):
                return False
            last = not verdicts or any(_confirms(v) for v in verdicts)
            on_bed = bool(people) and all(p.where.safe >= 0.5 and not p.fell_onto for p in people)
            # Who was seen off the floor after the fall is not lost because of it.
            unsure = lost_unsurely(self.state, chain, t) and chain.descent < COMPANY_DESCENT
            fell = clear and not (lately and (unsure or _wavers(chain, people)))
            return (fell and not on_bed and not (up or all(p.risen for p in people))) or last
        verdicts = [self._verdict(p, t) for p in seen]
        best = max(verdicts, key=lambda v: (_confirms(v), v.decides))
        stand(chain, best)
        if best.waits or (not best.hurry and all(p.kneels for p in seen)):
            return False
        # Who was seen to fall and is now seen badly is lost from sight, unless just seen up again.
        up = any((t - p.up.risen_last) / 1e9 <= GAP_S for p in seen)
        wavers = _wavers(chain, seen)
        badly = all(p.quality < GOOD_VIEW for p in seen)
        doubted = young(chain, t) and all(_is_elsewise_low(p) for p in seen)
        hidden = clear and badly and not (up or wavers or doubted)
        return (_confirms(best) and (best.hurry or not wavers)) or hidden


def _is_elsewise_low(person: Person) -> bool:
    """Return whether somebody who was clearly seen to go down may be low for another reason.

    Who was seen in full view since, and did not lie, crouches or plays; who dropped onto a bed or
    sofa that was drawn is half hidden by it.
    """
    where = person.where
    drawn = where.rests and where.sure >= DRAWN
    return drawn or (person.crouched_s >= CROUCHED_S and person.sure_s <= 0.0)


def _wavers(chain: Chain, people: Sequence[Person]) -> bool:
    """Return whether the fall was not clearly seen and nothing was thought of `people` for long."""
    return chain.descent < CERTAIN_DESCENT and all(p.belief < BELIEVED for p in people)


def _confirms(verdict: Judgement) -> bool:
    """Return whether what is thought of a person confirms a suspicion."""
    return verdict.decides >= CONFIRM and not verdict.waits
