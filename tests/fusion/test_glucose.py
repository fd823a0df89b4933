"""Glucose as chains: low, about to be, holes, doubts, and another sensor."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ambient import events as ev
from ambient.config_vitals import ResearchUse
from ambient.events import Sense
from ambient.observations import AnyObservation, Doubt
from models.glucose import MG_PER_MMOL
from tests.fusion.vitals_kit import ANNA, feed, judge, ticks, told, vital

KIND = "vitals.glucose"
USE = ResearchUse(glucose=True)
MINUTE, HOUR = 60, 3600


def course(
    *points: tuple[float, float], step: float = 300.0, **keys: object
) -> list[AnyObservation]:
    """Return a sensor that goes through (minute, mmol/L) in straight lines."""
    out: list[AnyObservation] = []
    for (start, one), (end, other) in pairwise(points):
        t = start * MINUTE
        while t < end * MINUTE:
            share = (t / MINUTE - start) / (end - start)
            out.append(
                vital(t, "glucose", (one + share * (other - one)) * MG_PER_MMOL, **keys)  # type: ignore[arg-type]
            )
            t += step
    return out


def events(seen: list[AnyObservation], until: float) -> list[ev.VitalsGlucose]:
    found = feed(judge(USE), [*seen, *ticks(0, until * MINUTE, 60)])
    return [one for one in found if isinstance(one, ev.VitalsGlucose)]


STEADY = ((0, 7.0), (60, 7.0))

CASES: list[tuple[str, list[AnyObservation], float, list[str]]] = [
    ("steady", course((0, 6.0), (300, 6.0)), 300, []),
    ("a meal", course((0, 6.0), (40, 10.0), (160, 6.5), (300, 6.5)), 300, []),
    ("a fall", course(*STEADY, (100, 3.0), (130, 3.0)), 130,
     ["suspected", "confirmed", "lasting"]),
    ("a fall that is treated", course(*STEADY, (85, 4.4), (110, 7.0), (180, 7.0)), 180,
     ["suspected", "ended"]),
    ("low and well again", course(*STEADY, (95, 3.6), (105, 3.6), (140, 6.5), (200, 6.5)), 200,
     ["suspected", "confirmed", "ended"]),
    ("low for half an hour", course(*STEADY, (95, 3.6), (140, 3.6)), 140,
     ["suspected", "confirmed", "lasting"]),
    ("low from the first value on", course((0, 3.5), (10, 3.5)), 10, ["confirmed"]),
    ("very low", course((0, 2.8), (10, 2.8)), 10, ["lasting"]),
    ("a minute apart", course(*STEADY, (100, 3.2), (110, 3.2), step=60.0), 110,
     ["suspected", "confirmed"]),
    ("silent for six hours", course((0, 3.5), (10, 3.5)), 400, ["confirmed", "ended"]),
    ("what comes hours late is no news", course((0, 3.5), (10, 3.5), late=2 * HOUR), 200, []),
    ("of poor quality", course((0, 3.5), (10, 3.5), quality=0.3), 30, []),
    ("under a pressed arm", course((0, 3.5), (10, 3.5), doubts=[Doubt.JUMP]), 30, []),
    ("LOW at the end of the range", course((0, 2.2), (10, 2.2), doubts=[Doubt.SATURATED]), 30,
     ["lasting"]),
    ("another sensor meanwhile",
     [*course((0, 7.0), (60, 7.0)), *course((2, 3.0), (58, 3.0), source="w2")], 60, []),
    ("another sensor afterwards",
     [*course((0, 7.0), (60, 7.0)), *course((90, 3.6), (100, 3.6), source="w2")], 100,
     ["confirmed"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "until", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_steps(seen: list[AnyObservation], until: float, expected: list[str]) -> None:
    assert [one.step.value for one in events(seen, until)] == expected


def test_it_is_told_before_it_is_low_and_when_to_expect_it() -> None:
    suspected, confirmed, _ = events(course(*STEADY, (100, 3.0), (130, 3.0)), 130)
    ahead = (confirmed.t - suspected.t) / 1e9
    assert ahead >= 600.0
    assert 0.0 < suspected.in_s <= 1800.0
    # The fall is a straight line, so that it is low about when it was said to be.
    assert abs(suspected.in_s - ahead) <= 600.0
    assert confirmed.in_s == 0.0
    assert 0.1 < suspected.probability < confirmed.probability == 1.0
    assert [one.sense for one in suspected.contributions] == [Sense.GLUCOSE]
    assert suspected.contributions[0].llr > 0


def test_a_late_value_fills_the_hole_it_left() -> None:
    seen = course((0, 8.0), (40, 6.0), (65, 4.3))
    kept = judge(USE)
    feed(kept, [*seen, *ticks(0, 3900)])
    behind = judge(USE)
    late = [one for one in seen if 1200 <= (one.t - seen[0].t) / 1e9 < 2100]
    rest = [one for one in seen if one not in late]
    feed(behind, [*rest, *ticks(0, 3900)])
    for one in reversed(late):
        behind.observe(one)
    feed(behind, ticks(3910, 3990))
    of = [one.rooms["r1"].vitals.state.residents[ANNA].glucose for one in (kept, behind)]
    assert of[0].kept == of[1].kept


@pytest.mark.parametrize(("use", "on"), [(ResearchUse(), True), (USE, False)])
def test_nothing_without_the_switch_and_the_consent(use: ResearchUse, on: bool) -> None:
    seen = [*course((0, 2.5), (30, 2.5)), *ticks(0, 1800)]
    assert told(feed(judge(use, on=on), seen), KIND) == []
