"""Pulse waves made: a seed in, a wave whose beats are known by construction out, and noise for it.

Intervals swing slowly (0.1 Hz), with the breath, and from beat to beat; each beat adds the same
shape, a forward wave and a reflected one (two Gaussians; Banerjee et al. 2014), so that peaks are
exactly as far apart as the beats. Rhythms with early beats and irregular ones are made as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Floats = NDArray[np.float64]

Hump = tuple[float, float, float]
"""Seconds after the beat, width in seconds and height of one wave."""
SHAPE: Final[tuple[Hump, ...]] = ((0.0, 0.09, 1.0), (0.26, 0.12, 0.35))
"""The forward wave and the reflected one."""


class Kind(StrEnum):
    """Rhythms that are made."""

    STEADY = "steady"
    EARLY_BEATS = "early beats"
    """One beat in twelve comes early, and a pause makes up for it."""
    EVERY_SECOND = "every second beat early"
    IRREGULAR = "irregular"
    """Intervals independent of each other, as in atrial fibrillation (coefficient of variation
    0.24; Tateno and Glass 2001 find 0.2 to 0.3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A wave (N,) at `rate` hertz and the seconds (B,) of its beats' peaks."""

    wave: Floats
    rate: float
    at: Floats


def made(
    seconds: float,
    rate: float,
    rng: np.random.Generator,
    kind: Kind = Kind.STEADY,
    shape: Sequence[Hump] = SHAPE,
) -> Made:
    """Return a clean wave.

    Parameters
    ----------
    seconds, rate
        Length and hertz.
    rng
        Everything is drawn from it.
    kind
        The rhythm.
    shape
        What a beat adds.
    """
    intervals = _intervals(seconds, rng, kind)
    at = 0.4 + np.cumsum(intervals)
    at = at[at < seconds - 0.6]
    t = np.arange(int(seconds * rate)) / rate
    wave = np.zeros(len(t))
    heights = 1.0 + 0.08 * np.sin(2 * np.pi * 0.24 * at) + rng.normal(0.0, 0.02, len(at))
    for one, tall in zip(at.tolist(), heights.tolist(), strict=True):
        of = slice(max(0, int((one - 1.0) * rate)), int((one + 1.5) * rate))
        for when, width, height in shape:
            wave[of] += height * tall * np.exp(-0.5 * np.square((t[of] - one - when) / width))
    wave += 0.15 * np.sin(2 * np.pi * 0.22 * t + rng.uniform(0, 6))
    return Made(wave + rng.normal(0.0, 0.004, len(t)), rate, at)


def _intervals(seconds: float, rng: np.random.Generator, kind: Kind) -> Floats:
    mean = float(rng.uniform(0.62, 1.05))
    count = int(seconds / mean * 1.6) + 4
    if kind is Kind.IRREGULAR:
        shape = 1.0 / 0.24**2
        return np.asarray(rng.gamma(shape, mean / shape, count).clip(0.33, 1.9), np.float64)
    slow, breath, beat = rng.uniform(0.01, 0.04), rng.uniform(0.008, 0.045), 0.004
    at = np.arange(count) * mean
    swing = slow * np.sin(2 * np.pi * 0.095 * at + rng.uniform(0, 6))
    swing += breath * np.sin(2 * np.pi * rng.uniform(0.18, 0.32) * at + rng.uniform(0, 6))
    out = mean * (1.0 + swing) + rng.normal(0.0, beat, count)
    if kind is Kind.EARLY_BEATS:
        early = np.flatnonzero(rng.random(count - 1) < 1 / 12)
        early = early[np.diff(np.r_[-9, early]) > 2]
        out[early] *= 0.65
        out[early + 1] *= 1.35
    if kind is Kind.EVERY_SECOND:
        out[0::2] *= 0.72
        out[1::2] *= 1.28
    return np.asarray(out, np.float64)


def noisy(wave: Floats, rate: float, share: float, rng: np.random.Generator) -> Floats:
    """Return a wave with movement in it: noise of 0.4 to 6 Hz, as bursts.

    Parameters
    ----------
    wave, rate
        The wave (N,), in any unit, and hertz.
    share
        Standard deviation of the noise over that of the wave.
    rng
        Everything is drawn from it.
    """
    sos = butter(2, (0.4, 6.0), "bandpass", fs=rate, output="sos")
    noise = np.asarray(sosfiltfilt(sos, rng.normal(size=len(wave))))
    seconds = np.arange(len(wave)) / rate
    knots = np.arange(0.0, len(wave) / rate + 2.0, 2.0)
    bursts = np.interp(seconds, knots, rng.uniform(0.3, 1.7, len(knots)))
    noise *= bursts
    return np.asarray(wave + noise * (share * float(wave.std()) / float(noise.std())))


def saturated(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave whose range ends so low that a share of all samples stand at its end."""
    del rate, rng
    return np.minimum(wave, np.quantile(wave, 1.0 - share))


def dropped(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave of which a share is lost, 0.5 to 3 s at a time: the last value stands."""
    out = wave.copy()
    lost = 0
    while lost < share * len(wave):
        size = int(rng.uniform(0.5, 3.0) * rate)
        begin = int(rng.integers(1, max(2, len(wave) - size)))
        out[begin : begin + size] = out[begin - 1]
        lost += size
    return out


def _moved(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    return noisy(wave, rate, share, rng)


Spoil = Callable[[Floats, float, np.random.Generator], Floats]
SPOILED: Final[Mapping[str, Spoil]] = (
    {f"movement {share:g}": partial(_moved, share=share) for share in (0.25, 0.5, 1.0, 2.0)}
    | {f"saturation {share:g}": partial(saturated, share=share) for share in (0.1, 0.2, 0.35)}
    | {f"dropout {share:g}": partial(dropped, share=share) for share in (0.1, 0.3, 0.5)}
)
"""Ways in which a wave is made noisy, and how much; shares as their functions say."""
