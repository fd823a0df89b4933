"""One trace told as another device would have: samples in, other samples out.

Devices differ in rate, filter, range, noise, gain and clock, and hang turned as they please.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

RATES: Final = (20.0, 100.0)
AS_IS: Final = 0.3
"""Share of tellings that keep the rate."""
RANGES_G: Final = (2.0, 4.0, 8.0, 16.0)
RANGE_SHARES: Final = (0.05, 0.2, 0.35, 0.4)
FILTERED: Final = 0.3
CUTOFF_HZ: Final = (4.0, 9.0)
GAIN: Final = 0.03
OFFSET_G: Final = 0.03
NOISE_G: Final = (0.002, 0.03)
LOST: Final = 0.04
"""Samples that go astray, at most."""
HOLED: Final = 0.1
HOLE_S: Final = (0.5, 2.5)
"""Share of tellings in which a radio is silent for a while, and for how long."""
SOFT: Final = 0.5
SOFTER: Final = (0.4, 1.2)
"""Share of tellings in which all is felt less or more than it was, and how much: times what the
length is off 1 g. Who falls on purpose falls on a mattress, and not as softly as who slides."""
CALM_S: Final = 0.7
STIR_G: Final = (0.05, 0.4)
TURN: Final = 0.35
"""How much somebody stirs after a fall: standard deviations of the push, g, and of the turn from
one knot of the movement to the next, radians."""
SECOND: Final = 1_000_000_000


def tell(times: Times, samples: Floats, rng: np.random.Generator) -> tuple[Times, Floats]:
    """Return a trace as another device would have it.

    Parameters
    ----------
    times, samples
        (N,) nanoseconds, rising, and (N, 3) g.
    rng
        Everything is drawn from it.
    """
    seconds = (times - times[0]) / SECOND
    own = (len(times) - 1) / max(float(seconds[-1]), 1e-3)
    rate = own if rng.random() < AS_IS else float(rng.uniform(*RATES))
    values = samples
    if rate < 0.8 * own and rng.random() < 0.7:
        values = _low_passed(values, own, 0.45 * rate)
    if rate != own:
        at = np.arange(0.0, seconds[-1], 1.0 / rate)
        values = np.column_stack([np.interp(at, seconds, values[:, axis]) for axis in range(3)])
        seconds = at
    if rng.random() < FILTERED:
        values = _low_passed(values, rate, float(rng.uniform(*CUTOFF_HZ)))
    values = values @ rotation(rng).T
    values = values * rng.normal(1.0, GAIN, 3) + rng.normal(0.0, OFFSET_G, 3)
    noise = np.exp(rng.uniform(*np.log(NOISE_G)))
    values = values + rng.normal(0.0, noise, values.shape)
    top = float(rng.choice(RANGES_G, p=RANGE_SHARES))
    values = values.clip(-top, top)
    kept = rng.random(len(values)) >= rng.uniform(0.0, LOST)
    kept[[0, -1]] = True
    jitter = rng.normal(0.0, 0.1 / rate, len(seconds))
    seconds = np.maximum.accumulate(seconds + jitter.clip(-0.4 / rate, 0.4 / rate))
    told = times[0] + (seconds * SECOND).astype(np.int64) + np.arange(len(seconds))
    return told[kept], values[kept]


def stirred(
    times: Times, samples: Floats, since: int, rng: np.random.Generator
) -> tuple[Times, Floats]:
    """Return a fall after which somebody does not lie still: turns slowly, reaches, tries to rise.

    Parameters
    ----------
    times, samples
        (N,) nanoseconds, rising, and (N, 3) g.
    since
        When the impact was, nanoseconds; what comes `CALM_S` later is stirred.
    rng
        Everything is drawn from it.
    """
    seconds = (times - since) / SECOND
    after = seconds > CALM_S
    if not after.any():
        return times, samples
    knots = np.arange(CALM_S, float(seconds[-1]) + 2.0, float(rng.uniform(0.3, 1.2)))
    amount = float(np.exp(rng.uniform(*np.log(STIR_G))))
    bends = rng.normal(0.0, amount, (len(knots), 3))
    bends[0] = 0.0
    moved = np.column_stack([np.interp(seconds, knots, bends[:, axis]) for axis in range(3)])
    spin = rng.normal(size=3)
    angle = np.interp(
        seconds, knots, np.cumsum(rng.normal(0.0, TURN, len(knots)) * (knots > CALM_S))
    )
    turned = _about(samples, spin / np.sqrt(float(spin @ spin)), angle)
    return times, np.where(after[:, None], turned + moved, samples)


def holed(times: Times, samples: Floats, rng: np.random.Generator) -> tuple[Times, Floats]:
    """Return a trace of which, in some tellings, a radio has lost a stretch.

    Parameters
    ----------
    times, samples
        (N,) nanoseconds, rising, and (N, 3) g.
    rng
        Everything is drawn from it.
    """
    if rng.random() >= HOLED:
        return times, samples
    begin = times[0] + int(rng.uniform(0.0, float(times[-1] - times[0])))
    kept = (times < begin) | (times > begin + int(rng.uniform(*HOLE_S) * SECOND))
    kept[[0, -1]] = True
    return times[kept], samples[kept]


def softness(rng: np.random.Generator) -> float:
    """Return how much of what was felt is felt in a telling; 1 for all of it."""
    return float(rng.uniform(*SOFTER)) if rng.random() < SOFT else 1.0


def softened(vectors: Floats, share: float) -> Floats:
    """Return vectors (N, 3) or lengths (N,), g, with a share of what they are off 1 g."""
    length = vectors if vectors.ndim == 1 else np.sqrt(np.square(vectors).sum(axis=1))
    soft = np.maximum(1.0 + share * (length - 1.0), 0.0)
    if vectors.ndim == 1:
        return np.asarray(soft)
    return np.asarray(vectors * (soft / np.maximum(length, 1e-3))[:, None])


def _about(vectors: Floats, axis: Floats, angle: Floats) -> Floats:
    """Return vectors (N, 3) turned about an axis by angles (N,) (Rodrigues)."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (vectors @ axis)[:, None] * axis
    return np.asarray(vectors * cos + np.cross(axis, vectors) * sin + along * (1.0 - cos))


def rotation(rng: np.random.Generator) -> Floats:
    """Return a rotation (3, 3), all equally likely (Shoemake 1992)."""
    w, x, y, z = rng.normal(size=4) / 1.0
    n = w * w + x * x + y * y + z * z
    s = 2.0 / n
    return np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
            [s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)],
            [s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)],
        ]
    )


def _low_passed(values: Floats, rate: float, cutoff: float) -> Floats:
    if cutoff >= 0.45 * rate or len(values) < 16:
        return values
    sos = butter(2, cutoff, fs=rate, output="sos")
    return np.asarray(sosfiltfilt(sos, values, axis=0, padlen=min(12, len(values) - 1)))
