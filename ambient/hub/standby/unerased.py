"""Which erasures the other hub of the site may not have yet: it was off, or no copy came since.

Comes in: the ledger in the database, and how the two hubs stand. Goes out: the erasures that a copy
which is newer must still bring there. Unknown counts as *not yet*.
"""

from __future__ import annotations

from typing import Final

from ambient.config import HubConfig
from ambient.hub.database import HubDatabase
from ambient.hub.people import erasure
from ambient.hub.people.erasure_file import Erasure
from ambient.hub.standby import kept
from ambient.hub.standby.kept import Status

NS: Final = 1_000_000_000
DONE_S: Final = 5
"""An erasure stands in the database at most so long after it was begun."""


def unerased(config: HubConfig, database: HubDatabase, now: int) -> list[Erasure]:
    """Return the erasures of this hub that the other one may not have at `now` (ns); none alone.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    if config.standby is None:
        return []
    level = level_there(kept.status_of(config.state_dir, now))
    with database.read() as db:
        return [one for one in erasure.entries(db) if one.at + DONE_S * NS >= level]


def level_there(status: Status | None) -> int:
    """Return up to when (ns) the other hub surely has what is here; 0 when that is not known.

    Examples
    --------
    >>> level_there(Status(at=9 * NS, serves=True, term=2, behind_s=2.0)) / NS
    6.9
    >>> level_there(None)
    0
    """
    if status is None or not status.serves or status.behind_s is None:
        return 0
    return status.at - round((status.behind_s + 0.1) * NS)  # it is told in tenths of a second
