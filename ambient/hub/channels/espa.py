"""The nurse call or paging system that is there already, by ESPA 4.4.4 over TCP or a serial line.

In: notices. Out: calls to pagers; the alarm's mark at the end of the text is the same when a call
comes twice, because the protocol itself knows no message id.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from ambient.config_base import Strict
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.espa_block import CallPriority, CallType, Charset, call, encoded
from ambient.hub.channels.espa_line import Line, Result, Role
from ambient.hub.channels.espa_wire import Wire
from ambient.hub.channels.seam import DELIVER_S, Channel, House, Notice, Receipt

WIRE_PATTERN: Final = r"^(tcp://[A-Za-z0-9.\-:\[\]]+:[0-9]{1,5}|/dev/[A-Za-z0-9/._\-]+)$(?!\n)"
STATION_PATTERN: Final = r"^[0-9]$(?!\n)"
CALL_PATTERN: Final = r"^[0-9A-Za-z]{1,16}$(?!\n)"
WITHIN_S: Final = DELIVER_S - 0.5
PRIORITY: Final = {Priority.HIGH: CallPriority.ALARM, Priority.MEDIUM: CallPriority.HIGH}

Station = Annotated[str, Meta(pattern=STATION_PATTERN)]


class Espa(Channel):
    """One line to a paging system."""

    class Options(Strict, frozen=True, kw_only=True):
        """The wire, who is who on it, and how calls look; ``reset`` also sends that a call ends."""

        address: Annotated[str, Meta(pattern=WIRE_PATTERN, max_length=200)]
        role: Role = Role.CONTROL
        own: Station = "1"
        partner: Station = "2"
        baud: Literal[1200, 2400, 4800, 9600, 19200] = 9600
        frame: Literal["7E1", "8N1"] = "8N1"
        charset: Charset = Charset.ASCII
        call: Annotated[str, Meta(pattern=CALL_PATTERN)] = "1"
        beep: Annotated[int, Meta(ge=0, le=9)] = 2
        beep_urgent: Annotated[int, Meta(ge=0, le=9)] = 5
        length: Annotated[int, Meta(ge=16, le=128)] = 80
        answer_s: Annotated[float, Meta(ge=0.05, le=1.2)] = 1.0
        tries: Annotated[int, Meta(ge=1, le=3)] = 3
        reset: bool = False

    PATTERNS: ClassVar = {
        WIRE_PATTERN: "tcp://host:port or a serial line like /dev/ttyUSB0",
        STATION_PATTERN: "one digit",
        CALL_PATTERN: "the number of a pager or group",
    }

    def __init__(self, options: Options, house: House) -> None:
        self._options = options
        self.takes_back = options.reset
        line = Line(
            options.role,
            options.own.encode(),
            options.partner.encode(),
            answer_s=options.answer_s,
            tries=options.tries,
        )
        self._wire = Wire(options.address, options.baud, options.frame, line)

    def told(self) -> str:
        """Return where calls go."""
        return f"pagers by ESPA 4.4.4 at {self._options.address}"

    def probe(self) -> bool:
        """Return whether the line is connected."""
        self._wire.begin()
        return self._wire.connected

    def deliver(self, notice: Notice) -> Receipt:
        """Call the recipient's pager, or the usual one."""
        result = self._wire.send(block_of(notice, self._options), WITHIN_S)
        if result is Result.TAKEN:
            return Receipt(delivery=Delivery.DELIVERED)
        why = f"expected {self._options.address} to take a call, got {result.value}"
        return Receipt(delivery=Delivery.FAILED, why=why)

    def close(self) -> None:
        """Let go of the line."""
        self._wire.close()


def block_of(notice: Notice, options: Espa.Options) -> bytes:
    """Return the call that a notice is."""
    mark = encoded(f" {notice.alarm[:4]}.{notice.times}", options.charset)
    text = encoded(notice.text, options.charset)[: options.length - len(mark)] + mark
    return call(
        (notice.address or options.call).encode("ascii", "replace"),
        text,
        beep=options.beep_urgent if notice.priority is Priority.HIGH else options.beep,
        priority=PRIORITY.get(notice.priority, CallPriority.NORMAL),
        kind=CallType.RESET if notice.over else CallType.STANDARD,
    )
