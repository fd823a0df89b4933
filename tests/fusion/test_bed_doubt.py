"""A pad is dead, a track breaks off, a coat hangs at the bed: get-ups are told all the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ambient.observations import Posture, SensorKind, TrackEnd, TrackEnded
from tests.fusion.situation_kit import (
    at,
    bedroom,
    every,
    judge,
    lies,
    sensor,
    sits,
    stands,
    steps,
    ticks,
    told,
)

PAD_OFF = sensor(9, SensorKind.BED, False, "pad")
MAT_OFF = sensor(9, SensorKind.MAT, False, "mat")


def ended(seconds: float, track: int) -> TrackEnded:
    return TrackEnded(
        t=at(seconds),
        room="r1",
        source="c1",
        track=track,
        reason=TrackEnd.LOST,
        posture=Posture.OTHER,
        down=0.1,
    )


def leaves(start: float, track: int = 1, until_s: float = 20.0) -> list[Any]:
    """Return somebody who sits on the edge for 8 s, stands, and walks off."""
    walk = [
        msgspec.structs.replace(one, quality=0.9, at=(0.53, min(1.4, 0.9 + 0.1 * n)))
        for n, one in enumerate(every(stands, start + 8, start + until_s, still=0.3, track=track))
    ]
    return [*every(sits, start, start + 8, still=0.4, quality=0.9, track=track), *walk]


def said(observations: list[Any], until_s: float) -> list[str]:
    return steps(told(judge(bedroom()), [*observations, *ticks(8, until_s)]))


@pytest.mark.parametrize("dead", [[PAD_OFF], [PAD_OFF, MAT_OFF]], ids=["pad", "pad and mat"])
def test_a_dead_pad_rings_once_for_a_sleeper_and_hides_no_get_up(dead: list[Any]) -> None:
    turns: list[Any] = []
    for minute in range(20):
        start, where = 10 + 60 * minute, (0.5 + 0.02 * (minute % 2), 0.65)
        turns += every(lies, start, start + 3, still=0.4, quality=0.9, where=where)
        turns += every(lies, start + 3, start + 60, still=1.0, quality=0.9, where=where)
    night = said([*dead, *turns], 1210)
    assert night.count("bed.exit confirmed") <= 1
    whole = said([*dead, *turns, *leaves(1210)], 1230)
    assert whole[len(night) :].count("bed.edge confirmed") == 1
    assert whole[len(night) :].count("bed.exit confirmed") == 1


def test_a_pad_that_changes_is_believed_again() -> None:
    came = [
        *every(lies, 10, 13, still=0.4, quality=0.9),
        *every(lies, 13, 120, still=1.0, quality=0.9),
        *every(lies, 120, 125, still=0.4, quality=0.9, where=(0.52, 0.65)),
        *every(lies, 125, 300, still=1.0, quality=0.9, where=(0.52, 0.65)),
        ended(301, 1),
    ]
    pad = [PAD_OFF, sensor(200, SensorKind.BED, True, "pad")]
    assert said([*pad, *came], 400)[-1] == "bed.exit ended"
    felt = said([*pad, sensor(350, SensorKind.BED, False, "pad"), *came], 400)
    assert felt.count("bed.exit confirmed") == 2, "the camera sees nobody, the pad tells"


def test_who_slid_off_the_bed_and_lies_before_it_has_left() -> None:
    for out in (0.85, 0.9, 1.0, 1.3):
        slid = [
            msgspec.structs.replace(one, at=(0.53, out), down=0.95, upright=0.02)
            for one in every(lies, 130, 190, still=0.6)
        ]
        assert "bed.exit confirmed" in said([*every(lies, 10, 130, still=1.0), *slid], 190), out


@pytest.mark.parametrize("quality", [0.01, 0.1, 0.3])
def test_a_coat_beside_the_bed_is_no_carer(quality: float) -> None:
    coat = [
        msgspec.structs.replace(one, upright=0.55, quality=quality, posture=Posture.OTHER)
        for one in every(stands, 10, 150, still=1.0, track=2, where=(0.75, 0.85))
    ]
    lay = every(lies, 10, 130, still=1.0)
    alone = said([*lay, *leaves(130)], 150)
    assert {"bed.edge confirmed", "bed.exit confirmed"} <= set(alone)
    assert said([*lay, *leaves(130), *coat], 150) == alone


def test_who_left_past_a_mat_alone_is_not_back_by_that_it_is_off() -> None:
    mat = [
        MAT_OFF,
        sensor(131, SensorKind.MAT, True, "mat"),
        sensor(141, SensorKind.MAT, False, "mat"),
    ]
    gone = [*every(lies, 10, 130, still=1.0), *leaves(130), ended(150, 1)]
    said_of_it = said([*mat, *gone], 1800)
    assert "bed.exit ended" not in said_of_it
    assert "bed.not_back confirmed" in said_of_it


@pytest.mark.parametrize("gap", [0.1, 0.3, 0.6])
def test_a_sleeper_whose_track_changes_while_turning_over_is_still_known(gap: float) -> None:
    before = every(lies, 10, 600, still=0.5)
    after = every(lies, 599.5 + gap, 1200, still=1.0, track=2, where=(0.5, 0.68))
    whole = said([*before, *after, ended(602, 1), *leaves(1200, track=2)], 1220)
    assert {"bed.edge confirmed", "bed.exit confirmed"} <= set(whole)
