"""How drawn people come down, and how they lie down: a body and a seed in, a course out.

Stances are those of simulated days; here they carry the full body. Every act of one seed is the
same movement whoever does it, but for what a stoop, a walking frame and the body's size change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.days import stances
from ambient.evaluate.days.stances import Stance, varied
from models.bodies.body import Body, PosedBody
from models.bodies.course import Beat, Course
from models.bodies.motion import Motion, Point, Walk
from models.bodies.pose import Array, Pose

WALK_S: Final = 1.8
SIT_S: Final = 1.6
DOWN_S: Final = 4.0
"""A clip ends so long after the body has come to rest."""
SETTLE_S: Final = 0.9
MATTRESS: Final = 0.05
"""How far a body sinks into a mattress, metres."""
LYING_STOOP: Final = 0.5
"""Share of a stoop that stays when lying down."""


class Fall(StrEnum):
    """How somebody comes down."""

    FORWARD = "forward"
    BACKWARD = "backward"
    SIDEWAYS = "sideways"
    COLLAPSE = "collapse"
    CHAIR = "slump from a chair"
    BED = "off the bed's edge"


SEATED: Final = frozenset({Fall.CHAIR, Fall.BED})


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves.

    Attributes
    ----------
    body
        Its shape.
    stoop
        Bend of the back, degrees.
    speed
        Of walking, m/s.
    frame
        Whether at a walking frame.
    """

    body: Body
    stoop: float = 0.0
    speed: float = 0.7
    frame: bool = False

    @property
    def upright(self) -> Stance:
        """How this person stands."""
        return stances.FRAME if self.frame else stances.STAND

    def stooped(self, pose: Pose, share: float = 1.0) -> Pose:
        """Return a pose with the bend of this back."""
        flexion, bend, twist = pose.spine
        nod, tilt, turn = pose.neck
        stoop = self.stoop * share
        return replace(
            pose, spine=(flexion + stoop, bend, twist), neck=(nod - 0.6 * stoop, tilt, turn)
        )


@dataclass(frozen=True, slots=True)
class Act:
    """What one person does in a clip.

    Attributes
    ----------
    course
        The movement.
    start_s, end_s
        When a fall begins, and when the body hits the floor; of lying down, likewise.
    rest_s
        From here on nothing moves but breath.
    seconds
        Length of the clip.
    """

    course: Course
    start_s: float
    end_s: float
    rest_s: float
    seconds: float
    still: tuple[tuple[float, float], ...] = field(default=())
    """Spans in which nothing moves but breath, the last one included."""

    def posed(self, t: float) -> PosedBody:
        """Posed body at `t` seconds."""
        return self.course.posed(t)


@dataclass(frozen=True, slots=True)
class Bent:
    """A walk with a bent back, the hands on a walking frame where there is one."""

    mover: Mover
    walk: Walk

    def at(self, t: float) -> tuple[Pose, Array]:
        """Pose and pelvis position (3,) in metres at `t` seconds."""
        pose, root = self.walk.at(t)
        pose = self.mover.stooped(pose)
        if self.mover.frame:
            held = self.mover.upright.pose
            flexion, bend, twist = pose.spine
            pose = replace(
                pose,
                spine=(flexion + held.spine[0] / 2, bend, twist / 3),
                **{name: getattr(held, name) for name in _HANDS},
            )
        return pose, root


_HANDS: Final = ("shoulder_l", "shoulder_r", "elbow_l", "elbow_r")


