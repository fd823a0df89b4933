"""How long a client may take to send one request.

Comes in: connections of uvicorn. Goes out: the same, but one that dawdles over its head or body is
cut off, so that slow clients cannot hold all connections of the hub. Reading an answer slowly is
allowed: a live page does nothing else.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn with a limit on the time until a request is whole."""

    patience_s: ClassVar[float] = 20.0
    """64 KiB at the speed of a bad radio link, and more than the time of a hand-over of a phone."""

    _cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: the first request has begun."""
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; stop the clock when it is whole."""
        self._arm()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        if self._cut is None:
            self._cut = self.loop.call_later(self.patience_s, self._give_up)

    def _disarm(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _give_up(self) -> None:
        self._cut = None
        self.transport.abort()
