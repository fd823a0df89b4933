"""The columns of the temporal network's input: bodies and boxes in, named numbers out.

Every function takes n instants at once. Lengths are in picture heights until they are divided by
the body's size; y points down, as in the picture. `FEATURES` names the columns in order; from the
names follow which two change places, and which change sign, when the picture is mirrored.

A node asks for one instant at a time, where numpy's conveniences (`mean`, `stack`, `diff`) take
longer than the arithmetic, and a reduction longer than some sums: the plain ones below give the
same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]

JOINTS: Final = {
    "nose": 0, "l_ear": 7, "r_ear": 8, "l_shoulder": 11, "r_shoulder": 12, "l_elbow": 13,
    "r_elbow": 14, "l_wrist": 15, "r_wrist": 16, "l_hip": 23, "r_hip": 24, "l_knee": 25,
    "r_knee": 26, "l_ankle": 27, "r_ankle": 28, "l_foot": 31, "r_foot": 32,
}  # fmt: skip
"""Landmarks of the pose network that are looked at; left and right are the person's own."""
_PICK: Final = np.array(list(JOINTS.values()))
_MIDDLES: Final = np.zeros((5, 33))
"""Rows: head, middles of shoulders, hips, knees, ankles; as weights of the 33 landmarks."""
for _row, _parts in enumerate(((0, 7, 8), (11, 12), (23, 24), (25, 26), (27, 28))):
    _MIDDLES[_row, list(_parts)] = 1.0 / len(_parts)
_CORE: Final = np.array([0, 11, 12, 23, 24, 25, 26, 27, 28])
_LEGS: Final = ((25, 26), (27, 28))
_PLACED: Final = np.array([2, 0, 3, 4])
"""Of the middles, those that `MOVING` names: hips, head, knees, ankles."""
_WORLD_M: Final = 1.6
"""How long a body is in metres where the pose network gives no metres."""

MOVING: Final = (
    "hip.x", "hip.y", "head.x", "head.y", "knee.x", "knee.y", "ankle.x", "ankle.y",
    "extent", "height", "log_size", "upright",
)  # fmt: skip
"""What speeds are taken of; the first eight and `height` in picture heights."""
_OVER_SIZE: Final = np.array([True] * 8 + [False, True, False, False])
_LIMBS: Final = len(JOINTS) * 2

_POSE_NAMES: Final = (
    *(f"{joint}.{axis}" for joint in JOINTS for axis in "xy"),
    *(f"{joint}.seen" for joint in JOINTS),
    *(f"{joint}.world_{axis}" for joint in JOINTS for axis in "yz"),
    "extent", "upright_world", "trunk.x", "upright", "thigh", "shin", "height", "width",
    "log_ratio", "size_now", "seen", "legs", "head_over_hip", "hip_over_ankle",
    "hip.at_x", "hip.at_y", "head.at_y", "ankle.at_y", "log_size",
    "border_left", "border_right", "border_top", "border_bottom", "outside",
)  # fmt: skip
_SPEED_NAMES: Final = tuple(
    f"{name}.{part}" for part in ("fast", "slow") for name in (*MOVING, "limbs", "limbs_world")
)
_BOX_NAMES: Final = (
    "box_of_hip.x", "box_of_hip.y", "box.at_x", "box.at_y", "box_width", "box_height",
    "box_log_ratio", "box_bottom", "box_score", "box_left", "box_right",
)  # fmt: skip
_GROW_NAMES: Final = ("box_grow_width", "box_grow_height", "box_sink")
_REST_NAMES: Final = (
    "seen_now", "score", "dt", "pose_age", "box_age", "track_age",
    "on_floor", "on_bed", "on_sofa", "on_chair",
)  # fmt: skip

POSE_AGE_S: Final = 3.0
BOX_AGE_S: Final = 3.0
TRACK_AGE_S: Final = 4.0
_MOST: Final = np.array([[np.inf, np.inf, 1.0, POSE_AGE_S, BOX_AGE_S, TRACK_AGE_S]]).T
_TIMES: Final = np.array([[1.0, 1.0, 5.0, 1.0, 1.0, 1.0]]).T
_OVER: Final = np.array([[1.0, 1.0, 1.0, POSE_AGE_S, BOX_AGE_S, TRACK_AGE_S]]).T
"""At most so much of the first six of these, how often taken, and as a share of what."""

POSE: Final = len(_POSE_NAMES)
SPEEDS: Final = len(_SPEED_NAMES)
GROW: Final = len(_GROW_NAMES)
FEATURES: Final = (*_POSE_NAMES, *_SPEED_NAMES, *_BOX_NAMES, *_GROW_NAMES, *_REST_NAMES)
"""Names of the columns, in order."""


