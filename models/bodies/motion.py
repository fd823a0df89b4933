"""Movement: key poses or a walk go in, the pose and place of a body at any time come out.

Times are seconds and an argument throughout; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

import numpy as np

from models.bodies.body import Body, PosedBody
from models.bodies.pose import Array, Pose, minimum_jerk

Point = tuple[float, float]


class Anchor(Enum):
    """Which part of the body stays over the place that a key names."""

    PELVIS = "pelvis"
    FEET = "feet"


@dataclass(frozen=True)
class Key:
    """One key pose.

    Attributes
    ----------
    t
        Seconds.
    pose
        Joint angles.
    at
        Where the anchor is over the floor, metres; none leaves the pelvis where the key before put
        it.
    anchor
        What is held at `at`.
    level
        Height in metres of whatever carries the body: its lowest point rests there.
    stop
        Whether the movement comes to rest here.
    """

    t: float
    pose: Pose
    at: Point | None = None
    anchor: Anchor = Anchor.FEET
    level: float = 0.0
    stop: bool = False


class Motion(Protocol):
    """Whatever can say where a body is at a time."""

    def at(self, t: float) -> tuple[Pose, Array]:
        """Pose and pelvis position (3,) in metres at `t` seconds."""
        ...


def grounded(body: Body, pose: Pose, level: float) -> float:
    """Height of the pelvis at which the lowest point of the body is at `level`, metres."""
    return level - float(body.pose(pose, (0.0, 0.0, 0.0)).vertices[:, 2].min())


def _anchored(body: Body, pose: Pose, anchor: Anchor, at: Point) -> Array:
    """Place of the pelvis (2,) that brings the anchor over `at`."""
    if anchor is Anchor.PELVIS:
        return np.asarray(at, np.float64)
    landmarks = body.landmarks(pose, (0.0, 0.0, 0.0))
    offset: Array = np.asarray(at) - landmarks[[27, 28], :2].mean(axis=0)
    return offset


def seat_height(body: Body, pose: Pose) -> float:
    """Height of the underside of the pelvis when the body sits like this, feet on the floor."""
    posed = body.pose(pose, (0.0, 0.0, grounded(body, pose, 0.0)))
    owner = body.data.weight_bones[:, 0]
    return float(posed.vertices[owner == body.bones.index("pelvis"), 2].min())


class KeyMotion:
    """Key poses joined by minimum-jerk paths."""

    def __init__(self, body: Body, keys: Sequence[Key]) -> None:
        self._body = body
        self._keys = tuple(keys)
        self._times = [key.t for key in keys]
        self._stops = [key.stop for key in keys]
        self._poses = np.stack([key.pose.vector() for key in keys])
        roots: list[Array] = []
        for key in keys:
            if key.at is None:
                if not roots:
                    raise ValueError("keys[0].at: expected a place on the floor, got none")
                place = roots[-1][:2]
            else:
                place = _anchored(body, key.pose, key.anchor, key.at)
            roots.append(np.array([*place, grounded(body, key.pose, key.level)]))
        self._roots = np.stack(roots)

    def at(self, t: float) -> tuple[Pose, Array]:
        """Pose and pelvis position (3,) in metres at `t` seconds."""
        pose = Pose.from_vector(minimum_jerk(self._times, self._poses, self._stops, t))
        root = minimum_jerk(self._times, self._roots, self._stops, t)
        i = int(np.clip(np.searchsorted(self._times, t, side="right") - 1, 0, len(self._times) - 1))
        before, after = self._keys[i], self._keys[min(i + 1, len(self._keys) - 1)]
        if before.at is not None and (before.anchor, before.at) == (after.anchor, after.at):
            root[:2] = _anchored(self._body, pose, before.anchor, before.at)
        if before.level == after.level:
            root[2] = grounded(self._body, pose, before.level)
        return pose, root


#: A gait cycle in per cent from heel strike, degrees (after Winter 2009, ch. 3, slowed for age).
GAIT = np.array([0.0, 12.0, 30.0, 45.0, 60.0, 72.0, 86.0, 100.0])
HIP = np.array([20.0, 16.0, 4.0, -8.0, -12.0, 6.0, 22.0, 20.0])
KNEE = np.array([5.0, 14.0, 8.0, 5.0, 30.0, 56.0, 24.0, 5.0])
ANKLE = np.array([0.0, -3.0, 5.0, 9.0, -12.0, -2.0, 2.0, 0.0])
STRIDE_M = 1.05


class Walk:
    """A walk along way points that starts and ends at rest.

    Parameters
    ----------
    body
        Who walks.
    points
        Way points on the floor, metres, at least two; corners are rounded.
    start, end
        Seconds.
    """

    def __init__(self, body: Body, points: Sequence[Point], start: float, end: float) -> None:
        self._body, self._start, self._end = body, start, end
        corners = np.asarray(points, np.float64)
        lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(lengths)])
        every = np.linspace(0.0, along[-1], max(2, int(along[-1] / 0.02)))
        line = np.stack([np.interp(every, along, corners[:, i]) for i in range(2)], axis=1)
        window = max(1, min(25, len(line) // 4)) * 2 + 1
        padded = np.concatenate(
            [
                line[:1] + np.arange(-(window // 2), 0)[:, None] * (line[1] - line[0]),
                line,
                line[-1:] + np.arange(1, window // 2 + 1)[:, None] * (line[-1] - line[-2]),
            ]
        )
        kernel = np.ones(window) / window
        self._line = np.stack(
            [np.convolve(padded[:, i], kernel, "valid") for i in range(2)], axis=1
        )
        steps = np.linalg.norm(np.diff(self._line, axis=0), axis=1)
        self._along = np.concatenate([[0.0], np.cumsum(steps)])
        heading = np.gradient(self._line, axis=0)
        self._yaw = np.degrees(np.unwrap(np.arctan2(heading[:, 0], -heading[:, 1])))

    @property
    def end_place(self) -> Point:
        """Where the walk ends, metres."""
        return float(self._line[-1, 0]), float(self._line[-1, 1])

    @property
    def end_yaw(self) -> float:
        """Which way the body faces at the end, degrees."""
        return float(self._yaw[-1])

    def at(self, t: float) -> tuple[Pose, Array]:
        """Pose and pelvis position (3,) in metres at `t` seconds."""
        total, ramp = float(self._along[-1]), 0.5
        elapsed = float(np.clip(t - self._start, 0.0, self._end - self._start))
        speed = total / (self._end - self._start - ramp)
        left = self._end - self._start - elapsed
        # Speed rises and falls linearly over the ramp, hence the two parabolas of distance.
        rising, falling = min(elapsed, ramp), min(left, ramp)
        going = speed * min(1.0, rising / ramp, falling / ramp)
        if elapsed <= ramp:
            distance = speed * elapsed**2 / (2 * ramp)
        elif left <= ramp:
            distance = total - speed * left**2 / (2 * ramp)
        else:
            distance = speed * (elapsed - ramp / 2)
        x, y = (float(np.interp(distance, self._along, self._line[:, i])) for i in range(2))
        pose = gait(distance / STRIDE_M, min(1.0, going / 0.7))
        yaw = float(np.interp(distance, self._along, self._yaw))
        pose = replace(pose, turn=(yaw + pose.turn[0], *pose.turn[1:]))
        return pose, np.array([x, y, grounded(self._body, pose, 0.0)])


def gait(cycles: float, amount: float) -> Pose:
    """Pose of a walk after so many strides; `amount` 0 stands still, 1 walks fully."""

    def curve(table: Array, shift: float) -> float:
        stops = [False] * len(GAIT)
        percent = (cycles + shift) % 1.0 * 100
        return float(minimum_jerk(GAIT.tolist(), table[:, None], stops, percent)[0])

    swing = float(np.cos(2 * np.pi * cycles)) * amount
    stand = Pose()
    legs = {
        f"{joint}_{side}": float(rest + amount * (curve(table, shift) - rest))
        for side, shift in (("l", 0.0), ("r", 0.5))
        for joint, table, rest in (
            ("hip", HIP, stand.hip_l[0]),
            ("knee", KNEE, stand.knee_l),
            ("ankle", ANKLE, stand.ankle_l),
        )
    }
    return Pose(
        turn=(-4 * swing, 3 * amount, 1.5 * float(np.sin(2 * np.pi * cycles)) * amount),
        spine=(4.0, 0.0, 6 * swing),
        neck=(2.0, 0.0, 0.0),
        hip_l=(legs["hip_l"], -1.0, 6.0),
        hip_r=(legs["hip_r"], -1.0, 6.0),
        knee_l=legs["knee_l"],
        knee_r=legs["knee_r"],
        ankle_l=legs["ankle_l"],
        ankle_r=legs["ankle_r"],
        shoulder_l=(3 - 16 * swing, 8.0, 0.0),
        shoulder_r=(3 + 16 * swing, 8.0, 0.0),
        elbow_l=16 - 6 * swing,
        elbow_r=16 + 6 * swing,
    )


class Chain:
    """Movements one after another, each with the time at which it takes over."""

    def __init__(self, parts: Sequence[tuple[float, Motion]]) -> None:
        self._parts = tuple(parts)

    def at(self, t: float) -> tuple[Pose, Array]:
        """Pose and pelvis position (3,) in metres at `t` seconds."""
        current = self._parts[0][1]
        for start, motion in self._parts:
            if t >= start:
                current = motion
        return current.at(t)


def alive(body: Body, motion: Motion, t: float, seed: float) -> PosedBody:
    """Posed body at `t` with the breath and the small sway that nobody alive is without.

    `seed` shifts the phases, so that two people do not breathe together.
    """
    pose, root = motion.at(t)
    breath = float(np.sin(2 * np.pi * (0.27 * t + seed)))
    sway = float(np.sin(2 * np.pi * (0.11 * t + 2 * seed)) + np.sin(2 * np.pi * (0.23 * t + seed)))
    flexion, bend, twist = pose.spine
    nod, tilt, turn = pose.neck
    return body.pose(
        replace(
            pose,
            spine=(flexion - 1.0 * breath, bend + 0.2 * sway, twist),
            neck=(nod + 0.5 * breath, tilt, turn + 0.8 * sway),
        ),
        root,
    )
