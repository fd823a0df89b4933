"""Receivers that tests start, kill and start again; and alarms that flow meanwhile."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

from tests.hub.channels.kit import Bench
from tests.hub.kit import fall
from tests.patience import PATIENCE_S

FLOW = 16
"""Alarms of a flow, each in a room of its own."""


class Mark(NamedTuple):
    """Which notice something is, as a receiver reads it."""

    alarm: str
    times: int


class Receiver(Protocol):
    """What can be killed and started again."""

    def start(self) -> None: ...

    def kill(self) -> None: ...


class TcpReceiver:
    """A server on one port of loopback, one thread a connection.

    Parameters
    ----------
    serve
        Speaks with one client until it goes.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self.port = 0
        self._listening: socket.socket | None = None
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.start()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        self._go(self._accept, self._listening)

    def kill(self) -> None:
        """Go as a killed process goes: connections are reset, the port is closed."""
        if self._listening is None:
            return
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._listening = None
        for client in self._clients:
            reset(client)
        self._clients.clear()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(PATIENCE_S)
        self._threads.clear()

    def _go(self, run: Callable[[socket.socket], None], with_: socket.socket) -> None:
        thread = threading.Thread(target=run, args=(with_,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            self._clients.append(client)
            self._go(self._served, client)

    def _served(self, client: socket.socket) -> None:
        try:
            self._serve(client)
        except OSError:
            pass  # it was killed
        finally:
            client.close()


def reset(client: socket.socket) -> None:
    """Close so that the other side gets a reset, as when a process dies with unread bytes."""
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client went first
    client.close()


def flow(
    bed: Bench, receiver: Receiver, received: Callable[[], list[Mark]], *, within: int = 1
) -> list[Mark]:
    """Let people fall in many rooms, kill the receiver and start it again meanwhile.

    Every second person lies long, which rings again. Returns what arrived; checks that everything
    that was still true arrived, in order per alarm, and that doubles are only of notices that were
    tried again. `within`: how often the protocol itself sends a message in one attempt.
    """
    wanted: dict[str, int] = {}
    for n in range(1, FLOW + 1):
        alarm = bed.fall(100 * n, f"r{n}")
        wanted[alarm] = 1
        if n in (5, 11):
            receiver.kill()
        if n in (8, 14):
            receiver.start()
        bed.step()
        if n % 2:
            bed.store.store("n-1", fall(100 * n, 3, room=f"r{n}")[2:], bed.now())
            wanted[alarm] = 2
        bed.step()

    def arrived() -> bool:
        latest = dict(received())
        return all(latest.get(alarm, 0) >= times for alarm, times in wanted.items())

    bed.until(arrived)
    found = received()
    for alarm in wanted:
        times = [mark.times for mark in found if mark.alarm == alarm]
        assert times == sorted(times), f"in order: {times}"
    tried = {row[0]: row[1] for row in bed.rows("id, attempts")}
    for mark, count in Counter(found).items():
        attempts = [n for key, n in tried.items() if _is(key, mark)]
        assert count <= within * sum(attempts), f"{mark} came {count} times, sent {attempts}"
    return found


def _is(key: str, mark: Mark) -> bool:
    alarm, rest = key.split(":", 1)
    return alarm == mark.alarm and rest.rsplit(".", 1)[1] == str(mark.times)
