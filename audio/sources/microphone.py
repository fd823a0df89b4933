"""A microphone of this machine: USB, or on the board.

Comes in: ``mic``, ``mic:NUMBER`` or ``mic:NAME``. Goes out: blocks as they arrive. A device that is
not there, or sends nothing for 2 s (unplugged: PortAudio then simply falls silent), is a
`SourceError`. Chunks are stamped in the driver's thread, so a reader that is slow shifts no time;
beyond 10 s the oldest are given up and counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ambient.errors import SourceError
from audio.blocks import SECOND_NS, Block
from audio.sources.address import device_of
from audio.sources.arriving import Arriving
from audio.sources.base import Chunk, EventTime, Readable
from audio.sources.recorder import OpenRecorder, Recorder, open_recorder

TIMEOUT_S: Final = 2.0
WAITING_NS: Final = 10 * SECOND_NS


class MicrophoneSource(Readable):
    """An open microphone.

    Parameters
    ----------
    spec
        Which one.
    clock
        Event time of the monotonic clock.
    recorder, monotonic, timeout_s
        Seams for tests: how a device is opened, a clock in nanoseconds, how long it may be silent.

    Raises
    ------
    SourceError
        When it is not there or in use.
    """

    def __init__(
        self,
        spec: str,
        *,
        clock: EventTime,
        recorder: OpenRecorder = open_recorder,
        monotonic: Callable[[], int] = time.monotonic_ns,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._name = spec
        self._clock = clock
        self._monotonic = monotonic
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._chunks: deque[tuple[Chunk, int]] = deque()
        self._waiting_ns = 0
        self._given_up = False
        self._arriving = Arriving(spec)
        self._recorder: Recorder | None = recorder(device_of(spec), self._put)

    @property
    def live(self) -> bool:
        """Always true."""
        return True

    @property
    def cut_off(self) -> bool:
        """Never; a device that ends is an error."""
        return False

    def read(self) -> Block | None:
        """Wait for the next block; None once closed.

        Raises
        ------
        SourceError
            When the device sends nothing any more.
        """
        while self._recorder is not None:
            got = self._next()
            if got is None:
                raise SourceError(
                    f"{self._name}: expected sound, got none for {self._timeout_s:g} s; "
                    "check that the microphone is plugged in"
                )
            block = self._arriving.take(*got)
            if block is not None:
                return block
        return None

    def close(self) -> None:
        """Close the device."""
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None

    def _put(self, chunk: Chunk) -> None:
        """Take a chunk from the driver's thread."""
        arrival_ns = self._clock(self._monotonic())
        with self._changed:
            self._chunks.append((chunk, arrival_ns))
            self._waiting_ns += _length_ns(chunk)
            while self._waiting_ns > WAITING_NS:
                self._waiting_ns -= _length_ns(self._chunks.popleft()[0])
                self._given_up = True
            self._changed.notify()

    def _next(self) -> tuple[Chunk, int] | None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._chunks), self._timeout_s):
                return None
            chunk, arrival_ns = self._chunks.popleft()
            self._waiting_ns -= _length_ns(chunk)
            if self._given_up:
                self._given_up = False
                chunk = Chunk(chunk.values, chunk.rate, overflowed=True)
            return chunk, arrival_ns


def _length_ns(chunk: Chunk) -> int:
    return len(chunk.values) * SECOND_NS // chunk.rate
