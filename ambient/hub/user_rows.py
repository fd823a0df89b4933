"""Rows of users: what is asked of them, and what must hold before one is changed.

Comes in: an open transaction. Goes out: an answer, or a refusal with what to do.
"""

from __future__ import annotations

from typing import Final

import sqlite_utils

from ambient.errors import UsageError
from ambient.hub.identities import Role

HAS_FACTOR: Final = (
    "(EXISTS (SELECT 1 FROM second_factors f WHERE f.user = u.name AND f.since IS NOT NULL) "
    "OR EXISTS (SELECT 1 FROM passkeys k WHERE k.user = u.name))"
)
"""Of a row ``u`` of users, in SQL."""
LOCAL: Final = "name NOT IN (SELECT user FROM provider_accounts)"
"""Of a row of users, in SQL: the password is kept here."""


def has_local(db: sqlite_utils.Database) -> bool:
    """Return whether anybody can log in with a password of this hub."""
    found = db.execute(f"SELECT 1 FROM users WHERE disabled = 0 AND {LOCAL}").fetchone()
    return found is not None


def check_new(db: sqlite_utils.Database, name: str) -> None:
    """Check that a user's name is nobody's yet.

    Raises
    ------
    UsageError
    """
    if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
        raise UsageError(f"user: expected a new name, got {name!r} again; choose another")


def check_known(db: sqlite_utils.Database, name: str) -> None:
    """Check that there is a user.

    Raises
    ------
    UsageError
    """
    if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone() is None:
        raise UsageError(f"user: expected a known name, got {name[:40]!r}")


def check_local(db: sqlite_utils.Database, name: str) -> None:
    """Check that the hub itself keeps a user's password and role.

    Raises
    ------
    UsageError
    """
    if db.execute("SELECT 1 FROM provider_accounts WHERE user = ?", (name,)).fetchone():
        raise UsageError(
            f"user: expected one with a password of this hub, got {name[:40]!r}, whose password "
            "and role the provider keeps; change them there, or switch the user off here"
        )


def check_one_left(db: sqlite_utils.Database, name: str) -> None:
    """Check that somebody can administer without `name`, also while the provider is down.

    Raises
    ------
    UsageError
    """
    left = db.execute(
        "SELECT 1 FROM users WHERE role = 'admin' AND disabled = 0 AND name <> ?1 "
        f"AND {LOCAL} "
        "UNION SELECT 1 FROM provider_accounts WHERE user = ?1",
        (name,),
    ).fetchone()
    if left is None:
        raise UsageError("user: expected one administrator to be left; create another")


def insert_user(db: sqlite_utils.Database, name: str, role: Role, hashed: str, now: int) -> None:
    """Keep a new user."""
    db.execute(
        "INSERT INTO users (name, role, hash, created) VALUES (?, ?, ?, ?)",
        (name, role.value, hashed, now),
    )
