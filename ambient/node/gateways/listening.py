"""What ways in that listen on the network share: a socket, and the TLS of a server.

Comes in: host, port and files of the configuration. Goes out: a bound socket, and a context that
asks senders for a certificate where the configuration names who signs them.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from ambient.bus.secrets import load_own
from ambient.errors import LinkError


def bound(where: str, host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    where
        Key of the configuration, for the error.
    host, port
        Port 0: any that is free.

    Raises
    ------
    LinkError
        When the address is not this machine's, or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
            listening.setblocking(False)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise LinkError(
            f"{where}: expected a free address of this machine to listen on, got {host} port "
            f"{port} ({error.strerror}); choose another host or port"
        ) from None
    return listening


def server_tls(certificate: Path, private_key: Path, ca: Path | None) -> ssl.SSLContext:
    """Return the TLS of a server.

    Parameters
    ----------
    certificate, private_key
        PEM files with which it shows itself.
    ca
        PEM file of who signed the senders' certificates; with it, a sender must have one.

    Raises
    ------
    LinkError
        When a file is not there or not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_own(context, certificate, private_key)
    if ca is not None:
        try:
            context.load_verify_locations(cafile=str(ca))
        except (OSError, ssl.SSLError) as error:
            raise LinkError(
                f"{ca}: expected certificates in PEM, got: "
                f"{getattr(error, 'strerror', None) or type(error).__name__}; copy the file again"
            ) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def common_name(certificate: object) -> str:
    """Return who a checked certificate names (its subject's common name), empty when nobody.

    Parameters
    ----------
    certificate
        As `ssl.SSLSocket.getpeercert` gives it.
    """
    subject = certificate.get("subject", ()) if isinstance(certificate, dict) else ()
    return next(
        (str(value) for names in subject for key, value in names if key == "commonName"), ""
    )
