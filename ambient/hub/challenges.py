"""Challenges that a passkey signs: good once, for a few minutes, and for one purpose and session.

Comes in: what a challenge is bound to, and the time. Goes out: a challenge that carries its own
proof (HMAC-SHA-256), so that asking for one leaves nothing on the hub; what was answered is kept
until it would be too old anyway, so that an answer is good once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from ambient.errors import UsageError
from ambient.hub.account_rows import digest
from ambient.hub.database import HubDatabase

NS: Final = 1_000_000_000
GOOD_S: Final = 5 * 60
"""Long enough to look for a key and type its PIN."""
_RANDOM, _TIME = 16, 8


class StaleChallengeError(UsageError):
    """The challenge is too old, was answered already, or was given to another session."""

    def __init__(self) -> None:
        super().__init__(
            "passkey: expected an answer to the hub's last question within five minutes; try again"
        )


class Challenges:
    """Challenges of one hub.

    Parameters
    ----------
    key
        A secret of the hub that is not in the database.
    """

    def __init__(self, database: HubDatabase, key: bytes) -> None:
        self._database = database
        self._key = hashlib.sha256(b"ambient challenge\0" + key).digest()

    def make(self, bound_to: str, now: int) -> bytes:
        """Return a new challenge that only `bound_to` may spend."""
        body = secrets.token_bytes(_RANDOM) + now.to_bytes(_TIME, "big")
        return body + self._proof(body, bound_to)

    def spend(self, challenge: bytes, bound_to: str, now: int) -> None:
        """Use a challenge up.

        Raises
        ------
        StaleChallengeError
            When it is none of `bound_to`'s, too old, or was spent.
        """
        body, proof = challenge[: _RANDOM + _TIME], challenge[_RANDOM + _TIME :]
        if not hmac.compare_digest(proof, self._proof(body, bound_to)):
            raise StaleChallengeError
        until = int.from_bytes(body[_RANDOM:], "big") + GOOD_S * NS
        if not until - GOOD_S * NS <= now <= until:
            raise StaleChallengeError
        with self._database.write() as db:
            spent = db.execute(
                "INSERT OR IGNORE INTO spent_challenges VALUES (?, ?)",
                (digest(challenge.hex()), until),
            )
            if spent.rowcount != 1:
                raise StaleChallengeError

    def _proof(self, body: bytes, bound_to: str) -> bytes:
        return hmac.digest(self._key, body + bound_to.encode(), "sha256")
