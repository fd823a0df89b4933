"""A vital sign against the own usual: learning, what is compared with what, and false chains."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ambient.errors import UsageError
from ambient.evaluate.vitals_baseline import HOUR, PARTS, run
from ambient.events import Marker
from fusion.hours import TimeOfDay
from fusion.vitals_baseline import BaselineJudge, Deviation
from fusion.vitals_summary import Figure

Course = Callable[[int, TimeOfDay], float | None]


def live(
    days: int,
    course: Course,
    marker: Marker = Marker.HEART_RATE,
    source: Callable[[int], str] = lambda _: "w1",
    seconds: float = 3600.0,
) -> list[tuple[int, Deviation]]:
    """Return what is said of days: the number of the day, and the deviation."""
    judge = BaselineJudge("s-aaaa")
    out: list[tuple[int, Deviation]] = []
    hour = 0
    for day in range(days):
        for part, length in PARTS:
            value = course(day, part)
            if value is not None:
                judge.hour(hour * HOUR, [(source(day), Figure(marker, value, seconds))])
            hour += length
            out += [(day, one) for one in judge.close(part, hour * HOUR)]
    return out


def usual(day: int, part: TimeOfDay) -> float:
    """Return a heart rate that strays by 2, higher by day than at night."""
    return (60.0 if part is TimeOfDay.NIGHT else 76.0) + 2.0 * ((day * 7 + len(part)) % 3 - 1)


def after(day: int, change: float, until: int = 10_000) -> Course:
    def course(at: int, part: TimeOfDay) -> float:
        return usual(at, part) + (change if day <= at < until else 0.0)

    return course


CASES: list[tuple[str, Course, Marker, list[str]]] = [
    ("as always", usual, Marker.HEART_RATE, []),
    ("up by 20", after(30, 20.0, 32), Marker.HEART_RATE, ["suspected", "confirmed", "ended"]),
    ("up for a week", after(30, 20.0, 37), Marker.HEART_RATE,
     ["suspected", "confirmed", "lasting", "ended"]),
    ("down by 20 is not looked at", after(30, -20.0, 32), Marker.HEART_RATE, []),
    ("pressure down", after(30, -40.0, 32), Marker.SYSTOLIC_PRESSURE,
     ["suspected", "confirmed", "ended"]),
    ("up on the third day", after(3, 40.0, 5), Marker.HEART_RATE, []),
    ("one part of a day, moderately",
     lambda d, p: usual(d, p) + (12.0 if d == 30 and p is TimeOfDay.DAY else 0.0),
     Marker.HEART_RATE, []),
    ("one part of a day, far",
     lambda d, p: usual(d, p) + (30.0 if d == 30 and p is TimeOfDay.DAY else 0.0),
     Marker.HEART_RATE, ["suspected", "ended"]),
    ("a heart rate of noon at night",
     lambda d, p: 76.0 if d == 30 and p is TimeOfDay.NIGHT else usual(d, p),
     Marker.HEART_RATE, ["suspected", "ended"]),
    ("not measured for days", lambda d, p: None if 31 <= d < 40 else after(30, 20.0, 50)(d, p),
     Marker.HEART_RATE, ["suspected", "confirmed", "ended", "suspected", "confirmed"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("course", "marker", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_steps(course: Course, marker: Marker, expected: list[str]) -> None:
    said = [one.change.step.value for _, one in live(45, course, marker)]
    assert said[: len(expected)] == expected
    if expected[-1:] != ["confirmed"]:
        assert len(said) == len(expected)


def test_it_says_how_far_and_is_surer_the_more_it_has_learned() -> None:
    early, late = (next(one for _, one in live(60, after(day, 20.0))) for day in (8, 50))
    assert 3.0 < early.z < 12.0
    assert 3.0 < late.z < 12.0
    assert 0.5 <= early.change.probability < late.change.probability <= 0.9
    assert late.change.who.subject == "s-aaaa"


def test_another_device_is_not_compared_with_the_first() -> None:
    assert live(45, after(30, 20.0), source=lambda day: "w1" if day < 30 else "w2") == []


def test_too_little_of_a_part_of_the_day_is_not_compared() -> None:
    assert live(45, after(30, 20.0), seconds=1700.0) == []


def test_false_chains_stay_below_what_was_chosen_and_worse_is_found() -> None:
    report = run(residents=12, days=120, sizes=(5.0,))
    false = report.false_per_100_days
    assert false.low is not None
    assert false.low <= 1.0
    assert false.rate is not None
    assert false.rate <= 1.6  # 14 resident-hundreds of days: chance allows for more than 1
    found = report.worse[0].found.share
    assert found is not None
    assert found >= 0.8
    assert run(residents=2, days=40, sizes=()) == run(residents=2, days=40, sizes=())


@pytest.mark.parametrize(("residents", "days"), [(0, 100), (10, 30)])
def test_too_little_to_simulate_is_refused(residents: int, days: int) -> None:
    with pytest.raises(UsageError, match="expected"):
        run(residents=residents, days=days)
