"""Every packet of a network namespace, and what of it the link accounts for.

Comes in: a raw packet socket, and the frames that the hub decrypted. Goes out: findings in words:
packets that are no link, bytes on the link that no decrypted message stands for, messages that
hold more than the protocol says. No finding means that nothing else left.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ambient import events
from ambient.bus import protocol
from ambient.bus.protocol import Batch, Garbled, decode_from_node
from tests.closed import loose_parts

OUTGOING: Final = 4
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
TCP, UDP, ICMPV6 = 6, 17, 58
SYN: Final = 2
NEIGHBOURS: Final = range(130, 144)
"""ICMPv6 of the kernel itself: who is on this cable; it carries addresses alone."""

ETHERNET_BYTES: Final = 14
GREETING_BYTES: Final = 64
MESSAGE: Final = b"\x07MESSAGE"
SEALED_BYTES: Final = len(MESSAGE) + 8 + 16 + 1
"""Of a CURVE message beside its text: name, counter, authenticator, flags."""

_MAX_PACKET: Final = 256 * 1024
_SO_RCVBUFFORCE: Final = 33
_SOL_PACKET, _PACKET_STATISTICS = 263, 6


@dataclass(frozen=True)
class Packet:
    """One packet as it passed an interface; `at` in seconds on the steady clock."""

    at: float
    device: str
    outgoing: bool
    protocol: int
    data: bytes


@dataclass
class Recorder:
    """Takes every packet of a namespace from now until `close`."""

    source: socket.socket
    packets: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 32 * 1024 * 1024)
        self.source.settimeout(0.2)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                data, (device, protocol_number, kind, *_) = self.source.recvfrom(_MAX_PACKET)
            except TimeoutError:
                continue
            self.packets.append(
                Packet(time.monotonic(), device, kind == OUTGOING, protocol_number, data)
            )

    def close(self) -> None:
        """Stop; nothing may have been missed."""
        self._stop.set()
        self._thread.join()
        statistics = self.source.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self.source.close()
        _, dropped = struct.unpack("II", statistics)
        assert dropped == 0, f"the capture missed {dropped} packets"


@dataclass(frozen=True)
class Segment:
    """One TCP segment that the node sent to the hub's port."""

    connection: int
    sequence: int
    syn: bool
    payload: bytes


def beyond_the_link(packets: Iterable[Packet], hub: tuple[str, int]) -> list[str]:
    """Return what is neither TCP with the hub's port nor the kernel asking for neighbours.

    Loopback counts: a node's processes talk through files, so nothing of it passes there either.
    """
    found = []
    for packet in packets:
        what = _describe(packet, hub)
        if what is not None:
            found.append(f"{packet.device}: {what}")
    return sorted(set(found))


def _describe(packet: Packet, hub: tuple[str, int]) -> str | None:
    """Return what a packet is, or nothing when it may be there."""
    if packet.protocol == ARP:
        return None
    body = packet.data[ETHERNET_BYTES:]
    if packet.protocol == IPV6:
        if body[6] == ICMPV6 and body[40] in NEIGHBOURS:
            return None
        if body[6] == 0 and body[40] == ICMPV6:  # a hop-by-hop header before a listener report
            return None
        return f"IPv6, next header {body[6]}, to {socket.inet_ntop(socket.AF_INET6, body[24:40])}"
    if packet.protocol != IPV4:
        return f"a packet of type {packet.protocol:#06x}"
    start = (body[0] & 15) * 4
    source, target = (socket.inet_ntoa(body[at : at + 4]) for at in (12, 16))
    ports = struct.unpack("!HH", body[start : start + 4])
    if body[9] == TCP and hub in ((source, ports[0]), (target, ports[1])):
        return None
    if body[9] == UDP and ports[1] == 53:
        return f"a question to the name server {target}: {body[start + 20 :][:60]!r}"
    return f"IPv4, protocol {body[9]}, {source}:{ports[0]} to {target}:{ports[1]}"


def with_port(packets: Iterable[Packet], port: int) -> list[Packet]:
    """Return the packets of TCP over IPv4 that come from a port or go to it."""
    found = []
    for packet in packets:
        body = packet.data[ETHERNET_BYTES:]
        if packet.protocol != IPV4 or body[9] != TCP:
            continue
        start = (body[0] & 15) * 4
        if port in struct.unpack("!HH", body[start : start + 4]):
            found.append(packet)
    return found


def sent_segments(packets: Iterable[Packet], hub: tuple[str, int]) -> list[Segment]:
    """Return what the node sent to the hub over TCP, in the order of the capture."""
    found = []
    for packet in packets:
        body = packet.data[ETHERNET_BYTES:]
        if not packet.outgoing or packet.protocol != IPV4 or body[9] != TCP:
            continue
        start = (body[0] & 15) * 4
        total = int.from_bytes(body[2:4], "big") or len(body)
        here, there, sequence = struct.unpack("!HHI", body[start : start + 8])
        if (socket.inet_ntoa(body[16:20]), there) != hub:
            continue
        payload = body[start + (body[start + 12] >> 4) * 4 : total]
        found.append(Segment(here, sequence, bool(body[start + 13] & SYN), payload))
    return found


