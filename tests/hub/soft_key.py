"""A key in software that answers as a browser with an authenticator does (WebAuthn, section 6).

Comes in: options as the hub's page gets them. Goes out: a ``PublicKeyCredential`` as JSON; every
part of it can be made wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from ambient.hub.party import Party

PARTY = Party(id="hub.test", origin="https://hub.test:8443", title="Ambient house")
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


class SoftKey:
    """One key with one credential."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.handle = b""

    def create(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer ``navigator.credentials.create``."""
        self.handle = urlsafe_b64decode(options["user"]["id"] + "==")
        numbers = self.private.public_key().public_numbers()
        public = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        flags = wrong.get("flags", PRESENT | VERIFIED) | ATTESTED
        data = self._data(wrong.get("party", PARTY.id), flags, 0) + credential
        attestation = cbor2.dumps(
            {"fmt": wrong.get("format", "none"), "attStmt": {}, "authData": data}
        )
        client = self._client("webauthn.create", options["challenge"], wrong)
        return self._json(clientDataJSON=b64(client), attestationObject=b64(attestation))

    def get(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer ``navigator.credentials.get``; the counter goes up by one."""
        self.count = wrong.get("count", self.count + 1)
        flags = wrong.get("flags", PRESENT | VERIFIED)
        data = self._data(wrong.get("party", PARTY.id), flags, self.count)
        client = self._client(
            wrong.get("type", "webauthn.get"), wrong.get("challenge", options["challenge"]), wrong
        )
        signer = wrong.get("signer", self).private
        signature = signer.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._json(
            clientDataJSON=b64(client),
            authenticatorData=b64(data),
            signature=b64(signature),
            userHandle=b64(wrong.get("handle", self.handle)),
        )

    @staticmethod
    def _data(party: str, flags: int, count: int) -> bytes:
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    @staticmethod
    def _client(kind: str, challenge: str, wrong: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": challenge,
            "origin": wrong.get("origin", PARTY.origin),
            "crossOrigin": wrong.get("cross", False),
        }
        return json.dumps(said).encode()

    def _json(self, **response: str) -> str:
        answer = {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key"}
        return json.dumps(answer | {"response": response})
