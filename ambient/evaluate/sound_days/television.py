"""A loudspeaker told from a person, on recorded speech: rows in, an area under the curve out.

Each recording of dry speech is put in a room twice, once as a person and once out of a loudspeaker
of the family that training never sees; and so are stretches as long as a node listens to before it
says more, of several recordings of one speaker. Rows that may be learned from are left out. Speech
that was recorded in a room, by people in it, is measured as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct

from ambient.evaluate import speech_rows
from ambient.evaluate.speech_rows import SoundRow
from ambient.evaluate.statistics import SEED, Share, wilson
from audio.blocks import RATE, Samples
from audio.speech.television import TelevisionJudge
from models.television.learning.area import Area, area
from models.television.learning.talks import heard

DRY: Final = ("calm", "neutral", "happy", "sad", "angry", "fearful", "surprised", "disgust")
"""What labels of dry speech begin with."""
IN_ROOM: Final = ("meeting", "dialogue")
RATIOS_DB: Final = (5, 15, 25)
LONGEST_S: Final = 8.0


class Told(Struct, frozen=True):
    """How well a person is told from a loudspeaker.

    Attributes
    ----------
    all, by_db
        Areas over all ratios of speech to noise, and for each.
    long
        Area over stretches of `LONGEST_S`: recordings of one speaker one after another.
    in_room
        Recordings made in rooms: stretches of 8 s that are taken for a person's.
    """

    all: Area
    by_db: dict[str, Area]
    long: Area
    in_room: Share


def measure(rows: Sequence[SoundRow], judge: TelevisionJudge | None = None) -> Told:
    """Return how well recorded people are told from the same out of a loudspeaker."""
    judge = judge if judge is not None else TelevisionJudge()
    found: list[_Said] = []
    long: list[_Said] = []
    taken: list[bool] = []
    kept: dict[str, list[Samples]] = {}
    for number, row in enumerate(_measured(rows, DRY)):
        dry = speech_rows.samples_of(row.path)[: round(LONGEST_S * RATE)]
        ratio = RATIOS_DB[number % len(RATIOS_DB)]
        speaker = row.speaker or row.file
        found += _both(judge, dry, ratio, number, speaker)
        parts = kept.setdefault(speaker, [])
        parts.append(dry)
        if sum(len(part) for part in parts) >= LONGEST_S * RATE:
            whole = np.concatenate(kept.pop(speaker))[: round(LONGEST_S * RATE)]
            long += _both(judge, whole, ratio, number, speaker)
    for row in _measured(rows, IN_ROOM):
        taken += [judge.person(part) >= 0.5 for part in _parts(row)]
    return Told(
        all=_area(found),
        by_db={f"{db}": _area([each for each in found if each.ratio == db]) for db in RATIOS_DB},
        long=_area(long),
        in_room=wilson(sum(taken), len(taken)),
    )


def _measured(rows: Sequence[SoundRow], labels: tuple[str, ...]) -> list[SoundRow]:
    """Return rows whose label begins so and that may not be learned from, in their own order.

    Rooms and ratios are drawn by place in it: no other recording may change them.
    """
    held = (row for row in rows if row.use != speech_rows.TRAIN and row.label.startswith(labels))
    return speech_rows.in_order(held)


class _Said(NamedTuple):
    score: float
    person: bool
    speaker: str
    ratio: int


def _both(
    judge: TelevisionJudge, dry: Samples, ratio: int, number: int, speaker: str
) -> list[_Said]:
    """Return what is said of speech from a loudspeaker and from a person, in rooms of their own."""
    said = []
    for person in (False, True):
        rng = np.random.default_rng((SEED, number, person))
        sound = heard(rng, dry, float(ratio), person=person, held=True)
        said.append(_Said(judge.person(sound), person, speaker, ratio))
    return said


def _area(said: Sequence[_Said]) -> Area:
    return area(
        [each.score for each in said],
        [each.person for each in said],
        [each.speaker for each in said],
        SEED,
    )


def _parts(row: SoundRow) -> list[Samples]:
    samples = speech_rows.samples_of(row.path)
    size = round(LONGEST_S * RATE)
    return [samples[i : i + size] for i in range(0, len(samples) - size + 1, size)]
