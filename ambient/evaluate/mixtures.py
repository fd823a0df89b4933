"""Speech in a noisy room, made so that where the speech is is known: rows in, mixtures out.

Each mixture is one speaker's utterances with pauses between them, in a room (an impulse response)
or without one, over a noise that goes on through the pauses, at a stated signal-to-noise ratio.
Truth is taken from the dry utterances by their energy, so neither noise nor reverberation moves it.
Everything is drawn with a seed: the same rows give the same mixtures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from audio.blocks import RATE, Samples
from models.television.learning.variety import dying

FRAME: Final = 160
"""Samples of a frame that is scored: 10 ms."""
BELOW_DB: Final = 35.0
"""A frame of clean speech this far below the loud frames (95th percentile) is a pause."""
UTTERANCES: Final = 3
PAUSE_S: Final = (0.4, 2.0)
_BRIDGE_S: Final = 0.15
"""Shorter pauses are part of speech: the closure of a stop consonant."""
_LONE_S: Final = 0.05
"""Shorter sounds on their own are clicks."""
_PEAK: Final = 0.5
_ROOMS: Final = 3
"""One of so many mixtures has no room."""

Frames = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Material:
    """What mixtures are made of.

    Attributes
    ----------
    speech
        By speaker: clean utterances.
    noise, rooms
        Sounds without speech, by name; impulse responses.
    """

    speech: Mapping[str, Sequence[Samples]]
    noise: Mapping[str, Samples]
    rooms: Sequence[Samples]


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """One mixture and where its speech is.

    Attributes
    ----------
    samples
        Mono at 16 kHz.
    speech
        For every 10 ms whether somebody speaks.
    speaker, noise
        What it is made of.
    """

    samples: Samples
    speech: Frames
    speaker: str
    noise: str


def speech_frames(clean: Samples) -> Frames:
    """Return for every 10 ms of clean speech whether somebody speaks, by its energy."""
    count = len(clean) // FRAME
    if count == 0:
        return np.zeros(0, np.bool_)
    power = np.mean(np.square(clean[: count * FRAME].reshape(count, FRAME), dtype=np.float64), 1)
    loud = float(np.percentile(power, 95))
    active = power > loud * 10 ** (-BELOW_DB / 10)
    active = _without(active, value=False, frames=round(_BRIDGE_S * RATE / FRAME))
    return _without(active, value=True, frames=round(_LONE_S * RATE / FRAME))


def make(material: Material, snr_db: float, count: int, seed: int) -> list[Mixture]:
    """Return `count` mixtures; speakers and noises take turns, the rest is drawn.

    Parameters
    ----------
    snr_db
        Power of the speech, in its frames and as it arrives in the room, over the noise's.
    """
    rng = np.random.default_rng(seed)
    speakers, noises = sorted(material.speech), sorted(material.noise)
    made = []
    for number in range(count):
        speaker, noise = speakers[number % len(speakers)], noises[number % len(noises)]
        dry, speech = _talk(material.speech[speaker], rng)
        room = number % _ROOMS and len(material.rooms)
        wet = in_room(dry, material.rooms[number % len(material.rooms)]) if room else dry
        over = _looped(material.noise[noise], len(wet), rng)
        mixed = _added(wet, speech, over, snr_db)
        made.append(Mixture(mixed, speech, speaker, noise))
    return made


def in_room(dry: Samples, response: Samples) -> Samples:
    """Return how `dry` arrives in a room, the direct sound in its place."""
    direct = int(np.argmax(np.abs(response)))
    wet = fftconvolve(dry.astype(np.float64), response[direct:].astype(np.float64))
    return np.asarray(wet[: len(dry)], np.float32)


def drawn_room(rng: np.random.Generator, seconds: float, direct_db: float) -> Samples:
    """Return an impulse response made by synthesis: a direct sound and noise that dies away.

    Parameters
    ----------
    seconds
        Reverberation time (60 dB).
    direct_db
        Energy of the direct sound over that of the rest.
    """
    return dying(rng.standard_normal(int(seconds * RATE)), direct_db)


def drawn_noise(rng: np.random.Generator, seconds: float, slope: float) -> Samples:
    """Return noise whose power falls with frequency to the power `slope` (1 pink, 2 brown)."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    shaped = np.fft.irfft(spectrum * frequency ** (-slope / 2), count)
    return np.asarray(0.1 * shaped / np.std(shaped), np.float32)


def _talk(utterances: Sequence[Samples], rng: np.random.Generator) -> tuple[Samples, Frames]:
    chosen = rng.choice(len(utterances), min(UTTERANCES, len(utterances)), replace=False)
    pieces: list[Samples] = [_pause(rng)]
    active = [np.zeros(len(pieces[0]) // FRAME, np.bool_)]
    for index in chosen:
        clean = utterances[index][: len(utterances[index]) // FRAME * FRAME]
        quiet = _pause(rng)
        pieces += [clean, quiet]
        active += [speech_frames(clean), np.zeros(len(quiet) // FRAME, np.bool_)]
    return np.concatenate(pieces), np.concatenate(active)


def _pause(rng: np.random.Generator) -> Samples:
    frames = round(rng.uniform(*PAUSE_S) * RATE / FRAME)
    return np.zeros(frames * FRAME, np.float32)


def _looped(noise: Samples, count: int, rng: np.random.Generator) -> Samples:
    start = int(rng.integers(len(noise)))
    return np.asarray(np.resize(np.roll(noise, -start), count), np.float32)


def _added(wet: Samples, speech: Frames, noise: Samples, snr_db: float) -> Samples:
    where = np.repeat(speech, FRAME)
    level = float(np.mean(np.square(wet[: len(where)][where], dtype=np.float64)))
    other = float(np.mean(np.square(noise, dtype=np.float64)))
    mixed = wet + noise * np.float32(np.sqrt(level / other / 10 ** (snr_db / 10)))
    return np.asarray(mixed * np.float32(_PEAK / np.max(np.abs(mixed))), np.float32)


def _without(active: Frames, *, value: bool, frames: int) -> Frames:
    """Return `active` with every run of `value` that is shorter than `frames` turned over.

    A run at either end is left as it is where it is a pause: nothing says how it goes on.
    """
    edges = np.flatnonzero(np.diff(active.astype(np.int8))) + 1
    starts = np.concatenate(([0], edges))
    stops = np.concatenate((edges, [len(active)]))
    turned = active.copy()
    for start, stop in zip(starts, stops, strict=True):
        outer = start == 0 or stop == len(active)
        if active[start] == value and stop - start < frames and (value or not outer):
            turned[start:stop] = not value
    return turned
