"""The serving hub looks whether the other one could take its place.

Comes in: what is known of the other hub (`seams.Partner`). Goes out: a technical alarm while nobody
could take over, another one while both serve because the network between them is torn, and the
erasures that the other hub knew of, applied here.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog

from ambient.config import HubConfig
from ambient.errors import AmbientError
from ambient.hub.alarms.inputs import ChannelWorks
from ambient.hub.alarms.kinds import STANDBY_HUB, TORN_NETWORK
from ambient.hub.people import erasure
from ambient.hub.seams import Partner
from ambient.hub.web.context import HubContext

LOOK_S: Final = 2.0

_log = structlog.get_logger(__name__)


class PartnerWatch:
    """Looks every `LOOK_S`, in a thread of its own."""

    def __init__(self, config: HubConfig, hub: HubContext, partner: Partner) -> None:
        self._config = config
        self._hub = hub
        self._partner = partner
        self._told: dict[str, int | None] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set."""
        while not stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Say whether the other hub is there; apply what it erased."""
        now = self._hub.now()
        try:
            fails = {
                STANDBY_HUB: self._partner.fails_since(),
                TORN_NETWORK: self._partner.torn_since(),
            }
            for channel, since in fails.items():
                if since != self._told.get(channel, -1):
                    works = ChannelWorks(channel=channel, fails_since=since)
                    self._hub.store.decide(works, now)
                    self._told[channel] = since
            ledger = self._partner.erased()
            if ledger is not None:
                files = [ledger, *erasure.ledger_files(self._config)]
                duties = self._config.people.duties
                back = erasure.catch_up(self._hub.database, files, now, duties)
                if back:
                    _log.warning("erased here too", residents=back, reason="the other hub did")
        except AmbientError as error:
            # The store is full, for example; looked again in a moment.
            _log.error("the other hub cannot be followed up", error=str(error))
