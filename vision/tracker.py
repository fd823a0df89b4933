"""Who is who from frame to frame: poses of one picture in, the same poses with identities out.

A constant-velocity Kalman filter predicts where each person's body centre and height will be; a
pose is given to the track that explains it best (keypoint similarity after the predicted shift,
Hungarian assignment). A track must be seen `confirm_hits` times before it counts, and is kept
for `max_gap_s` while nobody sees it, so that a crossing or a short occlusion keeps the identity.
Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vision.boxes import iou
from vision.features import body_size
from vision.pose.types import Box, Pose

BODY: Final = np.array([0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28])
"""Nose, shoulders, elbows, wrists, hips, knees, ankles: the joints that identify a posture."""

_SIGMA: Final = np.array([0.08, 0.08, 0.08, 0.14, 0.14, 0.2, 0.2, 0.1, 0.1, 0.14, 0.14, 0.18, 0.18])
"""Tolerances in body sizes, after the spreads in OKS (Ruggero Ronchi & Perona 2017, Table 1),
widened because people move between two frames."""

ANOTHERS: Final = 0.3
"""Least similarity by which a pose still continues a track though it is where one look of another
detector had shown somebody beside it: a fall that ends there is followed on the way."""
APART: Final = 0.05
"""Least share of box and outline that is common by which a pose continues a track of whom an
outline was the last that was seen …"""
LATELY_NS: Final = 1_000_000_000
"""… so lately: nobody is elsewhere that soon, but a coat on a chair beside somebody may be."""
_MIN_VISIBILITY: Final = 0.3
_TORSO: Final = np.array([11, 12, 23, 24])

# State: centre x, y and size, then how fast each changes; the first three are measured.
_UNIT: Final = np.eye(6)
_UNIT_MEASURED: Final = np.eye(3)
_DIAGONAL: Final = np.diag_indices(6)


@dataclass(frozen=True)
class TrackerOptions:
    """How identities are kept.

    Attributes
    ----------
    confirm_hits
        Frames in which a person must be seen before the track counts.
    max_gap_s
        Seconds that a track outlives its last sight.
    new_gap_s
        The same before it counts; one that the last look had seen is not ended by looks that come
        more rarely, on a machine that has too much to do, until `max_gap_s`.
    max_cost
        Highest cost (1 - similarity) at which a pose may continue a track.
    """

    confirm_hits: int = 3
    max_gap_s: float = 2.0
    new_gap_s: float = 0.5
    max_cost: float = 0.93


@dataclass(frozen=True)
class TrackedPose:
    """A pose with its identity."""

    track: int
    pose: Pose


@dataclass(frozen=True)
class EndedTrack:
    """A track that outlived its last sight for too long."""

    track: int
    last: Pose
    last_t: int
    outwards: bool
    """The person was last seen at the picture's border, or moving out over it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """What is needed of a pose, worked out once; lengths in units of the picture's height.

    Attributes
    ----------
    centre
        (2,) middle of shoulders and hips.
    size
        Length of the skeleton.
    joints, visible
        (13, 2) normalised to the picture, and (13,): those of `BODY`.
    aspect
        Width / height of the picture.
    """

    pose: Pose
    centre: NDArray[np.float64]
    size: float
    joints: NDArray[np.float64]
    visible: NDArray[np.float64]
    aspect: float

    @classmethod
    def of(cls, pose: Pose, aspect: float) -> _Measured:
        """Measure a pose."""
        points = pose.keypoints.astype(np.float64)
        xy = points[:, :2]
        square = np.array((aspect, 1.0))
        body = points.take(BODY, axis=0)
        return cls(
            pose,
            _torso(pose).astype(np.float64) * square,
            body_size(xy * square),
            body[:, :2],
            body[:, 2],
            aspect,
        )

    def at(self, aspect: float) -> _Measured:
        """Return the same in a picture of another shape."""
        return self if aspect == self.aspect else _Measured.of(self.pose, aspect)

    @property
    def state(self) -> NDArray[np.float64]:
        """The measured part of a track's state (3,)."""
        return np.array((*self.centre.tolist(), self.size))


