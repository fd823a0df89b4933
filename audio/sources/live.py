"""A live source as a worker wants it: every block, whatever happens to the device.

Comes in: a way to open a source that is live. Goes out: its blocks in order, and whether the
device is there. A thread fetches; a consumer that falls behind by more than `WAITING_S` loses the
oldest, which is counted on the block that follows. A device that goes is opened again, at first
soon, then ever more patiently.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ambient.errors import SourceError
from ambient.links import Backoff, Link, LinkState
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.sources.base import SoundSource

CLOSE_TIMEOUT_S: Final = 15.0
"""A source that hangs comes back by its own time limits long before."""
WAITING_S: Final = 10.0


class LiveSound:
    """Keeps the blocks of a live source and opens the source again when it fails.

    Parameters
    ----------
    open_source
        Opens the source; called in the thread, again after every failure.
    backoff
        The waits between tries.
    luck, monotonic
        Seams for tests: random numbers 0..1 and a clock in seconds.
    """

    def __init__(
        self,
        open_source: Callable[[], SoundSource],
        *,
        backoff: Backoff | None = None,
        luck: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_source
        self._backoff = backoff or Backoff()
        self._luck = luck
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._blocks: deque[Block] = deque()
        self._waiting = 0
        self._refused = 0
        self._last_ns: int | None = None
        self._state = LinkState(Link.CLOSED)
        self._crash: BaseException | None = None

    @property
    def state(self) -> LinkState:
        """Whether the microphone is there."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Open the source and begin to fetch; does nothing when that has begun."""
        if self._thread is not None:
            return
        self._stop = threading.Event()
        self._set(LinkState(Link.CONNECTING))
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name="sound", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the device for real and forget what was heard; `start` opens it again.

        Raises
        ------
        SourceError
            When the device does not let go; then end the process, which closes it.
        """
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None:
            thread.join(CLOSE_TIMEOUT_S)
            if thread.is_alive():
                self._thread = thread
                raise SourceError(
                    f"expected the microphone to close within {CLOSE_TIMEOUT_S:g} s, it hangs; "
                    "end this process"
                )
        with self._changed:
            self._blocks.clear()
            self._waiting = 0
        self._set(LinkState(Link.CLOSED))

    def read(self, timeout_s: float) -> Block | None:
        """Return the next block; None when none came within `timeout_s`.

        Raises
        ------
        Exception
            What ended the fetching thread, if it was no `SourceError`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._crash, timeout_s)
            if not self._blocks:
                if self._crash is not None:
                    raise self._crash
                return None
            block = self._blocks.popleft()
            self._waiting -= block.samples.size
            return block

    def _set(self, state: LinkState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _put(self, block: Block, *, first: bool) -> None:
        with self._changed:
            if self._last_ns is not None:
                if block.t_ns <= self._last_ns:
                    # Nothing goes back in time; a clock that does is the node's to report.
                    self._refused += block.samples.size
                    return
                missing = (block.began_ns - self._last_ns) // SAMPLE_NS if first else 0
                lost = max(block.lost, missing, 1 if first else 0) + self._refused
                block = replace(block, lost=lost)
            self._refused = 0
            self._last_ns = block.t_ns
            self._blocks.append(block)
            self._waiting += block.samples.size
            while self._waiting > WAITING_S * RATE and len(self._blocks) > 1:
                oldest = self._blocks.popleft()
                self._waiting -= oldest.samples.size
                then = self._blocks[0]
                lost = then.lost + oldest.lost + oldest.samples.size
                self._blocks[0] = replace(then, lost=lost)
            if self._state.link is not Link.CONNECTED:
                self._state = LinkState(Link.CONNECTED)
            self._changed.notify_all()

    def _run(self, stop: threading.Event) -> None:
        try:
            self._fetch(stop)
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who fails of it
            with self._changed:
                self._crash = error
                self._changed.notify_all()

    def _fetch(self, stop: threading.Event) -> None:
        failures = 0
        while not stop.is_set():
            began = self._monotonic()
            try:
                with self._open() as source:
                    first = True
                    while not stop.is_set():
                        block = source.read()
                        if block is None:
                            self._set(LinkState(Link.ENDED))
                            return
                        self._put(block, first=first)
                        first = False
            except SourceError as error:
                steady = self._monotonic() - began >= self._backoff.steady_s
                failures = 1 if steady else failures + 1
                self._set(LinkState(Link.GONE, str(error)))
                stop.wait(self._backoff.delay(failures, self._luck()))
