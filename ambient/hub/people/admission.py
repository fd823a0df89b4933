"""What of a resident may be taken in: nothing of the erased, nothing without consent in force.

Comes in: an event that a node sent, perhaps because its configuration still names a pseudonym that
was erased, or because it measured before a withdrawal reached it. Goes out: of an erased resident
the event without the pseudonym when it states an alarm (somebody on the floor is never passed
over), else nothing; of a resident in the hub's register no summary of a purpose without consent.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import sqlite_utils

from ambient.events import AnyEvent, Event, Purpose, SummaryDaily, SummaryHourly, VoiceDeviation
from ambient.hub.alarms import kinds
from ambient.hub.people.consents import agreed
from ambient.hub.people.said import is_erased, lives, said_by

AnEvent = TypeVar("AnEvent", bound=Event)


def admitted(db: sqlite_utils.Database, event: AnyEvent, received: int) -> AnyEvent | None:
    """Return what of `event`, received at `received` (ns), may be kept."""
    if event.subject is None:
        return event
    if is_erased(db, event.subject):
        return None if kinds.opens(event) is None else nameless(event)
    purpose = purpose_of(event)
    if purpose is None or lives(db, event.subject) is None:
        return event
    return event if agreed(said_by(db, event.subject), purpose, received) else None


def purpose_of(event: AnyEvent) -> Purpose | None:
    """Return the purpose that an event was kept for, where it is no alarm."""
    if isinstance(event, SummaryDaily | SummaryHourly):
        return event.purpose
    return Purpose.VOICE if isinstance(event, VoiceDeviation) else None


def nameless(event: AnEvent) -> AnEvent:
    """Return `event` as one of the room, of nobody in particular."""
    return msgspec.structs.replace(event, subject=None)
