"""Chains of situations: what a judge found in, steps of chains out.

A chain goes through suspected, confirmed, lasting and ended in this order, some left out, and never
back. Every judge of a situation holds its open chains in a `Chains`; what it returns are `Change`s,
which `fusion.room_events` writes as events. Pure: time is an argument.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ambient.events import MAX_LIST, Contribution, SituationStep

SECOND: Final = 1_000_000_000


class Kind(StrEnum):
    """Situations of people other than falls and sounds; the value is the kind of the event."""

    CORD = "distress.cord"
    AGITATED = "distress.agitated"
    EDGE = "bed.edge"
    EXIT = "bed.exit"
    NOT_BACK = "bed.not_back"
    RESTLESS = "bed.restless"
    NOT_OUT = "absence.not_out"
    NO_MOVEMENT = "absence.no_movement"
    INACTIVE = "absence.inactive"
    WANDERING = "absence.wandering"
    DETERIORATION = "vitals.deterioration"
    DEVIATION = "vitals.deviation"
    GLUCOSE = "vitals.glucose"
    RHYTHM = "vitals.rhythm"


_ORDER: Final = {step: number for number, step in enumerate(SituationStep)}


class Who(Struct, frozen=True):
    """Whom and what a situation is of: `key` tells those of one kind apart in a room."""

    key: str
    subject: str | None = None
    bed: str | None = None


class Found(Struct, frozen=True):
    """What was found: how probable, from which senses, and when the newest sign of it was."""

    newest: int
    probability: float = 1.0
    contributions: tuple[Contribution, ...] = ()


class Chain(Struct):
    """One situation, from when it was first noticed until it has ended."""

    kind: Kind
    who: Who
    began: int
    newest: int
    step: SituationStep
    reached: int
    """When `step` was."""
    probability: float
    position: int = 0
    """How many steps were stated."""


class Change(Struct, frozen=True):
    """A chain that reached a step.

    Attributes
    ----------
    lasted_s
        From when it was first noticed to the newest sign of it.
    """

    kind: Kind
    who: Who
    step: SituationStep
    began: int
    position: int
    t: int
    lasted_s: float
    probability: float
    contributions: tuple[Contribution, ...]


class Chains(Struct):
    """Open chains of one judge; survives a restart."""

    open: list[Chain] = []

    def of(self, kind: Kind, key: str) -> Chain | None:
        """Return the open chain, if there is one."""
        for chain in self.open:
            if chain.kind is kind and chain.who.key == key:
                return chain
        return None

    def reach(
        self,
        kind: Kind,
        who: Who,
        step: SituationStep,
        t: int,
        found: Found,
        began: int | None = None,
    ) -> list[Change]:
        """Bring a chain to `step`, opening it if need be; nothing when it is there or beyond.

        Parameters
        ----------
        t
            Now, nanoseconds.
        began
            When it was first noticed, for a chain that opens; `t` when not given.
        """
        chain = self.of(kind, who.key)
        if chain is None:
            first = t if began is None else min(began, t)
            chain = Chain(kind, who, first, max(first, found.newest), step, t, found.probability)
            self.open.append(chain)
            return [_change(chain, t, found)]
        chain.newest = max(chain.newest, found.newest)
        chain.probability = found.probability
        if _ORDER[step] <= _ORDER[chain.step]:
            return []
        chain.step, chain.reached = step, t
        return [_change(chain, t, found)]

    def end(self, kind: Kind, key: str, t: int, found: Found | None = None) -> list[Change]:
        """End a chain; nothing when there is none."""
        chain = self.of(kind, key)
        if chain is None:
            return []
        self.open.remove(chain)
        chain.step, chain.reached = SituationStep.ENDED, t
        return [_change(chain, t, found or Found(chain.newest, chain.probability))]


def _change(chain: Chain, t: int, found: Found) -> Change:
    chain.position += 1
    return Change(
        kind=chain.kind,
        who=chain.who,
        step=chain.step,
        began=chain.began,
        position=chain.position - 1,
        t=t,
        lasted_s=max(0.0, (chain.newest - chain.began) / SECOND),
        probability=min(1.0, max(0.0, found.probability)),
        contributions=found.contributions[:MAX_LIST],
    )
