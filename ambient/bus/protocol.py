"""The messages between node and hub: a closed list, and what garbage becomes.

Comes in: bytes of one ZeroMQ frame. Goes out: one of the structs below, or `Garbled` with the
reason; decoding never raises. The form is JSON, so that a recorded link can be read as it is;
events and commands stand in it as themselves and are checked one by one by whoever receives them.
`Hello`, `Refused`, `Enrol` and `EnrolRefused` keep their fields in every future version, so that
two versions can always tell each other that they do not fit. `docs/link.md` is the page to this
module.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from ambient.config_base import Address, PublicKey
from ambient.observations import TimeNs
from ambient.places import Slug

PROTOCOL: Final = 1
"""Version of this list. Both sides must speak the same one."""

MAX_MESSAGE_BYTES: Final = 256 * 1024
"""ZeroMQ drops a connection that announces a larger frame, before it takes memory for it."""

MAX_BATCH_ROWS: Final = 64
MAX_BATCH_BYTES: Final = 64 * 1024
MAX_EVENT_BYTES: Final = 16 * 1024
"""No event of the closed list comes near this."""

HEARTBEAT_S: Final = 5.0
"""A node says at least this often that it lives."""

ANSWER_EVERY: Final = 2
"""Every so many heartbeats a node asks the hub whether it lives, too."""

ACK_TIMEOUT_S: Final = 10.0
"""A batch without an answer for this long is sent again."""

Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
"""128 random bits."""

Version = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z.+\-]+$(?!\n)")]
ProtocolNumber = Annotated[int, Meta(ge=0, le=1_000_000)]
BatchNumber = Annotated[int, Meta(ge=0, lt=2**53)]
RowNumber = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Term = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Number of a time in which one of two hubs serves; 0 where there is only one."""
Proof = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)")]
"""That a hub of the site served in a term: only it can make one; empty where there is none."""


class Reason(StrEnum):
    """Why the hub does not serve a node."""

    PROTOCOL = "protocol"
    """Node and hub speak different versions; `protocol` says which one the hub speaks."""
    NAME = "name"
    """The node calls itself otherwise than it was enrolled."""
    REVOKED = "revoked"
    """The key was withdrawn."""
    HELLO = "hello"
    """The hub was started anew and knows no hello of this connection."""
    BUSY = "busy"
    """The hub cannot store now (its disk is full, for example); send it again later."""
    STANDS_BY = "stands_by"
    """The site has two hubs, and the other one serves."""


class EnrolReason(StrEnum):
    """Why an enrolment failed."""

    PROTOCOL = "protocol"
    TOKEN = "token"
    """No open invitation has this token: mistyped, expired, or used by another key."""
    SITE = "site"
    """The hub serves another site."""
    REJECTED = "rejected"
    """Somebody at the hub said no."""
    TAKEN = "taken"
    """The name or one of the rooms belongs to another node that is still enrolled."""


class RotateReason(StrEnum):
    """Why a new key was not taken."""

    TAKEN = "taken"
    """That key is known already, to another node or as a revoked one."""


def since(lacks: int, ahead: int) -> int:
    """Return the instant `lacks` (ns) of a clock that is `ahead` (ns) of this one, by this one.

    0 stays nothing and 1 everything, whatever the clocks say.

    Examples
    --------
    >>> since(5_000, 3_000), since(5_000, -3_000), since(1, -3_000), since(0, -3_000)
    (2000, 8000, 1, 0)
    """
    return lacks if lacks <= 1 else max(1, lacks - ahead)


