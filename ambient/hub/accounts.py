"""Who may use the hub: users, sessions, the one-time set-up link.

Comes in: names, passwords and the time. Goes out: an `Identity`, or a refusal with what to do.
Passwords are kept as Argon2id, session cookies as SHA-256, so that a copy of the database opens
nothing. Failed tries are counted on the disk: a restart does not reset them.
"""

from __future__ import annotations

import secrets
from typing import Final

import sqlite_utils
from argon2 import PasswordHasher

from ambient.errors import UsageError
from ambient.hub import lockout
from ambient.hub.account_rows import (
    address_key,
    check_role,
    count_try,
    digest,
    forgive,
    forgive_one,
    start_session,
    user_key,
)
from ambient.hub.credentials import check_name, check_password
from ambient.hub.database import HubDatabase
from ambient.hub.devices import Devices
from ambient.hub.identities import PERSONS, Identity, Role, User, configures
from ambient.hub.passkeys import Passkeys
from ambient.hub.passwords import Passwords
from ambient.hub.provider_accounts import ProviderAccounts
from ambient.hub.second_factor import SecondFactors
from ambient.hub.tokens import Tokens
from ambient.hub.user_rows import (
    HAS_FACTOR,
    LOCAL,
    check_known,
    check_local,
    check_new,
    check_one_left,
    has_local,
    insert_user,
)

NS: Final = 1_000_000_000
IDLE_S: Final = 12 * 3600
"""A session that nobody uses for a shift ends; an open page counts as use."""
LONGEST_S: Final = 30 * 24 * 3600
SETUP_S: Final = 3600
_OVER: Final = "(s.used < ? OR s.created < ? OR coalesce(s.ends < ?, 0))"
"""Of a row ``s`` of sessions, in SQL; what it is compared with is `_bounds`."""


class WrongPasswordError(UsageError):
    """User name or password is wrong; which one is not said."""


