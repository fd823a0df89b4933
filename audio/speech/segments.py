"""Where somebody speaks, in event time: blocks of one microphone in, segments of speech out.

A segment is given when it is over (a pause has lasted, see `audio.speech.hysteresis`). Blocks may
be of any length, and however the same sound is cut, the segments are the same. A gap between two
blocks ends a segment: what was not heard is not bridged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audio.blocks import SAMPLE_NS, Block
from audio.speech.hysteresis import Hysteresis, Levels, Speaking, Stretch
from audio.speech.vad import STEP, SpeechNetwork

STEP_NS: Final = STEP * SAMPLE_NS
GAP_NS: Final = 100_000_000
"""Time that may be missing between two blocks (a clock that is set right) before they do not join
on."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Speech between two instants of event time, in nanoseconds."""

    start_ns: int
    end_ns: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end_ns - self.start_ns) / 1e9


class SpeechFinder:
    """Finds the segments of speech of one microphone.

    Parameters
    ----------
    network
        Owned by the finder from now on.
    levels
        Thresholds of the hysteresis.
    """

    def __init__(self, network: SpeechNetwork, levels: Levels | None = None) -> None:
        self._network = network
        self._levels = levels
        self._hysteresis = Hysteresis(levels)
        self._origin_ns: int | None = None
        self._heard = 0
        self._end_ns = 0

    @property
    def state(self) -> Speaking:
        """Whether somebody speaks, as far as whole steps tell."""
        return self._hysteresis.state

    @property
    def began_ns(self) -> int | None:
        """When the segment that goes on now began; None in quiet."""
        began = self._hysteresis.began
        return None if began is None else self._time(began)

    def push(self, block: Block) -> list[Segment]:
        """Take in a block; return the segments that are over with it, in order."""
        found = []
        if self._origin_ns is not None:
            due = self._origin_ns + self._heard * SAMPLE_NS
            if block.lost or abs(block.began_ns - due) > GAP_NS:
                found += self.finish()
        self._heard += block.samples.size
        # Times follow the block's clock, so a microphone that runs fast or slow does not drift.
        self._origin_ns = block.t_ns - self._heard * SAMPLE_NS
        for probability in self._network.push(block.samples).tolist():
            stretch = self._hysteresis.step(probability)
            if stretch is not None:
                found.append(self._segment(stretch))
        return found

    def finish(self) -> list[Segment]:
        """End the sound; return the segment that is cut off by that, if one is."""
        stretch = self._hysteresis.finish()
        found = [] if stretch is None else [self._segment(stretch)]
        self._network.reset()
        self._hysteresis = Hysteresis(self._levels)
        self._origin_ns = None
        self._heard = 0
        return found

    def _segment(self, stretch: Stretch) -> Segment:
        """Return the times of a stretch, never before the end of the one before."""
        start = max(self._time(stretch.start), self._end_ns)
        self._end_ns = max(start, self._time(stretch.stop))
        return Segment(start, self._end_ns)

    def _time(self, step: int) -> int:
        if self._origin_ns is None:
            raise ValueError("expected a block before a time is asked for; call push first")
        return self._origin_ns + step * STEP_NS
