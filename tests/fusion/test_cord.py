"""Calls by cord and button: once each, never by what a broker had kept, late ones as well."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.events import Sense
from ambient.observations import SensorKind
from tests.fusion.situation_kit import bedroom, judge, sensor, steps, ticks, told

CORD, CARER = SensorKind.CORD, SensorKind.CARER
CONFIRMED, LASTING, ENDED = (f"distress.cord {s}" for s in ("confirmed", "lasting", "ended"))


@pytest.mark.parametrize(
    ("name", "seen", "expected"),
    [
        ("a pull rings at once", [sensor(10, CORD, True)], [CONFIRMED]),
        ("kept by a broker: no call", [sensor(10, CORD, True, retained=True)], []),
        ("contacts bounce", [sensor(10 + n / 20, CORD, n % 2 == 0) for n in range(9)], [CONFIRMED]),
        ("a state that is sent again", [sensor(10 + 5 * n, CORD, True) for n in range(4)],
         [CONFIRMED]),
        ("reset", [sensor(10, CORD, True), sensor(60, CORD, False)], [CONFIRMED, ENDED]),
        ("a button's own release is no reset", [sensor(10, CORD, True), sensor(10.3, CORD, False)],
         [CONFIRMED]),
        ("pulled again after a reset", [sensor(10, CORD, True), sensor(60, CORD, False),
                                        sensor(90, CORD, True)], [CONFIRMED, ENDED, CONFIRMED]),
        ("two cords are two calls", [sensor(10, CORD, True, "x1"), sensor(20, CORD, True, "x2")],
         [CONFIRMED, CONFIRMED]),
        ("unanswered for minutes", [sensor(10, CORD, True), *ticks(11, 200)], [CONFIRMED, LASTING]),
        ("a carer comes", [sensor(10, CORD, True), sensor(80, CARER, True, "door")],
         [CONFIRMED, ENDED]),
        ("a carer who is here calls for help", [sensor(5, CARER, True, "door"),
                                                sensor(10, CORD, True)], [CONFIRMED]),
        ("a door is no call", [sensor(10, SensorKind.DOOR, True)], []),
    ],
)  # fmt: skip
def test_calls(name: str, seen: list[Any], expected: list[str]) -> None:
    assert steps(told(judge(bedroom()), seen)) == expected, name


@pytest.mark.parametrize(("late_s", "rings"), [(5, True), (120, True), (1700, True), (7200, False)])
def test_a_call_that_comes_late_still_rings_for_half_an_hour(late_s: int, rings: bool) -> None:
    room = judge(bedroom())
    told(room, ticks(late_s, late_s + 20))
    pulled = sensor(15, CORD, True, late=late_s)
    said = room.observe(pulled, ticks(late_s + 20, late_s + 20)[0].t)
    assert (steps(said) == [CONFIRMED]) is rings


def test_who_called_is_the_bed_s_and_an_answer_is_noted() -> None:
    said = told(
        judge(bedroom()), [sensor(10, CORD, True, bed="a"), sensor(70, CARER, True, "door")]
    )
    assert said[0].who.subject == "s-aaaa"
    assert said[0].probability > 0.95
    answered = [c for c in said[1].contributions if c.sense is Sense.CARER]
    assert answered
    assert answered[0].llr < 0
