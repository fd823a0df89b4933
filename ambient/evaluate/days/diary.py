"""What happens in one room on one day, as it is written down while it is made.

A `Diary` has the room, the resident, who else came, which episode was when, and what is true:
when a fall is under way, and when somebody lies on the unmarked floor on purpose, which shall
alarm as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.days import stances
from ambient.evaluate.days.people import Body, Role, Somebody, Stay
from ambient.evaluate.days.rooms import Layout, Spot, yaw_to
from models.bodies.body import Sex, Shape

DAY_S: Final = 86_400.0
HOUR_S: Final = 3600.0


class Truth(StrEnum):
    """What an alarm may rightly be about."""

    FALL = "fall"
    BY_DESIGN = "by design"
    """Somebody lies on the unmarked floor or mat on purpose."""


@dataclass(frozen=True, slots=True)
class Span:
    """When something is true, seconds of the day."""

    truth: Truth
    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Episode:
    """A piece of the day with a name."""

    name: str
    start: float
    end: float


class Where(StrEnum):
    """Where the resident is."""

    BED = "bed"
    EDGE = "edge"
    REST = "rest"
    CHAIR = "chair"
    OUT = "out"
    UP = "up"


@dataclass
class Diary:
    """One day in the making.

    Attributes
    ----------
    visitors
        Stays of all but the resident.
    permitted
        Whether the mat is a permitted lying place, by a zone.
    """

    room: Layout
    rng: np.random.Generator
    resident: Somebody
    permitted: bool
    where: Where = Where.BED
    others: list[Stay] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    truths: list[Span] = field(default_factory=list)

    @property
    def t(self) -> float:
        """How late it is for the resident."""
        return self.resident.t

    def uniform(self, low: float, high: float) -> float:
        """Return a number between."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """Return whether it happens this time."""
        return bool(self.rng.random() < probability)

    def some(self, mean: float) -> int:
        """Return how often it happens (Poisson)."""
        return int(self.rng.poisson(mean))

    @contextmanager
    def episode(self, name: str, who: Somebody | None = None) -> Iterator[None]:
        """Note that what is done inside is this episode."""
        who = who or self.resident
        start = who.t
        yield
        self.episodes.append(Episode(name, start, who.t))

    def comes(self, role: Role, t: float, *, child: bool = False) -> Somebody:
        """Return somebody who comes in by the door at `t`."""
        somebody = Somebody(
            role, visitor(self.rng, child=child), self.room, t, self.room.door, self.rng
        )
        somebody.yaw = yaw_to(self.room.door, self.room.hub)
        return somebody

    def goes(self, somebody: Somebody) -> None:
        """Let somebody go out and keep what they did."""
        somebody.leave()
        self.others += somebody.stays

    def near(self, spot: Spot, reach: float) -> Spot:
        """Return a place within `reach` of a spot, inside the room."""
        x, y = self.rng.normal(0.0, reach / 2, 2).tolist()
        width, depth = self.room.size
        return (min(max(spot[0] + x, 0.35), width - 0.35),
                min(max(spot[1] + y, 0.35), depth - 0.35))  # fmt: skip

    # Where the resident is and how to get elsewhere.

    def up(self) -> None:
        """Bring the resident to stand (or into the wheelchair) wherever that begins."""
        one, room = self.resident, self.room
        if self.where is Where.OUT:
            one.enter(one.t)
        elif self.where is Where.BED:
            one.sit_up()
            one.linger(self.uniform(8, 120), 30)
            one.rise(room.edge)
        elif self.where is Where.EDGE:
            one.rise(room.edge)
        elif self.where is Where.REST:
            one.rise(room.rest)
        elif self.where is Where.CHAIR:
            one.rise(room.chair)
        self.where = Where.UP

    def to_bed(self, how: stances.Stance = stances.ON_BACK) -> None:
        """Bring the resident to lie in bed."""
        if self.where is Where.BED:
            return
        if self.where is not Where.EDGE:
            self.to_edge()
        self.resident.linger(self.uniform(5, 60), 30)
        self.resident.lie_down(how)
        self.where = Where.BED

    def to_edge(self) -> None:
        """Bring the resident to sit on the bed's edge."""
        if self.where is Where.BED:
            self.resident.sit_up()
        elif self.where is not Where.EDGE:
            self.up()
            self.resident.sit(self.room.edge)
        self.where = Where.EDGE

    def to_rest(self, how: stances.Stance = stances.LOUNGE) -> None:
        """Bring the resident into the armchair or onto the sofa."""
        if self.where is not Where.REST:
            self.up()
            self.resident.sit(self.room.rest, how)
        self.where = Where.REST

    def to_chair(self) -> None:
        """Bring the resident to the table."""
        if self.where is not Where.CHAIR:
            self.up()
            self.resident.sit(self.room.chair, stances.AT_TABLE)
        self.where = Where.CHAIR

    def out(self, t: float) -> None:
        """Let the resident be out of the room until `t`."""
        if self.where is not Where.OUT:
            self.up()
            self.resident.leave()
        self.where = Where.OUT
        self.resident.t = max(self.resident.t, t)


def resident(rng: np.random.Generator) -> Body:
    """Draw an old person: size, weight, pace, stoop and how they go about."""
    sex = Sex.FEMALE if rng.random() < 0.7 else Sex.MALE
    height = float(np.clip(rng.normal(1.58 if sex is Sex.FEMALE else 1.70, 0.06), 1.46, 1.85))
    # What the parametric body can take at these ages and heights.
    build = rng.uniform(20.0, 26.5) if sex is Sex.FEMALE else rng.uniform(23.2, 27.5)
    aid = float(rng.random())
    return Body(
        shape=Shape(
            sex,
            float(np.clip(rng.normal(84, 5), 66, 90)),
            height,
            float(build) * height**2,
        ),
        pace=float(rng.uniform(1.3, 2.4)),
        speed=float(rng.uniform(0.35, 0.8)),
        stoop=float(rng.uniform(0, 34)),
        frame=0.25 <= aid < 0.6,
        wheels=aid < 0.25,
    )


def visitor(rng: np.random.Generator, *, child: bool = False) -> Body:
    """Draw a carer or a guest; a child has the height of five to nine years."""
    sex = Sex.FEMALE if rng.random() < 0.65 else Sex.MALE
    height = float(np.clip(rng.normal(1.66 if sex is Sex.FEMALE else 1.78, 0.06), 1.54, 1.92))
    return Body(
        shape=Shape(sex, float(rng.uniform(25, 60)), height, 23.5 * height**2),
        scale=float(rng.uniform(1.08, 1.35)) / height if child else 1.0,
        pace=0.75 if child else float(rng.uniform(0.9, 1.2)),
        speed=float(rng.uniform(0.9, 1.3)),
    )