class _Beats:
    """Gathers stances, one after another."""

    def __init__(self, mover: Mover, rng: np.random.Generator, t: float, yaw: float) -> None:
        self.mover, self.t, self.yaw = mover, t, yaw
        self._rng = rng
        self.beats: list[Beat] = []
        self.pace = float(rng.uniform(0.85, 1.25))

    def add(
        self,
        stance: Stance,
        seconds: float,
        at: Point,
        *,
        vary: float = 5.0,
        yaw: float | None = None,
        level: float = 0.0,
        stop: bool = False,
    ) -> None:
        """Take a stance `seconds` after the one before."""
        self.t += seconds * self.pace
        turned = varied(stance, self._rng, vary).pose
        turned = self.mover.stooped(turned, LYING_STOOP if stance.lies else 1.0)
        yaw = self.yaw if yaw is None else yaw
        turned = replace(turned, turn=(yaw + turned.turn[0], *turned.turn[1:]))
        beat = Beat(self.t, turned, at, stance.roll, stance.feet, level, stop, stance.lies)
        self.beats.append(beat)

    def hold(self, seconds: float) -> None:
        """Stay as one is."""
        self.t += seconds
        self.beats.append(replace(self.beats[-1], t=self.t))


def falling(kind: Fall, mover: Mover, seed: int, place: Point, yaw: float) -> Act:
    """Return a fall.

    Parameters
    ----------
    kind
        How.
    mover
        Who.
    seed
        The same for all who are compared.
    place
        Where: the feet, or the middle of the seat, or the bed's edge; metres.
    yaw
        Which way the person faces.
    """
    rng = np.random.default_rng(seed)
    phase = float(rng.uniform(0.0, 9.0))
    if kind in SEATED:
        beats = _Beats(mover, rng, 0.0, yaw)
        beats.add(stances.SIT, 0.0, place, stop=True)
        beats.hold(SIT_S)
        beats.beats[-1] = replace(beats.beats[-1], stop=True)
        before: Motion | None = None
        still = [(0.0, SIT_S)]
    else:
        before = _walk(mover, rng, place, yaw)
        beats = _Beats(mover, rng, WALK_S, yaw)
        pose, root = before.at(WALK_S)
        beats.beats.append(Beat(WALK_S, pose, (float(root[0]), float(root[1]))))
        still = []
    start = beats.t
    _DOWN[kind](beats, rng, place)
    end = beats.t
    beats.hold(0.0)
    _settle(beats, rng)
    rest = beats.t
    seconds = rest + DOWN_S
    course = Course(mover.body, beats.beats, before=before, seed=phase)
    return Act(course, start, end, rest, seconds, (*still, (rest, seconds)))


def lying(
    mover: Mover, seed: int, bed: tuple[Point, Point], level: float, *, lies_down: bool
) -> Act:
    """Return somebody who lies on a bed or sofa whose head is at the low end of x.

    Parameters
    ----------
    mover, seed
        As for a fall.
    bed
        Where the pelvis is when sitting on the edge, and when lying.
    level
        Height of what is lain on.
    lies_down
        Whether the clip begins with sitting on the edge, or the person lies from the start.
    """
    rng = np.random.default_rng(seed)
    phase = float(rng.uniform(0.0, 9.0))
    beats = _Beats(mover, rng, 0.0, 0.0)
    edge, middle = bed
    end = _LYING[int(rng.integers(len(_LYING)))]
    carried = level - MATTRESS
    if not lies_down:
        beats.add(end, 0.0, middle, yaw=90.0, level=carried, stop=True)
        return Act(Course(mover.body, beats.beats, seed=phase), 0.0, 0.0, 0.0, 6.0, ((0.0, 6.0),))
    beats.add(stances.SIT, 0.0, edge, stop=True)
    beats.hold(1.0)
    start = beats.t
    between = ((edge[0] + middle[0]) / 2, 0.4 * edge[1] + 0.6 * middle[1])
    beats.add(stances.LEGS_IN, 1.8, between, yaw=60.0, level=carried)
    beats.add(end, 2.0, middle, yaw=90.0, level=carried, stop=True)
    rest = beats.t
    course = Course(mover.body, beats.beats, seed=phase)
    seconds = rest + DOWN_S
    return Act(course, start, rest, rest, seconds, ((0.0, start), (rest, seconds)))


