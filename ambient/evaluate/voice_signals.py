"""Voices made by synthesis, of which everything is known: what is wanted in, sound and truth out.

A source-filter voice (Klatt 1980, "Software for a cascade/parallel formant synthesizer", JASA 67):
glottal pulses at periods and amplitudes that are drawn beforehand, through five resonances. Pulses
are placed between samples at 64 kHz, so the truth is not rounded to samples. Noise that comes with
the voice, pauses, and syllables are put in at known amounts. Seeded: the same calls give the same
sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from audio.features.frames import RATE, Real, Samples

OVER: Final = 4
"""Samples that are made for each that is kept."""
VOWELS: Final = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "ae": (660.0, 1720.0, 2410.0),
    "er": (490.0, 1350.0, 1690.0),
}
"""F1 to F3 of men (Peterson & Barney 1952, table II); neutral above."""
UPPER: Final = (3500.0, 4500.0)
WIDTHS: Final = (60.0, 90.0, 120.0, 150.0, 200.0)


@dataclass(frozen=True)
class Voice:
    """A sustained voice.

    Attributes
    ----------
    f0
        Mean, Hz.
    seconds
        Length.
    jitter
        Of the periods, a share: mean absolute change over mean period.
    shimmer_db
        Mean absolute change of amplitude from pulse to pulse.
    hnr_db
        Energy of the voice over that of white noise that comes with it; None: no noise.
    vowel
        F1 to F3 in Hz.
    level
        Root mean square of the sound.
    """

    f0: float
    seconds: float = 2.0
    jitter: float = 0.0
    shimmer_db: float = 0.0
    hnr_db: float | None = None
    vowel: tuple[float, float, float] = VOWELS["a"]
    level: float = 0.05


@dataclass(frozen=True)
class Truth:
    """What a sound was made with; as drawn, not as asked for."""

    f0: float
    jitter: float
    shimmer_db: float
    hnr_db: float | None
    formants: tuple[float, float, float]


@dataclass(frozen=True)
class Talk:
    """Syllables and pauses.

    Attributes
    ----------
    rate
        Syllables a second of a phrase.
    phrases
        Syllables in each phrase.
    pauses_s
        Silence after each phrase but the last.
    f0
        Mean of the voice, Hz.
    """

    rate: float
    phrases: Sequence[int] = (8, 6, 9)
    pauses_s: Sequence[float] = (0.6, 0.9)
    f0: float = 130.0
    level: float = 0.05
    vowels: Sequence[str] = field(default_factory=lambda: ("a", "e", "o", "ae"))


def sustained(voice: Voice, seed: int = 0) -> tuple[Samples, Truth]:
    """Return a sustained voice at 16 kHz, and its truth."""
    rng = np.random.default_rng(seed)
    periods, heights = _pulses(voice, rng)
    source = _source(periods, heights)
    sound = _kept(_tract(source, voice.vowel), voice.seconds)
    noise = None
    if voice.hnr_db is not None:
        noise = rng.standard_normal(len(sound))
        noise *= _factor(sound, noise, voice.hnr_db)
    whole = sound if noise is None else sound + noise
    step = np.abs(np.diff(periods)).mean() / periods.mean()
    change = np.abs(20 * np.diff(np.log10(heights))).mean()
    truth = Truth(1 / float(periods.mean()), float(step), float(change), voice.hnr_db, voice.vowel)
    return _levelled(whole, voice.level), truth


def talk(words: Talk, seed: int = 0) -> tuple[Samples, list[tuple[float, float]]]:
    """Return syllables in phrases at 16 kHz, and begin and end of each phrase in seconds."""
    rng = np.random.default_rng(seed)
    pieces: list[Real] = []
    spans: list[tuple[float, float]] = []
    at = 0.0
    for number, syllables in enumerate(words.phrases):
        begin = at
        for _ in range(syllables):
            seconds = 1 / words.rate
            vowel = VOWELS[words.vowels[int(rng.integers(len(words.vowels)))]]
            voice = Voice(words.f0 * float(rng.uniform(0.9, 1.1)), seconds, 0.005, 0.2, 20.0, vowel)
            sound, _ = sustained(voice, int(rng.integers(2**31)))
            pieces.append(sound * _envelope(len(sound)))
            at += len(sound) / RATE
        spans.append((begin, at))
        if number < len(words.phrases) - 1:
            silence = round(words.pauses_s[number] * RATE)
            pieces.append(np.zeros(silence))
            at += silence / RATE
    return _levelled(np.concatenate(pieces), words.level), spans


def noisy(sound: Samples, snr_db: float | None, seed: int = 0) -> Samples:
    """Return `sound` in white noise, so many dB below its mean power; None: as it is."""
    if snr_db is None:
        return sound
    noise = np.random.default_rng(seed).standard_normal(len(sound))
    return np.asarray(sound + noise * _factor(sound, noise, snr_db), np.float32)


def _pulses(voice: Voice, rng: np.random.Generator) -> tuple[Real, Real]:
    """Draw periods in seconds and heights; successive changes have the means asked for."""
    count = int(voice.seconds * voice.f0 * 1.2) + 8
    # The mean absolute difference of two normal deviates is 2 / sqrt(pi) of their deviation.
    spread = np.sqrt(np.pi) / 2
    periods = (1 + voice.jitter * spread * rng.standard_normal(count).clip(-3, 3)) / voice.f0
    heights = 10 ** (voice.shimmer_db * spread * rng.standard_normal(count).clip(-3, 3) / 20)
    inside = np.cumsum(periods) < voice.seconds
    return periods[inside], heights[inside]


def _source(periods: Real, heights: Real) -> Real:
    """Return the flow's derivative of pulses between samples, at 64 kHz."""
    rate = RATE * OVER
    starts = np.cumsum(periods) - periods
    source = np.zeros(int(periods.sum() * rate) + rate // 10)
    # Rosenberg's pulse (1971) of constant shape: opening for 4 ms at most, closing faster.
    shortest = float(periods.min())
    rise, fall = 0.4 * min(shortest, 0.01), 0.16 * min(shortest, 0.01)
    for start, height in zip(starts, heights, strict=True):
        first = int(np.ceil(start * rate))
        t = np.arange(first, first + int((rise + fall) * rate)) / rate - start
        opening = np.pi / (2 * rise) * np.sin(np.pi * t / rise)
        closing = -np.pi / (2 * fall) * np.sin(np.pi * (t - rise) / (2 * fall))
        flow = np.where(t < rise, opening, closing)
        source[first : first + len(t)] += height * flow
    return source


def _tract(source: Real, vowel: tuple[float, float, float]) -> Real:
    rate = RATE * OVER
    out = source
    for hz, wide in zip((*vowel, *UPPER), WIDTHS, strict=True):
        radius = np.exp(-np.pi * wide / rate)
        turn = 2 * radius * np.cos(2 * np.pi * hz / rate)
        out = scipy.signal.lfilter([1 - turn + radius**2], [1, -turn, radius**2], out)
    return np.asarray(out)


def _kept(sound: Real, seconds: float) -> Real:
    return np.asarray(scipy.signal.resample_poly(sound, 1, OVER))[: round(seconds * RATE)]


def _factor(sound: NDArray[np.floating], noise: Real, ratio_db: float) -> float:
    return float(np.sqrt((sound**2).mean() / (noise**2).mean() / 10 ** (ratio_db / 10)))


def _levelled(sound: Real, level: float) -> Samples:
    return np.asarray(sound * level / np.sqrt((sound**2).mean()), np.float32)


def _envelope(length: int) -> Real:
    """Return a syllable's envelope: it rises from soft, stays, and falls to soft."""
    edge = length // 4
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)
    return np.concatenate([ramp, np.ones(length - 2 * edge), ramp[::-1]]) * 0.95 + 0.05
