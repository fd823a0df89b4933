"""What a simulated person wants: poses, and the angles of the joints that make them.

A `Pose` says where pelvis, feet and hands are in the person's own frame (x forward, y left, z up,
metres, the floor at 0). `solve` turns poses into the servos' angles. Legs by two-link inverse
kinematics at every instant, so that a foot stays where it stands while the trunk moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.skeletons.physics_body import GROUPS, LIMITS, SIDES, Body

Array = NDArray[np.float64]
Triple = tuple[float, float, float]
Pair = tuple[float, float]
Reach = tuple[Triple, Triple]

FORWARD: Final[Reach] = ((1.0, 0.1, 0.0), (1.0, -0.1, 0.0))
HANGING: Final = ((6.0, 9.0, 0.0, 14.0), (6.0, 9.0, 0.0, 14.0))


@dataclass(frozen=True, slots=True)
class Pose:
    """What the body shall look like.

    Attributes
    ----------
    pelvis
        Metres.
    lean, roll, twist
        Degrees: about the left-pointing axis (90 is face down, -90 on the back), about the
        forward axis, then about the trunk's own long axis.
    spine, neck
        Degrees: forward, to the right, to the left turned; forward, to the left turned.
    ankles
        Left and right, metres.
    planted
        For each foot 1 when the sole is to lie flat, 0 when it hangs.
    knees
        Direction in which each knee points, in the pelvis' frame.
    arms
        For each arm, degrees: raised forward, raised sideways, turned inwards, elbow bent.
    hands
        Left and right wrist in metres, instead of `arms`.
    yaw
        Degrees that the whole body is turned to the left of x.
    """

    pelvis: Triple
    ankles: Reach
    lean: float = 0.0
    roll: float = 0.0
    twist: float = 0.0
    spine: Triple = (0.0, 0.0, 0.0)
    neck: Pair = (0.0, 0.0)
    planted: Pair = (1.0, 1.0)
    knees: Reach = FORWARD
    arms: tuple[tuple[float, float, float, float], tuple[float, float, float, float]] = HANGING
    hands: Reach | None = None
    yaw: float = 0.0

    def at(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Pose:
        """Return the same pose elsewhere."""

        def moved(p: Triple) -> Triple:
            return (p[0] + x, p[1] + y, p[2] + z)

        hands = None if self.hands is None else (moved(self.hands[0]), moved(self.hands[1]))
        ankles = (moved(self.ankles[0]), moved(self.ankles[1]))
        return replace(self, pelvis=moved(self.pelvis), ankles=ankles, hands=hands)

    def mirrored(self) -> Pose:
        """Return the same pose with left and right swapped."""

        def flip(p: Triple) -> Triple:
            return (p[0], -p[1], p[2])

        def swap(pair: Reach) -> Reach:
            return (flip(pair[1]), flip(pair[0]))

        return replace(
            self, pelvis=flip(self.pelvis), ankles=swap(self.ankles), roll=-self.roll,
            twist=-self.twist, spine=(self.spine[0], -self.spine[1], -self.spine[2]),
            neck=(self.neck[0], -self.neck[1]), planted=self.planted[::-1],
            knees=swap(self.knees), arms=self.arms[::-1],
            hands=None if self.hands is None else swap(self.hands),
        )  # fmt: skip

    def turned(self, degrees: float) -> Pose:
        """Return the same pose turned to the left about the origin; hands and feet go along."""
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

        def spun(p: Triple) -> Triple:
            return (float(c * p[0] - s * p[1]), float(s * p[0] + c * p[1]), p[2])

        return replace(
            self, pelvis=spun(self.pelvis), ankles=(spun(self.ankles[0]), spun(self.ankles[1])),
            hands=None if self.hands is None else (spun(self.hands[0]), spun(self.hands[1])),
            yaw=self.yaw + degrees,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What is wanted over T instants.

    Attributes
    ----------
    pelvis, spin
        (T, 3) metres and (T, 3, 3) orientation.
    ankles, knees
        (T, 2, 3) metres, and directions in the pelvis' frame.
    planted
        (T, 2) between 0 and 1.
    upper
        (T, 26) angles in radians; those of the legs are not used.
    """

    pelvis: Array
    spin: Array
    ankles: Array
    knees: Array
    planted: Array
    upper: Array


