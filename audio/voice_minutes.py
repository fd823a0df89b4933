"""Minutes of one resident's speech: stretches that passed the gate in, `VoiceMeasured` out.

Of each stretch only the descriptors are kept, in memory, and only until there is a minute of them;
then they are summed up to the few values of `audio.features.measure` and forgotten. A pause between
two stretches of one turn belongs to the turn, for pauses are measured too; nothing else that was
heard does. Pure: time comes with the sound.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import VoiceMeasured
from audio.blocks import RATE, SECOND_NS, Samples
from audio.features import LOOKED_AT, Descriptors, Extractor, Lld, evidence, measure
from audio.features.frames import STEP, STEP_S

ENOUGH_S: Final = 60.0
"""Speech in one measurement at least; over less than this, words show through (docs/audio.md)."""
PATIENCE_S: Final = 4 * 3600.0
"""Speech that is older is forgotten, not joined with what is spoken now: shorter than the shortest
part of a day that has a baseline of its own."""


_COLUMNS: Final = [list(Lld).index(name) for name in LOOKED_AT]
_Span = tuple[int, int]
"""First and last row, the last not included."""


class VoiceMinutes:
    """Collects the speech of one resident at one microphone.

    Parameters
    ----------
    room, source, subject
        Of the observations that it makes.
    version
        Of everything that decides about the values.
    enough_s
        Speech in one measurement at least.
    """

    def __init__(
        self,
        room: str,
        source: str,
        subject: str,
        version: str,
        *,
        enough_s: float = ENOUGH_S,
    ) -> None:
        self._room, self._source = room, source
        self._subject, self._version = subject, version
        self._enough_s = enough_s
        self.forget()

    def forget(self) -> None:
        """Forget everything that was collected."""
        self._extractor = Extractor(full=False)
        self._rows: list[NDArray[np.float32]] = []
        """The columns that are looked at, in half the precision: ten microphones may collect for
        hours."""
        self._done = 0
        """Rows of the turns that are over."""
        self._segments: list[_Span] = []
        self._turn: list[_Span] = []
        """Stretches of the turn that goes on, in rows from its beginning."""
        self._turn_samples = 0
        self._speech_s = 0.0
        self._began_ns: int | None = None

    @property
    def speech_s(self) -> float:
        """How much speech is collected."""
        return self._speech_s

    def hear(
        self, speech: Samples, start_ns: int, t_ns: int, pause: Samples | None = None
    ) -> VoiceMeasured | None:
        """Take in a stretch of the resident's speech; return what was measured if that is enough.

        Parameters
        ----------
        speech
            float32 at 16 kHz, shape (n,).
        start_ns, t_ns
            When it began, and the time now.
        pause
            What was heard between the stretch before and this one, when both are of one turn.
        """
        if self._began_ns is not None and t_ns - self._began_ns > PATIENCE_S * SECOND_NS:
            self.forget()
        if pause is None:
            self.end_turn()
        elif pause.size:
            self._push(pause)
        if self._began_ns is None:
            self._began_ns = start_ns
        begin = self._turn_samples // STEP
        self._push(speech)
        self._turn.append((begin, self._turn_samples // STEP))
        self._speech_s += speech.size / RATE
        return self._measured(t_ns) if self._speech_s >= self._enough_s else None

    def end_turn(self) -> None:
        """End the turn: what comes next does not join on."""
        if not self._turn_samples:
            return
        self._keep(self._extractor.finish())
        rows = sum(len(part) for part in self._rows) - self._done
        # The last frames need sound beyond the end, so a turn has a row or two less than its time.
        self._segments += [
            (self._done + min(begin, rows), self._done + min(end, rows))
            for begin, end in self._turn
        ]
        self._done += rows
        self._turn, self._turn_samples = [], 0

    def _push(self, sound: Samples) -> None:
        self._keep(self._extractor.push(sound))
        self._turn_samples += sound.size

    def _keep(self, described: Descriptors) -> None:
        self._rows.append(described.rows[:, _COLUMNS].astype(np.float32))

    def _measured(self, t_ns: int) -> VoiceMeasured:
        self.end_turn()
        kept = np.concatenate(self._rows)
        rows = np.zeros((len(kept), len(Lld)))
        rows[:, _COLUMNS] = kept
        segments = [(begin * STEP_S, end * STEP_S) for begin, end in self._segments]
        assert self._began_ns is not None
        found = VoiceMeasured(
            t=t_ns,
            room=self._room,
            source=self._source,
            subject=self._subject,
            began=self._began_ns,
            speech_s=max(self._enough_s, evidence(self._speech_s)),
            values=measure(Descriptors(rows), segments),
            version=self._version,
        )
        self.forget()
        return found
