"""Apprise: a hundred and more messengers and gateways, each by an address of its own.

In: notices. Out: one message each. Addresses of Apprise hold tokens, so they stand in a file that
only this user may read, as lines ``NAME URL``; a recipient's address in hub.yaml is that NAME.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ambient.bus.keys import read_private
from ambient.config_base import Strict
from ambient.errors import LinkError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import EVERYBODY, Delivery
from ambient.hub.channels.remote import failed
from ambient.hub.channels.seam import Channel, House, NotHereError, Notice, Receipt

if TYPE_CHECKING:
    from apprise import NotifyBase

CONNECT_S: Final = 2.5
READ_S: Final = 4.0
OF_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")


class Apprise(Channel):
    """Whatever the lines of one file name; that of `EVERYBODY` is for recipients without one."""

    class Options(Strict, frozen=True, kw_only=True):
        """The file of addresses."""

        urls_file: Path

    def __init__(self, options: Options, house: House) -> None:
        self._house = house
        where = f"channels.{house.channel}.options.urls_file"
        # Its log repeats what far sides answer; `deliver` says what came of it.
        logging.getLogger("apprise").disabled = True
        try:
            self._services = services_of(options.urls_file)
        except LinkError as error:
            raise NotHereError(f"{where}: {error}") from None

    def told(self) -> str:
        """Return which services are used, without their addresses."""
        names = sorted({str(one.service_name) for one in self._services.values()})
        return f"Apprise: {', '.join(names)}"

    def deliver(self, notice: Notice) -> Receipt:
        """Send one message by the service of the recipient."""
        from apprise import NotifyFormat, NotifyType

        name = notice.address or EVERYBODY
        service = self._services.get(name)
        if service is None:
            return failed(
                f"expected a line {name!r} in urls_file, got none; add it and start the hub anew",
                retry=False,
            )
        kind = NotifyType.FAILURE if notice.priority is Priority.HIGH else NotifyType.WARNING
        sent = service.notify(
            body=notice.id, title=notice.text, notify_type=kind, body_format=NotifyFormat.TEXT
        )
        if not sent:
            return failed(
                f"expected {service.service_name} to take it, got a refusal or no answer within "
                f"{CONNECT_S + READ_S} s; check the line {name!r} in urls_file"
            )
        return Receipt(delivery=Delivery.DELIVERED)


def services_of(path: Path) -> dict[str, NotifyBase]:
    """Return name ► service of each line; what is wrong is said without the address.

    Raises
    ------
    LinkError
        When the file cannot be read, others may, or a line is not as it should be.
    """
    from apprise import Apprise as Library

    data = read_private(path)
    if data is None:
        raise LinkError(f"{path}: expected a file with lines NAME URL, found none")
    services: dict[str, NotifyBase] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, url = line.strip().partition(" ")
        service = Library.instantiate(url.strip(), suppress_exceptions=True) if url else None
        if service is None:
            raise LinkError(
                f"{path}: line {number}: expected NAME URL as Apprise knows it, got none"
            )
        host = urlsplit(url.strip()).hostname
        secure = service.secure_protocol or ()
        checked = service.schema in ((secure,) if isinstance(secure, str) else secure)
        if not service.verify_certificate or not (checked or host in OF_THIS_MACHINE):
            raise LinkError(
                f"{path}: line {number}: expected a service with checked TLS, got one without; "
                "use its address that ends in s:// and leave verify as it is"
            )
        service.socket_connect_timeout, service.socket_read_timeout = CONNECT_S, READ_S
        services[name] = service
    if not services:
        raise LinkError(f"{path}: expected at least one line NAME URL, got none")
    return services
