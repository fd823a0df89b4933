"""What accounts, second factors and shared devices share: digests, tries that failed, sessions.

Comes in: an open transaction. Goes out: rows read and written.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import sqlite_utils

from ambient.errors import UsageError
from ambient.hub import lockout
from ambient.hub.identities import Identity, Role
from ambient.hub.lockout import Attempts


class LockedError(UsageError):
    """Too many failed tries; `wait_s` says how long to wait."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many failed tries: wait {wait_s} s and try again")
        self.wait_s = wait_s


def digest(token: str) -> str:
    """Return the SHA-256 under which a random token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def user_key(name: str) -> str:
    """Return under what a user's failed tries are counted."""
    # Hashed: what is typed into the wrong field may be a password.
    return f"user:{digest(name.lower())}"


def count_try(db: sqlite_utils.Database, free: dict[str, int], now: int) -> None:
    """Count a try as failed before it is checked: tries side by side cannot slip through.

    Parameters
    ----------
    free
        What is counted ► how many failures cost no waiting.

    Raises
    ------
    LockedError
        When one of them must wait at `now` (ns); nothing is counted then.
    """
    wait = max(lockout.wait_s(attempts(db, key), now) for key in free)
    if wait > 0:
        raise LockedError(wait)
    for key, tries in free.items():
        keep_attempts(db, key, lockout.after_failure(attempts(db, key), now, tries))


def attempts(db: sqlite_utils.Database, key: str) -> Attempts:
    """Return what was counted of `key`."""
    row: Sequence[int] | None = db.execute(
        "SELECT failures, last, locked_until FROM attempts WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return Attempts()
    return Attempts(failures=row[0], last=row[1], locked_until=row[2])


def keep_attempts(db: sqlite_utils.Database, key: str, counted: Attempts) -> None:
    """Keep what was counted of `key`."""
    db.execute(
        "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)",
        (key, counted.failures, counted.last, counted.locked_until),
    )


def forgive(db: sqlite_utils.Database, key: str) -> None:
    """Forget the failed tries of `key`."""
    db.execute("DELETE FROM attempts WHERE key = ?", (key,))


def start_session(
    db: sqlite_utils.Database,
    name: str,
    role: Role,
    now: int,
    *,
    confirmed: bool = False,
    device: str | None = None,
) -> tuple[str, Identity]:
    """Start a session under a new random cookie; return the cookie's value, and who it is."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    token = digest(cookie)
    db.execute(
        "INSERT INTO sessions (token, user, csrf, created, used, confirmed, device) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (token, name, csrf, now, now, confirmed, device),
    )
    identity = Identity(
        name=name,
        role=role,
        csrf=csrf,
        session=token,
        used=now,
        confirmed=confirmed,
        device=device,
    )
    return cookie, identity
