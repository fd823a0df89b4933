"""One bed: who rises, sits on the edge, leaves, is back, and who only seems to."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import msgspec
import pytest

from ambient.config_watch import BedWatch
from ambient.events import Sense
from ambient.observations import PostureSeen, SensorKind
from fusion.situations import RoomSituations
from fusion.situations_state import SituationsState
from tests.fusion.situation_kit import (
    LYING_AT,
    at,
    bedroom,
    every,
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

ASLEEP = every(lies, 10, 60)
EDGE = every(sits, 60, 90)
UP = every(stands, 90, 100)


def test_who_gets_up_is_told_at_the_edge_and_when_out() -> None:
    said = told(judge(bedroom()), [*ASLEEP, *EDGE, *UP])
    assert steps(said) == [
        "bed.edge suspected",
        "bed.edge confirmed",
        "bed.exit confirmed",
        "bed.edge ended",
    ]
    confirmed = said[1]
    assert confirmed.who.subject == "s-aaaa"
    assert confirmed.who.bed == "a"
    assert 60 <= (confirmed.t - said[0].began) / 1e9 + 60 <= 66
    assert any(c.sense is Sense.VISION_POSTURE and c.llr > 0 for c in confirmed.contributions)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("who sleeps and turns", every(lies, 10, 600)),
        ("who comes to bed", [*every(stands, 10, 20), *every(sits, 20, 40), *every(lies, 40, 60)]),
        ("who sits up for a moment", [*ASLEEP, *every(sits, 60, 61, where=(0.53, 0.62)),
                                      *every(lies, 61, 90)]),
        ("a carer who comes from elsewhere and stands at the bed",
         [*every(lies, 10, 90), *every(stands, 60, 63, track=2, where=(1.6, 0.9)),
          *every(stands, 63, 80, track=2, where=(0.53, 0.82))]),
    ],
)  # fmt: skip
def test_no_edge_is_confirmed_of(name: str, seen: list[Any]) -> None:
    said = steps(told(judge(bedroom()), seen))
    assert "bed.edge confirmed" not in said, name
    assert "bed.exit confirmed" not in said, name


def test_with_a_carer_here_it_is_said_and_does_not_ring() -> None:
    came = [sensor(55, SensorKind.CARER, True), sensor(55.4, SensorKind.CARER, False)]
    said = told(judge(bedroom()), [*ASLEEP, *came, *EDGE, *UP])
    assert steps(said)[:2] == ["bed.edge suspected", "bed.exit suspected"]
    assert any(c.sense is Sense.CARER and c.llr < 0 for c in said[0].contributions)


def test_a_second_person_standing_there_keeps_it_from_ringing_while_there() -> None:
    carer = [*every(stands, 50, 58, track=2, where=(1.6, 0.9)),
             *every(stands, 58, 75, track=2, where=(0.8, 0.85))]  # fmt: skip
    said = told(judge(bedroom()), [*ASLEEP, *carer, *EDGE])
    times = {s: (c.t - said[0].t) / 1e9 for s, c in zip(steps(said), said, strict=True)}
    assert times["bed.edge confirmed"] > 12  # only once she is gone


def test_not_back_rings_after_its_minutes_and_ends_in_bed() -> None:
    away = [*ASLEEP, *EDGE, *UP, *ticks(101, 1100), *every(sits, 1100, 1110, track=9),
            *every(lies, 1110, 1140, track=9)]  # fmt: skip
    said = told(judge(bedroom()), away)
    back = [c for c in said if c.kind.value == "bed.not_back"]
    assert steps(back) == ["bed.not_back confirmed", "bed.not_back ended"]
    assert back[0].lasted_s == pytest.approx(900, abs=3)
    assert "bed.exit ended" in steps(said)


def test_nothing_is_told_outside_the_hours_or_of_what_is_off() -> None:
    day = BedWatch(edge=True, exit=True, camera_alone=True, night="09:00-10:00")
    assert told(judge(bedroom(day)), [*ASLEEP, *EDGE, *UP]) == []
    only = told(judge(bedroom(BedWatch(exit=True, camera_alone=True))), [*ASLEEP, *EDGE, *UP])
    assert steps(only) == ["bed.exit confirmed"]


def test_of_two_beds_the_right_one_is_told() -> None:
    other = every(lies, 10, 120, track=2, where=(1.4, 0.65))
    said = told(judge(bedroom(two=True)), [*ASLEEP, *EDGE, *UP, *other])
    assert {c.who.bed for c in said} == {"a"}
    assert "bed.exit confirmed" in steps(said)


def test_a_track_that_is_lost_in_getting_up_is_the_same_person() -> None:
    said = steps(told(judge(bedroom()), [*ASLEEP, *every(sits, 61, 90, track=5)]))
    assert "bed.edge confirmed" in said


@pytest.mark.parametrize(
    ("name", "before", "told_of"),
    [
        ("nobody was seen until the blanket was pushed away", ticks(0, 60), True),
        ("there when the room was first looked at", ticks(48, 60), False),
        ("somebody had walked about just before", every(stands, 40, 45, track=2, where=(1.6, 0.9)),
         False),
        ("the resident had got up and gone", [*every(lies, 10, 40), *every(sits, 40, 45),
         *every(stands, 45, 48), *every(stands, 48, 50, where=(1.7, 1.0))], False),
        ("a pad tells of the bed, which is empty", [*ticks(0, 60),
         sensor(1, SensorKind.BED, False, "s1", bed="a")], False),
    ],
)  # fmt: skip
def test_who_appears_in_a_bed_lay_there_unseen(name: str, before: list[Any], told_of: bool) -> None:
    start = 200 if told_of else 60
    rises = [*every(sits, start, start + 1, track=8, where=LYING_AT, still=0.1),
             *every(sits, start + 1, start + 20, track=8, still=0.5)]  # fmt: skip
    later = [c for c in told(judge(bedroom()), [*before, *rises]) if c.t >= at(start)]
    assert ("bed.edge confirmed" in steps(later)) is told_of, name


def test_who_appears_in_a_bed_and_lies_there_has_not_risen() -> None:
    said = told(judge(bedroom()), [*ticks(0, 60), *every(lies, 61, 120, track=8)])
    assert said == []


def test_bed_sensor_and_mat_tell_without_a_camera() -> None:
    bed = [sensor(0, SensorKind.BED, True, "s1", bed="a"),
           sensor(900, SensorKind.BED, False, "s1", bed="a")]  # fmt: skip
    mat = [
        sensor(880, SensorKind.MAT, True, "s2", bed="a"),
        sensor(903, SensorKind.MAT, False, "s2", bed="a"),
    ]
    said = steps(told(judge(bedroom()), [*bed, *mat, *ticks(0, 930)]))
    assert "bed.edge suspected" in said
    assert "bed.exit confirmed" in said


def test_a_wearable_that_walks_tells_of_an_exit_that_nobody_sees() -> None:
    still = [moved(10 + n, 0.005) for n in range(50)]
    walks = [moved(60 + n, 0.2, steps=2) for n in range(20)]
    said = steps(told(judge(bedroom()), [*every(lies, 10, 50), *still, *walks]))
    assert "bed.exit confirmed" in said


def test_the_state_survives_a_restart() -> None:
    first = judge(bedroom())
    told(first, [*ASLEEP, *every(sits, 60, 70)])
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.state), type=SituationsState)
    second = RoomSituations(bedroom(), UTC)
    second.restore(kept)
    second.restarted()
    said = told(second, [*every(sits, 72, 80, track=41), *every(stands, 80, 90, track=41)])
    assert steps(said) == ["bed.exit confirmed", "bed.edge ended"]
    assert said[1].position == 2


def test_restless_is_told_by_the_own_usual_level() -> None:
    quiet = every(lies, 10, 1500, step=1.0, still=0.95)
    wild = every(lies, 1500, 2700, step=1.0, still=0.2)
    calm = every(lies, 2700, 3700, step=1.0, still=0.97)
    said = steps(told(judge(bedroom()), [*quiet, *wild, *calm]))
    assert [s for s in said if "restless" in s] == [
        "bed.restless suspected",
        "bed.restless confirmed",
        "bed.restless ended",
    ]


@pytest.mark.parametrize(
    ("also", "edge", "leaves"),
    [
        ("nothing", "bed.edge suspected", "bed.exit suspected"),
        ("a bed sensor", "bed.edge confirmed", "bed.exit confirmed"),
    ],
)
def test_a_camera_alone_shows_and_rings_beside_a_bed_sensor(
    also: str, edge: str, leaves: str
) -> None:
    felt = [sensor(8, SensorKind.BED, True), sensor(91, SensorKind.BED, False)]
    seen = [*ASLEEP, *EDGE, *UP, *ticks(8, 100), *(felt if also == "a bed sensor" else [])]
    said = steps(told(judge(bedroom(BedWatch(edge=True, exit=True))), seen))
    assert (edge in said, leaves in said) == (True, True)
    assert ("bed.edge confirmed" in said) is (also == "a bed sensor")


@pytest.mark.parametrize("looked_s", [10, 60, 600])
def test_a_picture_that_does_not_change_says_no_more_the_longer_it_is_looked_at(
    looked_s: float,
) -> None:
    rim = (0.53, 0.71)
    asleep = [*every(lies, 10, 90), sits(90, still=0.3, where=rim)]
    wrong = [
        msgspec.structs.replace(one, upright=0.3, down=0.2)
        for one in every(sits, 91, 91 + looked_s, where=rim, still=1.0)
    ]
    said = steps(told(judge(bedroom()), [*asleep, *wrong]))
    assert "bed.edge confirmed" not in said


def test_while_the_bed_is_felt_to_be_occupied_nobody_has_left_it() -> None:
    felt = [sensor(8, SensorKind.BED, True)]
    seen = [*ASLEEP, *EDGE, *UP, *ticks(8, 120), *every(stands, 100, 120), *felt]
    said = steps(told(judge(bedroom()), seen))
    assert "bed.exit confirmed" not in said
    assert "bed.edge confirmed" in said


def test_a_bed_sensor_alone_does_not_end_what_is_told_of_who_sits_still_on_the_edge() -> None:
    sits_on = [*every(sits, 60, 61, still=0.3), *every(sits, 61, 100, still=1.0)]
    said = steps(told(judge(bedroom()), [*ASLEEP, *sits_on, *ticks(8, 100), PAD_ON]))
    assert "bed.edge confirmed" in said
    assert "bed.edge ended" not in said


PAD_ON = sensor(8, SensorKind.BED, True, "pad")
FELT = [PAD_ON, sensor(8, SensorKind.MAT, True, "mat"), sensor(9, SensorKind.MAT, False, "mat")]
"""Somebody went to bed, and stands on no mat since."""
STIRRED = [*every(lies, 10, 90), *every(sits, 90, 91, still=0.3), *every(sits, 91, 150, still=1.0)]
"""Somebody who slept stirs, and is seen to sit on the edge for as long as nothing moves, …"""
DOUBTFUL = [
    msgspec.structs.replace(one, upright=0.4, down=0.4, quality=0.5, probability=0.5)
    if isinstance(one, PostureSeen) and one.t >= at(90)
    else one
    for one in STIRRED
]
"""… and a sleeper who is taken for that by half."""


@pytest.mark.parametrize("felt", [[], [PAD_ON], FELT], ids=["alone", "pad", "mat"])
def test_who_plainly_sits_on_the_edge_is_told_though_the_feet_miss_the_mat(felt: list[Any]) -> None:
    said = steps(told(judge(bedroom()), [*STIRRED, *felt, *ticks(8, 150)]))
    assert "bed.edge confirmed" in said


def test_a_doubtful_still_picture_does_not_outweigh_a_mat_without_feet() -> None:
    said = steps(told(judge(bedroom()), [*DOUBTFUL, *FELT, *ticks(8, 150)]))
    assert "bed.edge confirmed" not in said


@pytest.mark.parametrize("felt", [[], FELT], ids=["alone", "beside"])
@pytest.mark.parametrize("still", [0.3, 1.0], ids=["moves", "still"])
def test_what_looks_are_worth_does_not_hang_on_when_ticks_come(
    felt: list[Any], still: float
) -> None:
    looks = [*every(lies, 10, 90, step=1.0), *every(sits, 90, 93, step=1.0, still=still)]
    beliefs = []
    for offset in (-0.4, -0.1, 0.0, 0.1, 0.3):
        made = judge(bedroom())
        often = [
            msgspec.structs.replace(one, t=one.t + round(offset * 1e9)) for one in ticks(9, 93)
        ]
        told(made, [*looks, *felt, *often])
        told(made, ticks(95, 95))
        beliefs.append(made.state.beds["a"].belief)
    assert all(one == pytest.approx(beliefs[0], abs=0.07) for one in beliefs[1:])
