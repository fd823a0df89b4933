"""The messages between two hubs of a site: a closed list, over CURVE with the key that both have.

Comes in: frames. Goes out: one of the structs below with the bytes that go with it, or nothing for
what is none. Only who holds the site's secret key finishes the handshake, on either side.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from ambient.hub.standby.duty import Said

CREDIT: Final = 16
"""Chunks that may be under way; who follows asks for as many more as it took."""


class Message(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all messages share. Unknown fields are passed over: a later version may add some."""


class Say(Message, frozen=True, kw_only=True, tag="say"):
    """Either way, twice a second: I am here.

    Attributes
    ----------
    level
        What the sender's store holds is complete up to then, by its own clock (ns); 0 when it
        holds nothing.
    time
        By the same clock: the two machines' clocks may differ.
    software
        The sender's version.
    """

    said: Said
    level: int = 0
    time: int = 0
    software: str = ""


class Fetch(Message, frozen=True, kw_only=True, tag="fetch"):
    """Standing by ► serving: begin a copy; `digest` is of the files that are here already."""

    digest: str = ""


class File(Message, frozen=True, kw_only=True, tag="file"):
    """Either way: a small file of the state folder, its content beside it."""

    name: str


class Begin(Message, frozen=True, kw_only=True, tag="begin"):
    """Serving ► standing by: the copy begins.

    Attributes
    ----------
    at
        Now, by the sender's clock (ns).
    lacks, lacks_until
        By the same clock: since when the store lacks what nodes may still keep, and until when they
        are asked.
    """

    at: int
    lacks: int = 0
    lacks_until: int = 0


class Data(Message, frozen=True, kw_only=True, tag="data"):
    """Either way: what one end of the copy says to the other, beside it."""


class More(Message, frozen=True, kw_only=True, tag="more"):
    """Standing by ► serving: `chunks` were taken."""

    chunks: int


class End(Message, frozen=True, kw_only=True, tag="end"):
    """Serving ► standing by: its end of the copy ended; `why` it failed, if it did."""

    why: str = ""


AnyMessage = Say | Fetch | File | Begin | Data | More | End

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


def frames(message: AnyMessage, data: bytes | None = None) -> list[bytes]:
    """Return the frames of a message."""
    head = _encoder.encode(message)
    return [head] if data is None else [head, data]


def read(received: list[bytes]) -> tuple[AnyMessage, bytes] | None:
    """Return what somebody said, or nothing when it is no message."""
    if not 1 <= len(received) <= 2:
        return None
    try:
        return _decoder.decode(received[0]), received[1] if len(received) == 2 else b""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
