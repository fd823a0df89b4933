"""Webhook: JSON to an address of the house's own choice, signed.

In: notices. Out: one POST each, after Standard Webhooks 1.0: ``webhook-id`` is the notice's id,
``webhook-timestamp`` the instant of the attempt (s), ``webhook-signature`` is ``v1,`` and the
base64 of HMAC-SHA256 over ``id.timestamp.body``. A receiver refuses a timestamp more than
`REPLAY_S` away and an id that it has seen. It may answer ``{"taken_until": "<RFC 3339>"}``: it
gives the alarm itself until then.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from ambient.config_base import Strict
from ambient.errors import LinkError
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import https
from ambient.hub.channels.plain import plain
from ambient.hub.channels.remote import Remote
from ambient.hub.channels.seam import House, Notice, Receipt

REPLAY_S: Final = 300
"""How far a receiver lets the timestamp be from its own clock, before and after."""
SHORTEST_KEY: Final = 24


class TakenUntil(Struct, frozen=True):
    """What an answer may say."""

    taken_until: datetime | None = None


class Webhook(Remote):
    """One receiver of webhooks."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is, the file of the shared secret, who signs its certificate."""

        url: https.Url
        secret_file: Path
        ca: Path | None = None

    PATTERNS: ClassVar = https.PATTERNS
    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        self._url = options.url
        text = self.secret("secret_file", options.secret_file)
        self._key = self.made("secret_file", lambda: key_of(text))
        self._tls = self.tls(options.ca)
        self.far = https.far_of(options.url, self._tls)

    def told(self) -> str:
        """Return where notices go."""
        return f"webhook {https.host_of(self._url)}"

    async def send(self, notice: Notice) -> Receipt:
        """Post one notice."""
        body = msgspec.json.encode(plain(notice, self._house.site))
        stamp = str(self._house.now() // 1_000_000_000)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": notice.id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._key, notice.id, stamp, body),
        }
        answer = await https.post(self._url, body, headers, self._tls)
        https.check(answer, self._url)
        until = _taken_until(answer.body)
        if until is None:
            return Receipt(delivery=Delivery.DELIVERED)
        return Receipt(delivery=Delivery.TAKEN, until=until)


def signature(key: bytes, notice: str, stamp: str, body: bytes) -> str:
    """Return the signature (Standard Webhooks 1.0, symmetric)."""
    signed = f"{notice}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def key_of(text: str) -> bytes:
    """Return the key out of ``whsec_`` and base64.

    Raises
    ------
    LinkError
        When it is none, or too short to be hard to guess.
    """
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or len(key) < SHORTEST_KEY:
        raise LinkError(
            f"expected whsec_ and base64 of at least {SHORTEST_KEY} random bytes, got something "
            'else; make one: (umask 077; echo "whsec_$(openssl rand -base64 32)" > FILE)'
        )
    return key


def _taken_until(body: bytes) -> int | None:
    """Return the instant (ns) that an answer states; many receivers answer with other things."""
    try:
        until = msgspec.json.decode(body, type=TakenUntil).taken_until
    except msgspec.DecodeError:
        return None
    if until is None or until.tzinfo is None:
        return None
    return round(until.timestamp() * 1e9)
