"""A recording as a source: its chunks as blocks, in event time.

Comes in: a way to open a `Reader`. Goes out: blocks whose time is `start_ns` plus the place in the
recording, exact to the sample; as fast as they are read, or paced at real speed. A recording that
is cut off ends with what could be read, and says so.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ambient.errors import SourceError
from audio.blocks import RATE, SAMPLE_NS, SECOND_NS, Block
from audio.sources.base import Chunk, Readable, Reader
from audio.sources.resample import Converted, Converter


class Recording(Readable):
    """A file of sound.

    Parameters
    ----------
    name
        What to call it in messages.
    open_reader
        Opens it; called again for every round when looping.
    realtime
        Give each block no earlier than its time.
    start_ns
        Event time of the recording's beginning.
    loop
        Begin again at the end, with time going on.
    monotonic, sleep
        Seams for tests: a clock in nanoseconds, a wait in seconds.

    Raises
    ------
    SourceError
        When it can't be opened, is no sound, or holds no sample.
    """

    def __init__(
        self,
        name: str,
        open_reader: Callable[[], Reader],
        *,
        realtime: bool = False,
        start_ns: int = 0,
        loop: bool = False,
        monotonic: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open = open_reader
        self._realtime = realtime
        self._start_ns = start_ns
        self._loop = loop
        self._monotonic = monotonic
        self._sleep = sleep
        self._began_ns: int | None = None
        self._converter = Converter(name)
        self._ready: deque[Block] = deque()
        self._elapsed_ns = 0
        self._lost = 0
        self._rate = 0
        self._cut_off = False
        self._reader: Reader | None = open_reader()
        try:
            self._fill()
        except SourceError:
            self.close()
            raise
        if not self._ready:
            self.close()
            raise SourceError(
                f"{name}: expected at least one sample of sound, got none; choose another file"
            )

    @property
    def live(self) -> bool:
        """True when paced: blocks then come in their own time."""
        return self._realtime

    @property
    def cut_off(self) -> bool:
        """Whether it ended before its time, or could not be read further."""
        return self._cut_off

    def read(self) -> Block | None:
        """Return the next block, or None at the end."""
        if not self._ready:
            self._fill()
        if not self._ready:
            return None
        block = self._ready.popleft()
        if self._realtime:
            self._wait(block.t_ns - self._start_ns)
        return block

    def close(self) -> None:
        """Close the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _fill(self) -> None:
        """Read until a block is ready or the recording has ended."""
        while self._reader is not None and not self._ready:
            chunk = self._reader.read()
            if chunk is not None:
                self._take(chunk)
                continue
            self._put(self._converter.flush())
            self._rate = 0
            self._cut_off = self._cut_off or self._reader.cut_off
            heard = self._elapsed_ns > 0
            self.close()
            if self._loop and heard:
                self._reader = self._open()

    def _take(self, chunk: Chunk) -> None:
        if chunk.lost_ns or (self._rate and chunk.rate != self._rate):
            self._put(self._converter.flush())
            missing = chunk.lost_ns // SAMPLE_NS
            self._elapsed_ns += missing * SAMPLE_NS
            # Nothing is lost where nothing has been heard yet: the sound begins late.
            self._lost += missing if self._rate else 0
        self._rate = chunk.rate
        self._put(self._converter.convert(chunk.values, chunk.rate))

    def _put(self, converted: Converted) -> None:
        samples = converted.samples
        if samples.size == 0:
            return
        self._elapsed_ns += samples.size * SAMPLE_NS
        self._ready.append(
            Block(
                samples,
                self._start_ns + self._elapsed_ns,
                lost=self._lost,
                clipped=converted.clipped,
                broken=converted.broken,
            )
        )
        self._lost = 0

    def _wait(self, elapsed_ns: int) -> None:
        now_ns = self._monotonic()
        if self._began_ns is None:
            # The first block is given when it would have been heard.
            self._began_ns = now_ns
        wait_ns = self._began_ns + elapsed_ns - now_ns
        if wait_ns > 0:
            self._sleep(wait_ns / SECOND_NS)


def frames_of(seconds: float, rate: int) -> int:
    """Return how many frames to read at once for about `seconds` at `rate`; at least one."""
    return max(1, round(seconds * (rate or RATE)))