def about(axis: int, angle: Array | float) -> Array:
    """Rotation matrices (..., 3, 3) about x, y or z (0, 1, 2) by radians."""
    angle = np.asarray(angle, dtype=np.float64)
    out = np.zeros((*angle.shape, 3, 3))
    a, b = (axis + 1) % 3, (axis + 2) % 3
    out[..., axis, axis] = 1.0
    out[..., a, a] = out[..., b, b] = np.cos(angle)
    out[..., b, a] = np.sin(angle)
    out[..., a, b] = -np.sin(angle)
    return out


def _yxz(spin: Array) -> tuple[Array, Array, Array]:
    """Angles about y, then the new x, then the new z, of matrices (..., 3, 3)."""
    y = np.arctan2(spin[..., 0, 2], spin[..., 2, 2])
    x = np.arcsin(np.clip(-spin[..., 1, 2], -1.0, 1.0))
    z = np.arctan2(spin[..., 1, 0], spin[..., 1, 1])
    return y, x, z


def _two_links(
    root: Array, target: Array, pole: Array, first: float, second: float
) -> tuple[Array, Array]:
    """Place a limb of two links.

    Parameters
    ----------
    root, target, pole
        (T, 3): where it begins, where it shall end, where the middle joint points.
    first, second
        Lengths in metres.

    Returns
    -------
    tuple
        (T, 3, 3) the upper link's frame, its z pointing back to the root and its x to the pole;
        (T,) by how much the middle joint is bent, in radians.
    """
    reach = target - root
    size = np.linalg.norm(reach, axis=-1)
    along = reach / np.maximum(size, 1e-9)[:, None]
    length = np.clip(size, abs(first - second) + 0.06, 0.997 * (first + second))
    side = pole - np.sum(pole * along, axis=-1)[:, None] * along
    spare = np.array([0.03, 0.0, 0.05])  # where the pole lies on the line
    side = side + np.where(np.linalg.norm(side, axis=-1) < 1e-3, 1.0, 0.0)[:, None] * spare
    side /= np.linalg.norm(side, axis=-1)[:, None]
    cosine = (first**2 + length**2 - second**2) / (2 * first * length)
    sine = np.sqrt(np.clip(1.0 - cosine**2, 0.0, 1.0))
    link = cosine[:, None] * along + sine[:, None] * side
    z = -link
    x = side - np.sum(side * link, axis=-1)[:, None] * link
    x /= np.maximum(np.linalg.norm(x, axis=-1), 1e-9)[:, None]
    inner = (first**2 + second**2 - length**2) / (2 * first * second)
    bend = np.pi - np.arccos(np.clip(inner, -1.0, 1.0))
    return np.stack([x, np.cross(z, x), z], axis=-1), bend


def chest_frame(body: Body, pelvis: Array, spin: Array, upper: Array) -> tuple[Array, Array]:
    """Where the chest's joint is (T, 3) and how the chest is turned (T, 3, 3)."""
    h = body.height
    spine = spin @ about(1, upper[:, 0]) @ about(0, upper[:, 1]) @ about(2, upper[:, 2])
    place = pelvis + spin[:, :, 2] * (0.075 * h) + spine[:, :, 2] * (0.1 * h)
    return place, spine @ about(1, upper[:, 3] + body.stoop)


