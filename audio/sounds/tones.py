"""Whether two sounds are the same steady tones, as of a machine: samples in, lines out.

A machine that beeps (an infusion pump, a telephone) holds its tones to the hertz, so nearly all of
its power lies in a few narrow lines of the spectrum of the whole sound. A voice glides and trembles
while it speaks (a word's F0 moves by some per cent), so the same number of lines holds less; and
who calls again is not as high to a hertz. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audio.blocks import RATE, Samples
from models.fourier import rfft

LINES: Final = 4
HALF_HZ: Final = 12.0
"""Of a line to each side: a tone that is switched on for 0.15 s is not narrower."""
STEADY: Final = 0.80
"""Share from which on a sound is steady tones: pulses of an infusion pump have 0.88 and more (16 of
16), and so have one in twelve words that call."""
SAME_HZ: Final = 4.0
_LOW_HZ: Final = 250.0
_HIGH_HZ: Final = 4300.0
"""Where alarms of machines sound, and speech; hum lies below."""
_FAST: Final = 1024
"""Of sizes that are a multiple of it the Fourier transform is fast."""
_LEAST: Final = RATE // 2
"""Samples that are looked at, at least: what is shorter follows on silence."""


@dataclass(frozen=True, slots=True)
class Tones:
    """The strongest lines of a sound.

    Attributes
    ----------
    share
        0..1, of the power that they hold.
    hertz
        Of each, the strongest first.
    """

    share: float
    hertz: tuple[float, ...]


NONE: Final = Tones(0.0, ())


def tones(samples: Samples) -> Tones:
    """Return the strongest lines of samples (n,)."""
    if not samples.size:
        return NONE
    size = -(-max(samples.size, _LEAST) // _FAST) * _FAST
    power = np.square(np.abs(rfft(samples * np.hanning(samples.size), size)))
    hertz = np.arange(len(power)) * RATE / size
    power = np.where((hertz > _LOW_HZ) & (hertz < _HIGH_HZ), power, 0.0)
    total = float(power.sum())
    if total <= 0.0:
        return NONE
    half = int(HALF_HZ * size / RATE)
    found, where = 0.0, []
    for _ in range(LINES):
        top = int(power.argmax())
        line = slice(max(0, top - half), top + half + 1)
        found += float(power[line].sum())
        where.append(float(hertz[top]))
        power[line] = 0.0
    return Tones(found / total, tuple(where))


def same(one: Tones, other: Tones) -> bool:
    """Return whether both are the same steady tones."""
    if min(one.share, other.share) < STEADY:
        return False
    pairs = ((one.hertz[0], other.hertz), (other.hertz[0], one.hertz))
    return all(min(abs(top - each) for each in beside) <= SAME_HZ for top, beside in pairs)
