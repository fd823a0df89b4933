"""What the hub does for residents' rights while it runs: follow consents and care, keep times.

Comes in: the time, every tick of the hub's timer. Goes out: orders to nodes where a consent ran out
or a node did not answer, within seconds; once a day what was kept long enough is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from ambient.config import HubConfig
from ambient.hub.database import HubDatabase
from ambient.hub.people import care, retention
from ambient.hub.people.register import Register

NS: Final = 1_000_000_000
FOLLOW_S: Final = 5
"""A consent that ran out is followed within this; the rest of the minute is the node's."""
NIGHTLY_S: Final = 24 * 3600
AGAIN_S: Final = 3600

_log = structlog.get_logger(__name__)


class Residents:
    """The duties towards residents of one running hub."""

    def __init__(
        self, config: HubConfig, database: HubDatabase, changed: Callable[[], None]
    ) -> None:
        self._config = config
        self._database = database
        self._changed = changed
        self._register = Register(database, changed)
        self._followed = self._cleaned = -NIGHTLY_S * NS

    def run(self, now: int) -> None:
        """Do what is due at `now` (ns).

        Raises
        ------
        StoreError
            When it could not be stored; it is tried again.
        """
        if abs(now - self._followed) >= FOLLOW_S * NS:
            self._followed = now
            self._register.follow(now)
            care.follow(self._database, now, self._changed)
        if abs(now - self._cleaned) >= NIGHTLY_S * NS:
            self._cleaned = now - (NIGHTLY_S - AGAIN_S) * NS  # when the disk refuses
            gone = retention.enforce(self._config, self._database, now)
            self._cleaned = now
            if any(gone.values()):
                _log.info("kept_long_enough", **{key.value: number for key, number in gone.items()})
