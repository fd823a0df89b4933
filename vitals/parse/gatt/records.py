"""Record Access Control Point (0x2A52): asking a device for what it has stored.

Comes in: which record was the last one taken, and what the device answers. Goes out: the bytes to
write, and what the answer means. Only *report* is ever asked: nothing here can delete a record.
"""

from __future__ import annotations

from enum import StrEnum
from struct import pack
from typing import Final

from vitals.readings import Refused

NAME: Final = "record access"

REPORT: Final = 0x01
RESPONSE: Final = 0x06

ALL_RECORDS: Final = 0x01
FROM: Final = 0x03
"""Greater than or equal to."""
BY_NUMBER: Final = 0x01
"""The filter by sequence number (glucose meter) or by time offset (CGM): both are number 1."""

SUCCESS: Final = 0x01
NO_RECORDS: Final = 0x06
UNSUPPORTED: Final = (0x02, 0x03, 0x04, 0x05, 0x09)
"""Operation, operator or operand not supported, or not valid."""


class Answer(StrEnum):
    """How a request for stored records ended."""

    SENT = "sent"
    """All that was asked for has been sent."""
    NONE = "none"
    """There is no such record."""
    UNSUPPORTED = "unsupported"
    """The device cannot be asked so."""
    FAILED = "failed"


def report(last: int | None) -> bytes:
    """Return the request for stored records.

    Parameters
    ----------
    last
        Number (CGM: minutes) of the last record taken, 0..65535. That one is asked for again: if
        not even it is there, the device has begun to count anew. None asks for all.
    """
    if last is None:
        return bytes((REPORT, ALL_RECORDS))
    return pack("<BBBH", REPORT, FROM, BY_NUMBER, last)


def answer(data: bytes) -> Answer | Refused:
    """Return what an indication of the control point says about a request to report."""
    if len(data) != 4:
        return Refused(NAME, f"expected 4 bytes, got {len(data)}")
    if data[0] != RESPONSE or data[2] != REPORT:
        return Refused(NAME, f"expected an answer to a request to report, got {data.hex()}")
    code = data[3]
    if code == SUCCESS:
        return Answer.SENT
    if code == NO_RECORDS:
        return Answer.NONE
    return Answer.UNSUPPORTED if code in UNSUPPORTED else Answer.FAILED
