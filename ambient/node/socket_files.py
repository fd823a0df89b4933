"""Sockets between the processes of one node, each at a file that only the node's own user can open.

Comes in: the path of the file. Goes out: a ZeroMQ socket that is bound or connected there, and the
answer to one question. What is said over it is the matter of whoever opens it.
"""

from __future__ import annotations

from pathlib import Path

import zmq

from ambient.closing import Closing


class LocalSocket(Closing):
    """A socket with a context of its own; whoever derives from it binds or connects it.

    Parameters
    ----------
    kind
        ``zmq.REP`` and the like.
    options
        Of the socket, set before it is used: option ► value.
    """

    def __init__(self, kind: int, options: dict[int, int]) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(kind)
        self._socket.setsockopt(zmq.LINGER, 0)
        for option, value in options.items():
            self._socket.setsockopt(option, value)

    def _bind(self, path: Path) -> None:
        """Serve at `path`; what a process that died left there is removed."""
        path.unlink(missing_ok=True)
        self._socket.bind(f"ipc://{path}")
        path.chmod(0o600)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._context.term()


def ask(path: Path, question: bytes, timeout_s: float, most_bytes: int) -> bytes | None:
    """Ask whoever serves at `path`; return the answer, or nothing when none came in time."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with context, context.socket(zmq.REQ) as asking:
        asking.setsockopt(zmq.LINGER, 0)
        asking.setsockopt(zmq.MAXMSGSIZE, most_bytes)
        asking.connect(f"ipc://{path}")
        asking.send(question)
        if not asking.poll(int(timeout_s * 1000)):
            return None
        return asking.recv()
