"""Figures of the burden, as tables: tallies, bursts, response times, proposals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.hub.alarms.kinds import BUDGETED, AlarmKind
from ambient.hub.burden.facts import NS, Fact
from ambient.hub.burden.proposals import FALSE, TRUE, UNSAID, Budget, Evidence, propose
from ambient.hub.burden.responses import LEAST_DAYS, LEAST_PERSONS, responses
from ambient.hub.burden.tally import Bursts, bursts, row, tally, would_have
from ambient.hub.languages import gettext, speaking
from ambient.languages import Language

DAY = 86400


def fact(
    t: float = 0,
    *,
    kind: AlarmKind = AlarmKind.BED_EXIT,
    true: bool | None = None,
    who: str | None = None,
    after: float | None = None,
    room: str = "r1",
    shift: str = "day",
    sure: bool = True,
    test: bool = False,
    fall: bool = False,
    held: bool = False,
    shadow: bool = False,
    score: float = 0.9,
) -> Fact:
    return Fact(
        id=f"{room}-{t}",
        kind=kind,
        room=room,
        shift=shift,
        at=round(t * NS),
        score=score,
        sure=sure,
        rang=sure and not held and not shadow,
        held=held,
        shadow=shadow,
        true=true,
        test=test,
        fall=fall,
        answered_by=who,
        answered_s=after,
        resolved_s=after,
    )


MIXED = [
    *(fact(true=True) for _ in range(6)),
    *(fact(true=False) for _ in range(2)),
    *(fact() for _ in range(2)),
    fact(test=True),
    fact(held=True),
    fact(shadow=True, true=False),
    fact(sure=False),
    fact(kind=AlarmKind.FALL, true=True),
]


def test_a_tally_counts_what_nobody_judged_both_ways() -> None:
    one = tally(AlarmKind.BED_EXIT, MIXED)
    assert (one.alarms, one.rings, one.held, one.tests, one.not_judged) == (11, 11, 1, 1, 2)
    shares = [(s.k, s.n) for s in (one.precision, one.if_true, one.if_false)]
    assert shares == [(6, 8), (8, 10), (6, 10)]
    # Newcombe 1998 gives the score interval of 6 of 8.
    assert (one.precision.low, one.precision.high) == pytest.approx((0.4093, 0.9285), abs=1e-3)


def test_what_was_only_recorded_is_told_beside() -> None:
    one = would_have(AlarmKind.BED_EXIT, MIXED)
    assert (one.alarms, one.false, one.rings) == (1, 1, 0)


@pytest.mark.parametrize(
    ("room", "shift", "rooms", "false", "exposure", "at_most"),
    [
        (None, None, 10, 2, 40.0, 4),
        ("r1", None, 10, 2, 4.0, 4),
        ("r1", "night", 10, 0, 4.0, 0),
        ("r2", "day", 10, 0, 4.0, 0),
    ],
)
def test_false_alarms_are_per_room_day(
    room: str | None, shift: str | None, rooms: int, false: int, exposure: float, at_most: int
) -> None:
    one = row(MIXED, rooms, 4, room, shift)
    assert (one.false_per_room_day.count, one.false_per_room_day.exposure) == (false, exposure)
    assert one.false_at_most.count == at_most


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], Bursts(bursts=0, rings=0, most=0)),
        ([0, 1, 2, 3], Bursts(bursts=0, rings=0, most=0)),
        ([0, 1, 2, 3, 10], Bursts(bursts=1, rings=5, most=5)),
        ([0, 1, 2, 3, 10.1], Bursts(bursts=0, rings=0, most=0)),
        ([0, 2, 4, 6, 8, 10, 12, 14], Bursts(bursts=1, rings=8, most=8)),
        ([0, 1, 2, 3, 4, 60, 61, 62, 63, 64, 65], Bursts(bursts=2, rings=11, most=6)),
        ([4, 3, 2, 1, 0], Bursts(bursts=1, rings=5, most=5)),
    ],
)
def test_bursts(minutes: Sequence[float], expected: Bursts) -> None:
    assert bursts([round(minute * 60 * NS) for minute in minutes]) == expected


def answers(per_person: Sequence[int]) -> list[Fact]:
    return [
        fact(100 * n, who=f"p{person}", after=10.0 * (n + 1))
        for person, count in enumerate(per_person)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("per_person", "days", "refused"),
    [
        ([2, 2, 2, 2, 2], 28, None),
        ([2, 2, 2, 2], 28, f"fewer than {LEAST_PERSONS} people answered"),
        ([2, 2, 2, 2, 2], 27, f"fewer than {LEAST_DAYS} days: choose a longer period"),
        ([9, 2, 2, 2, 2], 28, "more than half of the answers are of one person"),
        ([8, 2, 2, 2, 2], 28, None),
        ([], 28, f"fewer than {LEAST_PERSONS} people answered"),
    ],
)
def test_response_times_tell_of_nobody(
    per_person: Sequence[int], days: int, refused: str | None
) -> None:
    found = responses(answers(per_person), None, 0, days * DAY * NS)
    if refused is None:
        assert found.refused is None
        assert found.acknowledged is not None
        assert found.acknowledged.n == sum(per_person)
    else:
        assert found.refused == refused
        with speaking(Language.DE):
            assert gettext(refused) != refused
        assert found.acknowledged is None
        assert found.resolved is None


def test_response_times_are_quantiles() -> None:
    found = responses(answers([2, 2, 2, 2, 2]), "day", 0, 28 * DAY * NS)
    assert found.acknowledged is not None
    assert (found.acknowledged.p50_s, found.acknowledged.p90_s) == (15.0, 20.0)
    assert responses(answers([2, 2, 2, 2, 2]), "night", 0, 28 * DAY * NS).refused is not None


def evidence(
    false: int, true: int, *, days: int = 30, rooms: int = 2, low: float = 0.6, true_at: float = 0.9
) -> Evidence:
    """Return `false` low and `true` high alarms a day in the first room, true in the others."""
    parts = []
    for room in range(rooms):
        for day in range(days):
            if room == 0:
                parts += [(room, day, low + 0.001 * n, FALSE) for n in range(false)]
            parts += [(room, day, true_at, TRUE)] * true
    room_of, day_of, score, verdict = zip(*parts, strict=True)
    return Evidence(
        rooms=[f"r{n}" for n in range(rooms)],
        days=days,
        room=np.array(room_of),
        day=np.array(day_of),
        score=np.array(score),
        verdict=np.array(verdict, np.int8),
    )


@pytest.mark.parametrize(
    ("false", "true", "per_day", "low", "proposed", "meets"),
    [
        (1, 2, 8.0, 0.6, False, None),  # keeps to it as it is
        (8, 2, 4.0, 0.6, True, True),
        (8, 2, 1.0, 0.6, True, False),  # true ones alone are more than that
        (8, 0, 4.0, 0.6, False, None),  # nothing shows what would be lost
        (8, 2, 4.0, 0.95, False, None),  # false ones are more probable than true ones
    ],
)
def test_a_proposal_keeps_to_the_budget_or_says_that_it_cannot(
    false: int, true: int, per_day: float, low: float, proposed: bool, meets: bool | None
) -> None:
    given = evidence(false, true, low=low)
    found = propose(Budget(kind=AlarmKind.BED_EXIT, per_room_day=per_day), given)
    assert bool(found) is proposed
    for one in found:
        assert one.room == "r0"
        assert one.meets is meets
        assert (one.lost.k, one.lost_in_house.k) == (0, 0)
        assert (one.rings_then.high or 0) < (one.rings_now.rate or 0)
        rings = ((given.score >= one.below) & (given.room == 0)).sum()
        assert rings == one.rings_then.count


@pytest.mark.parametrize("kind", sorted(set(AlarmKind) - BUDGETED))
def test_nothing_is_proposed_for_calls_and_what_is_technical(kind: AlarmKind) -> None:
    with pytest.raises(UsageError, match="may be held back"):
        propose(Budget(kind=kind, per_room_day=0.1), evidence(8, 2))


def test_evidence_leaves_out_tests_shadow_and_other_days() -> None:
    facts = [
        *(fact(0.5 * DAY, true=True), fact(1.5 * DAY, true=False), fact(2.5 * DAY)),
        *(fact(0, test=True), fact(0, shadow=True), fact(3.5 * DAY), fact(-1), fact(0, sure=False)),
        fact(1.6 * DAY, held=True),
    ]
    found = Evidence.of(AlarmKind.BED_EXIT, facts, ["r1"], [day * DAY * NS for day in range(4)])
    assert found.day.tolist() == [0, 1, 2, 1]
    assert found.verdict.tolist() == [TRUE, FALSE, UNSAID, UNSAID]


def test_a_digest_names_a_proposal() -> None:
    budget = Budget(kind=AlarmKind.BED_EXIT, per_room_day=4.0)
    once, again = propose(budget, evidence(8, 2)), propose(budget, evidence(8, 2))
    other = propose(budget, evidence(9, 2))
    assert once[0].digest == again[0].digest != other[0].digest
