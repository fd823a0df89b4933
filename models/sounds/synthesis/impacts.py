"""Things that fall, break and are struck, by decaying modes: thuds, doors, dishes, glass.

A struck body rings in its modes, each a decaying sine (Gaver 1993); a soft heavy body has few low
ones and decays at once, a pane that breaks has many high ones that begin one after the other as
its pieces land. In: a generator. Out: float32 samples at 16 kHz, highest value 1.
"""

from __future__ import annotations

import numpy as np

from models.sounds.synthesis.basics import (
    RATE,
    Floats,
    Rng,
    band,
    curve,
    fade,
    modes,
    noise,
    peak,
    place,
)


def thud(rng: Rng) -> Floats:
    """Return a body that falls on a floor: one to four blows of knee, hip, shoulder, 0.4 to 1 s."""
    n = round(rng.uniform(0.4, 1.0) * RATE)
    made = np.zeros(n, np.float32)
    at = 0.0
    for blow in range(rng.integers(1, 5)):
        hertz = rng.uniform(38, 190, rng.integers(4, 9))
        body = modes(rng, n, hertz, rng.uniform(0.03, 0.16, len(hertz)), 1.0)
        length = round(rng.uniform(0.02, 0.08) * RATE)
        slap = band(noise(rng, length), 60.0, rng.uniform(350, 1600))
        slap *= np.exp(-np.arange(length, dtype=np.float32) / (length / 4))
        place(made, peak(body), at, 1.0 if blow == 0 else rng.uniform(0.3, 1.0))
        place(made, peak(slap), at, rng.uniform(0.1, 0.6))
        at += rng.uniform(0.06, 0.25)
    if rng.random() < 0.3:
        place(made, fade(band(noise(rng, n), 200, 2500), 0.05, 0.2), 0.1, rng.uniform(0.01, 0.05))
    return peak(fade(made, 0.001, 0.05))


def glass(rng: Rng) -> Floats:
    """Return glass that breaks, 0.5 to 1.8 s: a crack, then pieces that ring as they land."""
    n = round(rng.uniform(0.5, 1.8) * RATE)
    made = np.zeros(n, np.float32)
    crack = round(rng.uniform(0.02, 0.09) * RATE)
    burst = noise(rng, crack) * np.exp(-np.arange(crack, dtype=np.float32) / (crack / 3))
    place(made, band(burst, rng.uniform(300, 1500)), 0.0, rng.uniform(0.4, 1.0))
    shards = band(noise(rng, n, rng.uniform(-2, 3)), rng.uniform(1200, 3000))
    shards *= np.exp(-np.arange(n, dtype=np.float32) / (rng.uniform(0.04, 0.25) * RATE))
    place(made, shards * (0.4 + 0.6 * curve(rng, n, n // 300, 0, 1)), 0.0, rng.uniform(0.1, 0.6))
    pieces = rng.integers(30, 110)
    late = rng.exponential(rng.uniform(0.08, 0.3), pieces)
    for at in late.tolist():
        hertz = rng.uniform(1800, 7600, rng.integers(2, 6))
        ring = modes(rng, round(0.3 * RATE), hertz, rng.uniform(0.004, 0.04, len(hertz)), 0.3)
        place(made, ring, at, rng.lognormal(-2.0, 0.7) * np.exp(-at / 0.5))
        place(made, fade(noise(rng, 80), 0.001, 0.004), at, rng.uniform(0.0, 0.15))
    return peak(fade(made, 0.001, 0.1))


def dishes(rng: Rng) -> Floats:
    """Return plates, cups and cutlery that touch: single clear hits, 0.5 to 3 s."""
    n = round(rng.uniform(0.5, 3.0) * RATE)
    made = np.zeros(n, np.float32)
    for _ in range(rng.integers(1, 9)):
        hertz = rng.uniform(900, 6500, rng.integers(2, 6))
        ring = modes(rng, round(0.5 * RATE), hertz, rng.uniform(0.02, 0.16, len(hertz)), 0.5)
        place(made, ring, rng.uniform(0, n / RATE), rng.uniform(0.2, 1.0))
    return peak(made)


def door(rng: Rng) -> Floats:
    """Return a door or a drawer that is shut, with the click of its latch."""
    n = round(0.8 * RATE)
    hertz = rng.uniform(75, 600, rng.integers(6, 14))
    made = peak(modes(rng, n, hertz, rng.uniform(0.02, 0.1, len(hertz)), 0.6))
    latch = modes(rng, round(0.08 * RATE), rng.uniform(1200, 5000, 4), np.full(4, 0.008), 0.2)
    for _ in range(rng.integers(1, 3)):
        place(made, peak(latch), rng.uniform(0.0, 0.25), rng.uniform(0.1, 0.7))
    rattle = band(noise(rng, n), 300, 3000) * np.exp(-np.arange(n, dtype=np.float32) / 1600)
    place(made, rattle, 0.0, rng.uniform(0.02, 0.2))
    return peak(fade(made, 0.001, 0.1))


def dropped(rng: Rng) -> Floats:
    """Return a thing that falls and bounces: higher and shorter blows than a body's."""
    n = round(1.2 * RATE)
    made = np.zeros(n, np.float32)
    hertz = rng.uniform(250, 3500, rng.integers(3, 9))
    decay = rng.uniform(0.008, 0.06, len(hertz))
    at, gap, gain = 0.0, rng.uniform(0.1, 0.3), 1.0
    for _ in range(rng.integers(1, 7)):
        place(made, peak(modes(rng, round(0.25 * RATE), hertz, decay, 0.4)), at, gain)
        at, gap, gain = at + gap, gap * rng.uniform(0.5, 0.8), gain * rng.uniform(0.4, 0.8)
    return peak(made)


def steps(rng: Rng) -> Floats:
    """Return footsteps or knocking, 1 to 3 s: many alike, none heavy."""
    n = round(rng.uniform(1.0, 3.0) * RATE)
    made = np.zeros(n, np.float32)
    low, high = ((110, 420), (250, 900))[rng.integers(2)]
    hertz = rng.uniform(low, high, 5)
    decay = rng.uniform(0.008, 0.035, 5)
    period = rng.uniform(0.2, 0.75)
    for at in np.arange(0.05, n / RATE, period).tolist():
        blow = peak(modes(rng, round(0.15 * RATE), hertz * rng.uniform(0.95, 1.05), decay, 0.5))
        place(made, blow, at + rng.uniform(0, 0.03), rng.uniform(0.4, 1.0))
    return peak(made)


EVERYDAY = (dishes, door, dropped, steps)
"""Blows that are no distress."""
