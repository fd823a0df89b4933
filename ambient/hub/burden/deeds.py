"""What people decide about the burden, as inputs of the log: thresholds, shadow mode, openings.

Comes in: a proposal, names, instants. Goes out: inputs given to `Store.decide`. Who may do it is
checked before (`identities.Right.CARE`, `LOGS`); whether it can be is checked by the rules.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub.alarms import openings
from ambient.hub.alarms.condition import Deed, OpeningReason
from ambient.hub.alarms.inputs import (
    AcceptThreshold,
    AskForLog,
    EndShadow,
    GrantLog,
    ReadLog,
    StartShadow,
    TakeBackThreshold,
)
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.openings import Opening
from ambient.hub.burden.proposals import Proposal
from ambient.hub.casebook import CaseBook
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store


class Answer(Struct, frozen=True, kw_only=True):
    """One line that a person wrote into the history of an alarm (hub time, ns)."""

    at: int
    condition: str
    room: str | None
    what: Deed


def accept(
    store: Store, proposals: Iterable[Proposal], digest: str, who: str, now: int
) -> Proposal:
    """Put a proposal in force.

    Raises
    ------
    UsageError
        When it is not proposed any more: other alarms or judgements came.
    """
    found = next((one for one in proposals if one.digest == digest), None)
    if found is None:
        raise UsageError(
            f"digest: expected that of a present proposal, got {digest[:40]!r}; read the report "
            "again, it has changed since"
        )
    given = AcceptThreshold(
        id=f"t-{secrets.token_hex(6)}",
        kind=found.kind,
        room=found.room,
        below=found.below,
        proposal=digest,
        who=who,
    )
    store.decide(given, now)
    return found


def take_back(store: Store, threshold: str, who: str, now: int) -> None:
    """Take a threshold back: its kind rings again."""
    store.decide(TakeBackThreshold(threshold=threshold, who=who), now)


def start_shadow(
    store: Store,
    room: str,
    until: int,
    who: str,
    now: int,
    *,
    kinds: Sequence[AlarmKind] = (),
    version: str | None = None,
) -> str:
    """Let a room, or a new version in it, only be recorded; return the id of the shadow mode."""
    name = f"s-{secrets.token_hex(6)}"
    given = StartShadow(
        id=name, room=room, kinds=sorted(kinds), version=version, until=until, who=who
    )
    store.decide(given, now)
    return name


def end_shadow(store: Store, shadow: str, who: str, now: int) -> None:
    """End a shadow mode before its time."""
    store.decide(EndShadow(shadow=shadow, who=who), now)


def ask_for_log(
    store: Store, person: str, reason: OpeningReason, who: str, role: str, now: int
) -> str:
    """Ask to open a person's log; return the id of the opening.

    Raises
    ------
    UsageError
        When nobody is named, or `who` may not ask.
    """
    if not person.strip():
        raise UsageError(f"person: expected a user name, got {person[:40]!r}; say whose log")
    name = f"o-{secrets.token_hex(6)}"
    store.decide(AskForLog(id=name, person=person, reason=reason, who=who, role=role), now)
    return name


def grant_log(store: Store, opening: str, who: str, role: str, now: int) -> None:
    """Grant it, as somebody of the other role."""
    store.decide(GrantLog(opening=opening, who=who, role=role), now)


def read_log(
    store: Store, database: HubDatabase, opening: str, who: str, now: int
) -> tuple[Opening, list[Answer]]:
    """Return an opened log, oldest line first; that it was read is logged before.

    Raises
    ------
    UsageError
        When it is not open to `who`.
    """
    store.decide(ReadLog(opening=opening, who=who), now)
    with database.read() as db:
        found = openings.readable(CaseBook(db).house().openings, opening, who, now)
        lines = db.execute(
            "SELECT h.at, h.alarm, a.room, h.what FROM history h "
            "JOIN alarms a ON a.id = h.alarm WHERE h.who = ? ORDER BY h.at, h.number",
            (found.person,),
        ).fetchall()
    return found, [
        Answer(at=at, condition=alarm, room=room, what=Deed(what))
        for at, alarm, room, what in lines
    ]
