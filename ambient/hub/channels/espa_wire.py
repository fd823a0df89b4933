"""ESPA 4.4.4: a thread that holds a serial line or a TCP connection, and speaks on it.

Comes in: blocks, one at a time. Goes out: what came of each. The line is held for as long as the
channel lives: a station must answer whoever asks it, whether there are calls or not.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import closing
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from ambient.hub.channels.espa_line import Line, Result

CONNECT_S: Final = 3.0
READ_S: Final = 0.05
AGAIN_S: Final = 0.5
CLOSE_S: Final = 2.0


class _Offer(NamedTuple):
    block: bytes
    result: Future[Result]


class Port(Protocol):
    """What bytes come from and go to; each call raises OSError when it is lost."""

    def read(self, size: int = 1, /) -> bytes:
        """Return up to `size` bytes, none when there are none within `READ_S`."""
        ...

    def write(self, data: bytes, /) -> object:
        """Write all of `data`."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class TcpPort:
    """A serial line behind a TCP server."""

    def __init__(self, address: str) -> None:
        at = urlsplit(address)
        self._socket = socket.create_connection((str(at.hostname), at.port or 0), CONNECT_S)
        self._socket.settimeout(READ_S)

    def read(self, size: int = 1, /) -> bytes:
        """Return up to `size` bytes, none when there are none within `READ_S`."""
        try:
            data = self._socket.recv(size)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionResetError("the far side closed the connection")
        return data

    def write(self, data: bytes, /) -> None:
        """Write all of `data`."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()


class Wire:
    """A line that is kept.

    Parameters
    ----------
    address
        ``tcp://host:port``, or a serial device.
    baud, frame
        Of a serial device; ``7E1`` or ``8N1``.
    line
        This side of it; used by the thread alone.
    """

    def __init__(self, address: str, baud: int, frame: str, line: Line) -> None:
        self._address = address
        self._baud = baud
        self._bits, self._parity = int(frame[0]), frame[1]
        self._line = line
        self._offers: queue.Queue[_Offer] = queue.Queue()
        self._current: Future[Result] | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self.connected = False

    def begin(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="espa", daemon=True)
            self._thread.start()

    def send(self, block: bytes, within_s: float) -> Result:
        """Send a block and return what came of it."""
        self.begin()
        offer = _Offer(block, Future())
        self._offers.put(offer)
        try:
            return offer.result.result(within_s)
        except TimeoutError:
            offer.result.cancel()
            return Result.NO_ANSWER

    def close(self) -> None:
        """Let go of the line."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _keep(self) -> None:
        while not self._closed.is_set():
            try:
                with closing(self._opened()) as port:
                    self.connected = True
                    while not self._closed.is_set():
                        self._exchange(port)
            except (OSError, ValueError):  # pyserial's own error is an OSError
                self.connected = False
                self._lost()
                self._closed.wait(AGAIN_S)

    def _opened(self) -> Port:
        if self._address.startswith("tcp://"):
            return TcpPort(self._address)
        import serial

        return serial.Serial(
            self._address,
            self._baud,
            bytesize=self._bits,
            parity=self._parity,
            timeout=READ_S,
        )

    def _exchange(self, port: Port) -> None:
        if self._current is not None and self._current.cancelled():
            self._line.withdraw()
            self._current = None
        if self._current is None and not self._offers.empty():
            offer = self._offers.get_nowait()
            if offer.result.cancelled():
                return
            self._current = offer.result
            self._line.offer(offer.block)
        data = port.read(1)
        now = time.monotonic()
        out = self._line.take(data, now) + self._line.tick(now)
        if out:
            port.write(out)
        result = self._line.result()
        if result is not None and self._current is not None:
            _tell(self._current, result)
            self._current = None

    def _lost(self) -> None:
        self._line.withdraw()
        waiting = [] if self._current is None else [self._current]
        while not self._offers.empty():
            waiting.append(self._offers.get_nowait().result)
        for one in waiting:
            _tell(one, Result.NO_LINE)
        self._current = None


def _tell(future: Future[Result], result: Result) -> None:
    if future.set_running_or_notify_cancel():
        future.set_result(result)
