"""The other hub as it was heard last: how old its copy is, and since when it could not take over.

Comes in: what it says of itself, and when it was heard. Goes out: how far it is behind, and since
when nobody could take over from the hub here. Pure: times are seconds of a steady clock, and
nanoseconds of the clock here where it is told to others.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ambient.hub.standby.kept import BEHIND_S
from ambient.hub.standby.wire import Say

NS: Final = 1_000_000_000
GONE_S: Final = 60.0
"""Without the other hub for so long it is a technical alarm: longer than it takes to start."""


class OtherHub:
    """What is known of the other hub.

    Parameters
    ----------
    last
        What counts as said before it was heard.
    began
        Since when it is listened for (s).
    """

    def __init__(self, last: Say, began: float) -> None:
        self.last = last
        self._began = began
        self._failing: int | None = None

    def behind_s(self, now: float, heard_at: float | None) -> float | None:
        """Return how old its copy is, by its own clock alone; nothing when that is not known."""
        if not self.last.level or heard_at is None:
            return None
        return max(0, self.last.time - self.last.level) / NS + now - heard_at

    def fails_since(self, now: float, clock: int, heard_at: float | None) -> int | None:
        """Return since when (ns) it could not take over, nothing while it could.

        Parameters
        ----------
        now, clock
            The same instant by either clock.
        heard_at
            When it was heard last (s), if ever.
        """
        silent_s = now - (self._began if heard_at is None else heard_at)
        behind = self.behind_s(now, heard_at)
        if silent_s > GONE_S:
            self._failing = self._failing or clock - round(silent_s * NS)
        elif (behind is None or behind > BEHIND_S) and now - self._began > GONE_S:
            self._failing = self._failing or clock
        else:
            self._failing = None
        return self._failing

    def old_copy(self) -> None:
        """Take in that what it has copied so far is not all: there is more to come from here."""
        self.last = msgspec.structs.replace(self.last, level=0)
