"""The alarm budget: how many rings a room may have a day, and the thresholds that keep to it; pure.

Comes in: scores and judgements of one kind over whole days, and its budget. Goes out: proposals,
one a room, each with the share of true events that it would lose. Nothing is changed here: a
proposal acts only once somebody accepts it by name (`alarms.inputs.AcceptThreshold`).

For each room the proposal is the lowest threshold that satisfies

1. *budget*: the upper bound (one-sided 99 %) of the mean daily rings is within the budget. Rings of
   one day hang together, so the Poisson bound is widened by the room's own dispersion (variance
   over mean of its daily counts; of counts thinned to a share q it is 1 + q (dispersion - 1));

unless it would pass one of

2. *room*: the room's own judgements do not show that more than `Budget.most_lost_in_room` of its
   true events are below it: the lower Wilson bound is within it;
3. *house*: of the true events of all rooms, each with its own threshold, the upper Wilson bound of
   the share below is within `Budget.most_lost`. A common limit is laid on all thresholds until it
   is. With fewer than 73 true judgements nothing can show that, and nothing is proposed.

Then the highest threshold within 2 and 3 is proposed, and `meets` says that it is not enough.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.hub.alarms.kinds import BUDGETED, AlarmKind
from ambient.hub.burden.facts import Fact
from ambient.intervals import Rate, Share, poisson, regularized_gamma, wilson, wilson_bounds

SURE_OF_BUDGET: Final = 0.99
STEPS: Final = 10_000
"""Thresholds have four digits."""
TRUE, FALSE, UNSAID = 1, 0, -1


class Budget(Struct, frozen=True, kw_only=True):
    """How many rings of a kind a room may have a day, and which share of true ones may be lost.

    Attributes
    ----------
    most_lost, most_lost_in_room
        Of all rooms together, shown to be less; of a single room, not shown to be more.
    """

    kind: AlarmKind
    per_room_day: float
    most_lost: float = 0.05
    most_lost_in_room: float = 0.2


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
        cls, kind: AlarmKind, facts: Iterable[Fact], rooms: Sequence[str], midnights: Sequence[int]
    ) -> Evidence:
        """Return the evidence of `kind` in the days between `midnights` (ns); held ones count."""
        days = len(midnights) - 1
        index = {room: number for number, room in enumerate(rooms)}
        own = [
            (index[f.room], bisect_right(midnights, f.at) - 1, f.score, f.true)
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
        Whether the budget is kept with 99 % certainty.
    lost, lost_in_house
        True events below the thresholds: of this room, and of all rooms, each with its own.
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
    below = np.zeros(len(evidence.rooms))
    most = np.zeros(len(evidence.rooms), np.int64)
    for number in range(len(evidence.rooms)):
        own = evidence.room == number
        scores = np.sort(evidence.score[own])
        most[number] = _most(
            np.bincount(evidence.day[own], minlength=evidence.days), budget.per_room_day
        )
        if most[number] < len(scores):
            wanted = _above(float(scores[len(scores) - 1 - most[number]]))
            true = np.sort(evidence.score[own & (evidence.verdict == TRUE)])
            below[number] = min(wanted, _own_limit(true, budget.most_lost_in_room))
    below = np.minimum(below, _house_limit(below, evidence, budget.most_lost))
    true = evidence.verdict == TRUE
    lost = wilson(int((evidence.score < below[evidence.room])[true].sum()), int(true.sum()))
    return [
        _proposal(budget, evidence, number, float(below[number]), lost, int(most[number]))
        for number in range(len(evidence.rooms))
        if (evidence.score[evidence.room == number] < below[number]).any()
    ]


def _proposal(
    budget: Budget, evidence: Evidence, number: int, below: float, lost: Share, most: int
) -> Proposal:
    own = evidence.room == number
    scores, verdicts = evidence.score[own], evidence.verdict[own]
    under = scores < below
    rings = int((~under).sum())
    proposal = Proposal(
        kind=budget.kind,
        room=evidence.rooms[number],
        below=below,
        budget=budget.per_room_day,
        rings_now=poisson(len(scores), evidence.days),
        rings_then=poisson(rings, evidence.days),
        meets=rings <= most,
        lost=wilson(int((under & (verdicts == TRUE)).sum()), int((verdicts == TRUE).sum())),
        lost_in_house=lost,
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
        # Garwood's upper bound is a gamma quantile; whether the budget is above it needs no search.
        return regularized_gamma(kept / wide + 1, per_day * days / wide) >= SURE_OF_BUDGET

    low, high = 0, total + 1  # within(low) is taken for granted: no ring at all is always possible
    while high - low > 1:
        middle = (low + high) // 2
        if within(middle):
            low = middle
        else:
            high = middle
    return low


def _own_limit(true: NDArray[np.float64], most: float) -> float:
    """Return the highest threshold at which a room's own true scores do not show too many lost."""
    lost = 0
    while lost < len(true) and wilson_bounds(lost + 1, len(true))[0] <= most:
        lost += 1
    return 1.0 if lost == len(true) else _below(float(true[lost]))


def _house_limit(below: NDArray[np.float64], evidence: Evidence, most_lost: float) -> float:
    """Return the highest limit to all rooms' thresholds at which the house loses few for sure."""
    true = evidence.verdict == TRUE
    scores, own = evidence.score[true], below[evidence.room[true]]
    n = len(scores)
    if not n or wilson_bounds(0, n)[1] > most_lost:
        return 0.0
    lost = np.sort(scores[scores < own])
    kept = 0
    while kept < len(lost) and wilson_bounds(kept + 1, n)[1] <= most_lost:
        kept += 1
    return 1.0 if kept == len(lost) else _below(float(lost[kept]))


def _below(score: float) -> float:
    """Return the highest threshold of four digits that lets `score` ring."""
    return math.floor(score * STEPS) / STEPS


def _above(score: float) -> float:
    """Return the lowest threshold of four digits that holds `score` back, at most 1."""
    return min(1.0, (math.floor(score * STEPS) + 1) / STEPS)
