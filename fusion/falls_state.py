"""A chain of a fall from suspicion to recovery, its steps, and what a room remembers of them.

Comes in: how somebody is judged now. Goes out: the chain as it stands, and the `Change` that events
are made of. `Beside` is what other senses must answer to be weighed beside a camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from ambient.events import Contribution
from ambient.observations import Place
from fusion.evidence import Judgement
from fusion.person import Person

CLEAR_DESCENT: Final = 0.5
FOUND_S: Final = 3.0
"""Somebody whose fall was not seen is suspected only after being seen down for this long:
furniture or a coat that is taken for a body wavers, and is lost again sooner."""
FORGET_S: Final = 30.0
JOIN_S: Final = 60.0
"""Somebody seen down joins a chain whose people were seen this lately; later it is a new fall,
which rings anew even if it is the old one seen again."""
CLOSE_S: Final = 3600.0
"""A chain that nobody has been seen in for so long is forgotten; the hub keeps its alarm."""
MOST_PEOPLE: Final = 16
"""Of a chain so many are remembered, the newest, and whoever was seen within `JOIN_S`: the track of
somebody on the floor breaks thousands of times a day."""


class Step(StrEnum):
    """Where a chain stands."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    LONG_LIE = "long_lie"
    RECOVERED = "recovered"


class Chain(Struct):
    """One situation: from suspicion to recovery."""

    number: int
    began: int
    """`t` of the first step."""
    down_since: int
    step: Step
    position: int = 0
    """How many steps were stated."""
    place: Place = Place.UNKNOWN
    descent: float = 0.0
    probability: float = 0.0
    contributions: list[Contribution] = []
    bed: str | None = None
    acknowledged: bool = False
    blind: bool = False
    """Other senses began it and no camera sees anybody down; they alone decide about it."""
    subject: str | None = None
    """Whom another sense knows it to be about."""
    hurry: bool = False
    """Other senses are sure enough not to wait for the camera."""
    lost: bool = False
    """Somebody whose pose was seen well went out of sight about there: nothing but that one."""


class Change(Struct, frozen=True):
    """A chain that reached a step."""

    chain: Chain
    step: Step
    position: int
    t: int
    down_s: float
    probability: float
    contributions: list[Contribution]


class RoomState(Struct):
    """All that a room's fall judgement remembers; survives a restart."""

    people: list[Person] = []
    chains: list[Chain] = []
    next_chain: int = 0


class Beside(Protocol):
    """What other senses say beside a camera."""

    def judge(self, person: Person, seen: Judgement, t: int) -> Judgement:
        """Return what is thought of a person, of whom the camera alone says `seen`."""
        ...

    def may_be(self, person: Person, subject: str | None) -> bool:
        """Return whether a person in the picture may be `subject`."""
        ...

    def most(self, t: int) -> float:
        """Return the log-odds that these senses add at most to what a camera says."""
        ...


def stand(chain: Chain, verdict: Judgement) -> None:
    """Let a chain stand as it is judged now."""
    chain.probability = verdict.probability
    chain.contributions = list(verdict.contributions)
    chain.hurry = verdict.hurry
    chain.subject = chain.subject or verdict.subject


def changed(chain: Chain, step: Step, t: int) -> Change:
    """Return that a chain reached a step, and count it."""
    chain.position += 1
    return Change(
        chain=chain,
        step=step,
        position=chain.position - 1,
        t=t,
        down_s=max(0.0, (t - chain.down_since) / 1e9),
        probability=chain.probability,
        contributions=list(chain.contributions),
    )


def people_of(state: RoomState, chain: Chain) -> list[Person]:
    """Return whom a chain is about."""
    return [p for p in state.people if p.chain == chain.number]


def chain_of(state: RoomState, number: int | None) -> Chain | None:
    """Return the chain of a number, if it is kept."""
    return next((c for c in state.chains if c.number == number), None)


def followed(state: RoomState, source: str, track: int) -> Person | None:
    """Return who is followed as a camera's track."""
    for person in state.people:
        if person.track == track and person.source == source:
            return person
    return None


def unseen_s(people: Sequence[Person], t: int) -> float:
    """Return for how long none of `people` has been seen; 0 for nobody."""
    return (t - max((p.t for p in people), default=t)) / 1e9


def forget(state: RoomState, t: int) -> None:
    """Forget, as of `t`, chains that nobody has been seen in for long, and people long gone."""
    people = state.people
    if state.chains:
        for chain in list(state.chains):
            last = max((p.t for p in people if p.chain == chain.number), default=chain.began)
            patience = JOIN_S if chain.acknowledged else CLOSE_S
            if chain.step is not Step.CONFIRMED and (t - last) / 1e9 > patience:
                state.chains.remove(chain)
        numbers = {chain.number for chain in state.chains}
        for person in people:
            if person.chain not in numbers:
                person.chain = None
        if len(people) > MOST_PEOPLE:
            for number in numbers:
                _forget_oldest([p for p in people if p.chain == number], t)
    else:
        for person in people:
            person.chain = None
    for person in people:
        if person.chain is None and (t - person.t) / 1e9 >= FORGET_S:
            state.people = [p for p in people if p.chain is not None or (t - p.t) / 1e9 < FORGET_S]
            return


def _forget_oldest(bound: list[Person], t: int) -> None:
    """Let go of those of a chain of whom enough others were seen since."""
    bound.sort(key=lambda p: p.t)
    for person in bound[:-MOST_PEOPLE]:
        if (t - person.t) / 1e9 > JOIN_S:
            person.chain = None
