"""Keys that ask to be enrolled, and wait until somebody decides.

Comes in: enrolments of keys that nobody accepted yet. Goes out: what became of each, also when it
was decided in another process. Used in the link's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ambient.bus.protocol import (
    Enrol,
    EnrolAccepted,
    EnrolPending,
    EnrolReason,
    EnrolRefused,
    FromHub,
)
from ambient.hub.nodes import Standing
from ambient.hub.registry import Registry
from ambient.hub.seams import LinkCounts

MAX_ASKING: Final = 64
PENDING_AGAIN_S: Final = 5.0


@dataclass
class _Asking:
    """One connection that waits for somebody to accept its key."""

    key: str
    told: float


class Enrolling:
    """The connections that wait.

    Parameters
    ----------
    registry
        Who is accepted.
    site
        Only nodes of this site are enrolled.
    counts
        Where it is counted.
    send
        Sends an answer on a route.
    warn
        Logs what strangers can cause, and how often so far.
    clock, steady
        Hub time (ns) and a steady clock (s).
    """

    def __init__(
        self,
        registry: Registry,
        site: str,
        counts: LinkCounts,
        *,
        send: Callable[[bytes, FromHub], object],
        warn: Callable[[str, int], None],
        clock: Callable[[], int],
        steady: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._site = site
        self._counts = counts
        self._send = send
        self._warn = warn
        self._clock = clock
        self._steady = steady
        self._asking: dict[bytes, _Asking] = {}

    def ask(self, route: bytes, key: str, message: Enrol) -> None:
        """Take in that `key` asks."""
        self._counts.enrolments_asked += 1
        reason = self._registry.ask(key, message, self._site, self._clock())
        if reason is None and len(self._asking) < MAX_ASKING:
            self._asking[route] = _Asking(key=key, told=self._steady())
            self._send(route, EnrolPending())
            return
        reason = reason or EnrolReason.TOKEN
        self._counts.enrolments_refused += 1
        self._warn(f"enrolments are refused: {reason}", self._counts.enrolments_refused)
        self._send(route, EnrolRefused(reason=reason))

    def tell(self, now: float) -> None:
        """Tell those who wait what was decided meanwhile, perhaps in another process."""
        for route, asking in list(self._asking.items()):
            standing = self._registry.holder(asking.key).standing
            if standing is Standing.PENDING:
                if now - asking.told >= PENDING_AGAIN_S:
                    # Shows the node that the hub lives, and us whether the node does.
                    asking.told = now
                    self._send(route, EnrolPending())
                continue
            self._asking.pop(route, None)
            if standing in (Standing.ENROLLED, Standing.NEXT):
                self._send(route, EnrolAccepted())
            else:
                self._send(route, EnrolRefused(reason=EnrolReason.REJECTED))

    def forget(self, route: bytes) -> None:
        """Take in that the connection is gone."""
        self._asking.pop(route, None)
