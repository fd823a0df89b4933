"""How high the hips rest over where the feet stood."""

from __future__ import annotations

import numpy as np
import pytest

from models.support.poses import LYING, ON_SEAT
from models.support.scenes import moved, shape, turned
from tests.vision.test_floor import ASPECT, CAMERAS, S, people, seen, somebody
from vision.floor import FloorPlane
from vision.rest import LASTS_NS, Resting

EYE, _ = CAMERAS["wall"]


@pytest.fixture(scope="module")
def floor() -> FloorPlane:
    return people(EYE, 150, seed=6)


def stood_at(x: float, y: float) -> Resting:
    resting = Resting()
    resting.update(1, seen(EYE, somebody(0, x, y, 0.0)), ASPECT, 0)
    return resting


def rests(how: str, x: float, y: float, height: float) -> np.ndarray:
    pose = LYING.get(how) or ON_SEAT[how]
    points = turned(shape(0, pose), 90.0 if how in LYING else 0.0)
    if how in ON_SEAT:
        height += 0.09 - float(points[[23, 24], 2].mean())
    return seen(EYE, moved(points, x, y, height))


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        (rests("supine", 0.1, -0.6, 0.0), -0.1, 0.12),
        (rests("curled", -0.2, -0.3, 0.0), 0.0, 0.3),
        (rests("supine", 0.0, 0.0, 0.5), 0.25, 0.6),
        (rests("sitting", 0.0, -0.1, 0.48), 0.2, 0.5),
    ],
    ids=[
        "fell on the spot",
        "fell backwards: higher in the picture",
        "lies on a bed behind",
        "sits on a seat behind",
    ],
)
def test_who_fell_rests_low(body: np.ndarray, low: float, high: float, floor: FloorPlane) -> None:
    rest = stood_at(0.0, -0.5).height(1, body, ASPECT, 2 * S, floor)
    assert rest is not None
    assert low < rest.value < high
    assert rest.sd < 0.1


@pytest.mark.parametrize(
    ("x", "track", "t_ns"),
    [(1.4, 1, 2 * S), (0.0, 2, 2 * S), (0.0, 1, LASTS_NS + S)],
    ids=["far aside", "somebody else", "long ago"],
)
def test_nothing_is_said_elsewhere_or_later(
    x: float, track: int, t_ns: int, floor: FloorPlane
) -> None:
    body = rests("supine", x, -0.5, 0.0)
    assert stood_at(0.0, -0.5).height(track, body, ASPECT, t_ns, floor) is None


def test_nothing_is_said_without_a_floor_or_after_the_track(floor: FloorPlane) -> None:
    body = rests("supine", 0.0, -0.5, 0.0)
    resting = stood_at(0.0, -0.5)
    assert resting.height(1, body, ASPECT, S, FloorPlane()) is None
    resting.end(1)
    assert resting.height(1, body, ASPECT, S, floor) is None
