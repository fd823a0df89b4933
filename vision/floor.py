"""The floor in one camera's picture, from where people's feet were and how tall they looked.

Comes in: poses of people, over minutes to days. Goes out, once there is evidence enough: how tall
a standing person is in the picture at each row, the height of a point above the floor in heights
of a person, the horizon, the camera's pitch, and whether it hangs on a wall or under the ceiling.
Pure and streaming: no pixels, no clock; what is kept is bounded, and its state is a struct.

**Walls and ceilings.** Upright people point away from the picture's nadir, the point right below
the camera: below the picture for a camera on a wall, within it for one under the ceiling. Only
those who walk vote, since who moves over the floor is upright whatever the picture shows.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from vision.floor_plane import FEW, SPREAD, Measure, Plane, aslant, fitted, measured, slope, tall_at
from vision.upright import direction, standing

Floats = NDArray[np.float64]

BINS: Final = 16
RING: Final = 16
"""Samples kept for each sixteenth of the picture's height, the newest."""
FIRST: Final = 4
FIRST_GAP_NS: Final = 300_000_000
GAP_NS: Final = 10_000_000_000
"""The first few samples of a bin may follow each other closely, later ones not: who stands in one
place for an hour counts no more than who passes."""
VOTES: Final = 128
VOTE_GAP_NS: Final = 2_000_000_000
"""After the first few, which may come as closely as samples do: they shall be of many walks."""

UP_MEDIAN: Final = math.radians(20.0)
UP_MOST: Final = math.radians(45.0)
ASLANT: Final = math.radians(60.0)
NADIRS: Final = (0.7, 1.0, 1.4, 2.0, 3.0)
"""Of cameras on a wall, below the picture's middle, in picture heights, steepest first."""
ROLLS: Final = (0.0, math.radians(-8.0), math.radians(8.0))
APART: Final = math.radians(4.0)
"""So much better must a nadir below the picture explain where heads point than one within it. (At
a day's end in 25 simulated rooms 17° and more.)"""


class Geometry(StrEnum):
    """How the camera hangs, as far as people showed it."""

    WALL = "wall"
    CEILING = "ceiling"
    UNKNOWN = "unknown"


