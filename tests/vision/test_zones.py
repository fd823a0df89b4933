"""What a body is on, by the installer's zones."""

from __future__ import annotations

import pytest

from ambient.config_cameras import Zone
from ambient.observations import Place
from vision.zones import Zones

BED = Zone(kind=Place.BED, polygon=[(0.2, 0.4), (0.6, 0.4), (0.6, 0.7), (0.2, 0.7)], bed="a")
SHOULDERS, HIPS, KNEES = (11, 12), (23, 24), (25, 26)


def body(*inside: int) -> list[tuple[float, float, float]]:
    """Return 33 keypoints, those named on the bed and all others beside it."""
    return [(0.4 if n in inside else 0.8, 0.5, 1.0) for n in range(33)]


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ((*SHOULDERS, *HIPS, *KNEES), Place.BED),
        (HIPS, Place.BED),
        ((*SHOULDERS, *KNEES), Place.BED),
        ((*SHOULDERS, KNEES[0]), Place.FLOOR),
        ((HIPS[0], KNEES[0]), Place.FLOOR),
        ((), Place.FLOOR),
    ],
    ids=["whole", "hips", "shoulders and knees", "slid off", "one side", "beside"],
)
def test_where_the_weight_is_counts(inside: tuple[int, ...], place: Place) -> None:
    on = Zones([BED]).of_body(body(*inside))
    assert on.place is place
    assert on.bed == ("a" if place is Place.BED else None)


def test_without_zones_nothing_is_known() -> None:
    assert Zones([]).of_body(body(*HIPS)).place is Place.UNKNOWN


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0.3, 0.3, 0.5, 0.68), Place.BED),
        ((0.7, 0.3, 0.9, 0.68), Place.FLOOR),
        ((0.3, 0.5, 0.5, 0.95), Place.FLOOR),
    ],
)
def test_of_an_outline_the_lower_half_counts(
    box: tuple[float, float, float, float], place: Place
) -> None:
    assert Zones([BED]).of_box(box).place is place


@pytest.mark.parametrize(("y", "place"), [(0.2, Place.BED), (0.8, Place.FLOOR)])
def test_who_is_level_with_a_side_is_told_as_well(y: float, place: Place) -> None:
    bed = Zone(kind=Place.BED, bed="a", polygon=[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    assert Zones([bed]).of_body([(0.5, y, 0.9)] * 33).place is place


@pytest.mark.parametrize(("kind", "place"), [("chair", Place.CHAIR), ("bed", Place.FLOOR)])
def test_who_sits_at_the_lower_border_sits_in_the_chair_that_it_cuts(
    kind: str, place: Place
) -> None:
    cut = [(0.3, 0.6), (0.7, 0.6), (0.7, 1.0), (0.3, 1.0)]
    seat = Zone(kind=Place(kind), polygon=cut)
    below = [(0.5, 1.1, 0.4) if n in (*HIPS, *KNEES) else (0.5, 0.7, 0.9) for n in range(33)]
    assert Zones([seat]).of_body(below).place is place
    beside = [(0.8, y, v) for _, y, v in below]
    assert Zones([seat]).of_body(beside).place is Place.FLOOR


@pytest.mark.parametrize(
    ("kind", "lower", "on", "beside", "place"),
    [
        # Who lies along the lower border: a hip and a knee on it, a knee before it.
        ("sofa", 1.0, (HIPS[0], KNEES[0]), KNEES[1:], Place.SOFA),
        ("sofa", 0.9, (HIPS[0], KNEES[0]), KNEES[1:], Place.FLOOR),
        ("bed", 1.0, (HIPS[0], KNEES[0]), KNEES[1:], Place.FLOOR),
        # Who lies in front of it, the hips out of sight.
        ("sofa", 1.0, SHOULDERS, KNEES, Place.FLOOR),
        # Who sits against it.
        ("sofa", 1.0, SHOULDERS[:1], HIPS, Place.FLOOR),
        ("sofa", 1.0, (HIPS[0],), KNEES[1:], Place.FLOOR),
    ],
    ids=["half on it", "in sight", "a bed", "no hip in sight", "against it", "too little"],
)
def test_joints_below_the_picture_say_nothing_of_a_sofa_that_its_border_cuts(
    kind: str, lower: float, on: tuple[int, ...], beside: tuple[int, ...], place: Place
) -> None:
    corners = [(0.3, 0.7), (0.6, 0.7), (0.6, lower), (0.3, lower)]
    seat = Zone(kind=Place(kind), polygon=corners)
    at = dict.fromkeys(on, (0.4, 0.8, 1.0)) | dict.fromkeys(beside, (0.7, 0.8, 1.0))
    points = [at.get(n, (0.4, 1.1, 1.0)) for n in range(33)]
    assert Zones([seat]).of_body(points).place is place
