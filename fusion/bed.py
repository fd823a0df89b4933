"""One bed: what senses say of its occupant in, chains of edge, exit and not back out.

What is believed stands in `fusion.bed_belief`. The edge is suspected when the trunk rises and
confirmed when somebody sits there; leaving is confirmed when the occupant is seen (or felt) out of
bed. Only who has lain there for a while can leave, so that going to bed is no alarm. With a carer
here, by button or badge, or a second person standing at the bed, both are stated as suspected only;
so they are where nothing but a camera tells of the bed, unless the configuration takes its word
alone.

Pure: no clock and no I/O. Time is an argument.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from msgspec import field

from ambient.config_watch import BedWatch
from ambient.events import Contribution, Sense, SituationStep
from fusion.bed_belief import BedBelief, BeliefState
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.hours import Hours
from fusion.ratios_beds import COMPANY, OUT

FRESH_S: Final = 4.0
"""Nothing is stated on evidence that is older."""
SUSPECT: Final = 0.6
RISEN: Final = 0.8
RISEN_SURE: Final = 0.95
EDGE_LIKELY: Final = 0.7
"""Somebody sits on the edge who surely does not lie, and more likely sits there than up in bed."""
OUT_SURE: Final = 0.9
BACK_SURE: Final = 0.9
SURE_S: Final = 1.5
"""So long must either be believed: a pose that is wrong lasts half a second, most times."""
BACK_S: Final = 6.0
"""So long must somebody be believed to be in bed again before it is over."""
SETTLED_S: Final = 20.0
"""Who has not been in bed for so long has not gone to bed yet."""
LAY_S: Final = 60.0
RISES_S: Final = 20.0
"""A trunk is rising that has lain for the one, and rose less than the other ago: who sleeps propped
up, or is seen now so and now so, is not."""
UNTOLD_S: Final = 60.0
"""Of a bed of which no sense has told for so long nothing is known."""
APPEARED: Final = (0.5, 0.3, 0.15, 0.05)
"""What is believed of somebody who appears in such a bed, in the order of the states; assumed:
most are found when they move, and turn over far oftener than they get up."""
LASTING_S: Final = 180.0
BELIEVED: Final = 0.95
"""Stated of who is not back: a camera may have overlooked the return."""
OFF_S: Final = 60.0
"""Time that went on by more than this at once was a power cut, …"""
LOOK_S: Final = 60.0
"""… after which cameras need so long until they have looked whether somebody is back."""
FELT_S: Final = 60.0
"""A bed sensor, a mat or what is worn on the trunk has a say if it spoke within this."""


class BedState(BeliefState):
    """All that is remembered of one bed; survives a restart."""

    lies_since: int | None = None
    """Since when somebody is believed to be in bed, lying or propped up."""
    sits_since: int | None = None
    """When the trunk of somebody rose who had lain for long."""
    lay_since: int | None = None
    settled: bool = False
    left: int | None = None
    """Since when the occupant is out, having been in bed; None when not."""
    doubt_since: int | None = None
    rising_since: int | None = None
    out_since: int | None = None
    """Since when rising, sitting on the edge, and being out are believed in without a break."""
    company: int = 0
    """When somebody else stood at the bed."""
    advanced: int = 0
    """When it was judged last."""
    on_since: int = 0
    """When that went on after the last power cut."""
    chains: Chains = field(default_factory=Chains)


class BedJudge:
    """Judge one bed.

    Parameters
    ----------
    bed, subject
        Its id, and whose it is.
    watch
        What it is watched for.
    zone
        Time zone of the site, for the hours in which it is watched.
    state
        What an earlier run left.
    """

    def __init__(
        self,
        bed: str,
        subject: str | None,
        watch: BedWatch,
        zone: tzinfo,
        state: BedState | None = None,
    ) -> None:
        self._who = Who(bed, subject, bed)
        self._watch = watch
        self._hours = Hours(watch.night, zone)
        self.state = state or BedState()
        self.belief = BedBelief(self.state)

    @property
    def empty(self) -> bool:
        """Whether nobody is believed to be in it: whoever left has not been seen to come back."""
        return self.state.left is not None or self.state.belief[OUT] >= 0.5

    def appeared(self, t: int) -> None:
        """Take in that somebody appears in the bed whom nobody saw come: who lay there unseen.

        A camera that looks at a bed under whose blanket it finds nobody learns of the occupant only
        when the blanket is pushed away. What is known already holds.
        """
        state = self.state
        known = state.fresh and (t - state.fresh) / SECOND <= UNTOLD_S
        if known or state.settled or state.left is not None:
            return
        state.belief = list(APPEARED)
        state.t = state.fresh = state.lies_since = t
        state.settled, state.sits_since, state.lay_since = True, t, None

    def seen_company(self, t: int) -> None:
        """Take in that somebody else stands at the bed."""
        self.state.company = t

    def advance(self, t: int, *, carer: bool) -> list[Change]:
        """Let time go on to `t`; return what can be said now.

        Parameters
        ----------
        carer
            Whether a carer is here, by a sensor that says so.
        """
        self.belief.move(t)
        state = self.state
        if (t - state.advanced) / SECOND > OFF_S:
            state.on_since = t
        state.advanced = t
        self._settle(t)
        fresh = (t - state.fresh) / SECOND <= FRESH_S
        if state.settled and fresh and self._hours.hold(t):
            return self._rises(t, carer=carer) + self._goes_on(t)
        state.doubt_since = state.rising_since = state.out_since = None
        return self._goes_on(t)

    def _settle(self, t: int) -> None:
        state = self.state
        lies, sits, _, _ = state.belief
        inside = lies + sits
        if inside >= BACK_SURE:
            if state.lies_since is None:
                state.lies_since = t
        elif inside < 0.5:
            state.lies_since = None
        if lies >= BACK_SURE:
            state.sits_since = None
            if state.lay_since is None:
                state.lay_since = t
        elif lies < 0.5 and state.lay_since is not None:
            lay_s = (t - state.lay_since) / SECOND
            state.sits_since = t if lay_s >= LAY_S and state.left is None else None
            state.lay_since = None
        if not state.settled and state.left is None and self._lain_s(t) >= SETTLED_S:
            state.settled = True

    def _lain_s(self, t: int) -> float:
        since = self.state.lies_since
        return 0.0 if since is None else (t - since) / SECOND

    def _rises(self, t: int, *, carer: bool) -> list[Change]:
        """State what somebody does who was in bed."""
        state, watch = self.state, self._watch
        _, sits, edge, out = self.belief.stated()
        changes: list[Change] = []
        up = sits + edge + out >= RISEN_SURE and edge + out >= EDGE_LIKELY
        state.rising_since = _since(state.rising_since, t, up)
        state.out_since = _since(state.out_since, t, out >= OUT_SURE)
        risen = state.sits_since is not None and (t - state.sits_since) / SECOND <= RISES_S
        # Who has been sitting up for long is propped up in bed.
        doubt = edge + out >= SUSPECT or (risen and sits + edge + out >= RISEN)
        if watch.edge:
            state.doubt_since = _since(state.doubt_since, t, doubt)
        instants = (state.doubt_since, state.rising_since, state.out_since)
        if not any(_lasts(since, t) for since in instants):
            return changes
        alone = not carer and (t - state.company) / SECOND > FRESH_S
        felt = state.felt is not None and (t - state.felt) / SECOND <= FELT_S
        rings = alone and (felt or watch.camera_alone)
        beside = () if alone else (Contribution(Sense.CARER, COMPANY),) if carer else (
            Contribution(Sense.VISION_POSTURE, COMPANY),
        )  # fmt: skip
        told = tuple(
            Contribution(Sense(s), round(w, 3)) for s, w in state.worth.items() if abs(w) >= 0.1
        )
        if watch.edge:
            rising = Found(t, round(sits + edge + out, 4), (*told, *beside))
            if _lasts(state.doubt_since, t):
                changes += state.chains.reach(
                    Kind.EDGE, self._who, SituationStep.SUSPECTED, t, rising
                )
            if _lasts(state.rising_since, t) and rings:
                sure = Found(t, round(edge + out, 4), told)
                changes += state.chains.reach(
                    Kind.EDGE, self._who, SituationStep.CONFIRMED, t, sure
                )
        if _lasts(state.out_since, t):
            state.left, state.settled, state.lies_since = t, False, None
            if watch.exit:
                step = SituationStep.CONFIRMED if rings else SituationStep.SUSPECTED
                gone = Found(t, round(out, 4), (*told, *beside))
                changes += state.chains.reach(Kind.EXIT, self._who, step, t, gone)
            changes += state.chains.end(Kind.EDGE, self._who.key, t)
        return changes

    def _goes_on(self, t: int) -> list[Change]:
        """State what lasts, what is not back, and what is over."""
        state, key = self.state, self._who.key
        changes: list[Change] = []
        back = self._lain_s(t) >= BACK_S
        if back and state.doubt_since is None:
            if state.left is not None:
                self.belief.overrule()
            state.left = None
            if not state.chains.open:
                return changes
            for kind in (Kind.EDGE, Kind.EXIT, Kind.NOT_BACK):
                changes += state.chains.end(kind, key, t)
            return changes
        for kind in (Kind.EDGE, Kind.EXIT) if state.chains.open else ():
            chain = state.chains.of(kind, key)
            if chain is None:
                continue
            confirmed = chain.step is SituationStep.CONFIRMED
            chain.newest = max(chain.newest, min(t, state.fresh))
            if kind is Kind.EDGE and confirmed and (t - chain.reached) / SECOND >= LASTING_S:
                found = Found(chain.newest, chain.probability)
                changes += state.chains.reach(kind, self._who, SituationStep.LASTING, t, found)
        if self._watch.not_back_min is not None and state.left is not None:
            changes += self._not_back(t, state.left, 60.0 * self._watch.not_back_min)
        return changes

    def _not_back(self, t: int, left: int, due_s: float) -> list[Change]:
        """State that whoever `left` is not back, as of what could be seen since a power cut."""
        state = self.state
        changes: list[Change] = []
        if not self._hours.hold(left):
            return changes
        away_s = (t - left) / SECOND
        # Of who left since then it is as long, and asks for nothing more.
        on_s = (t - state.on_since) / SECOND
        steps = ((SituationStep.CONFIRMED, 1.0, LOOK_S), (SituationStep.LASTING, 2.0, due_s))
        for step, times, looked_s in steps:
            if away_s >= due_s * times and on_s >= looked_s:
                changes += state.chains.reach(
                    Kind.NOT_BACK, self._who, step, t, Found(t, BELIEVED), began=left
                )
        return changes


def _since(since: int | None, t: int, holds: bool) -> int | None:
    return None if not holds else t if since is None else since


def _lasts(since: int | None, t: int) -> bool:
    return since is not None and (t - since) / SECOND >= SURE_S
