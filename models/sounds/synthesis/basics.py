"""What all synthesis shares: noise with a slope, resonances, envelopes, level.

In: a generator and numbers. Out: float32 samples at 16 kHz. Pure and vectorised.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import butter, firwin, resample_poly, sosfilt

RATE: Final = 16_000
Floats = NDArray[np.float32]
Rng = np.random.Generator
_T = TypeVar("_T")


def pick(rng: Rng, some: Sequence[_T]) -> _T:
    """Return one of `some`, each as likely as the others."""
    return some[int(rng.integers(len(some)))]


def noise(rng: Rng, n: int, slope_db: float = 0.0) -> Floats:
    """Return noise of unit power whose density falls by `slope_db` an octave (above 50 Hz)."""
    if n < 2:
        return np.zeros(n, np.float32)
    size = int(scipy.fft.next_fast_len(n, real=True))
    spectrum = np.asarray(scipy.fft.rfft(rng.standard_normal(size).astype(np.float32)))
    hertz = np.maximum(np.arange(len(spectrum)) * RATE / size, 50.0)
    spectrum *= ((hertz / 50.0) ** (-slope_db / 6.02)).astype(np.float32)
    return unit(np.asarray(scipy.fft.irfft(spectrum, size)[:n], np.float32))


def unit(sound: Floats) -> Floats:
    """Return the sound at a root mean square of 1 (silence stays silence)."""
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    return sound if power == 0.0 else np.asarray(sound / np.sqrt(power), np.float32)


def peak(sound: Floats) -> Floats:
    """Return the sound with a highest value of 1 (silence stays silence)."""
    top = float(np.abs(sound).max()) if len(sound) else 0.0
    return sound if top == 0.0 else np.asarray(sound / top, np.float32)


def band(
    sound: Floats, low_hz: float | None = None, high_hz: float | None = None, order: int = 2
) -> Floats:
    """Return the sound through Butterworth filters; None or a border beyond 7.9 kHz for none."""
    if low_hz is not None and low_hz < 7900.0:
        sections = butter(order, low_hz, "highpass", fs=RATE, output="sos")
        sound = np.asarray(sosfilt(sections, sound), np.float32)
    if high_hz is not None and high_hz < 7900.0:
        sections = butter(order, high_hz, "lowpass", fs=RATE, output="sos")
        sound = np.asarray(sosfilt(sections, sound), np.float32)
    return sound


def resampled(sound: Floats, up: int, down: int) -> Floats:
    """Return the sound at `up` / `down` of its rate: `scipy.signal.resample_poly`, bit for bit.

    Its filter is kept, for designing it takes longer than resampling a word.
    """
    shared = math.gcd(up, down)
    up, down = up // shared, down // shared
    if up == down:
        return sound
    taps: Any = _lowpass(max(up, down))  # the stubs know no window that is an array
    return np.asarray(resample_poly(sound, up, down, window=taps), np.float32)


@functools.lru_cache(maxsize=64)
def _lowpass(most: int) -> Floats:
    """Return the filter that `resample_poly` designs when `most` is the larger of its factors."""
    designed = firwin(20 * most + 1, 1.0 / most, window=("kaiser", 5.0))
    return np.asarray(designed, np.float32)


def modes(
    rng: Rng, n: int, hertz: NDArray[np.float64], decay_s: NDArray[np.float64], tone: float = 1.0
) -> Floats:
    """Return decaying sines that begin together: what a struck body does.

    Parameters
    ----------
    hertz, decay_s
        (k,) frequency and time constant of each mode.
    tone
        Exponent of 1 / f by which higher modes are weaker.
    """
    t = np.arange(n, dtype=np.float32) / RATE
    strength = rng.lognormal(0.0, 0.6, len(hertz)) * (hertz.min() / hertz) ** tone
    phase = 2 * np.pi * np.outer(hertz, t) + rng.uniform(0, 2 * np.pi, (len(hertz), 1))
    waves = np.sin(phase, dtype=np.float32) * np.exp(-np.outer(1.0 / decay_s, t), dtype=np.float32)
    return np.asarray(strength.astype(np.float32) @ waves, np.float32)


def fade(sound: Floats, attack_s: float, release_s: float) -> Floats:
    """Return the sound faded in and out (raised cosine)."""
    made = sound.copy()
    for seconds, forward in ((attack_s, True), (release_s, False)):
        n = min(len(made), max(1, round(seconds * RATE)))
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)).astype(np.float32)
        if forward:
            made[:n] *= ramp
        else:
            made[len(made) - n :] *= ramp[::-1]
    return made


def place(target: Floats, sound: Floats, at_s: float, gain: float = 1.0) -> None:
    """Add a sound to `target` in place, from `at_s` on; what lies outside is cut."""
    first = round(at_s * RATE)
    sound = sound[max(0, -first) :]
    first = max(0, first)
    end = min(len(target), first + len(sound))
    if end > first:
        target[first:end] += np.float32(gain) * sound[: end - first]


def curve(rng: Rng, n: int, points: int, low: float, high: float) -> Floats:
    """Return a smooth random course (n,) between two values, through so many points."""
    knots = rng.uniform(low, high, max(2, points))
    where = np.linspace(0, len(knots) - 1, n)
    whole = np.minimum(where.astype(np.int64), len(knots) - 2)
    part = where - whole
    part = part * part * (3 - 2 * part)
    return np.asarray(knots[whole] * (1 - part) + knots[whole + 1] * part, np.float32)
