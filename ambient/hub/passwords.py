"""How secrets that people type are kept and checked: Argon2id, bounded in memory.

Comes in: what somebody typed. Goes out: a hash, or whether it fits one.
"""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ambient.hub.credentials import LONGEST_PASSWORD


class Passwords:
    """Argon2id with the library's parameters (RFC 9106, low memory) unless a test says otherwise.

    Attributes
    ----------
    nobody
        A hash that nothing fits: whoever asks for an unknown user waits as long as for a known one.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Each hash takes 64 MiB; a flood of tries must not take the machine's memory.
        self._hashing = threading.Semaphore(2)
        self.nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, secret: str) -> str:
        """Return how `secret` is kept."""
        with self._hashing:
            return self._hasher.hash(secret)

    def fits(self, hashed: str, secret: str) -> bool:
        """Return whether `hashed` is that of `secret`; False for what is no hash."""
        with self._hashing:
            try:
                return self._hasher.verify(hashed, secret[: LONGEST_PASSWORD + 1])
            except (VerificationError, InvalidHashError):
                return False
