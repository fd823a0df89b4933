"""The one-time code that opens a node's wizard: both ends of the link can work it out, nobody else.

Comes in: the own secret key and the other's public key (CURVE), the node's name, and the SHA-256 of
the certificate that the wizard made for this opening. Goes out: a code of eight letters or digits.
Node and hub share a secret by X25519 (RFC 7748) over the keys of the enrolment, so nothing has to
travel between them; the certificate is made anew with each opening, so the code serves for that one
alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from ambient.bus.keys import raw_key

CODE_BYTES: Final = 5
"""40 bits: with five tries an opening it is guessed once in 2 · 10¹¹ openings."""


def shared_secret(secret: str, public: str) -> bytes:
    """Return what the two ends of an enrolment share (32 bytes).

    Parameters
    ----------
    secret
        The own secret key in Z85.
    public
        The other end's public key in Z85.

    Raises
    ------
    LinkError
        When one of them is no key.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    own = X25519PrivateKey.from_private_bytes(raw_key(secret))
    return own.exchange(X25519PublicKey.from_public_bytes(raw_key(public)))


def code_of(shared: bytes, node: str, certificate: str) -> str:
    """Return the code of one opening, ``ABCD-EFGH`` (base32, HMAC-SHA256 as in RFC 2104).

    Parameters
    ----------
    shared
        As `shared_secret` returns it.
    node
        Name of the node.
    certificate
        SHA-256 of the wizard's certificate, 64 hexadecimal digits.
    """
    text = "\x1f".join(("ambient wizard", node, certificate.lower()))
    digest = hmac.digest(shared, text.encode(), hashlib.sha256)
    code = base64.b32encode(digest[:CODE_BYTES]).decode()
    return f"{code[:4]}-{code[4:]}"


def is_code(given: str, code: str) -> bool:
    """Return whether somebody gave `code`, in whatever case and with whatever between."""
    compact = re.sub(r"[\s-]+", "", given[:64]).upper()
    # Base32 has no 0, 1 and 8; whoever reads an O, an I or a B as one of them means the letter.
    compact = compact.translate(str.maketrans("018", "OIB"))
    return hmac.compare_digest(compact.encode(), code.replace("-", "").encode())


def fingerprint(certificate: str) -> str:
    """Return a certificate's SHA-256 as browsers show it: ``AB:CD:…``."""
    return ":".join(certificate[i : i + 2] for i in range(0, 64, 2)).upper()
