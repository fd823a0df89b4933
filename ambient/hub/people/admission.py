"""What of an erased resident may still be taken in: an alarm of the room, and nothing more.

Comes in: an event that a node sent, perhaps because its configuration still names a pseudonym that
was erased. Goes out: the event without the pseudonym when it states an alarm (somebody on the floor
is never passed over), nothing when it tells of the resident alone.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import sqlite_utils

from ambient.events import AnyEvent, Event
from ambient.hub.alarms import kinds

AnEvent = TypeVar("AnEvent", bound=Event)


def is_erased(db: sqlite_utils.Database, subject: str) -> bool:
    """Return whether `subject` stands in the ledger of erasures."""
    found = db.execute("SELECT 1 FROM erasures WHERE subject = subject_tag(?)", (subject,))
    return found.fetchone() is not None


def admitted(db: sqlite_utils.Database, event: AnyEvent) -> AnyEvent | None:
    """Return what of `event` may be kept."""
    if event.subject is None or not is_erased(db, event.subject):
        return event
    return None if kinds.opens(event) is None else nameless(event)


def nameless(event: AnEvent) -> AnEvent:
    """Return `event` as one of the room, of nobody in particular."""
    return msgspec.structs.replace(event, subject=None)