def mirror() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return how a mirrored picture changes the inputs.

    Returns
    -------
    index, sign
        (F,) each: mirrored = inputs[:, index] * sign.
    """
    swap = {"l_": "r_", "r_": "l_"}
    other = {
        "border_left": "border_right", "border_right": "border_left",
        "box_left": "box_right", "box_right": "box_left",
    }  # fmt: skip
    index, sign = [], []
    for name in FEATURES:
        partner = swap[name[:2]] + name[2:] if name[:2] in swap else other.get(name, name)
        index.append(FEATURES.index(partner))
        sideways = ".x" in name or name.endswith("at_x")
        sign.append(-1.0 if sideways else 1.0)
    return np.array(index, np.int64), np.array(sign, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Bodies at n instants, in picture heights.

    Attributes
    ----------
    points
        (n, 33, 2) landmarks.
    visible
        (n, 33) 0..1.
    world
        (n, 33, 3) metres.
    middles
        (n, 5, 2) head, shoulders, hips, knees, ankles.
    world_middles
        (n, 5, 3) the same in metres.
    extent
        (n, 2) width and height of head, trunk and legs.
    size
        (n,) length of the skeleton whatever its posture.
    moving
        (n, M) `MOVING`, then every joint of `JOINTS` from the hips, then in metres (y, z).
    aspect
        Width / height of the picture.
    """

    points: Wide
    visible: Wide
    world: Wide
    middles: Wide
    world_middles: Wide
    extent: Wide
    size: Wide
    moving: Wide
    aspect: float

    @property
    def hip(self) -> Wide:
        """(n, 2) middle of the hips."""
        return self.middles[:, 2]


def measure(keypoints: Wide, world: Wide | None, aspect: float) -> Body:
    """Return bodies.

    Parameters
    ----------
    keypoints
        (n, 33, 3) finite, as in `Sequence`.
    world
        (n, 33, 3) or None; where it is not finite, depth is taken as 0 and the picture's shape
        for the rest.
    aspect
        Width / height of the picture.
    """
    points = keypoints[:, :, :2] * np.array((aspect, 1.0))
    middles = _MIDDLES @ points
    hip = middles[:, 2]
    core = points.take(_CORE, axis=1)
    spread = np.maximum.reduce(core, axis=1) - np.minimum.reduce(core, axis=1)
    size = _size(middles, spread)
    if world is None or not np.isfinite(world).all():
        flat = np.zeros((len(points), 33, 3))
        flat[:, :, :2] = (points - hip[:, None]) / size[:, None, None] * _WORLD_M
        good = (
            np.zeros(len(points), np.bool_)
            if world is None
            else np.asarray(np.isfinite(world).all(axis=(1, 2)))
        )
        world = flat if world is None else np.where(good[:, None, None], world, flat)
    solid = _MIDDLES @ world
    column = solid[:, :, 1]
    extent = np.maximum.reduce(column, axis=1) - np.minimum.reduce(column, axis=1)
    trunk = solid[:, 1] - solid[:, 2]
    n = len(points)
    moving = np.concatenate(
        [
            middles.take(_PLACED, axis=1).reshape(n, 8),
            _side_by_side(extent, spread[:, 1], np.log(size), _hanging(-trunk)),
            (points.take(_PICK, axis=1) - hip[:, None]).reshape(n, _LIMBS),
            world[:, :, 1:].take(_PICK, axis=1).reshape(n, _LIMBS),
        ],
        axis=1,
    )
    return Body(points, keypoints[:, :, 2], world, middles, solid, spread, size, moving, aspect)


def of_pose(body: Body, size: Wide) -> Wide:
    """Return the pose's columns (n, POSE), the body's size being (n,) picture heights."""
    unit = size[:, None]
    trunk = body.middles[:, 1] - body.middles[:, 2]
    trunk = trunk / (_length(trunk) + 1e-6)[:, None]
    thighs_shins = _hanging(body.world_middles[:, 3:] - body.world_middles[:, 2:-1])
    width, height = body.extent[:, 0], body.extent[:, 1]
    core = body.visible.take(_CORE, axis=1)
    knees, ankles = (np.maximum(body.visible[:, a], body.visible[:, b]) for a, b in _LEGS)
    head, hip, ankle = body.middles[:, 0, 1], body.middles[:, 2, 1], body.middles[:, 4, 1]
    over_size = np.array((height, width, hip - head, ankle - hip)) / size
    log_ratio, log_size = np.log((width / np.maximum(height, 1e-3) + 0.1, size))
    corner = np.array((body.aspect, 1.0))
    inside = (body.points >= 0.0) & (body.points <= corner)
    inside = inside[:, :, 0] & inside[:, :, 1]
    before = np.minimum.reduce(body.points, axis=1)
    beyond = corner - np.maximum.reduce(body.points, axis=1)
    middles = _side_by_side(
        body.moving[:, 8],
        body.moving[:, 11],
        trunk[:, 0],
        -trunk[:, 1],
        thighs_shins[:, 0],
        thighs_shins[:, 1],
        over_size[0],
        over_size[1],
        log_ratio,
        body.size / size - 1.0,
        np.add.reduce(core, axis=1) / len(_CORE),
        (knees + ankles) / 2,
        over_size[2],
        over_size[3],
        body.middles[:, 2, 0] - 0.5 * body.aspect,
        hip,
        head,
        ankle,
        log_size,
        before[:, 0],
        beyond[:, 0],
        before[:, 1],
        beyond[:, 1],
        1.0 - np.add.reduce(inside, axis=1, dtype=np.float64) / 33,
    )
    limbs = body.moving[:, len(MOVING) :]
    return np.concatenate(
        [
            limbs[:, :_LIMBS] / unit * 2.0,
            body.visible.take(_PICK, axis=1),
            limbs[:, _LIMBS:] * 2.0,
            middles,
        ],
        axis=1,
    )


