"""Scenes as frames and targets in memory: a cast in, a `Pool` out.

A target is 1, 0, or -1 where nobody can say (next to borders, or a sound that counts as either).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.sounds.mel import BANDS, HOP_S, WINDOW, count, mel
from models.sounds.network import rows
from models.sounds.outputs import FIELD, OUTPUTS, STRIDE
from models.sounds.synthesis.basics import RATE
from models.sounds.synthesis.scenes import KINDS, SECONDS, Cast, Scene, scene

UNKNOWN: Final = -1
WORDS: Final = frozenset({"help", "call"})
_AFTER_WORD_S: Final = (0.0, 0.45, 0.75)
"""A word is told from its end on, for so long; then nobody can say for a moment."""
_LATE_S: Final = 0.15
_TAIL_S: Final = (0.1, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """n scenes.

    Attributes
    ----------
    frames
        (n, T, BANDS) float16.
    targets
        (n, m, O) int8: 1, 0 or `UNKNOWN`.
    kinds, languages
        (n,) of each scene.
    snr_db
        (n,).
    """

    frames: NDArray[np.float16]
    targets: NDArray[np.int8]
    kinds: NDArray[np.str_]
    languages: NDArray[np.str_]
    snr_db: NDArray[np.float32]


def times(count_rows: int) -> NDArray[np.float64]:
    """Return the instant (m,) in seconds at which each row has heard all that it sees."""
    last = np.arange(count_rows) * STRIDE + FIELD - 1
    return np.asarray(last * HOP_S + WINDOW / RATE)


def targets(made: Scene, count_rows: int) -> NDArray[np.int8]:
    """Return the targets (m, O) of a scene."""
    t = times(count_rows)
    found = np.zeros((count_rows, len(OUTPUTS)), np.int8)
    for mark in made.marks:
        for name in mark.unsure:
            near = (t >= mark.start_s) & (t <= mark.end_s + _TAIL_S[1])
            found[near, OUTPUTS.index(name)] = UNKNOWN
    for mark in made.marks:
        if not mark.name:
            continue
        column = found[:, OUTPUTS.index(mark.name)]
        if mark.name in WORDS:
            yes = (mark.end_s + _AFTER_WORD_S[0], mark.end_s + _AFTER_WORD_S[1])
            last = mark.end_s + _AFTER_WORD_S[2]
        else:
            yes = (mark.start_s + _LATE_S, mark.end_s + _TAIL_S[0])
            last = mark.end_s + _TAIL_S[1]
        column[(t >= mark.start_s) & (t <= last) & (column == 0)] = UNKNOWN
        column[(t >= yes[0]) & (t <= yes[1])] = 1
    return found


def pool(
    made_of: Cast,
    count_scenes: int,
    seed: int,
    *,
    shares: Mapping[str, float] = KINDS,
    tell: Callable[[str], None] = lambda line: None,
) -> Pool:
    """Return so many scenes; the same seed makes the same ones."""
    length = count(round(SECONDS * RATE))
    steps = rows(length)
    frames = np.empty((count_scenes, length, BANDS), np.float16)
    wanted = np.empty((count_scenes, steps, len(OUTPUTS)), np.int8)
    kinds, languages, snr = [], [], []
    for number in range(count_scenes):
        made = scene(np.random.default_rng((seed, number)), made_of, shares=shares)
        frames[number] = mel(made.samples)
        wanted[number] = targets(made, steps)
        kinds.append(made.kind)
        languages.append(made.language)
        snr.append(made.snr_db)
        if (number + 1) % 1000 == 0:
            tell(f"{number + 1} of {count_scenes} scenes")
    return Pool(frames, wanted, np.array(kinds), np.array(languages), np.array(snr, np.float32))
