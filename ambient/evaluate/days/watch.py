"""One day through the node's own code: a `Day` in, alarms with what they were about out.

The looks of a day: ten a second while something in the room moves and for two seconds after, as
the motion gate lets them through; one each half second where nothing moves but somebody is there,
one each second and later each three seconds where nobody is seen. A stretch in which nothing
changes, no pose comes or goes and none becomes wrong, is cut short: the node's clock is stopped
`FOLD_S` after the last change. Nothing in the node takes longer than that to say what it thinks of
a room that stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.evaluate.clip import CAMERA, ROOM, Ticks
from ambient.evaluate.days import lapses as failing
from ambient.evaluate.days.boxes import Boxes, Seen
from ambient.evaluate.days.diary import DAY_S
from ambient.evaluate.days.people import Role
from ambient.evaluate.days.poses import Reported, mistake, reported
from ambient.evaluate.days.rooms import ASPECT
from ambient.evaluate.days.schedule import Day
from ambient.events import FallConfirmed, FallSuspected
from ambient.observations import AnyObservation, PostureSeen, TrackEnded
from fusion.judge import Judge
from vision.furniture import FurnitureMap
from vision.motion import ALERT_S, HANG_S, HARD_EVERY, Decision, Gate, check_s
from vision.networks import Part
from vision.people import People
from vision.pose.types import Pose
from vision.posture import PostureModel
from vision.second_eyes import Look, SecondEyes

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FOLD_S: Final = 14.0
STEP_S: Final = 0.1
STILL_EVERY: Final = 5
"""Each how many frames somebody still is looked at: the gate's 0.45 s at ten frames a second."""
PEOPLE: Final = 3
"""How many the engine follows."""
REDETECT_S: Final = 1.0
SAME: Final = 0.08
"""Poses nearer than this, in body lengths, are one person to the engine."""
_KEY: Final = "0" * 40

