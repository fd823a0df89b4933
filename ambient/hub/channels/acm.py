"""HL7 version 2: ORU^R40 to an alert manager, as IHE's Alert Communication Management reports.

In: notices. Out: one transaction PCD-04 each (`pcd04`), over MLLP and within TLS, and what came of
it. A message that is sent again has the same control id.

The answer says that the manager has the message, not that somebody saw it: status reports (PCD-05)
come on a connection of their own and are not read.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from ambient.config_base import HOST_PATTERN, Host, Port, Strict
from ambient.errors import ConfigError
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.pcd04 import message_of
from ambient.hub.channels.remote import NotTaken, Remote, connected
from ambient.hub.channels.seam import House, Notice, Receipt
from ambient.mllp import END, START, FrameCounts, Frames, FrameTooLong

LONGEST_ANSWER: Final = 65_536
OF_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
TAKEN: Final = ("AA", "CA")
"""MSA-1 (table 0008): accepted, or committed to safe storage."""
REFUSED: Final = ("AR", "CR")


class Acm(Remote):
    """One alert manager."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is, what it is called, and the certificates of both sides."""

        host: Host
        port: Port
        application: Annotated[str, Meta(max_length=100)] = ""
        facility: Annotated[str, Meta(max_length=100)] = ""
        plain: bool = False
        ca: Path | None = None
        certificate: Path | None = None
        private_key: Path | None = None

    PATTERNS: ClassVar = {HOST_PATTERN: "a host by name or number"}
    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        if options.plain and options.host not in OF_THIS_MACHINE:
            raise ConfigError(
                f"{self.at('plain')}: expected TLS to another machine, got {options.host} without; "
                "remove plain, or reach it by a tunnel at 127.0.0.1"
            )
        self._options = options
        tls = self.tls(options.ca, options.certificate, options.private_key)
        self.far = options.host, options.port, None if options.plain else tls

    def told(self) -> str:
        """Return where messages go."""
        return f"HL7 alert manager {self._options.host}:{self._options.port}"

    async def send(self, notice: Notice) -> Receipt:
        """Send one message and read its answer."""
        to = self._options.application, self._options.facility
        message = message_of(notice, self._house.site, to, self._house.now())
        assert self.far is not None
        async with connected(*self.far) as (reader, writer):
            writer.write(START + message + END)
            await writer.drain()
            answer = await self._answer(reader)
        code, control = acknowledged(answer)
        if control != notice.id or code not in TAKEN:
            raise NotTaken(
                f"expected {self.told()} to acknowledge this message with AA or CA, got "
                f"{code[:20] or 'no MSA'}{'' if control == notice.id else ' to another'}; "
                "its log says more",
                retry=code not in REFUSED,
            )
        return Receipt(delivery=Delivery.DELIVERED)

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        frames = Frames(LONGEST_ANSWER, FrameCounts())
        try:
            while data := await reader.read(LONGEST_ANSWER):
                for message in frames.feed(data):
                    return message
        except FrameTooLong:
            raise NotTaken(
                f"expected an answer of at most {LONGEST_ANSWER} bytes, got more; see whether "
                f"{self.told()} speaks HL7"
            ) from None
        raise NotTaken(f"expected {self.told()} to acknowledge, got the end of the connection")


def acknowledged(answer: bytes) -> tuple[str, str]:
    """Return MSA-1 and MSA-2 of an answer; empty where it has none."""
    import hl7

    try:
        segment = hl7.parse(answer.decode("utf-8", "replace")).segment("MSA")
        return str(segment[1]), str(segment[2])
    except (hl7.HL7Exception, KeyError, IndexError, ValueError):
        return "", ""
