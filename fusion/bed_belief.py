"""What is believed of the occupant of one bed: evidence of senses in, four probabilities out.

A hidden Markov model of four states (lies, sits up in bed, sits on the edge, is out) carries what
is believed from second to second; every sense moves it by the ratios of `fusion.ratios_beds`, a
sense that says nothing does not. What is stated of it stands in `fusion.bed`.

Pure: no clock and no I/O. Time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct, field

from ambient.events import Sense
from ambient.observations import Point, PostureSeen
from fusion.chains import SECOND
from fusion.ratios_beds import EDGE, LIES, OUT, RATES, SITS, Piece

STEP_S: Final = 0.25
"""Looks that come closer than this are not weighed anew."""
INDEPENDENT_S: Final = 1.0
"""Looks within a second of each other count together as one piece of evidence."""
LEAST: Final = 1e-6
"""No state is less probable."""
HOLD: Final = 0.1
"""How far a sensor that goes on saying the same counts each second."""
STILL: Final = 0.9
"""How still a body is that has not moved of late, …"""
SAME_PLACE: Final = 0.15
"""… nor is further, in lengths of the body, from where it was: after a gap it may be elsewhere."""
STILL_MOST_S: Final = 4.0
"""Looks at a body that lies or sits still count together as so many seconds of evidence: the same
picture gets the same answer, right or wrong, however often it is asked for."""
DENIES: Final = -2.0
"""What stands at a bed says that nobody lies there from this log-likelihood on: feet on the mat, or
a bed sensor that let go."""
LOOKS_S: Final = 2.0
"""A camera that looked within this goes on looking."""
SURELY: Final = 0.97
HALF_S: Final = 6.0
"""What a sense added is told as its contribution with this half-life."""
_SEEN: Final = Sense.VISION_POSTURE


class BeliefState(Struct):
    """What is believed of one bed; survives a restart."""

    belief: list[float] = field(default_factory=lambda: [0.25, 0.05, 0.05, 0.65])
    """Probabilities of the states, in their order."""
    t: int | None = None
    """When it was moved last."""
    fresh: int = 0
    """When any sense last told where the occupant is."""
    looked: int | None = None
    """When a camera looked last."""
    still_s: float = 0.0
    """Evidence that was weighed since the body moved last, seconds, …"""
    still_at: Point | None = None
    """… and where that was."""
    worth: dict[str, float] = {}
    """By sense, what it lately added to being up rather than in bed."""
    held: list[float] = field(default_factory=lambda: [0.0] * 4)
    """What bed sensors and mats say of the states for as long as they stand as they do."""
    felt: int | None = None
    """When anything but a camera told of the occupant."""
    denying: list[str] = field(default_factory=list)
    """Bed sensors and mats that say that nobody lies there."""
    overruled: list[str] = field(default_factory=list)
    """Bed sensors and mats that say that nobody lies there while somebody came back, as the camera
    saw: unplugged or stuck, until they change."""

    def keep(self, sources: Collection[str]) -> None:
        """Forget how bed sensors and mats stand that are none of this bed's any more."""
        self.denying = [one for one in self.denying if one in sources]
        self.overruled = [one for one in self.overruled if one in sources]
        if not sources:
            self.held = [0.0] * 4