class Message(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all messages share. Unknown fields are passed over: a later version may add some."""


class Hello(Message, frozen=True, kw_only=True, tag="hello", omit_defaults=True):
    """Node ► hub, first on every connection; `node` is compared, never believed.

    `term` is the highest that ever welcomed the node: a hub of a lower one serves no longer. Who
    only `tells` is served by another hub: it is answered, and not served. `proof` came with the
    welcome in that term: a term that is not proved counts for nothing.
    """

    protocol: ProtocolNumber
    node: Slug
    software: Version
    term: Term = 0
    proof: Proof = ""
    tells: bool = False


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One outbox row: its number there, and the event as it was stored."""

    seq: RowNumber
    event: Raw


class Batch(Message, frozen=True, kw_only=True, tag="batch"):
    """Node ► hub: rows in order; `batch` is a random number that the answer repeats."""

    batch: BatchNumber
    rows: Annotated[list[Row], Meta(min_length=1, max_length=MAX_BATCH_ROWS)]


class Heartbeat(Message, frozen=True, kw_only=True, tag="heartbeat", omit_defaults=True):
    """Node ► hub: alive; `answer` asks for one. Hub ► node: the answer, with the hub's `time`."""

    answer: bool = False
    time: TimeNs = 0


class Enrol(Message, frozen=True, kw_only=True, tag="enrol"):
    """Node ► hub: take this connection's key into the list; the only message of an unknown key."""

    protocol: ProtocolNumber
    token: Token
    node: Slug
    site: Slug
    rooms: Annotated[list[Slug], Meta(min_length=1, max_length=16)]


class Rotate(Message, frozen=True, kw_only=True, tag="rotate"):
    """Node ► hub over the link in force: `key` is mine as well, and will replace this one."""

    key: PublicKey


class Welcome(Message, frozen=True, kw_only=True, tag="welcome", omit_defaults=True):
    """Hub ► node: served; `time` is the hub's.

    A hub that was put back from a backup `lacks` what it acknowledged since that instant (ns, by
    the clock that `time` tells, see `since`): a node sends again what it still keeps of that. 0
    when it lacks nothing. So does one that took over from another. `addresses` are those of all
    hubs of the site where there are two; `term` is that in which this one serves, and `proof` what
    the node shows for it to any of them.
    """

    protocol: ProtocolNumber
    time: TimeNs
    lacks: TimeNs = 0
    term: Term = 0
    proof: Proof = ""
    addresses: Annotated[list[Address], Meta(max_length=4)] = []


class Refused(Message, frozen=True, kw_only=True, tag="refused"):
    """Hub ► node: not served, and why."""

    reason: Reason
    protocol: ProtocolNumber = PROTOCOL


class Ack(Message, frozen=True, kw_only=True, tag="ack"):
    """Hub ► node: the rows of `batch` are on the hub's disk, but for the `refused` ones.

    A refused row (another room, another node, no event of the closed list) would be refused again
    and must not hold up those behind it, so it counts as answered.
    """

    batch: BatchNumber
    refused: Annotated[list[RowNumber], Meta(max_length=MAX_BATCH_ROWS)] = []


class CommandMessage(Message, frozen=True, kw_only=True, tag="command"):
    """Hub ► node: one command of the closed list, and the hub's `time`."""

    time: TimeNs
    command: Raw


class EnrolPending(Message, frozen=True, kw_only=True, tag="enrol_pending"):
    """Hub ► node: somebody at the hub must compare the fingerprint and accept."""


class EnrolAccepted(Message, frozen=True, kw_only=True, tag="enrol_accepted"):
    """Hub ► node: this key is enrolled."""


class EnrolRefused(Message, frozen=True, kw_only=True, tag="enrol_refused"):
    """Hub ► node: this key is not enrolled, and why."""

    reason: EnrolReason
    protocol: ProtocolNumber = PROTOCOL


class RotateAccepted(Message, frozen=True, kw_only=True, tag="rotate_accepted"):
    """Hub ► node: `key` is enrolled beside the old one until it is first used."""

    key: PublicKey


class RotateRefused(Message, frozen=True, kw_only=True, tag="rotate_refused"):
    """Hub ► node: `key` was not taken."""

    key: PublicKey
    reason: RotateReason


class Garbled(Struct, frozen=True, kw_only=True):
    """A frame that is no message; `reason` quotes nothing of what it held but its shape."""

    reason: str
    size: int


FromNode = Hello | Batch | Heartbeat | Enrol | Rotate
FromHub = (
    Welcome
    | Refused
    | Ack
    | Heartbeat
    | CommandMessage
    | EnrolPending
    | EnrolAccepted
    | EnrolRefused
    | RotateAccepted
    | RotateRefused
)

_encoder = msgspec.json.Encoder()
_from_node: msgspec.json.Decoder[FromNode] = msgspec.json.Decoder(FromNode)
_from_hub: msgspec.json.Decoder[FromHub] = msgspec.json.Decoder(FromHub)


def encode(message: FromNode | FromHub) -> bytes:
    """Return the frame that carries `message`."""
    return _encoder.encode(message)


def decode_from_node(frame: bytes) -> FromNode | Garbled:
    """Return what a node said, or `Garbled`."""
    if len(frame) > MAX_MESSAGE_BYTES:
        return Garbled(reason="oversized", size=len(frame))
    try:
        return _from_node.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Garbled(reason=_reason(error), size=len(frame))


def decode_from_hub(frame: bytes) -> FromHub | Garbled:
    """Return what a hub said, or `Garbled`."""
    if len(frame) > MAX_MESSAGE_BYTES:
        return Garbled(reason="oversized", size=len(frame))
    try:
        return _from_hub.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Garbled(reason=_reason(error), size=len(frame))


def _reason(error: Exception) -> str:
    """Name the kind of error; msgspec's text may quote what the sender wrote."""
    return type(error).__name__
