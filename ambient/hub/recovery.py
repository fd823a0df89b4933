"""Recovery codes: each opens the second factor once when phone or key are lost.

Comes in: an open transaction. Goes out: codes that are shown this once, kept as SHA-256.
"""

from __future__ import annotations

import secrets
from typing import Final

import sqlite_utils

from ambient.hub.account_rows import digest

CODES: Final = 10
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is read wrongly from paper."""
_LENGTH: Final = 12


def renew(db: sqlite_utils.Database, user: str) -> list[str]:
    """Return new codes of `user`; those of before are good no more."""
    codes = [_code() for _ in range(CODES)]
    forget(db, user)
    for one in codes:
        db.execute("INSERT INTO recovery_codes VALUES (?, ?)", (_kept(one), user))
    return codes


def left(db: sqlite_utils.Database, user: str) -> int:
    """Return how many codes `user` has not used."""
    found = db.execute("SELECT count(*) FROM recovery_codes WHERE user = ?", (user,))
    return int(found.fetchone()[0])


def use(db: sqlite_utils.Database, user: str, code: str) -> bool:
    """Use a code up; return whether it was one of `user`'s."""
    used = db.execute("DELETE FROM recovery_codes WHERE user = ? AND code = ?", (user, _kept(code)))
    return bool(used.rowcount == 1)


def forget(db: sqlite_utils.Database, user: str) -> None:
    """Take all codes of `user` away."""
    db.execute("DELETE FROM recovery_codes WHERE user = ?", (user,))


def _code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(_LENGTH)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, _LENGTH, 4))


def _kept(code: str) -> str:
    return digest("".join(code.lower().replace("-", " ").split()))
