"""What a body does at one instant: joint angles in degrees, and how two poses are blended.

Angles are the clinical ones (flexion, abduction, outward rotation) from the neutral stance:
upright, arms at the sides, palms to the thighs. In the body's own frame x points to its left, y to
its back and z up; a body with yaw 0 looks along -y of the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """Joint angles in degrees; every field of three is in the order its comment gives."""

    turn: Triple = (0.0, 0.0, 0.0)  # yaw to the left, lean forward, lean to the left
    spine: Triple = (2.0, 0.0, 0.0)  # flexion, bend to the left, twist to the left
    neck: Triple = (0.0, 0.0, 0.0)  # flexion, bend to the left, twist to the left
    hip_l: Triple = (0.0, 0.0, 6.0)  # flexion, abduction, outward rotation
    hip_r: Triple = (0.0, 0.0, 6.0)
    knee_l: float = 3.0  # flexion
    knee_r: float = 3.0
    ankle_l: float = 3.0  # toes towards the shin
    ankle_r: float = 3.0
    shoulder_l: Triple = (3.0, 8.0, 0.0)  # flexion, abduction, outward rotation
    shoulder_r: Triple = (3.0, 8.0, 0.0)
    elbow_l: float = 14.0  # flexion
    elbow_r: float = 14.0

    def vector(self) -> Array:
        """All angles as one array (27,), degrees, in the order of the fields."""
        return np.hstack([np.asarray(getattr(self, f.name), np.float64) for f in fields(self)])

    @classmethod
    def from_vector(cls, vector: Array) -> Pose:
        """Make a pose of an array (27,) as `vector` returns it.

        Raises
        ------
        ValueError
            When the array has another length.
        """
        if vector.shape != (SIZE,):
            raise ValueError(f"pose vector: expected shape ({SIZE},), got {vector.shape}")
        values, at = {}, 0
        for field, width in WIDTHS:
            part = vector[at : at + width]
            values[field] = float(part[0]) if width == 1 else tuple(map(float, part))
            at += width
        return cls(**values)  # type: ignore[arg-type]

    def mirrored(self) -> Pose:
        """Swap left and right."""

        def flip(triple: Triple) -> Triple:
            return (triple[0], -triple[1], -triple[2])

        yaw, forward, left = self.turn
        return replace(
            self,
            turn=(-yaw, forward, -left),
            spine=flip(self.spine),
            neck=flip(self.neck),
            **{
                f"{joint}_{a}": getattr(self, f"{joint}_{b}")
                for joint in ("hip", "knee", "ankle", "shoulder", "elbow")
                for a, b in (("l", "r"), ("r", "l"))
            },
        )


WIDTHS = tuple((f.name, np.size(getattr(Pose(), f.name))) for f in fields(Pose))
SIZE = sum(width for _, width in WIDTHS)


def minimum_jerk(times: Sequence[float], values: Array, stops: Sequence[bool], t: float) -> Array:
    """Value at `t` on a path of minimum jerk through via points.

    Between two points the path is the quintic that minimises jerk for the velocities at both ends
    and no acceleration there (Flash and Hogan 1985, J. Neurosci. 5:1688). At a stop the velocity is
    nil; elsewhere it is the smaller of the two slopes around the point, nil where they disagree in
    sign, so that a joint never swings beyond its key poses.

    Parameters
    ----------
    times
        Seconds, increasing, (K,).
    values
        One row for each time, (K, N).
    stops
        Whether the movement rests at each time, (K,).
    t
        Seconds; held at the first and the last row outside of the range.

    Returns
    -------
    Array
        (N,).
    """
    knots = np.asarray(times, np.float64)
    if t <= knots[0] or len(knots) == 1:
        first: Array = values[0].copy()
        return first
    if t >= knots[-1]:
        last: Array = values[-1].copy()
        return last
    slopes = np.diff(values, axis=0) / np.diff(knots)[:, None]
    velocity = np.zeros_like(values)
    for i, (before, after) in enumerate(pairwise(slopes), start=1):
        if not stops[i]:
            agree = before * after > 0
            gentle = np.where(np.abs(before) < np.abs(after), before, after)
            velocity[i] = np.where(agree, gentle, 0.0)
    i = int(np.searchsorted(knots, t, side="right")) - 1
    span = knots[i + 1] - knots[i]
    s = (t - knots[i]) / span
    position = s**3 * (10 - 15 * s + 6 * s**2)
    leave = s - s**3 * (6 - 8 * s + 3 * s**2)
    arrive = s**3 * (-4 + 7 * s - 3 * s**2)
    result: Array = (
        values[i]
        + (values[i + 1] - values[i]) * position
        + span * (velocity[i] * leave + velocity[i + 1] * arrive)
    )
    return result
