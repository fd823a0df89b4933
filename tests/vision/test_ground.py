"""The floor from people who walk about, and who came to rest how high over it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.vision.test_floor import ASPECT, CAMERAS, S, seen, somebody
from tests.vision.test_rest import rests
from vision.floor import Geometry
from vision.ground import Ground

EYE, _ = CAMERAS["wall"]
STEP = S // 10


def walk(
    ground: Ground, track: int, start_ns: int, way: list[tuple[float, float]], seconds: float
) -> int:
    """Somebody goes from each place to the next in so many seconds; returns when it ended."""
    random = np.random.default_rng(track)
    t_ns = start_ns
    for (x0, y0), (x1, y1) in pairwise(way):
        for share in np.linspace(0.0, 1.0, round(seconds * 10), endpoint=False).tolist():
            body = somebody(track % 3, x0 + share * (x1 - x0), y0 + share * (y1 - y0), 40.0 * track)
            ground.update(track, seen(EYE, body, random), ASPECT, t_ns)
            t_ns += STEP
    return t_ns


def lived_in(people: int = 40) -> tuple[Ground, int]:
    """A room through which people have walked."""
    random = np.random.default_rng(3)
    ground, t_ns = Ground(), 0
    for track in range(people):
        ends = random.uniform((-1.5, -2.0), (1.5, 1.5), (3, 2)).tolist()
        t_ns = walk(ground, track, t_ns, [(x, y) for x, y in ends], 3.0) + 20 * S
        ground.end(track)
    return ground, t_ns


@pytest.fixture(scope="module")
def room() -> tuple[Ground, int]:
    return lived_in()


def test_people_who_walk_show_how_the_camera_hangs(room: tuple[Ground, int]) -> None:
    ground, _ = room
    assert ground.floor.geometry is Geometry.WALL
    tall = ground.floor.expected_height(0.8)
    assert tall is not None
    assert tall.sd < 0.12 * tall.value


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        (rests("supine", 0.1, -0.6, 0.0), -0.1, 0.12),
        (rests("supine", 0.0, 0.0, 0.5), 0.25, 0.6),
        (rests("sitting", 0.0, -0.1, 0.48), 0.2, 0.5),
    ],
    ids=["fell on the spot", "lies on a bed", "sits on a seat"],
)
def test_how_high_somebody_rests(
    room: tuple[Ground, int], body: np.ndarray, low: float, high: float
) -> None:
    ground, t_ns = room
    track = 1000 + round(low * 100)
    t_ns = walk(ground, track, t_ns, [(0.4, -0.9), (0.0, -0.5)], 1.0)
    height = ground.rest(track, body, ASPECT, t_ns)
    assert height is not None
    assert low < height < high
    # Asked again at once it is the same; of others nothing is known.
    assert ground.rest(track, rests("supine", 0.0, 0.0, 1.0), ASPECT, t_ns + STEP) == height
    assert ground.rest(track + 1, body, ASPECT, t_ns) is None
    ground.end(track)
    assert ground.rest(track, body, ASPECT, t_ns) is None


@pytest.mark.parametrize(
    ("way", "seconds", "votes"),
    [
        ([(-1.0, -0.5), (1.0, -0.5)], 3.0, True),
        ([(0.0, -0.5), (0.0, -0.5)], 3.0, False),
        ([(0.0, -0.5), (0.15, -0.5), (0.0, -0.5), (0.15, -0.5)], 1.0, False),
    ],
    ids=["walks through", "stands", "sways"],
)
def test_only_who_walks_tells_where_up_is(
    way: list[tuple[float, float]], seconds: float, votes: bool
) -> None:
    ground = Ground()
    walk(ground, 1, 0, way, seconds)
    assert bool(ground.floor.state.votes) is votes


def test_who_falls_does_not_walk() -> None:
    ground = Ground()
    walk(ground, 1, 0, [(0.0, -0.5), (0.0, -0.5)], 3.0)
    for k in range(30):
        ground.update(1, rests("supine", 0.1, -0.6, 0.0), ASPECT, 3 * S + k * STEP)
    assert ground.floor.state.votes == []


def test_a_moved_camera_begins_anew() -> None:
    ground, t_ns = lived_in(20)
    walk(ground, 99, t_ns, [(0.0, -1.0), (0.0, -0.5)], 1.0)
    ground.reset()
    assert ground.floor.plane is None
    assert ground.rest(99, rests("supine", 0.1, -0.6, 0.0), ASPECT, t_ns + 2 * S) is None
