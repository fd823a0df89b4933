"""Which technical conditions are open, and which of them stands for which: an index for books.

Comes in: every condition that a book keeps, as it is then. Goes out: ids, in order. A switch that
fails makes a thousand conditions at once, so none of the questions here goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.kinds import TECHNICAL


class Led:
    """The index.

    Parameters
    ----------
    known
        Id of each technical condition that is open, and of the one that stands for it, if any.
    """

    def __init__(self, known: Iterable[tuple[str, str | None]] = ()) -> None:
        self._leader: dict[str, str | None] = {}
        self._led: dict[str | None, set[str]] = {}
        for condition, leader in known:
            self._set(condition, leader)

    def note(self, condition: Condition) -> None:
        """Take in a condition as it is now."""
        if condition.kind not in TECHNICAL:
            return
        if condition.id in self._leader:
            before = self._leader.pop(condition.id)
            self._led[before].discard(condition.id)
            if not self._led[before]:
                del self._led[before]
        if condition.open:
            self._set(condition.id, condition.leader)

    def by(self, leader: str | None) -> list[str]:
        """Return the conditions that `leader` stands for, by id; of None those that lead."""
        return sorted(self._led.get(leader, ()))

    def _set(self, condition: str, leader: str | None) -> None:
        self._leader[condition] = leader
        self._led.setdefault(leader, set()).add(condition)
