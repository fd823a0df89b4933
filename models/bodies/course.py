"""Movement of a body that turns over: stances go in, the posed body at any time comes out.

Other than `models.bodies.motion.KeyMotion`, the pelvis turns along the shortest way between two
stances, whatever their angles are called, so that a body may roll, and topple from any side. Times
are seconds and an argument; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation, Slerp

from models.bodies.body import Body, PosedBody
from models.bodies.motion import Motion, Point
from models.bodies.pose import Array, Pose, Triple, minimum_jerk

AXES: Final = "ZXY"
"""Order of `Pose.turn`: yaw, then lean forward, then lean to the left, each in the turned frame."""

MOST_TIP: Final = float(np.radians(25.0))
"""A stance that would have to tip further is not one to rest in; radians about each axis."""


@dataclass(frozen=True)
class Beat:
    """One stance on the way.

    Attributes
    ----------
    t
        Seconds.
    pose
        Joint angles; `turn` holds the yaw as well.
    at
        Where the pelvis, or with `feet` the middle of both ankles, is over the floor, metres.
    roll
        Turn about the body's long axis before all others, degrees to the left.
    feet
        What is held at `at`.
    level
        Height in metres of what carries the body: its lowest point rests there.
    stop
        Whether the movement comes to rest here.
    rests
        Whether the body lies as a stiff body of this stance comes to lie, not as `turn` has it to
        the degree.
    """

    t: float
    pose: Pose
    at: Point
    roll: float = 0.0
    feet: bool = False
    level: float = 0.0
    stop: bool = False
    rests: bool = False


class Course:
    """A walk, if there is one, and stances after it.

    Parameters
    ----------
    body
        Who moves.
    beats
        Stances in order of time; what comes after the last stays.
    before
        What is done until the first beat; without it the first beat holds from the start.
    seed
        Shifts the phases of breath and sway.
    """

    def __init__(
        self, body: Body, beats: Sequence[Beat], *, before: Motion | None = None, seed: float = 0.0
    ) -> None:
        if not beats:
            raise ValueError("beats: expected at least one, got none")
        self._body, self._before, self._seed = body, before, seed
        self._times = [beat.t for beat in beats]
        self._stops = [beat.stop for beat in beats]
        self._values = np.stack(
            [
                np.hstack([_place(body, beat), beat.level, number, beat.pose.vector()])
                for number, beat in enumerate(beats)
            ]
        )
        turns = Rotation.concatenate([_turn(body, beat) for beat in beats])
        # A second copy of the last one: Slerp wants two, and the path may end on either.
        numbers = np.arange(len(beats) + 1)
        self._turns = Slerp(numbers, Rotation.concatenate([turns, turns[-1]]))

    def posed(self, t: float) -> PosedBody:
        """Posed body at `t`, with breath and sway, resting on what carries it."""
        breath = float(np.sin(2 * np.pi * (0.27 * t + self._seed)))
        sway = float(np.sin(2 * np.pi * (0.11 * t + 2 * self._seed)))
        if self._before is not None and t < self._times[0]:
            pose, root = self._before.at(t)
            return self._body.pose(_alive(pose, breath, sway), root)
        values = minimum_jerk(self._times, self._values, self._stops, t)
        pose = replace(Pose.from_vector(values[4:]), turn=turn_of(self._turns(values[3])))
        posed = self._body.pose(_alive(pose, breath, sway), (values[0], values[1], 0.0))
        lift = np.array([0.0, 0.0, values[2] - float(posed.vertices[:, 2].min())])
        return PosedBody(
            posed.vertices + lift, posed.normals, posed.joints + lift, posed.landmarks + lift
        )


def turn_of(rotation: Rotation) -> Triple:
    """Return a rotation as `Pose.turn`, degrees; where yaw and lean are one, all of it is yaw."""
    matrix = rotation.as_matrix()
    forward = float(np.arcsin(np.clip(matrix[2, 1], -1.0, 1.0)))
    if np.hypot(matrix[2, 0], matrix[2, 2]) < 1e-9:
        yaw, left = np.arctan2(matrix[1, 0], matrix[0, 0]), 0.0
    else:
        yaw = np.arctan2(-matrix[0, 1], matrix[1, 1])
        left = np.arctan2(-matrix[2, 0], matrix[2, 2])
    return float(np.degrees(yaw)), float(np.degrees(forward)), float(np.degrees(left))


def _turn(body: Body, beat: Beat) -> Rotation:
    turned: Rotation = Rotation.from_euler(AXES, beat.pose.turn, degrees=True)
    turned = turned * Rotation.from_euler("Z", beat.roll, degrees=True)
    if not beat.rests:
        return turned
    pose = replace(beat.pose, turn=turn_of(turned))
    tip: Rotation = Rotation.from_rotvec([*_tip(body, pose), 0.0])
    return tip * turned


def _tip(body: Body, pose: Pose) -> Array:
    """Return the rotation vector (2,) about x and y by which a stiff body tips until it rests.

    At rest the centre of mass is as low over the lowest point as small turns can bring it.
    """
    vertices = body.pose(pose, (0.0, 0.0, 0.0)).vertices
    a, b, c = (vertices[body.faces[:, i]] for i in range(3))
    volumes = np.einsum("ij,ij->i", a, np.cross(b, c))
    centre = volumes @ (a + b + c) / (4 * volumes.sum())
    around = vertices[ConvexHull(vertices).vertices] - centre

    def depth(tip: Array) -> float:
        turned = Rotation.from_rotvec([*tip, 0.0]).as_matrix()[2]
        return -float((around @ turned).min())

    start = np.radians(4.0)
    simplex = np.array([[0.0, 0.0], [start, 0.0], [0.0, start]])
    bounds = [(-MOST_TIP, MOST_TIP)] * 2
    best = minimize(
        depth,
        np.zeros(2),
        method="Nelder-Mead",
        bounds=bounds,
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-4, "maxiter": 80},
    )
    return np.asarray(best.x, np.float64)


def _place(body: Body, beat: Beat) -> Array:
    """Place of the pelvis (2,) over the floor."""
    at = np.asarray(beat.at, np.float64)
    if not beat.feet:
        return at
    offset: Array = body.landmarks(beat.pose, (0.0, 0.0, 0.0))[[27, 28], :2].mean(axis=0)
    return at - offset


def _alive(pose: Pose, breath: float, sway: float) -> Pose:
    flexion, bend, twist = pose.spine
    nod, tilt, turn = pose.neck
    return replace(
        pose,
        spine=(flexion - breath, bend + 0.2 * sway, twist),
        neck=(nod + 0.5 * breath, tilt, turn + 0.8 * sway),
    )
