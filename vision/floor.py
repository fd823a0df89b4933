"""The floor in one camera's picture, from where people's feet were and how tall they looked.

Comes in: poses of people, over minutes to days. Goes out, once there is evidence enough: how tall
a standing person is in the picture at each row, the height of a point above the floor in heights
of a person, the horizon, the camera's pitch, and whether it hangs on a wall or under the ceiling.
Pure and streaming: no pixels, no clock; what is kept is bounded, and its state is a struct.

**The formula.** Hoiem, Efros and Hebert (2008), "Putting Objects in Perspective", IJCV 80:3-15,
section 3: for a camera that looks nearly level, an object's height in the picture is its height
over the camera's times the distance of its foot from the horizon. Cameras in rooms look down, so
the exact form is used here. With rows measured downwards from the horizon in picture heights, a
camera pitched down by θ, focal length f in picture heights, and a height of e camera heights over
the floor, a foot at row r has the point above it at

    r_e = (1 - e) r / (1 - e k r),    k = sin θ cos θ / f = c / (f² + c²),

where c = f tan θ is how far the horizon lies above the picture's middle. For θ = 0 this is Hoiem's
equation. It holds at every column, for a pinhole without roll. Fitted are the horizon, a person's
height in camera heights, and f, with weak priors, by least squares with a soft loss (Huber-like),
which a third of wrong poses does not turn.

**Walls and ceilings.** Upright people point away from the picture's nadir, the point right below
the camera: far below the picture for a camera on a wall, within it for one under the ceiling. Only
those who walk vote, since who moves over the floor is upright whatever the picture shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy.optimize import least_squares

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
VOTES: Final = 64
VOTE_GAP_NS: Final = 300_000_000
FEW: Final = 12
"""Samples, or votes, below which nothing is said."""
SPAN: Final = 0.08
"""Feet must have been over so much of the picture's height (10th to 90th percentile)."""

SPREAD: Final = 0.06
"""Standard deviation of adults' heights and of their poses, as a share."""
ALIKE: Final = 4.0
"""So many samples tell as much as one that is independent: they are of few people."""
SURE: Final = 0.12
"""Largest standard deviation of a person's height, as a share, with which anything is said."""
_PRIOR: Final = np.array([0.15, math.log(0.75), math.log(1.1)])
_PRIOR_SPREAD: Final = np.array([0.6, 0.35, 0.3])
"""Horizon row; log of a person's height over the camera's; log focal length (1.1 picture heights
is a lens of 78° across 16:9)."""

UP_MEDIAN: Final = math.radians(20.0)
UP_MOST: Final = math.radians(45.0)
ASLANT: Final = math.radians(60.0)


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


@dataclass(frozen=True, slots=True)
class Measure:
    """A value and its standard deviation."""

    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class Plane:
    """A fitted floor.

    Attributes
    ----------
    horizon
        Its row, 0 at the picture's upper side, 1 at the lower.
    tall
        A person's height over the camera's height above the floor.
    focal
        Focal length in picture heights.
    covariance
        (3, 3), of horizon, log tall and log focal.
    """

    horizon: float
    tall: float
    focal: float
    covariance: Floats

    @property
    def pitch_deg(self) -> float:
        """How far the camera looks down."""
        return math.degrees(math.atan2(0.5 - self.horizon, self.focal))

    @property
    def parameters(self) -> Floats:
        """Horizon, log tall, log focal (3,)."""
        return np.array([self.horizon, math.log(self.tall), math.log(self.focal)])

    def extent(self, foot_row: float, behind: float, over: float) -> float | None:
        """Return how far a point lies above a foot in the picture, in picture heights.

        By the pinhole and the level floor of the module's formula: a point at the distance D over
        the floor and e above it, in camera heights, is seen atan((1 - e) / D) below the horizon.

        Parameters
        ----------
        foot_row
            Row of the foot, normalised.
        behind, over
            How much further from the camera than the foot the point is over the floor, and how
            high above it, in heights of a person.

        Returns
        -------
        None when no floor is seen at `foot_row`.
        """
        pitch = math.radians(self.pitch_deg)
        below = pitch + math.atan((foot_row - 0.5) / self.focal)
        if not 0.02 < below < math.pi / 2:
            return None
        far = 1.0 / math.tan(below) + behind * self.tall
        seen = math.atan2(1.0 - over * self.tall, far) - pitch
        return foot_row - 0.5 - self.focal * math.tan(seen)


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
        if walking and t_ns - state.voted >= VOTE_GAP_NS and (vote := direction(points, aspect)):
            state.votes = [*state.votes[-VOTES + 1 :], vote]
            state.voted = t_ns
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

        return _measured(height, plane, SPREAD * height(plane.parameters))

    def height_above_floor(self, point: tuple[float, float], foot_row: float) -> Measure | None:
        """Return how high a point is above the floor, in heights of a person.

        Parameters
        ----------
        point
            x, y normalised. The column does not matter, see the module.
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

        return _measured(height, plane, SPREAD * abs(height(plane.parameters)))

    def _fitted(self) -> Plane | None:
        count = sum(len(kept) for kept in self._state.bins)
        if count >= FEW and self._fresh >= max(4, count // 8):
            samples = np.array([sample for kept in self._state.bins for sample in kept])
            self._plane = fitted(samples[:, 0], samples[:, 1])
            self._fresh = 0
        return self._plane


def slope(parameters: Floats) -> float:
    """Return k of the module's formula for horizon, log tall, log focal."""
    below = 0.5 - float(parameters[0])
    return below / (math.exp(2.0 * float(parameters[2])) + below * below)


