"""The wizard's own certificate: made anew for each opening, compared by eye, gone with it.

Comes in: the names and addresses under which the node can be reached, and the time. Goes out: PEM
of certificate and key, and the SHA-256 that the installer compares with the hub's.
"""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate.

    Attributes
    ----------
    pem, key
        The certificate and its private key.
    digest
        SHA-256 of the certificate (DER), 64 hexadecimal digits.
    """

    pem: bytes
    key: bytes
    digest: str

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Certificate(digest={self.digest!r})"

    def context(self, folder: Path) -> ssl.SSLContext:
        """Return a server's TLS settings; `folder` holds the key for an instant, and no longer."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        # The library reads files only; mkstemp's are for their owner alone.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".wizard-") as both:
            both.write(self.pem + self.key)
            both.flush()
            made.load_cert_chain(both.name)
        return made


def made(names: Sequence[str], now: datetime) -> Certificate:
    """Make a certificate for `names` (hosts or addresses) that is valid around `now`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ambient, installation of a room")])
    shown: list[x509.GeneralName] = []
    for one in names:
        try:
            shown.append(x509.IPAddress(ipaddress.ip_address(one)))
        except ValueError:
            shown.append(x509.DNSName(one))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of a room that is being installed may be wrong by hours.
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(shown), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    der = certificate.public_bytes(serialization.Encoding.DER)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(pem, secret, hashlib.sha256(der).hexdigest())
