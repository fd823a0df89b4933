"""HL7 version 2: ORU^R01 of monitors and their gateways in, readings and an acknowledgement out.

Comes in: the bytes of one message, without the frame. Goes out: what it says of vital signs, and
the ACK that its sender waits for; both pure. After HL7 2.6, chapters 2 (message, encoding) and 7
(OBR, OBX), and the IHE PCD Device Enterprise Communication profile (MDC codes, the device's own
row, flags of OBX-8).

Only MSH, OBR and OBX are read: segments that name a patient are dropped before anything is parsed.
python-hl7 splits the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, Final

import hl7

from ambient.observations import Doubt
from vitals import codes
from vitals.parse.hl7_encoding import USUAL, Row, Separators, decoded, instant, zone_of
from vitals.readings import AnyReading, Refused, ValueRead

MAX_BYTES: Final = 1_048_576
MAX_SEGMENTS: Final = 2_000
"""Of OBR and OBX in one message; a monitor sends some dozens."""

_READ: Final = ("MSH", "OBR", "OBX")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_LOINC: Final = re.compile(r"[0-9]{1,7}-[0-9]")
_MOST_WARNINGS: Final = 8
_LONGEST_ECHO: Final = 199

_TAKEN: Final = {
    "": (),
    "F": (),
    "C": (),
    "R": (),  # not verified by a nurse: what monitors send all day
    "P": (Doubt.EARLY,),
}
"""Result status (OBX-11, table 0085) of rows that are read, and what it makes doubtful."""

_FLAGS: Final = {
    "<": Doubt.SATURATED,
    ">": Doubt.SATURATED,
    "QUES": Doubt.WEAK_SIGNAL,
    "INV": Doubt.NO_VALUE,
    "NAV": Doubt.NO_VALUE,
    "EARLY": Doubt.EARLY,
    "MSMT": Doubt.EARLY,
    "CALIB": Doubt.DEMO,
    "DEMO": Doubt.DEMO,
    "TEST": Doubt.DEMO,
}
"""Flags (OBX-8, table 0078 and IHE PCD) that say how far a value can be trusted; those that judge
it (high, low, abnormal) say nothing of that."""


class Ack(StrEnum):
    """What an acknowledgement says (MSA-1, table 0008)."""

    ACCEPTED = "AA"
    ERROR = "AE"
    """Not taken now, or not readable; another try may do."""
    REJECTED = "AR"
    """Nothing that is read here, however often it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it was read.

    Attributes
    ----------
    code
        What to answer once `items` are taken in.
    text
        Why it is not accepted; empty when it is.
    items
        Readings and refusals in the order of the message.
    control, sender, facility, processing, version, separators
        MSH-10, MSH-3, MSH-4, MSH-11, MSH-12 as they came, and MSH-1 with MSH-2: to answer with.
    """

    code: Ack
    text: str = ""
    items: tuple[AnyReading | Refused, ...] = ()
    control: str = ""
    sender: str = ""
    facility: str = ""
    processing: str = "P"
    version: str = "2.6"
    separators: Separators = USUAL


def parse(data: bytes, *, zone: tzinfo = UTC) -> tuple[AnyReading | Refused, ...]:
    """Return the readings and refusals of one message.

    Parameters
    ----------
    data
        Without the frame.
    zone
        Of times that name none, when the message's own time (MSH-7) has none either.
    """
    message = read(data, zone=zone)
    return message.items if message.code is Ack.ACCEPTED else (Refused("message", message.text),)


def read(data: bytes, *, zone: tzinfo = UTC) -> Message:
    """Return one message: readings, refusals, and what its acknowledgement needs.

    Parameters
    ----------
    data
        Without the frame, at most `MAX_BYTES`.
    zone
        Of times that name none, when the message's own time (MSH-7) has none either.
    """
    if len(data) > MAX_BYTES:
        return _bad(f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    text = decoded(data).lstrip("\r\n \t")
    separators = Separators.of(text)
    if separators is None:
        return _bad("expected MSH and five different separators at the start")
    lines = [
        line
        for line in text.replace("\r\n", "\r").replace("\n", "\r").split("\r")
        if line[:3] in _READ and line[3:4] == separators.field
    ]
    if len(lines) > MAX_SEGMENTS:
        return _bad(f"expected at most {MAX_SEGMENTS} rows, got {len(lines)}")
    if sum(line.startswith("MSH") for line in lines) != 1:
        return _bad("expected one MSH segment")
    try:
        segments: Sequence[Any] = hl7.parse("\r".join(lines))
    except (hl7.HL7Exception, IndexError, ValueError):
        return _bad("expected segments of HL7 version 2")
    head = Row(segments[0], separators)
    message = Message(
        code=Ack.ACCEPTED,
        control=head.raw(10)[:_LONGEST_ECHO],
        sender=head.raw(3)[:_LONGEST_ECHO],
        facility=head.raw(4)[:_LONGEST_ECHO],
        processing=head.raw(11)[:3] or "P",
        version=head.part(12, 1)[:5] or "2.6",
        separators=separators,
    )
    if not message.control:
        return replace(message, code=Ack.ERROR, text="expected a control id in MSH-10")
    if (head.part(9, 1), head.part(9, 2)) != ("ORU", "R01"):
        kind = codes.shown(head.raw(9))
        return replace(message, code=Ack.REJECTED, text=f"expected ORU^R01, got {kind}")
    if not message.version.startswith("2."):
        version = codes.shown(message.version)
        return replace(message, code=Ack.REJECTED, text=f"expected version 2, got {version}")
    return replace(message, items=tuple(_items(segments, head, separators, zone)))


def acknowledge(message: Message, code: Ack, text: str, now: datetime) -> bytes:
    """Return the ACK of a message, without the frame.

    Parameters
    ----------
    message
        What was read.
    code, text
        What to say: `message.code` and `message.text`, or that it could not be taken in.
    now
        With a zone.
    """
    signs = message.separators
    stamp = now.strftime("%Y%m%d%H%M%S%z")
    plain = str.maketrans(dict.fromkeys(f"{signs.field}{signs.encoding}\r\n", " "))
    kind = signs.component.join(("ACK", "R01", "ACK"))
    told = text.translate(plain)
    head = (signs.encoding, "AMBIENT", "", message.sender, message.facility, stamp, "", kind)
    lines: list[tuple[str, ...]] = [
        ("MSH", *head, message.control, message.processing, message.version),
        ("MSA", code.value, message.control, told[:80]),
    ]
    if code is not Ack.ACCEPTED:
        lines.append(("ERR", "", "", "207", "E", "", "", "", told[:250]))
    refused = [item for item in message.items if isinstance(item, Refused)]
    for one in refused[:_MOST_WARNINGS]:
        said = f"{one.what}: {one.why}".translate(plain)
        lines.append(("ERR", "", "", "103", "W", "", "", "", said[:250]))
    return "".join(signs.field.join(line) + "\r" for line in lines).encode("utf-8", "replace")


def _items(
    segments: Sequence[Any], head: Row, separators: Separators, zone: tzinfo
) -> Iterator[AnyReading | Refused]:
    zone = zone_of(head.part(7, 1)) or zone
    rows = [Row(segment, separators) for segment in segments[1:]]
    devices = _device_rows(rows)
    sender = head.part(3, 1) or head.part(3, 2)
    test = (Doubt.DEMO,) if _is_test(head) else ()
    ordered: int | None = None
    for row in rows:
        if row.raw(0) == "OBR":
            ordered = instant(row.part(7, 1), zone)
        elif row.raw(2) or row.raw(5):
            at = instant(row.part(14, 1), zone)
            device = _entity(row) or devices.get(row.part(4, 1).split(".")[0]) or sender
            yield from _readings(row, device, ordered if at is None else at, test)


def _is_test(head: Row) -> bool:
    """Return whether a message is for training or debugging (MSH-11, table 0103)."""
    return head.part(11, 1) in ("T", "D")


def _device_rows(rows: Sequence[Row]) -> dict[str, str]:
    """Return the device of each containment tree by the first number of OBX-4 (IHE PCD)."""
    found: dict[str, str] = {}
    for row in rows:
        if row.raw(0) == "OBX" and row.raw(4):
            device = _entity(row)
            if device:
                found.setdefault(row.part(4, 1).split(".")[0], device)
    return found


def _entity(row: Row) -> str:
    """Return the equipment instance (OBX-18): its own id, else the universal one."""
    return row.part(18, 1) or row.part(18, 3)


def _readings(
    row: Row, device: str, t: int | None, doubts: tuple[Doubt, ...]
) -> Iterator[AnyReading | Refused]:
    code = _code(row)
    if isinstance(code, Refused):
        yield code
        return
    if not device:
        yield Refused("device", "expected one in OBX-18 or MSH-3, got none")
        return
    status = row.part(11, 1)
    if status not in _TAKEN:
        yield Refused(
            f"value of {code}", f"expected status F, C, P or R, got {codes.shown(status)}"
        )
        return
    marked = [_FLAGS[one[0]] for one in row.repeats(8) if one[0] in _FLAGS]
    doubts = tuple(dict.fromkeys((*doubts, *_TAKEN[status], *marked)))
    values = row.repeats(5)
    if not values:
        yield Refused(f"value of {code}", "expected a number, got nothing")
    for components in values:
        value = _number(row.raw(2), components, code)
        if isinstance(value, Refused):
            yield value
        else:
            yield ValueRead(
                device=device, t=t, code=code, value=value, unit=_unit(row, code), doubts=doubts
            )


def _code(row: Row) -> str | Refused:
    """Return the LOINC code of OBX-3, from its first or alternate coding."""
    repeats = row.repeats(3)
    parts = [*repeats[0], *[""] * 6][:6] if repeats else [""] * 6
    for name, _, system in (parts[:3], parts[3:]):
        if system in ("LN", "LOINC", "") and _LOINC.fullmatch(name):
            return name
        if system in ("MDC", "") and name in codes.MDC_CODES:
            return codes.MDC_CODES[name]
    if parts[2] in ("MDC", "") and parts[1] in codes.MDC_CODES:
        return codes.MDC_CODES[parts[1]]
    shown = codes.shown("^".join(parts[:3]))
    return Refused(f"code {shown}", "expected LOINC (LN) or an MDC code of the catalogue")


def _unit(row: Row, code: str) -> str:
    repeats = row.repeats(6)
    if not repeats:
        return codes.CONSCIOUSNESS.unit if _is_consciousness(code) else ""
    for name in repeats[0][:2]:
        if name in codes.MDC_UNITS:
            return codes.MDC_UNITS[name]
    return repeats[0][0]


def _number(kind: str, components: Sequence[str], code: str) -> float | Refused:
    """Return the number of one value of OBX-5."""
    what = f"value of {code}"
    if kind in ("CE", "CWE", "CNE", "ST", "IS") and _is_consciousness(code):
        level = codes.ACVPU.get(components[0])
        if level is None:
            return Refused(what, f"expected A, C, V, P or U, got {codes.shown(components[0])}")
        return level
    if kind == "SN":
        comparator, *rest = components
        if comparator not in ("", "=") or len([part for part in rest if part]) != 1 or not rest[0]:
            return Refused(what, "expected one number without a comparison")
        text = rest[0]
    elif kind == "NM":
        if len(components) != 1:
            return Refused(what, "expected one number, got components")
        text = components[0]
    else:
        return Refused(what, f"expected the type NM or SN, got {codes.shown(kind)}")
    text = text.strip(" ")
    if not _NUMBER.fullmatch(text):
        return Refused(what, f"expected a number, got {codes.shown(text) or 'nothing'}")
    return float(text)


def _is_consciousness(code: str) -> bool:
    return codes.BY_CODE.get(code) is codes.CONSCIOUSNESS


def _bad(text: str) -> Message:
    return Message(code=Ack.ERROR, text=text)
