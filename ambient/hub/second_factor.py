"""The second factor of users: one-time codes of an authenticator app, and recovery codes.

Comes in: a session, what was typed and the time. Goes out: a confirmed session under a new cookie,
or a refusal. Secrets are sealed with a key that is not in the database, recovery codes are kept as
SHA-256: a copy of the database opens nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import Final

import sqlite_utils
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ambient.errors import UsageError
from ambient.hub import lockout, totp
from ambient.hub.account_rows import count_try, digest, forgive, start_session
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity

RECOVERY_CODES: Final = 10
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is read wrongly from paper."""
_CODE_LENGTH: Final = 12
_NONCE: Final = 12


class WrongCodeError(UsageError):
    """The code is wrong, too old, or was used already."""

    def __init__(self) -> None:
        super().__init__("code: expected the six digits that the app shows now; wait for the next")


class SecondFactors:
    """Second factors of one hub's users.

    Parameters
    ----------
    key
        A secret that is not in the database.
    """

    def __init__(self, database: HubDatabase, key: bytes) -> None:
        self._database = database
        self._cipher = AESGCM(hashlib.sha256(b"ambient second factor\0" + key).digest())

    def enrolled(self, user: str) -> bool:
        """Return whether `user` has a second factor."""
        with self._database.read() as db:
            return _is_enrolled(db, user)

    def recovery_left(self, user: str) -> int:
        """Return how many recovery codes `user` has not used."""
        with self._database.read() as db:
            found = db.execute("SELECT count(*) FROM recovery_codes WHERE user = ?", (user,))
            return int(found.fetchone()[0])

    def begin(self, identity: Identity) -> str:
        """Return a new secret for the user's app; it counts once `finish` saw a code of it.

        Raises
        ------
        UsageError
            When the user has a second factor, or the session may not enrol one.
        """
        _check_own(identity)
        secret = totp.new_secret()
        with self._database.write() as db:
            if _is_enrolled(db, identity.name):
                raise UsageError(
                    "second factor: expected a user without one; an administrator takes it away"
                )
            db.execute(
                "INSERT OR REPLACE INTO second_factors (user, secret) VALUES (?, ?)",
                (identity.name, self._seal(identity.name, secret)),
            )
        return secret

    def pending(self, user: str) -> str | None:
        """Return the secret that `user` began to enrol, nothing when there is none."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT secret FROM second_factors WHERE user = ? AND since IS NULL", (user,)
            ).fetchone()
        return None if row is None else self._open(user, row[0])

    def finish(self, identity: Identity, code: str, now: int) -> tuple[str, Identity, list[str]]:
        """Enrol what was begun, once the app shows the right code.

        Returns
        -------
        tuple
            A new cookie and session that is confirmed, and the recovery codes, shown this once.

        Raises
        ------
        LockedError, WrongCodeError, UsageError
        """
        _check_own(identity)
        secret = self.pending(identity.name)
        if secret is None:
            raise UsageError("second factor: expected one that was begun; begin again")
        self._count(identity.name, now)
        step = totp.good_step(secret, code, now, 0)
        if step is None:
            raise WrongCodeError
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        with self._database.write() as db:
            db.execute(
                "UPDATE second_factors SET since = ?, step = ? WHERE user = ?",
                (now, step, identity.name),
            )
            db.execute("DELETE FROM recovery_codes WHERE user = ?", (identity.name,))
            for one in codes:
                db.execute("INSERT INTO recovery_codes VALUES (?, ?)", (_kept(one), identity.name))
            cookie, confirmed = _confirm(db, identity, now)
        return cookie, confirmed, codes

    def give(self, identity: Identity, code: str, now: int) -> tuple[str, Identity]:
        """Confirm a session by a code of the app or a recovery code, which is used up then.

        Returns
        -------
        tuple
            A new cookie and its session; the old one has ended, so that a cookie that somebody
            knew before confirms nothing.

        Raises
        ------
        LockedError, WrongCodeError, UsageError
        """
        _check_own(identity)
        with self._database.read() as db:
            row = db.execute(
                "SELECT secret, step FROM second_factors WHERE user = ? AND since IS NOT NULL",
                (identity.name,),
            ).fetchone()
        if row is None:
            raise UsageError("second factor: expected a user who has one; set one up first")
        self._count(identity.name, now)
        step = totp.good_step(self._open(identity.name, row[0]), code, now, row[1])
        with self._database.write() as db:
            if step is None:
                used = db.execute(
                    "DELETE FROM recovery_codes WHERE user = ? AND code = ?",
                    (identity.name, _kept(code)),
                )
            else:
                # A code that two requests bring at once is good for one of them.
                used = db.execute(
                    "UPDATE second_factors SET step = ? WHERE user = ? AND step < ?",
                    (step, identity.name, step),
                )
            if used.rowcount == 1:
                return _confirm(db, identity, now)
        raise WrongCodeError

    def remove(self, user: str) -> None:
        """Take a user's second factor away, and end the user's sessions."""
        with self._database.write() as db:
            known = db.execute("SELECT 1 FROM users WHERE name = ?", (user,)).fetchone()
            if known is None:
                raise UsageError(f"user: expected a known name, got {user[:40]!r}")
            db.execute("DELETE FROM second_factors WHERE user = ?", (user,))
            db.execute("DELETE FROM recovery_codes WHERE user = ?", (user,))
            db.execute("DELETE FROM sessions WHERE user = ?", (user,))

    def _count(self, user: str, now: int) -> None:
        with self._database.write() as db:
            count_try(db, {_attempts_key(user): lockout.FREE_TRIES}, now)

    def _seal(self, user: str, secret: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), user.lower().encode())

    def _open(self, user: str, sealed: bytes) -> str:
        try:
            secret = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], user.lower().encode())
        except InvalidTag:
            raise UsageError(
                "second factor: expected one that this hub's key opens; was the key replaced? "
                "An administrator takes it away, or on the hub: ambient hub forget-second-factor"
            ) from None
        return secret.decode()


def _check_own(identity: Identity) -> None:
    if identity.session is None or identity.csrf is None or identity.device is not None:
        raise UsageError("second factor: expected somebody signed in with a password")


def _is_enrolled(db: sqlite_utils.Database, user: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM second_factors WHERE user = ? AND since IS NOT NULL", (user,)
    ).fetchone()
    return found is not None


def _confirm(db: sqlite_utils.Database, identity: Identity, now: int) -> tuple[str, Identity]:
    forgive(db, _attempts_key(identity.name))
    db.execute("DELETE FROM sessions WHERE token = ?", (identity.session,))
    return start_session(db, identity.name, identity.role, now, confirmed=True)


def _attempts_key(user: str) -> str:
    return f"code:{digest(user.lower())}"


def _recovery_code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, _CODE_LENGTH, 4))


def _kept(code: str) -> str:
    return digest("".join(code.lower().replace("-", " ").split()))
