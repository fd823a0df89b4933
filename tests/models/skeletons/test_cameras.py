"""Projection against cases computed by hand; families; world landmarks."""

from __future__ import annotations

import numpy as np
import pytest

from models.skeletons import postures
from models.skeletons.cameras import Camera, Family, sample
from models.skeletons.landmarks import landmarks33

LEVEL = Camera((0.0, 0.0, 1.0), 0.0, 0.0, fov_deg=90.0, aspect=1.0)
WIDE = Camera((0.0, 0.0, 1.0), 0.0, 0.0, fov_deg=90.0, aspect=2.0)
NORTH = Camera((0.0, 0.0, 1.0), 90.0, 0.0, fov_deg=90.0, aspect=1.0)
DOWN = Camera((0.0, 0.0, 3.0), 0.0, 90.0, fov_deg=90.0, aspect=1.0)
ROLLED = Camera((0.0, 0.0, 1.0), 0.0, 0.0, roll_deg=90.0, fov_deg=90.0, aspect=1.0)
FISH = Camera((0.0, 0.0, 1.0), 0.0, 0.0, fov_deg=120.0, aspect=1.0, lens=0.0)
STEREO = Camera((0.0, 0.0, 1.0), 0.0, 0.0, fov_deg=120.0, aspect=1.0, lens=0.5)
THIRTY = np.tan(np.radians(30.0))


@pytest.mark.parametrize(
    ("camera", "point", "xy", "depth"),
    [
        (LEVEL, (2.0, 0.0, 1.0), (0.5, 0.5), 2.0),
        (LEVEL, (2.0, -1.0, 1.0), (0.75, 0.5), 2.0),
        (LEVEL, (2.0, 0.0, 0.0), (0.5, 0.75), 2.0),
        (LEVEL, (1.0, 2.0, 1.0), (-0.5, 0.5), 1.0),
        (WIDE, (2.0, 0.0, 0.0), (0.5, 1.0), 2.0),
        (NORTH, (0.0, 2.0, 1.0), (0.5, 0.5), 2.0),
        (NORTH, (1.0, 2.0, 1.0), (0.75, 0.5), 2.0),
        (DOWN, (0.0, 0.0, 0.0), (0.5, 0.5), 3.0),
        (DOWN, (1.5, 0.0, 0.0), (0.5, 0.25), 3.0),
        (ROLLED, (2.0, 0.0, 0.0), (0.75, 0.5), 2.0),
        (FISH, (1.0, -THIRTY, 1.0), (0.75, 0.5), 1.0),
        (STEREO, (1.0, -THIRTY, 1.0), (0.5 + 0.5 * np.tan(np.pi / 12) / THIRTY, 0.5), 1.0),
    ],
)
def test_project(
    camera: Camera, point: tuple[float, ...], xy: tuple[float, float], depth: float
) -> None:
    got, deep = camera.project(np.array([point]))
    np.testing.assert_allclose(got[0], xy, atol=1e-9)
    np.testing.assert_allclose(deep[0], depth, atol=1e-9)


@pytest.mark.parametrize("camera", [LEVEL, DOWN, FISH, STEREO])
def test_a_point_behind_the_camera_is_outside_and_finite(camera: Camera) -> None:
    back = np.asarray(camera.position) - camera.axes[2] + 0.1 * camera.axes[0]
    xy, depth = camera.project(back[None])
    assert depth[0] < 0
    assert np.isfinite(xy).all()
    assert xy[0, 0] > 1.0


def test_world_landmarks_have_the_hips_in_the_middle_and_y_down() -> None:
    body = landmarks33(postures.figure(postures.STAND.vector()[None]))
    facing = Camera((3.0, 0.0, 0.9), 180.0, 0.0, fov_deg=60.0, aspect=1.0)
    world = facing.to_camera(body)
    np.testing.assert_allclose(world[:, [23, 24]].mean(1), 0.0, atol=1e-9)
    assert world[0, 0, 1] < -0.5 < 0.5 < world[0, 27, 1]
    assert world[0, 11, 0] > world[0, 12, 0], "the left shoulder is at the right of the picture"
    assert world[0, 0, 2] < 0.0, "the nose is nearer than the hips"


def test_world_landmarks_do_not_depend_on_where_in_the_picture_somebody_is() -> None:
    body = landmarks33(postures.figure(postures.STAND.vector()[None]))
    straight = Camera((3.0, 0.0, 0.9), 180.0, 0.0, fov_deg=100.0)
    aside = Camera((3.0, 0.0, 0.9), 145.0, 0.0, fov_deg=100.0)
    np.testing.assert_allclose(straight.to_camera(body), aside.to_camera(body), atol=1e-5)


@pytest.mark.parametrize(
    ("family", "low", "high"),
    [(Family.WALL, 1.8, 3.0), (Family.LOW, 0.7, 1.7), (Family.CLOSE, 0.9, 2.6),
     (Family.CEILING, 2.2, 3.0)],
)  # fmt: skip
def test_families_stand_where_they_say_and_look_at_the_target(
    family: Family, low: float, high: float
) -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        camera = sample(rng, family, target=(1.0, 2.0, 0.9))
        assert low <= camera.position[2] <= high
        xy, _depth = camera.project(np.array([[1.0, 2.0, 0.9]]))
        inside.append(((xy > 0) & (xy < 1)).all())
    assert np.mean(inside) > (0.75 if family is Family.CLOSE else 0.9)


@pytest.mark.parametrize(("fov", "lens"), [(10.0, 1.0), (179.0, 0.0), (90.0, 1.5), (170.0, 1.0)])
def test_a_lens_that_cannot_be_is_refused(fov: float, lens: float) -> None:
    with pytest.raises(ValueError, match="Camera"):
        Camera((0.0, 0.0, 1.0), 0.0, 0.0, fov_deg=fov, lens=lens)