class BedBelief:
    """Carry what is believed of one bed.

    Parameters
    ----------
    state
        What an earlier run left; it is moved in place.
    """

    def __init__(self, state: BeliefState) -> None:
        self.state = state

    @property
    def inside(self) -> float:
        """Probability that somebody lies or sits up in it."""
        return self.state.belief[LIES] + self.state.belief[SITS]

    @property
    def lies(self) -> float:
        """Probability that somebody lies in it."""
        return self.state.belief[LIES]

    def weigh(self, piece: Piece, t: int, share: float = 1.0) -> None:
        """Let one piece of evidence of an instant move what is believed.

        Parameters
        ----------
        share
            How far it counts, 0..1: its quality, or less for what was weighed just now.
        """
        state = self.state
        self.move(t)
        exp = math.exp
        lies, sits, edge, out = state.belief
        if share > 0.0:
            a, b, c, d = piece.llr
            lies, sits = lies * exp(share * a), sits * exp(share * b)
            edge, out = edge * exp(share * c), out * exp(share * d)
        total = lies + sits + edge + out
        lies, sits, edge, out = lies / total, sits / total, edge / total, out / total
        state.belief = [
            lies if lies > LEAST else LEAST,
            sits if sits > LEAST else LEAST,
            edge if edge > LEAST else LEAST,
            out if out > LEAST else LEAST,
        ]
        if t > state.fresh:
            state.fresh = t
        if piece.sense is not _SEEN:
            state.felt = t
        if lies >= SURELY:
            if state.worth:
                state.worth = {}  # what is told begins with the first doubt
            return
        sense = piece.sense.value
        up = max(piece.llr[EDGE], piece.llr[OUT]) - max(piece.llr[LIES], piece.llr[SITS])
        state.worth[sense] = max(-8.0, min(8.0, state.worth.get(sense, 0.0) + share * up))

    def due(self, t: int) -> bool:
        """Return whether a look at `t` is far enough from the last to be weighed."""
        looked = self.state.looked
        return looked is None or (t - looked) / SECOND >= STEP_S

    def since_s(self, t: int) -> float:
        """Return the seconds since a camera looked last, `INDEPENDENT_S` at most.

        Of looks alone: what a look is worth must not hang on how it falls between the ticks.
        """
        looked = self.state.looked
        if looked is None:
            return INDEPENDENT_S
        since_s = (t - looked) / SECOND
        return since_s if since_s < INDEPENDENT_S else INDEPENDENT_S

    def counted(self, seen: PostureSeen, share: float) -> float:
        """Return how much of a look counts, 0..`share`: as of a look that is taken in now.

        What a still picture counts is bounded, until the body moves.
        """
        state = self.state
        state.looked = seen.t
        still = seen.still >= STILL and state.still_at is not None
        if not still or math.dist(seen.at, state.still_at or seen.at) > SAME_PLACE * seen.size:
            state.still_s, state.still_at = 0.0, seen.at
            return share
        most_s = INDEPENDENT_S if self._denied else STILL_MOST_S
        left_s = most_s - state.still_s
        if left_s <= 0.0:
            return 0.0
        counted = left_s if left_s < share else share
        state.still_s += counted
        return counted

    def hold(self, standing: Mapping[str, Piece], t: int) -> None:
        """Take in at `t` how all bed sensors and mats of the bed stand, by source.

        A little of it moves what is believed, each second; all of it, once, what is stated.
        """
        held = [0.0] * 4
        self.state.denying = []
        for source, piece in standing.items():
            if source in self.state.overruled:
                continue
            if piece.llr[LIES] <= DENIES:
                self.state.denying.append(source)
            self.weigh(piece, t, HOLD)
            held = [a + b for a, b in zip(held, piece.llr, strict=True)]
        self.state.held = held

    def overrule(self) -> None:
        """Take in that somebody came back to bed, whatever denies that."""
        self.state.overruled += self.state.denying
        self.state.denying = []

    def changed(self, source: str) -> None:
        """Take in that a bed sensor or mat says something new."""
        if source in self.state.overruled:
            self.state.overruled.remove(source)

    def move(self, t: int) -> None:
        """Let what is believed age to `t`."""
        state = self.state
        if state.t is None:
            state.t = t
        if t <= state.t:
            return
        dt = (t - state.t) / SECOND
        state.t = t
        if state.worth:
            fade = 0.5 ** (dt / HALF_S)
            state.worth = {s: w * fade for s, w in state.worth.items() if abs(w * fade) >= 0.02}
        if self._stays(t):
            return
        if dt <= 2.0:
            state.belief = _aged(state.belief, dt)
            return
        steps = max(1, min(8, math.ceil(dt / 2.0)))
        step = min(2.0, dt / steps)
        for _ in range(steps):
            state.belief = _aged(state.belief, step)

    def _stays(self, t: int) -> bool:
        """Return whether a camera sees a body there that does not move: it goes nowhere.

        Unless what stands at the bed says that it does not lie there: a pillow that was taken for
        somebody must not outlast that.
        """
        state = self.state
        looks = state.looked is not None and (t - state.looked) / SECOND <= LOOKS_S
        return looks and state.still_s > 0.0 and not self._denied

    @property
    def _denied(self) -> bool:
        """Whether who is believed to lie is denied by what stands at the bed."""
        return self.state.belief[LIES] >= 0.5 and self.state.held[LIES] <= DENIES

    def stated(self) -> list[float]:
        """Return what is believed, given how bed sensors and mats stand."""
        odds = self.state.belief
        if any(self.state.held):
            odds = [p * math.exp(x) for p, x in zip(odds, self.state.held, strict=True)]
        total = sum(odds)
        return [one / total for one in odds]


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
