"""Who somebody is to the hub, and what each role may do.

Comes in: nothing. Goes out: the types that `ambient.hub.accounts` hands to the page.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What somebody may do; each may do all that the ones before it may."""

    METRICS = "metrics"
    """Read ``/metrics`` and nothing else."""
    CARER = "carer"
    ADMIN = "admin"

    def covers(self, other: Role) -> bool:
        """Return whether this role may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class Identity(Struct, frozen=True, kw_only=True):
    """Who is asking. `csrf` is nothing for tokens: no browser sends those by itself."""

    name: str
    role: Role
    csrf: str | None = None
    session: str | None = None
    """SHA-256 of the session's cookie."""
    used: int = 0
    """When the session was last known to be in use (ns)."""


class User(Struct, frozen=True, kw_only=True):
    """One user, as the administrator sees it."""

    name: str
    role: Role
    created: int
    disabled: bool


class Token(Struct, frozen=True, kw_only=True):
    """One token for programs, as the administrator sees it."""

    name: str
    role: Role
    created: int
