"""Who may use the hub: users, sessions, the one-time set-up link, tokens for programs.

Comes in: names, passwords, tokens and the time. Goes out: an `Identity`, or a refusal with what to
do. Passwords are kept as Argon2id, tokens and session cookies as SHA-256, so that a copy of the
database opens nothing. Failed tries are counted on the disk: a restart does not reset them.
"""

from __future__ import annotations

import re
import secrets
import threading
from typing import Final

import sqlite_utils
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ambient.errors import UsageError
from ambient.hub import lockout
from ambient.hub.account_rows import (
    attempts,
    count_try,
    digest,
    forgive,
    keep_attempts,
    start_session,
    user_key,
)
from ambient.hub.credentials import LONGEST_PASSWORD, check_name, check_password
from ambient.hub.database import HubDatabase
from ambient.hub.devices import Devices
from ambient.hub.identities import PERSONS, PROGRAMS, Identity, Role, Token, User, configures
from ambient.hub.lockout import Attempts
from ambient.hub.second_factor import SecondFactors

NS: Final = 1_000_000_000
IDLE_S: Final = 12 * 3600
"""A session that nobody uses for a shift ends; an open page counts as use."""
LONGEST_S: Final = 30 * 24 * 3600
SETUP_S: Final = 3600
_TOKEN_NAME: Final = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")


class WrongPasswordError(UsageError):
    """User name or password is wrong; which one is not said."""


