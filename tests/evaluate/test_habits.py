"""Simulated days of residents: the same again, true to themselves, and scored by what is true."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from ambient.evaluate.habits.life import DAY_S, Doing, Incident, Lived, Matter, lived
from ambient.evaluate.habits.report import KINDS, LEARNING, Counted, run, score
from ambient.evaluate.habits.watch import SECOND, said
from ambient.events import SituationStep
from fusion.chains import Change, Who

START = (LEARNING + 1) * DAY_S + 40_000.0


def confirmed(matter: Matter, s: float) -> Change:
    """Return what is confirmed at second `s`."""
    t = round(s * SECOND)
    return Change(KINDS[matter], Who("room", None), SituationStep.CONFIRMED, t, 0, t, 0.0, 0.9, ())


def with_incident(matter: Matter) -> Lived:
    """Return days on which one thing is the matter, for an hour from `START` on."""
    one = lived(3, 0, LEARNING + 2)
    return dataclasses.replace(one, incidents=[Incident(matter, START, START + 3600.0)])


def test_days_are_the_same_again_and_have_no_holes() -> None:
    one = lived(3, 0, 20)
    assert one == lived(3, 0, 20)
    assert all(0.0 <= b.start - a.end < 1e-6 for a, b in pairwise(one.stretches))
    assert {stretch.doing for stretch in one.stretches} == set(Doing)


def test_what_is_said_is_in_order() -> None:
    times = [seen.t for seen in said(lived(3, 1, 3), 3, 1)]
    assert times == sorted(times)
    assert len(times) > 10_000


@pytest.mark.parametrize("matter", list(Matter))
@pytest.mark.parametrize(
    ("after_s", "found", "false"), [(1800.0, True, 0), (-600.0, False, 1), (20_000.0, False, 1)]
)
def test_told_while_it_goes_on_is_found_and_at_any_other_time_false(
    matter: Matter, after_s: float, found: bool, false: int
) -> None:
    counted = {each: Counted() for each in Matter}
    score(with_incident(matter), [confirmed(matter, START + after_s)], counted)
    assert counted[matter] == Counted([30.0 if found else None], false)


def test_who_does_not_move_is_rightly_called_inactive() -> None:
    counted = {each: Counted() for each in Matter}
    score(with_incident(Matter.STILL), [confirmed(Matter.INACTIVE, START + 1800.0)], counted)
    assert counted[Matter.INACTIVE] == Counted()


def test_what_was_told_while_learning_is_not_counted() -> None:
    counted = {each: Counted() for each in Matter}
    score(with_incident(Matter.STILL), [confirmed(Matter.WANDERS, DAY_S)], counted)
    assert counted[Matter.WANDERS].false == 0


def test_a_few_days_through_the_judges() -> None:
    found = run(1, LEARNING + 3, seed=4)
    assert set(found.told) == {matter.value for matter in Matter}
    assert all(told.false_per_day.exposure == 3.0 for told in found.told.values())
