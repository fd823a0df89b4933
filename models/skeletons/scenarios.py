"""What happens in a room: movements put together, and the furniture that they need.

A pool of motions and a random generator go in, one scene comes out: a body of one build over 5 to
40 seconds at 30 Hz, labels, furniture, and what the surface means. Cameras come later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from models.skeletons import postures, resting
from models.skeletons.build import Build, build_for, retarget
from models.skeletons.edit import (
    cut,
    heading,
    idle,
    mirror,
    resampled,
    rested,
    shuffled,
    spliced,
    warped,
)
from models.skeletons.furnish import beds, seats
from models.skeletons.furniture import Item, Kind
from models.skeletons.joints import Array, Joint
from models.skeletons.motion import Motion, Segment
from models.skeletons.pool import Pool, Sort, spans

MIN_S: Final = 10.0
MAX_S: Final = 40.0
FRAMES: Final = 0.25
"""The share of stooping people who walk with a frame."""


class Scenario(StrEnum):
    """What a scene is about."""

    FALL = "fall"
    FOUND = "found"
    BED = "bed"
    SEAT = "seat"
    TABLE = "table"
    LOW = "low"
    CHORE = "chore"
    EXERCISE = "exercise"
    LIE_FLOOR = "lie_floor"
    FLOOR_BED = "floor_bed"
    MOCAP = "mocap"
    CARE = "care"
    HUG = "hug"
    PHANTOM = "phantom"
    PET = "pet"
    SCREEN = "screen"


SHARES: Final = {
    Scenario.FALL: 0.32, Scenario.FOUND: 0.09, Scenario.BED: 0.13, Scenario.SEAT: 0.09,
    Scenario.TABLE: 0.05, Scenario.LOW: 0.05, Scenario.CHORE: 0.08, Scenario.EXERCISE: 0.05,
    Scenario.LIE_FLOOR: 0.03, Scenario.FLOOR_BED: 0.02, Scenario.MOCAP: 0.06, Scenario.CARE: 0.015,
    Scenario.HUG: 0.015, Scenario.PHANTOM: 0.03, Scenario.PET: 0.01, Scenario.SCREEN: 0.01,
}  # fmt: skip
"""How often each is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One body and its room.

    Attributes
    ----------
    scenario, motion
        What it is; where the body is, in the room's metres, and what it does.
    items
        Furniture.
    permitted
        Whether lying on this floor is allowed: a marked floor bed.
    person
        Whether it is a person in this room at all, not a coat, a dog or a picture of one.
    beside
        Where somebody else stands close by, metres; None when alone.
    frame
        Whether the person walks behind a walking frame, which hides the legs now and then.
    """

    scenario: Scenario
    motion: Motion
    items: tuple[Item, ...] = ()
    permitted: bool = False
    person: bool = True
    beside: tuple[float, float] | None = None
    frame: bool = False


def draw(rng: np.random.Generator, pool: Pool, *, fits: Callable[[Build], bool]) -> Scene:
    """Draw a scene by `SHARES`; `fits` says whether a build may be used."""
    scenario = list(SHARES)[int(rng.choice(len(SHARES), p=_P))]
    return scene(rng, pool, scenario, fits=fits)


_P: Final = np.array(list(SHARES.values())) / sum(SHARES.values())


def scene(
    rng: np.random.Generator, pool: Pool, scenario: Scenario, *, fits: Callable[[Build], bool]
) -> Scene:
    """Make a scene of one scenario."""
    child = scenario in (Scenario.MOCAP, Scenario.CHORE, Scenario.LOW) and rng.random() < 0.15
    build = build_for(rng, child=child)
    while not fits(build):
        build = build_for(rng, child=child)
    take = _Take(rng, pool, build)
    made = _MAKERS[scenario](take)
    tail = scenario is not Scenario.FALL
    return replace(
        made,
        scenario=scenario,
        motion=_fitted(rng, made.motion, tail=tail),
        frame=build.stoop > 0.1 and rng.random() < FRAMES,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Take:
    """Draws motions for one body."""

    rng: np.random.Generator
    pool: Pool
    build: Build

    def of(self, sort: Sort) -> Motion:
        """Return a motion of a sort, on this body, at its pace, either side."""
        motion = retarget(self.pool.draw(self.rng, sort), self.build)
        if self.rng.random() < 0.5:
            motion = mirror(motion)
        if sort is Sort.WALK and self.build.stoop > 0.15:
            motion = shuffled(motion, float(self.rng.uniform(0.45, 1.0)))
        if sort is Sort.FALL:
            slow = float(self.rng.uniform(0.5, 1.15)) if self.rng.random() < 0.35 else 1.0
            pace = float(self.rng.uniform(0.7, 1.1))
            return warped(motion, {"fall": slow, "walk": pace, "stand_up": pace})
        return resampled(motion, motion.rate, float(self.rng.uniform(0.6, 1.15)))

    def own(self, motion: Motion) -> Motion:
        """Give a motion of our own making to this body."""
        motion = retarget(motion, self.build)
        return mirror(motion) if self.rng.random() < 0.5 else motion

    def upright(self, seconds: float) -> Motion:
        """Return a walk or a stand to begin with."""
        if self.rng.random() < 0.6:
            return self.of(Sort.WALK)
        still = self.own(postures.still(self.rng, postures.STAND, 0.5, "standing"))
        return idle(self.rng, still, seconds)

    def up_to(self, low: float, high: float) -> float:
        """Return seconds between two bounds."""
        return float(self.rng.uniform(low, high))

    def chance(self, p: float) -> bool:
        """Return whether something of probability `p` happens."""
        return bool(self.rng.random() < p)


def _fitted(rng: np.random.Generator, motion: Motion, *, tail: bool) -> Motion:
    """Bring a motion to between `MIN_S` and `MAX_S`: stillness is added, or ends are cut off."""
    if motion.seconds < MIN_S and tail:
        motion = idle(rng, motion, rng.uniform(MIN_S, MIN_S + 8.0) - motion.seconds)
    if motion.seconds > MAX_S:
        start = float(rng.uniform(0.0, motion.seconds - MAX_S))
        falls = spans(motion, "fall")
        if falls:
            # The fall stays in, with a few seconds on both sides if there are any.
            latest = max(0.0, min(falls[0].start_s - 3.0, motion.seconds - MAX_S))
            earliest = min(latest, max(0.0, falls[0].end_s + 6.0 - MAX_S))
            start = float(rng.uniform(earliest, latest))
        motion = cut(motion, start, start + MAX_S)
    return motion


def _fall(take: _Take) -> Scene:
    motion = take.of(Sort.FALL)
    first = motion.segments[0]
    if motion.segments[-1].label == "fallen" and take.chance(0.5):
        last = motion.segments[-1]
        at = last.start_s + take.up_to(0.0, 0.6) * (last.end_s - last.start_s)
        motion = resting.settled(take.rng, motion, at, take.up_to(0.8, 2.5))
    fallen = spans(motion, "fallen")
    if fallen and (motion.segments[-1].label == "fallen" or take.chance(0.4)):
        at = fallen[0].start_s + take.up_to(0.6, 1.0) * (fallen[0].end_s - fallen[0].start_s)
        motion = rested(take.rng, motion, at, take.up_to(1.0, 18.0), "fallen")
    if first.label in ("lying", "sitting"):
        motion = rested(take.rng, motion, 0.3 * first.end_s, take.up_to(0.5, 12.0), first.label)
    if take.chance(0.22):
        # The recording ends within a second of the impact.
        motion = cut(motion, 0.0, spans(motion, "fall")[0].end_s + take.up_to(-0.2, 1.0))
    if first.label in ("walk", "standing") and (take.chance(0.45) or motion.seconds < MIN_S):
        lead = take.upright(take.up_to(1.0, 10.0))
        motion = spliced(lead, motion, take.up_to(0.4, 0.8))
    items = beds(take.rng, motion) or seats(take.rng, motion)
    return Scene(Scenario.FALL, motion, tuple(items))


def _found(take: _Take) -> Scene:
    if take.chance(0.5):
        lies = idle(take.rng, take.own(resting.fallen(take.rng, 0.5)), take.up_to(4.0, 25.0))
        return Scene(Scenario.FOUND, lies)
    motion = take.of(Sort.FALL)
    while not spans(motion, "fallen"):
        motion = take.of(Sort.FALL)
    fallen = spans(motion, "fallen")[-1]
    motion = rested(take.rng, motion, 0.7 * fallen.end_s + 0.3 * fallen.start_s,
                    take.up_to(2.0, 25.0), "fallen")  # fmt: skip
    # A second or more after the end: nothing of the descent is left to be seen.
    return Scene(Scenario.FOUND, cut(motion, fallen.start_s + take.up_to(0.0, 2.0), motion.seconds))


def _bed(take: _Take) -> Scene:
    motion = take.of(Sort.BED)
    lying = spans(motion, "lying")[0]
    at = lying.start_s + take.up_to(0.2, 0.9) * (lying.end_s - lying.start_s)
    motion = rested(take.rng, motion, at, take.up_to(0.5, 20.0), "lying")
    last = spans(motion, "lying")[0].end_s
    chance = take.rng.random()
    if chance < 0.3:
        motion = cut(motion, lying.start_s + take.up_to(-0.5, 1.0), motion.seconds)
    elif chance < 0.6:
        motion = cut(motion, 0.0, last)
    return Scene(Scenario.BED, motion, tuple(beds(take.rng, motion)))


def _seat(take: _Take) -> Scene:
    if take.chance(0.3):
        rests = idle(take.rng, take.own(resting.reclined(take.rng, 0.5)), take.up_to(4.0, 20.0))
        return Scene(Scenario.SEAT, rests, tuple(seats(take.rng, rests)))
    motion = take.of(Sort.SEAT)
    sitting = spans(motion, "sitting")
    middle = 0.5 * (sitting[0].start_s + sitting[0].end_s)
    motion = rested(take.rng, motion, middle, take.up_to(0.5, 15.0), "sitting")
    if take.chance(0.25):
        motion = cut(motion, spans(motion, "sitting")[0].start_s, motion.seconds)
    return Scene(Scenario.SEAT, motion, tuple(seats(take.rng, motion)))


def _table(take: _Take) -> Scene:
    made = _seat(take)
    seat = next((item for item in made.items if item.kind is not Kind.OTHER), None)
    if seat is None:
        return made
    ahead = np.array([np.cos(seat.angle), np.sin(seat.angle)])
    centre = np.array(seat.centre) + take.up_to(0.55, 0.75) * ahead
    bottom = 0.70 if take.chance(0.6) else take.up_to(0.1, 0.45)
    table = Item(Kind.TABLE, (float(centre[0]), float(centre[1])), seat.angle,
                 take.up_to(0.7, 0.9), take.up_to(0.8, 1.8), 0.75, bottom)  # fmt: skip
    return replace(made, items=(*made.items, table))


def _low(take: _Take) -> Scene:
    motion = take.of(Sort.LOW)
    if take.chance(0.5):
        motion = spliced(motion, take.of(Sort.LOW))
    if take.chance(0.3):
        motion = cut(motion, take.up_to(0.3, 0.6) * motion.seconds, motion.seconds)
    return Scene(Scenario.LOW, motion)


def _chore(take: _Take) -> Scene:
    kinds = ("tie_shoes", "pick_up", "scrub", "pray", "under_bed", "floor_sit", "pick_up", "care")
    motion = take.own(postures.chore(take.rng, kinds[int(take.rng.integers(len(kinds)))]))
    if take.chance(0.5):
        motion = spliced(take.upright(take.up_to(1.0, 6.0)), motion)
    if take.chance(0.25):
        # Begins in the middle: starting low means nothing.
        motion = cut(motion, take.up_to(0.2, 0.6) * motion.seconds, motion.seconds)
    return Scene(Scenario.CHORE, motion)


def _exercise(take: _Take) -> Scene:
    kinds = postures.EXERCISES
    motion = take.own(postures.exercise(take.rng, kinds[int(take.rng.integers(len(kinds)))]))
    if take.chance(0.3):
        motion = cut(motion, take.up_to(0.1, 0.5) * motion.seconds, motion.seconds)
    return Scene(Scenario.EXERCISE, motion)


def _lie_floor(take: _Take) -> Scene:
    if take.chance(0.5):
        motion = take.of(Sort.FLOOR)
        lying = spans(motion, "lying")[0]
        motion = rested(take.rng, motion, 0.5 * (lying.start_s + lying.end_s),
                        take.up_to(2.0, 20.0), "lying")  # fmt: skip
    else:
        motion = take.own(postures.chore(take.rng, "lie_floor"))
    return Scene(Scenario.LIE_FLOOR, motion)


def _floor_bed(take: _Take) -> Scene:
    made = _lie_floor(take)
    lying = spans(made.motion, "lying")[0]
    at = made.motion.joints[int(0.5 * (lying.start_s + lying.end_s) * made.motion.rate)]
    trunk = at[Joint.NECK] - at[Joint.PELVIS]
    centre = at[Joint.PELVIS, :2] - 0.1 * trunk[:2]
    bed = Item(Kind.BED, (float(centre[0]), float(centre[1])),
               float(np.arctan2(trunk[1], trunk[0])), 2.1, 1.1, 0.02)  # fmt: skip
    return replace(made, items=(bed,), permitted=True)


def _mocap(take: _Take) -> Scene:
    motion = take.of(Sort.MOCAP if take.chance(0.6) else Sort.WALK)
    while motion.seconds < MIN_S and take.chance(0.9):
        motion = spliced(motion, take.of(Sort.MOCAP if take.chance(0.4) else Sort.WALK))
    return Scene(Scenario.MOCAP, motion)


def _care(take: _Take) -> Scene:
    motion = take.own(postures.chore(take.rng, "care"))
    place = _ahead(motion.joints[-1], take.up_to(0.5, 0.8))
    bed = Item(Kind.BED, place, heading(motion.joints[-1]) + np.pi / 2, 2.05, 0.95,
               take.up_to(0.4, 0.6))  # fmt: skip
    return Scene(Scenario.CARE, motion, (bed,), beside=place)


def _hug(take: _Take) -> Scene:
    motion = take.own(postures.chore(take.rng, "hug"))
    return Scene(Scenario.HUG, motion, beside=_ahead(motion.joints[-1], take.up_to(0.25, 0.45)))


def _ahead(joints: Array, metres: float) -> tuple[float, float]:
    angle = heading(joints)
    at = joints[Joint.PELVIS, :2] + metres * np.array([np.cos(angle), np.sin(angle)])
    return float(at[0]), float(at[1])


def _other(motion: Motion) -> Motion:
    return replace(motion, segments=(Segment(0.0, motion.seconds, "other"),))


def _phantom(take: _Take) -> Scene:
    pose = postures.STATIC[int(take.rng.integers(len(postures.STATIC)))]
    motion = postures.still(take.rng, pose, take.up_to(MIN_S, 30.0), "other")
    return Scene(Scenario.PHANTOM, motion, person=False)


def _pet(take: _Take) -> Scene:
    motion = postures.still(take.rng, postures.ALL_FOURS, take.up_to(MIN_S, 25.0), "other")
    t = motion.times()[:, None]
    turn = take.rng.uniform(0.0, 2 * np.pi, 2)
    way = take.up_to(0.3, 1.5) * np.sin(take.up_to(0.2, 0.8) * t + turn)
    joints = motion.joints * take.up_to(0.3, 0.5)
    joints[..., :2] += way[:, None]
    return Scene(Scenario.PET, replace(motion, joints=joints), person=False)


def _screen(take: _Take) -> Scene:
    motion = _mocap(take).motion
    small = take.up_to(0.15, 0.4)
    joints = motion.joints - motion.joints[:, :1] * np.array([1.0, 1.0, 0.0])
    joints = joints * small + np.array([0.0, 0.0, take.up_to(0.5, 1.1)])
    return Scene(Scenario.SCREEN, _other(replace(motion, joints=joints)), person=False)


_MAKERS: Final[dict[Scenario, Callable[[_Take], Scene]]] = {
    Scenario.FALL: _fall, Scenario.FOUND: _found, Scenario.BED: _bed, Scenario.SEAT: _seat,
    Scenario.TABLE: _table, Scenario.LOW: _low, Scenario.CHORE: _chore,
    Scenario.EXERCISE: _exercise, Scenario.LIE_FLOOR: _lie_floor,
    Scenario.FLOOR_BED: _floor_bed, Scenario.MOCAP: _mocap, Scenario.CARE: _care,
    Scenario.HUG: _hug, Scenario.PHANTOM: _phantom, Scenario.PET: _pet, Scenario.SCREEN: _screen,
}  # fmt: skip
