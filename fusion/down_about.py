"""Whom a piece of evidence, a situation and a chain are about, and whether they are one.

Comes in: what is remembered of a room when somebody may be down. Goes out: the pieces that count,
whose wearable felt a fall or felt none, the chain that a situation already is. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fusion.down_state import Situation
from fusion.falls import JOIN_S
from fusion.falls_state import Chain, Step
from fusion.hypothesis import Evidence
from fusion.person import Person
from fusion.ratios import Hypothesis, Ratio
from fusion.signs import SECOND, Signs


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
    ratio = table.ratios["wearable_quiet"]
    felt = {e.source for e in _impacts(signs, ratio, began)}
    return [
        Evidence("wearable_quiet", one.source, began, one.t, ratio.at(1.0), one.subject)
        for one in signs.wearers.values()
        if one.source not in felt and one.felt_nothing(began)
    ]


def wearer_of(signs: Signs, table: Hypothesis, began: int) -> str | None:
    """Return whose wearable felt the fall that began at `began` (ns); None when several did."""
    ratio = table.ratios["wearable_impact"]
    felt = {e.subject for e in _impacts(signs, ratio, began) if e.llr >= 1.0}
    return felt.pop() if len(felt) == 1 else None


def _impacts(signs: Signs, ratio: Ratio, began: int) -> Iterator[Evidence]:
    """Yield what wearables felt in the span around `began` (ns) in which `ratio` counts."""
    for e in signs.pieces.kept:
        if e.ratio != "wearable_impact":
            continue
        if -ratio.before_s <= (e.at - began) / SECOND <= ratio.after_s:
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
