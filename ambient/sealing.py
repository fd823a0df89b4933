"""Seal bytes and files for the owner of one key: age (age-encryption.org/v1).

Comes in: a public key as text, and what is to be sealed. Goes out: what only the owner of the
private part can read. An export is sealed in memory, so nothing of it is ever written in the clear;
a backup, which may be large, is sealed from file to file.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pyrage

from ambient.errors import StoreError, UsageError

Recipient: TypeAlias = pyrage.x25519.Recipient | pyrage.ssh.Recipient


def recipient_of(text: str) -> Recipient:
    """Return the key that something is sealed for.

    Parameters
    ----------
    text
        ``age1...``, or a line of an SSH public key (ed25519 or RSA).

    Raises
    ------
    UsageError
        When it is neither; a private key is refused without being shown.
    """
    text = text.strip()
    if "SECRET-KEY" in text.upper() or "PRIVATE KEY" in text.upper():
        raise UsageError(
            "expected a public key (age1...), got a private one; it must never "
            "leave its owner: make a new pair, and give the public part"
        )
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UsageError(
            f"expected a public key of age (age1...) or SSH, got {text[:16]!r}; its owner "
            "makes one with `age-keygen` and sends the public part"
        ) from None


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar archive of `files`, the same for the same content."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size = len(files[name])
            info.mode = 0o600
            tar.addfile(info, io.BytesIO(files[name]))
    return made.getvalue()


def sealed(data: bytes, recipient: Recipient) -> bytes:
    """Return `data` as only the owner of `recipient`'s private part can read it."""
    return bytes(pyrage.encrypt(data, [recipient]))


def fingerprint(text: str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


def made_pair() -> tuple[str, str]:
    """Return a new pair: the private key (``AGE-SECRET-KEY-1...``) and its public part."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def seal_file(clear: Path, out: Path, recipient: Recipient) -> None:
    """Write `clear`, sealed, to `out`.

    Raises
    ------
    StoreError
        When one of them cannot be read or written.
    """
    try:
        pyrage.encrypt_file(str(clear), str(out), [recipient])
    except (OSError, pyrage.EncryptError) as error:
        raise StoreError(f"{out}: expected to write there, got: {error}; check the disk") from None


def open_file(sealed_file: Path, out: Path, private: str) -> None:
    """Write what `seal_file` sealed to `out`, in the clear.

    Parameters
    ----------
    private
        The private key, ``AGE-SECRET-KEY-1...``, alone or as a line of `age-keygen`'s file.

    Raises
    ------
    UsageError
        When that is no private key, or not the one of this file.
    StoreError
        When the file is damaged, or cannot be read or written.
    """
    lines = [line.strip() for line in private.splitlines()]
    key = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
    try:
        identity = pyrage.x25519.Identity.from_str(key)
    except pyrage.IdentityError:
        raise UsageError(
            "expected a private key of age (AGE-SECRET-KEY-1...), got something else; "
            "give the file that the recovery key was kept in"
        ) from None
    if not sealed_file.exists():
        raise StoreError(f"{sealed_file}: expected a sealed file, found none; check the path")
    try:
        pyrage.decrypt_file(str(sealed_file), str(out), [identity])
    except pyrage.DecryptError as error:
        if "No matching" in str(error):
            raise UsageError(
                f"{sealed_file}: expected it sealed for this key, got one sealed for another; "
                "find the recovery key that was in force when it was made"
            ) from None
        raise _damaged(sealed_file) from None
    except OSError as error:
        if error.strerror is None:  # age's own word for a block that was changed or cut off
            raise _damaged(sealed_file) from None
        raise StoreError(
            f"{sealed_file}: expected to read it and write {out}, got: {error.strerror}; "
            "check the path and the disk"
        ) from None


def _damaged(sealed_file: Path) -> StoreError:
    return StoreError(
        f"{sealed_file}: expected a sealed file, got a damaged or foreign one; take another"
    )
