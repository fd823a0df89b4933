"""What hums, blows, beeps and rings in a care room, and is no distress; and the smoke detector.

In: a generator and seconds. Out: float32 samples at 16 kHz: those that go on have unit power,
those that ring a highest value of 1. The temporal pattern of a smoke detector is ISO 8201 (also
NFPA 72): three pulses of 0.5 s, 0.5 s apart, then a pause of 1.5 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from models.sounds.synthesis.basics import (
    RATE,
    Floats,
    Rng,
    band,
    curve,
    fade,
    noise,
    peak,
    place,
    unit,
)
from models.sounds.synthesis.voice import formed


def _time(seconds: float) -> Floats:
    return np.arange(round(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _swing(seconds: float, hertz: float, rng: Rng) -> Floats:
    phase = 2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE + rng.uniform(0, 6.28)
    return np.sin(phase).astype(np.float32)


def room_tone(rng: Rng, seconds: float) -> Floats:
    """Return the noise of a quiet room: low, with ventilation."""
    return noise(rng, round(seconds * RATE), rng.uniform(3, 9))


def mattress_pump(rng: Rng, seconds: float) -> Floats:
    """Return an alternating-pressure pump: a hum of the mains, a diaphragm, a slow change."""
    mains = 50.0
    hum = sum(
        (rng.uniform(0.2, 1) / k * _swing(seconds, mains * k, rng) for k in range(1, 7)),
        np.zeros(round(seconds * RATE)),
    )
    air = band(noise(rng, len(hum)), 200, 1200) * (1 + 0.8 * _swing(seconds, 25.0, rng))
    made = hum * (1 + 0.3 * _swing(seconds, 0.1, rng)) + 0.3 * air
    return unit(np.asarray(made, np.float32))


def oxygen(rng: Rng, seconds: float) -> Floats:
    """Return an oxygen concentrator: compressor, and a puff of its valves every few seconds."""
    n = round(seconds * RATE)
    base = mattress_pump(rng, seconds) + 0.5 * band(noise(rng, n), 100, 2500)
    made = unit(base)
    puff = fade(band(noise(rng, RATE // 2), 500, 5000), 0.01, 0.4)
    for at in np.arange(rng.uniform(0, 4), seconds, rng.uniform(3.5, 7)).tolist():
        place(made, puff, at, 1.2)
    return unit(made)


def vacuum(rng: Rng, seconds: float) -> Floats:
    """Return a vacuum cleaner: broad noise and the lines of a motor whose load changes."""
    n = round(seconds * RATE)
    f0 = curve(rng, n, max(2, int(seconds)), 230.0, 330.0)
    phase = 2 * np.pi * np.cumsum(f0, dtype=np.float64) / RATE
    lines = sum((np.sin(k * phase) / k for k in (1, 2, 4, 6)), np.zeros(n))
    return unit(noise(rng, n, 2.0) + np.asarray(0.5 * lines, np.float32))


def whistle(rng: Rng, seconds: float) -> Floats:
    """Return a hearing aid that whistles: a pure tone of 2 to 4 kHz that comes, glides and goes."""
    n = round(seconds * RATE)
    f0 = rng.uniform(2000, 4000) * curve(rng, n, max(2, int(3 * seconds)), 0.97, 1.03)
    level = np.maximum(0.0, curve(rng, n, max(3, int(2 * seconds)), -0.6, 1.0))
    return peak(np.asarray(level * np.sin(2 * np.pi * np.cumsum(f0) / RATE), np.float32))


def snoring(rng: Rng, seconds: float) -> Floats:
    """Return snores: a palate that flaps at 40 to 110 Hz, once a breath."""
    n = round(seconds * RATE)
    made = np.zeros(n, np.float32)
    breath, flap = rng.uniform(2.8, 5.0), rng.uniform(40, 110)
    for at in np.arange(rng.uniform(0, 1), seconds, breath).tolist():
        m = round(rng.uniform(0.8, 1.6) * RATE)
        pulses = np.sin(2 * np.pi * np.cumsum(curve(rng, m, 6, flap * 0.8, flap * 1.2)) / RATE)
        wave = np.maximum(0.0, pulses) ** 4 + 0.15 * noise(rng, m, 3)
        form = np.array([rng.uniform(200, 450), rng.uniform(700, 1100), 2300.0])
        place(made, fade(formed(np.asarray(wave, np.float32), form), 0.3, 0.3), at)
    return peak(made)


def crowd(rng: Rng, seconds: float) -> Floats:
    """Return applause or the murmur of a hall, as of a television."""
    n = round(seconds * RATE)
    return unit(band(noise(rng, n, 2), 300, 4000) * curve(rng, n, max(3, int(seconds)), 0.3, 1.0))


def music(rng: Rng, seconds: float) -> Floats:
    """Return simple music: chords of plucked or bowed tones, a melody over them."""
    made = np.zeros(round(seconds * RATE), np.float32)
    root, beat = rng.uniform(110, 260), rng.uniform(0.3, 0.8)
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    plucked = rng.random() < 0.6
    for at in np.arange(0, seconds, beat).tolist():
        for step in rng.choice(steps, rng.integers(1, 5)).tolist():
            t = _time(beat * rng.uniform(0.8, 2.0))
            hertz = root * 2 ** (step / 12) * rng.choice((1, 2))
            k = np.arange(1, 7)[:, None]
            tone = (np.sin(2 * np.pi * k * hertz * t) / k**1.2).sum(axis=0)
            tone = tone * (np.exp(-t / 0.3) if plucked else 1.0)
            place(made, fade(np.asarray(tone, np.float32), 0.01, 0.05), at, rng.uniform(0.2, 1))
    return unit(made)


def beeps(
    seconds: float,
    pattern: tuple[tuple[float, float], ...],
    hertz: tuple[float, ...],
    square: float = 0.0,
) -> Floats:
    """Return tones switched on and off.

    Parameters
    ----------
    pattern
        Seconds on and off, again and again.
    hertz
        One a pulse, in turn.
    square
        0 a sine, 1 clipped to a square wave.
    """
    t = _time(seconds)
    made = np.zeros(len(t), np.float32)
    at, number = 0.0, 0
    while at < seconds:
        on, off = pattern[number % len(pattern)]
        tone = np.sin(2 * np.pi * hertz[number % len(hertz)] * _time(on))
        tone = np.tanh(tone * (1 + 9 * square))
        place(made, fade(np.asarray(tone, np.float32), 0.004, 0.004), at)
        at, number = at + on + off, number + 1
    return peak(made)


def smoke_alarm(rng: Rng, seconds: float) -> Floats:
    """Return a smoke detector (T3) at about 520 Hz (a square wave) or 3.1 kHz."""
    low = rng.random() < 0.5
    hertz = rng.uniform(500, 540) if low else rng.uniform(2900, 3400)
    stretch = rng.uniform(0.96, 1.04)
    pattern = (
        (0.5 * stretch, 0.5 * stretch),
        (0.5 * stretch, 0.5 * stretch),
        (0.5 * stretch, 1.5 * stretch),
    )
    whole = beeps(seconds + 4.0, pattern, (hertz,), 1.0 if low else rng.uniform(0, 0.6))
    start = round(rng.uniform(0, 4.0) * RATE)
    return whole[start : start + round(seconds * RATE)]


def infusion_pump(rng: Rng, seconds: float) -> Floats:
    """Return an infusion pump's alarm: bursts of 3 or 10 short pulses (IEC 60601-1-8)."""
    on, off = rng.uniform(0.12, 0.2), rng.uniform(0.08, 0.18)
    count, pause = (3, rng.uniform(2.5, 6)) if rng.random() < 0.5 else (5, rng.uniform(1, 4))
    base = rng.uniform(400, 1000)
    tones = tuple(base * f for f in (1.0, 1.0, 1.26)[:3])
    return beeps(seconds, ((on, off),) * (count - 1) + ((on, pause),), tones, rng.uniform(0, 0.6))


