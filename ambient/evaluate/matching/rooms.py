"""Rooms with two people and a wearable, for fitting and for measuring.

A seed goes in; two people's minutes, what a camera says of both and what devices on them say come
out, with the truth. Rooms of the family "heldout" share no motion, camera height, frame rate or
quality of the pose network with those of the family "train".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.evaluate.matching.lives import DAY, SITTING, TOGETHER, live, plan
from ambient.evaluate.matching.senses import (
    camera_for,
    looked_at,
    lying_about,
    measured,
    posture_seen,
    worn,
)
from ambient.observations import AnyObservation, MotionMeasured, Wear
from models.skeletons.generate import Family, instants
from models.skeletons.motion import load
from models.skeletons.noise import NoiseModel
from models.skeletons.pool import Pool
from vitals.motion.seconds import Moved

SECONDS: Final = 600.0
OFFSET_S: Final = 5.0
DRIFT_PPM: Final = 200.0
"""Clocks of wearables are off by up to `OFFSET_S` and go wrong by up to this (0.12 s in all)."""
BESIDE_M: Final = 0.7
MOST_FPS: Final = 12.5
"""A node looks ten times a second unless it is told otherwise; faster cameras are thinned out."""


class Alike(StrEnum):
    """What two people do, compared."""

    APART = "each the own"
    SAME_TIMES = "the same at the same times"
    TOGETHER = "walk and stand together"
    SITTING = "both sit"


SHARES: Final = {
    Alike.APART: 0.7, Alike.SAME_TIMES: 0.1, Alike.TOGETHER: 0.1, Alike.SITTING: 0.1,
}  # fmt: skip
PLACES: Final = {
    Wear.WRIST: 0.4, Wear.WAIST: 0.3, Wear.CHEST: 0.1, Wear.THIGH: 0.1, Wear.ANKLE: 0.1,
}  # fmt: skip


class Story(StrEnum):
    """What happens to the tracks."""

    STAY = "both stay"
    BREAK = "tracks break"
    AWAY = "the wearer leaves and comes back"


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One of a room: what the camera says, the track at each of its looks, and the wearable."""

    seen: list[AnyObservation]
    t: NDArray[np.float64]
    tracks: NDArray[np.int64]
    moved: list[Moved]
    wear: Wear

    def track_at(self, t: float) -> int | None:
        """Return the track in which the person is seen at `t` or up to a second before."""
        at = int(np.searchsorted(self.t, t, side="right")) - 1
        if at < 0 or t - self.t[at] > 1.0 or self.tracks[at] < 0:
            return None
        return int(self.tracks[at])


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Two people before one camera."""

    people: tuple[Person, Person]
    seed: tuple[int, ...]
    alike: Alike
    story: Story
    offset_s: float
    drift_ppm: float

    def device(self, which: int, name: str) -> list[MotionMeasured]:
        """Return what the wearable of person 0 or 1 says, its clock being off."""
        one = self.people[which]
        return measured(one.moved, name, one.wear, shift_s=self.offset_s, drift_ppm=self.drift_ppm)

    def on_table(self, name: str) -> list[MotionMeasured]:
        """Return what a wearable says that nobody wears."""
        idle = lying_about(np.random.default_rng([*self.seed, 1]), SECONDS)
        return measured(idle, name, Wear.WRIST, shift_s=self.offset_s)


class Rooms:
    """Makes rooms of one family.

    Raises
    ------
    UsageError
        Motions are missing in `data`.
    """

    def __init__(self, data: Path, family: Family) -> None:
        self._heldout = family is Family.HELDOUT
        try:
            motions = load(data)
        except FileNotFoundError as error:
            raise UsageError(str(error)) from None
        self._pool = Pool.of(motions, heldout=self._heldout)
        self._noise = NoiseModel.load()

    def one(
        self, seed: int, number: int, alike: Alike | None = None, story: Story = Story.STAY
    ) -> Room:
        """Make room `number` of a seed; no other need be made before.

        Parameters
        ----------
        alike
            What the two do, compared; drawn by `SHARES` when None.
        story
            What happens to tracks; `Story.STAY` leaves only what the camera itself loses.
        """
        own = (seed, number, int(self._heldout))
        rng = np.random.default_rng(own)
        if alike is None:
            alike = list(SHARES)[int(rng.choice(len(SHARES), p=list(SHARES.values())))]
        shared = {Alike.TOGETHER: TOGETHER, Alike.SITTING: SITTING}.get(alike, DAY)
        plans = [plan(rng, SECONDS, shared) for _ in range(2)]
        if alike in (Alike.SAME_TIMES, Alike.TOGETHER):
            plans[1] = plans[0]
        motions = [live(rng, self._pool, turns, SECONDS) for turns in plans]
        for side, motion in enumerate(motions):
            motion.joints[..., 0] += BESIDE_M * (2 * side - 1)
        camera = camera_for(rng, motions, heldout=self._heldout)
        noise = self._noise.varied(rng, heldout=self._heldout)
        t = instants(rng, SECONDS, heldout=self._heldout)
        t = t[:: math.ceil(len(t) / SECONDS / MOST_FPS)]
        people = []
        for side, motion in enumerate(motions):
            looks = looked_at(rng, motion, camera, noise, t)
            away, breaks = _happens(rng, story, side)
            seen, tracks = posture_seen(looks, side + 1, away, breaks)
            wear = _place(rng)
            moved = worn(rng, motion, wear, left=bool(rng.random() < 0.5))
            people.append(Person(seen, looks.t, tracks, moved, wear))
        return Room(
            people=(people[0], people[1]),
            seed=own,
            alike=alike,
            story=story,
            offset_s=float(rng.uniform(-OFFSET_S, OFFSET_S)),
            drift_ppm=float(rng.uniform(-DRIFT_PPM, DRIFT_PPM)),
        )


def _place(rng: np.random.Generator) -> Wear:
    return list(PLACES)[int(rng.choice(len(PLACES), p=list(PLACES.values())))]


def _happens(
    rng: np.random.Generator, story: Story, side: int
) -> tuple[tuple[tuple[float, float], ...], tuple[float, ...]]:
    """Return when a person is away, and when the track is taken for somebody new."""
    if story is Story.AWAY and side == 0:
        begin = float(rng.uniform(120.0, 240.0))
        return ((begin, begin + float(rng.uniform(60.0, 120.0))),), ()
    if story is Story.BREAK:
        return (), tuple(rng.uniform(60.0, 540.0, int(rng.integers(1, 3))).tolist())
    return (), ()
