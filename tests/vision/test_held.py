"""Outlines of bodies whose pose was seen before: what holds on, and what is news."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.observations import Place, Posture, PostureSeen
from vision.held import HELD_S, Held

BOX = (0.60, 0.68, 0.80, 0.84)
WIDER = (0.58, 0.67, 0.81, 0.85)
BESIDE = (0.35, 0.80, 0.60, 0.95)
LOWER = (0.60, 0.80, 0.80, 0.99)
TALLER = (0.60, 0.70, 0.80, 0.92)
FORWARD = (0.60, 0.75, 0.80, 0.94)
SLID = (0.58, 0.80, 0.80, 0.99)


def said(t_s: float, **changed: Any) -> PostureSeen:
    fields: dict[str, Any] = {
        "t": int(t_s * 1e9),
        "room": "r1",
        "source": "c1",
        "track": 1,
        "posture": Posture.SITTING,
        "probability": 0.9,
        "down": 0.02,
        "upright": 0.6,
        "place": Place.CHAIR,
        "place_sure": 0.8,
        "quality": 1.0,
    }
    return PostureSeen(**fields | changed)


def outline(t_s: float, **changed: Any) -> PostureSeen:
    fallen = {"down": 0.8, "place": Place.UNKNOWN, "place_sure": 1.0, "descent": 0.4}
    return said(t_s, **fallen | changed)


def test_whoever_sat_and_did_not_move_sits() -> None:
    held = Held()
    held.pose(said(0), BOX, 1.0)
    now = held.outline(outline(60), WIDER)
    assert (now.down, now.place, now.descent) == (0.02, Place.CHAIR, 0.0)


@pytest.mark.parametrize("box", [BESIDE, LOWER])
def test_a_box_elsewhere_stands_for_itself(box: tuple[float, float, float, float]) -> None:
    held = Held()
    held.pose(said(0), BOX, 1.0)
    assert held.outline(outline(1), box) == outline(1)


def test_another_track_in_the_same_place_is_the_same_body() -> None:
    held = Held()
    held.pose(said(0, track=1), BOX, 1.0)
    assert held.outline(outline(5, track=9), WIDER).down == 0.02


def test_whoever_was_down_is_not_raised_by_it() -> None:
    held = Held()
    held.pose(said(0, down=0.9, place=Place.UNKNOWN), BOX, 1.0)
    assert held.outline(outline(5), WIDER).down == 0.8


def test_a_sleeper_stays_in_bed_whatever_a_later_pose_lay_on() -> None:
    held = Held()
    held.pose(said(0, down=0.9, place=Place.BED, place_sure=0.97, bed="b1"), BOX, 1.0)
    held.pose(said(1, down=0.9, place=Place.UNKNOWN, place_sure=1.0), WIDER, 1.0)
    now = held.outline(outline(30), BOX)
    assert (now.place, now.place_sure, now.bed) == (Place.BED, 0.97, "b1")


@pytest.mark.parametrize(
    ("boxes", "place"),
    [
        ([BOX], Place.BED),
        ([FORWARD], Place.FLOOR),
        # Its own outline reached that far before: the body has not moved.
        ([TALLER, FORWARD], Place.BED),
        # … which tells of that outline alone, not of what it grows to step by step.
        ([TALLER, FORWARD, SLID], Place.FLOOR),
    ],
    ids=["the same", "another shape", "as its outline was", "drifted away"],
)
def test_on_a_drawn_bed_s_edge_whoever_has_not_moved_is_not_on_the_floor(
    boxes: list[tuple[float, float, float, float]], place: Place
) -> None:
    held = Held()
    held.pose(said(0, place=Place.BED, bed="b1"), BOX, 1.0)
    for t_s, box in enumerate(boxes, 1):
        now = held.outline(outline(t_s, place=Place.FLOOR), box)
    assert now.place is place
    assert now.bed == ("b1" if place is Place.BED else None)


def test_another_place_than_the_floor_is_kept() -> None:
    held = Held()
    held.pose(said(0, place=Place.BED), BOX, 1.0)
    assert held.outline(outline(3, place=Place.SOFA), BOX).place is Place.SOFA


@pytest.mark.parametrize("seen", [{"quality": 0.1, "place": Place.UNKNOWN}, {"trust": 0.3}])
def test_a_doubtful_pose_is_not_remembered(seen: dict[str, Any]) -> None:
    held = Held()
    trust = seen.pop("trust", 1.0)
    held.pose(said(0, **seen), BOX, trust)
    assert held.outline(outline(3), BOX) == outline(3)


def test_it_is_forgotten_unless_seen_again() -> None:
    held = Held()
    held.pose(said(0), BOX, 1.0)
    assert held.outline(outline(HELD_S - 1), BOX).down == 0.02
    assert held.outline(outline(2 * HELD_S - 2), BOX).down == 0.02
    assert held.outline(outline(3 * HELD_S), BOX).down == 0.8


def test_a_body_that_was_falling_was_not_at_rest() -> None:
    held = Held()
    held.pose(said(0, down=0.3, descent=0.9), BOX, 1.0)
    assert held.outline(outline(1, descent=0.9), BOX).descent == 0.9


def test_a_moved_camera_remembers_nobody() -> None:
    held = Held()
    held.pose(said(0), BOX, 1.0)
    held.reset()
    assert held.outline(outline(1), BOX) == outline(1)
