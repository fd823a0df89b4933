"""No movement, unusual inactivity, wandering and agitation: told when so, quiet when not."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.config_watch import RoomWatch
from ambient.events import Sense
from ambient.observations import Place, SensorKind, SoundClass
from fusion.movement import Movement
from fusion.situations import RoomSituations
from tests.fusion.situation_kit import (
    WATCH,
    bedroom,
    every,
    heard,
    judge,
    lies,
    moved,
    sensor,
    sits,
    stands,
    steps,
    ticks,
    told,
)

BED = SensorKind.BED
STILL = RoomWatch(no_movement_min=60, in_bed_min=240)


def room(watch: RoomWatch) -> RoomSituations:
    """Return a judge of a room that is watched as a whole."""
    return judge(bedroom(WATCH, watch=watch))


def sitting(start: float, end: float, still: float = 1.0) -> list[Any]:
    """Return somebody in a chair, seen every half minute."""
    return every(sits, start, end, step=30.0, where=(1.2, 0.6), still=still)


def hours(*minutes: int, day: int = 0) -> list[Any]:
    """Return hours from 9:00 on with so many minutes of movement each."""
    out: list[Any] = []
    for n, active in enumerate(minutes):
        start = day * 86_400 + (9 + n) * 3600
        out += sitting(start, start + 60 * active, 0.1)
        out += sitting(start + 60 * active, start + 3600)
    return out


def test_no_movement_of_somebody_who_sits_there() -> None:
    said = told(room(STILL), [*sitting(0, 60, 0.2), *sitting(60, 4000), *sitting(4000, 4060, 0.1)])
    assert steps(said) == [
        "absence.no_movement suspected",
        "absence.no_movement confirmed",
        "absence.no_movement ended",
    ]
    assert said[1].lasted_s == pytest.approx(3600, abs=60)
    assert {c.sense for c in said[1].contributions} == {Sense.VISION_MOVEMENT}


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("nobody there", ticks(0, 20_000, 10.0)),
        ("somebody who shifts now and then",
         [one for n in range(8) for one in (*sitting(2400 * n, 2400 * n + 2340),
                                            *sitting(2400 * n + 2340, 2400 * n + 2400, 0.3))]),
        ("asleep in bed for three hours", every(lies, 0, 10_800, step=30.0, still=1.0,
                                                place=Place.BED)),
        ("lost from sight for hours", [*sitting(0, 600), *ticks(600, 12_000, 10.0)]),
    ],
)  # fmt: skip
def test_no_movement_is_not_told_of(name: str, seen: list[Any]) -> None:
    assert [c for c in told(room(STILL), seen) if c.kind.value == "absence.no_movement"] == [], name


def test_in_bed_it_takes_the_longer_time_and_a_bed_sensor_is_enough() -> None:
    seen = [sensor(0, BED, True, "s1", bed="a"), *ticks(1, 15_000, 10.0)]
    said = [c for c in told(room(STILL), seen) if c.kind.value == "absence.no_movement"]
    assert steps(said)[-1] == "absence.no_movement confirmed"
    assert said[-1].lasted_s == pytest.approx(14_400, abs=60)


def test_far_less_active_than_on_other_days() -> None:
    judged = room(RoomWatch(inactive=True))
    for day in range(9):
        usual = hours(30 + day % 3, 25, 35, 20, day=day)
        assert told(judged, usual) == [], day
    said = told(judged, hours(2, 1, 2, 2, 30, day=9))
    assert steps(said)[0] in ("absence.inactive suspected", "absence.inactive confirmed")
    assert any(c.sense is Sense.OWN_RATE for c in said[0].contributions)


def test_a_day_out_is_no_inactivity() -> None:
    judged = room(RoomWatch(inactive=True))
    for day in range(9):
        told(judged, hours(30, 25, 35, 20, day=day))
    out = ticks(9 * 86_400 + 8 * 3600, 9 * 86_400 + 14 * 3600, 30.0)
    assert told(judged, out) == []


def test_walking_about_again_and_again() -> None:
    walks = [
        one
        for n in range(7)
        for one in every(
            stands, 3600 + 700 * n, 3600 + 700 * n + 200, step=1.0, where=(1.0, 0.6), still=0.1
        )
    ]
    said = told(room(RoomWatch(wandering=True)), [*walks, *ticks(8500, 12_500, 5.0)])
    told_of = [s for s in steps(said) if "wandering" in s]
    assert told_of == [
        "absence.wandering suspected",
        "absence.wandering confirmed",
        "absence.wandering ended",
    ]


def test_two_trips_to_the_toilet_are_no_wandering_nor_is_walking_by_day() -> None:
    def trip(start: float) -> list[Any]:
        return [
            *every(stands, start, start + 30, step=1.0, where=(1.0, 0.6), still=0.1),
            *every(stands, start + 400, start + 430, step=1.0, where=(1.0, 0.6), still=0.1),
        ]

    night = [*trip(3600), *trip(9000)]
    day = [one for n in range(12) for one in trip(36_000 + 900 * n)]
    said = told(room(RoomWatch(wandering=True)), [*night, *day])
    assert [s for s in steps(said) if "wandering" in s] == []


def test_sounds_and_movement_together_are_agitation() -> None:
    judged = room(RoomWatch(agitated=True))
    moans = [heard(100 + 20 * n, SoundClass.MOAN) for n in range(4)]
    wild = [moved(100 + n, 0.5) for n in range(10)]
    said = told(judged, [*ticks(0, 200), *moans, *wild, *ticks(200, 2500, 5.0)])
    assert steps(said)[0] == "distress.agitated suspected"
    assert steps(said)[-1] == "distress.agitated ended"
    senses = {c.sense for c in said[-2].contributions}
    assert {Sense.SOUND_MOAN, Sense.WEARABLE_MOVEMENT} <= senses


def test_a_cough_or_a_wave_is_no_agitation() -> None:
    judged = room(RoomWatch(agitated=True))
    assert told(judged, [heard(10, SoundClass.COUGH), moved(12, 0.5), *ticks(0, 900, 5.0)]) == []


def test_who_moans_every_night_is_compared_with_that() -> None:
    judged = room(RoomWatch(agitated=True))
    often = [heard(60.0 + 100 * n, SoundClass.MOAN) for n in range(2500)]
    told(judged, often)
    start = 60.0 + 100 * 2500
    said = told(judged, [heard(start + 90 * n, SoundClass.MOAN) for n in range(6)])
    assert said == []


def test_senses_are_named_in_the_order_in_which_they_came_on() -> None:
    """Another process, with another order of hashes, says the same: a replay compares bytes."""
    movement = Movement()
    for kind in (SensorKind.CHAIR, SensorKind.PRESENCE, BED):
        movement.take(sensor(0.0, kind, on=True, source=kind.value))
    names = (Sense.SENSOR_CHAIR, Sense.SENSOR_PRESENCE, Sense.SENSOR_BED)
    assert movement.watching(0) == list(names)
