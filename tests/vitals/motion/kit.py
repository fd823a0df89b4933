"""Accelerations that tests push: somebody walks, falls, lies; at any rate, turned anyhow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NS = 1_000_000_000
T0 = 1_700_000_000 * NS

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


def times(seconds: float, rate: float, begin: int = T0) -> Times:
    """Return the instants of samples, the first one step after `begin`."""
    count = round(seconds * rate)
    return begin + np.rint(np.arange(1, count + 1) * (NS / rate)).astype(np.int64)


def noise(count: int, size: float = 0.003, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0.0, size, (count, 3))


def lying(seconds: float, rate: float, seed: int = 0, size: float = 0.003) -> Floats:
    return np.array([0.0, 1.0, 0.0]) + noise(round(seconds * rate), size, seed)


def walking(seconds: float, rate: float, step_hz: float = 1.8, size: float = 0.25) -> Floats:
    at = np.arange(1, round(seconds * rate) + 1) / rate
    up = 1.0 + size * np.sin(2 * np.pi * step_hz * at)
    sway = 0.1 * np.sin(np.pi * step_hz * at)
    return np.column_stack([sway, 0.1 * sway, up]) + noise(len(at), 0.01)


def falling(rate: float, still: bool = True) -> Floats:
    """Return 4 s upright, a fall over 0.5 s with its impact at 4.5 s, and 7 s afterwards."""
    at = np.arange(1, round(11.5 * rate) + 1) / rate
    share = np.clip((at - 4.0) / 0.5, 0.0, 1.0)
    down = (
        np.array([0.0, 0.0, 1.0])[None] * (1 - share)[:, None]
        + np.array([1.0, 0.0, 0.0])[None] * np.sqrt(share)[:, None]
    )
    size = np.where((at > 4.0) & (at < 4.5), 1.0 - 0.8 * share, 1.0)
    hit = (at >= 4.5) & (at < 4.5 + max(0.08, 1.5 / rate))
    size = np.where(hit, 4.0, size)
    out = down * size[:, None] + noise(len(at), 0.01)
    if not still:
        later = at > 5.0
        out[later] += 0.4 * np.sin(2 * np.pi * 1.7 * at[later])[:, None]
    return out


def rotation(seed: int) -> Floats:
    """Return a rotation (3, 3)."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    if np.linalg.det(q) < 0:
        q[:, 0] *= -1
    return np.asarray(q)