@dataclass
class _Track:
    number: int
    seen: _Measured
    """As last seen by pose."""
    t: int
    state: NDArray[np.float64]
    covariance: NDArray[np.float64]
    hits: int = 1
    confirmed: bool = False
    box: Box = (0.0, 0.0, 0.0, 0.0)
    """Where the person was last seen, by pose or by outline."""
    boxed: int = -1
    """When another detector's look last showed the person."""
    predicted: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def counts_unseen(self, t: int) -> bool:
        """Whether this is somebody who counts and is not seen at `t`."""
        return self.confirmed and self.t < t


class Tracker:
    """Give each person of a camera an identity that lasts.

    Parameters
    ----------
    options
        Confirmation, patience and the gate.
    first
        Number of the first track.
    """

    def __init__(self, options: TrackerOptions | None = None, *, first: int = 1) -> None:
        self._options = options or TrackerOptions()
        self._tracks: list[_Track] = []
        self._next = first
        self._looked = 0
        """When the last picture was."""

    @property
    def active(self) -> int:
        """How many confirmed people are seen or remembered."""
        return sum(track.confirmed for track in self._tracks)

    def remembered(self, t: int) -> list[tuple[int, Box]]:
        """Return number and last box of the people who count and are not seen at `t`."""
        return [(track.number, track.box) for track in self._tracks if track.counts_unseen(t)]

    def boxed(self, numbers: Collection[int], t: int) -> None:
        """Take in that a look of another detector shows these as well."""
        for track in self._tracks:
            if track.confirmed and track.number in numbers:
                track.boxed = t

    def keep(self, number: int, box: Box, t: int, aspect: float) -> None:
        """Somebody remembered is still there, by the outline that another detector sees."""
        for track in self._tracks:
            if track.confirmed and track.number == number:
                moved = np.subtract(_middle(box), _middle(track.box)) * (aspect, 1.0)
                track.state[:2] += moved
                track.state[3:] = 0.0
                track.box, track.t, track.boxed = box, t, t

    def number(self) -> int:
        """Return a number for somebody who is known in another way than by poses."""
        self._next += 1
        return self._next - 1

    def update(
        self, poses: list[Pose], t: int, aspect: float, others: Sequence[int | None] = ()
    ) -> tuple[list[TrackedPose], list[EndedTrack]]:
        """Continue, start and end tracks with the poses of one picture.

        Parameters
        ----------
        poses
            All people found in the picture.
        t
            Instant of the picture, nanoseconds, not going back.
        aspect
            Width / height of the picture in pixels.
        others
            For each pose since when somebody of no track here has been seen where it is, if so.

        Returns
        -------
        seen, ended
            The people that count, in the order of `poses`, and the tracks that ended now.
        """
        ended = self._end(t)
        self._looked = t
        for track in self._tracks:
            _predict(track, t)
        measured = [_Measured.of(pose, aspect) for pose in poses]
        pairs = self._assign(measured, t, aspect, others)
        seen: list[TrackedPose] = []
        for index, person in enumerate(measured):
            known = pairs.get(index)
            track = known or self._start(person, t)
            if known is not None:
                _correct(track, person, t)
                if not track.confirmed and track.hits >= self._options.confirm_hits:
                    track.confirmed = True
                    track.number = self._next
                    self._next += 1
            if track.confirmed:
                seen.append(TrackedPose(track.number, person.pose))
        return seen, ended

    def _assign(
        self, people: list[_Measured], t: int, aspect: float, others: Sequence[int | None]
    ) -> dict[int, _Track]:
        if not people or not self._tracks:
            return {}
        cost = np.ones((len(people), len(self._tracks)))
        for column, track in enumerate(self._tracks):
            last = track.seen.at(aspect)
            shift = track.predicted[:2] - last.centre
            for row, person in enumerate(people):
                alike = _similarity(last, person, shift)
                other = others[row] if others else None
                if alike < ANOTHERS and other is not None and other <= track.boxed:
                    continue  # one look has shown both
                if track.boxed == track.t and _elsewhere(track, person.pose, t):
                    continue
                cost[row, column] = 1.0 - alike
                # A remembered identity wins over a fresh one that explains the pose as well.
                cost[row, column] += 0.0 if track.confirmed else 0.02
        rows, columns = linear_sum_assignment(cost)
        return {
            int(r): self._tracks[c]
            for r, c in zip(rows, columns, strict=True)
            if cost[r, c] <= self._options.max_cost
        }

    def _start(self, seen: _Measured, t: int) -> _Track:
        state = np.concatenate([seen.state, np.zeros(3)])
        size = seen.size
        covariance = np.diag([size * 0.1, size * 0.1, size * 0.1, size, size, size * 0.5]) ** 2
        confirmed = self._options.confirm_hits <= 1
        track = _Track(
            number=self._next if confirmed else 0,
            seen=seen,
            t=t,
            state=state,
            covariance=covariance,
            confirmed=confirmed,
            box=seen.pose.box,
        )
        self._next += int(confirmed)
        self._tracks.append(track)
        return track

    def _end(self, t: int) -> list[EndedTrack]:
        kept: list[_Track] = []
        ended: list[EndedTrack] = []
        for track in self._tracks:
            lasts = track.confirmed or track.t >= self._looked
            patience = self._options.max_gap_s if lasts else self._options.new_gap_s
            if (t - track.t) / 1e9 <= patience:
                kept.append(track)
            elif track.confirmed:
                ended.append(EndedTrack(track.number, track.seen.pose, track.t, _outwards(track)))
        self._tracks = kept
        return ended


