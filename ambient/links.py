"""What every live source shares: whether its device is there, when to try again, and its address.

Comes in: failures of a device, an address as configured. Goes out: `LinkState`, waits, and an
address that may be said in a message or a log. Pure; cameras and microphones both use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Link(StrEnum):
    """Whether a device is there."""

    CLOSED = "closed"
    """The device is not open: not started, or a privacy pause."""
    CONNECTING = "connecting"
    CONNECTED = "connected"
    GONE = "gone"
    ENDED = "ended"
    """A recording has come to its end."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether a device is there, and if not, why (no credentials, for the node's own log)."""

    link: Link
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try: exponential, bounded, with jitter.

    Attributes
    ----------
    first_s, most_s
        Wait before the second try, and the longest wait.
    steady_s
        A connection that lasted so long starts the schedule anew.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    steady_s: float = 10.0

    def delay(self, failures: int, luck: float) -> float:
        """Return the wait in seconds after `failures` (≥ 1) in a row.

        Parameters
        ----------
        luck
            Uniform in 0..1; half of the wait is random, so that the devices of a house that come
            back together do not call together.
        """
        full = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return full * (0.5 + 0.5 * luck)


def redact(address: str) -> str:
    """Return `address` without user, password, path and query, for messages and logs.

    Paths go too: many cameras take the password there. An unescaped password may hold any sign,
    so the host is what stands after the last ``@``, if that can be one.
    """
    match = re.match(r"^([a-zA-Z][a-zA-Z0-9+.\-]*)://(.*)$", address, re.DOTALL)
    if match is None:
        return address
    scheme, rest = match.groups()
    first = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and ("@" in first or ":" in first):
        rest = rest.rsplit("@", 1)[1]
    return f"{scheme}://{re.split(r'[/?#]', rest, maxsplit=1)[0]}/…"
