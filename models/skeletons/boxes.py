"""The second detector's box of a person: when it looks, what it finds.

Truth and the noise model go in; boxes and scores at the instants of a `Sequence` come out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.skeletons.joints import Array
from models.skeletons.noise import Floats, NoiseModel
from models.skeletons.view import Bools, Truth
from models.skeletons.wander import found

EVERY_S: Final = 1.0
OFTEN_S: Final = 0.35
ALERT_S: Final = 3.0
"""How long after fast movement it looks more often."""
FAST_M_S: Final = 1.2
_MARGIN: Final = 0.10
"""Flesh, hair and clothes around the landmarks, metres."""


def looks(rng: np.random.Generator, t: Array, speed: Array) -> Bools:
    """Instants (T,) at which the detector looks: once a second, more often after fast movement.

    Parameters
    ----------
    rng
        Where chance comes from.
    t, speed
        (T,) seconds; (T,) metres a second.
    """
    fast = np.where(speed > FAST_M_S, t, -np.inf)
    alert = t - np.maximum.accumulate(fast) < ALERT_S
    every = np.where(alert, OFTEN_S, EVERY_S) * rng.uniform(0.8, 1.3)
    phase = np.cumsum(np.diff(t, prepend=t[0]) / every) + rng.random()
    out: Bools = np.diff(np.floor(phase), prepend=np.floor(phase[0])) > 0
    return out


def boxes(rng: np.random.Generator, model: NoiseModel, truth: Truth) -> tuple[Floats, Floats]:
    """Boxes (T, 4) and their scores (T,), NaN and 0 where nobody looked or nobody was found."""
    t, camera = truth.t, truth.camera
    sight = (truth.picture.depth > 0.1) & ~truth.hidden
    lines = np.where(sight[..., None], truth.picture.xy, np.nan)
    chance = model.probability_box(truth)
    tau = np.full(len(t), model.box.tau_s)
    hit = looks(rng, t, truth.speed) & found(rng, t, chance, tau, model.box.share)
    hit &= sight.sum(-1) > 5
    box = np.full((len(t), 4), np.nan)
    score = np.zeros(len(t))
    rows = np.flatnonzero(hit)
    if not len(rows):
        return box.astype(np.float32), score.astype(np.float32)
    low, high = np.nanmin(lines[rows], axis=1), np.nanmax(lines[rows], axis=1)
    middle = truth.points[rows].mean(1)
    metre = np.abs(
        camera.project(middle + _MARGIN * camera.axes[0])[0] - camera.project(middle)[0]
    ).max(-1)
    margin = metre[:, None] * np.array([1.0, camera.aspect])
    size = np.maximum(high - low, 1e-3)
    error = model.box.error * rng.standard_normal((2, len(rows), 2)) * size
    box[rows, :2] = low - margin + error[0]
    box[rows, 2:] = high + margin + error[1]
    box = np.clip(box, 0.0, 1.0)
    # What is left of a body at the border may be no box at all.
    flat = ~((box[:, 2:] - box[:, :2]).min(-1) > 0.01)
    box[flat] = np.nan
    mean, spread = model.box.score
    score[rows] = np.clip(mean + spread * rng.standard_normal(len(rows)), 0.3, 0.98)
    score[flat] = 0.0
    return box.astype(np.float32), score.astype(np.float32)


def nobody(count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the detector says of a body that is none: nothing, `count` times."""
    return np.full((count, 4), np.nan, np.float32), np.zeros(count, np.float32)
