"""Who of a room may be the same body: tracks break, double and change places, people do not.

Comes in: the people and chains of a room as they are now. Goes out: which tracks may be one body,
and which chain somebody new, or somebody who is up, belongs to. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ambient.observations import PostureSeen
from fusion.descent import BORDER, POSED
from fusion.falls_state import FOUND_S, Chain, RoomState, Step, people_of
from fusion.looks import GOOD_VIEW
from fusion.person import DOWN_ON, RETURNS_NS, SURE_S, Person

BOTH_NS: Final = 1_000_000_000
"""A pose may go on for so long while an outline of the same body is seen elsewhere already."""
DOUBLE: Final = 0.4
"""Two who lie with their hips nearer than this, in lengths of the body, are one."""
BACK_S: Final = 1.0
"""Whoever is up for so long where somebody was lost in a fall, and not seen down, may be the same
one: it is waited for until that is known."""
CONTINUES_S: Final = 1.5
"""Whoever first appears where somebody of a suspicion was given up so lately is the same one: a
pose that takes an outline's place, say, which then says whether the body is down."""


def in_one_place(one: Person, other: Person) -> bool:
    """Return whether two tracks of a camera are so near that they may be one body."""
    near = math.dist(one.at, other.at) <= DOUBLE * max(one.size, other.size)
    return near and one.source == other.source


def doubles(state: RoomState, person: Person, t: int) -> list[Person]:
    """Return others who lie where this one does, in the same picture: the same body again."""
    return [
        p
        for p in state.people
        if p is not person and p.down >= DOWN_ON and not p.gone(t) and in_one_place(p, person)
    ]


def may_be_another(state: RoomState, person: Person) -> bool:
    """Return whether somebody who was up was lost about where this one appears: it may be either.

    Whoever helps stands close, and hides and is hidden. A pose that was never seen up is no helper:
    nobody comes to somebody on the floor but on their feet.
    """
    return any(
        p.chain is None
        and p.down_since is None
        and p.up.upright_last > 0
        and p.source == person.source
        and p.t <= person.began
        and p.gone(person.began)
        and person.near(p)
        for p in state.people
        if p is not person
    )


def was_lost_there(state: RoomState, person: Person) -> bool:
    """Return whether somebody whose pose was seen well is not seen since this one appeared here.

    A body that falls may get a new track at once, as an outline that nobody saw go down.
    """
    return any(
        p.best >= POSED
        and p.chain is None
        and not p.left
        and p.source == person.source
        and p.t <= person.began + BOTH_NS
        and person.near(p)
        for p in state.people
        if p is not person
    )


def continued(state: RoomState, person: Person, seen: PostureSeen) -> int | None:
    """Return the suspicion that somebody new in the picture is of, if it is about the same."""
    # Who is seen upright is not who was just seen to lie there: nobody gets up that fast.
    up = seen.upright >= 0.5 and seen.quality >= GOOD_VIEW
    for chain in () if person.may_be_another else state.chains:
        if chain.step is Step.SUSPECTED and any(
            p.ended
            and not p.interrupted
            and p.source == person.source
            and (person.t - p.t) / 1e9 <= CONTINUES_S
            and person.near(p)
            and not (up and p.lies_in_view)
            for p in people_of(state, chain)
        ):
            return chain.number
    return None


def claimed(state: RoomState, person: Person, t: int) -> Chain | None:
    """Return the chain of a lost person whom this one, who gets up where that one lay, is.

    Whoever comes in later (a carer at the door) first appears elsewhere, and is not taken for
    the one on the floor. It ends a suspicion only of a heap or of whom nobody saw down, where
    nobody else was lost, or of whom nobody saw down for long when the one who appears there
    sits on a bed or sofa, or comes back over the picture's border at once.
    """
    if person.up.upright_since is None:
        return None
    for chain in state.chains:
        bound = people_of(state, chain)
        lost = [p for p in bound if p.source == person.source and person.began >= p.t]
        unclear = not person.may_be_another and bool(bound)
        heaps = unclear and all(p.in_a_heap or p.only_supposed for p in bound)
        briefly = unclear and all(p.seen_down_s < FOUND_S for p in bound)
        sits = briefly and person.where.safe >= 0.5
        back = unclear and all(_walks_back(p, person) for p in bound)
        if (
            (chain.step is not Step.SUSPECTED or heaps or sits or back)
            and all(p.gone(t) for p in bound)
            and any(person.near(p) for p in lost)
        ):
            return chain
    return None


def _walks_back(lost: Person, person: Person) -> bool:
    """Return whether `person` came at once where one was lost at the border, hardly seen down."""
    at_border = lost.at[1] > BORDER and lost.sure_s < SURE_S
    return at_border and 0 <= person.began - lost.t <= RETURNS_NS


def may_be_back(
    state: RoomState, lost: Sequence[Person], t: int, *, seen_down: bool = False
) -> bool:
    """Return whether somebody is up, since a moment, where people were lost and not seen down.

    It is soon known: either that is who was lost, or it was a slip of the pose network.
    `seen_down` counts those as well who were seen down, though never surely.
    """
    unsure = all(p.only_supposed or (seen_down and p.sure_s < SURE_S) for p in lost)
    return unsure and any(
        p.chain is None
        and not p.gone(t)
        and not p.may_be_another
        and p.up.upright_s(t) >= BACK_S
        and any(p.source == one.source and p.began >= one.t and p.near(one) for one in lost)
        for p in state.people
    )
