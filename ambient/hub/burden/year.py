"""A simulated year of many rooms: thresholds from its first month, what they do in all later ones.

Comes in: how many rooms and days, a seed, assumptions. Goes out: `Year`. Nothing of it is measured
on people; what is assumed stands in `Assumed` and in ``docs/burden.md``. The proposals are those of
`proposals.propose`, which sees the first `Assumed.fit_days` days and the judgements in them alone;
the later days are only counted, against what really was so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.hub.alarms.kinds import BUDGETED, CHAINED, AlarmKind
from ambient.hub.burden.proposals import FALSE, TRUE, UNSAID, Budget, Evidence, Proposal, propose
from ambient.intervals import Share, wilson

MONTH: Final = 30


class KindRates(Struct, frozen=True, kw_only=True):
    """Mean alarms of one kind per room-day, and the budget of a room."""

    kind: AlarmKind
    true: float
    false: float
    budget: float


class Assumed(Struct, frozen=True, kw_only=True):
    """What the year is made of.

    Attributes
    ----------
    rooms_differ, days_differ
        Coefficient of variation of the gamma factors by which the rates of rooms and of single days
        differ.
    drift
        Standard deviation of the step that the logarithm of a room's false rate takes each month.
    moves
        Share of rooms whose resident changes once in the year: all rates are drawn anew that day.
    true_logit, false_logit, spread, room_shift
        Scores: normal on the log-odds scale around these means with this standard deviation, false
        ones shifted by room; all that is not above even odds raises no alarm.
    judged, wrongly
        Share of alarms that are judged, and of judgements that are wrong.
    """

    name: str
    rooms_differ: float = 0.5
    days_differ: float = 0.4
    drift: float = 0.05
    moves: float = 0.1
    true_logit: float = 3.5
    false_logit: float = 0.5
    spread: float = 1.0
    room_shift: float = 0.3
    judged: float = 0.6
    wrongly: float = 0.01
    fit_days: int = MONTH
    kinds: tuple[KindRates, ...] = (
        KindRates(kind=AlarmKind.BED_EDGE, true=0.5, false=2.0, budget=2.0),
        KindRates(kind=AlarmKind.BED_EXIT, true=0.5, false=1.5, budget=2.0),
        KindRates(kind=AlarmKind.BED_RESTLESS, true=0.2, false=1.0, budget=1.0),
        KindRates(kind=AlarmKind.AGITATED, true=0.2, false=0.5, budget=1.0),
        KindRates(kind=AlarmKind.WANDERING, true=0.2, false=0.3, budget=1.0),
    )


BASE: Final = Assumed(name="as assumed")
VARIANTS: Final = (
    BASE,
    Assumed(name="scores separate less", true_logit=2.5),
    Assumed(name="rooms drift four times as fast", drift=0.2),
    Assumed(name="three in ten residents change", moves=0.3),
    Assumed(name="one judgement in fifty is wrong", wrongly=0.02),
    Assumed(name="one alarm in five is judged", judged=0.2),
)


class Months(Struct, frozen=True, kw_only=True):
    """What thresholds of the first month did in the later ones, for one kind or all (None).

    Attributes
    ----------
    without, kept
        Rooms whose mean daily rings were within the budget, without and with the thresholds; for
        all kinds: rooms where every kind was.
    lost
        True events that did not ring, of all that happened, in all rooms.
    """

    kind: AlarmKind | None
    proposals: int
    without: Share
    kept: Share
    lost: Share


class Year(Struct, frozen=True, kw_only=True):
    """What a simulated year came to.

    Attributes
    ----------
    renewed
        Whether thresholds were renewed each month.
    budgets_before, budgets_kept
        Of all budgets (one for each room and kind), those that were kept without and with them.
    untouchable
        Kinds that may have no threshold: each was asked for and refused; `touched` counts those
        that were not.
    """

    assumed: Assumed
    rooms: int
    days: int
    seed: int
    renewed: bool
    alarms: int
    budgets_before: Share
    budgets_kept: Share
    months: list[Months]
    untouchable: int
    touched: int


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """All alarms of one kind in the year, with what really was so."""

    room: NDArray[np.int64]
    day: NDArray[np.int64]
    score: NDArray[np.float64]
    real: NDArray[np.bool_]
    verdict: NDArray[np.int8]


def simulate(assumed: Assumed, rooms: int, days: int, seed: int, *, renew: bool = False) -> Year:
    """Return what a year of `rooms` rooms comes to.

    Parameters
    ----------
    renew
        Whether thresholds are proposed and accepted anew each month from the month before, rather
        than once from the first.

    Raises
    ------
    UsageError
        When there are no days after those that thresholds are taken from.
    """
    if days <= assumed.fit_days:
        raise UsageError(
            f"days: expected more than the {assumed.fit_days} that thresholds are taken from, got "
            f"{days}"
        )
    rng = np.random.default_rng(seed)
    names = [f"r{number + 1}" for number in range(rooms)]
    moved = np.where(rng.random(rooms) < assumed.moves, rng.integers(1, days, rooms), days)
    found: list[Months] = []
    before, after = np.ones(rooms, bool), np.ones(rooms, bool)
    totals = np.zeros(4, int)
    for rates in assumed.kinds:
        drawn = draw(rates, assumed, rooms, days, moved, rng)
        month, without, kept = _later(rates, assumed, drawn, names, days, renew=renew)
        before &= without
        after &= kept
        totals += (month.lost.k, month.lost.n, month.proposals, len(drawn.room))
        found.append(month)
    whole = Months(
        kind=None,
        proposals=int(totals[2]),
        without=wilson(int(before.sum()), rooms),
        kept=wilson(int(after.sum()), rooms),
        lost=wilson(int(totals[0]), int(totals[1])),
    )
    never = sorted(CHAINED - BUDGETED)
    pairs = rooms * len(found)
    return Year(
        budgets_before=wilson(sum(one.without.k for one in found), pairs),
        budgets_kept=wilson(sum(one.kept.k for one in found), pairs),
        assumed=assumed,
        rooms=rooms,
        days=days,
        seed=seed,
        renewed=renew,
        alarms=int(totals[3]),
        months=[whole, *found],
        untouchable=len(never),
        touched=sum(_touched(kind, names, assumed) for kind in never),
    )


def draw(
    rates: KindRates,
    assumed: Assumed,
    rooms: int,
    days: int,
    moved: NDArray[np.int64],
    rng: np.random.Generator,
) -> Drawn:
    """Return all alarms of one kind; `moved` is the day on which a room's resident changes."""
    day = np.arange(days)
    second = day[None, :] >= moved[:, None]
    nights = _gamma(rng, assumed.days_differ, (rooms, days))
    walk = rng.normal(0, assumed.drift, (rooms, days // MONTH + 1))
    walk[:, 0] = 0
    drift = np.exp(np.cumsum(walk, axis=1))[:, day // MONTH]
    parts = []
    for so, mean in ((True, rates.true), (False, rates.false)):
        who = _gamma(rng, assumed.rooms_differ, (rooms, 2))
        of_room = np.where(second, who[:, 1:], who[:, :1])
        expected = mean * of_room * nights * (1.0 if so else drift)
        counts = rng.poisson(expected)
        room, on = np.nonzero(counts)
        times = counts[room, on]
        room, on = np.repeat(room, times), np.repeat(on, times)
        shift = rng.normal(0, assumed.room_shift, (rooms, 2))[room, second[room, on].astype(int)]
        middle = assumed.true_logit if so else assumed.false_logit + shift
        parts.append((room, on, _above_even(rng, middle, assumed.spread, len(room)), so))
    room = np.concatenate([part[0] for part in parts])
    real = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    said = real ^ (rng.random(len(real)) < assumed.wrongly)
    verdict = np.where(said, TRUE, FALSE)
    verdict[rng.random(len(real)) >= assumed.judged] = UNSAID
    return Drawn(
        room=room,
        day=np.concatenate([part[1] for part in parts]),
        score=np.concatenate([part[2] for part in parts]),
        real=real,
        verdict=verdict.astype(np.int8),
    )


def known(drawn: Drawn, names: Sequence[str], first: int, days: int) -> Evidence:
    """Return what is known after some days: scores and judgements, not what really was so."""
    seen = (drawn.day >= first) & (drawn.day < first + days)
    return Evidence(
        rooms=names,
        days=days,
        room=drawn.room[seen],
        day=drawn.day[seen] - first,
        score=drawn.score[seen],
        verdict=drawn.verdict[seen],
    )


def _later(
    rates: KindRates,
    assumed: Assumed,
    drawn: Drawn,
    names: Sequence[str],
    days: int,
    *,
    renew: bool,
) -> tuple[Months, NDArray[np.bool_], NDArray[np.bool_]]:
    """Count what thresholds do after the days that they were taken from."""
    span = assumed.fit_days
    begins = range(span, days, span) if renew else range(span, span + 1)
    budget = Budget(kind=rates.kind, per_room_day=rates.budget)
    rings = np.ones(len(drawn.room), bool)
    made = 0
    for begin in begins:
        proposals = propose(budget, known(drawn, names, begin - span, span))
        made += len(proposals)
        below = _below(proposals, names)
        rings &= (
            (drawn.day < begin)
            | (drawn.score >= below[drawn.room])
            | (renew & (drawn.day >= begin + span))
        )
    later = drawn.day >= span

    def within(those: NDArray[np.bool_]) -> NDArray[np.bool_]:
        counts = np.bincount(drawn.room[those], minlength=len(names))
        kept: NDArray[np.bool_] = counts <= rates.budget * (days - span)
        return kept

    without, kept = within(later), within(later & rings)
    real = later & drawn.real
    month = Months(
        kind=rates.kind,
        proposals=made,
        without=wilson(int(without.sum()), len(names)),
        kept=wilson(int(kept.sum()), len(names)),
        lost=wilson(int((real & ~rings).sum()), int(real.sum())),
    )
    return month, without, kept


def _below(proposals: Sequence[Proposal], names: Sequence[str]) -> NDArray[np.float64]:
    by_room = {proposal.room: proposal.below for proposal in proposals}
    return np.array([by_room.get(name, 0.0) for name in names])


def _touched(kind: AlarmKind, names: Sequence[str], assumed: Assumed) -> bool:
    """Return whether a kind that may have no threshold is given one, however often it rings."""
    many = 10 * assumed.fit_days
    rings = np.arange(many * len(names))
    evidence = Evidence(
        rooms=names,
        days=assumed.fit_days,
        room=rings % len(names),
        day=(rings // len(names)) % assumed.fit_days,
        score=np.full(len(rings), 0.51),
        verdict=np.full(len(rings), FALSE, np.int8),
    )
    try:
        propose(Budget(kind=kind, per_room_day=0.1), evidence)
    except UsageError:
        return False
    return True


def _gamma(
    rng: np.random.Generator, variation: float, shape: tuple[int, int]
) -> NDArray[np.float64]:
    if variation == 0:
        return np.ones(shape)
    k = 1 / variation**2
    return rng.gamma(k, 1 / k, shape)


def _above_even(
    rng: np.random.Generator, mean: float | NDArray[np.float64], spread: float, n: int
) -> NDArray[np.float64]:
    """Return probabilities whose log-odds are normal, drawn again until above even odds."""
    means = np.broadcast_to(np.asarray(mean, float), (n,))
    logits = np.full(n, -1.0)
    while (again := logits <= 0).any():
        logits[again] = rng.normal(means[again], spread)
    return np.asarray(1 / (1 + np.exp(-logits)))
