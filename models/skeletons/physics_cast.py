"""Who falls and how: the person, the loss of balance, and what the body does against it.

Drawn once for a motion; `physics_stage` plays it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.skeletons.physics_body import (
    GROUPS,
    HINGES,
    RANGES,
    SIDES,
    Body,
    Family,
    draw,
    draw_body,
)
from models.skeletons.physics_control import Array, Pair


class NotDownError(Exception):
    """The body did not come to rest on the floor, or the simulation broke."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts and how: everything that is drawn once for a motion.

    Attributes
    ----------
    body, rng
        The build, and the source of all further chance.
    reaction, tone, tempo, friction, push
        See `physics_body.Ranges`.
    """

    body: Body
    rng: np.random.Generator
    reaction: float
    tone: float
    tempo: float
    friction: float
    push: float

    def chance(self, probability: float) -> bool:
        """Draw whether something happens."""
        return bool(self.rng.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """Draw a number."""
        return float(self.rng.uniform(low, high))

    def side(self) -> int:
        """Draw +1 (left) or -1 (right)."""
        return int(self.rng.choice([-1, 1]))


def draw_cast(rng: np.random.Generator, family: Family) -> Cast:
    """Draw a person and a controller of the family."""
    ranges = RANGES[family]
    logs = tuple((float(np.log(a)), float(np.log(b))) for a, b in ranges.tone)
    return Cast(
        body=draw_body(rng, family), rng=rng, reaction=draw(rng, ranges.reaction),
        tone=float(np.exp(draw(rng, logs))), tempo=draw(rng, ranges.tempo),
        friction=draw(rng, ranges.friction), push=draw(rng, ranges.push),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fall:
    """How balance is lost and what the body does about it.

    Attributes
    ----------
    direction
        Degrees to the left of x.
    push
        Speed in m/s that the disturbance gives.
    legs, trunk, arms
        Share of the servos' stiffness that is left.
    brace
        Whether the arms are put out.
    step
        Side of the leg that is put out, 0 for none.
    foot, drag
        Side of the foot that slips or is caught (0 for none) and newtons along x on it.
    spin
        N m about the vertical while pushed.
    sag
        Degrees that hips and knees bend where legs have tone: (hip, knee).
    slick
        Whether the feet find no hold for the first 0.7 seconds.
    rest
        Share of the trunk's stiffness once down: a person who can still hold the trunk sits.
    push_at
        Share of the push that acts at the chest, the rest at the pelvis.
    down_s
        How long the body stays down.
    stir
        Small movements per ten seconds when down.
    """

    direction: float
    push: float
    legs: float
    trunk: float = 0.3
    arms: float = 0.2
    brace: bool = False
    step: int = 0
    foot: int = 0
    drag: float = 0.0
    spin: float = 0.0
    sag: Pair = (0.0, 0.0)
    slick: bool = False
    rest: float = 0.05
    push_at: float = 0.6
    down_s: float = 4.0
    stir: float = 2.0


def brace(rng: np.random.Generator, fall: Fall, heading: float) -> Array:
    """Draw angles of arms and neck (26,) that receive the floor; NaN where nothing is wanted."""
    out = np.full(len(HINGES), np.nan)
    angle = np.radians(fall.direction - heading)
    ahead, left = np.cos(angle), np.sin(angle)
    front, back = max(ahead, 0.0), max(-ahead, 0.0)
    for _, sign in SIDES:
        near = max(sign * left, 0.0)
        raised = 90 * front - 40 * back + 15 * near + rng.normal(0, 12)
        up = 12 + 65 * near + 15 * back + rng.normal(0, 8)
        elbow = rng.uniform(15, 60)
        out[list(GROUPS.arm[sign])] = np.radians(
            [-raised, sign * max(up, 0), -sign * rng.uniform(-20, 30), -elbow]
        )
    out[GROUPS.neck[0]] = np.radians(30 * back - 15 * front)
    return out


def lunge(fall: Fall, heading: float) -> Array:
    """Return angles of the leg (26,) that tries a step; NaN where nothing is wanted."""
    out = np.full(len(HINGES), np.nan)
    if fall.step:
        angle = np.radians(fall.direction - heading)
        ahead, left = np.cos(angle), np.sin(angle)
        away = max(left * fall.step, 0.0) * fall.step
        flex = 25 + 30 * ahead
        out[list(GROUPS.leg[fall.step])] = np.radians([-flex, 30 * away, 0, 45, 0, 0])
    return out
