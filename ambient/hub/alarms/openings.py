"""How the log of a named person is opened: one role asks, another grants, and both are logged.

Comes in: what was asked and granted so far, names and roles, the hub's time. Goes out: `Opening`.
Pure. What an answered alarm tells of whoever answered it is data about work; without this two-key
opening it is shown only in aggregates (`ambient.hub.burden.responses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub.alarms import inputs
from ambient.hub.alarms.condition import OpeningReason

OpeningInput = inputs.AskForLog | inputs.GrantLog | inputs.ReadLog
NS: Final = 1_000_000_000
OPENERS: Final = ("lead", "dpo")
"""Roles of which one asks and the other grants."""
GRANT_WITHIN_S: Final = 24 * 3600
READ_WITHIN_S: Final = 3600


class Opening(Struct, frozen=True, kw_only=True):
    """One opening; times in hub time (ns).

    Attributes
    ----------
    person
        Whose log.
    granted_by, granted_role, until
        Nothing until somebody of the other role grants it.
    """

    id: str
    person: str
    reason: OpeningReason
    asked_by: str
    asked_role: str
    asked_at: int
    granted_by: str | None = None
    granted_role: str | None = None
    until: int | None = None


def openings_after(
    openings: Sequence[Opening],
    given: OpeningInput,
    now: int,
) -> list[Opening]:
    """Return the openings after `given` at `now` (ns); what is over is dropped.

    Raises
    ------
    UsageError
        When whoever asks, grants or reads may not.
    """
    lasting = [one for one in openings if _ends(one) > now]
    match given:
        case inputs.AskForLog():
            _may(given.role)
            _not_own(given.person, given.who)
            if any(one.id == given.id for one in lasting):
                raise UsageError(f"id: expected an id used once, got {given.id[:40]!r} again")
            new = Opening(
                id=given.id,
                person=given.person,
                reason=given.reason,
                asked_by=given.who,
                asked_role=given.role,
                asked_at=now,
            )
            return [*lasting, new]
        case inputs.GrantLog():
            done = _granted(_known(lasting, given.opening), given.who, given.role, now)
            return [done if one.id == done.id else one for one in lasting]
        case inputs.ReadLog():
            readable(lasting, given.opening, given.who, now)
            return lasting


def _granted(found: Opening, who: str, role: str, now: int) -> Opening:
    _may(role)
    _not_own(found.person, who)
    if who == found.asked_by or role == found.asked_role:
        raise UsageError(
            f"who: expected a second person with another role than {found.asked_role}, got "
            f"{who[:40]!r} ({role}); two roles open the log of a person"
        )
    if found.until is not None:
        raise UsageError(
            f"opening {found.id[:40]}: expected one not granted yet, got a granted one"
        )
    return msgspec.structs.replace(
        found, granted_by=who, granted_role=role, until=now + READ_WITHIN_S * NS
    )


def readable(openings: Sequence[Opening], opening: str, who: str, now: int) -> Opening:
    """Return the opening by which `who` may read now.

    Raises
    ------
    UsageError
        When it is not granted, is over, or is not theirs.
    """
    found = _known([one for one in openings if _ends(one) > now], opening)
    if found.until is None:
        raise UsageError(
            f"opening {opening[:40]}: expected one that a second role has granted, got one that "
            "waits; let it be granted first"
        )
    if who not in (found.asked_by, found.granted_by):
        raise UsageError(
            f"who: expected {found.asked_by} or {found.granted_by}, who opened it, got {who[:40]!r}"
        )
    return found


def _known(lasting: Sequence[Opening], opening: str) -> Opening:
    found = next((one for one in lasting if one.id == opening), None)
    if found is None:
        raise UsageError(f"opening: expected one that is not over, got {opening[:40]!r}; ask again")
    return found


def _ends(one: Opening) -> int:
    return one.asked_at + GRANT_WITHIN_S * NS if one.until is None else one.until


def _may(role: str) -> None:
    if role not in OPENERS:
        raise UsageError(f"role: expected one of {', '.join(OPENERS)}, got {role[:40]!r}")


def _not_own(person: str, who: str) -> None:
    if who == person:
        raise UsageError(
            f"who: expected somebody else than {person[:40]!r}, whose log it is; two others open it"
        )
