"""What a microphone can hear: silent, clipped, humming, offset, with gaps, or gone.

Comes in: every block of one microphone. Goes out: a `HearingState` at each lasting change and once
a minute. Pure: time is an argument. Sound is judged by the second, whatever the blocks' lengths,
so a stream that is cut up differently is judged alike.

The thresholds below state what they were set on: the 976 seconds of the shared recordings that are
marked for training, sound made by synthesis, or a definition. Each is left only when its measure
is better by a margin, and a state must last before it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.observations import Hearing, HearingState
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.listening import WINDOW, listen

HOLD_S: Final = 3
LONGER_S: Final = {Hearing.SILENT: 10, Hearing.OFFSET: 10}
"""So long must a state last before it is said."""
GONE_S: Final = 5.0
REPEAT_S: Final = 60.0

SILENT_DBFS: Final = -96.0
"""Half a step of 16 bits, root mean square. The quietest second of a room in the shared recordings
lies at −84 dBFS; below this is only digital silence, padding and cleaned studio sound."""
DROP_DB: Final = 30.0
"""So far below its own floor no room falls that still is heard: a fan that stops takes 20."""
DROP_S: Final = 50
DROP_KNOWN_S: Final = 600
"""The floor is judged against once so much has been heard."""
FLOOR_STEP_DB: Final = 0.05
FLOOR_SHARE: Final = 0.05
"""The floor is the level that is not reached in this share of seconds; it moves by at most the
step a second."""
OFFSET: Final = 0.05
"""Share of full scale. Six training seconds of 976 have it, five of them in a row."""
CLIPPED: Final = 0.01
CLIPPED_OVER_S: Final = 10
"""Mean share of clipped values. 32 training seconds of 976 reach it each by itself."""
HUM_DB: Final = 0.0
HUM_DBFS: Final = -70.0
HUM: Final = 0.5
HUM_OVER_S: Final = 60
"""Share of seconds in which hum is louder than everything else, and above the floor of a quiet
room. Three training seconds of 976 are (two of them a snorer); recordings with a hum in them lie at
+6 to +13 dB."""
MISSING: Final = 0.05
MISSING_OVER_S: Final = 60
"""Mean share of samples that are missing: a single hole of any length stays below."""
LATE_A_MINUTE: Final = 6.0
LEAVE: Final = 0.5
"""A mean that raised a state must fall to this share of its threshold."""
LEAVE_DB: Final = 3.0


@dataclass(slots=True)
class Mean:
    """A mean that forgets.

    Attributes
    ----------
    over_s
        Time constant, seconds.
    limit
        From here on it raises a state.
    """

    over_s: float
    limit: float
    value: float = 0.0

    def learn(self, value: float) -> None:
        """Take in the value of one second."""
        self.value += (value - self.value) / self.over_s

    def raises(self, holds: bool) -> bool:
        """Return whether it raises its state, which already `holds` or not."""
        return self.value > self.limit * (LEAVE if holds else 1.0)


@dataclass(slots=True)
class Floor:
    """The level below which this room hardly ever is.

    At first the lowest that was heard; then a running quantile, by small steps.
    """

    seconds: int = 0
    level: float = 0.0
    below_s: int = 0

    def learn(self, level: float) -> None:
        """Take in the level of one second, dBFS."""
        self.seconds += 1
        if self.seconds <= DROP_KNOWN_S:
            self.level = min(self.level, level)
            return
        share = FLOOR_SHARE if level > self.level else FLOOR_SHARE - 1.0
        self.level += FLOOR_STEP_DB * share

    def dropped(self, level: float, holds: bool) -> bool:
        """Return whether the level has been far below the floor for `DROP_S`."""
        limit = self.level - DROP_DB + (LEAVE_DB if holds else 0.0)
        below = self.seconds >= DROP_KNOWN_S and level < limit
        self.below_s = self.below_s + 1 if below else 0
        return self.below_s >= DROP_S


class HearingMonitor:
    """Says what one microphone can hear.

    Parameters
    ----------
    room, source
        Of the observations that it makes.
    gone_s
        Without any block for so long the microphone is gone.

    Attributes
    ----------
    lost, late, broken
        Samples lost, blocks late, samples that were no numbers: since the beginning.
    """

    def __init__(self, room: str, source: str, *, gone_s: float = GONE_S) -> None:
        self._room = room
        self._source = source
        self._gone_ns = round(gone_s * 1e9)
        self.lost = self.late = self.broken = 0
        self._window = np.zeros(WINDOW, np.float32)
        self._filled = 0
        self._missing_now = 0
        self._late_now = 0
        self._clipped_now = 0.0
        self._floor = Floor()
        self._clipped = Mean(CLIPPED_OVER_S, CLIPPED)
        self._hum = Mean(HUM_OVER_S, HUM)
        self._missing = Mean(MISSING_OVER_S, MISSING)
        self._lateness = Mean(MISSING_OVER_S, LATE_A_MINUTE / 60.0)
        self._hearing: Hearing | None = None
        self._overridden = False
        self._candidate: Hearing | None = None
        self._candidate_s = 0
        self._heard_ns: int | None = None
        self._run_ns = 0
        self._said_ns = 0

    @property
    def hearing(self) -> Hearing | None:
        """What was last said; None before that."""
        return self._hearing

    def update(self, block: Block) -> list[HearingState]:
        """Take in a block; return what to say, if anything, in order."""
        self._count(block)
        self._heard_ns = block.t_ns
        self._run_ns = self._run_ns or block.t_ns
        said: list[HearingState] = []
        samples = block.samples
        done = 0
        while done < samples.size:
            count = min(samples.size - done, WINDOW - self._filled)
            self._window[self._filled : self._filled + count] = samples[done : done + count]
            self._filled += count
            self._clipped_now += block.clipped * count
            done += count
            if self._filled == WINDOW:
                state = self._second(block.t_ns - (samples.size - done) * SAMPLE_NS)
                if state is not None:
                    said.append(state)
        return said

    def silence(self, t_ns: int) -> HearingState | None:
        """Return what to say at `t_ns` when no block has come; call it about once a second."""
        if self._overridden:
            return self._repeat(0.0, t_ns)
        if self._heard_ns is None:
            self._heard_ns = t_ns
            return None
        silent_ns = t_ns - self._heard_ns
        if silent_ns < self._gone_ns:
            return None
        if self._hearing is Hearing.GONE:
            return self._repeat(silent_ns / 1e9, t_ns)
        return self._say(Hearing.GONE, silent_ns / 1e9, t_ns)

    def override(self, hearing: Hearing | None, t_ns: int) -> HearingState | None:
        """Say `hearing` (paused, off) until overridden with None, from when blocks decide again."""
        self._overridden = hearing is not None
        self._window.fill(0.0)
        self._filled = 0
        if hearing is None:
            self._heard_ns = t_ns
            self._hearing = None
            return None
        return self._say(hearing, 0.0, t_ns)

    def _count(self, block: Block) -> None:
        self.lost += block.lost
        self.late += block.late
        self.broken += block.broken
        self._late_now += block.late
        self._missing_now += block.broken
        # While it was gone nothing could be missing: that has been said.
        if block.lost * SAMPLE_NS < self._gone_ns:
            self._missing_now += block.lost

    def _second(self, t_ns: int) -> HearingState | None:
        """Judge the second of sound that ended at `t_ns`."""
        heard = listen(self._window)
        self._clipped.learn(self._clipped_now / WINDOW)
        self._hum.learn(float(heard.hum_ratio > HUM_DB and heard.hum > HUM_DBFS))
        self._missing.learn(min(1.0, self._missing_now / RATE))
        self._lateness.learn(float(self._late_now))
        self._filled = self._missing_now = self._late_now = 0
        self._clipped_now = 0.0
        if self._overridden:
            return self._repeat(0.0, t_ns)
        now = self._hearing

        def holds(hearing: Hearing) -> bool:
            return now is hearing

        silent = holds(Hearing.SILENT)
        dropped = self._floor.dropped(heard.level, silent)
        if heard.level < SILENT_DBFS + (LEAVE_DB if silent else 0.0) or dropped:
            return self._settle(Hearing.SILENT, heard.level, t_ns)
        if self._floor.below_s == 0:
            self._floor.learn(heard.level)
        if self._missing.raises(holds(Hearing.GAPS)):
            return self._settle(Hearing.GAPS, self._missing.value, t_ns)
        if self._lateness.raises(holds(Hearing.GAPS)):
            return self._settle(Hearing.GAPS, 60.0 * self._lateness.value, t_ns)
        if self._clipped.raises(holds(Hearing.CLIPPED)):
            return self._settle(Hearing.CLIPPED, self._clipped.value, t_ns)
        if abs(heard.offset) > OFFSET * (LEAVE if holds(Hearing.OFFSET) else 1.0):
            return self._settle(Hearing.OFFSET, heard.offset, t_ns)
        if self._hum.raises(holds(Hearing.HUM)):
            return self._settle(Hearing.HUM, heard.hum_ratio, t_ns)
        return self._settle(Hearing.OK, heard.level, t_ns)

    def _settle(self, hearing: Hearing, measure: float, t_ns: int) -> HearingState | None:
        """Say `hearing` once it has lasted; that all is well at the beginning, at once."""
        if hearing is self._hearing:
            self._candidate = None
            return self._repeat(measure, t_ns)
        if hearing is not self._candidate:
            self._candidate, self._candidate_s = hearing, 0
        self._candidate_s += 1
        at_once = self._hearing is None and hearing is Hearing.OK
        if at_once or self._candidate_s >= LONGER_S.get(hearing, HOLD_S):
            return self._say(hearing, measure, t_ns)
        return None if self._hearing is None else self._repeat(measure, t_ns)

    def _repeat(self, measure: float, t_ns: int) -> HearingState | None:
        if self._hearing is None or t_ns - self._said_ns < REPEAT_S * 1e9:
            return None
        return self._say(self._hearing, measure, t_ns)

    def _say(self, hearing: Hearing, measure: float, t_ns: int) -> HearingState:
        if hearing is not self._hearing:
            self._hearing, self._candidate = hearing, None
        self._said_ns = t_ns
        return HearingState(
            t=t_ns,
            room=self._room,
            source=self._source,
            hearing=hearing,
            measure=round(measure, 3),
            run=self._run_ns,
        )
