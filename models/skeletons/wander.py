"""Errors that have a memory: slow random paths, runs of yes and no.

Times and a random generator go in, paths come out. A pose network's errors last: what is wrong in
one frame is wrong in the next. All paths have zero mean and unit variance at every instant.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtri

from models.skeletons.joints import Array

Bools = NDArray[np.bool_]

_WARM: Final = 5.0
"""Time constants run before the first instant, so that a path has forgotten its start."""


def step_of(t: Array) -> float:
    """Mean seconds between instants (T,)."""
    return float(t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else 0.1


def wander(rng: np.random.Generator, t: Array, tau_s: float, width: tuple[int, ...] = ()) -> Array:
    """Return an Ornstein-Uhlenbeck path (T, *width) that forgets within `tau_s`."""
    keep = float(np.exp(-step_of(t) / max(tau_s, 1e-3)))
    noise = rng.standard_normal((*width, len(t)))
    noise[..., 1:] *= np.sqrt(1.0 - keep**2)
    out: Array = np.moveaxis(lfilter([1.0], [1.0, -keep], noise), -1, 0)
    return out


def drift(rng: np.random.Generator, t: Array, tau_s: float, width: tuple[int, ...] = ()) -> Array:
    """Return a smooth path (T, *width): an Ornstein-Uhlenbeck path low-passed once more.

    It crosses a level seldom, where the rough one flickers about it.
    """
    keep = float(np.exp(-step_of(t) / max(tau_s, 1e-3)))
    warm = int(np.ceil(_WARM * tau_s / step_of(t)))
    noise = rng.standard_normal((*width, len(t) + warm))
    path = lfilter([1.0], [1.0, -2.0 * keep, keep**2], noise)
    # Variance of a second-order recursion with a double pole (Box and Jenkins 1976, 3.2.19).
    size = np.sqrt((1.0 + keep**2) / (1.0 - keep**2) ** 3)
    out: Array = np.moveaxis(path[..., warm:] / size, -1, 0)
    return out


def episodes(
    rng: np.random.Generator, t: Array, per_s: Array | float, lasting_s: float
) -> NDArray[np.int64]:
    """Return the number of the episode at each instant (T,), from 1; 0 where there is none.

    Episodes begin as a Poisson process with rate `per_s` (one for all or (T,)) and last
    exponentially long.
    """
    out = np.zeros(len(t), np.int64)
    gaps = np.diff(t, append=t[-1] + step_of(t))
    begins = np.flatnonzero(rng.random(len(t)) < np.asarray(per_s) * gaps)
    for number, begin in enumerate(begins, start=1):
        out[(t >= t[begin]) & (t < t[begin] + max(rng.exponential(lasting_s), 1e-3))] = number
    return out


def found(rng: np.random.Generator, t: Array, chance: Array, tau_s: Array, share: float) -> Bools:
    """Draw runs of yes and no (T,) with probability `chance` (T,) that last about `tau_s` (T,).

    A slow and a fast hidden path, mixed by `tau_s`, and a constant that makes a whole recording
    easy or hard, are compared with the probability's quantile: at every instant the share of yes
    over many draws is `chance`.
    """
    slow, fast = drift(rng, t, 2.5), drift(rng, t, 0.3)
    mix = np.clip((tau_s - 0.3) / 2.2, 0.0, 1.0)
    hidden = np.sqrt(mix) * slow + np.sqrt(1.0 - mix) * fast
    level = np.sqrt(share) * rng.standard_normal() + np.sqrt(1.0 - share) * hidden
    out: Bools = level < ndtri(np.clip(chance, 1e-6, 1.0 - 1e-6))
    return out


def banded(
    rng: np.random.Generator, low: float, high: float, band: float, *, heldout: bool
) -> float:
    """Draw evenly from `low` to `high`, from every fifth band if held out, else from the others."""
    count = max(1, round((high - low) / band))
    bands = np.arange(count)
    mine = bands[(bands % 5 == 2) == heldout]
    at = int(rng.choice(mine if len(mine) else bands))
    return float(low + (at + rng.random()) * (high - low) / count)
