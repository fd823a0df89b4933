"""The link's messages: a closed list; garbage becomes a value, never an exception."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.bus import protocol
from ambient.bus.protocol import (
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    Ack,
    Batch,
    CommandMessage,
    Enrol,
    EnrolAccepted,
    EnrolPending,
    EnrolReason,
    EnrolRefused,
    Garbled,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Rotate,
    RotateAccepted,
    RotateReason,
    RotateRefused,
    Row,
    Welcome,
    decode_from_hub,
    decode_from_node,
    encode,
)

FROM_NODE = [
    Hello(protocol=1, node="n-1", software="0.1.0+local"),
    Heartbeat(),
    Heartbeat(answer=True),
    Enrol(protocol=1, token="0" * 32, node="n-1", site="s", rooms=["r1"]),
    Rotate(key="x" * 40),
]
FROM_HUB = [
    Welcome(protocol=1, time=5),
    Refused(reason=Reason.REVOKED),
    Ack(batch=1, refused=[2, 3]),
    Heartbeat(time=5),
    EnrolPending(),
    EnrolAccepted(),
    EnrolRefused(reason=EnrolReason.TAKEN),
    RotateAccepted(key="x" * 40),
    RotateRefused(key="x" * 40, reason=RotateReason.TAKEN),
]


@pytest.mark.parametrize("message", FROM_NODE, ids=lambda one: type(one).__name__)
def test_what_a_node_says(message: protocol.FromNode) -> None:
    assert decode_from_node(encode(message)) == message


@pytest.mark.parametrize("message", FROM_HUB, ids=lambda one: type(one).__name__)
def test_what_a_hub_says(message: protocol.FromHub) -> None:
    assert decode_from_hub(encode(message)) == message


def test_events_and_commands_stand_in_a_message_as_they_are() -> None:
    batch = Batch(batch=1, rows=[Row(seq=2, event=msgspec.Raw(b'{"a":1}'))])
    assert encode(batch) == b'{"type":"batch","batch":1,"rows":[{"seq":2,"event":{"a":1}}]}'
    back = decode_from_node(encode(batch))
    assert isinstance(back, Batch)
    assert bytes(back.rows[0].event) == b'{"a":1}'
    message = decode_from_hub(encode(CommandMessage(time=1, command=msgspec.Raw(b'{"b":2}'))))
    assert isinstance(message, CommandMessage)
    assert bytes(message.command) == b'{"b":2}'


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"null",
        b"{",
        b"\x00" * 100,
        b'{"type":"hello","protocol":1,"node":"N 1","software":"1"}',
        b'{"type":"hello","protocol":1,"node":"n-1","software":"<b>"}',
        b'{"type":"hello","protocol":-1,"node":"n-1","software":"1"}',
        b'{"type":"batch","batch":1,"rows":[' + b'{"seq":1,"event":1},' * MAX_BATCH_ROWS + b"1]}",
        b'{"type":"batch","batch":1,"rows":[{"seq":1,"event":{"a":}}]}',
        b'{"type":"enrol","protocol":1,"token":"x","node":"n-1","site":"s","rooms":["r1"]}',
        b'{"type":"rotate","key":"short"}',
        b"[" * 100_000,
        b" " * (MAX_MESSAGE_BYTES + 1),
    ],
)
def test_garbage_has_a_name_and_is_not_quoted(frame: bytes) -> None:
    for decode in (decode_from_node, decode_from_hub):
        found = decode(frame)
        assert isinstance(found, Garbled)
        assert found.size == len(frame)
        assert found.reason in ("DecodeError", "ValidationError", "oversized", "RecursionError")


@given(st.binary(max_size=300))
def test_no_bytes_raise(frame: bytes) -> None:
    decode_from_node(frame)
    decode_from_hub(frame)


def test_later_versions_may_add_fields() -> None:
    frame = b'{"type":"hello","protocol":9,"node":"n-1","software":"9","more":[1]}'
    assert decode_from_node(frame) == Hello(protocol=9, node="n-1", software="9")