class Accounts:
    """Users, sessions and tokens of one hub.

    Parameters
    ----------
    database
        Where they are kept.
    hasher
        Argon2id with the library's parameters (RFC 9106, low memory) unless a test says otherwise.
    key
        A secret of the hub that is not in the database: what must be kept readable there is sealed
        with it. Without one, second factors and badges end with the process.
    second_factor_required
        Whether who configures must have a second factor; otherwise only who enrolled one is asked.

    Attributes
    ----------
    second_factors, devices
        Codes beside the password; shared screens with their PINs and badges.
    """

    def __init__(
        self,
        database: HubDatabase,
        hasher: PasswordHasher | None = None,
        *,
        key: bytes | None = None,
        second_factor_required: bool = False,
    ) -> None:
        self._database = database
        self._required = second_factor_required
        self._hasher = hasher or PasswordHasher()
        # Each hash takes 64 MiB; a flood of tries must not take the machine's memory.
        self._hashing = threading.Semaphore(2)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        key = key or secrets.token_bytes(32)
        self.second_factors = SecondFactors(database, key)
        self.devices = Devices(database, key, hash_secret=self._hash, verify=self._verify)

    # Users

    def has_users(self) -> bool:
        """Return whether anybody can log in."""
        with self._database.read() as db:
            return db.execute("SELECT 1 FROM users WHERE disabled = 0").fetchone() is not None

    def users(self) -> list[User]:
        """Return all users by name."""
        with self._database.read() as db:
            found = db.execute(
                "SELECT u.name, u.role, u.created, u.disabled, f.since IS NOT NULL, "
                "p.user IS NOT NULL FROM users u LEFT JOIN second_factors f ON f.user = u.name "
                "LEFT JOIN shift_pins p ON p.user = u.name ORDER BY u.name"
            ).fetchall()
        return [
            User(
                name=name,
                role=Role(role),
                created=created,
                disabled=bool(disabled),
                second_factor=bool(second),
                shift_pin=bool(pin),
            )
            for name, role, created, disabled, second, pin in found
        ]

    def add_user(self, name: str, password: str, role: Role, now: int) -> None:
        """Create a user.

        Raises
        ------
        UsageError
            When the name, password or role cannot be used, or the name is taken.
        """
        _check_role(role, PERSONS)
        check_name(name)
        check_password(password, name)
        hashed = self._hash(password)
        with self._database.write() as db:
            if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise UsageError(f"user: expected a new name, got {name!r} again; choose another")
            _insert_user(db, name, role, hashed, now)

    def set_password(self, name: str, password: str) -> None:
        """Give a user a new password and end the user's sessions.

        Raises
        ------
        UsageError
            When there is no such user, or the password cannot be used.
        """
        check_password(password, name)
        hashed = self._hash(password)
        with self._database.write() as db:
            done = db.execute("UPDATE users SET hash = ? WHERE name = ?", (hashed, name))
            if done.rowcount == 0:
                raise UsageError(f"user: expected a known name, got {name[:40]!r}")
            db.execute("DELETE FROM sessions WHERE user = ?", (name,))
            forgive(db, user_key(name))

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role and end the user's sessions.

        Raises
        ------
        UsageError
            When there is no such user, or nobody would be left to administer.
        """
        _check_role(role, PERSONS)
        with self._database.write() as db:
            _check_known(db, name)
            if role is not Role.ADMIN:
                _check_one_left(db, name)
            db.execute("UPDATE users SET role = ? WHERE name = ?", (role.value, name))
            db.execute("DELETE FROM sessions WHERE user = ?", (name,))

    def disable_user(self, name: str, disabled: bool) -> None:
        """Switch a user off, which ends the user's sessions, or on again.

        Raises
        ------
        UsageError
            When there is no such user, or nobody would be left to administer.
        """
        with self._database.write() as db:
            _check_known(db, name)
            if disabled:
                _check_one_left(db, name)
            db.execute("UPDATE users SET disabled = ? WHERE name = ?", (disabled, name))
            if disabled:
                db.execute("DELETE FROM sessions WHERE user = ?", (name,))

    # Sessions

    def log_in(self, name: str, password: str, address: str, now: int) -> tuple[str, Identity]:
        """Check a password and start a session.

        Returns
        -------
        tuple[str, Identity]
            The cookie's value, and who it is.

        Raises
        ------
        LockedError, WrongPasswordError
        """
        keys = (user_key(name), f"address:{address}")
        with self._database.write() as db:
            free = (lockout.FREE_TRIES, lockout.FREE_TRIES_ADDRESS)
            count_try(db, dict(zip(keys, free, strict=True)), now)
            row = db.execute(
                "SELECT name, role, hash FROM users WHERE name = ? AND disabled = 0", (name,)
            ).fetchone()
        good = self._verify(self._nobody if row is None else row[2], password)
        if row is None or not good:
            raise WrongPasswordError("user name or password is wrong; try again")
        with self._database.write() as db:
            forgive(db, keys[0])
            before = attempts(db, keys[1])
            if before.failures <= 1:
                forgive(db, keys[1])
            else:
                kept = Attempts(failures=before.failures - 1, last=before.last)
                keep_attempts(db, keys[1], kept)
            cookie, begun = start_session(db, row[0], Role(row[1]), now)
        identity = self.session(cookie, now)
        return cookie, begun if identity is None else identity

    def session(self, cookie: str, now: int) -> Identity | None:
        """Return whose session `cookie` is, None when it is none or over at `now` (ns)."""
        token = digest(cookie)
        with self._database.read() as db:
            row = db.execute(
                "SELECT s.user, s.csrf, s.created, s.used, u.role, s.confirmed, s.device, "
                "f.since IS NOT NULL FROM sessions s JOIN users u ON u.name = s.user "
                "LEFT JOIN second_factors f ON f.user = u.name "
                "WHERE s.token = ? AND u.disabled = 0",
                (token,),
            ).fetchone()
        if row is None:
            return None
        name, csrf, created, used, role, confirmed, device, enrolled = row
        if now - used > IDLE_S * NS or now - created > LONGEST_S * NS:
            return None
        asked = enrolled or (self._required and configures(Role(role)))
        return Identity(
            name=name,
            role=Role(role),
            csrf=csrf,
            session=token,
            used=used,
            confirmed=bool(confirmed) or not asked,
            device=device,
        )

    def touch(self, identity: Identity, now: int) -> None:
        """Keep that a session is in use; call it now and then, it writes."""
        with self._database.write() as db:
            db.execute(
                "UPDATE sessions SET used = max(used, ?) WHERE token = ?", (now, identity.session)
            )

    def log_out(self, identity: Identity) -> None:
        """End a session."""
        with self._database.write() as db:
            db.execute("DELETE FROM sessions WHERE token = ?", (identity.session,))

    def clean(self, now: int) -> None:
        """Delete sessions, links and counts that are over at `now` (ns)."""
        with self._database.write() as db:
            db.execute(
                "DELETE FROM sessions WHERE used < ? OR created < ?",
                (now - IDLE_S * NS, now - LONGEST_S * NS),
            )
            db.execute("DELETE FROM setup_links WHERE expires < ?", (now,))
            db.execute(
                "DELETE FROM attempts WHERE last < ? AND locked_until < ?",
                (now - lockout.FORGOTTEN_S * NS, now),
            )

    # The one-time set-up link

    def make_setup_token(self, now: int) -> str | None:
        """Return a new one-time token for the first user, None when there is a user already."""
        if self.has_users():
            return None
        token = secrets.token_urlsafe(24)
        with self._database.write() as db:
            db.execute("DELETE FROM setup_links")
            db.execute("INSERT INTO setup_links VALUES (?, ?)", (digest(token), now + SETUP_S * NS))
        return token

    def is_setup_token(self, token: str, now: int) -> bool:
        """Return whether `token` may still create the first user at `now` (ns)."""
        with self._database.read() as db:
            return _is_setup(db, token, now)

    def set_up(self, token: str, name: str, password: str, now: int) -> tuple[str, Identity]:
        """Create the first administrator with a one-time token, and log in.

        Raises
        ------
        UsageError
            When the token is used, expired or wrong, or name or password cannot be used.
        """
        check_name(name)
        check_password(password, name)
        if not self.is_setup_token(token, now):
            raise _no_setup()
        hashed = self._hash(password)
        with self._database.write() as db:
            if not _is_setup(db, token, now):
                raise _no_setup()
            db.execute("DELETE FROM setup_links")
            db.execute("DELETE FROM users WHERE disabled = 1")
            _insert_user(db, name, Role.ADMIN, hashed, now)
            cookie, begun = start_session(db, name, Role.ADMIN, now)
        identity = self.session(cookie, now)
        return cookie, begun if identity is None else identity

    # Tokens for programs

    def make_token(self, name: str, role: Role, now: int) -> str:
        """Return a new bearer token for a program; it is shown this once.

        Raises
        ------
        UsageError
            When the name or role cannot be used, or the name is taken.
        """
        _check_role(role, PROGRAMS)
        if not _TOKEN_NAME.match(name):
            raise UsageError(
                "token name: expected 1 to 40 lower-case letters, digits or hyphens, "
                f"got {name[:40]!r}"
            )
        token = f"ambient-{secrets.token_urlsafe(32)}"
        with self._database.write() as db:
            if db.execute("SELECT 1 FROM api_tokens WHERE name = ?", (name,)).fetchone():
                raise UsageError(f"token: expected a new name, got {name!r} again; revoke it first")
            db.execute(
                "INSERT INTO api_tokens VALUES (?, ?, ?, ?)",
                (digest(token), name, role.value, now),
            )
        return token

    def tokens(self) -> list[Token]:
        """Return all tokens by name; the tokens themselves are not kept."""
        with self._database.read() as db:
            found = db.execute("SELECT name, role, created FROM api_tokens ORDER BY name")
            return [Token(name=name, role=Role(role), created=at) for name, role, at in found]

    def revoke_token(self, name: str) -> None:
        """Make a token useless."""
        with self._database.write() as db:
            db.execute("DELETE FROM api_tokens WHERE name = ?", (name,))

    def bearer(self, token: str) -> Identity | None:
        """Return whose `token` is, None when it is nobody's."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT name, role FROM api_tokens WHERE token = ?", (digest(token),)
            ).fetchone()
        if row is None:
            return None
        return Identity(name=f"token:{row[0]}", role=Role(row[1]))

    def _hash(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
            except (VerificationError, InvalidHashError):
                return False


def _no_setup() -> UsageError:
    return UsageError(
        "set-up link: expected one that is unused and not expired; restart the hub for a new one"
    )


def _is_setup(db: sqlite_utils.Database, token: str, now: int) -> bool:
    if db.execute("SELECT 1 FROM users WHERE disabled = 0").fetchone() is not None:
        return False
    row = db.execute(
        "SELECT 1 FROM setup_links WHERE token = ? AND expires > ?", (digest(token), now)
    ).fetchone()
    return row is not None


def _check_role(role: Role, among: tuple[Role, ...]) -> None:
    if role not in among:
        raise UsageError(f"role: expected one of {', '.join(among)}, got {role.value}")


def _check_known(db: sqlite_utils.Database, name: str) -> None:
    if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone() is None:
        raise UsageError(f"user: expected a known name, got {name[:40]!r}")


def _check_one_left(db: sqlite_utils.Database, name: str) -> None:
    left = db.execute(
        "SELECT 1 FROM users WHERE role = 'admin' AND disabled = 0 AND name <> ?", (name,)
    ).fetchone()
    if left is None:
        raise UsageError("user: expected one administrator to be left; create another")


def _insert_user(db: sqlite_utils.Database, name: str, role: Role, hashed: str, now: int) -> None:
    db.execute(
        "INSERT INTO users (name, role, hash, created) VALUES (?, ?, ?, ?)",
        (name, role.value, hashed, now),
    )
