"""What a wearable feels and what a camera sees of somebody's minutes of movement.

Joints in metres go in, observations come out: those of a worn accelerometer by way of our own
`vitals.motion`, those of a camera by way of the measured errors of our pose network
(`models.skeletons.noise`) and of the speeds that `vision.moving` takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Posture,
    PostureSeen,
    TrackEnd,
    TrackEnded,
    Wear,
)
from models.skeletons.cameras import Camera, Family, sample
from models.skeletons.edit import mirror
from models.skeletons.joints import Array, Joint
from models.skeletons.landmarks import HIPS, landmarks33
from models.skeletons.motion import Motion
from models.skeletons.noise import NoiseModel
from models.skeletons.sequence import LABELS
from models.skeletons.truth import states
from models.skeletons.view import Truth
from models.skeletons.wander import drift, episodes
from models.wearable.inputs import Worn
from models.wearable.learning.bodies import felt
from models.wearable.learning.tell import tell
from vision.moving import AT_MOST_S, JOINTS, OVER_S, SEEN
from vision.tracker import TrackerOptions
from vitals.motion.cells import Grid
from vitals.motion.scale import Scale
from vitals.motion.seconds import Moved, Seconds

SECOND: Final = 1_000_000_000
START_S: Final = 1000.0
"""Where the clock of every simulation begins; any will do."""
ARMS: Final = ((13, 15, 17, 19, 21), (14, 16, 18, 20, 22))
HIDDEN_PER_S: Final = 1 / 45.0
HIDDEN_S: Final = 8.0
"""How often an arm is out of sight, behind the body or furniture, and how long (assumed)."""
_LYING: Final = (LABELS.index("lying"), LABELS.index("fallen"))
_LOST: Final = TrackEnd.LOST
_CORE: Final = (0, 11, 12, 23, 24, 25, 26, 27, 28)
LOOK_S: Final = 1.0
PRESENT: Final = 0.98
"""Share of the time in which a camera that was mounted for this room sees the body's middle."""
NEAR: Final = 0.25
"""So long, in picture heights, are bodies before a camera that was mounted for this room at the
median; people in the recordings of `$AMBIENT_DATA` mostly measure 0.3 to 0.65."""
HEAD_LENGTHS: Final = 2.6
"""Lengths of a body over that from its hips to its head."""
SAME_M: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What a camera said of one person at the seconds `t` (T,).

    `speeds` (T, 3), NaN for not seen; `at` (T, 2) middle of the hips and `size` (T,) length of the
    body, both in picture heights.
    """

    t: Array
    speeds: Array
    at: Array
    size: Array


def worn(rng: np.random.Generator, motion: Motion, wear: Wear, *, left: bool) -> list[Moved]:
    """Return the seconds of a device on a body, from `START_S` on.

    The device has a rate of 20 to 100 Hz, hangs turned as it pleases, and has noise, gain, range
    and lost samples of its own (`models.wearable.learning.tell`).
    """
    body = motion if left else mirror(motion)
    joints = body.joints.copy()
    # Some captures have neck and chest in one place, which leaves the chest without a direction.
    chest, neck = joints[:, Joint.CHEST], joints[:, Joint.NECK]
    same = _length(neck - chest) < SAME_M
    joints[same, Joint.NECK] = joints[same][:, [Joint.L_SHOULDER, Joint.R_SHOULDER]].mean(axis=1)
    return _seconds(rng, felt(joints, body.rate, Worn(wear.value)), body.rate)


def lying_about(rng: np.random.Generator, seconds: float) -> list[Moved]:
    """Return the seconds of a device that lies on a table."""
    samples = np.tile([0.0, 0.0, 1.0], (round(seconds * 30), 1))
    return _seconds(rng, samples, 30.0)


def _seconds(rng: np.random.Generator, samples: Array, rate: float) -> list[Moved]:
    times = ((np.arange(len(samples)) / rate + START_S) * SECOND).astype(np.int64)
    times, samples = tell(times, samples, rng)
    grid, scale, seconds = Grid(), Scale(), Seconds()
    out: list[Moved] = []
    for cells in grid.push(times, samples):
        for scaled in scale.push(cells):
            out += seconds.push(scaled.cells)
    return out


def measured(
    moved: list[Moved], device: str, wear: Wear, *, shift_s: float, drift_ppm: float = 0.0
) -> list[MotionMeasured]:
    """Return observations of a device whose clock is off by `shift_s` and goes wrong."""
    out = []
    for one in moved:
        gone = one.t - START_S * SECOND
        t = int(one.t + shift_s * SECOND + gone * drift_ppm * 1e-6)
        out.append(
            MotionMeasured(
                t=t, room="r1", source=device, received=t, wear=wear, counts=round(one.counts, 4),
                peak=round(one.peak, 4), lowest=round(one.lowest, 4), gravity=one.gravity,
                steps=one.steps, saturated=one.saturated,
            )
        )  # fmt: skip
    return out


def camera_for(rng: np.random.Generator, motions: Sequence[Motion], *, heldout: bool) -> Camera:
    """Draw a camera of a room; held-out ones hang at heights that no other has.

    It sees both bodies and sees them large enough (`PRESENT`, `NEAR`); where no such place is found
    in 300 draws, the one that comes nearest to both.
    """
    some = [one.joints[:: len(one.joints) // 60] for one in motions]
    middle = np.stack([one[:60, Joint.PELVIS] for one in some])
    head = np.stack([one[:60, Joint.HEAD] for one in some])
    best, most, tried = None, -1.0, 0
    while best is None or (most < 1.0 and tried < 300):
        tried += 1
        camera = sample(rng, Family.WALL if rng.random() < 0.8 else Family.LOW)
        if (int(camera.position[2] / 0.1) % 5 == 2) is not heldout:
            continue
        xy, depth = camera.project(middle)
        inside = float((((xy > 0.03) & (xy < 0.97)).all(-1) & (depth > 0.7)).mean(1).min())
        trunk = (camera.project(head)[0] - xy) * (camera.aspect, 1.0)
        size = HEAD_LENGTHS * float(np.median(_length(trunk), axis=1).min())
        good = min(inside / PRESENT, size / NEAR)
        if good > most:
            best, most = camera, good
    return best


def looked_at(
    rng: np.random.Generator,
    motion: Motion,
    camera: Camera,
    noise: NoiseModel,
    t: Array,
) -> Looks:
    """Return how fast a person's wrists and hips seem to move, at the camera's frames `t` (T,)."""
    points = landmarks33(motion.at(t), head_turn=0.5 * drift(rng, t, 1.5))
    labels = motion.labels(t).astype(np.int64)
    hidden = np.zeros(points.shape[:2], np.bool_)
    for arm in ARMS:
        hidden[:, arm] = (episodes(rng, t, HIDDEN_PER_S, HIDDEN_S) > 0)[:, None]
    step = np.gradient(points[:, [0, 11, 12, 23, 24, 25, 26]], t, axis=0)
    truth = Truth(
        t=t,
        points=points,
        camera=camera,
        state=states(labels, np.isin(labels, _LYING)),
        hidden=hidden,
        speed=np.median(np.sqrt(np.square(step).sum(-1)), axis=-1),
    )
    seen = noise.observe(rng, truth)
    rows = np.flatnonzero(seen.seen)
    keypoints = seen.keypoints[rows].astype(np.float64)
    moving = np.full((len(t), 3), np.nan)
    moving[rows] = speeds(t[rows], keypoints, camera.aspect)
    # What only the second detector finds is where the body truly is.
    picture = truth.picture
    at, size = picture.uv[:, HIPS].mean(axis=1), 3.3 * picture.unit
    xy = keypoints[..., :2] * (camera.aspect, 1.0)
    at[rows], size[rows] = xy[:, HIPS].mean(axis=1), _sizes(xy)
    # The second detector looks once a second; it keeps a track whose pose is lost.
    looks = np.searchsorted(t, np.arange(0.0, float(t[-1]), LOOK_S))
    boxed = np.zeros(len(t), np.bool_)
    boxed[looks] = rng.random(len(looks)) < noise.probability_box(truth)[looks]
    told = seen.seen | boxed
    return Looks(t[told], moving[told], at[told], size[told])


def speeds(t: Array, keypoints: Array, aspect: float) -> Array:
    """Return what `vision.moving` says of poses (T, 33, 3) at seconds (T,): (T, 3), NaN for None.

    The same for a whole recording at once.
    """
    xy = keypoints[..., :2] * (aspect, 1.0)
    seen = keypoints[:, JOINTS, 2] >= SEEN
    spots = np.stack([xy[:, 15], xy[:, 16], 0.5 * (xy[:, 23] + xy[:, 24])], axis=1)
    known = np.stack([seen[:, 0], seen[:, 1], seen[:, 2] & seen[:, 3]], axis=1)
    # The newest that is old enough, else the oldest there is.
    before = np.maximum(np.searchsorted(t, t - OVER_S + 1e-9, side="right") - 1, 0)
    over = t - t[before]
    known &= known[before] & ((over >= OVER_S - 1e-9) & (over <= AT_MOST_S))[:, None]
    gone = np.sqrt(np.square(spots - spots[before]).sum(-1))
    scale = np.maximum(over, OVER_S) * _sizes(xy)
    return np.where(known, np.round(gone / scale[:, None], 3), np.nan)


def _sizes(xy: Array) -> Array:
    """Return lengths (T,) of bodies as `vision.features.body_size` does."""
    pairs = ((11, 12), (23, 24), (25, 26), (27, 28))
    shoulders, hips, knees, ankles = (xy[:, pair].mean(axis=1) for pair in pairs)
    core = xy[:, _CORE]
    parts = (
        2.6 * _length(shoulders - hips),
        2.0 * (_length(hips - knees) + _length(knees - ankles)),
        0.8 * _length(core.max(axis=1) - core.min(axis=1)),
    )
    return np.asarray(np.maximum(np.max(parts, axis=0), 1e-3), np.float64)


def _length(vectors: Array) -> Array:
    out: Array = np.sqrt(np.square(vectors).sum(axis=-1))
    return out


def posture_seen(
    looks: Looks,
    first_track: int,
    away: tuple[tuple[float, float], ...] = (),
    breaks: tuple[float, ...] = (),
) -> tuple[list[AnyObservation], NDArray[np.int64]]:
    """Return a person's observations, and the track at each look (-1 where away).

    Parameters
    ----------
    looks
        What the camera saw of the person.
    first_track
        Number of the first track; each further one is two higher, so that two people share none.
    away
        Seconds in which the person was out of the room.
    breaks
        Seconds at which the tracker lost the person and took them for somebody new.
    """
    gap_s = TrackerOptions().max_gap_s
    out: list[AnyObservation] = []
    tracks = np.full(len(looks.t), -1, np.int64)
    track, last, left = first_track, None, sorted(breaks)
    rows = zip(
        looks.t.tolist(), looks.speeds.tolist(), looks.at.tolist(), looks.size.tolist(), strict=True
    )
    for i, (t, row, at, size) in enumerate(rows):
        if any(begin <= t < end for begin, end in away):
            continue
        broken = bool(left) and t >= left[0]
        while left and t >= left[0]:
            left.pop(0)
        if last is not None and (broken or t - last > gap_s):
            when = int((last + START_S + min(gap_s, t - last)) * SECOND)
            out.append(TrackEnded(t=when, room="r1", source="c1", track=track, reason=_LOST))
            track += 2
        last = t
        tracks[i] = track
        left_wrist, right_wrist, hips = (None if v != v else v for v in row)
        out.append(
            PostureSeen(
                t=int((t + START_S) * SECOND), room="r1", source="c1", track=track,
                posture=Posture.OTHER, probability=1.0, down=0.0, upright=1.0,
                at=(at[0], at[1]), size=size,
                left_wrist=left_wrist, right_wrist=right_wrist, hips=hips,
            )
        )  # fmt: skip
    return out, tracks
