"""The floor as the node learns it within simulated days, beside the cameras they were made with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ambient.evaluate.days.report import KNOWN
from ambient.evaluate.days.rooms import ASPECT, Eye
from ambient.evaluate.days.schedule import plan
from ambient.evaluate.days.watch import FOLD_S, STEP_S, perceived
from vision.floor import Geometry
from vision.ground import Ground


def pitch_of(eye: Eye) -> float:
    """How far the camera looks down, degrees."""
    x, y, z = np.subtract(eye.target, eye.position)
    return math.degrees(math.atan2(-z, math.hypot(x, y)))


@pytest.mark.parametrize("number", [8, 16, 26, 40])
def test_after_a_day_the_floor_before_a_wide_camera_is_known(number: int) -> None:
    """Lenses of 90° to 107°, before which most who walk lean in the picture."""
    day = plan(2808, number, KNOWN[number % len(KNOWN)])
    every, frames, _ = perceived(day, np.random.default_rng(number), FOLD_S)
    poses = sorted(
        (at, stay, k)
        for stay, one in enumerate(every)
        for k, at in enumerate(one.at.tolist())
        if one.seen[k] and one.presence[k] >= 0.5
    )
    ground = Ground()
    for at, stay, k in poses:
        t = round(float(frames[at]) * STEP_S * 1e9)
        ground.update(stay, every[stay].keypoints[k], ASPECT, t)
    assert ground.floor.geometry is Geometry.WALL
    assert ground.floor.plane is not None
    assert ground.floor.plane.pitch_deg == pytest.approx(pitch_of(day.room.eye), abs=8.0)
