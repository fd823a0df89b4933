"""Bedclothes that follow whoever lies under them, and the lamp that shows them at night."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ambient.evaluate.days import stances
from models.bodies.bedding import TRUNK_M, Bedding, Fold
from models.bodies.body import Body, PosedBody
from models.bodies.course import Beat, Course
from models.bodies.raster import Camera
from models.bodies.room import Room, bedroom
from models.bodies.scene import Figure, Person, Renderer

MATTRESS = bedroom().mattresses[0]
MIDDLE = (MATTRESS.low[0] + 1.14, (MATTRESS.low[1] + MATTRESS.high[1]) / 2)
WAVES = np.zeros((3, 3))
SMALL = Camera((2.35, 0.12, 2.2), (1.2, 3.6, 0.5), width=96, height=54, fov_deg=80.0)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body.load()


def posed(body: Body, stance: stances.Stance) -> PosedBody:
    """Return somebody in the bed, the head at its low end."""
    pose = replace(stance.pose, turn=(90.0 + stance.pose.turn[0], *stance.pose.turn[1:]))
    level = MATTRESS.high[2] - 0.05
    beat = Beat(0.0, pose, MIDDLE, stance.roll, stance.feet, level, True, stance.lies)
    return Course(body, [beat]).posed(0.0)


def fold(pushed: float = 0.0) -> Fold:
    return Fold(0.1, pushed, (0.6, 0.6, 0.6), WAVES)


def above(cloth: Figure, points: np.ndarray) -> np.ndarray:
    """Return how far the nearest vertex of a cloth, seen from above, is over each point."""
    vertices = cloth.posed.vertices
    apart = ((points[:, None, :2] - vertices[None, :, :2]) ** 2).sum(axis=2)
    over: np.ndarray = vertices[apart.argmin(axis=1), 2] - points[:, 2]
    return over


@pytest.mark.parametrize(
    "stance", [stances.ON_BACK, stances.ON_SIDE, stances.CURLED, stances.KNEES_UP]
)
def test_a_duvet_lies_over_whoever_is_under_it(body: Body, stance: stances.Stance) -> None:
    lies = posed(body, stance)
    bedding = Bedding(MATTRESS, body, lies)
    duvet = bedding.duvet(lies, fold())
    hem = duvet.posed.vertices[:, 0].min()
    points = lies.vertices[:: len(lies.vertices) // 400]
    low, high = MATTRESS.low, MATTRESS.high
    under = points[
        (points[:, 0] > hem + 0.05) & (points[:, 0] < high[0])
        & (points[:, 1] > low[1]) & (points[:, 1] < high[1])
        & (points[:, 2] < high[2] + TRUNK_M)  # an arm may be held up out of it
    ]  # fmt: skip
    assert len(under) > 40
    assert above(duvet, under).min() > -0.02
    # It falls to the mattress beside the body, and over its edge.
    assert duvet.posed.vertices[:, 2].min() < high[2]
    assert hem > lies.joints[body.bones.index("head")][0]
    assert np.allclose(np.linalg.norm(duvet.posed.normals, axis=1), 1.0)


def test_of_who_sits_up_it_has_slipped_into_the_lap_and_who_gets_up_pushes_it_away(
    body: Body,
) -> None:
    sits = posed(body, stances.FLOOR_SIT)
    bedding = Bedding(MATTRESS, body, posed(body, stances.ON_BACK))
    lap = bedding.duvet(sits, fold()).posed.vertices
    hips = sits.joints[body.bones.index("pelvis")]
    assert lap[:, 0].min() == pytest.approx(hips[0] - 0.02, abs=0.03)
    assert lap[:, 2].max() < sits.joints[body.bones.index("head")][2] - 0.2
    pushed = bedding.duvet(sits, fold(1.0)).posed.vertices
    assert pushed[:, 1].min() > (MATTRESS.low[1] + MATTRESS.high[1]) / 2


def test_a_pillow_is_under_the_head_and_dented(body: Body) -> None:
    lies = posed(body, stances.ON_BACK)
    pillow = Bedding(MATTRESS, body, lies).pillow(lies)
    head = lies.landmarks[:11].mean(axis=0)
    assert above(pillow, head[None])[0] < 0.0
    assert pillow.posed.vertices[:, 2].max() > MATTRESS.high[2] + 0.08


def test_a_camera_s_own_lamp_lights_what_is_near_and_casts_no_shadow(body: Body) -> None:
    room = Room()
    floor = Renderer(room, SMALL, lamp=True).render([])
    assert floor[53, 60:].mean() > 1.3 * floor[40, 60:].mean()  # 2.6 and 3.7 m away
    stands = Course(body, [Beat(0.0, stances.STAND.pose, (2.2, 2.6), 0.0, True, 0.0, True, False)])
    figure = Figure(Person.dressed(body), stands.posed(0.0))
    empty, seen = (Renderer(room, SMALL, lamp=True).render(each) for each in ([], [figure]))
    sun_empty, sun_seen = (Renderer(room, SMALL).render(each) for each in ([], [figure]))
    changed = (empty != seen).any(axis=2).sum()
    assert 0 < changed < (sun_empty != sun_seen).any(axis=2).sum()
