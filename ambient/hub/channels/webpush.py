"""Web push: a notification on a telephone or computer whose browser is closed. Needs internet.

In: notices. Out: to each device of the recipient one message, encrypted for it (RFC 8291) and
signed by the hub (VAPID, RFC 8292), by way of the push service of its browser's maker, who sees
when something is sent and to which device, and not what. ``Topic`` is made of the alarm, so that
what has not been fetched is replaced by what is newer; a device shows one notification an alarm.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated, ClassVar, Final

import msgspec
import structlog
from msgspec import Meta

from ambient.config_base import Strict
from ambient.errors import LinkError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import EVERYBODY, Delivery
from ambient.hub.channels import https
from ambient.hub.channels.mail import MAIL_PATTERN, MailAddress
from ambient.hub.channels.plain import plain
from ambient.hub.channels.remote import NotTaken, Remote
from ambient.hub.channels.seam import House, Notice, Receipt
from ambient.hub.channels.subscriptions import SERVICES, Devices, Subscription
from ambient.hub.channels.vapid import HubKey, encrypted

KEPT_S: Final = 300
"""How long a push service keeps what a device does not fetch; the alarm has rung anew by then."""
SIGNED_S: Final = 12 * 3600
"""For how long a signature is good; RFC 8292 allows a day."""
GONE: Final = (404, 410)
URGENCY: Final = {Priority.HIGH: "high", Priority.MEDIUM: "high"}

_log = structlog.get_logger(__name__)


class WebPush(Remote):
    """The devices that were enrolled on the page."""

    class Options(Strict, frozen=True, kw_only=True):
        """The hub's key, whom a push service may write to, where devices are kept."""

        key_file: Path
        contact: MailAddress
        devices: Path
        services: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)] = SERVICES
        ca: Path | None = None

    PATTERNS: ClassVar = {MAIL_PATTERN: "an address of e-mail"}
    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        self._options = options
        self.key = self.made("key_file", lambda: HubKey(options.key_file))
        self._tls = self.tls(options.ca)
        self.devices = Devices(options.devices, options.services)

    def told(self) -> str:
        """Return by whom messages go."""
        return f"web push by {', '.join(self._options.services)} (internet)"

    async def send(self, notice: Notice) -> Receipt:
        """Send to every device of the recipient; one that takes it is enough."""
        label = notice.address or EVERYBODY
        try:
            devices = self.devices.under(label)
        except LinkError as error:
            raise NotTaken(str(error)) from None
        if not devices:
            raise NotTaken(
                f"expected a device enrolled as {label!r}, got none; open /push on it and enrol it"
            )
        sent = await asyncio.gather(*(self._to(one, notice) for one in devices))
        missed = [why for why in sent if why is not None]
        if len(missed) == len(devices):
            raise NotTaken(missed[0])
        if missed:
            _log.warning("devices_missed", channel=self._house.channel, count=len(missed))
        return Receipt(delivery=Delivery.DELIVERED)

    async def _to(self, device: Subscription, notice: Notice) -> str | None:
        """Send to one device; return why it did not arrive, None when it did."""
        host = https.host_of(device.endpoint)
        until = self._house.now() // 1_000_000_000 + SIGNED_S
        headers = {
            "Authorization": self.key.signed(host, f"mailto:{self._options.contact}", until),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S),
            "Urgency": URGENCY.get(notice.priority, "normal"),
            "Topic": hashlib.sha256(notice.alarm.encode()).hexdigest()[:32],
        }
        body = encrypted(device, msgspec.json.encode(plain(notice, self._house.site)))
        try:
            answer = await https.post(device.endpoint, body, headers, self._tls)
            if answer.status in GONE:
                self.devices.remove(device.endpoint)
                return (
                    f"expected the device to be known at {host}, got {answer.status}: enrol it anew"
                )
            https.check(answer, device.endpoint)
        except NotTaken as error:
            return str(error)
        return None
