"""A carer is here by a sensor that says so, and for as long as it holds."""

from __future__ import annotations

import pytest

from ambient.observations import SensorKind
from fusion.carer import Carers
from tests.fusion.situation_kit import at, sensor

CARER = SensorKind.CARER


@pytest.mark.parametrize(
    ("name", "changes", "here", "gone"),
    [
        ("a badge in reach", [(10, True), (300, False)], [11, 200, 310], [9, 320]),
        ("a tap", [(10, True), (10.4, False)], [11, 300, 600], [620]),
        ("a tap in and a tap out", [(10, True), (10.4, False), (200, True), (200.4, False)],
         [11, 199, 210], [220, 400]),
        ("a tap that bounces", [(10, True), (10.2, False), (10.5, True), (10.7, False)],
         [20, 500], [620]),
        ("off without on", [(10, False)], [], [11, 100]),
    ],
)  # fmt: skip
def test_until_when_it_holds(
    name: str, changes: list[tuple[float, bool]], here: list[float], gone: list[float]
) -> None:
    moments = sorted([(s, True) for s in here] + [(s, False) for s in gone])
    carers, waiting = Carers(), list(changes)
    for moment, expected in moments:
        while waiting and waiting[0][0] <= moment:
            when, on = waiting.pop(0)
            carers.sensor(sensor(when, CARER, on))
        assert carers.here(at(moment)) is expected, (name, moment)


def test_other_sensors_and_kept_states_are_no_carer() -> None:
    carers = Carers()
    carers.sensor(sensor(10, SensorKind.PRESENCE, True))
    carers.sensor(sensor(10, CARER, True, retained=True))
    assert not carers.here(at(11))


@pytest.mark.parametrize(
    ("name", "changes", "after"),
    [
        ("a badge whose going was missed", [(10, True)], False),
        ("a badge that has just gone", [(10, True), (55, False)], True),
        ("a tap", [(10, True), (10.4, False)], True),
        ("a tap out whose end was missed", [(10, True), (10.4, False), (59, True)], False),
        ("nobody", [], False),
    ],
)
def test_what_a_broker_kept_says_only_that_a_carer_has_left(
    name: str, changes: list[tuple[float, bool]], after: bool
) -> None:
    carers = Carers()
    for when, on in changes:
        carers.sensor(sensor(when, CARER, on))
    carers.sensor(sensor(60, CARER, False, retained=True))
    assert carers.here(at(61)) is after, name
    carers.sensor(sensor(700, CARER, True))
    assert carers.here(at(701))


def test_until_is_known_of_a_tap_and_not_of_a_badge() -> None:
    carers = Carers()
    carers.sensor(sensor(10, CARER, True))
    assert carers.until(at(20)) is None
    carers.sensor(sensor(10.5, CARER, False))
    assert carers.until(at(20)) == at(610)
