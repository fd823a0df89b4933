"""What is about a resident is kept sealed, each resident's under a key of their own.

Comes in: the file of the hub's master key, a connection to its database. Goes out: SQL functions
on that connection, so that whoever writes or reads a body column need know no key:

``subject_tag(subject)``
    The keyed digest (HMAC-SHA-256, 128 bits) that stands wherever a pseudonym would.
``fresh_key(subject)``
    A new random data key, sealed under the master key, for the table ``subject_keys``.
``sealed(subject, text)``
    `text` under the subject's key (AES-256-GCM, the tag as associated data); without a subject the
    text itself.
``opened(text)``
    What was sealed. What cannot be opened (key destroyed, bytes changed) comes back as it is, which
    no reader takes for a body.

Whoever destroys a row of ``subject_keys`` has erased all that was sealed under it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Final

import sqlite_utils
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ambient import files
from ambient.errors import StoreError

KEY_FILE: Final = "subjects.key"
"""Beside the database; goes into every backup."""
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_DIGITS: Final = 32
MARK: Final = "~"
"""What is sealed begins so: ``~<tag>:<base64>``; no JSON text does."""
HOUSE: Final = "house"
"""Stands for the hub itself where it seals something that is nobody's for long; never erased."""


class Vault:
    """The hub's master key and what can be done with it.

    Parameters
    ----------
    master
        32 random bytes.
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"expected a key of {KEY_BYTES} bytes, got {len(master)}")
        self._seal = AESGCM(_derived(master, b"seal data keys"))
        self._tags = _derived(master, b"tag subjects")
        self.ledger_key: Final = _derived(master, b"ledger of erasures")
        """Authenticates the ledger of erasures."""
        self.tag = lru_cache(maxsize=4096)(self._tag)
        self._cipher = lru_cache(maxsize=1024)(self._unwrapped)

    def _tag(self, subject: str) -> str:
        """Return the keyed digest of a pseudonym."""
        return hmac.digest(self._tags, subject.encode(), hashlib.sha256).hex()[:TAG_DIGITS]

    def fresh_key(self, subject: str) -> bytes:
        """Return a new random data key for `subject`, sealed under the master key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = AESGCM.generate_key(KEY_BYTES * 8)
        return nonce + self._seal.encrypt(nonce, key, self.tag(subject).encode())

    def serve(self, connection: sqlite3.Connection) -> None:
        """Give a connection the functions of this module."""

        def cipher(tag: str) -> AESGCM | None:
            row = connection.execute("SELECT key FROM subject_keys WHERE tag = ?", (tag,))
            found = row.fetchone()
            return None if found is None else self._cipher(tag, bytes(found[0]))

        def tag(subject: str | None) -> str | None:
            return None if subject is None else self.tag(subject)

        def sealed(subject: str | None, text: str) -> str:
            if subject is None:
                return text
            own = self.tag(subject)
            key = cipher(own)
            if key is None:
                raise ValueError("sealed: expected a key of this subject; `enter` makes one")
            nonce = secrets.token_bytes(NONCE_BYTES)
            data = nonce + key.encrypt(nonce, text.encode(), own.encode())
            return f"{MARK}{own}:{base64.b64encode(data).decode()}"

        def opened(text: str | None) -> str | None:
            if text is None or not text.startswith(MARK):
                return text
            own, _, rest = text[1:].partition(":")
            try:
                key = cipher(own)
                data = base64.b64decode(rest, validate=True)
                if key is None:
                    return text
                clear = key.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], own.encode())
            except (ValueError, InvalidTag):
                return text
            return clear.decode()

        connection.create_function("subject_tag", 1, tag, deterministic=True)
        connection.create_function("fresh_key", 1, self.fresh_key)
        connection.create_function("sealed", 2, sealed)
        connection.create_function("opened", 1, opened)

    def _unwrapped(self, tag: str, wrapped: bytes) -> AESGCM:
        key = self._seal.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], tag.encode())
        return AESGCM(key)


def enter(db: sqlite_utils.Database, subject: str) -> None:
    """Give `subject` a key when they have none, within a transaction."""
    # The name is for whoever must find a subject by their tag: it goes with the key.
    made = db.execute(
        "INSERT INTO subject_keys (tag, key, name) SELECT subject_tag(?1), fresh_key(?1), '' "
        "WHERE NOT EXISTS (SELECT 1 FROM subject_keys WHERE tag = subject_tag(?1))",
        (subject,),
    )
    if made.rowcount == 1:
        db.execute(
            "UPDATE subject_keys SET name = sealed(?1, ?1) WHERE tag = subject_tag(?1)", (subject,)
        )


def load_or_make(path: Path, *, needed: bool) -> Vault:
    """Return the vault whose master key is in the file at `path`.

    Parameters
    ----------
    needed
        Whether something is sealed already: then a missing file is not made anew.

    Raises
    ------
    StoreError
        When it is missing though needed, unreadable, or no key.
    """
    try:
        if not path.exists() and not needed:
            files.put(path, secrets.token_bytes(KEY_BYTES), replace=False)
        return Vault(path.read_bytes())
    except OSError as error:
        raise StoreError(
            f"{path}: expected the key that residents' data is sealed with, got: "
            f"{error.strerror}; restore the hub from a backup, which holds it"
        ) from None
    except ValueError as error:
        raise StoreError(f"{path}: {error}; restore the hub from a backup") from None


def _derived(master: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose (HKDF-Expand of RFC 5869 with one block)."""
    return hmac.digest(master, b"ambient " + purpose + b"\x01", hashlib.sha256)
