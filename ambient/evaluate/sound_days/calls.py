"""Calls for help, and other sounds of distress, made to be found: a generator in, clips out.

Voices, loudspeakers and rooms are of the families that training never sees. A clip is 12 s of a
room with a steady noise or a television in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from audio.blocks import RATE, Samples
from models.sounds.synthesis import impacts, machines, voice
from models.sounds.synthesis.basics import Rng, peak, pick, place, unit
from models.sounds.synthesis.espeak import Speaker
from models.sounds.synthesis.rooms import loudspeaker, microphone, response, through
from models.sounds.synthesis.words import CALLS, TALK, Words

SECONDS: Final = 12.0
SNRS_DB: Final = (0, 10, 20)
OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "nl": ("zuster",),
    "sv": ("hjälp",),
    "pt": ("me ajude",),
    "hu": ("segítség",),
    "fi": ("apua",),
    "ro": ("ajutor",),
}
"""Languages of which nothing was learned: only the way of calling tells."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Sound with a sound of distress in it.

    Attributes
    ----------
    sound
        Value of its class.
    how
        For a call: ``once``, ``again``, ``greeting again``, ``greeting once`` (which should not
        ring), ``other language``; else empty.
    language, snr_db
        Of it; the language is empty without words.
    engine
        Which synthesiser called.
    beside
        What was heard beside it: ``machine`` or ``television``.
    """

    samples: Samples
    sound: str
    how: str
    language: str
    snr_db: int
    engine: str = ""
    beside: str = ""


def calls(
    rng: Rng, speakers: Mapping[str, Speaker], count: int, words: Mapping[str, Words] = CALLS
) -> list[Clip]:
    """Return so many clips of each way to call, in turn over languages, ratios and speakers.

    Parameters
    ----------
    speakers
        By the name of the synthesiser; the first speaks all languages, and is what others are
        replaced by where they do not speak one.
    """
    names = list(speakers)
    made = []
    hows: tuple[tuple[str, int, int], ...] = (
        ("once", 1, 1),
        ("again", 2, 4),
        ("greeting again", 3, 5),
        ("greeting once", 1, 1),
        ("other language", 4, 6),
    )
    for how, least, most in hows:
        table = OTHERS if how == "other language" else words
        for number in range(count):
            language = list(table)[number % len(table)]
            choice = table[language]
            if isinstance(choice, Words):
                choice = choice.call if how.startswith("greeting") else choice.help
            text = str(rng.choice(choice))
            dry = np.zeros(round(SECONDS * RATE), np.float32)
            again = int(rng.integers(least, most + 1))
            at = rng.uniform(1.5, 2.5)
            engine = names[(number // len(table) + number) % len(names)]
            if not speakers[engine].speaks(language, text):
                engine = names[0]
            speaker = speakers[engine]
            # One person calls in one voice, but never twice quite alike.
            voices, effort = float(rng.random() < 0.5), rng.uniform(0.4, 1.0)
            sound = speaker.say(rng, language, text, voices=voices, effort=effort)
            for _ in range(again):
                said = voice.again(rng, sound)
                place(dry, said, at)
                at += len(said) / RATE + rng.uniform(1.0, 1.8)
            snr = SNRS_DB[number % len(SNRS_DB)]
            samples, beside = _in_room(rng, speakers[names[0]], dry, snr)
            made.append(Clip(samples, "help", how, language, snr, engine, beside))
    return made


def others(rng: Rng, speaker: Speaker, count: int) -> list[Clip]:
    """Return so many clips of each other class that is made by synthesis."""
    makers: dict[str, Callable[[Rng], Samples]] = {
        "scream": voice.scream,
        "moan": voice.moan,
        "thud": impacts.thud,
        "glass": impacts.glass,
        "cough": voice.cough,
        "smoke_alarm": lambda r: machines.smoke_alarm(r, SECONDS - 1.0),
    }
    made = []
    for name, maker in makers.items():
        for number in range(count):
            dry = np.zeros(round(SECONDS * RATE), np.float32)
            place(dry, maker(rng), 0.5 if name == "smoke_alarm" else rng.uniform(2, 7))
            snr = SNRS_DB[number % len(SNRS_DB)]
            samples, beside = _in_room(rng, speaker, dry, snr)
            made.append(Clip(samples, name, "", "", snr, "", beside))
    return made


def television(rng: Rng, speaker: Speaker, seconds: float) -> Samples:
    """Return so many seconds of a television that speaks one language."""
    language = str(rng.choice(list(TALK)))
    made = np.zeros(round(seconds * RATE), np.float32)
    at = 0.0
    while at < seconds:
        said = speaker.say(rng, language, str(rng.choice(TALK[language])))
        place(made, said, at, rng.uniform(0.5, 1.0))
        at += len(said) / RATE + rng.exponential(0.35)
    return loudspeaker(rng, made, held=True)


def _in_room(rng: Rng, speaker: Speaker, dry: Samples, snr_db: int) -> tuple[Samples, str]:
    wet = through(dry, response(rng))[: len(dry)]
    loud = np.square(wet, dtype=np.float64)
    level = float(np.sqrt(loud[loud > loud.max() * 1e-3].mean()))
    beside = "television" if rng.random() < 0.25 else "machine"
    if beside == "television":
        behind = through(television(rng, speaker, SECONDS), response(rng))[: len(dry)]
        # Who calls beside a television is louder than it.
        snr_db = max(snr_db, 10)
    else:
        makers = list(machines.STEADY.values())[:4]
        behind = pick(rng, makers)(rng, SECONDS)
    whole = wet / np.float32(level) + unit(behind) * np.float32(10 ** (-snr_db / 20))
    gain = np.float32(10 ** (rng.uniform(-30, -6) / 20))
    return np.asarray(peak(microphone(rng, whole)) * gain, np.float32), beside
