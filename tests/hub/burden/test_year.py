"""The simulated year: what must hold of it whatever its figures are."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.hub.alarms.kinds import CHAINED
from ambient.hub.burden import proposals, year
from ambient.hub.burden.proposals import Budget, Evidence, Proposal
from ambient.hub.burden.year import BASE, simulate


def test_the_same_seed_is_the_same_year() -> None:
    once, again = simulate(BASE, 8, 90, 5), simulate(BASE, 8, 90, 5)
    assert msgspec.json.encode(once) == msgspec.json.encode(again)
    assert msgspec.json.encode(once) != msgspec.json.encode(simulate(BASE, 8, 90, 6))


def test_proposals_see_the_first_month_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Evidence] = []

    def watched(budget: Budget, evidence: Evidence) -> list[Proposal]:
        seen.append(evidence)
        return proposals.propose(budget, evidence)

    monkeypatch.setattr(year, "propose", watched)
    simulate(BASE, 8, 120, 5)
    fitted = [one for one in seen if one.rooms and len(np.unique(one.score)) > 1]
    assert len(fitted) == len(BASE.kinds)
    assert all(one.day.max() < BASE.fit_days for one in fitted)


def test_thresholds_help_and_touch_nobody_on_the_floor() -> None:
    found = simulate(BASE, 30, 120, 5)
    assert found.budgets_kept.k > found.budgets_before.k
    assert found.untouchable > 5
    assert found.touched == 0
    assert {one.kind for one in found.months} - {None} <= CHAINED
    assert found.months[0].lost.k <= 0.05 * found.months[0].lost.n


def test_a_year_needs_a_later_month() -> None:
    with pytest.raises(UsageError, match="days: expected more than the 30"):
        simulate(BASE, 3, 30, 1)