def solve(body: Body, course: Course) -> Array:
    """Angles (T, 26) of all hinges, in radians and within their limits."""
    angles = course.upper.copy()
    for k, (_, side) in enumerate(SIDES):
        hip = course.pelvis + course.spin @ body.hip(side)
        pole = np.einsum("tij,tj->ti", course.spin, course.knees[:, k])
        thigh, knee = _two_links(hip, course.ankles[:, k], pole, body.thigh, body.shank)
        y, x, z = _yxz(np.swapaxes(course.spin, -1, -2) @ thigh)
        shank = thigh @ about(1, knee)
        flat = np.arctan2(shank[:, 2, 0], shank[:, 2, 2])
        foot = shank @ about(1, flat)
        tilt = np.arctan2(-foot[:, 2, 1], foot[:, 2, 2])
        stands = course.planted[:, k]
        ankle = stands * flat + (1 - stands) * 0.35
        leg = GROUPS.leg[side]
        angles[:, leg] = np.stack([y, x, z, knee, ankle, stands * tilt], axis=-1)
    return np.clip(angles, LIMITS[:, 0], LIMITS[:, 1])


def _upper(body: Body, pose: Pose, spin: Array) -> Array:
    """Angles (26,) of trunk, neck and arms in a pose."""
    out = np.zeros(26)
    bend, side, turn = np.radians(pose.spine)
    out[:6] = [0.6 * bend, side, turn, 0.4 * bend, *np.radians(pose.neck)]
    for k, (_, sign) in enumerate(SIDES):
        forward, up, inwards, elbow = np.radians(pose.arms[k])
        out[list(GROUPS.arm[sign])] = [-forward, sign * up, -sign * inwards, -elbow]
    if pose.hands is not None:
        place, chest = chest_frame(body, np.array([pose.pelvis]), spin[None], out[None])
        for k, (_, sign) in enumerate(SIDES):
            shoulder = place + chest @ body.shoulder(sign)
            pole = chest @ np.array([-1.0, 0.55 * sign, -0.2])
            target = np.array([pose.hands[k]])
            # The elbow bends the other way round than the knee: its x points away from the pole.
            frame, bent = _two_links(shoulder, target, pole, body.upper_arm, body.forearm)
            frame = frame * np.array([-1.0, -1.0, 1.0])
            y, x, z = _yxz(np.swapaxes(chest, -1, -2) @ frame)
            out[list(GROUPS.arm[sign])] = [y[0], x[0], z[0], -bent[0]]
    return out


def orientation(pose: Pose) -> Array:
    """Orientation of the pelvis (3, 3)."""
    yaw, lean, roll, twist = np.radians([pose.yaw, pose.lean, pose.roll, pose.twist])
    out: Array = about(2, yaw) @ about(0, roll) @ about(1, lean) @ about(2, twist)
    return out


def settle(body: Body, pose: Pose) -> Course:
    """Return the course of one instant in that pose."""
    spin = orientation(pose)
    return Course(
        pelvis=np.array([pose.pelvis]), spin=spin[None], ankles=np.array([pose.ankles]),
        knees=np.array([pose.knees]), planted=np.array([pose.planted]),
        upper=_upper(body, pose, spin)[None],
    )  # fmt: skip


def minimum_jerk(count: int) -> Array:
    """From 0 (excluded) to 1 in `count` steps, at rest at both ends (Flash and Hogan 1985)."""
    s = np.arange(1, count + 1) / count
    out: Array = s**3 * (10 - 15 * s + 6 * s**2)
    return out


def _between(first: Array, last: Array, part: Array) -> Array:
    """Orientations (T, 3, 3) on the shortest way from one to the other, at shares (T,)."""
    from scipy.spatial.transform import Rotation

    way = Rotation.from_matrix(first.T @ last).as_rotvec()
    out: Array = first @ Rotation.from_rotvec(part[:, None] * way).as_matrix()
    return out


