"""An impact that no camera sees, with somebody in sight: who speaks for the wearer, and who not."""

from __future__ import annotations

import pytest

from ambient.observations import Posture, Wear
from fusion.falls_state import Step
from tests.fusion.senses_kit import impact, judge, lies, moves, ns, play, ticks
from tests.fusion.test_falls import lost, span

WRIST = {"wear": Wear.WRIST}
FELL = [*moves(60, 100, **WRIST), impact(100, 0.985, **WRIST), *lies(101, 220, **WRIST)]
"""The resident, out of sight: walks, falls at 100 s, lies still."""
STIRS = [
    *moves(60, 100, **WRIST),
    impact(100, 0.985, **WRIST),
    *moves(101, 220, counts=0.06, steps=0, **WRIST),
]
"""The same, and the arm goes on moving."""
WALKS = [*moves(60, 100, **WRIST), impact(100, 0.985, **WRIST), *moves(101, 220, **WRIST)]
"""The same impact, and walking on."""
UP = {"down": 0.02, "upright": 0.95}


def steps_of(*stories) -> list[Step]:
    story = [one for story in stories for one in story]
    changes = play(judge(), [*ticks(220, 50), *story], until=220, begin=220)
    assert all(change.t < ns(220) for change in changes)
    return [change.step for change in changes]


@pytest.mark.parametrize(
    ("band", "visitor"),
    [
        (FELL, span(0, 220, **UP, still=0.1, posture=Posture.WALK)),
        (FELL, span(0, 220, **UP, still=0.1)),
        (FELL, span(0, 220, **UP, still=1.0, posture=Posture.SITTING)),
        (FELL, span(110, 220, **UP, still=0.1, posture=Posture.WALK)),
        (FELL, span(110, 220, **UP, still=1.0)),
        (STIRS, span(110, 220, **UP, still=0.1)),
        (FELL, [*span(0, 95, **UP), lost(95, down=0.0, border=True),
                *span(0, 220, **UP, track=2, still=1.0, at=(0.2, 0.6))]),
        (STIRS, [*span(0, 95, **UP), lost(95, down=0.0, border=True),
                 *span(0, 220, **UP, track=2, still=0.1, at=(0.2, 0.6))]),
    ],
    ids=[
        "walks about",
        "moves",
        "sits by",
        "comes in and walks",
        "comes in and stands",
        "comes in, who has fallen stirs",
        "was there with the resident, who went out",
        "was there with the resident, who stirs out of sight",
    ],
)  # fmt: skip
def test_a_visitor_in_sight_does_not_silence_a_resident_who_fell_out_of_it(band, visitor):
    found = steps_of(band, visitor)
    assert found[:2] == [Step.SUSPECTED, Step.CONFIRMED]
    assert Step.RECOVERED not in found


@pytest.mark.parametrize(
    ("band", "seen"),
    [
        (WALKS, span(0, 220, **UP, still=0.1, posture=Posture.WALK)),
        (STIRS, span(0, 220, **UP, still=0.1)),
        (STIRS, span(0, 220, **UP, still=1.0, posture=Posture.SITTING)),
        (WALKS, span(110, 220, **UP, still=0.1, posture=Posture.WALK)),
        (WALKS, []),
    ],
    ids=["walks on", "goes on moving", "sits and moves a hand", "comes in walking", "out of sight"],
)
def test_who_is_up_after_an_impact_by_device_and_camera_does_not_ring(band, seen):
    assert Step.CONFIRMED not in steps_of(band, seen)
