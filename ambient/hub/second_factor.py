"""The authenticator app as a second factor: one-time codes, and recovery codes beside them.

Comes in: a session, what was typed and the time. Goes out: a confirmed session under a new cookie,
or a refusal. Secrets are sealed with a key that is not in the database, recovery codes are kept as
SHA-256: a copy of the database opens nothing. Passkeys are in `ambient.hub.passkeys`.
"""

from __future__ import annotations

from ambient.errors import UsageError
from ambient.hub import lockout, recovery, totp
from ambient.hub.account_rows import (
    check_factor_left,
    code_key,
    confirm,
    count_try,
    has_app,
    has_factor,
)
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity
from ambient.hub.sealer import NotSealedError, Sealer
from ambient.hub.user_rows import check_known


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
        self._sealer = Sealer(key, "second factor")

    def enrolled(self, user: str) -> bool:
        """Return whether `user` has a second factor of any kind."""
        with self._database.read() as db:
            return has_factor(db, user)

    def has_app(self, user: str) -> bool:
        """Return whether `user` has an authenticator app."""
        with self._database.read() as db:
            return has_app(db, user)

    def recovery_left(self, user: str) -> int:
        """Return how many recovery codes `user` has not used."""
        with self._database.read() as db:
            return recovery.left(db, user)

    def begin(self, identity: Identity) -> str:
        """Return a new secret for the user's app; it counts once `finish` saw a code of it.

        Raises
        ------
        UsageError
            When the user has an app, or the session may not enrol one.
        """
        secret = totp.new_secret()
        with self._database.write() as db:
            check_may_add(self._database, identity)
            if has_app(db, identity.name):
                raise UsageError(
                    "second factor: expected a user without one; an administrator takes it away"
                )
            db.execute(
                "INSERT OR REPLACE INTO second_factors (user, secret) VALUES (?, ?)",
                (identity.name, self._sealer.seal(secret.encode(), identity.name.lower())),
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
        check_may_add(self._database, identity)
        secret = self.pending(identity.name)
        if secret is None:
            raise UsageError("second factor: expected one that was begun; begin again")
        count_factor_try(self._database, identity.name, now)
        step = totp.good_step(secret, code, now, 0)
        if step is None:
            raise WrongCodeError
        with self._database.write() as db:
            db.execute(
                "UPDATE second_factors SET since = ?, step = ? WHERE user = ?",
                (now, step, identity.name),
            )
            codes = recovery.renew(db, identity.name)
            cookie, confirmed = confirm(db, identity, now)
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
        check_own(identity)
        with self._database.read() as db:
            row = db.execute(
                "SELECT secret, step FROM second_factors WHERE user = ? AND since IS NOT NULL",
                (identity.name,),
            ).fetchone()
            known = has_factor(db, identity.name)
        if not known:
            raise UsageError("second factor: expected a user who has one; set one up first")
        count_factor_try(self._database, identity.name, now)
        step = None
        if row is not None:
            step = totp.good_step(self._open(identity.name, row[0]), code, now, row[1])
        with self._database.write() as db:
            if step is None:
                good = recovery.use(db, identity.name, code)
            else:
                # A code that two requests bring at once is good for one of them.
                used = db.execute(
                    "UPDATE second_factors SET step = ? WHERE user = ? AND step < ?",
                    (step, identity.name, step),
                )
                good = used.rowcount == 1
            if good:
                return confirm(db, identity, now)
        raise WrongCodeError

    def remove(self, user: str, *, to_the_last: bool = True) -> None:
        """Take a user's app, passkeys and recovery codes away, and end the user's sessions.

        Parameters
        ----------
        to_the_last
            Also when no administrator has a second factor then: for whoever is at the machine.

        Raises
        ------
        UsageError
            When there is no such user, or it would be the last.
        """
        with self._database.write() as db:
            check_known(db, user)
            had = has_factor(db, user)
            db.execute("DELETE FROM second_factors WHERE user = ?", (user,))
            db.execute("DELETE FROM passkeys WHERE user = ?", (user,))
            recovery.forget(db, user)
            if had and not to_the_last:
                check_factor_left(db, user)
            db.execute("DELETE FROM sessions WHERE user = ?", (user,))

    def _open(self, user: str, sealed: bytes) -> str:
        try:
            return self._sealer.open(sealed, user.lower()).decode()
        except NotSealedError:
            raise UsageError(
                "second factor: expected one that this hub's key opens; was the key replaced? "
                "An administrator takes it away, or on the hub: ambient hub forget-second-factor"
            ) from None


def count_factor_try(database: HubDatabase, user: str, now: int) -> None:
    """Count a try to give a second factor of `user`, of whatever kind, as failed.

    Raises
    ------
    LockedError
    """
    with database.write() as db:
        count_try(db, {code_key(user): lockout.FREE_TRIES}, now)


def check_own(identity: Identity) -> None:
    """Check that a session is of a person at a browser of their own, not of a shared screen.

    Raises
    ------
    UsageError
        When it is not.
    """
    if identity.session is None or identity.csrf is None or identity.device is not None:
        raise UsageError("second factor: expected somebody signed in with a password")


def check_may_add(database: HubDatabase, identity: Identity) -> None:
    """Check that a session may add a factor: the first, or another once one was given.

    Who learned a password alone must not set up a factor of their own beside the user's.

    Raises
    ------
    UsageError
        When it may not.
    """
    check_own(identity)
    if identity.confirmed:
        return
    with database.read() as db:
        if has_factor(db, identity.name):
            raise UsageError("second factor: expected one that was given; give yours first")
