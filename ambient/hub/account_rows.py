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


def forgive_one(db: sqlite_utils.Database, key: str) -> None:
    """Take back the last failed try of `key`, which was none; earlier ones stay."""
    before = attempts(db, key)
    if before.failures <= 1:
        forgive(db, key)
    else:
        keep_attempts(db, key, Attempts(failures=before.failures - 1, last=before.last))


def code_key(user: str) -> str:
    """Return under what failed tries of a user's second factor are counted."""
    return f"code:{digest(user.lower())}"


def address_key(address: str) -> str:
    """Return under what failed tries from a network address are counted."""
    return f"address:{address}"


def check_role(role: Role, among: tuple[Role, ...]) -> None:
    """Check that a role can be given.

    Raises
    ------
    UsageError
        When it is none of `among`.
    """
    if role not in among:
        raise UsageError(f"role: expected one of {', '.join(among)}, got {role.value}")


def has_app(db: sqlite_utils.Database, user: str) -> bool:
    """Return whether `user` has an authenticator app."""
    found = db.execute(
        "SELECT 1 FROM second_factors WHERE user = ? AND since IS NOT NULL", (user,)
    ).fetchone()
    return found is not None


def has_factor(db: sqlite_utils.Database, user: str) -> bool:
    """Return whether `user` has a second factor of any kind."""
    found = db.execute("SELECT 1 FROM passkeys WHERE user = ?", (user,)).fetchone()
    return found is not None or has_app(db, user)


def has_good_factor(db: sqlite_utils.Database, user: str) -> bool:
    """Return whether `user` has a second factor that is taken: a copied passkey is not."""
    found = db.execute(
        "SELECT 1 FROM passkeys WHERE user = ? AND copied IS NULL", (user,)
    ).fetchone()
    return found is not None or has_app(db, user)


def check_factor_left(db: sqlite_utils.Database, user: str) -> None:
    """Check, after a factor of `user` was taken away, that somebody can still administer.

    Raises
    ------
    UsageError
        When `user` administers, has no second factor that is taken now, and no other administrator
        has one.
    """
    role = db.execute("SELECT role FROM users WHERE name = ?", (user,)).fetchone()
    if role is None or role[0] != Role.ADMIN.value or has_good_factor(db, user):
        return
    others = db.execute(
        "SELECT name FROM users WHERE role = 'admin' AND disabled = 0 AND name <> ?", (user,)
    ).fetchall()
    if not any(has_good_factor(db, name) for (name,) in others):
        raise UsageError(
            "second factor: expected one administrator who still has one, got the last one's last; "
            "set up another first"
        )


def confirm(db: sqlite_utils.Database, identity: Identity, now: int) -> tuple[str, Identity]:
    """Give a session its second factor, under a new cookie: the old one confirms nothing.

    Raises
    ------
    UsageError
        When the session has ended meanwhile.
    """
    row = db.execute("SELECT ends FROM sessions WHERE token = ?", (identity.session,)).fetchone()
    if row is None:
        raise UsageError("second factor: expected a session that is open; sign in again")
    forgive(db, code_key(identity.name))
    db.execute("DELETE FROM sessions WHERE token = ?", (identity.session,))
    return start_session(db, identity.name, identity.role, now, confirmed=True, ends=row[0])


def start_session(
    db: sqlite_utils.Database,
    name: str,
    role: Role,
    now: int,
    *,
    confirmed: bool = False,
    device: str | None = None,
    ends: int | None = None,
) -> tuple[str, Identity]:
    """Start a session under a new random cookie; return the cookie's value, and who it is.

    Parameters
    ----------
    ends
        When it is over (ns) however much it is used; without it after 30 days.
    """
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    token = digest(cookie)
    db.execute(
        "INSERT INTO sessions (token, user, csrf, created, used, confirmed, device, ends) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (token, name, csrf, now, now, confirmed, device, ends),
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
