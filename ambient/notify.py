"""Tell systemd how a service is: ready, alive, stopping (the sd_notify protocol).

Comes in: a short state. Goes out: one datagram to the socket that systemd names in
``NOTIFY_SOCKET``; without it, nothing. See sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from typing import Final

READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"


def notify(state: str) -> bool:
    """Send `state`; return whether systemd was there to hear it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.connect(address)
            sender.sendall(state.encode())
        except OSError:
            # systemd restarts what it cannot hear; there is nobody else to tell.
            return False
    return True


def watchdog_s() -> float | None:
    """Return how often systemd wants a sign of life (half its limit), or nothing."""
    text = os.environ.get("WATCHDOG_USEC", "")
    return int(text) / 2e6 if text.isdigit() and int(text) > 0 else None
