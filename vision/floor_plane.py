"""A camera's floor as a plane: people's feet, heights and directions in, the fitted plane out.

**The formula.** Hoiem, Efros and Hebert (2008), "Putting Objects in Perspective", IJCV 80:3-15,
section 3: for a camera that looks nearly level, an object's height in the picture is its height
over the camera's times the distance of its foot from the horizon. Cameras in rooms look down, so
the exact form is used here. With rows measured downwards from the horizon in picture heights, a
camera pitched down by θ, focal length f in picture heights, and a height of e camera heights over
the floor, a foot at row r has the point above it at

    r_e = (1 - e) r / (1 - e k r),    k = sin θ cos θ / f = c / (f² + c²),

where c = f tan θ is how far the horizon lies above the picture's middle. For θ = 0 this is Hoiem's
equation. It holds at every column, for a pinhole without roll.

Heights alone hardly tell pitch from focal length. Upright people do: their images meet in the
vertical vanishing point, the nadir, f² / c below the picture's middle (Hartley and Zisserman 2004,
"Multiple View Geometry", section 8.6: vanishing point and line are pole and polar), turned with
the camera's roll. At the sides of a wide picture they lean by 30° and more.

Fitted are the horizon, a person's height in camera heights, f and the roll, with weak priors, by
least squares with a soft loss (Huber-like), which a third of wrong poses does not turn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Floats = NDArray[np.float64]

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
LEAN: Final = math.radians(10.0)
"""Standard deviation of how far who walks leans, and of such poses."""
_PRIOR: Final = np.array([0.15, math.log(0.75), math.log(1.1), 0.0])
_PRIOR_SPREAD: Final = np.array([0.6, 0.35, 0.3, math.radians(4.0)])
"""Horizon row; log of a person's height over the camera's; log focal length (1.1 picture heights
is a lens of 78° across 16:9); roll."""
_LEAST: Final = (-3.0, math.log(0.3), math.log(0.4), math.radians(-15.0))
_MOST: Final = (0.7, 0.6, math.log(4.0), math.radians(15.0))


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


def aslant(votes: Floats, horizon: float, focal: float, roll: float, aspect: float) -> Floats:
    """Return how far people lean away from where upright people point, radians (n,).

    Parameters
    ----------
    votes
        Feet x, y and the unit vector to the head (n, 4), in picture heights.
    horizon, focal, roll
        Of the camera: row in the picture's middle column, picture heights, radians.
    """
    # From the nadir to the feet, times its nearness: a level camera has its nadir at infinity.
    near = (0.5 - horizon) / focal**2
    x = (votes[:, 0] - aspect / 2) * near - math.sin(roll)
    y = (votes[:, 1] - 0.5) * near - math.cos(roll)
    ux, uy = votes[:, 2], votes[:, 3]
    return np.asarray(np.arctan2(x * uy - y * ux, x * ux + y * uy))


def fitted(rows: Floats, heights: Floats, votes: Floats, aspect: float) -> Plane | None:
    """Fit the floor; None when it stays unsure.

    Parameters
    ----------
    rows, heights
        Of people who stand: feet's rows and heights (n,).
    votes
        Of people who walk: feet x, y and the unit vector to the head (m, 4), in picture heights.
    aspect
        Width / height of the picture.
    """
    low, high = np.percentile(rows, (10, 90))
    if len(rows) < FEW or high - low < SPAN:
        return None
    rise, offset = steady_line(rows, heights)
    if rise <= 0.0:
        # The nearer the taller: whoever breaks that does not stand on a floor seen from a wall.
        return None

    def residuals(p: Floats) -> Floats:
        errors = (tall_at(rows, p) - heights) / (SPREAD * heights)
        leans = aslant(votes, float(p[0]), math.exp(float(p[2])), float(p[3]), aspect) / LEAN
        return np.concatenate([errors, leans, (p - _PRIOR) / _PRIOR_SPREAD * math.sqrt(ALIKE)])

    most = (min(_MOST[0], float(rows.min()) - 0.01), *_MOST[1:])
    start = np.array([-offset / rise, math.log(min(rise, 1.5)), _PRIOR[2], 0.0])
    start = np.clip(start, np.add(_LEAST, 1e-6), np.subtract(most, 1e-6))
    best = least_squares(residuals, start, bounds=(_LEAST, most), loss="soft_l1", f_scale=1.5)
    scatter = float(np.median(np.abs(residuals(best.x)[: len(rows)]))) / 0.6745
    jacobian = np.asarray(best.jac, np.float64)
    information = jacobian.T @ jacobian / (ALIKE * max(1.0, scatter**2))
    covariance = np.asarray(np.linalg.pinv(information), np.float64)[:3, :3]
    horizon, tall, focal, _ = best.x.tolist()
    plane = Plane(horizon, math.exp(tall), math.exp(focal), covariance)
    middle = np.array([float(np.median(rows))])
    share = measured(lambda p: float(tall_at(middle, p)[0]), plane, 0.0)
    if share.sd > SURE * share.value or scatter > 3.0:
        return None
    return plane


def measured(function: Callable[[Floats], float], plane: Plane, own: float) -> Measure:
    """Value at the fitted plane, with the fit's uncertainty and `own` beside it."""
    at = plane.parameters
    value = function(at)
    step = 1e-4
    gradient = np.array([(function(at + step * e) - value) / step for e in np.eye(3)])
    return Measure(value, math.sqrt(max(0.0, gradient @ plane.covariance @ gradient) + own**2))