def streams(segments: Iterable[Segment]) -> list[bytes]:
    """Return the bytes of every connection, put together; repeated ones count once."""
    began: dict[int, int] = {}
    parts: dict[int, dict[int, bytes]] = {}
    for segment in segments:
        if segment.syn:
            began[segment.connection] = segment.sequence + 1
            parts[segment.connection] = {}
        elif segment.payload:
            at = (segment.sequence - began[segment.connection]) % 2**32
            parts[segment.connection][at] = segment.payload
    found = []
    for connection in parts.values():
        whole = b""
        for at in sorted(connection):
            assert at <= len(whole), "the capture has a hole"
            whole += connection[at][len(whole) - at :]
        found.append(whole)
    return found


def unaccounted(stream: bytes, frames: Sequence[bytes]) -> tuple[list[str], int]:
    """Compare a connection's bytes with the frames that the hub decrypted.

    The order and the length of every sealed message must be that of one decrypted frame, and its
    counter must go up by one. What is left is ZeroMQ's greeting and the two handshake commands.

    Returns
    -------
    list of str
        What no frame stands for.
    int
        How many of `frames` stand in this connection.
    """
    found: list[str] = []
    if len(stream) < GREETING_BYTES:
        return ([] if not stream else ["a connection that ended in its greeting"]), 0
    handshake: list[bytes] = []
    used, last = 0, -1
    for flags, body in _zmtp(stream[GREETING_BYTES:]):
        if flags & 4:
            handshake.append(body[: 1 + body[0]])
            continue
        if not body.startswith(MESSAGE):
            found.append(f"{len(body)} bytes that are no sealed message")
            continue
        counter = int.from_bytes(body[8:16], "big")
        if last >= 0 and counter != last + 1:
            found.append(f"counter {counter} after {last}")
        last = counter
        size = len(body) - SEALED_BYTES
        if used < len(frames) and len(frames[used]) == size:
            used += 1
        else:
            found.append(f"a sealed message of {size} bytes that the hub did not take")
    if handshake[:2] != [b"\x05HELLO", b"\x08INITIATE"][: len(handshake)] or len(handshake) > 2:
        found.append(f"an unusual handshake: {handshake}")
    return found, used


def _zmtp(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Yield flags and body of every frame on the wire (RFC 37 of ZeroMQ)."""
    at = 0
    while at < len(data):
        flags = data[at]
        wide = 8 if flags & 2 else 1
        size = int.from_bytes(data[at + 1 : at + 1 + wide], "big")
        at += 1 + wide
        if at + size > len(data):
            return  # the connection ended in the middle of it
        yield flags, data[at : at + size]
        at += size


def loose_messages(frames: Iterable[bytes]) -> list[str]:
    """Return what of the decrypted frames is more than the protocol and the closed list say.

    A message that is read and written again must be the same bytes: so it holds no field beside
    those of its type, and an event none beside those of its kind.
    """
    found = []
    for frame in frames:
        message = decode_from_node(frame)
        if isinstance(message, Garbled):
            found.append(f"no message ({message.reason}): {frame[:80]!r}")
            continue
        if protocol.encode(message) != frame:
            found.append(f"more than the message says: {frame[:200]!r}")
        if isinstance(message, Batch):
            for row in message.rows:
                found += _loose_event(bytes(row.event))
        else:
            found += [f"{type(message).__name__}: {why}" for why in _loose_type(type(message))]
    return sorted(set(found))


def _loose_type(cls: type[msgspec.Struct]) -> list[str]:
    # A message may have fields of a later version; the comparison above shows that it has none.
    expected = {"(top): takes unknown fields", "rooms: a list of what is no named struct"}
    known = {"key", "software", "token"}
    return [
        why for why in loose_parts(cls) if why not in expected and why.split(":")[0] not in known
    ]


def _loose_event(data: bytes) -> list[str]:
    try:
        event = events.decode(data)
    except msgspec.MsgspecError as error:
        return [f"no event of the closed list ({error}): {data[:200]!r}"]
    if events.encode(event) != data:
        return [f"more than the event says: {data[:200]!r}"]
    return [f"{events.kind_of(event)}: {why}" for why in loose_parts(type(event))]


def events_in(frames: Iterable[bytes]) -> list[events.AnyEvent]:
    """Return the events in the decrypted frames."""
    messages = (decode_from_node(frame) for frame in frames)
    batches = (message for message in messages if isinstance(message, Batch))
    return [events.decode(bytes(row.event)) for batch in batches for row in batch.rows]


@dataclass(frozen=True)
class Volume:
    """What left in a while, per minute: of TCP's content; with the headers of TCP and IP."""

    content: float
    packets: float


def volume(packets: Iterable[Packet], began: float, ended: float) -> Volume:
    """Return how much left between two instants of the steady clock, per minute.

    Measured from one message to another, or the rate would depend on where the window begins.
    """
    out = [one for one in packets if one.outgoing and began <= one.at < ended]
    spoken = [one.at for one in out if _content(one)]
    assert len(spoken) > 2, "the node said nothing"
    counted = [one for one in out if spoken[0] <= one.at < spoken[-1] and one.protocol == IPV4]
    minutes = (spoken[-1] - spoken[0]) / 60
    return Volume(
        sum(_content(one) for one in counted) / minutes,
        sum(len(one.data) - ETHERNET_BYTES for one in counted) / minutes,
    )


def _content(packet: Packet) -> int:
    """Return the bytes that TCP carries in a packet."""
    body = packet.data[ETHERNET_BYTES:]
    if packet.protocol != IPV4 or body[9] != TCP:
        return 0
    start = (body[0] & 15) * 4
    return int.from_bytes(body[2:4], "big") - start - (body[start + 12] >> 4) * 4
