"""Bodies, their movement and their pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.bodies.body import DENSITY, Body, Sex, Shape
from models.bodies.clips import CLIPS, bed_zone
from models.bodies.motion import Anchor, Key, KeyMotion, Walk, grounded
from models.bodies.pose import SIZE, Pose, minimum_jerk
from models.bodies.raster import Camera
from models.bodies.room import bedroom
from models.bodies.scene import Figure, Person, Renderer
from models.samples import BED_ZONES

SMALL = Camera((2.35, 0.12, 2.2), (2.2, 2.3, 1.0), width=96, height=54, fov_deg=80.0)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body.load()


@pytest.mark.parametrize(
    "shape",
    [
        Shape(Sex.FEMALE, 25.0, 1.55, 50.0),
        Shape(Sex.FEMALE, 90.0, 1.60, 70.0),
        Shape(Sex.MALE, 40.0, 1.90, 95.0),
        Shape(Sex.MALE, 82.0, 1.74, 76.0),
    ],
)
def test_a_shape_has_the_height_and_weight_that_were_asked_for(shape: Shape) -> None:
    body = Body.load(shape)
    a, b, c = (body.vertices[body.faces[:, i]] for i in range(3))
    weight = np.einsum("ij,ij->", a, np.cross(b, c)) / 6 * DENSITY
    assert np.ptp(body.vertices[:, 2]) == pytest.approx(shape.height_m, abs=0.005)
    assert weight == pytest.approx(shape.weight_kg, abs=0.5)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Shape(age_years=12.0), "age_years: expected 25 to 90, got 12"),
        (Shape(height_m=0.9), "height_m: expected .* got 0.90"),
        (Shape(weight_kg=20.0), "weight_kg: expected .* got 20"),
        (Shape(weight_kg=300.0), "weight_kg: expected .* got 300"),
    ],
)
def test_a_shape_out_of_reach_is_refused(shape: Shape, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Body.load(shape)


@pytest.mark.parametrize(
    ("pose", "landmark", "axis", "least"),
    [
        (Pose(shoulder_l=(90.0, 0.0, 0.0)), 15, 1, -0.45),
        (Pose(shoulder_r=(0.0, 90.0, 0.0)), 16, 0, -0.45),
        (Pose(shoulder_l=(0.0, 90.0, 0.0)), 15, 0, 0.45),
        (Pose(elbow_r=90.0), 16, 1, -0.20),
        (Pose(hip_l=(90.0, 0.0, 0.0)), 25, 1, -0.30),
        (Pose(hip_r=(0.0, 40.0, 0.0)), 28, 0, -0.45),
        (Pose(knee_l=90.0), 27, 1, 0.30),
        (Pose(turn=(0.0, -90.0, 0.0)), 0, 1, 0.45),
        (Pose(turn=(0.0, 90.0, 0.0)), 0, 1, -0.45),
        (Pose(turn=(90.0, 0.0, 0.0)), 31, 0, 0.05),
        (Pose(spine=(60.0, 0.0, 0.0)), 0, 1, -0.25),
    ],
)
def test_joints_turn_the_clinical_way(
    body: Body, pose: Pose, landmark: int, axis: int, least: float
) -> None:
    at = body.landmarks(pose, (0.0, 0.0, 0.0))[landmark, axis]
    assert at * np.sign(least) >= abs(least)


def test_landmarks_are_those_of_the_posed_skin(body: Body) -> None:
    pose = Pose(shoulder_l=(70.0, 20.0, 0.0), knee_r=50.0, turn=(30.0, 10.0, 5.0))
    posed = body.pose(pose, (1.0, 2.0, 0.9))
    assert np.allclose(posed.landmarks, body.landmarks(pose, (1.0, 2.0, 0.9)))
    assert posed.vertices.shape == body.vertices.shape
    assert np.allclose(np.linalg.norm(posed.normals, axis=1), 1.0)
    assert posed.joints.shape == (len(body.bones), 3)


def test_bones_keep_their_length(body: Body) -> None:
    bent = Pose(hip_l=(100.0, 10.0, 5.0), knee_l=110.0, shoulder_l=(120.0, 40.0, 20.0))
    for a, b in ((23, 25), (25, 27), (11, 13), (13, 15)):
        rest, moved = (body.landmarks(p, (0.0, 0.0, 0.0)) for p in (Pose(), bent))
        lengths = [np.linalg.norm(points[a] - points[b]) for points in (rest, moved)]
        assert lengths[0] == pytest.approx(lengths[1])


def test_a_pose_is_its_vector_and_its_mirror_twice() -> None:
    pose = Pose.from_vector(np.arange(float(SIZE)))
    assert pose.vector() == pytest.approx(np.arange(float(SIZE)))
    assert pose.mirrored().mirrored() == pose
    with pytest.raises(ValueError, match=r"expected shape \(27,\), got \(3,\)"):
        Pose.from_vector(np.zeros(3))


@pytest.mark.parametrize(
    ("t", "value"),
    [(-1.0, 0.0), (0.0, 0.0), (1.0, 10.0), (2.0, 15.0), (3.0, 15.0), (4.0, 5.0), (9.0, 5.0)],
)
def test_minimum_jerk_passes_its_points(t: float, value: float) -> None:
    values = np.array([[0.0], [10.0], [15.0], [15.0], [5.0]])
    stops = [False] * 5
    assert minimum_jerk([0, 1, 2, 3, 4], values, stops, t)[0] == pytest.approx(value)


@pytest.mark.parametrize("stop", [False, True])
def test_minimum_jerk_never_swings_beyond_its_points(stop: bool) -> None:
    values = np.array([[0.0], [1.0], [9.0], [10.0], [2.0]])
    times = [0.0, 1.0, 1.3, 2.0, 4.0]
    path = np.array([minimum_jerk(times, values, [stop] * 5, t)[0] for t in np.linspace(0, 4, 200)])
    assert path.min() >= -1e-9
    assert path.max() <= 10 + 1e-9


def test_a_key_motion_holds_feet_and_floor(body: Body) -> None:
    crouch = replace(Pose(), hip_l=(60.0, 0.0, 6.0), hip_r=(60.0, 0.0, 6.0), knee_l=80.0)
    motion = KeyMotion(body, [Key(0.0, Pose(), (1.0, 2.0)), Key(1.0, crouch, (1.0, 2.0))])
    for t in (0.0, 0.3, 0.7, 1.0):
        posed = body.pose(*motion.at(t))
        assert posed.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-9)
        assert posed.landmarks[[27, 28], :2].mean(axis=0) == pytest.approx([1.0, 2.0])


def test_a_key_motion_begins_at_a_place(body: Body) -> None:
    with pytest.raises(ValueError, match=r"keys\[0\]\.at: expected a place"):
        KeyMotion(body, [Key(0.0, Pose(), None, Anchor.PELVIS)])


def test_a_walk_reaches_its_end_at_rest(body: Body) -> None:
    walk = Walk(body, [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0)], 1.0, 5.0)
    start, end = walk.at(0.0), walk.at(9.0)
    assert start[1][:2] == pytest.approx([0.0, 0.0], abs=0.1)
    assert end[1][:2] == pytest.approx([2.0, 1.0], abs=0.1)
    assert start[0].turn[0] == pytest.approx(90.0, abs=5.0)
    assert end[0].turn[0] == pytest.approx(180.0, abs=5.0)
    middle = [walk.at(t)[1] for t in np.arange(1.0, 5.0, 0.1)]
    assert np.linalg.norm(np.diff(middle, axis=0), axis=1).max() < 0.15


def test_a_camera_projects_what_it_looks_at_to_its_centre() -> None:
    pixels, depth = SMALL.project(np.array([SMALL.target, (2.2, 2.3, 1.5)]))
    assert pixels[0] == pytest.approx([48.0, 27.0])
    assert depth[0] == pytest.approx(np.linalg.norm(np.subtract(SMALL.target, SMALL.position)))
    assert pixels[1, 1] < 27.0


def test_a_picture_shows_the_person_where_the_landmarks_are(body: Body) -> None:
    renderer = Renderer(bedroom(), SMALL)
    pose = Pose(turn=(10.0, 0.0, 0.0))
    posed = body.pose(pose, (2.2, 2.3, grounded(body, pose, 0.0)))
    figure = Figure(Person.dressed(body), posed)
    empty, picture = renderer.render([]), renderer.render([figure])
    assert picture.shape == (54, 96, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, renderer.render([figure]))
    changed = np.abs(picture.astype(int) - empty).max(axis=2) > 12
    pixels, _ = SMALL.project(posed.landmarks[[0, 11, 12, 23, 24, 25, 26]])
    columns, rows = pixels.astype(int).T
    assert changed[rows, columns].all()
    assert 0.02 < changed.mean() < 0.3


def test_the_bed_zones_are_where_the_beds_are() -> None:
    for name, zone in BED_ZONES.items():
        drawn = np.array(bed_zone(CLIPS[name]()))
        assert np.abs(drawn - np.array(zone)).max() < 0.006, name