class FloorState(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is kept of the people seen.

    Attributes
    ----------
    bins
        For each sixteenth of the picture, of those whose feet were there: row of the feet and
        height, in picture heights.
    last
        When each bin took its last sample, nanoseconds.
    votes
        Of those who walked: feet x, y and the unit vector to the head, in picture heights.
    voted
        When the last vote was taken, nanoseconds.
    """

    bins: Annotated[list[list[tuple[float, float]]], Meta(min_length=BINS, max_length=BINS)]
    last: Annotated[list[int], Meta(min_length=BINS, max_length=BINS)]
    votes: Annotated[list[tuple[float, float, float, float]], Meta(max_length=VOTES)] = []
    voted: int = -GAP_NS
    aspect: float = 1.0

    @classmethod
    def empty(cls) -> FloorState:
        """Return the state before anybody was seen."""
        return cls(bins=[[] for _ in range(BINS)], last=[-GAP_NS] * BINS)


class FloorPlane:
    """Learns the floor of one camera.

    Parameters
    ----------
    state
        From `state` of an earlier one of the same camera in the same place; taken over.
    """

    def __init__(self, state: FloorState | None = None) -> None:
        self._state = state or FloorState.empty()
        self._fresh = BINS * RING
        self._plane: Plane | None = None

    @property
    def state(self) -> FloorState:
        """What is kept; changed by the next `update`."""
        return self._state

    def reset(self) -> None:
        """Forget everything: the camera was moved."""
        self._state = FloorState.empty()
        self._fresh = BINS * RING
        self._plane = None

    def update(
        self, keypoints: NDArray[np.floating], aspect: float, t_ns: int, *, walking: bool = False
    ) -> bool:
        """Take in a pose; return whether it tells anything.

        Parameters
        ----------
        keypoints
            (33, 3): x, y normalised, visibility 0..1.
        aspect
            Width / height of the picture.
        t_ns
            Its instant.
        walking
            Whether this person has just moved over the floor by more than a step.
        """
        points = np.asarray(keypoints, np.float64)
        state = self._state
        state.aspect = aspect
        told = False
        gap = FIRST_GAP_NS if len(state.votes) < FEW else VOTE_GAP_NS
        if walking and t_ns - state.voted >= gap and (vote := direction(points, aspect)):
            state.votes = [*state.votes[-VOTES + 1 :], vote]
            state.voted = t_ns
            self._fresh += 1
            told = True
        sample = standing(points, aspect)
        if sample is None:
            return told
        row = min(BINS - 1, max(0, int(sample[0] * BINS)))
        kept = state.bins[row]
        if t_ns - state.last[row] < (FIRST_GAP_NS if len(kept) < FIRST else GAP_NS):
            return told
        state.bins[row] = [*kept[-RING + 1 :], sample]
        state.last[row] = t_ns
        self._fresh += 1
        return True

    @property
    def geometry(self) -> Geometry:
        """How the camera hangs."""
        votes = np.asarray(self._state.votes, np.float64).reshape(-1, 4)
        if len(votes) >= FEW:
            return hanging(votes, self._state.aspect)
        return Geometry.UNKNOWN if self._fitted() is None else Geometry.WALL

    @property
    def plane(self) -> Plane | None:
        """The floor; None until there is evidence enough, and under a ceiling camera."""
        votes = np.asarray(self._state.votes, np.float64).reshape(-1, 4)
        if len(votes) >= FEW and hanging(votes, self._state.aspect) is not Geometry.WALL:
            return None
        return self._fitted()

    @property
    def horizon(self) -> float | None:
        """Row of the horizon, normalised; above the picture when negative."""
        plane = self.plane
        return None if plane is None else plane.horizon

    def expected_height(self, row: float) -> Measure | None:
        """Return how tall a person whose feet are at `row` stands in the picture.

        In picture heights; None when the floor is not known or `row` is not on it.
        """
        plane = self.plane
        if plane is None or row - plane.horizon < 0.02:
            return None

        def height(p: Floats) -> float:
            return float(tall_at(np.array([row]), p)[0])

        return measured(height, plane, SPREAD * height(plane.parameters))

    def height_above_floor(self, point: tuple[float, float], foot_row: float) -> Measure | None:
        """Return how high a point is above the floor, in heights of a person.

        Parameters
        ----------
        point
            x, y normalised. The column does not matter, see `vision.floor_plane`.
        foot_row
            Row of the place on the floor right below the point.
        """
        plane = self.plane
        if plane is None or foot_row - plane.horizon < 0.02:
            return None

        def height(p: Floats) -> float:
            foot, at = foot_row - p[0], point[1] - p[0]
            over = (foot - at) / (foot * (1.0 - slope(p) * at))
            return float(over / math.exp(p[1]))

        return measured(height, plane, SPREAD * abs(height(plane.parameters)))

    def _fitted(self) -> Plane | None:
        count = sum(len(kept) for kept in self._state.bins)
        if count >= FEW and self._fresh >= max(4, count // 8):
            samples = np.array([sample for kept in self._state.bins for sample in kept])
            votes = np.asarray(self._state.votes, np.float64).reshape(-1, 4)
            self._plane = fitted(samples[:, 0], samples[:, 1], votes, self._state.aspect)
            self._fresh = 0
        return self._plane


def hanging(votes: Floats, aspect: float) -> Geometry:
    """Return how the camera hangs, from feet and directions to the head (n, 4)."""
    up = np.arccos((-votes[:, 3]).clip(-1.0, 1.0))
    if np.median(up) <= UP_MEDIAN and np.percentile(up, 90) <= UP_MOST:
        return Geometry.WALL
    within, below = _away_within(votes, aspect), _away_below(votes, aspect)
    if (up > ASLANT).mean() >= 0.3:
        return Geometry.CEILING if within <= UP_MEDIAN else Geometry.UNKNOWN
    # Before a wide camera people lean at the sides. Under a ceiling all who walk at one side of
    # the nadir do so as well, but point away from a place within the picture.
    before_a_wall = below <= min(UP_MEDIAN, within - APART)
    return Geometry.WALL if before_a_wall else Geometry.UNKNOWN


def _away_within(votes: Floats, aspect: float) -> float:
    """Return the median angle, radians, from the nadir in the picture that explains heads best."""
    x, y = np.meshgrid(np.linspace(0.2, 0.8, 7) * aspect, np.linspace(0.2, 0.8, 7))
    nadirs = np.stack([x.ravel(), y.ravel()], axis=1)
    away = votes[None, :, :2] - nadirs[:, None]
    away /= np.maximum(np.linalg.norm(away, axis=2, keepdims=True), 1e-6)
    off = np.arccos((away * votes[None, :, 2:]).sum(axis=2).clip(-1.0, 1.0))
    return float(np.median(off, axis=1).min())


def _away_below(votes: Floats, aspect: float) -> float:
    """Return the same from the best nadir below the picture."""
    # The horizon that belongs to a nadir for a focal length of one picture height.
    leans = [
        aslant(votes, 0.5 - 1.0 / nadir, 1.0, roll, aspect) for nadir in NADIRS for roll in ROLLS
    ]
    return float(np.median(np.abs(leans), axis=1).min())