_LYING: Final = (
    stances.ON_BACK, stances.ON_SIDE, stances.CURLED, stances.ON_BACK, stances.ON_SIDE,
    stances.ON_BACK,
)  # fmt: skip


def _walk(mover: Mover, rng: np.random.Generator, place: Point, yaw: float) -> Bent:
    """Walk that is still under way at `WALK_S`, when it comes past `place`."""
    ahead, side = _ways(yaw)
    sway = float(rng.uniform(-0.3, 0.3))
    lead = mover.speed * WALK_S
    first = (
        place[0] - lead * ahead[0] + sway * side[0],
        place[1] - lead * ahead[1] + sway * side[1],
    )
    beyond = (place[0] + 0.6 * ahead[0], place[1] + 0.6 * ahead[1])
    whole = (lead + 0.6) / mover.speed
    return Bent(mover, Walk(mover.body, [first, place, beyond], -0.6, whole))


def _ways(yaw: float) -> tuple[Point, Point]:
    """Return the unit vectors over the floor: ahead, and to the left."""
    angle = np.radians(yaw)
    return (float(np.sin(angle)), float(-np.cos(angle))), (
        float(np.cos(angle)), float(np.sin(angle)),
    )  # fmt: skip


def _shift(place: Point, yaw: float, ahead: float, left: float = 0.0) -> Point:
    forward, side = _ways(yaw)
    return (
        place[0] + ahead * forward[0] + left * side[0],
        place[1] + ahead * forward[1] + left * side[1],
    )


def _forward(beats: _Beats, rng: np.random.Generator, place: Point) -> None:
    at = beats.beats[-1].at
    beats.add(stances.TRIP, 0.35, _shift(at, beats.yaw, 0.1))
    beats.add(stances.DIVE, 0.4, _shift(at, beats.yaw, 0.5))
    beats.add(_prone(rng), 0.4, _shift(at, beats.yaw, 0.75))


def _backward(beats: _Beats, rng: np.random.Generator, place: Point) -> None:
    at = beats.beats[-1].at
    beats.add(stances.LOST, 0.4, at)
    beats.add(stances.DROP, 0.3, _shift(at, beats.yaw, -0.2))
    beats.add(stances.SEATED, 0.25, _shift(at, beats.yaw, -0.35))
    beats.add(stances.ON_BACK, 0.4, _shift(at, beats.yaw, -0.4))


def _sideways(beats: _Beats, rng: np.random.Generator, place: Point) -> None:
    at, left = beats.beats[-1].at, 1 if rng.random() < 0.5 else -1
    beats.add(_sided(stances.TOPPLE, left), 0.5, at)
    beats.add(_sided(_LOW, left), 0.3, _shift(at, beats.yaw, 0.0, 0.3 * left))
    beats.add(_sided(_SIDE, left), 0.3, _shift(at, beats.yaw, 0.0, 0.5 * left))


def _collapse(beats: _Beats, rng: np.random.Generator, place: Point) -> None:
    at, how = beats.beats[-1].at, int(rng.integers(3))
    left = 1 if rng.random() < 0.5 else -1
    beats.add(stances.BUCKLE, 0.5, at)
    beats.add(stances.CRUMPLE, 0.4, _shift(at, beats.yaw, 0.05))
    if how == 0:
        beats.add(_sided(_CURLED, left), 0.6, _shift(at, beats.yaw, 0.1, 0.4 * left))
    elif how == 1:
        beats.add(_sided(_SIDE, left), 0.6, _shift(at, beats.yaw, 0.05, 0.45 * left))
    else:
        beats.add(stances.DIVE, 0.35, _shift(at, beats.yaw, 0.3))
        beats.add(_prone(rng), 0.4, _shift(at, beats.yaw, 0.55))


