"""Events on their way to the disk, together with the state from which their chains go on.

Comes in: new events, and what returns the state. Goes out: transactions of the outbox. A disk that
takes nothing stops no judgement: what could not be written is kept and tried again, and is followed
by an event that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

import structlog

from ambient.errors import StoreError
from ambient.events import AnyEvent

SAVE_EVERY_S: Final = 5.0
"""How often the state is committed while no event is; a restart loses at most this much."""

RETRY_S: Final = 1.0
MAX_PENDING: Final = 20_000
"""Events kept in memory while the disk takes nothing."""

_log = structlog.get_logger(__name__)

StateOf = Callable[[Collection[str] | None], dict[str, bytes]]
"""Returns the whole state: of these rooms as it is now, of the others as it was written last; of
None as it is now for all."""


class Store(Protocol):
    """What fusion needs of the outbox."""

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        """Keep events and state in one transaction."""
        ...


class Ledger:
    """Events on their way to the disk, together with the state that belongs to them.

    Parameters
    ----------
    store
        The outbox.
    full
        Makes the event that says that the disk takes nothing.
    """

    def __init__(self, store: Store, full: Callable[[], AnyEvent]) -> None:
        self._store = store
        self._full = full
        self._pending: list[AnyEvent] = []
        self._written: dict[str, bytes] = {}
        self._save_at = 0.0
        self._retry_at = 0.0
        self.failing = False

    @property
    def pending(self) -> int:
        """Events that are not on the disk yet."""
        return len(self._pending)

    def write(
        self, new: list[AnyEvent], state: StateOf, now: float, *, all_of_it: bool = False
    ) -> bool:
        """Take `new` events and bring what is due to the disk.

        Parameters
        ----------
        new
            Events since the last call.
        state
            Returns the state that belongs to events of these rooms, or to all; called only when
            something is written. No event waits until every other room is written out as well.
        now
            Seconds on a steady clock.
        all_of_it
            Whether the whole state is due now: somebody waits until it is on the disk.

        Returns
        -------
        bool
            Whether all events are on the disk, and with `all_of_it` the state as well.
        """
        self._pending += new
        if len(self._pending) > MAX_PENDING:
            lost = len(self._pending) - MAX_PENDING
            _log.error("the disk takes nothing for too long, oldest events are lost", events=lost)
            del self._pending[:lost]
        urgent = bool(new) and not self.failing
        due = all_of_it or now >= (self._retry_at if self.failing else self._save_at)
        if not urgent and not due:
            return not self._pending
        # What nobody waits for is written by itself, so that no event waits for it.
        some = urgent and not all_of_it
        current = state({event.room for event in new if event.room} if some else None)
        if not self._pending and current == self._written:
            self._save_at = now + SAVE_EVERY_S
            return True
        try:
            self._store.commit(self._pending, current)
        except StoreError as error:
            if not self.failing:
                _log.error("events wait for the disk", error=str(error))
                # Goes out with the first commit that works again.
                self._pending.append(self._full())
            self.failing = True
            self._retry_at = now + RETRY_S
            return False
        self._pending, self._written = [], current
        if not some:
            self._save_at = now + SAVE_EVERY_S
        self.failing = False
        return True
