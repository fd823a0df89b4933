"""Whether a channel works, and how fast it may send: two small pure rules.

Comes in: what came of each attempt, time as an argument. Goes out: `Health`, whether that is a
technical alarm, and `Rate`, whether one more message may be sent now.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

NS: Final = 1_000_000_000
BURST: Final = 10
"""Messages at once after a quiet time: a storm of alarms tells the first rooms at once."""

MOST_TOLD: Final = 500
"""Characters of what a failure said that are kept."""


class Health(Struct, frozen=True, kw_only=True):
    """How a channel does; instants in hub time (ns).

    Attributes
    ----------
    succeeded
        When something arrived last.
    failures
        In a row since then.
    failing_since
        When the first of these was.
    why
        What the last of these said.
    alarmed
        Whether that is a technical alarm now.
    unmade
        Whether it fails because there is no channel yet: a file that it needs is missing.
    """

    succeeded: int | None = None
    failures: int = 0
    failing_since: int | None = None
    why: str = ""
    alarmed: bool = False
    unmade: bool = False

    def worked(self, now: int) -> Health:
        """Return it after a success."""
        return Health(succeeded=now)

    def made(self) -> Health:
        """Return it now that what was missing is there; nothing has arrived yet."""
        return Health(succeeded=self.succeeded)

    def failed(self, why: str, now: int, *, unmade: bool = False) -> Health:
        """Return it after a failure."""
        since = self.failing_since
        return msgspec.structs.replace(
            self,
            failures=self.failures + 1,
            # A clock that was set back does not make a failure older than it is, nor younger.
            failing_since=now if since is None else min(since, now),
            why=why[:MOST_TOLD],
            unmade=unmade,
        )

    def due(self, after_min: float, now: int, *, last: bool = False) -> bool:
        """Return whether this should be a technical alarm and is none yet.

        An outage may pass by itself; what is missing does not, and is told at once.

        Parameters
        ----------
        last
            Whether nothing stands behind this channel: then one attempt that failed may have been
            an answer that got lost, and the second is told.
        """
        since = self.failing_since
        after_min = 0 if self.unmade or (last and self.failures > 1) else after_min
        return not self.alarmed and since is not None and now - since >= after_min * 60 * NS


class Rate(Struct, frozen=True, kw_only=True):
    """A bucket of messages that may be sent: filled steadily, emptied by each message.

    Attributes
    ----------
    left
        Messages that may be sent at once, as of `at` (steady clock, ns).
    """

    per_minute: float
    left: float = float(BURST)
    at: int = 0

    def at_time(self, now: int) -> Rate:
        """Return it at `now` (steady clock, ns)."""
        most = min(float(BURST), self.per_minute)
        grown = self.left + max(0, now - self.at) / NS / 60 * self.per_minute
        return msgspec.structs.replace(self, left=min(most, grown), at=now)

    def sent(self) -> Rate:
        """Return it after one message."""
        return msgspec.structs.replace(self, left=self.left - 1)

    @property
    def wait_s(self) -> float:
        """How long from `at` until a message may be sent; 0 for now."""
        return max(0.0, 1 - self.left) / self.per_minute * 60
