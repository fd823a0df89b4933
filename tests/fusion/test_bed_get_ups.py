"""Get-ups and sleepers that simulated nights do not hold: seen in part, as an outline, or too well.

A camera sees who gets up at any share of the body, and at times as an outline only; none of that
may hide a get-up, and being seen whole may not make one of a sleeper.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
import pytest

from ambient.observations import Posture, PostureSeen, SensorKind
from tests.fusion.situation_kit import (
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

PAD = [
    sensor(8, SensorKind.BED, True, "pad"),
    sensor(140, SensorKind.BED, False, "pad"),
]
MAT = [
    sensor(9, SensorKind.MAT, False, "mat"),
    sensor(131, SensorKind.MAT, True, "mat"),
    sensor(141, SensorKind.MAT, False, "mat"),
]
SEEN = [
    # posture, upright, down, qualities: an outline only, legs hidden, a poor network
    (Posture.OTHER, 0.95, 0.02, (0.4, 0.5, 0.67)),
    (Posture.OTHER, 0.8, 0.1, (0.4, 0.5, 0.67)),
    (Posture.STANDING, 0.97, 0.02, (0.25, 0.5, 0.85)),
    (Posture.STANDING, 0.92, 0.06, (0.25, 0.5, 0.85)),
    (Posture.WALK, 0.93, 0.04, (0.25, 0.65, 0.92)),
]


def gets_up(
    posture: Posture, upright: float, down: float, quality: float, size: float, reach: float
) -> list[Any]:
    """Return somebody who lies, sits on the edge for 8 s and walks off as far as `reach`."""
    seen = [
        *every(lies, 10, 130, still=1.0, quality=0.7),
        *every(sits, 130, 138, still=0.4, quality=quality),
    ]
    for n, one in enumerate(every(stands, 138, 158, still=0.3)):
        seen.append(
            msgspec.structs.replace(
                one, posture=posture, upright=upright, down=down, quality=quality,
                probability=1.0 - down, size=size, at=(0.53, min(reach, 0.9 + 0.1 * n)),
            )
        )  # fmt: skip
    return seen


@pytest.mark.parametrize("felt", [[], PAD, MAT, PAD + MAT], ids=["camera", "pad", "mat", "both"])
@pytest.mark.parametrize("seen", SEEN, ids=lambda one: f"{one[0].value}-{one[1]}")
def test_who_gets_up_is_told_however_little_of_them_is_seen(
    seen: tuple[Posture, float, float, tuple[float, ...]], felt: list[Any]
) -> None:
    posture, upright, down, qualities = seen
    for quality, size, reach in product(qualities, (0.45, 0.6), (1.15, 1.6)):
        looks = gets_up(posture, upright, down, quality, size, reach)
        said = steps(told(judge(bedroom()), [*looks, *felt, *ticks(8, 158)]))
        assert {"bed.edge confirmed", "bed.exit confirmed"} <= set(said), (quality, size, reach)


@pytest.mark.parametrize("quality", [0.4, 0.6, 0.7, 0.75, 0.85, 0.9, 0.95, 1.0])
@pytest.mark.parametrize("felt", [[], PAD[:1], PAD[:1] + MAT], ids=["camera", "pad on", "both"])
def test_who_sits_on_the_edge_is_told_before_standing_however_much_is_seen(
    quality: float, felt: list[Any]
) -> None:
    for upright, out in product((0.75, 0.95), (0.8, 0.76)):
        edge = [
            msgspec.structs.replace(one, upright=upright, down=0.05, at=(0.53, out))
            for one in every(sits, 130, 142, still=0.4, quality=quality)
        ]
        looks = [*every(lies, 10, 130, still=1.0, quality=0.75), *edge]
        said = steps(told(judge(bedroom()), [*looks, *felt, *ticks(8, 142)]))
        assert "bed.edge confirmed" in said, (upright, out)


@pytest.mark.parametrize("quality", [0.3, 0.6, 0.85, 0.95, 1.0])
@pytest.mark.parametrize("felt", [[], [PAD[0], MAT[0]]], ids=["camera", "both"])
def test_who_sleeps_is_asleep_however_much_of_them_is_seen(quality: float, felt: list[Any]) -> None:
    """Ten minutes, turning over each two, a foot's length to and fro, with and without blanket."""
    looks: list[PostureSeen] = []
    for n in range(5):
        start, y = 10 + 120 * n, 0.65 + 0.02 * (n % 2)
        looks += every(lies, start, start + 3, still=0.3, quality=quality, where=(0.5, y))
        looks += every(lies, start + 3, start + 120, still=1.0, quality=quality, where=(0.5, y))
    turning = [
        msgspec.structs.replace(one, upright=0.15, down=0.7, probability=0.6)
        if one.still < 0.5
        else one
        for one in looks
    ]
    assert not steps(told(judge(bedroom()), [*turning, *felt, *ticks(8, 610)]))


@pytest.mark.parametrize("mat", [True, False], ids=["feet", "no feet"])
def test_a_pillow_taken_for_the_sleeper_does_not_outlast_feet_before_the_bed(mat: bool) -> None:
    """What lies there still goes on lying; whether the mat says more decides."""
    pillow = every(lies, 10, 260, still=1.0, quality=0.6)
    felt = [PAD[0], MAT[0], sensor(200, SensorKind.MAT, mat, "mat")]
    felt.append(sensor(205, SensorKind.BED, not mat, "pad"))
    said = steps(told(judge(bedroom()), [*pillow, *felt, *ticks(8, 260)]))
    assert ("bed.edge confirmed" in said or "bed.exit confirmed" in said) is mat


@pytest.mark.parametrize(("apart", "helps"), [(0.35, True), (0.45, False)], ids=["at", "next bed"])
def test_who_sits_at_the_next_bed_is_no_help(apart: float, helps: bool) -> None:
    """Another is up 0.7 or 0.9 lengths of a body away."""
    other = every(stands, 100, 150, track=2, where=(0.53 + apart, 0.8), still=0.3)
    looks = [*every(lies, 10, 130, still=1.0), *every(sits, 130, 150, still=0.4)]
    said = steps(told(judge(bedroom()), [*looks, *other, *ticks(8, 150)]))
    assert "bed.edge suspected" in said
    assert ("bed.edge confirmed" in said) is not helps
