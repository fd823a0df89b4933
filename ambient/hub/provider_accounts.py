"""Accounts that an OpenID Connect provider vouches for: made at the first sign-in.

Comes in: a `Person` of the provider, and the time. Goes out: a session, or a refusal. The role is
what the provider says at each sign-in; who has none has no access, on shared screens neither.
Nobody becomes a user of the hub by having their name.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
import sqlite_utils

from ambient.errors import UsageError
from ambient.hub.account_rows import start_session
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity, Role
from ambient.hub.oidc import Flow, Person
from ambient.hub.sealer import NotSealedError, Sealer
from ambient.hub.user_rows import insert_user

NS: Final = 1_000_000_000
LONGEST_S: Final = 12 * 3600
"""A session ends then however much it is used: the provider is asked again each shift."""
_LONGEST_NAME: Final = 40
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._-]+")


class NoAccessError(UsageError):
    """The provider knows the person, the house does not let them in here."""


class ProviderAccounts:
    """Accounts of one hub that a provider vouches for.

    Parameters
    ----------
    key
        A secret of the hub that is not in the database.
    """

    def __init__(self, database: HubDatabase, key: bytes) -> None:
        self._database = database
        self._sealer = Sealer(key, "provider sign-in")

    def has(self, user: str) -> bool:
        """Return whether a provider vouches for `user`."""
        with self._database.read() as db:
            found = db.execute("SELECT 1 FROM provider_accounts WHERE user = ?", (user,)).fetchone()
        return found is not None

    def sealed(self, flow: Flow) -> str:
        """Return what a browser keeps between going to the provider and coming back."""
        sealed = self._sealer.seal(msgspec.json.encode(flow), "flow")
        return urlsafe_b64encode(sealed).decode()

    def opened(self, text: str) -> Flow | None:
        """Return what a browser kept, None when it is nothing of this hub's."""
        try:
            sealed = urlsafe_b64decode(text.encode())
            return msgspec.json.decode(self._sealer.open(sealed, "flow"), type=Flow)
        except (NotSealedError, ValueError):
            return None

    def sign_in(self, person: Person, now: int) -> tuple[str, Identity]:
        """Start a session of `person`, whose account is made when there is none.

        Returns
        -------
        tuple
            The cookie's value, and who it is.

        Raises
        ------
        NoAccessError
            When the provider gives no role that counts here, or the user is switched off; what
            sessions there were have ended.
        """
        with self._database.write() as db:
            row = db.execute(
                "SELECT u.name, u.role, u.disabled FROM provider_accounts a "
                "JOIN users u ON u.name = a.user WHERE a.issuer = ? AND a.subject = ?",
                (person.issuer, person.subject),
            ).fetchone()
            if row is not None and (person.role is None or row[1] != person.role.value):
                # Whatever was opened under another role is over.
                db.execute("DELETE FROM sessions WHERE user = ?", (row[0],))
            if row is not None:
                db.execute(
                    "UPDATE provider_accounts SET access = ? WHERE user = ?",
                    (person.role is not None, row[0]),
                )
            began = None
            if person.role is not None and (row is None or not row[2]):
                name = self._named(db, person, now) if row is None else str(row[0])
                began = self._start(db, name, person.role, person, now)
        if began is None:
            raise NoAccessError(
                "provider: expected somebody with a role of this hub who is not switched off; ask "
                "the administrator"
            )
        return began

    @staticmethod
    def _start(
        db: sqlite_utils.Database, name: str, role: Role, person: Person, now: int
    ) -> tuple[str, Identity]:
        db.execute("UPDATE users SET role = ? WHERE name = ?", (role.value, name))
        ends = now + LONGEST_S * NS
        return start_session(db, name, role, now, confirmed=person.confirmed, ends=ends)

    @staticmethod
    def _named(db: sqlite_utils.Database, person: Person, now: int) -> str:
        """Make an account under a name that is nobody's."""
        wish = user_name(person.name)
        name, number = wish, 1
        while db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
            number += 1
            ending = f"-{number}"
            name = f"{wish[: _LONGEST_NAME - len(ending)]}{ending}"
        insert_user(db, name, Role.CARER, "", now)
        db.execute(
            "INSERT INTO provider_accounts VALUES (?, ?, ?, 1)",
            (person.issuer, person.subject, name),
        )
        return name


def user_name(wish: str) -> str:
    """Return a user name like `wish`, in the letters that the hub knows; mail addresses lose the @.

    Parameters
    ----------
    wish
        Whatever a provider calls somebody.
    """
    local = wish.partition("@")[0] if wish.count("@") == 1 else wish
    kept = _FOREIGN.sub("-", local)[:_LONGEST_NAME].strip("._-")
    return kept or "colleague"
