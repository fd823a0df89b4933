"""An invitation: one line of text, or a QR code, that lets one node ask to be enrolled.

Comes in: the hub's address and public key, a 128-bit token, and when it expires. Goes out:
``ambient1:`` and base32, with a checksum against typing errors. It is case-insensitive and bears
spaces and line breaks, so that it may be read out or copied from a letter. Whoever holds it can
ask, within ten minutes and once; somebody at the hub still has to accept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import secrets
import struct
from typing import Final

import msgspec
import segno
from msgspec import Struct

from ambient.bus.keys import raw_key, text_key
from ambient.bus.protocol import Token
from ambient.config_base import Address, PublicKey
from ambient.errors import LinkError

PREFIX: Final = "ambient1:"
VALID_S: Final = 600
"""Lifetime of an invitation in seconds."""

_HEAD: Final = struct.Struct(">32s16sI")
_CHECK_BYTES: Final = 4
_MAX_TEXT: Final = 1000


class Invitation(Struct, frozen=True, kw_only=True):
    """What a node must know to ask for enrolment.

    Attributes
    ----------
    address
        Where the hub listens, ``tcp://host:port``.
    key
        The hub's public key in Z85; the node talks to nobody else.
    token
        128 random bits, 32 hexadecimal digits; a secret until used.
    expires
        Whole seconds since the Unix epoch on the hub's clock; only the hub judges it.
    """

    address: Address
    key: PublicKey
    token: Token
    expires: int

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"Invitation(address={self.address!r}, key={self.key!r}, expires={self.expires})"

    def text(self) -> str:
        """Return the line to hand over."""
        head = _HEAD.pack(raw_key(self.key), bytes.fromhex(self.token), self.expires)
        body = head + self.address.encode("ascii")
        return PREFIX + base64.b32encode(body + _checksum(body)).decode().rstrip("=").lower()

    def qr_terminal(self) -> str:
        """Return the QR code as lines of block characters for a terminal."""
        out = io.StringIO()
        self._qr().terminal(out=out, compact=True)
        return out.getvalue()

    def qr_svg(self) -> str:
        """Return the QR code as an SVG element to put into a page."""
        return self._qr().svg_inline(scale=4, title="Invitation", omitsize=False)

    def _qr(self) -> segno.QRCode:
        # Upper case fits the QR code's alphanumeric mode: 5.5 bits a character instead of 8.
        return segno.make_qr(self.text().upper(), error="m")


def new_token() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def parse_invitation(text: str) -> Invitation:
    """Return the invitation in `text`.

    Raises
    ------
    LinkError
        When it is not an invitation, or was mistyped.
    """
    compact = re.sub(r"\s+", "", text[: 2 * _MAX_TEXT]).lower()
    if not compact.startswith(PREFIX):
        raise LinkError(
            f"expected an invitation that begins with {PREFIX}, got {text[:12]!r}; "
            "make one at the hub and copy the whole line"
        )
    code = compact.removeprefix(PREFIX).upper()
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
        body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
        if check != _checksum(body):
            raise ValueError("checksum")
        key, token, expires = _HEAD.unpack_from(body)
        return msgspec.convert(
            {
                "address": body[_HEAD.size :].decode("ascii"),
                "key": text_key(key),
                "token": token.hex(),
                "expires": expires,
            },
            Invitation,
        )
    except (binascii.Error, ValueError, struct.error, msgspec.ValidationError):
        raise LinkError(
            f"expected a whole invitation, got one of {len(compact)} characters whose checksum "
            "does not fit; copy the line again, from the colon to its end"
        ) from None


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(b"ambient invitation" + body).digest()[:_CHECK_BYTES]
