"""How long somebody must wait after failed tries to log in, as pure logic.

Comes in: what was counted for a user name or an address, and the time. Goes out: the new count and
how long to wait. Waiting doubles from try to try and is bounded, so that a stranger who guesses
cannot keep a carer out for long.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

NS: Final = 1_000_000_000
FREE_TRIES: Final = 5
"""Failures of one user before the first wait."""
FREE_TRIES_ADDRESS: Final = 20
"""Failures of one address before the first wait; a ward shares one."""
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 15 * 60
FORGOTTEN_S: Final = 60 * 60
"""Without a failure for this long, counting starts again."""


class Attempts(Struct, frozen=True, kw_only=True):
    """Failed tries of one user name or address; instants in nanoseconds."""

    failures: int = 0
    last: int = 0
    locked_until: int = 0


def wait_s(attempts: Attempts, now: int) -> int:
    """Return the seconds until the next try is allowed at `now` (ns), rounded up; 0 when it is.

    A clock that was set back since lengthens no wait beyond the longest.
    """
    return min(max(0, -(-(attempts.locked_until - now) // NS)), LONGEST_WAIT_S)


def after_failure(attempts: Attempts, now: int, free: int = FREE_TRIES) -> Attempts:
    """Return the count after a failed try at `now` (ns); `free` failures cost no waiting."""
    fresh = now - attempts.last > FORGOTTEN_S * NS
    failures = 1 if fresh else attempts.failures + 1
    beyond = failures - free
    # The exponent is bounded so that years of guessing do not make a huge number.
    wait = 0 if beyond < 0 else min(FIRST_WAIT_S * 2 ** min(beyond, 10), LONGEST_WAIT_S)
    return Attempts(failures=failures, last=now, locked_until=now + wait * NS if wait else 0)
