"""The site's own certificates: an authority that phones are told to trust, and the hub's own.

Comes in: the names under which phones reach the hub, a folder, the time. Goes out: files there, and
when they run out. The authority signs nothing but this site's hub; its key stays in the hub's state
folder. Profile: RFC 5280; validity as browsers accept it of an authority that a user installed
(Apple: at most 825 days for the server; 397 is what public ones keep to).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from ambient.bus import keys
from ambient.errors import ConfigError

NS: Final = 1_000_000_000
FOLDER: Final = "tls"
AUTHORITY_DAYS: Final = 3650
SERVER_DAYS: Final = 397
RENEW_DAYS: Final = 60
"""Before its end a server certificate is made anew."""
ALARM_DAYS: Final = 21
"""Before its end a certificate is a technical alarm: renewing has failed for weeks by then."""
_SLACK: Final = timedelta(hours=25)
"""The clock of a phone may be behind, by the wrong day of a time zone at worst."""


class Files(Struct, frozen=True, kw_only=True):
    """Where the certificates of a site are."""

    folder: Path

    @property
    def authority(self) -> Path:
        """PEM of the authority: what a phone installs."""
        return self.folder / "ca.crt"

    @property
    def authority_key(self) -> Path:
        """PEM of its private key."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """PEM of the hub's certificate."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """PEM of its private key."""
        return self.folder / "server.key"


def files_of(state_dir: Path) -> Files:
    """Return where a hub keeps them."""
    return Files(folder=state_dir / FOLDER)


def ensure(files: Files, site: str, names: Sequence[str], now: int) -> bool:
    """Make what is missing, runs out within `RENEW_DAYS`, or is for other names.

    Returns
    -------
    bool
        Whether the server's certificate is a new one. The authority is never made anew while it
        is there: every phone would have to install it again.

    Raises
    ------
    ConfigError
        When there is no name, or a file there is no certificate or key.
    LinkError
        When a file cannot be read or written.
    """
    if not names:
        raise ConfigError(
            "web.names: expected the names or addresses under which phones reach the hub, got "
            "none; write them there"
        )
    at = datetime.fromtimestamp(now // NS, UTC)
    if keys.read_private(files.authority_key) is None:
        key, authority = _new_authority(site, at)
        # The key last: where it is, the authority is whole.
        keys.write_private(files.authority, _pem(authority))
        keys.write_private(files.authority_key, _key_pem(key))
    authority, authority_key = load(files.authority), _load_key(files.authority_key)
    if keys.read_private(files.server_key) is not None and files.server.exists():
        served = load(files.server)
        fresh = served.not_valid_after_utc - at > timedelta(days=RENEW_DAYS)
        if fresh and _names(served) == sorted(set(names)) and served.issuer == authority.subject:
            return False
    key, server = _new_server(authority, authority_key, names, at)
    keys.write_private(files.server_key, _key_pem(key))
    keys.write_private(files.server, _pem(server) + _pem(authority))
    return True


def load(path: Path) -> x509.Certificate:
    """Return the first certificate of a PEM file.

    Raises
    ------
    ConfigError
        When it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path}: expected a certificate (PEM), got: {error}; put it back from a backup, or "
            "move the folder away for new ones"
        ) from None


def ends(paths: Sequence[Path]) -> int:
    """Return when (ns) the first of these certificates runs out."""
    return min(int(load(path).not_valid_after_utc.timestamp()) * NS for path in paths)


def runs_out(end: int, now: int) -> bool:
    """Return whether what runs out at `end` (ns) is a technical alarm at `now` (ns)."""
    return end - now < ALARM_DAYS * 24 * 3600 * NS


def print_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint in groups of four, to compare by eye."""
    text = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _new_authority(site: str, at: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Ambient {site}")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SLACK)
        .not_valid_after(at + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, made


def _new_server(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    at: datetime,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(at + timedelta(days=SERVER_DAYS), authority.not_valid_after_utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SLACK)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general(name) for name in sorted(set(names))]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return key, made


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> list[str]:
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(one.value) for one in held)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    data = keys.read_private(path)
    try:
        key = serialization.load_pem_private_key(data or b"", None)
    except ValueError as error:
        raise ConfigError(f"{path}: expected a private key (PEM), got: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"{path}: expected a key of an elliptic curve, got another")
    return key
