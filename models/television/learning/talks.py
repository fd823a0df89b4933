"""Stretches of speech, each from a person and from a loudspeaker: a cast in, numbers out.

Both come out of the same speech, through rooms of one kind, over noise of one kind, through one
kind of microphone: nothing but the loudspeaker and what is broadcast tells them apart. What is
learned from is more varied than what is measured with (`models.television.learning.variety`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.sounds.mel import RATE, mel
from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import Floats, Rng, peak, pick, place, unit
from models.sounds.synthesis.rooms import loudspeaker, microphone, response, through
from models.sounds.synthesis.scenes import Cast
from models.sounds.synthesis.voice import revoice
from models.sounds.synthesis.words import TALK
from models.television.features import features
from models.television.learning.variety import in_some_room, programme, varied, wide


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
        (n,) number of the speech; persons and loudspeakers share one.
    snr_db, seconds
        (n,) of each.
    """

    numbers: NDArray[np.float32]
    person: NDArray[np.float64]
    group: NDArray[np.int64]
    snr_db: NDArray[np.float32]
    seconds: NDArray[np.float32]


def talks(made_of: Cast, count: int, seed: int) -> Talks:
    """Return so many stretches of speech; the same seed makes the same ones.

    Each is told once from a person and once from a loudspeaker by a cast to measure with, and by
    another twice from a person and out of two loudspeakers, varied.
    """
    numbers: list[Floats] = []
    person: list[float] = []
    group: list[int] = []
    ratios: list[float] = []
    seconds: list[float] = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        dry = speech(rng, made_of)
        if not made_of.held:
            dry = varied(rng, dry)
        for teller in _MEASURED if made_of.held else _LEARNED:
            ratio = float(rng.uniform(0, 30))
            numbers.append(features(mel(teller.heard(rng, dry, ratio))))
            person.append(float(teller.person))
            group.append(number)
            ratios.append(ratio)
            seconds.append(len(dry) / RATE)
    return Talks(
        np.asarray(numbers, np.float32),
        np.asarray(person, np.float64),
        np.asarray(group, np.int64),
        np.asarray(ratios, np.float32),
        np.asarray(seconds, np.float32),
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
        sound = loudspeaker(rng, broadcast(rng, dry), held=held)
    return _taken_up(rng, through(sound, response(rng))[: len(dry)], snr_db)


def broadcast(rng: Rng, dry: Floats) -> Floats:
    """Return speech as a programme: half of it over music or a hall."""
    made = peak(dry)
    draw = rng.random()
    if draw < 0.5:
        maker = machines.music if draw < 0.3 else machines.crowd
        under = np.zeros(len(dry), np.float32)
        place(under, maker(rng, len(dry) / RATE), 0.0)
        made = made + under * np.float32(0.12 * 10 ** (-rng.uniform(0, 20) / 20))
    return made


def microphone_side(rng: Rng, dry: Floats) -> Floats:
    """Return speech as it leaves a mouth towards one side: up to 9 dB duller above 1 kHz."""
    spectrum = np.fft.rfft(dry)
    hertz = np.arange(len(spectrum)) * RATE / len(dry)
    loss = rng.uniform(0, 9) * np.clip(np.log2(np.maximum(hertz, 1.0) / 700.0) / 2.5, 0, 1)
    return np.asarray(np.fft.irfft(spectrum * 10 ** (-loss / 20), len(dry)), np.float32)


def _taken_up(rng: Rng, wet: Floats, snr_db: float) -> Floats:
    """Return what arrives, over the noise of a room, through a microphone of any gain."""
    makers = list(machines.STEADY.values())[:4]
    behind = pick(rng, makers)(rng, len(wet) / RATE + 0.01)[: len(wet)]
    whole = unit(wet) + behind * np.float32(10 ** (-snr_db / 20))
    gain = np.float32(10 ** (rng.uniform(-35, -6) / 20))
    return np.asarray(peak(microphone(rng, whole)) * gain, np.float32)


class _Teller(NamedTuple):
    """One way in which speech is heard, and whether a person spoke then."""

    person: bool
    heard: Callable[[Rng, Floats, float], Floats]


def _learned(made: Callable[[Rng, Floats], Floats]) -> Callable[[Rng, Floats, float], Floats]:
    """Return how speech that leaves a mouth or a loudspeaker so is heard in some room."""
    return lambda rng, dry, ratio: _taken_up(rng, in_some_room(rng, made(rng, dry)), ratio)


_PERSON: Final = _Teller(True, _learned(microphone_side))
_LEARNED: Final = (
    _PERSON,
    _PERSON,
    _Teller(False, _learned(lambda rng, dry: loudspeaker(rng, broadcast(rng, dry)))),
    _Teller(False, _learned(lambda rng, dry: wide(rng, programme(rng, dry)))),
)
_MEASURED: Final = tuple(
    _Teller(person, partial(heard, person=person, held=True)) for person in (False, True)
)
