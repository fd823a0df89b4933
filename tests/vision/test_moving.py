"""How fast wrists and hips move: in body lengths, whatever the camera's rate, and None unseen."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.matching.senses import speeds
from ambient.observations import KEYPOINTS, PoseSeen
from vision.features import measure
from vision.moving import Moving

SECOND = 1_000_000_000
STANDING = np.zeros((KEYPOINTS, 2))
STANDING[:, 0] = 0.5
for joints, y in (([*range(11)], 0.2), ([11, 12], 0.3), ([23, 24], 0.5), ([25, 26], 0.65)):
    STANDING[joints, 1] = y
STANDING[27:, 1], STANDING[13:23, 1] = 0.8, 0.45


def pose(t_s: float, moved: dict[int, float], hidden: tuple[int, ...] = ()) -> PoseSeen:
    """Return somebody who stands, some joints moved to the right, some out of sight."""
    points = STANDING.copy()
    for joint, x in moved.items():
        points[joint, 0] += x
    return PoseSeen(
        t=round(t_s * SECOND),
        room="r1",
        source="c1",
        track=1,
        keypoints=[
            (x, y, 0.1 if joint in hidden else 0.9) for joint, (x, y) in enumerate(points.tolist())
        ],
        box=(0.4, 0.2, 0.6, 0.8),
        score=0.9,
        aspect=2.0,
    )


def told(poses: list[PoseSeen], size: float = 0.5) -> tuple[float | None, ...]:
    moving = Moving()
    out: tuple[float | None, ...] = ()
    for one in poses:
        out = moving.update(one, size)
    return out


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_a_wrist_has_its_speed_at_every_rate(fps: int) -> None:
    # 0.1 of a picture two heights wide in a second, by somebody half a height long.
    poses = [pose(i / fps, {15: 0.1 * i / fps}) for i in range(2 * fps)]
    left, right, hips = told(poses)
    assert left == pytest.approx(0.4, abs=0.002)
    assert (right, hips) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("hidden", "known"),
    [((15,), (False, True, True)), ((16,), (True, False, True)), ((24,), (True, True, False))],
)
def test_what_is_not_seen_has_no_speed(hidden: tuple[int, ...], known: tuple[bool, ...]) -> None:
    for poses in (
        [pose(0.0, {}, hidden), pose(0.3, {})],
        [pose(0.0, {}), pose(0.3, {}, hidden)],
    ):
        assert tuple(value is not None for value in told(poses)) == known


@pytest.mark.parametrize("apart_s", [0.1, 2.5])
def test_nothing_is_said_of_too_short_or_too_long_a_time(apart_s: float) -> None:
    assert told([pose(0.0, {}), pose(apart_s, {15: 0.1})]) == (None, None, None)


def test_a_track_that_ended_has_no_past() -> None:
    moving = Moving()
    moving.update(pose(0.0, {}), 0.5)
    moving.end(1)
    assert moving.update(pose(0.3, {15: 0.1}), 0.5) == (None, None, None)


def test_a_whole_recording_at_once_says_the_same() -> None:
    rng = np.random.default_rng(3)
    t = np.cumsum(rng.choice([0.033, 0.1, 0.2, 2.2], 200, p=[0.5, 0.3, 0.18, 0.02]))
    poses = [
        pose(
            at,
            dict(zip(range(KEYPOINTS), rng.normal(0.0, 0.05, KEYPOINTS), strict=True)),
            tuple(np.flatnonzero(rng.random(KEYPOINTS) < 0.1)),
        )
        for at in t
    ]
    moving = Moving()
    by_one = [moving.update(one, measure(one).size) for one in poses]
    every = speeds(t, np.array([one.keypoints for one in poses]), poses[0].aspect)
    np.testing.assert_allclose(every, np.array(by_one, np.float64), atol=0.0011)
