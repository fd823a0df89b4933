"""Everyday movement without a mesh: key stances in, landmarks of many instants at once out.

A `Path` holds what a body does as rows of channels (joint angles, place, what carries it, strides)
joined by minimum-jerk curves; a `Figure` turns rows into the 33 landmarks in metres. The body is
the parametric one of `models.bodies`; nothing comes from recordings or motion capture. Pure: time
is an argument. x and y lie in the floor, z is up; a body with yaw 0 looks along -y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from models.bodies.body import Body, Shape
from models.bodies.motion import ANKLE, GAIT, HIP, KNEE
from models.bodies.pose import SIZE, Pose

Array = npt.NDArray[np.float64]

ROLL: Final = SIZE
"""Channel of the turn about the body's long axis, degrees (lying on back, side or front)."""
X: Final = SIZE + 1
Y: Final = SIZE + 2
LEVEL: Final = SIZE + 3
"""Height of what carries the body; its lowest point rests there."""
FEET: Final = SIZE + 4
"""1 where the feet stay over (x, y), 0 where the pelvis does."""
STRIDES: Final = SIZE + 5
WALKING: Final = SIZE + 6
"""0 stands, 1 walks fully."""
WIDTH: Final = SIZE + 7

CHUNK: Final = 4096
"""Instants computed together, so that a long day fits into memory."""

_FLESH: Final = np.array(
    [0.08] * 7 + [0.09, 0.09] + [0.08] * 2 + [0.09] * 2 + [0.05] * 2 + [0.03] * 2 + [0.01] * 6
    + [0.1] * 2 + [0.06] * 2 + [0.05] * 2 + [0.0] * 4
)  # fmt: skip
"""How far the body reaches beyond each landmark, metres: landmarks of limbs are joints."""

_HIP, _KNEE, _ANKLE, _ARM, _ELBOW = (9, 12), (15, 16), (17, 18), (19, 22), (25, 26)
"""Where the channels of left and right begin."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """What one body does, as K key rows.

    Attributes
    ----------
    times
        (K,) seconds, increasing.
    values
        (K, WIDTH) channels.
    stops
        (K,) whether the movement rests there.
    """

    times: Array
    values: Array
    stops: npt.NDArray[np.bool_]
    _speeds: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse rows that do not follow each other; find the speeds at the keys."""
        if self.values.shape != (len(self.times), WIDTH) or len(self.stops) != len(self.times):
            raise ValueError(
                f"Path: expected {len(self.times)} rows of {WIDTH} channels and as many stops, "
                f"got {self.values.shape} and {len(self.stops)}"
            )
        spans = np.diff(self.times)
        if len(spans) and spans.min() <= 0:
            raise ValueError("Path: times: expected increasing ones, got some that are not")
        speeds = np.zeros_like(self.values)
        if len(spans) > 1:
            slopes = np.diff(self.values, axis=0) / spans[:, None]
            before, after = slopes[:-1], slopes[1:]
            gentle = np.where(np.abs(before) < np.abs(after), before, after)
            through = (before * after > 0) & ~self.stops[1:-1, None]
            speeds[1:-1] = np.where(through, gentle, 0.0)
        object.__setattr__(self, "_speeds", speeds)

    def at(self, t: Array) -> Array:
        """Return the channels (T, WIDTH) at `t` (T,) seconds.

        Between keys the quintic of least jerk for the speeds at both ends (Flash and Hogan 1985,
        J. Neurosci. 5:1688); before the first and after the last key nothing moves.
        """
        if len(self.times) == 1:
            return np.repeat(self.values, len(t), axis=0)
        i = np.clip(np.searchsorted(self.times, t, side="right") - 1, 0, len(self.times) - 2)
        span = self.times[i + 1] - self.times[i]
        s = np.clip((t - self.times[i]) / span, 0.0, 1.0)[:, None]
        position = s**3 * (10 - 15 * s + 6 * s**2)
        leave = s - s**3 * (6 - 8 * s + 3 * s**2)
        arrive = s**3 * (-4 + 7 * s - 3 * s**2)
        ends = self._speeds[i] * leave + self._speeds[i + 1] * arrive
        moved: Array = (self.values[i + 1] - self.values[i]) * position + span[:, None] * ends
        return self.values[i] + moved

    def moving(self) -> list[tuple[float, float]]:
        """Return the spans of time, seconds, in which something changes."""
        changes = np.abs(np.diff(self.values, axis=0)).max(axis=1) > 1e-6
        spans: list[tuple[float, float]] = []
        for k in np.flatnonzero(changes):
            start, end = float(self.times[k]), float(self.times[k + 1])
            if spans and spans[-1][1] >= start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans


