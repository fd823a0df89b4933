"""ESPA 4.4.4: what a call to a pager is on the line.

Comes in: address, text and urgency of a call. Goes out: the bytes of a block. Pure. The protocol is
"Proposal for serial data interface" (ESPA Publication 4.4.4, 1984), on top of ISO 1745.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import reduce
from operator import xor
from typing import Final

SOH, STX, ETX, EOT, ENQ, ACK, NAK = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15"
RS, US = b"\x1e", b"\x1f"
CALL_TO_PAGER: Final = b"1"
"""Header of a block."""
MOST_CHARACTERS: Final = 128
"""Of a display message."""


class Charset(StrEnum):
    """How letters beyond ASCII travel."""

    ASCII = "ascii"
    """Written out: ä as ae."""
    GERMAN = "german"
    """DIN 66003: ä as {, seven bits."""
    LATIN_1 = "latin-1"
    """Eight bits."""


class CallType(StrEnum):
    """Record 4."""

    RESET = "1"
    STANDARD = "3"


class CallPriority(StrEnum):
    """Record 6."""

    ALARM = "1"
    HIGH = "2"
    NORMAL = "3"


_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_SIGNS: Final = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}
)
_DIN_66003: Final = str.maketrans("äöüßÄÖÜ", "{|}~[\\]")


def encoded(text: str, charset: Charset) -> bytes:
    """Return `text` as it travels; what a charset lacks becomes its base letter, else ``?``.

    Examples
    --------
    >>> encoded("Tür – Süd", Charset.ASCII)
    b'Tuer - Sued'
    """
    text = text.translate(_SIGNS)
    if charset is Charset.LATIN_1:
        found = text.encode("latin-1", "replace")
    else:
        if charset is Charset.GERMAN:
            # The signs that give way to umlauts must not be read as umlauts.
            text = text.translate(str.maketrans("{|}~[\\]", "(/)-(/)")).translate(_DIN_66003)
        text = unicodedata.normalize("NFKD", text.translate(_OUT).replace("ß", "ss"))
        bare = "".join(c for c in text if not unicodedata.combining(c))
        found = bare.encode("ascii", "replace")
    # Nothing in a text may be taken for the end of a record.
    return bytes(byte if byte >= 0x20 and byte != 0x7F else 0x20 for byte in found)


def call(
    address: bytes,
    text: bytes,
    *,
    beep: int,
    priority: CallPriority,
    kind: CallType = CallType.STANDARD,
    transmissions: int = 1,
) -> bytes:
    """Return the block of a call to a pager.

    Parameters
    ----------
    address
        Record 1, the number of a pager or group.
    text
        Record 2, at most 128 characters.
    beep
        Record 3, 0 to 9, as the paging system is set.
    transmissions
        Record 5, how often the paging system sends it.
    """
    return block(
        CALL_TO_PAGER,
        [
            (b"1", address),
            (b"2", text[:MOST_CHARACTERS]),
            (b"3", b"%d" % beep),
            (b"4", kind.value.encode()),
            (b"5", b"%d" % transmissions),
            (b"6", priority.value.encode()),
        ],
    )


def block(header: bytes, records: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return header and records as a block with its check character."""
    body = header + STX + RS.join(name + US + data for name, data in records) + ETX
    return SOH + body + check(body)


def check(body: bytes) -> bytes:
    """Return the block check character: exclusive or from after SOH up to and with ETX."""
    return bytes([reduce(xor, body, 0)])