def tall_at(rows: Floats, parameters: Floats) -> Floats:
    """Return the heights in the picture of people whose feet are at `rows` (n,)."""
    foot = rows - parameters[0]
    tall = math.exp(float(parameters[1]))
    head = (1.0 - tall) * foot / np.maximum(1.0 - tall * slope(parameters) * foot, 0.05)
    return np.asarray(foot - head)


def steady_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return slope and intercept of the line through (x, y), both (n,), x not all the same.

    Notes
    -----
    The median of the slopes of all pairs (Theil 1950, Sen 1968), as ``scipy.stats.theilslopes``
    has it; that module takes a second and 20 MB of each process that loads it.
    """
    run = x[:, None] - x
    rising = run > 0.0
    rise = float(np.median((y[:, None] - y)[rising] / run[rising]))
    return rise, float(np.median(y)) - rise * float(np.median(x))


def fitted(rows: Floats, heights: Floats) -> Plane | None:
    """Fit the floor to feet's rows and people's heights, both (n,); None when it stays unsure."""
    low, high = np.percentile(rows, (10, 90))
    if len(rows) < FEW or high - low < SPAN:
        return None
    rise, offset = steady_line(rows, heights)
    if rise <= 0.0:
        # The nearer the taller: whoever breaks that does not stand on a floor seen from a wall.
        return None
    start = np.array([-offset / rise, math.log(min(rise, 1.5)), _PRIOR[2]])
    start[0] = min(start[0], float(rows.min()) - 0.05)

    def residuals(p: Floats) -> Floats:
        errors = (tall_at(rows, p) - heights) / (SPREAD * heights)
        return np.concatenate([errors, (p - _PRIOR) / _PRIOR_SPREAD * math.sqrt(ALIKE)])

    bounds = ([-3.0, math.log(0.3), math.log(0.4)], [float(rows.min()) - 0.01, 0.6, math.log(4.0)])
    start = np.clip(start, np.add(bounds[0], 1e-6), np.subtract(bounds[1], 1e-6))
    best = least_squares(residuals, start, bounds=bounds, loss="soft_l1", f_scale=1.5)
    scatter = float(np.median(np.abs(residuals(best.x)[: len(rows)]))) / 0.6745
    jacobian = np.asarray(best.jac, np.float64)
    information = jacobian.T @ jacobian / (ALIKE * max(1.0, scatter**2))
    covariance = np.asarray(np.linalg.pinv(information), np.float64)
    horizon, tall, focal = best.x.tolist()
    plane = Plane(horizon, math.exp(tall), math.exp(focal), covariance)
    middle = np.array([float(np.median(rows))])
    share = _measured(lambda p: float(tall_at(middle, p)[0]), plane, 0.0)
    if share.sd > SURE * share.value or scatter > 3.0:
        return None
    return plane


def hanging(votes: Floats, aspect: float) -> Geometry:
    """Return how the camera hangs, from feet and directions to the head (n, 4)."""
    up = np.arccos((-votes[:, 3]).clip(-1.0, 1.0))
    if np.median(up) <= UP_MEDIAN and np.percentile(up, 90) <= UP_MOST:
        return Geometry.WALL
    if (up > ASLANT).mean() < 0.3:
        return Geometry.UNKNOWN
    # The nadir within the picture that best explains where the heads point: away from it.
    x, y = np.meshgrid(np.linspace(0.2, 0.8, 7) * aspect, np.linspace(0.2, 0.8, 7))
    nadirs = np.stack([x.ravel(), y.ravel()], axis=1)
    away = votes[None, :, :2] - nadirs[:, None]
    away /= np.maximum(np.linalg.norm(away, axis=2, keepdims=True), 1e-6)
    off = np.arccos((away * votes[None, :, 2:]).sum(axis=2).clip(-1.0, 1.0))
    best = float(np.median(off, axis=1).min())
    return Geometry.CEILING if best <= UP_MEDIAN else Geometry.UNKNOWN


def _measured(function: Callable[[Floats], float], plane: Plane, own: float) -> Measure:
    """Value at the fitted plane, with the fit's uncertainty and `own` beside it."""
    at = plane.parameters
    value = function(at)
    step = 1e-4
    gradient = np.array([(function(at + step * e) - value) / step for e in np.eye(3)])
    return Measure(value, math.sqrt(max(0.0, gradient @ plane.covariance @ gradient) + own**2))
