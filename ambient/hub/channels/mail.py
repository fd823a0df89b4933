"""E-mail over SMTP, always within TLS.

In: notices. Out: one message each. ``Message-ID`` is made of the notice's id, so that a message
that is sent again is the same message to every mailbox; all about one alarm is one thread.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from ambient.config_base import HOST_PATTERN, Host, Port, Strict
from ambient.errors import ConfigError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.remote import WITHIN_S, NotTaken, Remote, addressed, said
from ambient.hub.channels.seam import House, Notice, Receipt

MAIL_PATTERN: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@[A-Za-z0-9.\-]{1,253}$(?!\n)"
MailAddress = Annotated[str, Meta(pattern=MAIL_PATTERN)]


class Security(StrEnum):
    """When TLS begins."""

    STARTTLS = "starttls"
    """After a greeting, and never without (port 587)."""
    TLS = "tls"
    """At once (port 465)."""


class Mail(Remote):
    """One mail server that takes messages for delivery."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is, who is seen to send, and how it knows us."""

        host: Host
        port: Port = 587
        security: Security = Security.STARTTLS
        sender: MailAddress
        user: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
        password_file: Path | None = None
        ca: Path | None = None

    PATTERNS: ClassVar = {
        HOST_PATTERN: "a host by name or number",
        MAIL_PATTERN: "an address of e-mail",
    }

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        if (options.user is None) != (options.password_file is None):
            raise ConfigError(
                f"{self.at()}: expected user and password_file together, got one of them; "
                "add the other"
            )
        self._options = options
        file = options.password_file
        self._password = None if file is None else self.secret("password_file", file)
        self._tls = self.tls(options.ca)
        at_once = options.security is Security.TLS
        self.far = options.host, options.port, self._tls if at_once else None

    def told(self) -> str:
        """Return where messages go."""
        return f"e-mail by {self._options.host}:{self._options.port}"

    async def send(self, notice: Notice) -> Receipt:
        """Hand one message to the server."""
        import aiosmtplib

        options = self._options
        message = message_of(notice, options.sender, addressed(notice))
        client = aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port,
            use_tls=options.security is Security.TLS,
            start_tls=options.security is Security.STARTTLS,
            tls_context=self._tls,
            local_hostname=domain_of(options.sender),
            timeout=WITHIN_S,
        )
        transport: asyncio.BaseTransport | None = None
        try:
            async with client:
                transport = client.transport
                if options.user is not None:
                    await client.login(options.user, self._password or "")
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            why = f"expected {self.told()} to know the recipient's address, got {codes}"
            raise NotTaken(f"{why}; see recipients", retry=min(codes) < 500) from None
        except aiosmtplib.SMTPResponseException as error:
            todo = "; see user and password_file" if error.code in (530, 534, 535) else ""
            raise NotTaken(f"expected {self.told()} to take it, got {error.code}{todo}") from None
        except aiosmtplib.SMTPException as error:
            raise NotTaken(f"expected {self.told()} to take it, got: {said(error)}") from None
        finally:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # nothing is waited for, least of all a farewell
        return Receipt(delivery=Delivery.DELIVERED, reference=message["Message-ID"])


def domain_of(address: str) -> str:
    """Return the part after the @."""
    return address.rpartition("@")[2]


def message_of(notice: Notice, sender: str, to: str) -> EmailMessage:
    """Return the message: the subject says all, the text names the ids."""
    domain = domain_of(sender)
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = notice.text
    message["Date"] = format_datetime(datetime.fromtimestamp(notice.at // 1_000_000_000, UTC))
    message["Message-ID"] = f"<{_local(notice.id)}@{domain}>"
    message["References"] = f"<{_local(notice.alarm)}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Importance"] = "high" if notice.priority is Priority.HIGH else "normal"
    message["X-Ambient-Attempt"] = str(notice.attempt)
    message.set_content(f"{notice.text}\n\n{notice.id}\n")
    return message


def _local(text: str) -> str:
    """Return `text` as the left side of a Message-ID (RFC 5322, dot-atom)."""
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else "." for c in text).strip(".")
