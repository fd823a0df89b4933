"""The floor, learnt from people who stand and walk before simulated cameras."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from models.bodies.raster import Camera
from models.support.poses import LOW, LYING, ON_SEAT, UPRIGHT
from models.support.scenes import moved, shape, turned
from vision.floor import (
    BINS,
    RING,
    VOTES,
    FloorPlane,
    FloorState,
    Geometry,
)
from vision.floor_plane import FEW, Plane, aslant, steady_line, tall_at
from vision.upright import standing

S = 1_000_000_000
ASPECT = 16 / 9
STATURE = {0: 1.58, 1: 1.76, 2: 1.66}


def seen(eye: Camera, points: np.ndarray, random: np.random.Generator | None = None) -> np.ndarray:
    """Keypoints of a body, roughened by 1 % of its height."""
    pixels = eye.project(points)[0] / (eye.width, eye.height)
    if random is not None:
        noise = 0.01 * float(np.ptp(pixels[:, 1]))
        pixels = pixels + random.normal(0, noise, pixels.shape)
    return np.concatenate([pixels, np.full((33, 1), 0.95)], axis=1)


def somebody(who: int, x: float, y: float, yaw: float) -> np.ndarray:
    return moved(turned(shape(who, UPRIGHT["standing"]), yaw), x, y, 0.0)


def people(
    eye: Camera, number: int, seed: int, *, wrong: float = 0.0, walking: bool = True
) -> FloorPlane:
    """A floor after `number` people in the room, some of whom do not stand."""
    random = np.random.default_rng(seed)
    floor = FloorPlane()
    for k in range(number):
        x, y = random.uniform(-1.5, 1.5), random.uniform(-2.0, 1.5)
        who, yaw = int(random.integers(3)), random.uniform(0, 360)
        body = somebody(who, x, y, yaw)
        astray = random.random() < wrong
        if astray:
            poses = [*LYING.values(), *ON_SEAT.values(), *LOW.values()]
            body = moved(turned(shape(who, poses[int(random.integers(len(poses)))]), yaw), x, y, 0)
        floor.update(seen(eye, body, random), ASPECT, k * 20 * S, walking=walking and not astray)
    return floor


def camera(height: float, pitch: float, fov: float = 72.0) -> Camera:
    """On the wall at y = -4, looking along +y."""
    down = math.tan(math.radians(pitch))
    return Camera((0.0, -4.0, height), (0.0, -3.0, height - down), fov_deg=fov)


def horizon_of(eye: Camera, pitch: float) -> float:
    return 0.5 - eye.focal / eye.height * math.tan(math.radians(pitch))


@pytest.mark.parametrize("pitch", [0.0, 15.0, 35.0])
@pytest.mark.parametrize("height", [1.3, 2.4])
def test_the_formula_is_the_pinhole_camera(height: float, pitch: float) -> None:
    eye = camera(height, pitch)
    tall = 1.7
    ground = np.array([[x, y, 0.0] for x in (-0.8, 0.0, 0.9) for y in (-1.5, 0.0, 2.0)])
    feet = eye.project(ground)[0][:, 1] / eye.height
    heads = eye.project(moved(ground, 0.0, 0.0, tall))[0][:, 1] / eye.height
    parameters = np.array(
        [horizon_of(eye, pitch), math.log(tall / height), math.log(eye.focal / eye.height)]
    )
    np.testing.assert_allclose(tall_at(feet, parameters), feet - heads, rtol=1e-6)


@pytest.mark.parametrize(("behind", "over"), [(0.0, 1.0), (0.9, 0.15), (0.55, 0.52), (1.0, 0.0)])
@pytest.mark.parametrize("pitch", [0.0, 15.0, 35.0])
def test_a_point_behind_the_foot_is_seen_where_the_camera_sees_it(
    pitch: float, behind: float, over: float
) -> None:
    eye, tall = camera(2.4, pitch), 1.7
    plane = Plane(horizon_of(eye, pitch), tall / 2.4, eye.focal / eye.height, np.eye(3))
    feet = np.array([[0.0, y, 0.0] for y in (-1.5, 0.0, 2.0)])
    points = moved(feet, 0.0, behind * tall, over * tall)
    rows, above = (eye.project(each)[0][:, 1] / eye.height for each in (feet, points))
    found = [plane.extent(row, behind, over) for row in rows.tolist()]
    np.testing.assert_allclose(np.array(found, np.float64), rows - above, rtol=1e-6)


def test_above_the_horizon_nobody_stands() -> None:
    assert Plane(0.3, 0.7, 1.0, np.eye(3)).extent(0.3, 0.0, 1.0) is None


CAMERAS = {
    "wall": (camera(2.3, 18.0), 18.0),
    "low": (camera(1.4, 2.0), 2.0),
    "high and steep": (camera(2.7, 30.0, 90.0), 30.0),
    "narrow": (camera(2.0, 12.0, 58.0), 12.0),
}


@pytest.mark.parametrize("wrong", [0.0, 0.3], ids=["all stand", "a third does not"])
@pytest.mark.parametrize("name", CAMERAS)
def test_the_floor_is_found(name: str, wrong: float) -> None:
    eye, pitch = CAMERAS[name]
    floor = people(eye, 150, seed=4, wrong=wrong)
    assert floor.geometry is Geometry.WALL
    plane = floor.plane
    assert plane is not None
    assert plane.horizon == pytest.approx(horizon_of(eye, pitch), abs=0.12)
    assert plane.pitch_deg == pytest.approx(pitch, abs=9.0)
    for y in (-1.0, 0.5):
        foot, head = (eye.project(np.array([[0.3, y, z]]))[0][0, 1] / eye.height
                      for z in (0.0, 1.66))  # fmt: skip
        found = floor.expected_height(float(foot))
        assert found is not None
        assert found.value == pytest.approx(float(foot - head), rel=0.06)
        assert found.sd / found.value < 0.14


def test_before_a_wide_and_steep_camera_people_at_the_sides_lean_and_tell_the_pitch() -> None:
    eye, pitch = camera(2.6, 38.0, 110.0), 38.0
    random = np.random.default_rng(5)
    floor = FloorPlane()
    for k in range(200):
        x, y = random.choice((-1.0, 1.0)) * random.uniform(1.2, 2.6), random.uniform(-2.2, 0.0)
        body = somebody(int(random.integers(3)), x, y, random.uniform(0, 360))
        floor.update(seen(eye, body, random), ASPECT, k * 20 * S, walking=True)
    # Straight up in the picture is nobody here.
    up = np.degrees(np.arccos(-np.array(floor.state.votes)[:, 3]))
    assert np.median(up) > 20.0
    assert floor.geometry is Geometry.WALL
    assert floor.plane is not None
    assert floor.plane.pitch_deg == pytest.approx(pitch, abs=4.0)
    assert floor.plane.focal == pytest.approx(eye.focal / eye.height, rel=0.12)


@pytest.mark.parametrize("roll", [-8.0, 6.0])
def test_a_camera_that_hangs_crooked_is_no_steeper_for_it(roll: float) -> None:
    eye, pitch = CAMERAS["high and steep"]
    turn = np.radians(roll)
    about = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    random = np.random.default_rng(3)
    floor = FloorPlane()
    for k in range(150):
        body = somebody(int(random.integers(3)), random.uniform(-1.2, 1.2),
                        random.uniform(-1.8, 1.0), random.uniform(0, 360))  # fmt: skip
        points = seen(eye, body, random)
        square = (points[:, :2] - 0.5) * (ASPECT, 1.0)
        points[:, :2] = square @ about.T / (ASPECT, 1.0) + 0.5
        floor.update(points, ASPECT, k * 20 * S, walking=True)
    assert floor.geometry is Geometry.WALL
    assert floor.plane is not None
    assert floor.plane.pitch_deg == pytest.approx(pitch, abs=4.0)


def test_upright_people_lean_away_from_the_nadir() -> None:
    eye, pitch = CAMERAS["high and steep"]
    feet = np.array([[x, y, 0.0] for x in (-1.5, 0.2, 1.4) for y in (-2.0, 0.0)])
    rows = [eye.project(moved(feet, 0.0, 0.0, z))[0] / eye.height for z in (0.0, 1.7)]
    up = (rows[1] - rows[0]) / np.linalg.norm(rows[1] - rows[0], axis=1, keepdims=True)
    votes = np.concatenate([rows[0], up], axis=1)
    wide = eye.width / eye.height
    off = aslant(votes, horizon_of(eye, pitch), eye.focal / eye.height, 0.0, wide)
    np.testing.assert_allclose(off, 0.0, atol=1e-6)
    roll = aslant(votes, horizon_of(eye, pitch), eye.focal / eye.height, math.radians(5.0), wide)
    assert np.abs(np.degrees(roll)).max() > 3.0


def test_one_long_walk_does_not_drive_out_the_walks_of_a_day() -> None:
    eye, _ = CAMERAS["wall"]
    floor = people(eye, 100, seed=7)
    before = len(floor.state.votes)
    start = 100 * 20 * S
    for k in range(400):  # 40 s at ten pictures a second
        body = somebody(0, 0.8 * math.sin(k / 30), 0.0, 20.0)
        floor.update(seen(eye, body), ASPECT, start + k * S // 10, walking=True)
    assert len(floor.state.votes) - before <= 21


@pytest.mark.parametrize("metres", [0.0, 0.1, 0.5, 0.9, 1.66])
def test_height_above_the_floor_in_heights_of_a_person(metres: float) -> None:
    eye, _ = CAMERAS["wall"]
    floor = people(eye, 150, seed=6, wrong=0.2)
    for x, y in ((0.0, -1.0), (1.0, 0.5), (-0.7, 1.2)):
        foot, point = eye.project(np.array([[x, y, 0.0], [x, y, metres]]))[0]
        found = floor.height_above_floor(
            (float(point[0] / eye.width), float(point[1] / eye.height)),
            float(foot[1] / eye.height),
        )
        assert found is not None
        assert found.value == pytest.approx(metres / 1.66, abs=0.05)


def test_who_lies_on_a_bed_rests_higher_than_who_lies_where_he_stood() -> None:
    eye, _ = CAMERAS["wall"]
    floor = people(eye, 150, seed=6)
    foot = float(eye.project(np.array([[0.0, -0.5, 0.0]]))[0][0, 1] / eye.height)
    rests = []
    for height, y in ((0.0, -0.5), (0.5, 0.0)):
        lying = moved(turned(shape(0, LYING["supine"]), 90.0), 0.0, y, height)
        hips = seen(eye, lying)[[23, 24]].mean(axis=0)
        rest = floor.height_above_floor((float(hips[0]), float(hips[1])), foot)
        assert rest is not None
        rests.append(rest.value)
    assert rests[0] < 0.1
    assert rests[1] > 0.25


def test_a_walk_of_a_few_seconds_is_enough() -> None:
    eye, _ = CAMERAS["wall"]
    floor = FloorPlane()
    random = np.random.default_rng(2)
    for k in range(60):
        body = somebody(0, 0.8 - 0.02 * k, 1.5 - 0.055 * k, 20.0)
        floor.update(seen(eye, body, random), ASPECT, k * S // 10, walking=True)
    found = floor.expected_height(0.8)
    assert found is not None
    assert found.sd / found.value < 0.2


@pytest.mark.parametrize(("number", "seed"), [(0, 0), (FEW - 4, 1)], ids=["nobody", "too few"])
def test_nothing_is_said_without_evidence(number: int, seed: int) -> None:
    floor = people(CAMERAS["wall"][0], number, seed, walking=False)
    assert floor.plane is None
    assert floor.horizon is None
    assert floor.expected_height(0.8) is None
    assert floor.height_above_floor((0.5, 0.5), 0.8) is None
    assert floor.geometry is Geometry.UNKNOWN


def test_who_always_stands_in_one_place_tells_no_floor() -> None:
    eye, _ = CAMERAS["wall"]
    random = np.random.default_rng(9)
    floor = FloorPlane()
    for k in range(300):
        floor.update(seen(eye, somebody(1, 0.2, 0.0, 10.0), random), ASPECT, k * 20 * S)
    assert floor.plane is None


def test_above_the_horizon_there_is_no_floor() -> None:
    floor = people(CAMERAS["low"][0], 150, seed=4)
    assert floor.horizon is not None
    assert floor.expected_height(floor.horizon - 0.1) is None


def under_the_ceiling(
    number: int, seed: int, *, walking: bool, sector: tuple[float, float] = (0.0, 2 * math.pi)
) -> FloorPlane:
    eye = Camera((0.0, -0.05, 2.7), (0.0, 0.0, 0.0), fov_deg=100.0)
    random = np.random.default_rng(seed)
    floor = FloorPlane()
    for k in range(number):
        angle, far = random.uniform(*sector), random.uniform(0.6, 1.6)
        body = somebody(int(random.integers(3)), far * math.cos(angle), far * math.sin(angle),
                        random.uniform(0, 360))  # fmt: skip
        floor.update(seen(eye, body, random), ASPECT, k * 20 * S, walking=walking)
    return floor


def test_a_camera_under_the_ceiling_is_told_and_has_no_plane() -> None:
    floor = under_the_ceiling(80, 3, walking=True)
    assert floor.geometry is Geometry.CEILING
    assert floor.plane is None
    assert under_the_ceiling(80, 3, walking=False).plane is None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sector", [(0.0, math.pi), (0.5, 2.6)], ids=["half", "a third"])
def test_under_the_ceiling_who_walks_at_one_side_only_is_not_before_a_wall(
    sector: tuple[float, float], seed: int
) -> None:
    floor = under_the_ceiling(120, seed, walking=True, sector=sector)
    assert floor.geometry is not Geometry.WALL
    assert floor.plane is None


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        (shape(0, UPRIGHT["standing"]), True),
        (shape(0, UPRIGHT["bending"]), False),
        (shape(0, ON_SEAT["sitting"]), False),
        (shape(0, LOW["kneeling"]), False),
        (turned(shape(0, LYING["supine"]), 90.0), False),
        (shape(0, LYING["supine"]), False),
        (turned(shape(0, LYING["supine"]), 180.0), False),
    ],
    ids=["standing", "bending", "sitting", "kneeling", "lying across", "head away",
         "head towards the camera"],
)  # fmt: skip
def test_only_who_stands_is_measured(body: np.ndarray, counts: bool) -> None:
    eye, _ = CAMERAS["wall"]
    assert (standing(seen(eye, body), ASPECT) is not None) is counts


@pytest.mark.parametrize(
    "spoil", [(27, 1, 1.02), (27, 2, 0.2), (0, 1, -0.01)], ids=["feet out", "feet guessed", "head"]
)
def test_parts_out_of_sight_are_not_measured(spoil: tuple[int, int, float]) -> None:
    eye, _ = CAMERAS["wall"]
    keypoints = seen(eye, somebody(0, 0.0, 0.0, 0.0))
    assert standing(keypoints, ASPECT) is not None
    keypoints[spoil[0], spoil[1]] = spoil[2]
    assert standing(keypoints, ASPECT) is None


def test_state_is_bounded_and_survives_a_restart() -> None:
    eye, _ = CAMERAS["wall"]
    floor = people(eye, 600, seed=8, wrong=0.2)
    assert sum(len(kept) for kept in floor.state.bins) <= BINS * RING
    assert len(floor.state.votes) <= VOTES
    kept = msgspec.json.decode(msgspec.json.encode(floor.state), type=FloorState)
    again = FloorPlane(kept)
    assert again.geometry is floor.geometry
    found, before = again.expected_height(0.8), floor.expected_height(0.8)
    assert found is not None
    assert before is not None
    assert found.value == pytest.approx(before.value, rel=0.02)
    again.reset()
    assert again.plane is None
    assert again.state == FloorState.empty()


@pytest.mark.parametrize("seed", range(20))
def test_the_steady_line_is_that_of_scipy(seed: int) -> None:
    from scipy.stats import theilslopes

    random = np.random.default_rng(seed)
    rows = random.uniform(0.3, 1.0, 60).round(2 if seed % 2 else 6)  # with rows seen twice
    heights = 0.8 * rows - 0.1 + random.standard_cauchy(60) * 0.02
    slope, intercept, *_ = theilslopes(heights, rows)
    assert steady_line(rows, heights) == (slope, intercept)
