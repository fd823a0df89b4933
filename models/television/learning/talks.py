"""Stretches of speech, each once from a person and once from a loudspeaker: a cast in, numbers out.

Both come out of the same speech, through rooms of one kind, over noise of one kind, through one
kind of microphone: nothing but the loudspeaker and what is broadcast tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.sounds.mel import RATE, mel
from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import Floats, Rng, peak, pick, place, unit
from models.sounds.synthesis.rooms import loudspeaker, microphone, response, through
from models.sounds.synthesis.scenes import Cast
from models.sounds.synthesis.voice import revoice
from models.sounds.synthesis.words import TALK
from models.television.features import COUNT, features


@dataclass(frozen=True, slots=True, eq=False)
class Talks:
    """n stretches.

    Attributes
    ----------
    numbers
        (n, COUNT).
    person
        (n,) 1 for a person, 0 for a loudspeaker.
    group
        (n,) number of the speech; a person and a loudspeaker share one.
    snr_db, seconds
        (n,) of each.
    """

    numbers: NDArray[np.float32]
    person: NDArray[np.float64]
    group: NDArray[np.int64]
    snr_db: NDArray[np.float32]
    seconds: NDArray[np.float32]


def talks(made_of: Cast, count: int, seed: int) -> Talks:
    """Return so many stretches of speech, each twice; the same seed makes the same ones."""
    numbers = np.empty((2 * count, COUNT), np.float32)
    snr, seconds = np.empty(2 * count, np.float32), np.empty(2 * count, np.float32)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        dry = speech(rng, made_of)
        for person in (0, 1):
            row = 2 * number + person
            snr[row] = rng.uniform(0, 30)
            seconds[row] = len(dry) / RATE
            sound = heard(rng, dry, float(snr[row]), person=bool(person), held=made_of.held)
            numbers[row] = features(mel(sound))
    return Talks(
        numbers,
        np.tile([0.0, 1.0], count),
        np.repeat(np.arange(count), 2),
        snr,
        seconds,
    )


def speech(rng: Rng, made_of: Cast) -> Floats:
    """Return 1.5 to 8 s of somebody's dry speech."""
    wanted = rng.uniform(1.5, 8.0)
    parts: list[Floats] = []
    language = str(rng.choice(list(TALK)))
    recorded = len(made_of.speech) and rng.random() < 0.6
    again = rng.random() < 0.25
    while sum(len(part) for part in parts) < wanted * RATE:
        if recorded:
            part = peak(pick(rng, made_of.speech))
            part = revoice(rng, part, effort=0.4) if again else part
        else:
            part = made_of.speaker.say(rng, language, str(rng.choice(TALK[language])))
        parts += [part, np.zeros(round(rng.uniform(0.05, 0.6) * RATE), np.float32)]
    return np.concatenate(parts)[: round(wanted * RATE)]


def heard(rng: Rng, dry: Floats, snr_db: float, *, person: bool, held: bool) -> Floats:
    """Return speech as a microphone of the room hears it, from a person or a loudspeaker."""
    if person:
        # A mouth is not a point: it is duller from the side and from behind.
        sound = microphone_side(rng, dry)
    else:
        programme = peak(dry)
        draw = rng.random()
        if draw < 0.5:
            maker = machines.music if draw < 0.3 else machines.crowd
            under = np.zeros(len(dry), np.float32)
            place(under, maker(rng, len(dry) / RATE), 0.0)
            programme = programme + under * np.float32(0.12 * 10 ** (-rng.uniform(0, 20) / 20))
        sound = loudspeaker(rng, programme, held=held)
    wet = through(sound, response(rng))[: len(dry)]
    makers = list(machines.STEADY.values())[:4]
    behind = pick(rng, makers)(rng, len(dry) / RATE + 0.01)[: len(dry)]
    whole = unit(wet) + behind * np.float32(10 ** (-snr_db / 20))
    gain = np.float32(10 ** (rng.uniform(-35, -6) / 20))
    return np.asarray(peak(microphone(rng, whole)) * gain, np.float32)


def microphone_side(rng: Rng, dry: Floats) -> Floats:
    """Return speech as it leaves a mouth towards one side: up to 9 dB duller above 1 kHz."""
    spectrum = np.fft.rfft(dry)
    hertz = np.arange(len(spectrum)) * RATE / len(dry)
    loss = rng.uniform(0, 9) * np.clip(np.log2(np.maximum(hertz, 1.0) / 700.0) / 2.5, 0, 1)
    return np.asarray(np.fft.irfft(spectrum * 10 ** (-loss / 20), len(dry)), np.float32)
