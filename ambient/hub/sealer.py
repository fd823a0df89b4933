"""Short secrets sealed with the hub's key, for the database and for cookies (AES-256-GCM).

Comes in: bytes, and what they are about. Goes out: sealed bytes, and the bytes again for whoever
names the same purpose and the same matter.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12


class NotSealedError(ValueError):
    """The bytes were not sealed with this key, purpose and matter."""


class Sealer:
    """Seals for one purpose.

    Parameters
    ----------
    key
        A secret of the hub that is not in the database.
    purpose
        What is sealed for another purpose is not opened.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(f"ambient {purpose}\0".encode() + key).digest())

    def seal(self, content: bytes, about: str) -> bytes:
        """Return `content` sealed; `about` must be named again to open it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed.

        Raises
        ------
        NotSealedError
            When it was sealed otherwise, or is damaged.
        """
        if len(sealed) <= _NONCE:
            raise NotSealedError("expected something sealed, got too few bytes")
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except InvalidTag:
            raise NotSealedError("expected something that this hub sealed") from None
