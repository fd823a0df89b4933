"""Snores, and other breath that is heard: what a sleeper sounds like, and is no call.

A snore is a train of bursts: soft parts of the throat open and close 15 to 160 times a second,
never quite alike, over the noise of air (Pevernagie et al. 2010, "The acoustics of snoring", Sleep
Medicine Reviews 14). The palate flaps slowly and gives pulses with a clear pitch, the base of the
tongue gives rough noise that reaches higher. In: a generator. Out: float32 samples at 16 kHz.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import sosfilt

from models.sounds.synthesis.basics import (
    RATE,
    Floats,
    Rng,
    curve,
    fade,
    noise,
    peak,
    unit,
)
from models.sounds.synthesis.rooms import bell


def snore(rng: Rng) -> Floats:
    """Return a breath drawn in with a snore, and at times the one let out, 0.4 to 3 s."""
    drawn = _throat(rng, rng.uniform(0.4, 1.9))
    if rng.random() < 0.35:
        pause = np.zeros(round(rng.uniform(0.05, 0.4) * RATE), np.float32)
        out = _throat(rng, rng.uniform(0.3, 0.9)) * np.float32(rng.uniform(0.1, 0.8))
        return peak(np.concatenate([drawn, pause, out]))
    return drawn


def _throat(rng: Rng, seconds: float) -> Floats:
    n = round(seconds * RATE)
    low, high = (15.0, 80.0) if rng.random() < 0.6 else (60.0, 160.0)
    pulse = _pulses(rng, n, float(rng.uniform(low, high)))
    # How much air is heard over the flapping, from breath to breath and within one.
    air = noise(rng, n, float(rng.uniform(0.0, 6.0))) * np.maximum(curve(rng, n, 5, 0.2, 1.0), 0.05)
    made = unit(pulse) + np.float32(10 ** rng.uniform(-1.2, 0.6)) * unit(air)
    for _ in range(int(rng.integers(2, 6))):
        hertz = float(np.exp(rng.uniform(np.log(120.0), np.log(3200.0))))
        made = sosfilt(bell(hertz, rng.uniform(4.0, 22.0), rng.uniform(1.5, 8.0)), made)
    if rng.random() < 0.2:
        # Air through a narrow nose whistles.
        course = rng.uniform(500, 2400) * curve(rng, n, 4, 0.9, 1.1)
        tone = np.sin(2 * np.pi * np.cumsum(course) / RATE)
        made = unit(np.asarray(made, np.float32)) + np.float32(rng.uniform(0.1, 0.8)) * tone
    rise, fall = rng.uniform(0.05, 0.5) * seconds, rng.uniform(0.05, 0.4) * seconds
    swell = np.maximum(curve(rng, n, 4, 0.4, 1.0), 0.1)
    return peak(
        fade(np.asarray(unit(np.asarray(made, np.float32)) * swell, np.float32), rise, fall)
    )


def _pulses(rng: Rng, n: int, hertz: float) -> Floats:
    """Return bursts so many times a second: each decays, none is quite like the one before."""
    made = np.zeros(n + RATE, np.float32)
    uneven, at = float(rng.uniform(0.02, 0.25)), 0.0
    size = round(min(0.03, 0.8 / hertz) * RATE)
    t = np.arange(size) / RATE
    ring, decay = rng.uniform(100, 900), rng.uniform(80, 500)
    burst = np.exp(-decay * t) * np.sin(2 * np.pi * ring * t)
    rough = float(rng.uniform(0.0, 1.0))
    glide = 2.0 ** rng.uniform(-0.6, 0.6)
    while at < n / RATE:
        one = burst + rough * np.exp(-decay * t) * rng.standard_normal(size)
        first = round(at * RATE)
        made[first : first + size] += (one * rng.uniform(0.5, 1.0)).astype(np.float32)
        now = hertz * glide ** (at * RATE / n)
        at += max(0.004, (1.0 + uneven * rng.standard_normal()) / now)
    return made[:n]
