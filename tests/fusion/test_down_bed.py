"""A bed sensor that is on: which falls it speaks against, and that one that is stuck silences none.

What it says is worth most when it has just gone on, and less by the hour. Nobody can tell a sleeper
whose wristband knocks against the rail from somebody on the floor beside a pad that is stuck, so
that no further word of the same makes it news again.
"""

from __future__ import annotations

import pytest

from ambient.config import Room
from ambient.observations import AnyObservation, Place, SensorKind, SoundClass, Wear
from fusion.falls_state import Step
from tests.fusion.senses_kit import DOUBLE, SINGLE, impact, judge, lies, moves, play, sensor, sound
from tests.fusion.test_falls import span

FALL_S = 4 * 3600.0
"""So long after the sensor went on; by then it is worth a sixteenth."""


def up() -> list[AnyObservation]:
    return [*span(FALL_S - 10, FALL_S, down=0.0, upright=0.9)]


def floor(**kind: object) -> list[AnyObservation]:
    return [*span(FALL_S, FALL_S + 60, place=Place.FLOOR, **kind)]


def felt(sure: float, wear: Wear, *, walks: bool = True) -> list[AnyObservation]:
    before = moves if walks else lies
    return [*before(FALL_S - 30, FALL_S, wear=wear), impact(FALL_S, sure, wear=wear),
            *lies(FALL_S + 1, FALL_S + 90, wear=wear)]  # fmt: skip


FALLS: dict[str, list[AnyObservation]] = {
    "felt at the waist": felt(0.97, Wear.WAIST),
    "felt at the wrist": felt(0.99, Wear.WRIST),
    "felt at the wrist, out of bed": felt(0.99, Wear.WRIST, walks=False),
    "seen on the floor": floor(down=0.95),
    "seen on the floor, less sure": floor(down=0.8),
    "seen to fall": [*up(), *floor(down=0.9)],
    "seen to fall, half hidden": [*up(), *floor(down=0.8, quality=0.5)],
    "seen and heard": [*up(), sound(FALL_S, SoundClass.THUD), *floor(down=0.8)],
    "told by a radar": [sensor(FALL_S, SensorKind.FALL, probability=0.95)],
}


def pad(s: float, on: bool = True, *, bed: str = "b1", retained: bool = False) -> AnyObservation:
    return sensor(s, SensorKind.BED, on, bed=bed, retained=retained)


def each_minute(bed: str = "b1") -> list[AnyObservation]:
    return [pad(60.0 * n, bed=bed) for n in range(round(FALL_S / 60.0) + 2)]


def confirmed(room: Room, *stories: list[AnyObservation]) -> bool:
    story = [one for each in stories for one in each]
    changes = play(judge(room), story, until=FALL_S + 90, begin=round(FALL_S) - 70)
    return Step.CONFIRMED in {change.step for change in changes}


@pytest.mark.parametrize("fall", FALLS.values(), ids=FALLS)
@pytest.mark.parametrize(
    ("room", "said"),
    [
        (SINGLE, []),
        (SINGLE, [pad(0.0)]),
        (SINGLE, each_minute()),
        (SINGLE, [pad(0.0), pad(FALL_S - 60, retained=True)]),
        (SINGLE, [pad(FALL_S - 60, retained=True)]),
        (SINGLE, [pad(0.0), pad(FALL_S - 2, False)]),
        (DOUBLE, each_minute()),
        (DOUBLE, each_minute("b2")),
    ],
    ids=[
        "none",
        "stuck, or its source gone",
        "stuck, and says so each minute",
        "a broker says again what it had kept",
        "a broker kept it from before",
        "lets go",
        "stuck, two people",
        "stuck, of the other bed",
    ],
)
def test_a_bed_sensor_that_has_been_on_for_hours_silences_no_fall(
    room: Room, said: list[AnyObservation], fall: list[AnyObservation]
) -> None:
    assert confirmed(room, said, fall)


@pytest.mark.parametrize(
    ("fall", "rings"),
    [
        ("felt at the waist", False),
        ("felt at the wrist, out of bed", False),
        ("seen on the floor, less sure", False),
        ("seen on the floor", True),
        ("seen to fall", True),
        ("seen and heard", True),
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        [pad(FALL_S - 60)],
        # It let go meanwhile: it is not stuck, and on again is news.
        [pad(0.0), pad(FALL_S - 90, False), pad(FALL_S - 60)],
    ],
    ids=["first", "again"],
)
def test_one_that_has_just_gone_on_speaks_against_all_but_a_body_beside_the_bed(
    said: list[AnyObservation], fall: str, rings: bool
) -> None:
    assert confirmed(SINGLE, said, FALLS[fall]) is rings


@pytest.mark.parametrize(("bed", "rings"), [("b1", False), ("b2", True)])
def test_of_two_people_it_speaks_for_whose_bed_it_is(bed: str, rings: bool) -> None:
    assert confirmed(DOUBLE, [pad(FALL_S - 60, bed=bed)], FALLS["felt at the waist"]) is rings
