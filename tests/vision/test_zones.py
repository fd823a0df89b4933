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


@pytest.mark.parametrize("lower", [1.0, 0.9], ids=["cut by the border", "wholly in sight"])
@pytest.mark.parametrize(
    ("seen", "place"),
    [
        # One side of somebody who lies along the lower border.
        ((HIPS[0], *KNEES), Place.SOFA),
        # Who lies in front of it, the hips out of sight.
        ((*SHOULDERS, *KNEES), Place.FLOOR),
        ((HIPS[0], KNEES[0]), Place.FLOOR),
    ],
    ids=["a hip in sight", "no hip in sight", "too little in sight"],
)
def test_what_the_border_hides_says_nothing_of_a_sofa_that_it_cuts(
    lower: float, seen: tuple[int, ...], place: Place
) -> None:
    sofa = Zone(kind=Place.SOFA, polygon=[(0.3, 0.7), (0.6, 0.7), (0.6, lower), (0.3, lower)])
    # One of two knees is in front of the sofa.
    at = {n: (0.4, 0.8, 1.0) if n in seen[:2] or n in SHOULDERS else (0.7, 0.8, 1.0) for n in seen}
    points = [at.get(n, (0.4, 1.1, 1.0)) for n in range(33)]
    on = Zones([sofa]).of_body(points)
    assert on.place is (place if lower == 1.0 else Place.FLOOR)
