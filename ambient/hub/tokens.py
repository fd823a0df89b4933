"""Tokens for programs: made once, shown once, kept as SHA-256.

Comes in: a name and a role, or a token. Goes out: the token, or who it is.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from ambient.errors import UsageError
from ambient.hub.account_rows import check_role, digest
from ambient.hub.database import HubDatabase
from ambient.hub.identities import PROGRAMS, Identity, Role, Token

_NAME: Final = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")


class Tokens:
    """Tokens for programs of one hub."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def make(self, name: str, role: Role, now: int) -> str:
        """Return a new bearer token for a program; it is shown this once.

        Raises
        ------
        UsageError
            When the name or role cannot be used, or the name is taken.
        """
        check_role(role, PROGRAMS)
        if not _NAME.match(name):
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

    def all(self) -> list[Token]:
        """Return all tokens by name; the tokens themselves are not kept."""
        with self._database.read() as db:
            found = db.execute("SELECT name, role, created FROM api_tokens ORDER BY name")
            return [Token(name=name, role=Role(role), created=at) for name, role, at in found]

    def revoke(self, name: str) -> None:
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
