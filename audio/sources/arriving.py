"""Sound that arrives now: chunks as blocks with the time of a node.

Comes in: chunks of a live source, and when each arrived. Goes out: blocks, stamped by
`SoundClock`. Pure.
"""

from __future__ import annotations

from audio.blocks import SAMPLE_NS, SECOND_NS, Block
from audio.sources.base import Chunk
from audio.sources.resample import Converter
from audio.sources.timing import SoundClock


class Arriving:
    """Makes blocks of one live source's chunks.

    Parameters
    ----------
    name
        What to call the source in messages.
    """

    def __init__(self, name: str) -> None:
        self._converter = Converter(name)
        self._clock = SoundClock()
        self._rate = 0
        self._lost = 0
        self._late = False
        self._last_ns = -1

    def take(self, chunk: Chunk, arrival_ns: int) -> Block | None:
        """Take in a chunk that arrived at event time `arrival_ns`; return what is ready.

        Raises
        ------
        SourceError
            For a rate that no microphone has.
        """
        if len(chunk.values) == 0:
            return None
        if self._rate and chunk.rate != self._rate:
            # The few samples that the filter held back are given up with the old rate.
            self._lost += max(1, self._converter.pending_ns // SAMPLE_NS)
            self._converter.flush()
        self._rate = chunk.rate
        stamp = self._clock.stamp(len(chunk.values) * SECOND_NS // chunk.rate, arrival_ns)
        self._late = self._late or stamp.late
        self._lost += stamp.lost_ns // SAMPLE_NS
        if chunk.overflowed:
            # How much is missing shows in the times that follow.
            self._lost = max(1, self._lost)
        converted = self._converter.convert(chunk.values, chunk.rate)
        if converted.samples.size == 0:
            return None
        self._last_ns = max(stamp.t_ns - self._converter.pending_ns, self._last_ns + 1)
        block = Block(
            converted.samples,
            self._last_ns,
            lost=self._lost,
            late=self._late,
            clipped=converted.clipped,
            broken=converted.broken,
        )
        self._lost, self._late = 0, False
        return block
