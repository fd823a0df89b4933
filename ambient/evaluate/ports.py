"""Ports of loopback for what is started a moment later.

Comes in: nothing. Goes out: a port that nobody uses and that the kernel gives to nobody: one below
those that it gives by itself, to connections and to whoever asks for any. One of its own could be
another's by the time that it is bound.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

_LEAST: Final = 12_000
"""Below are ports that services are known by."""
_GIVEN: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES: Final = 200
_told: set[int] = set()
"""What this program was told already: whoever asks for several gets several."""


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses at the moment."""
    first = _first_given()
    for _ in range(_TRIES if first > _LEAST else 0):
        # Of many, so that two programs that ask at the same time are told the same hardly ever.
        port = random.SystemRandom().randrange(_LEAST, first)
        if port not in _told and _is_free(port):
            _told.add(port)
            return port
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _first_given() -> int:
    """Return the first port that the kernel gives by itself; 0 where it does not say."""
    try:
        return int(_GIVEN.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
