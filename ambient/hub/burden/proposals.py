"""The alarm budget: how many rings a room may have a day, and the thresholds that keep to it; pure.

Comes in: scores and judgements of one kind over whole days, and its budget. Goes out: proposals,
one a room, each with the share of true events that it would lose. Nothing is changed here: a
proposal acts only once somebody accepts it by name (`alarms.inputs.AcceptThreshold`).

For each room the proposal is the lowest threshold that satisfies

1. *budget*: the upper bound (one-sided 95 %) of the mean daily rings is within the budget. Rings of
   one day hang together, so the Poisson bound is widened by the room's own dispersion (variance
   over mean of its daily counts; of counts thinned to a share q it is 1 + q (dispersion - 1));

unless it would pass one of

2. *house*: over all rooms, the upper Wilson bound of the share of true events below the threshold
   is within `Budget.most_lost`. With fewer than 73 true judgements no threshold can show that;
3. *room*: the room's own judgements do not show more: the lower bound is within it.

Then the highest threshold within 2 and 3 is proposed, and `meets` says that it is not enough.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.hub.alarms.kinds import BUDGETED, AlarmKind
from ambient.hub.burden.facts import NS, Fact
from ambient.intervals import Rate, Share, gamma_quantile, poisson, wilson, wilson_bounds

SURE_OF_BUDGET: Final = 0.95
STEPS: Final = 10_000
"""Thresholds have four digits."""
TRUE, FALSE, UNSAID = 1, 0, -1


class Budget(Struct, frozen=True, kw_only=True):
    """How many rings of a kind a room may have a day, and which share of true ones may be lost."""

    kind: AlarmKind
    per_room_day: float
    most_lost: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The alarms of one kind over whole days, one element each; tests and shadow left out.

    Attributes
    ----------
    rooms
        Names; `room` holds indices into them.
    day
        0 to `days` - 1.
    score
        Highest probability that was stated.
    verdict
        `TRUE`, `FALSE` or `UNSAID`, as people judged.
    """

    rooms: Sequence[str]
    days: int
    room: NDArray[np.int64]
    day: NDArray[np.int64]
    score: NDArray[np.float64]
    verdict: NDArray[np.int8]

    @classmethod
    def of(
        cls, kind: AlarmKind, facts: Iterable[Fact], rooms: Sequence[str], first: int, days: int
    ) -> Evidence:
        """Return the evidence of `kind` in `days` days from `first` (ns); held ones count."""
        index = {room: number for number, room in enumerate(rooms)}
        own = [
            (index[f.room], (f.at - first) // (86400 * NS), f.score, f.true)
            for f in facts
            if f.kind is kind and f.sure and not f.shadow and not f.test and f.room in index
        ]
        own = [one for one in own if 0 <= one[1] < days]
        said = {True: TRUE, False: FALSE, None: UNSAID}
        return cls(
            rooms=rooms,
            days=days,
            room=np.array([one[0] for one in own], np.int64),
            day=np.array([one[1] for one in own], np.int64),
            score=np.array([one[2] for one in own], np.float64),
            verdict=np.array([said[one[3]] for one in own], np.int8),
        )


class Proposal(Struct, frozen=True, kw_only=True):
    """A threshold for one kind in one room.

    Attributes
    ----------
    digest
        First 16 hexadecimal digits of SHA-256 over the rest; names it when it is accepted.
    rings_now, rings_then
        Per day, without a threshold and with it.
    meets
        Whether the budget is kept with 95 % certainty.
    lost, lost_in_house
        True events below the threshold: of this room, and of all rooms had each this threshold.
    not_judged
        Share of the alarms below it that nobody judged: what might be lost beside that.
    """

    digest: str = ""
    kind: AlarmKind
    room: str
    below: float
    budget: float
    rings_now: Rate
    rings_then: Rate
    meets: bool
    lost: Share
    lost_in_house: Share
    not_judged: Share


def propose(budget: Budget, evidence: Evidence) -> list[Proposal]:
    """Return the proposals for one kind; none for a room that keeps to the budget as it is.

    Raises
    ------
    UsageError
        When the kind may have no threshold.
    """
    if budget.kind not in BUDGETED:
        words = ", ".join(sorted(one.value for one in BUDGETED))
        raise UsageError(
            f"budget: expected a kind that may be held back ({words}), got {budget.kind.value}"
        )
    true = np.sort(evidence.score[evidence.verdict == TRUE])
    house = _cap(true, _at_most(budget.most_lost, len(true), bound=1))
    found = []
    for number, room in enumerate(evidence.rooms):
        own = evidence.room == number
        scores = np.sort(evidence.score[own])
        counts = np.bincount(evidence.day[own], minlength=evidence.days)
        most = _most(counts, budget.per_room_day)
        if most >= len(scores):
            continue
        wanted = _above(float(scores[len(scores) - 1 - most]))
        room_true = np.sort(evidence.score[own & (evidence.verdict == TRUE)])
        limit = _cap(room_true, _at_most(budget.most_lost, len(room_true), bound=0))
        below = min(wanted, house, limit if len(room_true) else 1.0)
        if below <= float(scores[0]):
            continue  # nothing would be held back
        found.append(_proposal(budget, evidence, room, below, own, true, most))
    return found


def _proposal(
    budget: Budget,
    evidence: Evidence,
    room: str,
    below: float,
    own: NDArray[np.bool_],
    true: NDArray[np.float64],
    most: int,
) -> Proposal:
    scores, verdicts = evidence.score[own], evidence.verdict[own]
    under = scores < below
    rings = int((~under).sum())
    proposal = Proposal(
        kind=budget.kind,
        room=room,
        below=below,
        budget=budget.per_room_day,
        rings_now=poisson(len(scores), evidence.days),
        rings_then=poisson(rings, evidence.days),
        meets=rings <= most,
        lost=wilson(int((under & (verdicts == TRUE)).sum()), int((verdicts == TRUE).sum())),
        lost_in_house=wilson(int(np.searchsorted(true, below, "left")), len(true)),
        not_judged=wilson(int((under & (verdicts == UNSAID)).sum()), int(under.sum())),
    )
    digest = hashlib.sha256(msgspec.json.encode(proposal)).hexdigest()[:16]
    return msgspec.structs.replace(proposal, digest=digest)


def _most(counts: NDArray[np.int64], per_day: float) -> int:
    """Return how many of the rings may stay so that the bound of their daily mean is within it."""
    total, days = int(counts.sum()), len(counts)
    mean = total / days if days else 0.0
    dispersion = max(1.0, float(counts.var(ddof=1)) / mean) if days > 1 and mean > 0 else 1.0

    def within(kept: int) -> bool:
        wide = 1 + (dispersion - 1) * kept / total if total else 1.0
        return wide * gamma_quantile(kept / wide + 1, SURE_OF_BUDGET) <= per_day * days

    low, high = 0, total + 1  # within(low) is taken for granted: no ring at all is always possible
    while high - low > 1:
        middle = (low + high) // 2
        if within(middle):
            low = middle
        else:
            high = middle
    return low


def _at_most(share: float, n: int, *, bound: int) -> Callable[[int], bool]:
    """Return whether so many of `n` may be lost, by the lower (0) or upper (1) Wilson bound."""
    return lambda lost: n > 0 and wilson_bounds(lost, n)[bound] <= share


def _cap(true: NDArray[np.float64], may_lose: Callable[[int], bool]) -> float:
    """Return the highest threshold that loses no more of the sorted scores than it may."""
    if not may_lose(0):
        return 0.0
    lost = 0
    while lost < len(true) and may_lose(lost + 1):
        lost += 1
    if lost == len(true):
        return 1.0
    return math.floor(float(true[lost]) * STEPS) / STEPS


def _above(score: float) -> float:
    """Return the lowest threshold of four digits that holds `score` back, at most 1."""
    return min(1.0, (math.floor(score * STEPS) + 1) / STEPS)