def phone(rng: Rng, seconds: float) -> Floats:
    """Return a phone: a bell at 25 Hz, a ring of two tones, or a busy tone."""
    kind = rng.integers(3)
    if kind == 0:
        trill = np.sign(_swing(seconds, 25.0, rng))
        tone = np.where(trill > 0, _swing(seconds, 1100, rng), _swing(seconds, 1350, rng))
        gate = (np.arange(len(tone)) / RATE) % 5.0 < 1.0
        return peak(np.asarray(tone * gate, np.float32))
    if kind == 1:
        pair = (rng.uniform(600, 900), rng.uniform(900, 1400))
        return beeps(seconds, ((0.05, 0.0),) * 19 + ((0.05, 3.0),), pair)
    return beeps(seconds, ((0.48, 0.48),), (425.0,))


def buzzer(rng: Rng, seconds: float) -> Floats:
    """Return a nurse-call buzzer of the corridor: a slow even beat, or a double beat."""
    hertz = rng.uniform(500, 2800)
    pattern = ((0.5, 0.5),) if rng.random() < 0.4 else ((0.2, 0.15), (0.2, rng.uniform(1, 4)))
    if rng.random() < 0.3:
        pattern = ((1.0, 1.0),)
    return beeps(seconds, pattern, (hertz,), rng.uniform(0, 1))


def reversing(rng: Rng, seconds: float) -> Floats:
    """Return other beepers: a microwave, a lorry, an alarm clock with four beats."""
    kind = rng.integers(3)
    hertz = (rng.uniform(1000, 3400),)
    if kind == 0:
        return beeps(seconds, ((0.5, 0.5),) * 4 + ((0.5, 3.0),), hertz)
    if kind == 1:
        return beeps(seconds, ((0.45, 0.55),), hertz)
    return beeps(seconds, ((0.08, 0.08),) * 3 + ((0.08, 0.6),), hertz, 0.5)


Maker = Callable[[Rng, float], Floats]
STEADY: Final[dict[str, Maker]] = {
    "room": room_tone,
    "mattress pump": mattress_pump,
    "oxygen concentrator": oxygen,
    "vacuum": vacuum,
    "crowd": crowd,
    "music": music,
}
RINGING: Final[dict[str, Maker]] = {
    "hearing-aid whistle": whistle,
    "infusion pump": infusion_pump,
    "phone": phone,
    "nurse-call buzzer": buzzer,
    "other beeper": reversing,
    "snoring": snoring,
}