WARM_UP: Final = 60
"""Looks at the empty room before the day, from which the furniture map is learnt."""
_NO_PICTURE: Final = np.zeros((1, 1, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm and the stay that was most probably meant.

    Attributes
    ----------
    t
        Seconds of the day.
    confirmed
        Confirmed, else only suspected.
    role, stay
        Whose pose it was, and the number of the stay; nothing when no pose was near.
    label, place
        What the node took it for.
    """

    t: float
    confirmed: bool
    role: Role | None
    stay: int | None
    label: str
    place: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What the node said in one day, and how much was looked at."""

    alarms: tuple[Alarm, ...]
    looks: int
    poses: int


def config_of(day: Day) -> NodeConfig:
    """Return the default configuration of a node with the day's zones."""
    camera = Camera(id=CAMERA, source="day", zones=list(day.zones))
    return NodeConfig(site="site", node="node", rooms=[Room(id=ROOM, cameras=[camera])])


def watch(
    day: Day,
    seed: int,
    *,
    fold_s: float = FOLD_S,
    model: PostureModel | None = None,
    without: Collection[Part] = (),
) -> Watched:
    """Return what a node with the default configuration says of a day.

    Parameters
    ----------
    seed
        Of the engine's failures.
    fold_s
        After so long without a change a stretch is cut; `inf` cuts nothing.
    model
        Estimates posture; the node's own when none is given.
    without
        Parts of the node to leave out.
    """
    rng = np.random.default_rng((seed, day.number, 1))
    every, frames, active = perceived(day, rng, fold_s)
    return Node(day, rng, model, frozenset(without)).run(every, frames, active)


def perceived(
    day: Day, rng: np.random.Generator, fold_s: float
) -> tuple[list[Reported], npt.NDArray[np.int64], Mask]:
    """Return what the engine reports of each stay, and the looks (T,) with which are in motion."""
    moving = failing.motion(day.stays)
    courses = failing.courses(day.stays, day.room, moving)
    lapses = [
        failing.lapses(course, stay, rng) for course, stay in zip(courses, day.stays, strict=True)
    ]
    frames, active = looks(moving, lapses, fold_s)
    times = np.asarray(frames * STEP_S, np.float64)
    every = [
        reported(stay, lapse, day.room, times, rng)
        for stay, lapse in zip(day.stays, lapses, strict=True)
    ]
    mistake(every, lapses, times, rng)
    return every, frames, active


def looks(
    moving: list[tuple[float, float]], lapses: list[failing.Lapses], fold_s: float
) -> tuple[npt.NDArray[np.int64], Mask]:
    """Return the frames that are looked at (T,), in tenths of a second, and which are in motion."""
    count = round(DAY_S / STEP_S)
    active = np.zeros(count + 1, np.bool_)
    for start, end in moving:
        active[_frame(start) : _frame(end + HANG_S) + 1] = True
    awake = np.zeros(count + 1, np.bool_)
    changes = [end for _, end in moving] + [0.0]
    for lapse in lapses:
        changes += [t for span in lapse.seen for t in span]
        changes += [t for wrong in lapse.wrong for t in (wrong.start, wrong.end)]
    for t in changes:
        awake[_frame(t - 1.0) : _frame(min(t + fold_s, DAY_S)) + 1] = True
    slow = np.zeros(count + 1, np.bool_)
    slow[::STILL_EVERY] = True
    chosen = np.flatnonzero(active | (awake & slow))
    chosen = chosen[chosen < count]
    return chosen, active[chosen]


def _frame(t: float) -> int:
    return max(0, round(min(t, DAY_S) / STEP_S))


class Node:
    """The node's parts behind the pose engine, and the engine's own memory of whom it follows."""

    def __init__(
        self,
        day: Day,
        rng: np.random.Generator,
        model: PostureModel | None,
        without: frozenset[Part],
    ) -> None:
        config = config_of(day)
        self._day = day
        self._judge = Judge(config, _KEY)
        self._boxes = Boxes(day.room, rng)
        self._eyes = None if Part.SECOND_EYES in without else SecondEyes(self._boxes)
        furniture = None
        if self._eyes is not None and Part.FURNITURE not in without:
            furniture = FurnitureMap()
            for _ in range(WARM_UP):
                furniture.update(self._boxes.detect(_NO_PICTURE))
        self._furniture = furniture
        self._people = People(ROOM, config.rooms[0].cameras[0], model=model, furniture=furniture)
        self._followed: list[int] = []
        self._looked = -np.inf
        self._checks = 0
        self._last: dict[int, PostureSeen] = {}
        self._hips: dict[int, tuple[int, tuple[float, float]]] = {}
        self._alarms: list[Alarm] = []
        self._poses = 0

    def run(self, every: list[Reported], frames: npt.NDArray[np.int64], active: Mask) -> Watched:
        """Look at each frame."""
        ticks = Ticks()
        present: list[list[tuple[int, int]]] = [[] for _ in frames]
        for stay, one in enumerate(every):
            for k, at in enumerate(one.at.tolist()):
                present[at].append((stay, k))
        # Where frames were left out the node's clock goes on by one look only.
        steps = np.minimum(np.diff(frames, prepend=frames[:1]), STILL_EVERY)
        clock = np.cumsum(np.maximum(steps, 1)) * round(STEP_S * 1e9)
        looked, moved, busy, taken = -1e9, 0.0, 0.0, 0
        for at, (frame, now) in enumerate(zip(frames.tolist(), clock.tolist(), strict=True)):
            t = now / 1e9
            if active[at]:
                moved = busy = t
            elif self._people.present:
                busy = t
            elif t - looked < check_s(t - moved, t - busy) - 1e-6:
                self.take(ticks.due(now), frame * STEP_S)
                continue
            else:
                self._checks += 1
            looked = t
            taken += 1
            there = present[at]
            decision = Decision(Gate.RUN_POSE)
            if not active[at]:
                harder = t - moved < ALERT_S or self._checks % HARD_EVERY == 0
                decision = Decision(Gate.CHECK, look_harder=harder)
            look = self._second(every, there, now, decision)
            poses = self._engine(every, [(s, k) for s, k in there if every[s].seen[k]], t)
            if self._furniture is not None and look is not None:
                self._furniture.learns = look.spaced
            seen = self._people.update(
                poses,
                now,
                ASPECT,
                boxes=look.people if look is not None else None,
                things=look.scene if look is not None else (),
            )
            lost = any(isinstance(each, TrackEnded) for each in seen)
            if self._eyes is not None and (lost or self._people.doubtful):
                self._eyes.alert(now)
            self.take([*seen, *ticks.due(now)], frame * STEP_S)
        return Watched(tuple(self._alarms), taken, self._poses)

    def _second(
        self, every: list[Reported], there: list[tuple[int, int]], now: int, decision: Decision
    ) -> Look | None:
        """Return what the second detector found, if it looked."""
        if self._eyes is None:
            return None
        boxes = [(s, every[s].look[k], every[s].box[k].tolist()) for s, k in there]
        self._boxes.show(
            [
                Seen(s, self._day.stays[s].role, int(look), (box[0], box[1], box[2], box[3]))
                for s, look, box in boxes
                if box[2] - box[0] > 0.02 and box[3] - box[1] > 0.02
            ],
            decision.gate is Gate.RUN_POSE,
        )
        return self._eyes.look(_NO_PICTURE, now, decision, self._people.present)

    def _engine(
        self, every: list[Reported], present: list[tuple[int, int]], t: float
    ) -> list[Pose]:
        """Return the poses of this look: those followed first, new ones when it is their turn."""
        here = dict(present)
        lost = any(stay not in here for stay in self._followed)
        self._followed = [stay for stay in self._followed if stay in here]
        room = PEOPLE - len(self._followed)
        if room > 0 and (lost or not self._followed or t - self._looked >= REDETECT_S):
            self._looked = t
            fresh = [stay for stay in here if stay not in self._followed]
            fresh.sort(key=lambda stay: -float(every[stay].presence[here[stay]]))
            self._followed += fresh[:room]
        poses: list[Pose] = []
        kept: list[int] = []
        for stay in self._followed:
            one, k = every[stay], here[stay]
            pose = Pose.from_keypoints(one.keypoints[k], one.world[k], float(one.presence[k]), 0.0)
            if any(_same(pose, other) for other in poses):
                continue
            poses.append(pose)
            kept.append(stay)
            x, y, _ = ((pose.keypoints[23] + pose.keypoints[24]) / 2).tolist()
            self._hips[stay] = (round(t * 10), (x * ASPECT, y))
        self._followed = kept
        self._poses += len(poses)
        return poses

    def take(self, seen: list[AnyObservation], t: float) -> None:
        """Take what was said of a look at second `t` of the day."""
        for observation in seen:
            if isinstance(observation, PostureSeen):
                self._last[observation.track] = observation
            for event in self._judge.observe(observation):
                if isinstance(event, FallConfirmed | FallSuspected):
                    self._alarms.append(self._alarm(t, isinstance(event, FallConfirmed)))

    def _alarm(self, t: float, confirmed: bool) -> Alarm:
        """Return the alarm with the one who was most probably meant: who was lowest lately."""
        newest = max((last.t for last in self._last.values()), default=0)
        lately = [last for last in self._last.values() if newest - last.t < 12e9]
        if not lately:
            return Alarm(t, confirmed, None, None, "", "")
        meant = max(lately, key=lambda last: last.down)
        best = min(
            self._hips,
            key=lambda stay: (
                abs(self._hips[stay][0] - round(meant.t / 1e8)) * 0.01
                + float(np.hypot(self._hips[stay][1][0] - meant.at[0],
                                 self._hips[stay][1][1] - meant.at[1]))
            ),
        )  # fmt: skip
        return Alarm(
            t, confirmed, self._day.stays[best].role, best, str(meant.posture), str(meant.place)
        )


def _same(a: Pose, b: Pose) -> bool:
    apart = ((a.keypoints[:, :2] - b.keypoints[:, :2]) * np.array([ASPECT, 1.0], np.float32)) ** 2
    size = max(a.box[3] - a.box[1], (a.box[2] - a.box[0]) * ASPECT, 1e-3)
    far = np.sqrt(apart[:, 0] + apart[:, 1])
    return float(np.add.reduce(far) / len(far)) < SAME * size
