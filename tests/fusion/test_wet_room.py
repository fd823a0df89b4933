"""Into the wet room and not out: who stays too long, by the own time, and who does not."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.config_watch import DoorView, WetRoom
from ambient.events import Sense
from ambient.observations import SensorKind, SoundClass, TrackEnd, TrackEnded
from fusion.situations import RoomSituations
from tests.fusion.situation_kit import (
    WATCH,
    at,
    bedroom,
    every,
    heard,
    judge,
    sensor,
    stands,
    steps,
    ticks,
    told,
)

RADAR = SensorKind.PRESENCE
PIR = SensorKind.PASSIVE_INFRARED
DOOR = SensorKind.DOOR
SUSPECTED, CONFIRMED, LASTING, ENDED = (
    f"absence.not_out {s}" for s in ("suspected", "confirmed", "lasting", "ended")
)


def bath(**keys: Any) -> RoomSituations:
    """Return a room whose bath has a radar, a PIR and a door contact."""
    wet = WetRoom(id="bath", sensors=["radar", "pir", "door"], **keys)
    return judge(bedroom(WATCH, wet_rooms=[wet]))


def stay(start: float, end: float) -> list[Any]:
    """Return a stay as a radar tells it, with ticks."""
    return [
        sensor(start, RADAR, True, "radar"),
        *ticks(start + 1, end, 5.0),
        sensor(end, RADAR, False, "radar"),
    ]


def test_who_stays_too_long_is_told_and_ends_with_coming_out() -> None:
    said = told(bath(), [*stay(10, 2300), *ticks(2301, 2400)])
    assert steps(said) == [SUSPECTED, CONFIRMED, ENDED]
    assert said[1].lasted_s == pytest.approx(1800, abs=10)
    assert said[1].who.key == "bath"
    assert said[1].who.subject == "s-aaaa"


def test_nobody_is_told_of_in_the_usual_time() -> None:
    assert told(bath(), [*stay(10, 1000), *ticks(1001, 4000, 5.0)]) == []


def test_the_own_time_makes_it_sooner() -> None:
    room = bath()
    usual = [one for n in range(12) for one in stay(10 + 1000 * n, 250 + 1000 * n)]
    assert told(room, [*usual, *ticks(12_000, 12_100)]) == []
    said = told(room, stay(20_000, 21_900))
    confirmed = next(c for c in said if c.step.value == "confirmed")
    assert confirmed.lasted_s == pytest.approx(652, abs=20)  # 240 s · e^(4 · 0.25)
    told_of = {c.sense: c.llr for c in confirmed.contributions}
    assert Sense.OWN_RATE in told_of


def stirs(start: float, end: float, every_s: float = 100.0) -> list[Any]:
    """Return what a PIR in the bath notices."""
    count = int((end - start) / every_s)
    return [sensor(start + n * every_s, PIR, True, "pir") for n in range(count)]


@pytest.mark.parametrize(
    ("moves_until", "minutes"),
    [(60, 30.0), (1000, 30.0), (2200, 38.0), (4000, 45.0)],
    ids=["lies still", "stops before", "stops later", "never stops"],
)
def test_who_stirs_in_there_is_given_longer_until_it_stops(
    moves_until: float, minutes: float
) -> None:
    seen = [*stay(10, 4000), *stirs(20, moves_until)]
    said = told(bath(), sorted(seen, key=lambda one: one.t))
    confirmed = next(c for c in said if c.step.value == "confirmed")
    assert confirmed.lasted_s / 60.0 == pytest.approx(minutes, abs=2.0)


def test_a_thud_counts_whoever_stirs() -> None:
    seen = [*stay(10, 4000), *stirs(20, 4000), heard(100, SoundClass.THUD)]
    said = told(bath(), sorted(seen, key=lambda one: one.t))
    confirmed = next(c for c in said if c.step.value == "confirmed")
    assert confirmed.lasted_s < 600


def test_one_long_evening_teaches_nothing() -> None:
    room = bath()
    usual = [one for n in range(12) for one in stay(10 + 1000 * n, 250 + 1000 * n)]
    told(room, [*usual, *stay(15_000, 16_700), *ticks(16_701, 16_710)])
    said = told(room, stay(20_000, 21_900))
    assert next(c for c in said if c.step.value == "confirmed").lasted_s < 700


@pytest.mark.parametrize("sound", [SoundClass.THUD, SoundClass.HELP, SoundClass.SCREAM])
def test_a_thud_or_a_call_makes_it_sooner(sound: SoundClass) -> None:
    said = told(bath(), [*stay(10, 900), heard(100, sound)])
    confirmed = next(c for c in said if c.step.value == "confirmed")
    assert confirmed.lasted_s == pytest.approx(450, abs=10)
    assert any(c.sense.value == f"sound.{sound.value}" for c in confirmed.contributions)


def test_a_thud_before_anybody_went_in_is_none_of_it() -> None:
    said = told(bath(), [heard(5, SoundClass.THUD), *stay(10, 900)])
    assert said == []


def test_with_a_carer_it_takes_longer() -> None:
    came = [sensor(15, SensorKind.CARER, True, "badge")]
    said = told(bath(), [*came, *stay(20, 3000)])
    assert CONFIRMED not in steps(said)


def test_a_door_and_a_pir_are_enough() -> None:
    seen = [sensor(10, DOOR, True, "door"), sensor(12, DOOR, False, "door"),
            sensor(14, PIR, True, "pir"), *ticks(15, 1900, 5.0)]  # fmt: skip
    said = steps(told(bath(), seen))
    assert CONFIRMED in said


def test_out_by_the_door_ends_it_where_no_radar_hangs() -> None:
    seen = [sensor(10, DOOR, True, "door"), sensor(14, PIR, True, "pir"), *ticks(15, 600, 5.0),
            sensor(600, DOOR, True, "door"),
            *every(stands, 601, 680, track=4, where=(1.0, 0.5)),
            *ticks(690, 3000, 5.0)]  # fmt: skip
    assert told(bath(), seen) == []


def test_a_camera_that_sees_somebody_go_in_is_enough() -> None:
    door = DoorView(camera="c1", polygon=[(0.8, 0.2), (1.0, 0.2), (1.0, 0.9), (0.8, 0.9)])
    room = judge(bedroom(WATCH, wet_rooms=[WetRoom(id="bath", door=door)]))
    walks = [*every(stands, 10, 14, track=3, where=(1.2, 0.6)),
             *every(stands, 14, 16, track=3, where=(1.6, 0.6))]  # fmt: skip
    gone = TrackEnded(t=at(17), room="r1", source="c1", track=3, reason=TrackEnd.LEFT_PICTURE)
    said = told(room, [*walks, gone, *ticks(18, 1900, 5.0)])
    assert CONFIRMED in steps(said)
    back = told(room, [*every(stands, 1901, 1903, track=8, where=(1.6, 0.6)), *ticks(1904, 1906)])
    assert steps(back) == [ENDED]


def test_other_sensors_are_none_of_it() -> None:
    assert told(bath(), [sensor(10, RADAR, True, "elsewhere"), *ticks(11, 4000, 5.0)]) == []
