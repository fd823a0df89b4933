"""Rooms and loudspeakers: what happens to sound on its way to a microphone.

A room is an impulse response by image sources (Allen & Berkley 1979) with a diffuse tail that
decays as its reverberation time says; a television is a small loudspeaker behind a compressor. In:
a generator. Out: float32 samples at 16 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import fftconvolve, sosfilt

from models.sounds.synthesis.basics import RATE, Floats, Rng, band, noise, peak, unit

_SOUND: Final = 343.0
_ORDER: Final = 3


def response(rng: Rng, far: float | None = None) -> Floats:
    """Return an impulse response of a room of 8 to 60 m²; its direct sound has a gain of 1.

    Parameters
    ----------
    far
        Metres between source and microphone at most; None for anywhere in the room.
    """
    size = np.array([rng.uniform(2.6, 7.5), rng.uniform(3.0, 8.0), rng.uniform(2.4, 3.2)])
    there, here = (rng.uniform(0.3, size - 0.3) for _ in range(2))
    if far is not None:
        aim = there - here
        here = there - aim / np.linalg.norm(aim) * min(far, float(np.linalg.norm(aim)))
    rt60 = float(np.exp(rng.uniform(np.log(0.18), np.log(0.9))))
    surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    # Eyring's formula, turned round for the mean absorption.
    absorbed = 1 - np.exp(-0.161 * size.prod() / (surface * rt60))
    reflected = float(np.sqrt(1 - absorbed))
    index = np.arange(-_ORDER, _ORDER + 1)
    axes = [
        np.where(index % 2 == 0, index * wide + at, (index + 1) * wide - at)
        for wide, at in zip(size, there, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    bounces = np.abs(np.stack(np.meshgrid(index, index, index, indexing="ij"), -1)).sum(-1).ravel()
    metres = np.maximum(np.linalg.norm(grid - here, axis=1), 0.1)
    direct = float(metres[bounces == 0][0])
    n = round(min(rt60, 0.7) * RATE)
    made = np.zeros(n + 1, np.float64)
    delay = ((metres - direct) / _SOUND * RATE).round().astype(np.int64)
    keep = (delay >= 0) & (delay < n)
    signs = np.where(bounces == 0, 1.0, rng.choice((-1.0, 1.0), len(bounces)))
    np.add.at(made, delay[keep], (signs * reflected**bounces * direct / metres)[keep])
    t = np.arange(n + 1) / RATE
    tail = noise(rng, n + 1, 1.5) * 10 ** (-3 * t / rt60)
    # The diffuse field against the direct sound, by the critical distance.
    critical = 0.057 * np.sqrt(size.prod() / rt60)
    energy = (direct / critical) ** 2
    tail *= np.sqrt(energy / max(float(np.square(tail).sum()), 1e-9))
    made += tail * np.clip(t / 0.02, 0, 1)
    return np.asarray(made, np.float32)


def through(sound: Floats, room: Floats) -> Floats:
    """Return the sound in a room, of the same length and a tail of 0.3 s at most."""
    wet = fftconvolve(sound, room)[: len(sound) + round(0.3 * RATE)]
    return np.asarray(wet, np.float32)


def bell(hertz: float, gain_db: float, width: float) -> NDArray[np.float64]:
    """Return the sections of a peaking filter (Bristow-Johnson's cookbook)."""
    a, omega = 10 ** (gain_db / 40), 2 * np.pi * hertz / RATE
    alpha = np.sin(omega) / (2 * width)
    b = np.array([1 + alpha * a, -2 * np.cos(omega), 1 - alpha * a])
    d = np.array([1 + alpha / a, -2 * np.cos(omega), 1 - alpha / a])
    return np.asarray(np.concatenate([b, d])[None] / d[0])


def loudspeaker(rng: Rng, sound: Floats, *, held: bool = False) -> Floats:
    """Return the sound out of a television or a radio: compressed, small, with resonances.

    Parameters
    ----------
    held
        Another family of loudspeakers, that is only measured on: steeper, or better than those
        that are trained with.
    """
    sound = unit(sound)
    power = uniform_filter1d(np.square(sound), round(rng.uniform(0.02, 0.25) * RATE))
    ratio = rng.uniform(1.5, 6.0)
    gain = (power + 0.003) ** (-(1 - 1 / ratio) / 2)
    made = unit(np.asarray(sound * gain, np.float32))
    if held:
        low, high, order = rng.uniform(70, 300), rng.uniform(4500, 9000), int(rng.integers(1, 5))
        count, most = int(rng.integers(0, 6)), 5.0
    else:
        low, high, order = rng.uniform(100, 400), rng.uniform(3500, 9000), int(rng.integers(2, 5))
        count, most = int(rng.integers(2, 5)), 8.0
    made = band(made, low, high, order)
    for _ in range(count):
        hertz = float(np.exp(rng.uniform(np.log(200), np.log(6000))))
        sections = bell(hertz, rng.uniform(-most, most), rng.uniform(1, 6))
        made = np.asarray(sosfilt(sections, made), np.float32)
    drive = rng.uniform(0.2, 1.5)
    return peak(np.tanh(drive * unit(made)))


def microphone(rng: Rng, sound: Floats) -> Floats:
    """Return the sound through a microphone: a slope, a low cut, and at times half the band."""
    made = band(sound, rng.uniform(30, 150), None, 1)
    if rng.random() < 0.5:
        # All recorded speech that is trained with ends at 4 kHz: so may anything else.
        made = band(made, None, rng.uniform(3200, 7800), 4)
    return made
