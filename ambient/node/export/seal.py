"""Seal an export for one researcher: age (age-encryption.org/v1) with the researcher's key.

Nothing is ever written in the clear: rows become bytes, bytes a tar archive, and that a sealed one,
all in memory.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping

import pyrage

from ambient.errors import UsageError


def recipient_of(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    """Return the key that an export is sealed for.

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
            "expected the researcher's public key (age1...), got a private one; it must never "
            "leave its owner: make a new pair, and give the public part"
        )
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UsageError(
            f"expected a public key of age (age1...) or SSH, got {text[:16]!r}; the researcher "
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


def sealed(data: bytes, recipient: pyrage.x25519.Recipient | pyrage.ssh.Recipient) -> bytes:
    """Return `data` as only the owner of `recipient`'s private part can read it."""
    return bytes(pyrage.encrypt(data, [recipient]))


def fingerprint(text: str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]