def _torso(pose: Pose) -> NDArray[np.float32]:
    """Middle of shoulders and hips (2,), normalised to the picture."""
    # Without the checks of `mean`, which take longer than the sum.
    return np.asarray(np.add.reduce(pose.keypoints.take(_TORSO, axis=0), axis=0)[:2] / len(_TORSO))


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _predict(track: _Track, t: int) -> None:
    """Where centre and size are expected at `t` (constant velocity, damped over gaps)."""
    dt = max(0.0, (t - track.t) / 1e9)
    # A person out of sight slows down rather than going on for ever.
    reach = min(dt, 0.4)
    track.predicted = track.state[:3] + track.state[3:] * reach


def _correct(track: _Track, seen: _Measured, t: int) -> None:
    dt = max(1e-3, (t - track.t) / 1e9)
    transition = _UNIT.copy()
    transition[0, 3] = transition[1, 4] = transition[2, 5] = min(dt, 0.4)
    size = float(track.state[2])
    acceleration = (size * 3.0) ** 2
    at, speed = acceleration * min(dt, 1.0) ** 4 / 4, acceleration * min(dt, 1.0) ** 2
    state = transition @ track.state
    covariance = transition @ track.covariance @ transition.T
    covariance[_DIAGONAL] += (at, at, at, speed, speed, speed)
    measurement_noise = _UNIT_MEASURED * (size * 0.03) ** 2
    residual = seen.state - state[:3]
    # The first three of the state are what is measured.
    gain = covariance[:, :3] @ np.linalg.inv(covariance[:3, :3] + measurement_noise)
    left = _UNIT.copy()
    left[:, :3] -= gain
    track.state = state + gain @ residual
    track.covariance = left @ covariance
    track.seen, track.box = seen, seen.pose.box
    track.t = t
    track.hits += 1


def _similarity(known: _Measured, seen: _Measured, shift: NDArray[np.float64]) -> float:
    """Object keypoint similarity of `seen` and `known` moved by `shift`, 0..1."""
    weight = np.minimum(known.visible, seen.visible)
    weight = np.where(weight >= _MIN_VISIBILITY, weight, weight * 0.2) + 1e-6
    scale = max(known.size, seen.size)
    squares = ((seen.joints - known.joints) * np.array((seen.aspect, 1.0)) - shift) ** 2
    squared = (squares[:, 0] + squares[:, 1]) / (2 * (scale * _SIGMA * 2) ** 2)
    return float(np.add.reduce(weight * np.exp(-squared)) / np.add.reduce(weight))


def _elsewhere(track: _Track, pose: Pose, t: int) -> bool:
    """Return whether a pose is not where the track's outline was just seen."""
    return t - track.t <= LATELY_NS and iou(track.box, pose.box) < APART


def _outwards(track: _Track) -> bool:
    """Whether the person was last seen at the border, the trunk near it or moving over it."""
    x0, _, x1, _ = track.box
    torso = _torso(track.seen.pose)
    near = torso[0] < 0.06 or torso[0] > 0.94 or torso[1] < 0.04 or torso[1] > 0.97
    speed = float(track.state[3])
    leaving = (x0 <= 0.01 and speed < 0) or (x1 >= 0.99 and speed > 0)
    return bool(near or leaving)
