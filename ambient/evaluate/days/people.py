"""Somebody in the room: a cursor in time that is told what to do, and the path it leaves.

`Somebody` appends key stances: walk there, sit down, lie, hold on. What is true is noted on the
way: when somebody is in the room, when a blanket covers the legs. Times are seconds of the day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.days import stances
from ambient.evaluate.days.rooms import Layout, Seat, Spot, yaw_to
from ambient.evaluate.days.stances import Stance, varied
from models.bodies.body import Shape
from models.skeletons.daily import Array, Figure, Path, path, row

STRIDE_M: Final = 1.05
TURN_DEG_S: Final = 110.0
RAMP_S: Final = 0.4
LEVEL_BED: Final = 0.46
"""The top of the bed less what a body sinks in."""


class Role(StrEnum):
    """Who somebody is."""

    RESIDENT = "resident"
    CARER = "carer"
    THERAPIST = "therapist"
    CLEANER = "cleaner"
    VISITOR = "visitor"
    CHILD = "child"
    COAT = "coat or blanket"
    SCREEN = "television"


@dataclass(frozen=True, slots=True)
class Body:
    """A body and how it moves.

    Attributes
    ----------
    pace
        Everything but a fall takes this many times as long as a young adult needs.
    speed
        Of walking, m/s.
    stoop
        Degrees by which the back is bent when upright.
    frame
        Walks at a walking frame.
    wheels
        Goes about in a wheelchair.
    """

    shape: Shape
    scale: float = 1.0
    pace: float = 1.0
    speed: float = 1.0
    stoop: float = 0.0
    frame: bool = False
    wheels: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """One presence in the room from coming in (or the day's start) to going out.

    Attributes
    ----------
    covered
        Spans of seconds in which a blanket hides hips and legs.
    seed
        Shifts breath and sway.
    """

    role: Role
    figure: Figure
    path: Path
    start: float
    end: float
    covered: tuple[tuple[float, float], ...]
    seed: float


class Somebody:
    """A person who is told what to do.

    Parameters
    ----------
    role, body
        Who it is.
    room
        Where.
    t, at
        When and where the person appears.
    rng
        Decides how things are done.
    """

    def __init__(
        self, role: Role, body: Body, room: Layout, t: float, at: Spot, rng: np.random.Generator
    ) -> None:
        self.role, self.body, self.room, self.t, self.at = role, body, room, t, at
        self.yaw = 0.0
        self._rng = rng
        self._figure = Figure(body.shape, body.scale)
        self._keys: list[tuple[float, Array, bool]] = []
        self._strides = 0.0
        self._start = t
        self._covered: list[tuple[float, float]] = []
        self._covered_since: float | None = None
        self._now: Stance = self.upright
        self._level = 0.0
        self.stays: list[Stay] = []
        self.inside = True
        self._put(self._now, True)

    @property
    def upright(self) -> Stance:
        """How this person stands."""
        return self.stooped(stances.FRAME if self.body.frame else stances.STAND)

    def stooped(self, stance: Stance) -> Stance:
        """Return the stance with this person's bent back."""
        flexion, bend, twist = stance.pose.spine
        nod, tilt, turn = stance.pose.neck
        bent = replace(
            stance.pose,
            spine=(flexion + self.body.stoop, bend, twist),
            neck=(nod - 0.6 * self.body.stoop, tilt, turn),
        )
        return replace(stance, pose=bent)

    def to(
        self,
        stance: Stance,
        seconds: float,
        *,
        at: Spot | None = None,
        yaw: float | None = None,
        level: float = 0.0,
        rest: bool = True,
        vary: float = 2.5,
    ) -> None:
        """Take a stance within `seconds` (of a young adult), at a place or where one is."""
        self.t += max(0.2, seconds * self.body.pace)
        self._face(self.yaw if yaw is None else yaw)
        self.at = self.at if at is None else at
        self._level = level
        self._now = varied(stance, self._rng, vary)
        self._put(self._now, rest)

    def fast(self, stance: Stance, seconds: float, *, at: Spot, yaw: float | None = None,
             level: float = 0.0, rest: bool = False) -> None:  # fmt: skip
        """Take a stance within `seconds` whoever it is: a fall."""
        self.to(stance, seconds / self.body.pace, at=at, yaw=yaw, level=level, rest=rest, vary=6.0)

    def hold(self, seconds: float) -> None:
        """Stay as one is."""
        if seconds > 0:
            self.t += seconds
            self._put(self._now, True)

    def until(self, t: float) -> None:
        """Stay as one is until `t`."""
        self.hold(t - self.t)

    def linger(self, seconds: float, per_hour: float) -> None:
        """Stay so long, with small movements every now and then (a Poisson process)."""
        end = self.t + seconds
        stance, level = self._now, self._level
        while per_hour > 0:
            wait = float(self._rng.exponential(3600.0 / per_hour))
            if self.t + wait + 4.0 > end:
                break
            self.hold(wait)
            self.to(stance, float(self._rng.uniform(0.6, 2.0)), level=level, vary=5.0)
        self.until(end)

    def walk(self, target: Spot, *, facing: float | None = None) -> None:
        """Walk in the open to a place, by way of the middle of the room when that is far."""
        stops = [target]
        if _far(self.at, target) and not _near(self.at, self.room.hub):
            stops.insert(0, self.room.hub)
        if not self._now.feet:
            self.to(self.upright, 1.2)
        for stop in stops:
            self._leg(stop)
        if facing is not None:
            self.turn(facing)

    def turn(self, yaw: float) -> None:
        """Turn on the spot, with small steps."""
        there = _nearest(self.yaw, yaw)
        if abs(there - self.yaw) > 12:
            seconds = abs(there - self.yaw) / TURN_DEG_S
            self._strides += 0.5
            self.to(self.upright, seconds, yaw=there)

    def sit(self, seat: Seat, how: Stance = stances.SIT) -> None:
        """Walk to a seat, turn and sit down."""
        self.walk(seat.front, facing=seat.facing)
        self.to(self.stooped(stances.BEND_UP), 0.9, rest=False)
        self.to(how, 0.8, at=seat.at, yaw=seat.facing)

    def rise(self, seat: Seat) -> None:
        """Stand up from a seat."""
        self.to(stances.SIT, 0.6, at=seat.at)
        self.to(self.stooped(stances.BEND_UP), 0.9, at=seat.front, rest=False)
        self.to(self.upright, 0.8)

    def lie_down(self, how: Stance = stances.ON_BACK) -> None:
        """From the bed's edge to lying in bed, a blanket over the legs in the end."""
        bed = self.room.bed
        self.to(stances.LEGS_IN, 1.4, at=_between(self.at, bed, 0.6), yaw=self._lying_yaw(),
                level=LEVEL_BED)  # fmt: skip
        self.to(how, 1.8, at=bed, yaw=self._lying_yaw(), level=LEVEL_BED)
        self.cover(True)

    def lie(self, how: Stance, seconds: float = 1.8) -> None:
        """Lie otherwise in bed."""
        self.to(how, seconds, at=self.room.bed, yaw=self._lying_yaw(), level=LEVEL_BED, vary=4.0)

    def sit_up(self) -> None:
        """From lying to sitting on the bed's edge."""
        self.cover(False)
        edge = self.room.edge
        self.to(stances.LEGS_IN, 1.6, at=_between(edge.at, self.room.bed, 0.6), level=LEVEL_BED)
        self.to(stances.SIT, 1.4, at=edge.at, yaw=edge.facing)

    def cover(self, on: bool) -> None:
        """Pull up or push away the blanket."""
        if on and self._covered_since is None:
            self._covered_since = self.t
        elif not on and self._covered_since is not None:
            self._covered.append((self._covered_since, self.t))
            self._covered_since = None

    def leave(self) -> None:
        """Walk out of the door."""
        self.walk(self.room.door)
        self.gone()

    def gone(self) -> None:
        """Be no longer in the room."""
        self.cover(False)
        if not self.inside:
            return
        self.inside = False
        self.stays.append(
            Stay(
                role=self.role,
                figure=self._figure,
                path=path(self._keys),
                start=self._start,
                end=self.t,
                covered=tuple(self._covered),
                seed=float(self._rng.uniform(0.0, 10.0)),
            )
        )
        self._keys, self._covered = [], []

    def enter(self, t: float) -> None:
        """Come in by the door at `t`."""
        self.t = max(self.t, t)
        self.at, self.inside, self._start = self.room.door, True, self.t
        self.yaw, self._level, self._now = yaw_to(self.room.door, self.room.hub), 0.0, self.upright
        self._put(self._now, True)

    def _lying_yaw(self) -> float:
        return self.room.head_yaw

    def _face(self, yaw: float) -> None:
        self.yaw = _nearest(self.yaw, yaw)

    def _leg(self, target: Spot) -> None:
        length = float(np.hypot(target[0] - self.at[0], target[1] - self.at[1]))
        if length < 0.25:
            return
        self.turn(yaw_to(self.at, target))
        if self.body.wheels:
            self.to(stances.SIT, length / 0.6, at=target)
            return
        start, seconds = self.at, max(length / self.body.speed, 2 * RAMP_S + 0.2)
        now = self.upright
        ramp = RAMP_S / seconds / 2
        for share, span, walking in (
            (ramp, RAMP_S, 1.0), (1 - ramp, seconds - 2 * RAMP_S, 1.0), (1.0, RAMP_S, 0.0),
        ):  # fmt: skip
            before = self.at
            self.at = _between(start, target, share)
            moved = float(np.hypot(self.at[0] - before[0], self.at[1] - before[1]))
            self._strides += moved / (STRIDE_M * self.body.scale)
            self.t += span
            self._now, self._level = now, 0.0
            self._put(now, walking == 0.0, walking)

    def _put(self, stance: Stance, rest: bool, walking: float = 0.0) -> None:
        turned = replace(stance.pose, turn=(self.yaw, *stance.pose.turn[1:]))
        key = row(turned, self.at, roll=stance.roll, level=self._level, feet=stance.feet,
                  strides=self._strides, walking=walking)  # fmt: skip
        if self._keys and self.t <= self._keys[-1][0]:
            self.t = self._keys[-1][0] + 0.05
        self._keys.append((self.t, key, rest))


def thing(
    role: Role, stance: Stance, span: tuple[float, float], at: Spot, yaw: float, *, scale: float,
    level: float = 0.0, seed: float = 0.0,
) -> Stay:  # fmt: skip
    """Return what is no person but may be taken for one: it lies there and is still."""
    pose = replace(stance.pose, turn=(yaw, *stance.pose.turn[1:]))
    only = row(pose, at, roll=stance.roll, level=level, feet=False)
    return Stay(role, Figure(Shape(), scale), path([(span[0], only, True)]), *span, (), seed)


def _far(a: Spot, b: Spot) -> bool:
    return float(np.hypot(a[0] - b[0], a[1] - b[1])) > 2.0


def _near(a: Spot, b: Spot) -> bool:
    return float(np.hypot(a[0] - b[0], a[1] - b[1])) < 0.6


def _between(a: Spot, b: Spot, share: float) -> Spot:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _nearest(before: float, yaw: float) -> float:
    """Return `yaw` plus the whole turns that bring it nearest to `before`."""
    return yaw + 360.0 * round((before - yaw) / 360.0)


__all__ = ["Body", "Role", "Somebody", "Stay", "thing"]