def _off_seat(beats: _Beats, rng: np.random.Generator, place: Point) -> None:
    how, left = int(rng.integers(3)), 1 if rng.random() < 0.5 else -1
    beats.add(stances.SLIDING, 1.2, _shift(place, beats.yaw, 0.26))
    beats.add(_SAT, 0.8, _shift(place, beats.yaw, 0.5))
    if how == 1:
        beats.add(_sided(_SIDE, left), 0.8, _shift(place, beats.yaw, 0.68, 0.35 * left))
    elif how == 2:
        beats.add(_sided(_CURLED, left), 0.9, _shift(place, beats.yaw, 0.68, 0.35 * left))


def _prone(rng: np.random.Generator) -> Stance:
    """Return how one lies who went down head first: one arm beside the head, one beside the hip."""
    return _sided(_PRONE, 1 if rng.random() < 0.5 else -1)


def _sided(stance: Stance, left: int) -> Stance:
    """Return a stance to the left (1) or as in a mirror (-1)."""
    if left > 0:
        return stance
    return replace(stance, pose=stance.pose.mirrored(), roll=-stance.roll)


def _on_side(stance: Stance, forward: float) -> Stance:
    """Return a lying stance as one takes it who topples to the left: what is uppermost sinks."""
    hip, shoulder, neck = stance.pose.hip_r, stance.pose.shoulder_r, stance.pose.neck
    pose = replace(
        stance.pose,
        turn=(0.0, forward, 88.0),
        neck=(neck[0], 14.0, neck[2]),
        hip_r=(hip[0], -12.0, hip[2]),
        shoulder_r=(shoulder[0], -24.0, shoulder[2]),
    )
    return replace(stance, pose=pose, roll=0.0)


_SAT: Final = Stance(
    Pose(
        turn=(0.0, -26.0, 0.0), spine=(28.0, 0.0, 0.0), neck=(28.0, 0.0, 8.0),
        hip_l=(66.0, 10.0, 10.0), hip_r=(72.0, 14.0, 16.0), knee_l=6.0, knee_r=22.0,
        ankle_l=-16.0, ankle_r=-12.0, shoulder_l=(-8.0, 22.0, 0.0), shoulder_r=(4.0, 20.0, 0.0),
        elbow_l=26.0, elbow_r=34.0,
    ),
    lies=True,
)  # fmt: skip
"""On the floor, the back against what one slid from."""
_PRONE: Final = Stance(
    Pose(
        turn=(0.0, 88.0, 0.0), spine=(-2.0, 0.0, 0.0), neck=(-10.0, 0.0, 40.0),
        hip_l=(-5.0, 6.0, 10.0), hip_r=(0.0, 12.0, 20.0), knee_l=4.0, knee_r=12.0, ankle_l=-50.0,
        ankle_r=-50.0, shoulder_l=(166.0, 24.0, 0.0), shoulder_r=(-4.0, 22.0, 0.0), elbow_l=18.0,
        elbow_r=6.0,
    ),
    lies=True,
)  # fmt: skip
_SIDE: Final = _on_side(stances.ON_SIDE, 8.0)
_CURLED: Final = _on_side(stances.CURLED, 14.0)
_LOW: Final = replace(stances.CRUMPLE, pose=replace(stances.CRUMPLE.pose, turn=(0.0, 10.0, 58.0)))
"""Half way down to the side."""


def _settle(beats: _Beats, rng: np.random.Generator) -> None:
    """Come to rest: joints a little otherwise than where they hit the floor."""
    last = beats.beats[-1]
    moved = varied(Stance(last.pose), rng, 5.0).pose
    beats.beats[-1] = replace(last, t=last.t + SETTLE_S, pose=replace(moved, turn=last.pose.turn))
    beats.beats[-1] = replace(beats.beats[-1], stop=True)
    beats.t += SETTLE_S


_DOWN: Final = {
    Fall.FORWARD: _forward,
    Fall.BACKWARD: _backward,
    Fall.SIDEWAYS: _sideways,
    Fall.COLLAPSE: _collapse,
    Fall.CHAIR: _off_seat,
    Fall.BED: _off_seat,
}