def move(start: Course, end: Course, count: int, lift: Pair = (0.0, 0.0)) -> Course:
    """Go from the last instant of one course to the first of another.

    Parameters
    ----------
    start, end
        From where, and to where.
    count
        Instants.
    lift
        Metres by which each foot is raised on the way.
    """
    part = minimum_jerk(count)

    def blend(a: Array, b: Array) -> Array:
        shape = (count,) + (1,) * a.ndim
        out: Array = a + part.reshape(shape) * (b - a)
        return out

    ankles = blend(start.ankles[-1], end.ankles[0])
    ankles[:, :, 2] += np.array(lift) * (4 * part * (1 - part))[:, None]
    return Course(
        pelvis=blend(start.pelvis[-1], end.pelvis[0]),
        spin=_between(start.spin[-1], end.spin[0], part), ankles=ankles,
        knees=blend(start.knees[-1], end.knees[0]),
        planted=blend(start.planted[-1], end.planted[0]),
        upper=blend(start.upper[-1], end.upper[0]),
    )  # fmt: skip


def stay(course: Course, count: int) -> Course:
    """Return the last instant `count` times."""

    def last(a: Array) -> Array:
        return np.repeat(a[-1:], count, axis=0)

    return Course(
        last(course.pelvis), last(course.spin), last(course.ankles), last(course.knees),
        last(course.planted), last(course.upper),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gait:
    """How somebody walks.

    Attributes
    ----------
    speed, stride
        Metres per second, and per two steps.
    lift, sway, swing
        Height of the swinging foot, sideways movement of the pelvis (metres), arm swing (radians).
    width
        Metres between the feet.
    """

    speed: float
    stride: float
    lift: float
    sway: float
    swing: float
    width: float


def walk(body: Body, pose: Pose, gait: Gait, count: int, rate: float) -> Course:
    """Walk along x from a standing pose; a foot that stands does not move.

    The pelvis drives on at an even speed after half a second; each foot stands for 62 % of the
    cycle (Perry, Gait analysis: 60 % at the usual pace, more when slow).
    """
    t = np.arange(1, count + 1) / rate
    ramp = 0.5
    gone = gait.speed * np.where(t < ramp, t**2 / (2 * ramp), t - ramp / 2)
    phase = gone / gait.stride
    stance = 0.62
    base = stay(settle(body, pose), count)
    ankles = base.ankles.copy()
    for k, offset in enumerate((0.0, 0.5)):
        cycle = phase + offset + stance / 2
        step, into = np.floor(cycle), np.mod(cycle, 1.0)
        swing = np.clip((into - stance) / (1 - stance), 0.0, 1.0)
        eased = swing**2 * (3 - 2 * swing)
        # At mid-stance the foot is below the pelvis.
        ankles[:, k, 0] = pose.pelvis[0] + gait.stride * (step - offset + eased)
        ankles[:, k, 1] = pose.pelvis[1] + (0.5 - k) * gait.width
        ankles[:, k, 2] = body.ankle + gait.lift * np.sin(np.pi * swing) ** 2
        # The feet start side by side and spread within the first step.
        share = np.clip(gone / (0.5 * gait.stride), 0.0, 1.0)
        ankles[:, k, 0] = np.where(
            share < 1.0, share * ankles[:, k, 0] + (1 - share) * pose.ankles[k][0], ankles[:, k, 0]
        )
    pelvis = base.pelvis.copy()
    pelvis[:, 0] += gone
    wave = np.minimum(t / ramp, 1.0)
    pelvis[:, 1] += gait.sway * np.sin(2 * np.pi * phase) * wave
    spread = np.max(np.abs(ankles[:, :, 0] - pelvis[:, None, 0]), axis=1)
    leg = body.thigh + body.shank
    pelvis[:, 2] -= np.clip(leg - np.sqrt(np.maximum(leg**2 - spread**2, 0.01)), 0, 0.12) * 0.7
    upper = base.upper.copy()
    beat = gait.swing * np.sin(2 * np.pi * phase) * wave
    upper[:, GROUPS.arm[1][0]] += beat
    upper[:, GROUPS.arm[-1][0]] -= beat
    upper[:, 2] += 0.25 * beat
    return Course(pelvis, base.spin, ankles, base.knees, np.ones((count, 2)), upper)
