"""Bursts of voice: where somebody calls out or speaks, from the rows of the network.

In: `audio.sounds.rows.Heard`. Out: `Burst`, when it is over. A pause ends one, so a word that is
called is one burst and a talk is a long one; and a voice that is much louder than the one before it
begins another, so that a call over a television is one of its own. Pure counting.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.sounds.articulation import articulation
from audio.sounds.rows import ROW_S, Heard, end_s
from models.sounds.outputs import OUTPUTS, STRIDE

_VOICE: Final = [OUTPUTS.index(name) for name in ("scream", "help", "call", "speech")]
_HELP: Final = OUTPUTS.index("help")
_CALL: Final = OUTPUTS.index("call")
BEGINS: Final = 0.5
ENDS: Final = 0.3
OVER_DB: Final = 8.0
"""A burst must rise so far over the floor."""
RISES_DB: Final = 8.0
_RISES_OVER: Final = (4, 20)
"""Two rows so much louder than the middle of those before them (at least, at most so many) are of
somebody else."""
FALLS_DB: Final = 14.0
"""A voice so far below the loudest row is of somebody else, or an echo."""
_LEVEL: Final = 0.75
"""Share of the rows that are softer than the level of a burst: one loud row is no loud voice."""
_EARLY_S: Final = 0.2
LONGEST: Final = 60
"""Rows after which a burst is given though it goes on: 4.8 s, a talk."""
PAUSE: Final = 5
"""Rows without a voice that end a burst; a word that ended it is told in them."""
_LEAD: Final = 3
"""Rows before a burst in which its voice began."""
_NOISE: Final = 25
_NOISE_LEAST: Final = 5
"""Rows in which nobody spoke before a burst, and their lead, that tell of the noise in it: 2 s at
most, 0.4 s at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """One burst.

    Attributes
    ----------
    start_s, end_s
        Seconds since the stream began.
    level_db, over_db
        Upper quarter of the rows in dBFS, and the loudest over the floor.
    help, call
        Highest probability of a word of each kind in it or at its end.
    shape
        (GROUPS,) mean shape of its rows.
    cut
        It goes on: the next burst joins.
    articulation
        How much the shape of its spectrum changes (`audio.sounds.articulation`).
    """

    start_s: float
    end_s: float
    level_db: float
    over_db: float
    help: float
    call: float
    shape: NDArray[np.float32]
    cut: bool = False
    articulation: float = 2.0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


class _Row(NamedTuple):
    """A row of the network: its number, and what was heard and said then."""

    number: int
    said: NDArray[np.float32]
    level_db: float
    over_db: float
    shape: NDArray[np.float32]
    frames: NDArray[np.float32]


class Bursts:
    """Finds the bursts of one stream."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        self._quiet = 0
        self._open = False
        self._before: deque[NDArray[np.float32]] = deque(maxlen=_LEAD)
        """Frames of the rows before the burst that goes on, or before now."""
        self._around: deque[NDArray[np.float32]] = deque(maxlen=_NOISE + _LEAD)
        """Frames of the rows in which nobody spoke, up to the burst that goes on, or to now."""

    @property
    def open(self) -> tuple[float, float] | None:
        """When the burst that goes on now began, and its level so far; None in quiet."""
        if not self._open:
            return None
        return end_s(self._rows[0].number) - _EARLY_S, _level(self._rows)

    def reset(self) -> None:
        """Forget what was heard."""
        self.__init__()  # type: ignore[misc]  # the state is that of a new one

    def push(self, heard: Heard) -> list[Burst]:
        """Take in a chunk; return the bursts that are over with it."""
        if not heard.looked and not self._open:
            self._before.clear()
            self._around.extend(np.split(heard.frames, len(heard.said)))
            return []
        found = []
        voice = heard.said[:, _VOICE].max(axis=1)
        for i, likely in enumerate(voice.tolist()):
            loud = float(heard.over_db[i])
            frames = heard.frames[i * STRIDE : (i + 1) * STRIDE]
            level = float(heard.level_db[i])
            row = _Row(heard.first + i, heard.said[i], level, loud, heard.shape[i], frames)
            if not self._open:
                if likely >= BEGINS and loud >= OVER_DB:
                    self._open, self._quiet, self._rows = True, 0, [row]
                else:
                    self._before.append(frames)
                    self._around.append(frames)
                continue
            before = [each.level_db for each in self._rows]
            if likely >= BEGINS and self._rises(before, level):
                louder = self._rows[-1]
                found.append(self._burst(len(self._rows) - 1 - self._quiet, cut=False))
                self._before.clear()
                self._quiet, self._rows = 0, [louder]
                before = before[-1:]
            self._rows.append(row)
            goes_on = likely >= ENDS and loud >= OVER_DB / 2 and level >= max(before) - FALLS_DB
            self._quiet = 0 if goes_on else self._quiet + 1
            if self._quiet >= PAUSE:
                found.append(self._burst(len(self._rows) - self._quiet, cut=False))
                self._before.extend(each.frames for each in self._rows[-_LEAD:])
                self._open = False
            elif len(self._rows) >= LONGEST:
                found.append(self._burst(len(self._rows), cut=True))
                self._before.clear()
                self._rows = [row]
        return found

    def _rises(self, before: list[float], level: float) -> bool:
        """Return whether the last row and this one are of somebody louder."""
        least, most = _RISES_OVER
        if len(before) <= least:
            return False
        middle = float(np.median(before[-most - 1 : -1]))
        return min(before[-1], level) > middle + RISES_DB

    def finish(self) -> list[Burst]:
        """End the stream; return the burst that this cuts off, if one is."""
        found = [self._burst(len(self._rows) - self._quiet, cut=False)] if self._open else []
        self.reset()
        return found

    def _burst(self, rows: int, *, cut: bool) -> Burst:
        inside = self._rows[: max(1, rows)]
        said = np.stack([row.said for row in self._rows])
        # A row tells of what lies behind it: its voice began about 0.2 s before its end.
        start = end_s(inside[0].number) - _EARLY_S
        noise = list(self._around)[:-_LEAD]
        return Burst(
            start_s=start,
            end_s=max(start + ROW_S, end_s(inside[-1].number) - 0.1),
            level_db=_level(inside),
            over_db=max(row.over_db for row in inside),
            help=float(said[:, _HELP].max()),
            call=float(said[:, _CALL].max()),
            shape=np.asarray(np.mean([row.shape for row in inside], axis=0), np.float32),
            cut=cut,
            articulation=articulation(
                np.concatenate([*self._before, *(row.frames for row in inside)]),
                np.concatenate(noise) if len(noise) >= _NOISE_LEAST else None,
            ),
        )


def _level(rows: list[_Row]) -> float:
    return float(np.quantile([row.level_db for row in rows], _LEVEL))
