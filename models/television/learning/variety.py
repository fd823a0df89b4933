"""Speech, rooms and loudspeakers of more kinds than are measured with: dry speech in, heard out.

A model that learns from one kind of room, recording and loudspeaker knows that kind by heart. So
speech is louder and softer in itself, tilted, with silence at both ends and the noise of its own
recording, for a person and a loudspeaker alike; a room is one by image sources, a direct sound with
noise that dies away, or none; and loudspeakers are of a second, wider family, whose programme may
bring a room and a hiss of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import sosfilt

from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import RATE, Floats, Rng, band, curve, noise, peak, unit
from models.sounds.synthesis.rooms import bell, response, through

Wide = NDArray[np.float64]
VARIED: Final = 0.7
"""Share of the stretches whose speech is changed at all."""
EACH: Final = 0.4
"""Share of these in which each of three things is changed."""
LONGEST_S: Final = 8.0
NO_ROOM: Final = 0.12
DYING: Final = 0.23
"""Shares of the tellings without a room, and in one that is a direct sound and noise alone."""


def varied(rng: Rng, dry: Floats) -> Floats:
    """Return dry speech as another speaker, recording and cut would have it, 8 s at most."""
    if rng.random() >= VARIED:
        return dry
    if rng.random() < EACH:
        n = len(dry)
        louder = curve(rng, n, max(3, int(1.5 * n / RATE)), -8.0, 8.0)
        slope = rng.uniform(-3.0, 3.0)
        dry = _shaped(
            np.asarray(dry * 10 ** (louder / 20), np.float32),
            lambda hertz: slope * np.log2(np.maximum(hertz, 200.0) / 1000.0),
        )
    if rng.random() < EACH:
        before, after = (
            np.zeros(round(rng.uniform(0.1, 1.2) * RATE), np.float32) for _ in range(2)
        )
        dry = np.concatenate([before, dry, after])
    if rng.random() < EACH:
        dry = _over(rng, dry, (30.0, 60.0))
    return np.asarray(dry[: round(LONGEST_S * RATE)], np.float32)


def in_some_room(rng: Rng, sound: Floats) -> Floats:
    """Return the sound, of the same length, in a room of one of three kinds."""
    draw = rng.random()
    if draw < NO_ROOM:
        return sound
    if draw < NO_ROOM + DYING:
        seconds = float(np.exp(rng.uniform(np.log(0.15), np.log(1.0))))
        room = _room(rng, seconds, rng.uniform(-6.0, 12.0))
    else:
        room = response(rng)
    return through(sound, room)[: len(sound)]


def programme(rng: Rng, dry: Floats) -> Floats:
    """Return speech as it is broadcast: in a studio or a hall, with hiss, over music."""
    made = peak(dry)
    if rng.random() < 0.5:
        made = through(made, _room(rng, rng.uniform(0.08, 0.5), rng.uniform(0, 15)))[: len(dry)]
    if rng.random() < 0.6:
        made = _over(rng, made, (25.0, 60.0))
    draw = rng.random()
    if draw < 0.5:
        maker = machines.music if draw < 0.3 else machines.crowd
        under = maker(rng, len(dry) / RATE)
        under = np.pad(under, (0, max(0, len(dry) - len(under))))[: len(dry)]
        made = unit(made) + under * np.float32(10 ** (-rng.uniform(3, 30) / 20))
    return np.asarray(made, np.float32)


def wide(rng: Rng, sound: Floats) -> Floats:
    """Return the sound out of a loudspeaker of a wide family.

    One or two level controls of 5 ms to 1 s, a band of any steepness, a smooth ripple over
    frequency besides resonances, and a drive that may be almost none.
    """
    made = unit(sound)
    for _ in range(int(rng.integers(1, 3))):
        seconds = float(np.exp(rng.uniform(np.log(0.005), np.log(1.0))))
        power = uniform_filter1d(np.square(made), max(1, round(seconds * RATE)))
        ratio, knee = rng.uniform(1.2, 8.0), 10 ** (-rng.uniform(1, 4))
        made = unit(np.asarray(made * (power + knee) ** (-(1 - 1 / ratio) / 2), np.float32))
    low = float(np.exp(rng.uniform(np.log(60), np.log(450))))
    high = float(np.exp(rng.uniform(np.log(3200), np.log(9000))))
    made = band(made, low, high, int(rng.integers(1, 6)))
    turns = np.arange(1, int(rng.integers(3, 14)))
    height, phase = rng.normal(0.0, 1.0, len(turns)), rng.uniform(0, 6.28, len(turns))
    size = rng.uniform(0.5, 4.0)

    def ripple(hertz: Wide) -> Wide:
        octaves = np.log2(hertz / 60.0)
        total = np.cos(np.pi / 7 * np.outer(octaves, turns) + phase) @ height
        return np.asarray(size * total / max(float(total.std()), 1e-6))

    made = _shaped(made, ripple)
    for _ in range(int(rng.integers(0, 4))):
        hertz = float(np.exp(rng.uniform(np.log(150), np.log(6000))))
        sections = bell(hertz, rng.uniform(-6, 8), rng.uniform(1, 10))
        made = np.asarray(sosfilt(sections, made), np.float32)
    return peak(np.tanh(rng.uniform(0.05, 1.5) * unit(made)))


def _over(rng: Rng, sound: Floats, below_db: tuple[float, float]) -> Floats:
    """Return the sound at unit power with noise so far below it, of any slope up to 6 dB."""
    hiss = noise(rng, len(sound), rng.uniform(0, 6))
    return np.asarray(
        unit(sound) + hiss * np.float32(10 ** (-rng.uniform(*below_db) / 20)), np.float32
    )


def _room(rng: Rng, seconds: float, direct_db: float) -> Floats:
    """Return the impulse response of a room, its noise more or less red."""
    return dying(noise(rng, round(seconds * RATE), rng.uniform(0, 3)), direct_db)


def dying(sound: Floats | Wide, direct_db: float) -> Floats:
    """Return an impulse response: a direct sound, and after 3 ms a noise that dies away.

    Parameters
    ----------
    sound
        The noise; it is as long as the reverberation time (60 dB).
    direct_db
        Energy of the direct sound over that of the rest.
    """
    made = sound * 10 ** (-3 * np.arange(len(sound)) / len(sound))
    made[: round(0.003 * RATE)] = 0.0
    made *= 10 ** (-direct_db / 20) / np.sqrt(np.square(made).sum())
    made[0] = 1.0
    return np.asarray(made, np.float32)


def _shaped(sound: Floats, gain_db: Callable[[Wide], Wide]) -> Floats:
    """Return the sound with a gain in dB over frequency, which is 60 Hz at least."""
    size = int(scipy.fft.next_fast_len(len(sound), real=True))
    spectrum = np.asarray(scipy.fft.rfft(np.asarray(sound, np.float32), size))
    hertz = np.maximum(np.arange(len(spectrum)) * RATE / size, 60.0)
    gains = (10 ** (gain_db(hertz) / 20)).astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum * gains, size)[: len(sound)], np.float32)
