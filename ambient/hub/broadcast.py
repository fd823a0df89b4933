"""Wakes every open page at once when something visible has changed.

Comes in: a call from whatever thread committed the change. Goes out: a wake-up of each waiting
coroutine. What changed is read from the store by whoever wakes, so a missed or doubled wake-up
loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Broadcaster:
    """One event per listener, set from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[asyncio.Event] = set()
        self.closed = False
        self.changes = 0
        """Counts wake-ups; only the event loop's thread writes it."""

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()

    def publish(self) -> None:
        """Wake all listeners; may be called from any thread, also before `start`."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Wake all listeners for the last time; they see `closed`."""
        self.closed = True
        self.publish()

    @property
    def listeners(self) -> int:
        """How many pages are listening."""
        return len(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Register a listener; the event is set at every change, the listener clears it."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def _wake(self) -> None:
        self.changes += 1
        for event in self._listeners:
            event.set()