class Accounts:
    """Users and sessions of one hub.

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
    second_factors, passkeys
        Codes of an app beside the password; passkeys beside it or in its place.
    devices
        Shared screens with their PINs and badges.
    provided
        Accounts that an OpenID Connect provider vouches for.
    tokens
        Of programs.
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
        self.passwords = Passwords(hasher)
        key = key or secrets.token_bytes(32)
        self.second_factors = SecondFactors(database, key)
        self.passkeys = Passkeys(database, key)
        self.devices = Devices(database, key, self.passwords)
        self.provided = ProviderAccounts(database, key)
        self.tokens = Tokens(database)

    # Users

    def has_users(self) -> bool:
        """Return whether anybody can log in with a password of this hub."""
        with self._database.read() as db:
            return has_local(db)

    def users(self) -> list[User]:
        """Return all users by name."""
        with self._database.read() as db:
            found = db.execute(
                f"SELECT u.name, u.role, u.created, u.disabled, {HAS_FACTOR}, "
                "p.user IS NOT NULL, a.user IS NOT NULL FROM users u "
                "LEFT JOIN shift_pins p ON p.user = u.name "
                "LEFT JOIN provider_accounts a ON a.user = u.name ORDER BY u.name"
            ).fetchall()
        return [
            User(
                name=name,
                role=Role(role),
                created=created,
                disabled=bool(disabled),
                second_factor=bool(second),
                shift_pin=bool(pin),
                provided=bool(provided),
            )
            for name, role, created, disabled, second, pin, provided in found
        ]

    def add_user(self, name: str, password: str, role: Role, now: int) -> None:
        """Create a user.

        Raises
        ------
        UsageError
            When the name, password or role cannot be used, or the name is taken.
        """
        check_role(role, PERSONS)
        check_name(name)
        check_password(password, name)
        hashed = self.passwords.hash(password)
        with self._database.write() as db:
            check_new(db, name)
            insert_user(db, name, role, hashed, now)

    def set_password(self, name: str, password: str) -> None:
        """Give a user a new password and end the user's sessions.

        Raises
        ------
        UsageError
            When there is no such user, the password cannot be used, or the provider keeps it.
        """
        check_password(password, name)
        hashed = self.passwords.hash(password)
        with self._database.write() as db:
            check_known(db, name)
            check_local(db, name)
            db.execute("UPDATE users SET hash = ? WHERE name = ?", (hashed, name))
            db.execute("DELETE FROM sessions WHERE user = ?", (name,))
            forgive(db, user_key(name))

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role and end the user's sessions.

        Raises
        ------
        UsageError
            When there is no such user, nobody would be left to administer, or the provider says
            what the user is.
        """
        check_role(role, PERSONS)
        with self._database.write() as db:
            check_known(db, name)
            check_local(db, name)
            if role is not Role.ADMIN:
                check_one_left(db, name)
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
            check_known(db, name)
            if disabled:
                check_one_left(db, name)
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
        known, role = self._checked(name, password, address, now)
        with self._database.write() as db:
            cookie, begun = start_session(db, known, role, now)
        identity = self.session(cookie, now)
        return cookie, begun if identity is None else identity

    def who(self, name: str, password: str, address: str, now: int) -> Identity:
        """Check a password and return whose it is, without a session.

        Raises
        ------
        LockedError, WrongPasswordError
        """
        known, role = self._checked(name, password, address, now)
        asked = self.second_factors.enrolled(known) or (self._required and configures(role))
        return Identity(name=known, role=role, confirmed=not asked)

    def _checked(self, name: str, password: str, address: str, now: int) -> tuple[str, Role]:
        keys = (user_key(name), address_key(address))
        with self._database.write() as db:
            free = (lockout.FREE_TRIES, lockout.FREE_TRIES_ADDRESS)
            count_try(db, dict(zip(keys, free, strict=True)), now)
            row = db.execute(
                f"SELECT name, role, hash FROM users WHERE name = ? AND disabled = 0 AND {LOCAL}",
                (name,),
            ).fetchone()
        good = self.passwords.fits(self.passwords.nobody if row is None else row[2], password)
        if row is None or not good:
            raise WrongPasswordError("user name or password is wrong; try again")
        with self._database.write() as db:
            forgive(db, keys[0])
            forgive_one(db, keys[1])
        return row[0], Role(row[1])

    def session(self, cookie: str, now: int) -> Identity | None:
        """Return whose session `cookie` is, None when it is none or over at `now` (ns)."""
        token = digest(cookie)
        with self._database.read() as db:
            row = db.execute(
                "SELECT s.user, s.csrf, s.used, u.role, s.confirmed, s.device, "
                f"{HAS_FACTOR} FROM sessions s JOIN users u ON u.name = s.user "
                f"WHERE s.token = ? AND u.disabled = 0 AND NOT {_OVER}",
                (token, *_bounds(now)),
            ).fetchone()
        if row is None:
            return None
        name, csrf, used, role, confirmed, device, enrolled = row
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
        """End a session; whose it was is one of `departed` until `signed_off` is called."""
        with self._database.write() as db:
            db.execute("DELETE FROM sessions WHERE token = ?", (identity.session,))

    def departed(self, now: int) -> list[str]:
        """End the sessions that are over at `now` (ns); return who has none left since.

        Whoever is returned must be signed off, and is returned again until `signed_off` is called:
        what they saw to would otherwise be quiet with nobody on the way.
        """
        with self._database.read() as db:
            due = db.execute(
                f"SELECT EXISTS (SELECT 1 FROM sessions s WHERE {_OVER}) "
                "OR EXISTS (SELECT 1 FROM departures)",
                _bounds(now),
            ).fetchone()
        if not due[0]:
            return []
        with self._database.write() as db:
            db.execute(f"DELETE FROM sessions AS s WHERE {_OVER}", _bounds(now))
            db.execute("DELETE FROM departures WHERE user IN (SELECT user FROM sessions)")
            found = db.execute("SELECT user FROM departures ORDER BY user").fetchall()
        return [user for (user,) in found]

    def signed_off(self, user: str) -> bool:
        """Keep that `user` was signed off; return whether a session of theirs is open again."""
        with self._database.write() as db:
            db.execute("DELETE FROM departures WHERE user = ?", (user,))
            found = db.execute("SELECT 1 FROM sessions WHERE user = ?", (user,)).fetchone()
        return found is not None

    def clean(self, now: int) -> None:
        """Delete links, challenges and counts that are over at `now` (ns)."""
        with self._database.write() as db:
            db.execute("DELETE FROM setup_links WHERE expires < ?", (now,))
            db.execute("DELETE FROM spent_challenges WHERE until < ?", (now,))
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
        hashed = self.passwords.hash(password)
        with self._database.write() as db:
            if not _is_setup(db, token, now):
                raise _no_setup()
            db.execute("DELETE FROM setup_links")
            db.execute(f"DELETE FROM users WHERE disabled = 1 AND {LOCAL}")
            check_new(db, name)
            insert_user(db, name, Role.ADMIN, hashed, now)
            cookie, begun = start_session(db, name, Role.ADMIN, now)
        identity = self.session(cookie, now)
        return cookie, begun if identity is None else identity


def _bounds(now: int) -> tuple[int, int, int]:
    """Return with what `_OVER` compares a session at `now` (ns)."""
    return (now - IDLE_S * NS, now - LONGEST_S * NS, now)


def _no_setup() -> UsageError:
    return UsageError(
        "set-up link: expected one that is unused and not expired; restart the hub for a new one"
    )


def _is_setup(db: sqlite_utils.Database, token: str, now: int) -> bool:
    if has_local(db):
        return False
    row = db.execute(
        "SELECT 1 FROM setup_links WHERE token = ? AND expires > ?", (digest(token), now)
    ).fetchone()
    return row is not None
