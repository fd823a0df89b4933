"""The room's own contact: closed when an alarm waits and no hub acknowledges it.

Comes in: the numbers of alarms that wait in the outbox, and time. Goes out: whether the contact
beside the room's pull cord is to be closed (`Unanswered`, pure), and a thread that sets it, so that
a module that does not answer holds up nothing (`RoomContact`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Final

import structlog

from ambient.config_relay import Relay
from ambient.config_relay import RoomContact as ContactConfig
from ambient.relays.relay import KeptRelay, Switch, opened

LEAST_S: Final = 3.0
"""A nurse call takes no shorter closing for a call."""
GAP_S: Final = 1.0
"""For a further alarm the contact opens for so long: a call system hears edges, not levels."""
AGAIN_S: Final = 1.0
"""How often the contact is set anew, also after it could not be set."""

_log = structlog.get_logger(__name__)


class Unanswered:
    """Decide whether the contact is closed.

    Parameters
    ----------
    after_s
        How long an alarm may wait for a hub.

    Notes
    -----
    An alarm counts from when it was first seen waiting, so after a restart it is given `after_s`
    again. Once closed the contact stays so until no alarm waits, and for `LEAST_S` at least. An
    alarm that becomes due while it is closed opens it for `GAP_S`.
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._seen: dict[int, float] = {}
        """Number of a waiting alarm ► when it was first seen."""
        self._called: set[int] = set()
        """Alarms for which the contact was closed."""
        self._closed_at: float | None = None
        self._gap_ends = 0.0

    def update(self, waiting: Collection[int], now: float) -> bool:
        """Return whether the contact is to be closed at `now`.

        Parameters
        ----------
        waiting
            Numbers of the alarms that no hub acknowledged.
        now
            A steady clock in seconds.
        """
        self._seen = {number: self._seen.get(number, now) for number in waiting}
        self._called &= self._seen.keys()
        due = {n for n, since in self._seen.items() if now - since >= self._after_s}
        if fresh := due - self._called:
            self._called |= fresh
            if self._closed_at is None:
                self._closed_at = now
            elif now - self._closed_at >= LEAST_S:
                self._gap_ends = now + GAP_S
                self._closed_at = self._gap_ends
        if self._closed_at is None or now < self._gap_ends:
            return False
        if not self._called and now - self._closed_at >= LEAST_S:
            self._closed_at = None
            return False
        return True


class RoomContact:
    """The contact itself; set in a thread of its own.

    Parameters
    ----------
    config
        Which relay, and after how long.
    switch
        Returns the relay; tried again until it can be had.
    """

    def __init__(self, config: ContactConfig, switch: Callable[[Relay], Switch] = opened) -> None:
        self._relay = KeptRelay(config, switch)
        self._decide = Unanswered(config.after_s)
        self._waiting: Collection[int] = ()
        self._known = True
        self._wanted = False
        self._taken = 0
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="contact", daemon=True)
        self._thread.start()

    @property
    def taken(self) -> int:
        """How many settings the relay has taken; one a second while it is well."""
        return self._taken

    def update(self, waiting: Collection[int] | None, now: float) -> None:
        """Take the numbers of the alarms that wait at `now` (steady clock, s).

        None stands for not known: those of before wait on.
        """
        if waiting is not None:
            self._waiting = waiting
        elif self._known:
            _log.error("the outbox cannot be read; the contact counts what waited before")
        self._known = waiting is not None
        wanted = self._decide.update(self._waiting, now)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted:
            _log.error("no hub acknowledges an alarm; the room's contact closes")
        else:
            _log.info("the room's contact opens")
        self._wake.set()

    def close(self) -> None:
        """Open the contact and let go of it."""
        self._stop.set()
        self._wake.set()
        self._thread.join(2 * AGAIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._taken += self._relay.set(self._wanted)
            self._wake.wait(AGAIN_S)
        self._relay.close()
