"""Where a simulated person moves: guided by a reference, or let go and falling.

Guided, a soft weld holds the pelvis to a moving reference and servos follow the pose. Let go,
nothing but torques of the joints acts besides gravity, contact and the disturbance; the servos
keep a share of their stiffness (`Fall`), arms and a leg may be put out after a reaction time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from models.skeletons.joints import JOINTS, Joint
from models.skeletons.motion import RATE_HZ, Segment
from models.skeletons.physics_body import (
    GROUPS,
    HINGES,
    LIMITS,
    SIDES,
    STIFFNESS,
    Box,
)
from models.skeletons.physics_cast import Cast, Fall, NotDownError, brace, lunge
from models.skeletons.physics_control import (
    Array,
    Course,
    Gait,
    Pair,
    Pose,
    move,
    settle,
    solve,
    stay,
    walk,
)
from models.skeletons.physics_model import mjcf

SUBSTEPS: Final = 8
_DAMPING: Final = 0.06
_ANGLE_STEP: Final = 0.17
_GUIDED_GRIP: Final = 0.25
_GUIDED_TORQUE: Final = 2.5
_LOW_M: Final = 0.35
_HIT_M: Final = 0.22
_REST_M_S: Final = 0.13
_STILL: Final = 8


@dataclass(eq=False)
class Stage:
    """One simulation under way; frames and labels grow as the person acts.

    Parameters
    ----------
    cast, boxes, walker
        Who, what stands there, whether a walking frame is pushed.
    start
        First pose.
    """

    cast: Cast
    start: Pose
    boxes: tuple[Box, ...] = ()
    walker: bool = False
    frames: list[Array] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the model and put the body into its first pose."""
        import mujoco

        self._mj: Any = mujoco
        xml = mjcf(self.cast.body, self.boxes, self.cast.friction, self.walker)
        self._model: Any = mujoco.MjModel.from_xml_string(xml)
        self._data: Any = mujoco.MjData(self._model)
        self._q = np.array([self._model.joint(name).qposadr[0] for name in HINGES])
        self._sites = np.array([self._model.site(j.name.lower()).id for j in Joint])
        self._parts = {
            name: self._model.body(name).id for name in ("chest", "pelvis", "l_foot", "r_foot")
        }
        self._own = np.flatnonzero(self._model.geom_contype == 2)
        self._feet = np.isin(
            self._model.geom_bodyid[self._own], [self._parts["l_foot"], self._parts["r_foot"]]
        )
        self._torque = self._model.actuator_forcerange.copy()
        self._friction = self._model.geom_friction[self._own, 0].copy()
        self._thighs = [self._model.body(f"{s}_thigh").id for s, _ in SIDES]
        self.now = settle(self.cast.body, self.start)
        self._angles = solve(self.cast.body, self.now)[0]
        self._data.qpos[:3] = self.now.pelvis[0]
        self._data.qpos[3:7] = _quaternions(self.now.spin)[0]
        self._data.qpos[self._q] = self._angles
        self._guide(self.now.pelvis[0], self._data.qpos[3:7])
        self._take()
        # Let the body settle into its support before anybody looks.
        self._data.ctrl[:] = self._angles
        mujoco.mj_step(self._model, self._data, nstep=SUBSTEPS * 15)

    def _guide(self, place: Array, turn: Array) -> None:
        self._data.mocap_pos[0] = place
        self._data.mocap_quat[0] = turn

    def _tone(self, share: Array) -> None:
        """Set the share of stiffness of every servo."""
        stiff = STIFFNESS * share
        self._model.actuator_gainprm[:, 0] = stiff
        self._model.actuator_biasprm[:, 1] = -stiff
        self._model.actuator_biasprm[:, 2] = -_DAMPING * STIFFNESS * np.sqrt(share)

    def _take(self) -> None:
        """Let the guide lead: strong servos, little friction, limbs that may brush each other."""
        share = np.ones(len(HINGES))
        share[list(GROUPS.arms)], share[list(GROUPS.trunk)] = 6.0, 3.0
        self._tone(share)
        self._model.actuator_forcerange[:] = _GUIDED_TORQUE * self._torque
        self._model.pair_margin[:] = -1.0
        self._hold(_GUIDED_GRIP, _GUIDED_GRIP)
        self._data.eq_active[0] = 1

    def _leave(self) -> None:
        """Let the guide go: the person's own strength, and a body that is solid."""
        self._model.actuator_forcerange[:] = self._torque
        self._data.eq_active[0] = 0
        # Flesh that gave way while the guide led (belly on thigh) does not spring back.
        margin = {}
        for c in self._data.contact:
            margin[int(c.geom1), int(c.geom2)] = margin[int(c.geom2), int(c.geom1)] = c.dist
        pairs = zip(self._model.pair_geom1.tolist(), self._model.pair_geom2.tolist(), strict=True)
        self._model.pair_margin[:] = [min(0.0, margin.get(pair, 0.0)) for pair in pairs]

    def _hold(self, body: float, feet: float) -> None:
        """Set the share of friction of the body and of the feet."""
        share = np.where(self._feet, feet, body)
        self._model.geom_friction[self._own, 0] = self._friction * share

    def _step(self, label: str) -> None:
        self._data.ctrl[:] = self._angles
        self._mj.mj_step(self._model, self._data, nstep=SUBSTEPS)
        frame = self._data.site_xpos[self._sites]
        if not np.all(np.isfinite(frame)) or np.abs(frame).max() > 15.0:
            raise NotDownError("the simulation broke")
        self.frames.append(frame.copy())
        self.labels.append(label)

    @property
    def joints(self) -> Array:
        """Joints (24, 3) now, metres."""
        return self.frames[-1] if self.frames else self._data.site_xpos[self._sites]

    def heading(self) -> float:
        """Degrees to the left of x that the body faces; of one that lies, where its feet point."""
        spin = self._data.xmat[self._parts["pelvis"]].reshape(3, 3)
        axis = spin[:, 0] if spin[2, 2] > 0.5 else -spin[:, 2]
        return float(np.degrees(np.arctan2(axis[1], axis[0])))

    def lies(self) -> tuple[float, bool]:
        """Return how much the front of the pelvis points up (-1 to 1), and whether it lies."""
        spin = self._data.xmat[self._parts["pelvis"]].reshape(3, 3)
        return float(spin[2, 0]), bool(spin[2, 2] < 0.5)

    # -- guided ---------------------------------------------------------------------------------

    def _follow(self, course: Course, labels: Sequence[str]) -> None:
        """Follow a course, an instant a label, a little unsteadily."""
        angles = solve(self.cast.body, course)
        # Where a limb's plane turns over, its angles jump; no joint is to go faster than it must.
        # 1.9 times the mean is what a minimum-jerk movement needs.
        mean = np.abs(angles[-1] - self._angles) / len(angles)
        limit = np.maximum(2.5 * mean, _ANGLE_STEP)
        angles += self._unsteady(len(angles))
        turns = _quaternions(course.spin)
        for i, label in enumerate(labels):
            self._guide(course.pelvis[i], turns[i])
            self._angles = self._angles + np.clip(angles[i] - self._angles, -limit, limit)
            if self.walker and label in ("walk", "standing"):
                self._push_walker(course.pelvis[i])
            self._step(label)
        self.now = stay(course, 1)

    def _unsteady(self, count: int) -> Array:
        """Slow sway of trunk, neck and arms (T, 26) in radians, on through the whole motion."""
        rng = self.cast.rng
        t = (len(self.frames) + np.arange(count))[:, None] / RATE_HZ
        if not hasattr(self, "_waves"):
            self._waves = rng.uniform(0.15, 0.6, 26), rng.uniform(0, 6.28, 26)
        size = np.zeros(26)
        for group, degrees in ((GROUPS.trunk, 0.8), (GROUPS.neck, 3.0), (GROUPS.arms, 2.0)):
            size[list(group)] = np.radians(degrees)
        out: Array = size * np.sin(2 * np.pi * self._waves[0] * t + self._waves[1])
        return out

    def _push_walker(self, pelvis: Array) -> None:
        """Keep the walking frame before the body as hands that hold it do."""
        joint = self._model.joint("walker")
        at, v = joint.qposadr[0], joint.dofadr[0]
        place = self._data.qpos[at : at + 3]
        wanted = np.array([pelvis[0] + 0.3, pelvis[1], 0.42])
        self._data.qvel[v : v + 3] = np.clip((wanted - place) * RATE_HZ / 2, -2.0, 2.0)
        self._data.qvel[v + 3 : v + 6] = 0.0

    def go(self, pose: Pose, seconds: float, label: str, lift: Pair = (0.0, 0.0)) -> None:
        """Go to a pose; the time is stretched by the person's tempo and varied a little."""
        seconds *= self.cast.tempo * self.cast.uniform(0.9, 1.1)
        self.snap(pose, seconds, label, lift)

    def snap(self, pose: Pose, seconds: float, label: str, lift: Pair = (0.0, 0.0)) -> None:
        """Go to a pose in exactly that time."""
        count = max(2, round(seconds * RATE_HZ))
        course = move(self.now, settle(self.cast.body, pose), count, lift)
        self._follow(course, [label] * count)

    def part_way(self, pose: Pose, share: float, seconds: float, label: str) -> None:
        """Begin to go to a pose and get only as far as a share of the time."""
        count = max(3, round(seconds * self.cast.tempo * RATE_HZ))
        course = move(self.now, settle(self.cast.body, pose), count)
        keep = max(2, round(share * count))
        cut = Course(*(getattr(course, n)[:keep] for n in Course.__slots__))
        self._follow(cut, [label] * keep)

    def wait(self, seconds: float, label: str) -> None:
        """Stay."""
        count = max(1, round(seconds * RATE_HZ))
        self._follow(stay(self.now, count), [label] * count)

    def walk(self, pose: Pose, gait: Gait, seconds: float) -> None:
        """Walk along x from a standing pose, and stay in mid-step."""
        count = max(2, round(seconds * RATE_HZ))
        self._follow(walk(self.cast.body, pose, gait, count, RATE_HZ), ["walk"] * count)

    def regain(self) -> None:
        """Take the body as it lies as the start of guided movement."""
        data = self._data
        pelvis = self._parts["pelvis"]
        spin = data.xmat[pelvis].reshape(3, 3).copy()
        joints = self.joints
        poles = np.array([data.xmat[i].reshape(3, 3)[:, 0] @ spin for i in self._thighs])
        self.now = Course(
            pelvis=data.xpos[pelvis][None].copy(), spin=spin[None],
            ankles=joints[None, [Joint.L_ANKLE, Joint.R_ANKLE]].copy(), knees=poles[None],
            planted=np.zeros((1, 2)), upper=data.qpos[self._q][None].copy(),
        )  # fmt: skip
        self._guide(self.now.pelvis[0], data.qpos[3:7])
        data.xfrc_applied[:] = 0.0
        self._take()

    # -- let go ---------------------------------------------------------------------------------

    def fall(self, fall: Fall, start: str = "fall", end: str = "fallen") -> None:
        """Lose balance, come to rest and stay down.

        Raises
        ------
        NotDownError
            When the body is not at rest on the floor within 3.5 seconds.
        """
        self._leave()
        first = len(self.frames)
        target = self._angles.copy()
        share = np.ones(len(HINGES))
        heading = self.heading()
        arms, leg = brace(self.cast.rng, fall, heading), lunge(fall, heading)
        hit: int | None = None
        rest = self._rest(fall)
        limit = round(3.5 * RATE_HZ)
        aim = target.copy()
        for side in (1, -1):
            indices = list(GROUPS.leg[side])
            aim[indices[0]] -= np.radians(fall.sag[0])
            aim[indices[3]] += np.radians(fall.sag[1])
        for i in range(limit):
            t = i / RATE_HZ
            self._disturb(fall, t)
            self._hold(1.0, 0.08 if fall.slick and t < 0.7 else 1.0)
            wanted = np.ones(len(HINGES)) * fall.arms
            wanted[list(GROUPS.legs)] = fall.legs
            wanted[list(GROUPS.trunk)] = fall.trunk
            wanted[list(GROUPS.neck)] = max(fall.trunk, 0.35)
            goal = aim
            if fall.brace and t > self.cast.reaction:
                goal = np.where(np.isnan(arms), goal, arms)
                wanted[list(GROUPS.arms)] = 0.7
            if fall.step and 0.7 * self.cast.reaction < t < self.cast.reaction + 0.45:
                goal = np.where(np.isnan(leg), goal, leg)
                wanted[list(GROUPS.leg[fall.step])] = 0.5
            if hit is not None:
                ease = 0.85 ** (i - hit)
                wanted = np.maximum(wanted * ease, rest)
                goal = ease * goal + (1 - ease) * self._data.qpos[self._q]
            share += (wanted - share) * 0.35
            target += (goal - target) * 0.35
            self._angles = np.clip(target, LIMITS[:, 0], LIMITS[:, 1])
            self._tone(share)
            self._step(start)
            still = i > 10 and self._at_rest()
            low = self.joints[[Joint.PELVIS, Joint.CHEST], 2].min() < _HIT_M
            # A body that holds itself half way gives way as well.
            if hit is None and (low or still):
                hit = i
            if still and hit is not None and i - hit > 12:
                break
        else:
            raise NotDownError(f"not at rest within {limit / RATE_HZ:.1f} s")
        self._data.xfrc_applied[:] = 0.0
        self.labels[1 - _STILL :] = [end] * (_STILL - 1)
        if self.joints[Joint.PELVIS, 2] > _LOW_M or self.joints[Joint.HEAD, 2] > 1.0:
            raise NotDownError("the body did not end on the floor")
        if len(self.frames) - first < 0.35 * RATE_HZ:
            raise NotDownError("the fall was none")
        self._lie(fall, end)

    @staticmethod
    def _rest(fall: Fall) -> Array:
        """Share of stiffness (26,) that is left when down."""
        out = np.full(len(HINGES), 0.04)
        out[list(GROUPS.trunk + GROUPS.neck)] = fall.rest
        return out

    def _at_rest(self) -> bool:
        """Whether the last frames were still."""
        recent = np.stack(self.frames[-_STILL:])
        speed = np.linalg.norm(np.diff(recent, axis=0), axis=-1) * RATE_HZ
        trunk = speed[:, [Joint.PELVIS, Joint.CHEST, Joint.HEAD]]
        return bool(speed.mean(axis=1).max() < _REST_M_S and trunk.max() < 2 * _REST_M_S)

    def _disturb(self, fall: Fall, t: float) -> None:
        """Apply the forces that take the balance."""
        force = self._data.xfrc_applied
        force[:] = 0.0
        lasts = 0.15
        if t < lasts:
            size = self.cast.body.mass * fall.push / lasts
            angle = np.radians(fall.direction)
            way = size * np.array([np.cos(angle), np.sin(angle)])
            force[self._parts["chest"], :2] = fall.push_at * way
            force[self._parts["pelvis"], :2] = (1 - fall.push_at) * way
            force[self._parts["pelvis"], 5] = fall.spin
        if fall.foot and t < 0.2:
            force[self._parts["l_foot" if fall.foot > 0 else "r_foot"], 0] = fall.drag

    def _lie(self, fall: Fall, label: str) -> None:
        """Stay down, with small movements of arms, legs, head or trunk."""
        rng = self.cast.rng
        count = round(fall.down_s * RATE_HZ)
        rest = self._data.qpos[self._q].copy()
        quiet = self._rest(fall)
        goal, wanted, share = rest, quiet, quiet.copy()
        until = -1
        for i in range(count):
            if i > until and rng.random() < fall.stir / 10 / RATE_HZ:
                goal, wanted = self._stir(rest, quiet)
                until = i + round(rng.uniform(0.6, 2.0) * RATE_HZ)
            if i == until:
                goal, wanted = rest, quiet
            share += (wanted - share) * 0.2
            self._angles = self._angles + (goal - self._angles) * 0.12
            self._tone(share)
            self._step(label)

    def _stir(self, rest: Array, quiet: Array) -> tuple[Array, Array]:
        """Return angles and stiffness (26,) of one small movement."""
        rng = self.cast.rng
        goal, wanted = rest.copy(), quiet.copy()
        side = self.cast.side()
        choices = (
            (GROUPS.arm[side], 35.0, 0.8), (GROUPS.leg[side], 22.0, 0.6), (GROUPS.neck, 25.0, 0.7),
            (GROUPS.trunk + GROUPS.arms, 14.0, 0.8),
        )  # fmt: skip
        group, degrees, tone = choices[int(rng.choice(4, p=[0.4, 0.2, 0.2, 0.2]))]
        indices = list(group)
        goal[indices] += np.radians(rng.normal(0, degrees, len(indices)))
        wanted[indices] = tone * self.cast.uniform(0.4, 1.0)
        return np.clip(goal, LIMITS[:, 0], LIMITS[:, 1]), wanted

    # -- result ---------------------------------------------------------------------------------

    def segments(self) -> tuple[Segment, ...]:
        """Return what was done when, neighbours of one label put together."""
        codes = np.array(self.labels)
        cuts = np.flatnonzero(codes[1:] != codes[:-1]) + 1
        edges = [0, *cuts.tolist(), len(codes)]
        return tuple(Segment(a / RATE_HZ, b / RATE_HZ, str(codes[a])) for a, b in pairwise(edges))

    def record(self) -> Array:
        """Joints (T, 24, 3) of everything so far, metres."""
        return np.stack(self.frames).reshape(-1, JOINTS, 3)


def _quaternions(spin: Array) -> Array:
    """Orientations (T, 3, 3) as (T, 4), scalar first."""
    from scipy.spatial.transform import Rotation

    out: Array = np.roll(Rotation.from_matrix(spin).as_quat(), 1, axis=-1)
    return out