def row(
    pose: Pose,
    at: tuple[float, float],
    *,
    roll: float = 0.0,
    level: float = 0.0,
    feet: bool = True,
    strides: float = 0.0,
    walking: float = 0.0,
) -> Array:
    """Return one row of channels (WIDTH,)."""
    rest = (roll, *at, level, float(feet), strides, walking)
    return np.concatenate([pose.vector(), np.asarray(rest, np.float64)])


class Figure:
    """A body of one shape, reduced to what its landmarks need.

    Parameters
    ----------
    shape
        Who it is.
    scale
        Everything times this: a child has the proportions of a small adult here.
    """

    def __init__(self, shape: Shape, scale: float = 1.0) -> None:
        body = _load(shape)
        baked = body.data
        self._bones = body.bones
        self._parents = [int(parent) for parent in baked.parents]
        self._offsets = scale * (body.heads - body.heads[np.maximum(baked.parents, 0)])
        self._neutral = body.neutral
        owners = baked.weight_bones[baked.landmarks, 0]
        self._owners = [int(owner) for owner in owners]
        self._skin = scale * (body.vertices[baked.landmarks] - body.heads[owners])
        self._flesh = scale * _FLESH
        self.scale = scale

    def landmarks(self, channels: Array, t: Array, seed: float = 0.0) -> Array:
        """Return the landmarks (T, 33, 3), metres in the room.

        Parameters
        ----------
        channels
            (T, WIDTH) of `Path.at`.
        t
            (T,) seconds, for breath and sway.
        seed
            Shifts their phases, so that two people do not breathe together.
        """
        parts = [
            self._landmarks(channels[i : i + CHUNK], t[i : i + CHUNK], seed)
            for i in range(0, len(t), CHUNK)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 33, 3))

    def _landmarks(self, channels: Array, t: Array, seed: float) -> Array:
        angles = _alive(_walked(channels), t, seed)
        points = self._points(angles, channels[:, ROLL])
        lowest = (points[:, :, 2] - self._flesh).min(axis=1)
        feet = points[:, 27:29, :2].mean(axis=1) * channels[:, FEET, None]
        root = np.empty((len(t), 3))
        root[:, :2] = channels[:, [X, Y]] - feet
        root[:, 2] = channels[:, LEVEL] - lowest
        return points + root[:, None, :]

    def _points(self, angles: Array, roll: Array) -> Array:
        local = _local(angles, roll)
        upright = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
        turns: list[Array] = []
        rests: list[Array] = []
        joints: list[Array] = []
        for i, (name, parent) in enumerate(zip(self._bones, self._parents, strict=True)):
            turn = local.get(name, upright)
            if parent < 0:
                turns.append(turn)
                joints.append(np.zeros((len(angles), 3)))
            else:
                turns.append(turns[parent] @ turn)
                joints.append(joints[parent] + rests[parent] @ self._offsets[i])
            rests.append(turns[i] @ self._neutral[i])
        skin = [
            joints[owner] + rests[owner] @ offset
            for owner, offset in zip(self._owners, self._skin, strict=True)
        ]
        limbs = ("upper_arm", "forearm", "hand", "thigh", "shin", "foot")
        inner = [joints[self._bones.index(f"{limb}_{side}")] for limb in limbs for side in "lr"]
        ordered = [*skin[:11], *inner[:6], *skin[11:17], *inner[6:], *skin[17:21]]
        return np.stack(ordered, axis=1)


