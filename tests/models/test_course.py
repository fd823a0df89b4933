"""Bodies that turn over, and what they have beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.bodies.body import Body
from models.bodies.clips import STAND, SUPINE
from models.bodies.course import AXES, Beat, Course, turn_of
from models.bodies.motion import Walk
from models.bodies.pose import Pose
from models.bodies.props import WalkingFrame, blanket, sofa

AT = (2.0, 2.0)
FORWARD_90 = replace(STAND, turn=(0.0, 88.0, 0.0))


@pytest.fixture(scope="module")
def body() -> Body:
    return Body.load()


@pytest.mark.parametrize(
    "turn", [(0.0, 0.0, 0.0), (30.0, -88.0, 4.0), (-150.0, 10.0, 88.0), (20.0, 60.0, -70.0)]
)
def test_a_turn_survives_being_a_rotation(turn: tuple[float, float, float]) -> None:
    assert turn_of(Rotation.from_euler(AXES, turn, degrees=True)) == pytest.approx(turn)


def test_a_body_flat_on_its_back_has_a_turn_too() -> None:
    flat = Rotation.from_euler(AXES, (30.0, -90.0, 0.0), degrees=True)
    again = Rotation.from_euler(AXES, turn_of(flat), degrees=True)
    assert (flat.inv() * again).magnitude() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("lies", "roll", "level"), [(SUPINE, 0.0, 0.0), (SUPINE, 82.0, 0.5), (FORWARD_90, 0.0, 0.0)]
)
def test_a_body_rests_on_what_carries_it_all_the_way(
    body: Body, lies: Pose, roll: float, level: float
) -> None:
    beats = [
        Beat(0.0, STAND, AT, feet=True, stop=True),
        Beat(1.0, lies, AT, roll=roll, level=level, stop=True),
    ]
    course = Course(body, beats)
    for t, low in ((-1.0, 0.0), (0.0, 0.0), (0.5, level / 2), (1.0, level), (9.0, level)):
        assert course.posed(t).vertices[:, 2].min() == pytest.approx(low, abs=1e-6)
    assert np.ptp(course.posed(0.0).vertices[:, 2]) > 1.5
    assert np.ptp(course.posed(9.0).vertices[:, 2]) < 0.75


def test_a_stiff_body_tips_until_it_rests(body: Body) -> None:
    tilted = replace(SUPINE, turn=(0.0, -72.0, 0.0))
    heads = [
        Course(body, [Beat(0.0, tilted, AT, rests=rests)]).posed(0.0).landmarks[0, 2]
        for rests in (False, True)
    ]
    assert heads[0] > 0.5
    assert heads[1] < 0.35


def test_the_first_beat_takes_over_from_the_walk(body: Body) -> None:
    walk = Walk(body, [(1.0, 2.0), (3.0, 2.0)], 0.0, 4.0)
    pose, root = walk.at(2.0)
    course = Course(body, [Beat(2.0, pose, (float(root[0]), float(root[1])))], before=walk)
    before, after = course.posed(1.999), course.posed(2.0)
    np.testing.assert_allclose(before.joints, after.joints, atol=0.01)
    assert course.posed(0.5).joints[0, 0] < before.joints[0, 0] - 0.5


def test_a_course_without_beats_is_refused(body: Body) -> None:
    with pytest.raises(ValueError, match="beats: expected at least one, got none"):
        Course(body, [])


@pytest.mark.parametrize(("tilt", "height"), [(0.0, 0.86), (90.0, 0.6), (-90.0, 0.6)])
def test_a_walking_frame_stands_or_lies_on_the_floor(tilt: float, height: float) -> None:
    figure = WalkingFrame().figure(AT, 90.0, tilt)
    vertices = figure.posed.vertices
    assert vertices[:, 2].min() == pytest.approx(0.0, abs=1e-9)
    assert vertices[:, 2].max() == pytest.approx(height, abs=0.08)
    assert figure.person.body.faces.max() < len(vertices) == len(figure.person.materials)


def test_a_walking_frame_opens_towards_its_user() -> None:
    # Yaw 90 faces along x: the closed side is ahead of the place.
    vertices = WalkingFrame().figure(AT, 90.0).posed.vertices
    assert vertices[:, 0].min() == pytest.approx(AT[0], abs=0.08)
    assert vertices[:, 0].max() == pytest.approx(AT[0] + 0.4, abs=0.08)
    assert abs(vertices[:, 1] - AT[1]).max() < 0.36


def test_the_sides_of_a_tube_face_outward() -> None:
    figure = WalkingFrame().figure((0.0, 0.0), 0.0)
    vertices, faces = figure.posed.vertices, figure.person.body.faces
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    middle = np.repeat(vertices.reshape(-1, 8, 3).mean(axis=1), 12, axis=0)
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), (a + b + c) / 3 - middle)
    assert (np.sign(outward) == np.sign(outward[0])).all()


def test_a_blanket_covers_the_feet_and_a_sofa_can_be_lain_on() -> None:
    boxes, cushions = sofa(0.2, 3.0, 0.45)
    assert cushions in boxes
    assert cushions.high[2] == 0.45
    assert cushions.high[0] - cushions.low[0] > 1.6
    over = blanket(cushions, 0.5)
    assert over.low[0] == pytest.approx((cushions.low[0] + cushions.high[0]) / 2)
    assert over.low[2] == cushions.high[2] < over.high[2]
