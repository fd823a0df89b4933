"""The wizard's questions to the process *audio*: how loud it was, tenth by tenth of a second.

Comes in: blocks of sound on their way through the pipeline, and questions. Goes out: peaks in dB
below full scale. Nothing is measured while nobody asks, and no sound is kept.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from ambient.node.wizard.looks import Level, Levels, LevelWanted

if TYPE_CHECKING:
    from audio.blocks import Block

STEP_NS: Final = 100_000_000
KEPT: Final = 600
"""Tenths of a second: one minute."""
WANTED_S: Final = 60.0
LEAST_DB: Final = -100.0


class MicrophoneLevels:
    """The levels of one microphone, measured in its thread and read in another."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._levels: deque[Level] = deque(maxlen=KEPT)
        self._peak = 0.0
        self._end = 0
        self._wanted_until = 0.0

    def offer(self, block: Block, now: float) -> None:
        """Take in a block of sound at `now` (s); costs nothing while nobody asks."""
        if now >= self._wanted_until:
            self._levels.clear()
            self._end = 0
            return
        self._peak = max(self._peak, float(np.max(np.abs(block.samples))))
        if self._end == 0:
            self._end = block.t_ns + STEP_NS
        if block.t_ns >= self._end:
            peak = 20 * math.log10(self._peak) if self._peak > 0 else LEAST_DB
            with self._lock:
                self._levels.append(
                    Level(source=self._source, t=block.t_ns, peak=max(LEAST_DB, peak))
                )
            self._peak, self._end = 0.0, block.t_ns + STEP_NS

    def answer(self, since: int, now: float) -> list[Level]:
        """Return the levels from `since` (ns) on, and go on measuring for a while."""
        self._wanted_until = now + WANTED_S
        with self._lock:
            return [level for level in self._levels if level.t >= since]


class Loudness:
    """The levels of all microphones of a node, by room."""

    def __init__(self, microphones: list[tuple[str, str]]) -> None:
        self.microphones: Mapping[tuple[str, str], MicrophoneLevels] = {
            (room, source): MicrophoneLevels(source) for room, source in microphones
        }

    def answer(self, question: bytes) -> bytes:
        """Answer a question.

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When it is no question.
        """
        wanted = msgspec.msgpack.decode(question, type=LevelWanted)
        now = time.monotonic()
        levels = [
            level
            for (room, _), one in self.microphones.items()
            if room == wanted.room
            for level in one.answer(wanted.since, now)
        ]
        return msgspec.msgpack.encode(Levels(levels=levels))
