"""The hub's own channels: its pages, and the siren where that is the pages' loudest sound.

Comes in: the store's signals of these channels, and how many pages are open. Goes out: what became
of each. A page shows every open alarm by itself; here it is only said whether anybody's page is
open to show it, so that an escalation does not wait for pages that nobody has open.
"""

from __future__ import annotations

from collections.abc import Callable

from ambient.hub.alarms.inputs import Delivered
from ambient.hub.alarms.signal import PAGE, SIREN, Delivery
from ambient.hub.store import Store


class OnSite:
    """Gives the signals of pages and siren.

    Parameters
    ----------
    pages
        Returns how many pages are open.
    now
        The hub's clock (ns).
    siren
        Whether the pages are the siren: no channel of that name is configured.
    """

    def __init__(
        self, store: Store, pages: Callable[[], int], now: Callable[[], int], *, siren: bool = True
    ) -> None:
        self._store = store
        self._channels = [PAGE, SIREN] if siren else [PAGE]
        self._pages = pages
        self._now = now

    def give(self) -> None:
        """Say of every due signal what became of it.

        Raises
        ------
        StoreError
            When that cannot be stored.
        """
        delivery = Delivery.DELIVERED if self._pages() > 0 else Delivery.FAILED
        due = self._store.due_signals(self._channels)
        answers = [Delivered(signal=signal.id, delivery=delivery) for signal in due]
        if answers:
            self._store.decide_all(answers, self._now())
