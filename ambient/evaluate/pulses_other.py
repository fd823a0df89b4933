"""Pulse waves of other shapes and with other noise than `ambient.evaluate.pulses` makes.

A seed in, waves with known beats out. No limit of `vitals.beats` was set on these: they tell
whether what is withheld is withheld on waves that nobody looked at before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfiltfilt

from ambient.evaluate.pulses import Floats, Hump, Spoil

SHAPES: Final[Mapping[str, tuple[Hump, ...]]] = {
    "round": ((0.0, 0.14, 1.0),),
    "steep": ((0.0, 0.055, 0.7), (0.06, 0.1, 0.55), (0.3, 0.14, 0.2)),
    "high reflection": ((0.0, 0.08, 1.0), (0.25, 0.09, 0.6)),
    "three waves": ((0.0, 0.07, 1.0), (0.19, 0.07, 0.35), (0.38, 0.1, 0.25)),
}
"""A stiff finger in the cold, a young wrist, an old artery, an ear."""


def wander(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave whose ground wanders, 0.05 to 0.4 Hz, `share` of its standard deviation."""
    return _with(wave, _coloured(len(wave), rate, (0.05, 0.4), rng), share)


def steps(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave with the light of the room switched every 4 to 12 s, `share` of its size."""
    at = np.cumsum(rng.uniform(4.0, 12.0, int(len(wave) / rate / 4) + 1))
    level = rng.choice([-1.0, 1.0], len(at) + 1) * rng.uniform(0.5, 1.5, len(at) + 1)
    which = np.searchsorted(at, np.arange(len(wave)) / rate)
    return np.asarray(wave + share * float(wave.std()) * np.cumsum(level)[which])


def bent(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave whose range ends softly: no two samples at the end are the same.

    `share` of the samples lie where it bends.
    """
    del rate
    knee = float(np.quantile(wave, 1.0 - share))
    above = np.maximum(wave - knee, 0.0)
    soft = 0.05 * float(np.ptp(wave))
    out = np.minimum(wave, knee) + soft * np.tanh(above / soft)
    return np.asarray(out + rng.normal(0.0, 0.004 * float(np.ptp(wave)), len(wave)))


def cut_below(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave whose range begins too high for a share of the samples."""
    del rate, rng
    return np.maximum(wave, np.quantile(wave, share))


def spikes(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave with spikes of 20 to 60 ms, `share` of them a second."""
    out = np.zeros(len(wave))
    count = max(1, int(share * len(wave) / rate))
    out[rng.integers(0, len(wave), count)] = rng.choice([-1, 1], count) * rng.uniform(2, 6, count)
    wide = max(0.5, float(rng.uniform(0.01, 0.03)) * rate)
    spike = gaussian_filter1d(out, wide) * wide * 2.5
    return np.asarray(wave + spike * float(wave.std()))


def swing(
    wave: Floats,
    rate: float,
    rng: np.random.Generator,
    *,
    share: float,
    hertz: tuple[float, float],
) -> Floats:
    """Return a wave with a rhythm of its own in it: an arm that swings, a hand that trembles."""
    pace = float(rng.uniform(*hertz)) * (1 + 0.04 * _coloured(len(wave), rate, (0.05, 0.5), rng))
    phase = 2 * np.pi * np.cumsum(pace) / rate
    return _with(wave, np.sin(phase) + 0.3 * np.sin(2 * phase + 1.0), share)


def gain(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave of a sensor that sets its gain anew every 5 to 15 s, by `share` at most."""
    at = np.cumsum(rng.uniform(5.0, 15.0, int(len(wave) / rate / 5) + 1))
    gains = np.exp(rng.uniform(-share, share, len(at) + 1))
    return np.asarray(wave * gains[np.searchsorted(at, np.arange(len(wave)) / rate)])


def coarse(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave in steps of a `share` of its range."""
    del rate, rng
    step = share * float(np.ptp(wave))
    return np.asarray(np.round(wave / step) * step)


def bursts(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave of which a `share` is shaken, half a second to two at a time."""
    noise = _coloured(len(wave), rate, (0.6, 5.0), rng) * float(wave.std())
    shaken = np.zeros(len(wave))
    while shaken.mean() < share:
        size = int(rng.uniform(0.5, 2.0) * rate)
        begin = int(rng.integers(0, len(wave) - size))
        shaken[begin : begin + size] = 1.0
    return np.asarray(wave + noise * gaussian_filter1d(shaken, 0.05 * rate))


def hum(wave: Floats, rate: float, rng: np.random.Generator, *, share: float) -> Floats:
    """Return a wave with white noise and a steady tone of 5 to 9 Hz, such as lamps leave."""
    tone = np.sin(2 * np.pi * rng.uniform(5.0, 9.0) * np.arange(len(wave)) / rate)
    return _with(wave, tone + rng.normal(0.0, 0.7, len(wave)), share)


def recorded(pieces: Sequence[tuple[Floats, float]], share: float) -> Spoil:
    """Return what adds recorded movement: pieces (wave, hertz) of people who moved.

    Each piece is brought to the wave's rate, its own pulse left in: that too is not the wave's.
    """

    def spoil(wave: Floats, rate: float, rng: np.random.Generator) -> Floats:
        piece, own = pieces[int(rng.integers(len(pieces)))]
        at = np.arange(len(wave)) / rate % ((len(piece) - 1) / own)
        return _with(wave, np.interp(at, np.arange(len(piece)) / own, piece), share)

    return spoil


def _coloured(
    count: int, rate: float, band: tuple[float, float], rng: np.random.Generator
) -> Floats:
    sos = butter(2, band, "bandpass", fs=rate, output="sos")
    noise = np.asarray(sosfiltfilt(sos, rng.normal(size=count)))
    return np.asarray(noise / max(float(noise.std()), 1e-12))


def _with(wave: Floats, noise: Floats, share: float) -> Floats:
    noise = noise - noise.mean()
    return np.asarray(wave + noise * (share * float(wave.std()) / max(float(noise.std()), 1e-12)))


OTHER: Final[Mapping[str, Spoil]] = (
    {f"wandering ground {share:g}": partial(wander, share=share) for share in (1, 3, 6)}
    | {f"steps of light {share:g}": partial(steps, share=share) for share in (0.5, 2, 6)}
    | {f"bent top {share:g}": partial(bent, share=share) for share in (0.1, 0.2, 0.35)}
    | {f"cut below {share:g}": partial(cut_below, share=share) for share in (0.1, 0.3)}
    | {f"spikes {share:g} a second": partial(spikes, share=share) for share in (0.1, 0.5, 2)}
    | {
        f"arm swings {share:g}": partial(swing, share=share, hertz=(0.8, 1.1))
        for share in (0.25, 1, 3)
    }
    | {f"tremor {share:g}": partial(swing, share=share, hertz=(4, 7)) for share in (0.1, 0.25, 0.5)}
    | {f"gain {share:g}": partial(gain, share=share) for share in (0.3, 1)}
    | {f"coarse {share:g}": partial(coarse, share=share) for share in (0.05, 0.15, 0.3)}
    | {f"bursts {share:g}": partial(bursts, share=share) for share in (0.05, 0.15, 0.4)}
    | {f"hum {share:g}": partial(hum, share=share) for share in (0.1, 0.3, 1)}
)
"""Ways in which a wave is made noisy, and how much; shares as their functions say."""
EACH: Final = 5
"""Waves of each shape."""
RATES: Final = (25.0, 50.0, 100.0, 125.0)
"""Hertz."""
MOVED: Final = (0.25, 0.5, 1.0, 2.0)
"""Of movement as recorded."""
BESIDE: Final = "bursts 0.05"
"""Noise that leaves most of a wave as it is: NeuroKit2 is measured beside it."""