@lru_cache(maxsize=64)
def _load(shape: Shape) -> Body:
    return Body.load(shape)


def _walked(channels: Array) -> Array:
    """Return the joint angles (T, SIZE) with the gait of each row's stride in them."""
    angles = channels[:, :SIZE].copy()
    amount, cycles = channels[:, WALKING], channels[:, STRIDES]
    rest = Pose()
    for side, shift in ((0, 0.0), (1, 0.5)):
        percent = (cycles + shift) % 1.0 * 100
        for at, table, still in (
            (_HIP[side], HIP, rest.hip_l[0]),
            (_KNEE[side], KNEE, rest.knee_l),
            (_ANKLE[side], ANKLE, rest.ankle_l),
        ):
            angles[:, at] += amount * (np.interp(percent, GAIT, table) - still)
        swing = np.cos(2 * np.pi * cycles) * (1 if side else -1)
        angles[:, _ARM[side]] += 12 * amount * swing
    return angles


def _alive(angles: Array, t: Array, seed: float) -> Array:
    """Add the breath and the small sway that nobody alive is without."""
    breath = np.sin(2 * np.pi * (0.27 * t + seed))
    sway = np.sin(2 * np.pi * (0.11 * t + 2 * seed)) + np.sin(2 * np.pi * (0.23 * t + seed))
    angles[:, 3] -= breath
    angles[:, 4] += 0.2 * sway
    angles[:, 6] += 0.5 * breath
    angles[:, 8] += 0.8 * sway
    return angles


def _local(angles: Array, roll: Array) -> dict[str, Array]:
    """Return the rotation (T, 3, 3) of each bone against its parent."""
    yaw, forward, left = angles[:, 0], angles[:, 1], angles[:, 2]
    out = {"pelvis": _product((2, yaw), (0, forward), (1, left), (2, roll))}
    spine, neck = angles[:, 3:6] / 5, angles[:, 6:9] / 2
    for names, part in ((tuple(f"spine{i}" for i in range(1, 6)), spine), (("neck", "head"), neck)):
        turn = _product((0, part[:, 0]), (1, part[:, 1]), (2, part[:, 2]))
        out |= dict.fromkeys(names, turn)
    for side, (name, sign) in enumerate((("l", 1.0), ("r", -1.0))):
        for bone, first in (("thigh", _HIP[side]), ("upper_arm", _ARM[side])):
            flexion, abduction, outward = angles[:, first : first + 3].T
            out[f"{bone}_{name}"] = _product(
                (0, -flexion), (1, -sign * abduction), (2, sign * outward)
            )
        lift = np.maximum(0.0, angles[:, _ARM[side] + 1] - 60.0) / 3
        out[f"clavicle_{name}"] = _about(1, -sign * lift)
        out[f"shin_{name}"] = _about(0, angles[:, _KNEE[side]])
        out[f"foot_{name}"] = _about(0, -angles[:, _ANKLE[side]])
        out[f"forearm_{name}"] = _about(0, -angles[:, _ELBOW[side]])
    return out


def _product(*turns: tuple[int, Array]) -> Array:
    result = _about(*turns[0])
    for turn in turns[1:]:
        result = result @ _about(*turn)
    return result


def _about(axis: int, degrees: Array) -> Array:
    """Return rotations (T, 3, 3) about x, y or z, right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.zeros((len(degrees), 3, 3))
    rotation[:, axis, axis] = 1.0
    rotation[:, i, i], rotation[:, i, j] = c, -s
    rotation[:, j, i], rotation[:, j, j] = s, c
    return rotation


def path(keys: Sequence[tuple[float, Array, bool]]) -> Path:
    """Return the path through keys of time, row and whether the movement rests there."""
    times, rows, stops = zip(*keys, strict=True)
    return Path(np.asarray(times, np.float64), np.stack(rows), np.asarray(stops, np.bool_))
