"""Days as people write them in forms and commands, as instants of the house's calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ambient.config import HubConfig
from ambient.errors import UsageError

NS: Final = 1_000_000_000


def end_of(day: str, config: HubConfig) -> int:
    """Return the last instant (ns) of a day of the house, written ``2027-05-01``.

    Raises
    ------
    UsageError
        When it is no day.
    """
    try:
        began = datetime.strptime(day, "%Y-%m-%d")
        ended = (began + timedelta(days=1)).replace(tzinfo=config.zone)
        return int(ended.timestamp()) * NS - 1
    except (ValueError, OverflowError):
        raise UsageError(f"expected a day (YYYY-MM-DD), got {day[:20]!r}") from None


def day_of(at: int, config: HubConfig) -> str:
    """Return the day of the house in which an instant (ns) lies, written ``2027-05-01``."""
    return datetime.fromtimestamp(at // NS, config.zone).date().isoformat()
