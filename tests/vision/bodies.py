"""Stick people for tests: key poses in metres, seen by a pinhole camera."""

from __future__ import annotations

import numpy as np

from vision.pose.types import Pose

STANDING = {
    "head": (0.0, 1.62),
    "shoulder": (0.0, 1.40),
    "hip": (0.0, 0.92),
    "knee": (0.02, 0.48),
    "ankle": (0.0, 0.08),
}
SITTING = {
    "head": (0.0, 1.20),
    "shoulder": (0.0, 1.0),
    "hip": (0.0, 0.50),
    "knee": (0.42, 0.50),
    "ankle": (0.42, 0.08),
}
SQUATTING = {
    "head": (0.25, 0.95),
    "shoulder": (0.2, 0.75),
    "hip": (-0.1, 0.32),
    "knee": (0.3, 0.42),
    "ankle": (0.0, 0.08),
}
LYING = {
    "head": (-0.75, 0.14),
    "shoulder": (-0.5, 0.12),
    "hip": (0.0, 0.12),
    "knee": (0.42, 0.14),
    "ankle": (0.82, 0.08),
}

_ROWS = {
    "head": range(11),
    "shoulder": (11, 12),
    "hip": (23, 24),
    "knee": (25, 26),
    "ankle": (27, 28, 29, 30, 31, 32),
}


def pose(
    shape: dict[str, tuple[float, float]],
    *,
    x: float = 0.5,
    floor: float = 0.9,
    scale: float = 0.4,
    presence: float = 1.0,
) -> Pose:
    """Return a pose: side view, `scale` picture heights a metre, feet at `floor`."""
    keypoints = np.zeros((33, 3), np.float32)
    world = np.zeros((33, 3), np.float32)
    hip_y = shape["hip"][1]
    for joint, rows in _ROWS.items():
        side, up = shape[joint]
        for k, row in enumerate(rows):
            wide = (0.02 if k % 2 else -0.02) if joint in ("shoulder", "hip") else 0.0
            keypoints[row] = (x + (side + wide) * scale, floor - up * scale, 0.95)
            world[row] = (side + wide, hip_y - up, 0.0)
    arms = {13: 0.2, 14: 0.2, 15: 0.4, 16: 0.4, **dict.fromkeys(range(17, 23), 0.45)}
    shoulder, hip = shape["shoulder"], shape["hip"]
    for row, down in arms.items():
        side = shoulder[0] + (hip[0] - shoulder[0]) * down
        up = shoulder[1] + (hip[1] - shoulder[1]) * down
        keypoints[row] = (x + side * scale, floor - up * scale, 0.9)
        world[row] = (side, hip_y - up, 0.0)
    return Pose.from_keypoints(keypoints, world, presence, 0.0)


def between(
    a: dict[str, tuple[float, float]], b: dict[str, tuple[float, float]], share: float
) -> dict[str, tuple[float, float]]:
    """Return the shape `share` of the way from `a` to `b`."""
    return {
        joint: (
            a[joint][0] + (b[joint][0] - a[joint][0]) * share,
            a[joint][1] + (b[joint][1] - a[joint][1]) * share,
        )
        for joint in a
    }
