"""What the person of a drawn stretch does in bed, as a course, and what they wear."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.days import stances
from ambient.evaluate.days.stances import Stance, varied
from ambient.evaluate.subgroups_falls import MATTRESS
from ambient.evaluate.subgroups_scenes import AGES, Attribute, Scene
from models.bodies.bedding import Fold
from models.bodies.course import Beat, Course
from models.bodies.motion import Point
from models.bodies.raster import Triple
from models.bodies.room import Box
from models.bodies.scene import Outfit

LIES_S: Final = 26.0
"""Who has lain for less is not yet in bed."""
AFTER_S: Final = 6.0
THROWN_S: Final = 1.5
"""So long does it take to push a duvet away."""
BELOW_M: Final = (0.0, 0.3)
"""How far below the shoulders a duvet begins."""


class Doing(StrEnum):
    """What somebody does after lying for a while."""

    GETS_UP = "gets up"
    TURNS = "turns over"
    SITS_UP = "sits up in bed"


class Act:
    """What the person of a scene does, as a course, and when."""

    def __init__(self, scene: Scene, doing: Doing, rng: np.random.Generator) -> None:
        soft = soft_of(scene)
        years = scene.levels[Attribute.AGE]
        self._stoop, self._rng = AGES[years][1], rng
        self._t, self._pace = 0.0, float(rng.uniform(1.0, 1.9))
        self.beats: list[Beat] = []
        self.edge: float | None = None
        self.stood: float | None = None
        length = soft.high[0] - soft.low[0]
        middle = (soft.low[0] + 0.52 * length + 0.1, (soft.low[1] + soft.high[1]) / 2)
        level = soft.high[2] - MATTRESS
        lying = (stances.ON_BACK, stances.ON_SIDE, stances.CURLED)[int(rng.integers(3))]
        self._add(lying, 0.0, middle, yaw=90.0, level=level, stop=True)
        self._hold(LIES_S)
        self.thrown: float | None = None
        self.rose: float | None = None
        """When the trunk begins to rise, …"""
        self.back: float | None = None
        """… and to lie down again."""
        if doing is Doing.GETS_UP:
            self._gets_up(soft, middle, level)
        elif doing is Doing.TURNS:
            for how in (stances.ON_SIDE, stances.ON_BACK, stances.CURLED):
                self._add(how, 2.0, middle, yaw=90.0, level=level, stop=True)
                self._hold(float(rng.uniform(2.0, 6.0)))
        else:
            up = (middle[0] - 0.12, middle[1])
            self.rose = self._t
            self._add(stances.FLOOR_SIT, 2.0, up, yaw=90.0, level=level, stop=True)
            self._hold(float(rng.uniform(15.0, 25.0)))
            self.back = self._t
            self._add(stances.ON_BACK, 2.0, middle, yaw=90.0, level=level, stop=True)
            self._hold(4.0)
        self.seconds = self._t
        # Drawn from dice of their own: what somebody does is not changed by what they wear.
        look = np.random.default_rng(rng.integers(2**63, size=2))
        self.nightwear = _nightwear(scene, look)
        self._cloth = reflected((float(look.uniform(0.2, 0.95)),) * 3)
        self._below = float(look.uniform(*BELOW_M))
        self._waves = look.uniform(0.0, 1.0, (3, 3)) * (1.0, 1.0, 2 * np.pi)
        self.course = Course(scene.person.body, self.beats, seed=float(rng.uniform(0.0, 9.0)))

    def still(self, since: float, t: float) -> bool:
        """Return whether nothing but breath moves from `since` to `t`."""
        times = [beat.t for beat in self.beats]
        k = int(np.searchsorted(times, t, side="right")) - 1
        if k < 0 or k + 1 >= len(times) or times[k] > since:
            return False
        before, after = self.beats[k], self.beats[k + 1]
        return before.pose is after.pose and before.at == after.at

    def fold(self, t: float) -> Fold:
        """Return how the duvet lies at `t`."""
        pushed = 0.0 if self.thrown is None else (t - self.thrown) / THROWN_S
        return Fold(self._below, float(np.clip(pushed, 0.0, 1.0)), self._cloth, self._waves)

    def _gets_up(self, soft: Box, middle: Point, level: float) -> None:
        edge = (middle[0], soft.low[1] + 0.14)
        front = (edge[0], soft.low[1] - 0.3)
        between = ((edge[0] + middle[0]) / 2, 0.4 * edge[1] + 0.6 * middle[1])
        self.rose, self.thrown = self._t, self._t + 0.6
        self._add(stances.LEGS_IN, 1.8, between, yaw=60.0, level=level)
        self._add(stances.SIT, 1.6, edge, yaw=0.0, stop=True)
        self.edge = self._t
        for _ in range(int(self._rng.integers(2, 5))):
            self._hold(float(self._rng.uniform(4.0, 9.0)))
            self._add(stances.SIT, 1.0, edge, yaw=0.0, stop=True)
        self._add(stances.BEND_UP, 0.9, front, yaw=0.0)
        self.stood = self._t
        self._add(stances.STAND, 0.9, front, yaw=0.0, stop=True)
        away = (front[0] + 0.9, front[1] - 0.5)
        self._add(stances.STAND, 2.2, away, yaw=40.0, stop=True)
        self._hold(AFTER_S)

    def _add(
        self,
        stance: Stance,
        seconds: float,
        at: Point,
        *,
        yaw: float,
        level: float = 0.0,
        stop: bool = False,
    ) -> None:
        self._t += seconds * self._pace
        turned = varied(stance, self._rng, 4.0).pose
        stoop = self._stoop * (0.5 if stance.lies else 1.0)
        flexion, bend, twist = turned.spine
        turned = replace(
            turned,
            spine=(flexion + stoop, bend, twist),
            turn=(yaw + turned.turn[0], *turned.turn[1:]),
        )
        self.beats.append(
            Beat(self._t, turned, at, stance.roll, stance.feet, level, stop, stance.lies)
        )

    def _hold(self, seconds: float) -> None:
        self._t += seconds
        self.beats.append(replace(self.beats[-1], t=self._t, stop=True))


def reflected(colour: Triple) -> Triple:
    """Return the grey that a surface of a colour is under near infrared.

    Most dyes and stains do not absorb at 850 nm: dark cloth and wood are mid-grey there, and no
    cloth is black.
    """
    grey = 0.35 + 0.5 * float(np.dot(colour, (0.299, 0.587, 0.114)))
    return grey, grey, grey


def _nightwear(scene: Scene, rng: np.random.Generator) -> Outfit:
    """Return what somebody sleeps in, as near infrared shows it: skin is light, whatever its tone.

    Melanin absorbs little at 850 nm; grey hair is as light as skin there, other hair is darker.
    """
    worn = scene.person.outfit
    skin = 0.50 + 0.20 * float(np.dot(worn.skin, (0.299, 0.587, 0.114)))
    hair = 0.62 if worn.hair[0] > 0.5 else 0.34
    top, bottom = (float(one) for one in rng.uniform(0.45, 0.85, 2))
    return Outfit(
        skin=(skin,) * 3, hair=(hair,) * 3, top=(top,) * 3, bottom=(bottom,) * 3, shoes=(skin,) * 3,
        long_sleeves=bool(rng.random() < 0.7),
    )  # fmt: skip


def soft_of(scene: Scene) -> Box:
    """Return the mattress of a scene."""
    if scene.soft is None:
        raise ValueError(f"scene {scene.number}: expected a bed, got none")
    return scene.soft
