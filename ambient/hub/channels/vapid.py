"""What web push signs and encrypts: VAPID (RFC 8292) and the content for one device (RFC 8291).

In: the hub's private key, a device, bytes. Out: what stands in a request to a push service.
"""

from __future__ import annotations

from pathlib import Path

from ambient.bus.keys import read_private
from ambient.errors import LinkError
from ambient.hub.channels.subscriptions import Subscription


class HubKey:
    """The key by which devices and push services know this hub.

    Parameters
    ----------
    path
        Private key on P-256 in PEM, PKCS 8.

    Raises
    ------
    LinkError
        When the file is not there, others may read it, or it holds no such key.
    """

    def __init__(self, path: Path) -> None:
        from py_vapid import Vapid02

        data = read_private(path)
        make = (
            "copy it from the other hub or a backup of it; where there is none, make "
            "one: (umask 077; openssl genpkey -algorithm EC "
            f"-pkeyopt ec_paramgen_curve:P-256 -out {path})"
        )
        if data is None:
            raise LinkError(f"{path}: expected a private key on P-256, found none; {make}")
        pem = portable(data)
        if pem is None:
            raise LinkError(f"{path}: expected a private key on P-256 in PEM, got none; {make}")
        self._key = Vapid02.from_pem(pem)

    @property
    def public(self) -> str:
        """What a browser needs to subscribe: the uncompressed point in base64url."""
        from cryptography.hazmat.primitives import serialization
        from py_vapid.utils import b64urlencode

        form = serialization.PublicFormat.UncompressedPoint
        point = self._key.public_key.public_bytes(serialization.Encoding.X962, form)
        return str(b64urlencode(point))

    def signed(self, audience: str, contact: str, until: int) -> str:
        """Return the ``Authorization`` for a push service, good until an instant (s)."""
        claims = {"aud": audience, "sub": contact, "exp": until}
        return str(self._key.sign(claims)["Authorization"])


def portable(data: bytes) -> bytes | None:
    """Return the private key on P-256 in `data` as plain PEM (PKCS 8); None when it is none."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from py_vapid import Vapid02, VapidException

    try:
        key = Vapid02.from_pem(data).private_key
        if not isinstance(key.curve, ec.SECP256R1):
            return None
    except (VapidException, ValueError, TypeError, AttributeError):
        return None
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem


def encrypted(device: Subscription, body: bytes) -> bytes:
    """Return `body` for this device alone."""
    from pywebpush import WebPusher

    keys = {"p256dh": device.p256dh, "auth": device.auth}
    pusher = WebPusher({"endpoint": device.endpoint, "keys": keys})
    return bytes(pusher.encode(body)["body"])
