"""Syslog (RFC 5424) over UDP, TCP (RFC 6587, octets counted) or TLS (RFC 5425).

In: notices. Out: one line each; the notice's id stands in the structured data, so that a double
shows. Syslog answers nothing: over TCP and TLS a connection carries one line and the receiver's
closing of it is taken as receipt; over UDP that it was sent is all that is known.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from ambient.bus.secrets import client_tls
from ambient.config_base import HOST_PATTERN, Host, Port, Strict
from ambient.errors import ConfigError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.seam import Channel, House, Notice, Receipt

CONNECT_S: Final = 3.0
CLOSE_S: Final = 2.0
LOCAL0: Final = 16
SEVERITY: Final = {
    Priority.HIGH: 1,  # alert: action must be taken immediately
    Priority.MEDIUM: 4,  # warning
    Priority.LOW: 5,  # notice
    Priority.TECHNICAL: 4,
}
ENTERPRISE: Final = "ambient@32473"
"""The number that RFC 5612 sets aside for examples; this project has none of its own."""


class Over(StrEnum):
    """By what the lines travel."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Syslog(Channel):
    """One receiver of syslog."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is; `ca` signs its certificate, `certificate` and `private_key` show us."""

        host: Host
        port: Port = 514
        over: Over = Over.TLS
        ca: Path | None = None
        certificate: Path | None = None
        private_key: Path | None = None
        facility: Annotated[int, Meta(ge=0, le=23)] = LOCAL0

    PATTERNS: ClassVar = {HOST_PATTERN: "a host by name or number"}

    def __init__(self, options: Options, house: House) -> None:
        if (options.certificate is None) != (options.private_key is None):
            raise ConfigError(
                f"channels.{house.channel}.options: expected certificate and private_key together, "
                "got one of them; add the other"
            )
        self._options = options
        self._house = house
        self._tls = (
            client_tls(options.ca, options.certificate, options.private_key)
            if options.over is Over.TLS
            else None
        )

    def told(self) -> str:
        """Return where lines go."""
        return f"syslog {self._options.over.value}://{self._options.host}:{self._options.port}"

    def deliver(self, notice: Notice) -> Receipt:
        """Send one line."""
        line = line_of(notice, self._options.facility, self._house.site)
        to = self._options.host, self._options.port
        try:
            if self._options.over is Over.UDP:
                family, kind, _, _, address = socket.getaddrinfo(*to, type=socket.SOCK_DGRAM)[0]
                with socket.socket(family, kind) as udp:
                    udp.sendto(line, address)
            else:
                self._send(b"%d %s" % (len(line), line))
        except OSError as error:
            why = f"expected {self.told()} to take a line, got: {error.strerror or error}"
            return Receipt(delivery=Delivery.FAILED, why=why)
        return Receipt(delivery=Delivery.DELIVERED)

    def _send(self, framed: bytes) -> None:
        with socket.create_connection((self._options.host, self._options.port), CONNECT_S) as plain:
            if self._tls is None:
                plain.sendall(framed)
                _closed(plain)
                return
            with self._tls.wrap_socket(plain, server_hostname=self._options.host) as tls:
                tls.sendall(framed)
                tls.settimeout(CLOSE_S)
                # A receiver that closes without TLS's own farewell has read up to the end too.
                with suppress(ssl.SSLEOFError, ssl.SSLSyscallError):
                    _closed(tls.unwrap())


def _closed(connection: socket.socket) -> None:
    """Wait until the receiver has read to the end; one that was killed resets the connection.

    One that reads nothing and closes nothing has perhaps taken the line, and perhaps not: it counts
    as not delivered, and what is sent again carries the same id.
    """
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(CLOSE_S)
    while connection.recv(4096):
        pass


def line_of(notice: Notice, facility: int, site: str) -> bytes:
    """Return the message of RFC 5424, section 6."""
    at = datetime.fromtimestamp(notice.at / 1e9, UTC).isoformat(timespec="milliseconds")
    severity = SEVERITY[notice.priority]
    fields = {
        "id": notice.id,
        "alarm": notice.alarm,
        "kind": notice.kind.value,
        "room": notice.room or "",
        "times": str(notice.times),
        "attempt": str(notice.attempt),
        "over": str(notice.over).lower(),
        "test": str(notice.test).lower(),
    }
    data = " ".join(f'{name}="{_escaped(value)}"' for name, value in fields.items())
    head = f"<{facility * 8 + severity}>1 {at} {_name(site)} ambient - alarm [{ENTERPRISE} {data}]"
    return f"{head} \ufeff{notice.text}".encode()


def _name(text: str) -> str:
    return "".join(c for c in text if "!" <= c <= "~")[:255] or "-"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
