"""Restlessness in bed by the own usual level: stirring in, `bed.restless` chains out.

The share of looks in which the occupant moves, over blocks of `BLOCK_S`, is compared with the
blocks of past nights: far above what is usual there is restless. Until enough is known a fixed
share holds. Shown, never rung; it is what often comes before getting up. Pure.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who

BLOCK_S: Final = 300.0
LEAST_LOOKS_S: Final = 60.0
"""A block in which the occupant was seen for less tells nothing."""
KEPT: Final = 1000
LEAST: Final = 100
"""Blocks: a night has about a hundred."""
USUAL: Final = 0.95
"""Quantile of past blocks above which somebody is restless, …"""
FLOOR: Final = 0.15
"""… and never below this share of moving."""
UNKNOWN: Final = 0.35
CALM: Final = 2
"""Calm blocks after which it is over."""


class RestlessState(Struct):
    """What is remembered of one bed; survives a restart."""

    began: int | None = None
    watched_s: float = 0.0
    moving_s: float = 0.0
    t: int | None = None
    shares: list[float] = []
    calm: int = 0
    chains: Chains = field(default_factory=Chains)

    def forget(self) -> None:
        """Forget what is usual, and the block that goes on."""
        self.began, self.t, self.watched_s, self.moving_s, self.shares = None, None, 0.0, 0.0, []


class RestlessJudge:
    """Judge one bed.

    Parameters
    ----------
    bed, subject
        Its id, and whose it is.
    state
        What an earlier run left.
    """

    def __init__(self, bed: str, subject: str | None, state: RestlessState | None = None) -> None:
        self._who = Who(bed, subject, bed)
        self.state = state or RestlessState()

    def look(self, t: int, still: float) -> None:
        """Take in how still somebody lies in bed at `t`."""
        state = self.state
        if state.t is not None and t > state.t:
            dt = (t - state.t) / SECOND
            dt = dt if dt < 1.0 else 1.0
            state.watched_s += dt
            state.moving_s += dt * (1.0 - still)
        state.t = t
        if state.began is None:
            state.began = t

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`: a block may be over."""
        state = self.state
        if state.began is None or (t - state.began) / SECOND < BLOCK_S:
            return []
        watched, moving, began = state.watched_s, state.moving_s, state.began
        state.began, state.watched_s, state.moving_s = t, 0.0, 0.0
        if watched < LEAST_LOOKS_S:
            return []
        share = moving / watched
        limit = self._limit()
        changes: list[Change] = []
        if share > limit:
            state.calm = 0
            worth = round(min(4.0, 2.0 * share / limit), 3)
            found = Found(
                t,
                round(min(0.95, 0.5 * share / limit), 4),
                (
                    Contribution(Sense.VISION_MOVEMENT, worth),
                    Contribution(Sense.OWN_RATE, -1.0 if len(state.shares) >= LEAST else 0.0),
                ),
            )
            chain = state.chains.of(Kind.RESTLESS, self._who.key)
            step = SituationStep.SUSPECTED if chain is None else SituationStep.CONFIRMED
            changes = state.chains.reach(Kind.RESTLESS, self._who, step, t, found, began=began)
        else:
            state.calm += 1
            if state.calm >= CALM:
                changes = state.chains.end(Kind.RESTLESS, self._who.key, t)
        state.shares = [*state.shares, round(share, 3)][-KEPT:]
        return changes

    def _limit(self) -> float:
        shares = self.state.shares
        if len(shares) < LEAST:
            return UNKNOWN
        return max(FLOOR, sorted(shares)[int(USUAL * (len(shares) - 1))])
