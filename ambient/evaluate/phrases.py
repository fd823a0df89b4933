"""Phrases spoken by several speakers: material for an attack on what is emitted of a voice.

In: a seed. Out: clips, each a phrase by a speaker at a pace, with the stretch of speech in it. By
espeak-ng where that is installed; else voices made here, whose phrases are rows of vowels with
their own lengths and melody. Nobody's recording is used.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ambient.evaluate.voice_signals import VOWELS, Voice, noisy, sustained
from audio.blocks import RATE, Samples

PHRASES: Final = (
    "Good morning, did you sleep well?", "I would like some tea, please.",
    "The window is still open.", "My daughter visits on Sunday.", "It was raining all night.",
    "Where did I put my glasses?", "Lunch was too salty today.", "He used to play the violin.",
    "Can you turn the radio down?", "We went to the sea every summer.", "My knee hurts again.",
    "The garden needs water.", "She never liked that picture.", "What time is the doctor coming?",
    "I have read this book twice.", "They moved to town in spring.", "Close the door behind you.",
    "The soup is getting cold.", "I dreamt of our old house.", "Nobody told me about it.",
    "Give me the blue blanket.", "His brother was a baker.", "The news is always the same.",
    "I can manage by myself.", "Put the flowers in fresh water.", "There is a bird on the roof.",
    "Her letter came on Friday.", "The stairs are too steep.", "We should call your sister.",
    "That cake was wonderful.", "Is the train late again?", "My hands are cold this morning.",
    "He fixed the clock himself.", "I forgot what I came for.", "That lamp over there flickers.",
    "You look tired today.", "Bring the chair a little closer.", "We danced until midnight.",
    "The dog was barking outside.", "Thank you, that is very kind.",
)  # fmt: skip
SPEAKERS: Final = ("m1", "m3", "m5", "m7", "f1", "f2", "f4", "f5")
"""Of espeak-ng; without it as many throats and pitches are made here."""
PACES: Final = (120, 150, 180)
_VOICE: Final = "en-gb"
_SNR_DB: Final = 35.0
_TIMEOUT_S: Final = 60.0

Say = Callable[[np.random.Generator, int, int], Samples]
"""Says a phrase by its number in the voice of a speaker by its number."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A phrase that was spoken.

    Attributes
    ----------
    phrase, speaker
        By number.
    samples
        16 kHz, speech from the beginning to the end.
    """

    phrase: int
    speaker: int
    samples: Samples


def spoken(phrases: int, speakers: int, times: int, seed: int) -> Iterator[Clip]:
    """Yield each phrase by each speaker, so many times, each time at another pace and level."""
    say = by_espeak if shutil.which("espeak-ng") else by_synthesis
    rng = np.random.default_rng(seed)
    for speaker in range(speakers):
        for phrase in range(phrases):
            for _ in range(times):
                sound = say(rng, phrase, speaker)
                level = 10 ** (rng.uniform(-32.0, -22.0) / 20)
                sound = sound * np.float32(level / np.sqrt(np.mean(np.square(sound))))
                yield Clip(phrase, speaker, noisy(sound, _SNR_DB, int(rng.integers(2**31))))


def by_espeak(rng: np.random.Generator, phrase: int, speaker: int) -> Samples:
    """Return a phrase by espeak-ng."""
    said = subprocess.run(
        [
            "espeak-ng", "--stdout", "-v", f"{_VOICE}+{SPEAKERS[speaker]}",
            "-s", str(rng.choice(PACES)), "-p", str(int(rng.integers(30, 70))), PHRASES[phrase],
        ],
        capture_output=True,
        check=True,
        timeout=_TIMEOUT_S,
    )  # fmt: skip
    sound, rate = soundfile.read(io.BytesIO(said.stdout), dtype="float32")
    return _trimmed(np.asarray(resample_poly(sound, RATE, rate), np.float32))


def by_synthesis(rng: np.random.Generator, phrase: int, speaker: int) -> Samples:
    """Return a phrase of vowels: which, how long and at which pitch belongs to the phrase."""
    plan = np.random.default_rng(1000 + phrase)
    throat = np.random.default_rng(2000 + speaker)
    f0, longer = 90.0 + 25.0 * speaker, 1.0 + 0.05 * (speaker - 4) + 0.02 * throat.standard_normal()
    pace = float(rng.uniform(0.85, 1.2))
    names = sorted(VOWELS)
    parts = []
    for _ in range(int(plan.integers(5, 9))):
        low, middle, high = VOWELS[names[int(plan.integers(len(names)))]]
        voice = Voice(
            f0=f0 * float(plan.uniform(0.85, 1.2)),
            seconds=float(plan.uniform(0.12, 0.35)) * pace,
            jitter=0.008,
            shimmer_db=0.3,
            hnr_db=18.0,
            vowel=(low * longer, middle * longer, high * longer),
        )
        sound, _ = sustained(voice, int(rng.integers(2**31)))
        parts += [sound * np.hanning(len(sound)) ** 0.3, np.zeros(int(plan.uniform(200, 1500)))]
    return np.concatenate(parts).astype(np.float32)


def _trimmed(sound: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1]
