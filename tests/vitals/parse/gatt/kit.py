"""Encoder of GATT values, written from the specifications and apart from the parsers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from struct import pack

from vitals.parse.gatt import Context, Parsed
from vitals.readings import Refused

DEVICE = "d-1"
NOTHING = Context()

WHEN = bytes.fromhex("e9070b19042300")
"""25 November 2025, 04:35:00."""
WHEN_NS = int(datetime(2025, 11, 25, 4, 35, tzinfo=UTC).timestamp()) * 10**9
NO_DAY = bytes.fromhex("e9070b00042300")
NO_DATE = bytes.fromhex("e9070d19042300")
"""Month 13."""

SFLOAT_SPECIALS = {
    0x07FE: "+INF",
    0x07FF: "NaN",
    0x0800: "NRes",
    0x0801: "reserved",
    0x0802: "-INF",
}
FLOAT_SPECIALS = {
    0x007FFFFE: "+INF",
    0x007FFFFF: "NaN",
    0x00800000: "NRes",
    0x00800001: "reserved",
    0x00800002: "-INF",
}


def sf(mantissa: int, exponent: int = 0) -> bytes:
    return pack("<H", (exponent & 0xF) << 12 | mantissa & 0xFFF)


def fl(mantissa: int, exponent: int = 0) -> bytes:
    return pack("<I", (exponent & 0xFF) << 24 | mantissa & 0xFFFFFF)


def u16(number: int) -> bytes:
    return pack("<H", number)


def u24(number: int) -> bytes:
    return number.to_bytes(3, "little")


def crc(data: bytes) -> bytes:
    """The checksum of the CGM service, bit by bit."""
    rest = 0xFFFF
    for byte in data:
        for bit in range(8):
            carry = (rest ^ byte >> bit) & 1
            rest = rest >> 1 ^ (0x8408 if carry else 0)
    return u16(rest)


def fields(flags: int, fixed: bytes, optional: Iterable[tuple[int, bytes]]) -> bytes:
    """A message: flags, its fixed part, and each optional field whose bit is set."""
    return bytes((flags,)) + fixed + b"".join(part for bit, part in optional if flags & bit)


def known(mask: int) -> list[int]:
    """All combinations of the bits of `mask`."""
    return [flags for flags in range(256) if not flags & ~mask]


def unknown(mask: int) -> list[int]:
    return [flags for flags in range(256) if flags & ~mask]


def refused(found: Parsed) -> bool:
    """Whether a message was refused whole."""
    return len(found) == 1 and isinstance(found[0], Refused)


def only_whole(
    parse: Callable[[bytes, str, Context], Parsed],
    message: bytes,
    context: Context = NOTHING,
    *,
    steps: tuple[int, ...] = (),
) -> None:
    """Assert that `message` is read, and refused when cut at any byte or made longer.

    Parameters
    ----------
    steps
        Lengths at which a shorter message is whole again.
    """
    assert not refused(parse(message, DEVICE, context)), message.hex()
    for length in range(len(message)):
        if length not in steps:
            assert refused(parse(message[:length], DEVICE, context)), (message.hex(), length)
    assert refused(parse(message + b"\0", DEVICE, context)), message.hex()
