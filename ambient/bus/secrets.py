"""Passwords, tokens and private keys out of their files, and the TLS that they make.

Comes in: paths of the configuration. Goes out: text that no log and no error repeats, and contexts
that check the other side. A secret that others can read is refused: it must be taken as known.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from ambient.bus.keys import read_private
from ambient.errors import LinkError


def secret(path: Path) -> str:
    """Return the first line of a file that only this user may read.

    Raises
    ------
    LinkError
        When it is not there, others may read it, or it is empty.
    """
    data = read_private(path)
    if data is None:
        raise LinkError(f"{path}: expected a file with a secret, found none")
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    if not lines or not lines[0].strip():
        raise LinkError(f"{path}: expected a secret in the first line, got nothing")
    return lines[0].strip()


def client_tls(
    ca: Path | None, certificate: Path | None, private_key: Path | None
) -> ssl.SSLContext:
    """Return the TLS of a client that checks whom it speaks to, by name and signer.

    Parameters
    ----------
    ca
        PEM file of who may sign the server's certificate; without it, whom this machine trusts.
    certificate, private_key
        PEM files with which the client shows itself, if it does.

    Raises
    ------
    LinkError
        When a file is not there or not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise LinkError(
            f"{ca}: expected certificates in PEM, got: {_says(error)}; copy the file again"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None and private_key is not None:
        load_own(context, certificate, private_key)
    return context


def load_own(context: ssl.SSLContext, certificate: Path, private_key: Path) -> None:
    """Have `context` show `certificate`.

    Raises
    ------
    LinkError
        When a file is missing, they do not belong together, or others may read the key.
    """
    if read_private(private_key) is None:
        raise LinkError(f"{private_key}: expected a private key in PEM, found none")
    try:
        # No password: a key that asks for one would stop the process to wait for a terminal.
        context.load_cert_chain(str(certificate), str(private_key), password=lambda: b"")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise LinkError(
            f"{certificate}: expected a certificate in PEM that belongs to {private_key}, "
            f"got: {_says(error)}"
        ) from None


def _says(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
