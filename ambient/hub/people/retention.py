"""How long what is kept of residents, and what is over: enforced every night, and shown.

Comes in: the configuration and the time. Goes out: for each kind of entry how many days it is kept
and why it ends; rows deleted. A resident who moved out long enough ago is erased as a whole, ledger
and nodes included; so is a pseudonym of which nothing is left but sealed lines of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import sqlite_utils

from ambient.config import HubConfig
from ambient.errors import UsageError
from ambient.events import SummaryDaily, SummaryHourly, VoiceDeviation, kind_of
from ambient.hub.database import HubDatabase
from ambient.hub.people import erasure

NS: Final = 1_000_000_000
DAY: Final = 24 * 3600 * NS
BY: Final = "retention"


class Category(StrEnum):
    """What is kept, by how long."""

    EVENTS = "events"
    """Every other event, alarms that have ended, and orders to nodes."""
    HOURLY = "hourly"
    DAILY = "daily"
    DEVIATIONS = "deviations"
    MOVED_OUT = "moved_out"


def limits(config: HubConfig) -> dict[Category, int]:
    """Return how many days each category is kept; never longer than ``keep_days``."""
    kept = config.people.retention
    own = {
        Category.HOURLY: kept.hourly,
        Category.DAILY: kept.daily,
        Category.DEVIATIONS: kept.deviations,
    }
    return {
        Category.EVENTS: config.keep_days,
        **{category: min(days, config.keep_days) for category, days in own.items()},
        Category.MOVED_OUT: kept.moved_out,
    }


def cutoffs(days: Mapping[Category, int], now: int) -> dict[Category, int]:
    """Return for each category the instant (ns) before which everything goes at `now` (ns)."""
    return {category: now - kept * DAY for category, kept in days.items()}


def enforce(config: HubConfig, database: HubDatabase, now: int) -> dict[Category, int]:
    """Delete what was kept long enough at `now` (ns); return how much of each category.

    Events in general are deleted by the store (``keep_days``).

    Raises
    ------
    StoreError
        When the database or the ledger of erasures cannot be written.
    """
    before = cutoffs(limits(config), now)
    gone: dict[Category, int] = {}
    with database.write() as db:
        for category, kinds in _KINDS.items():
            marks = ", ".join("?" * len(kinds))
            done = db.execute(
                f"DELETE FROM events WHERE kind IN ({marks}) AND t < ?", (*kinds, before[category])
            )
            gone[category] = int(done.rowcount)
        db.execute("DELETE FROM kept_by_duty WHERE until <= ?", (now,))
        for table in ("purpose_orders", "erase_orders"):
            db.execute(f"DELETE FROM {table} WHERE command NOT IN (SELECT id FROM commands)")
    gone[Category.MOVED_OUT] = 0
    with database.read() as db:
        over = [*_moved_out(db, before[Category.MOVED_OUT]), *_left(db)]
    for subject in over:
        try:
            erasure.erase(
                database, erasure.ledger_files(config), subject, BY, now, config.people.duties
            )
        except UsageError:
            continue  # an alarm about them is open; tomorrow
        gone[Category.MOVED_OUT] += 1
    return gone


_KINDS: Final[dict[Category, list[str]]] = {
    Category.HOURLY: [kind_of(SummaryHourly)],
    Category.DAILY: [kind_of(SummaryDaily)],
    Category.DEVIATIONS: [
        kind_of(VoiceDeviation),
        *("vitals.deterioration", "vitals.deviation", "vitals.glucose", "vitals.rhythm"),
    ],
}


def _moved_out(db: sqlite_utils.Database, before: int) -> list[str]:
    """Return the residents whose last stay ended before an instant (ns)."""
    found = db.execute(
        "SELECT opened(k.name) FROM residents p JOIN subject_keys k ON k.tag = p.tag "
        "GROUP BY p.tag HAVING count(*) = count(p.until) AND max(p.until) < ?",
        (before,),
    ).fetchall()
    return [row[0] for row in found]


def _left(db: sqlite_utils.Database) -> list[str]:
    """Return the pseudonyms of which only sealed lines of the log are left."""
    found = db.execute(
        "WITH alive AS (SELECT substr(body, 2, 32) AS tag FROM events WHERE body LIKE '~%' "
        "UNION SELECT substr(body, 2, 32) FROM alarms WHERE body LIKE '~%' "
        "UNION SELECT tag FROM residents) "
        "SELECT opened(k.name) FROM subject_keys k JOIN salts s ON s.subject = k.tag "
        "WHERE k.tag NOT IN (SELECT tag FROM alive)"
    ).fetchall()
    return [row[0] for row in found]