def of_speed(moving: Wide, past: list[Wide], windows: tuple[float, ...], size: Wide) -> Wide:
    """Return the speeds' columns (n, SPEEDS).

    Parameters
    ----------
    moving
        (n, M) now, see `Body`.
    past
        The same so many seconds before, one for each of `windows`.
    windows
        Seconds.
    size
        (n,).
    """
    n, count = len(size), len(MOVING)
    change = (moving - np.array(past)) / np.array(windows)[:, None, None]
    named = change[:, :, :count]
    named = np.where(_OVER_SIZE, named / size[:, None], named)
    limbs = np.abs(change[:, :, count:]).reshape(len(past), n, 2, _LIMBS)
    limbs = np.add.reduce(limbs, axis=3) / _LIMBS
    limbs[:, :, 0] /= size
    return np.concatenate([named, limbs], axis=2).transpose(1, 0, 2).reshape(n, SPEEDS)


def of_box(box: Wide, hip: Wide, size: Wide, posed: NDArray[np.bool_], aspect: float) -> Wide:
    """Return the box's columns (n, 11); all 0 without a box.

    Parameters
    ----------
    box
        (n, 5): x0, y0, x1, y1 in picture heights, score.
    hip, size, posed
        (n, 2) and (n,) of the last pose, and whether there was one.
    aspect
        Width / height of the picture.
    """
    there = box[:, 4] > 0
    if not there.any():
        return np.zeros((len(box), len(_BOX_NAMES)))
    unit = np.maximum(size, 1e-3)[:, None]
    low, high = box[:, :2], box[:, 2:4]
    sides, middle = high - low, (low + high) / 2
    of_hip = np.where(posed[:, None], (middle - hip) / unit, 0.0)
    shares = sides / unit
    sides = np.maximum(sides, 1e-3)
    rows = _side_by_side(
        of_hip[:, 0],
        of_hip[:, 1],
        middle[:, 0] - 0.5 * aspect,
        middle[:, 1],
        shares[:, 0],
        shares[:, 1],
        np.log(sides[:, 0] / sides[:, 1]),
        box[:, 3],
        box[:, 4],
        box[:, 0],
        aspect - box[:, 2],
    )
    return np.where(there[:, None], rows, 0.0)


def of_growth(before: Wide, now: Wide, step_s: Wide) -> Wide:
    """Return how boxes (n, 5) changed within `step_s` (n,): width, height, centre's sinking."""
    change = (now[:, :4] - before[:, :4]) / np.maximum(step_s, 0.1)[:, None]
    return _side_by_side(
        change[:, 2] - change[:, 0],
        change[:, 3] - change[:, 1],
        (change[:, 1] + change[:, 3]) / 2,
    )


def assemble(
    *,
    pose: Wide,
    speeds: Wide,
    box: Wide,
    grow: Wide,
    now: Wide,
    place: Wide,
) -> Wide:
    """Return all columns (n, F) in the order of `FEATURES`.

    Parameters
    ----------
    now
        (6, n): seen or not, score, seconds since the instant before, and since pose, box and the
        first sight; no number where there was none.
    """
    # What was never seen is as old as it gets.
    rest = np.fmin(now, _MOST) * _TIMES / _OVER
    return np.concatenate([pose, speeds, box, grow, rest.T, place], axis=1)


def _size(middles: Wide, spread: Wide) -> Wide:
    """Return the length of skeletons whatever their posture; as in `vision.features`."""
    trunk, thigh, shin = _length(middles[:, 2:] - middles[:, 1:-1]).T
    longest = np.maximum(trunk * 2.6, (thigh + shin) * 2.0)
    longest = np.maximum(longest, np.maximum(_length(spread) * 0.8, 1e-3))
    return np.asarray(longest, np.float64)


def _hanging(limbs: Wide) -> Wide:
    """Return the cosine of the angle of limbs (…, 3) from hanging down."""
    return np.asarray(limbs[..., 1] / (_length(limbs) + 1e-6))


def _length(vectors: Wide) -> Wide:
    """Return the length of vectors (…, 2) or (…, 3)."""
    squares = vectors * vectors
    total = squares[..., 0] + squares[..., 1]
    return np.sqrt(total + squares[..., 2] if vectors.shape[-1] == 3 else total)


def _side_by_side(*columns: NDArray[np.generic]) -> Wide:
    """Return columns (n,) as one array (n, c)."""
    return np.array(columns, np.float64).T
