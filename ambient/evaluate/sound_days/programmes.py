"""What is spoken in simulated rooms: programmes of a television, and sentences of people.

In: a generator, a speaker, recorded speech. Out: dry sound, made once and used again at another
tempo, in another room, at another level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ambient.evaluate import speech_rows
from ambient.evaluate.sound_days.calls import television
from audio.blocks import RATE, Samples
from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import Rng, peak, pick, place, resampled
from models.sounds.synthesis.espeak import Speaker
from models.sounds.synthesis.rooms import loudspeaker, response, through

PROGRAMME_S: Final = 60.0
_SPOKEN: Final = ("neutral", "calm", "happy", "angry", "sad", "surprised", "fearful", "disgust",
                  "speech", "meeting", "dialogue")  # fmt: skip
"""What labels of speech begin with; acted anger and fear too: there are films."""
_NOT_EVERYDAY: Final = ("scream", "pain", "thud", "glass", "format", "rir", "tone", "silence",
                        "vad_", "mixed")  # fmt: skip
"""Labels of distress, and of what is no sound of a room."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What days are made of.

    Attributes
    ----------
    speaker
        Says words.
    programmes
        A minute of television each, as it leaves the loudspeaker.
    recorded
        Recorded sounds of the house, by label.
    rooms
        Impulse responses.
    """

    speaker: Speaker
    programmes: Sequence[Samples]
    recorded: Sequence[tuple[str, Samples]]
    rooms: Sequence[Samples]


def shelf(rng: Rng, data: Path | None, *, programmes: int, held: bool) -> Shelf:
    """Return what days are made of.

    Parameters
    ----------
    data
        The folder of recordings, whose rows (those that may be learned from, unless `held`) are
        used beside the synthesis; None for synthesis alone.
    programmes
        Minutes of television.
    held
        Voices that training never sees, and recordings of every use.
    """
    speaker = Speaker(held=held)
    spoken: list[Samples] = []
    house: list[tuple[str, Samples]] = []
    if data is not None:
        for row in speech_rows.read(data / "audio" / "manifest.csv"):
            if not held and row.use != speech_rows.TRAIN:
                continue
            if row.label.startswith(_SPOKEN):
                spoken.append(speech_rows.samples_of(row.path)[: 20 * RATE])
            elif not row.label.startswith(_NOT_EVERYDAY):
                house.append((row.label, speech_rows.samples_of(row.path)[: 20 * RATE]))
    made = []
    for number in range(programmes):
        if spoken and number % 2:
            made.append(_recorded(rng, spoken))
        else:
            made.append(television(rng, speaker, PROGRAMME_S))
    rooms = [response(rng) for _ in range(60)]
    return Shelf(speaker, made, house, rooms)


def _recorded(rng: Rng, spoken: Sequence[Samples]) -> Samples:
    """Return a minute of recorded speech out of a loudspeaker, over music at times."""
    made = np.zeros(round(PROGRAMME_S * RATE), np.float32)
    at = 0.0
    while at < PROGRAMME_S:
        piece = peak(pick(rng, spoken))
        place(made, piece, at, rng.uniform(0.4, 1.0))
        at += len(piece) / RATE + rng.exponential(0.4)
    if rng.random() < 0.4:
        made += machines.music(rng, PROGRAMME_S) * np.float32(rng.uniform(0.01, 0.08))
    return loudspeaker(rng, made, held=True)


def played(rng: Rng, things: Shelf, sound: Samples, level_db: float) -> Samples:
    """Return a sound in one of the rooms at a level (peak, dBFS), at a tempo of its own."""
    sound = resampled(sound, 100, int(rng.integers(95, 106)))
    wet = through(sound, pick(rng, things.rooms))
    return peak(wet) * np.float32(10 ** (level_db / 20))
