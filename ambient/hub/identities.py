"""Who somebody is to the hub, and what each role may do: the one table of roles and rights.

Comes in: nothing. Goes out: the types that `ambient.hub.accounts` hands to the page, and `RIGHTS`.
Every endpoint names the one right that it needs (`ambient.hub.web.guard`); no other place decides
what a role may do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Role(StrEnum):
    """What somebody is in the house. The first two are no persons."""

    METRICS = "metrics"
    """A program that reads ``/metrics``."""
    DEVICE = "device"
    """An enrolled shared screen on which nobody is signed in."""
    CARER = "carer"
    LEAD = "lead"
    INSTALLER = "installer"
    RESEARCHER = "researcher"
    DPO = "dpo"
    """The data protection officer."""
    ADMIN = "admin"


class Right(StrEnum):
    """What an endpoint needs."""

    OWN = "own"
    """See and end the own session, keep the own second factor."""
    METRICS = "metrics"
    RINGING = "ringing"
    """See and hear which alarms are open: kind and room, nothing else."""
    ALARMS = "alarms"
    """See alarms with their history, rooms and nodes."""
    ANSWER = "answer"
    """Answer alarms, snooze, pause a room, accept a hand-over."""
    TRENDS = "trends"
    """See how residents have been over days."""
    REPORTS = "reports"
    """See aggregates: alarm burden, precision, shadow mode."""
    CARE = "care"
    """Set what a bed needs, accept thresholds."""
    CONSENT = "consent"
    """Record and withdraw consent."""
    LOGS = "logs"
    """Ask for or grant the opening of a named person's log."""
    PRIVACY = "privacy"
    """Accept recipients, erase, export all about a resident, the dossier."""
    NODES = "nodes"
    """Invite, accept, bind and revoke nodes."""
    USERS = "users"
    """Users, tokens for programs, shared devices."""


_EVERYBODY: Final = {Right.OWN}
_CARE: Final = {*_EVERYBODY, Right.RINGING, Right.ALARMS, Right.ANSWER, Right.TRENDS}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.METRICS: frozenset({Right.METRICS}),
    Role.DEVICE: frozenset({Right.RINGING}),
    Role.CARER: frozenset(_CARE),
    Role.LEAD: frozenset({*_CARE, Right.REPORTS, Right.CARE, Right.CONSENT, Right.LOGS}),
    Role.INSTALLER: frozenset({*_EVERYBODY, Right.ALARMS, Right.NODES, Right.METRICS}),
    Role.RESEARCHER: frozenset({*_EVERYBODY, Right.REPORTS}),
    Role.DPO: frozenset({*_EVERYBODY, Right.REPORTS, Right.CONSENT, Right.LOGS, Right.PRIVACY}),
    Role.ADMIN: frozenset(
        {*_CARE, Right.REPORTS, Right.NODES, Right.USERS, Right.METRICS},
    ),
}
"""Role ► what it may. Nobody has all: who administers neither erases nor opens a log."""

CONFIGURING: Final = frozenset(
    {Right.CARE, Right.CONSENT, Right.LOGS, Right.PRIVACY, Right.NODES, Right.USERS}
)
"""Rights that change what the hub does or opens what it keeps: a second factor goes before them."""

PERSONS: Final = tuple(role for role in Role if role not in (Role.METRICS, Role.DEVICE))
"""Roles of users."""
PROGRAMS: Final = (Role.METRICS, Role.CARER, Role.RESEARCHER)
"""Roles of tokens: a program has no second factor, so that it never configures."""


def configures(role: Role) -> bool:
    """Return whether `role` has a right that a second factor goes before."""
    return bool(RIGHTS[role] & CONFIGURING)


class Identity(Struct, frozen=True, kw_only=True):
    """Who is asking. `csrf` is nothing for tokens: no browser sends those by itself.

    Attributes
    ----------
    confirmed
        Whether the second factor was given, or none is asked of this user. Without it everything
        but configuring is allowed: an alarm never waits for a code.
    device
        The enrolled device on which a PIN or badge opened this session; such a session is a
        carer's, whatever the role.
    """

    name: str
    role: Role
    csrf: str | None = None
    session: str | None = None
    """SHA-256 of the session's cookie."""
    used: int = 0
    """When the session was last known to be in use (ns)."""
    confirmed: bool = False
    device: str | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """What this session may do now."""
        held = RIGHTS[self.role]
        if self.device is not None and self.role is not Role.DEVICE:
            held &= RIGHTS[Role.CARER]
        return held if self.confirmed else held - CONFIGURING


class User(Struct, frozen=True, kw_only=True):
    """One user, as the administrator sees it."""

    name: str
    role: Role
    created: int
    disabled: bool
    second_factor: bool = False
    shift_pin: bool = False
    provided: bool = False
    """Whether the provider keeps password and role."""


class Token(Struct, frozen=True, kw_only=True):
    """One token for programs, as the administrator sees it."""

    name: str
    role: Role
    created: int
