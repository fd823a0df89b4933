"""What a resident said, and whether they live here or are erased: questions to the database.

Comes in: a database within a transaction, a pseudonym. Goes out: the answer.
"""

from __future__ import annotations

import msgspec
import sqlite_utils

from ambient.hub.people.consents import Consent


def said_by(db: sqlite_utils.Database, subject: str) -> list[Consent]:
    """Return all that was entered for a resident, oldest first."""
    found = db.execute(
        "SELECT opened(body) FROM consents WHERE tag = subject_tag(?) ORDER BY number", (subject,)
    ).fetchall()
    return [msgspec.json.decode(row[0], type=Consent) for row in found]


def lives(db: sqlite_utils.Database, subject: str) -> tuple[int, str] | None:
    """Return the number of the entry that says that a resident lives here, and their room."""
    row = db.execute(
        "SELECT number, room FROM residents WHERE tag = subject_tag(?) AND until IS NULL",
        (subject,),
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def is_erased(db: sqlite_utils.Database, subject: str) -> bool:
    """Return whether `subject` stands in the ledger of erasures."""
    found = db.execute("SELECT 1 FROM erasures WHERE subject = subject_tag(?)", (subject,))
    return found.fetchone() is not None
