"""One bed: what senses say of its occupant in, chains of edge, exit and not back out.

A hidden Markov model of four states (lies, sits up in bed, sits on the edge, is out) carries what
is believed from second to second; every sense moves it by the ratios of `fusion.ratios_beds`, a
sense that says nothing does not. The edge is suspected when the trunk rises, confirmed when
somebody sits there; leaving is confirmed when the occupant is seen (or felt) out of bed. Only who
has lain there for a while can leave, so that going to bed is no alarm. With a carer here, by
button or badge, or a second person standing at the bed, both are stated as suspected only; so they
are where nothing but a camera tells of the bed, unless the configuration takes its word alone.

Pure: no clock and no I/O. Time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from msgspec import Struct, field

from ambient.config_watch import BedWatch
from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import Point, PostureSeen
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.hours import minute_of
from fusion.ratios_beds import COMPANY, RATES, Piece

STEP_S: Final = 0.25
"""Looks that come closer than this are not weighed anew."""
INDEPENDENT_S: Final = 1.0
"""Looks within a second of each other count together as one piece of evidence."""
HOLD: Final = 0.1
"""How far a sensor that goes on saying the same counts each second."""
STILL: Final = 0.9
"""How still a body is that has not moved of late, …"""
SAME_PLACE: Final = 0.15
"""… nor is further, in lengths of the body, from where it was: after a gap it may be elsewhere."""
STILL_MOST_S: Final = 4.0
"""Looks at a body that lies or sits still count together as so many seconds of evidence: the same
picture gets the same answer, right or wrong, however often it is asked for."""
FRESH_S: Final = 4.0
"""Nothing is stated on evidence that is older."""
SUSPECT: Final = 0.6
RISEN: Final = 0.8
EDGE_SURE: Final = 0.9
OUT_SURE: Final = 0.9
BACK_SURE: Final = 0.9
SURELY: Final = 0.97
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
FELT_S: Final = 60.0
"""A bed sensor, a mat or what is worn on the trunk has a say if it spoke within this."""
HALF_S: Final = 6.0
"""What a sense added is told as its contribution with this half-life."""
_LIES, _SITS, _EDGE, _OUT = range(4)


class BedState(Struct):
    """All that is remembered of one bed; survives a restart."""

    belief: list[float] = field(default_factory=lambda: [0.25, 0.05, 0.05, 0.65])
    """Probabilities of the states, in their order."""
    t: int | None = None
    """When it was moved last."""
    fresh: int = 0
    """When any sense last told where the occupant is."""
    lies_since: int | None = None
    """Since when somebody is believed to be in bed, lying or propped up."""
    sits_since: int | None = None
    """When the trunk of somebody rose who had lain for long."""
    lay_since: int | None = None
    settled: bool = False
    still_s: float = 0.0
    """Evidence that was weighed since the body moved last, seconds, …"""
    still_at: Point | None = None
    """… and where that was."""
    left: int | None = None
    """Since when the occupant is out, having been in bed; None when not."""
    worth: dict[str, float] = {}
    """By sense, what it lately added to being up rather than in bed."""
    doubt_since: int | None = None
    rising_since: int | None = None
    out_since: int | None = None
    """Since when rising, sitting on the edge, and being out are believed in without a break."""
    held: list[float] = field(default_factory=lambda: [0.0] * 4)
    """What bed sensors and mats say of the states for as long as they stand as they do."""
    felt: int | None = None
    """When anything but a camera told of the occupant."""
    company: int = 0
    """When somebody else stood at the bed."""
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

    @property
    def empty(self) -> bool:
        """Whether nobody is believed to be in it: whoever left has not been seen to come back."""
        return self.state.left is not None or self.state.belief[_OUT] >= 0.5

    @property
    def inside(self) -> float:
        """Probability that somebody lies or sits up in it."""
        return self.state.belief[_LIES] + self.state.belief[_SITS]

    @property
    def lies(self) -> float:
        """Probability that somebody lies in it."""
        return self.state.belief[_LIES]

    def weigh(self, piece: Piece, t: int, share: float = 1.0) -> None:
        """Let one piece of evidence of an instant move what is believed.

        Parameters
        ----------
        share
            How far it counts, 0..1: its quality, or less for what was weighed just now.
        """
        state = self.state
        self._move(t)
        exp = math.exp
        (lies, sits, edge, out), (a, b, c, d) = state.belief, piece.llr
        lies, sits = lies * exp(share * a), sits * exp(share * b)
        edge, out = edge * exp(share * c), out * exp(share * d)
        total = lies + sits + edge + out
        state.belief = [
            max(1e-6, lies / total),
            max(1e-6, sits / total),
            max(1e-6, edge / total),
            max(1e-6, out / total),
        ]
        state.fresh = max(state.fresh, t)
        if piece.sense is not Sense.VISION_POSTURE:
            state.felt = t
        if state.belief[_LIES] >= SURELY:
            state.worth = {}  # what is told begins with the first doubt
            return
        sense = piece.sense.value
        up = max(piece.llr[_EDGE], piece.llr[_OUT]) - max(piece.llr[_LIES], piece.llr[_SITS])
        state.worth[sense] = max(-8.0, min(8.0, state.worth.get(sense, 0.0) + share * up))

    def due(self, t: int) -> bool:
        """Return whether a look at `t` is far enough from the last to be weighed."""
        return self.state.t is None or (t - self.state.t) / SECOND >= STEP_S

    def since_s(self, t: int) -> float:
        """Return the seconds since anything was weighed, `INDEPENDENT_S` at most."""
        return min(INDEPENDENT_S, (t - (self.state.t or 0)) / SECOND)

    def look(self, piece: Piece, t: int, share: float, seen: PostureSeen) -> None:
        """Let a look of the camera at `t` move what is believed; parameters as of `weigh`.

        Who does not move goes nowhere either: what is believed then holds, and does not age.
        """
        state = self.state
        still = seen.still >= STILL and state.still_at is not None
        if not still or math.dist(seen.at, state.still_at or seen.at) > SAME_PLACE * seen.size:
            state.still_s, state.still_at = 0.0, seen.at
            self.weigh(piece, t, share)
            return
        left_s = max(0.0, min(share, STILL_MOST_S - state.still_s))
        state.still_s += left_s
        state.t = t
        self.weigh(piece, t, left_s)

    def hold(self, pieces: Iterable[Piece], t: int) -> None:
        """Take in at `t` how all bed sensors and mats of the bed stand.

        A little of it moves what is believed, each second; all of it, once, what is stated.
        """
        held = [0.0] * 4
        for piece in pieces:
            self.weigh(piece, t, HOLD)
            held = [a + b for a, b in zip(held, piece.llr, strict=True)]
        self.state.held = held

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
        self._move(t)
        state = self.state
        self._settle(t)
        changes: list[Change] = []
        fresh = (t - state.fresh) / SECOND <= FRESH_S
        if state.settled and fresh and self._hours.hold(t):
            changes += self._rises(t, carer=carer)
        else:
            state.doubt_since = state.rising_since = state.out_since = None
        changes += self._goes_on(t)
        return changes

    def _move(self, t: int) -> None:
        """Let what is believed age to `t`."""
        state = self.state
        if state.t is None or t <= state.t:
            state.t = t if state.t is None else state.t
            return
        dt = (t - state.t) / SECOND
        state.t = t
        if state.worth:
            fade = 0.5 ** (dt / HALF_S)
            state.worth = {s: w * fade for s, w in state.worth.items() if abs(w * fade) >= 0.02}
        if dt <= 2.0:
            state.belief = _aged(state.belief, dt)
            return
        steps = max(1, min(8, math.ceil(dt / 2.0)))
        step = min(2.0, dt / steps)
        for _ in range(steps):
            state.belief = _aged(state.belief, step)

    def _settle(self, t: int) -> None:
        state = self.state
        inside = self.inside
        if inside >= BACK_SURE:
            if state.lies_since is None:
                state.lies_since = t
        elif inside < 0.5:
            state.lies_since = None
        lies = state.belief[_LIES]
        if lies >= BACK_SURE:
            state.sits_since = None
            if state.lay_since is None:
                state.lay_since = t
        elif lies < 0.5 and state.lay_since is not None:
            lay_s = (t - state.lay_since) / SECOND
            state.sits_since = t if lay_s >= LAY_S and state.left is None else None
            state.lay_since = None
        if self._lain_s(t) >= SETTLED_S and state.left is None:
            state.settled = True

    def _lain_s(self, t: int) -> float:
        since = self.state.lies_since
        return 0.0 if since is None else (t - since) / SECOND

    def _rises(self, t: int, *, carer: bool) -> list[Change]:
        """State what somebody does who was in bed."""
        state, watch = self.state, self._watch
        _, sits, edge, out = self._stated()
        changes: list[Change] = []
        state.rising_since = _since(state.rising_since, t, edge + out >= EDGE_SURE)
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

    def _stated(self) -> list[float]:
        """Return what is believed, given how bed sensors and mats stand."""
        state = self.state
        odds = [p * math.exp(llr) for p, llr in zip(state.belief, state.held, strict=True)]
        total = sum(odds)
        return [one / total for one in odds]

    def _goes_on(self, t: int) -> list[Change]:
        """State what lasts, what is not back, and what is over."""
        state, key = self.state, self._who.key
        changes: list[Change] = []
        back = self._lain_s(t) >= BACK_S
        if back and state.doubt_since is None:
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
        minutes = self._watch.not_back_min
        if minutes is not None and state.left is not None:
            away_s = (t - state.left) / SECOND
            for step, due in ((SituationStep.CONFIRMED, 1.0), (SituationStep.LASTING, 2.0)):
                started = self._hours.hold(state.left)
                if started and away_s >= 60.0 * minutes * due:
                    found = Found(t, BELIEVED)
                    changes += state.chains.reach(
                        Kind.NOT_BACK, self._who, step, t, found, began=state.left
                    )
        return changes


def _aged(belief: list[float], step: float) -> list[float]:
    """Return what is believed `step` seconds later: what flows in less what flows out."""
    lies, sits, edge, out = belief
    (_, ls, le, lo), (sl, _, se, so), (el, es, _, eo), (ol, os, oe, _) = RATES
    return [
        lies + step * ((sits * sl - lies * ls) + (edge * el - lies * le) + (out * ol - lies * lo)),
        sits + step * ((lies * ls - sits * sl) + (edge * es - sits * se) + (out * os - sits * so)),
        edge + step * ((lies * le - edge * el) + (sits * se - edge * es) + (out * oe - edge * eo)),
        out + step * ((lies * lo - out * ol) + (sits * so - out * os) + (edge * eo - out * oe)),
    ]


def _since(since: int | None, t: int, holds: bool) -> int | None:
    return None if not holds else t if since is None else since


def _lasts(since: int | None, t: int) -> bool:
    return since is not None and (t - since) / SECOND >= SURE_S


class Hours:
    """Hours of the site's clock, ``21:00-06:30``; past midnight where the end is before the start.

    Parameters
    ----------
    written
        As in the configuration.
    zone
        Of the site.
    """

    def __init__(self, written: str, zone: tzinfo) -> None:
        first, last = written.split("-")
        self._first, self._last = _minutes(first), _minutes(last)
        self._zone = zone

    def hold(self, t: int) -> bool:
        """Return whether `t` lies in them."""
        minute = minute_of(t, self._zone)
        if self._first < self._last:
            return self._first <= minute < self._last
        return minute >= self._first or minute < self._last


def _minutes(written: str) -> int:
    hours, minutes = written.split(":")
    return 60 * int(hours) + int(minutes)
