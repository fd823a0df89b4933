"""Whom a piece of evidence, a situation and a chain are about, and whether they are one.

Comes in: what is remembered of a room when somebody may be down. Goes out: the pieces that count,
whose wearable felt a fall or felt none, whether a person surely wears a device, the chain that a
situation already is. Pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ambient.observations import Posture
from fusion.down_state import Situation, Who
from fusion.falls_state import JOIN_S, Chain, Step
from fusion.hypothesis import Evidence, belongs
from fusion.looks import GOOD_VIEW
from fusion.person import DOWN_ON, Person
from fusion.ratios import Hypothesis
from fusion.same_body import in_one_place
from fusion.signs import Signs
from fusion.wearers import SECOND, STILL_S, Wearer

FOLLOWED_S: Final = 120.0
"""So long must somebody have been followed before it counts against a fall that it is the wearer:
of newcomers where the wearer was lost 24 of 46 were named wrongly after 45 s, 10 after 110 s, and 3
of 59 two to six minutes later (docs/matching.md)."""
LATELY_S: Final = 30.0
"""Whoever was seen so shortly before may be in the room yet."""
MOVES: Final = 0.5
"""Whoever has been still for a smaller share of the last 2 s moves."""
DOZES_S: Final = (20.0, 60.0)
"""From so long without a movement of the device on, whoever is upright is believed less to wear it,
and not at all after so long."""


def about(subject: str | None, pieces: Iterable[Evidence], *, alone: bool) -> list[Evidence]:
    """Return the pieces that may be about `subject`; `alone`: nobody else can be meant."""
    return [
        e
        for e in pieces
        if (
            e.subject is None or subject is None or e.subject == subject
            if e.llr > 0.0
            else (subject is not None and e.subject == subject)
            or (alone and (e.subject is None or subject is None or e.subject == subject))
        )
    ]


def felt_nothing(signs: Signs, table: Hypothesis, began: int) -> list[Evidence]:
    """Return what wearables say by their silence of a fall at `began` (ns)."""
    felt = {e.source for e in _felt(signs, table, began, "wearable_impact", "wearable_jolt")}
    return [
        Evidence(
            "wearable_quiet",
            one.source,
            began,
            one.t,
            table.ratios["wearable_quiet"].at(1.0),
            one.subject,
        )
        for one in signs.wearers.values()
        if one.source not in felt and one.felt_nothing(began)
    ]


def wearer_of(signs: Signs, table: Hypothesis, began: int) -> str | None:
    """Return whose wearable felt the fall that began at `began` (ns); None when several did."""
    felt = {e.subject for e in _felt(signs, table, began, "wearable_impact") if e.llr >= 1.0}
    return felt.pop() if len(felt) == 1 else None


def not_of_walkers(signs: Signs, pieces: list[Evidence], person: Person, t: int) -> list[Evidence]:
    """Return the pieces without what devices of people who walk say against `person` being down.

    Whoever walks is not who is clearly seen to lie here, or does not walk.
    """
    if person.down < DOWN_ON or person.quality < GOOD_VIEW:
        return pieces
    walks = {one.source for one in signs.wearers.values() if one.walks(t)}
    return [e for e in pieces if e.llr > 0.0 or e.source not in walks]


def seen_up(
    table: Hypothesis, persons: Iterable[tuple[Person, bool, float]], one: Situation, t: int
) -> list[Evidence]:
    """Return what a camera says against a situation: its person is upright, or lies in bed.

    Parameters
    ----------
    persons
        Who in the pictures is the situation's person, whether that is by matching, and how far it
        counts when upright, 0..1.
    """
    pieces = []
    for person, matched, share in persons:
        who = "matched" if matched else "alone"
        up_s = min(person.up.upright_s(t), (t - one.began) / SECOND)
        rests_s = max(0.0, min(person.rests_s(t), (t - one.began) / SECOND))
        for name, seen_s, sure in (
            (f"camera_upright_{who}", up_s, share),
            (f"camera_rests_{who}", rests_s, person.where.sure),
        ):
            worth = sure * table.ratios[name].at(seen_s)
            if worth < 0.0:
                pieces.append(Evidence(name, person.source, t, t, worth, one.subject))
    return pieces


def is_about(one: Situation, person: Person, who: Who, beds: Mapping[str, str | None]) -> bool:
    """Return whether a person in the picture is the one whose wearable or bed tells of a situation.

    By movement only who was followed for `FOLLOWED_S` before it began: somebody who comes to the
    very spot where the wearer went out of sight is named as the wearer for a while.
    """
    track = who.track_of(one.source)
    known = who.subject_of(person.source, person.track)
    owner = beds.get(person.where.bed) if known is None and person.where.bed is not None else None
    if owner is not None and owner == one.subject:
        return True
    named = known is not None and known[0] == one.subject
    same = named or (track is not None and track[:2] == (person.source, person.track))
    return same and (one.began - person.began) / SECOND >= FOLLOWED_S


def share_of_wearer(one: Situation, person: Person, wearer: Wearer | None) -> float:
    """Return how far the only person in sight, unmatched, counts as a situation's person, 0..1.

    Not at all where somebody else had been there as it began. Whoever came in later, only when the
    device tells of steps since: else it is a helper, or does not know of anything. Whoever moves
    while the device lies still wears another; and whoever is upright and does not move is believed
    less, the longer the device has not stirred: people who sit or stand move a hand within a
    minute.
    """
    if one.company:
        return 0.0
    if wearer is None or wearer.since is None or wearer.t <= one.began:
        return 1.0
    if person.began > one.began and not wearer.walked_since(one.began):
        return 0.0
    moves = person.posture is Posture.WALK or person.still < MOVES
    if moves and wearer.still_s >= STILL_S:
        return 0.0
    return 1.0 - min(1.0, max(0.0, (wearer.still_s - DOZES_S[0]) / (DOZES_S[1] - DOZES_S[0])))


def in_company(people: Sequence[Person], began: int) -> bool:
    """Return whether two people were in the pictures shortly before `began` (ns) or since."""
    lately = [p for p in people if (began - p.t) / SECOND <= LATELY_S]
    return any(others_lately(people, p, began) for p in lately)


def is_worn_by(one: Wearer, person: Person, who: Who, alone: Container[str | None]) -> bool:
    """Return whether a device is surely worn by a person in the picture.

    It is matched to this very track by movement, or matched to nobody and that of the resident who
    is `alone` in sight.
    """
    track = who.track_of(one.source)
    if track is not None:
        return track[:2] == (person.source, person.track)
    known = who.subject_of(person.source, person.track)
    return one.subject in alone and (known is None or known[0] == one.subject)


def others_lately(people: Iterable[Person], person: Person, began: int) -> bool:
    """Return whether anybody but `person` was seen shortly before `began` (ns) or since.

    Where this person was seen well, whoever never was is a shadow or a coat.
    """
    return any(
        (began - p.t) / SECOND <= LATELY_S
        and not _same_body(p, person)
        and (p.best >= GOOD_VIEW or person.best < GOOD_VIEW)
        for p in people
        if p is not person
    )


def _same_body(one: Person, other: Person) -> bool:
    """Return whether two tracks of a camera are of one body: in one place, or one going on."""
    first, then = (one, other) if one.began <= other.began else (other, one)
    follows = one.source == other.source and first.t <= then.began and then.near(first)
    return follows or in_one_place(one, other)


def _felt(signs: Signs, table: Hypothesis, began: int, *names: str) -> Iterator[Evidence]:
    """Yield the pieces of these names that count for a situation that began at `began` (ns)."""
    for e in signs.pieces.kept:
        if e.ratio in names and belongs(table.ratios[e.ratio], e, began):
            yield e


def joined(chains: Iterable[Chain], one: Situation) -> Chain | None:
    """Return the open chain that a situation already is, if any."""
    for chain in chains:
        near_s = abs(chain.down_since - one.began) / SECOND
        other = None not in (chain.subject, one.subject) and chain.subject != one.subject
        if near_s <= JOIN_S and not other:
            return chain
    return None


def sees_down(people: Iterable[Person], chain: Chain, now: int) -> bool:
    """Return whether a camera sees a chain's person down, or did last before confirming."""
    return any(
        person.chain == chain.number
        and person.down_since is not None
        and (chain.step is Step.SUSPECTED or not person.gone(now))
        for person in people
    )
