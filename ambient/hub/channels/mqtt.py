"""MQTT with Home Assistant's discovery: a binary sensor per room, and what it is about.

In: notices. Out: retained messages with QoS 1 over TLS; the broker's acknowledgement is the
receipt. A last will says that the hub is gone. Topics, below ``ambient/SITE``::

    status                 online, or offline: the will
    ROOM/alarm             ON while an alarm of this room is to be shown, else OFF
    ROOM/about             the notice, as JSON; its id is the same when it comes twice
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from ambient.bus.secrets import client_tls, secret
from ambient.config_base import HOST_PATTERN, Host, Port, Strict
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.homeassistant import HOUSE, described
from ambient.hub.channels.plain import plain
from ambient.hub.channels.seam import Channel, House, Notice, Receipt

if TYPE_CHECKING:
    from paho.mqtt.client import Client

CALL_S: Final = 4.0
KEEPALIVE_S: Final = 15
PREFIX_PATTERN: Final = r"^[A-Za-z0-9_\-/]{1,60}$(?!\n)"


class Mqtt(Channel):
    """One broker."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is, and how it knows us; `ca` signs its certificate."""

        host: Host
        port: Port = 8883
        ca: Path | None = None
        certificate: Path | None = None
        private_key: Path | None = None
        user: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
        password_file: Path | None = None
        prefix: Annotated[str, Meta(pattern=PREFIX_PATTERN)] = "ambient"
        discovery: Annotated[str, Meta(pattern=PREFIX_PATTERN)] = "homeassistant"

    PATTERNS: ClassVar = {
        HOST_PATTERN: "a host by name or number",
        PREFIX_PATTERN: "a topic of letters, digits, _, - and /",
    }
    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        self._options = options
        self._house = house
        self._base = f"{options.prefix}/{house.site}"
        self._password = None if options.password_file is None else secret(options.password_file)
        self._tls = client_tls(options.ca, options.certificate, options.private_key)
        self._client: Client | None = None
        self._ready = threading.Event()
        self._patience = 0.0

    def told(self) -> str:
        """Return where messages go."""
        return f"MQTT {self._options.host}:{self._options.port}, topics {self._base}/#"

    def probe(self) -> bool:
        """Return whether the broker is connected."""
        return self._connected()

    def deliver(self, notice: Notice) -> Receipt:
        """Publish what the notice is about, and whether its room has an alarm."""
        if not self._connected():
            return self._failed("no connection")
        room = notice.room or HOUSE
        shown = {alarm: at or HOUSE for alarm, at in self._house.given().items()}
        shown.pop(notice.alarm, None)
        on = room in shown.values() or not (notice.over or notice.test)
        # Whoever is told is nobody else's business, and the broker keeps this.
        told = msgspec.structs.replace(plain(notice, self._house.site).data, recipient=None)
        about = msgspec.json.encode(told).decode()
        for topic, said in (("about", about), ("alarm", "ON" if on else "OFF")):
            if not self._publish(f"{self._base}/{room}/{topic}", said):
                self._drop()  # or it would send this again by itself, behind what came later
                return self._failed("no acknowledgement")
        return Receipt(delivery=Delivery.DELIVERED)

    def close(self) -> None:
        """Say that the hub goes, and disconnect."""
        if self._client is not None and self._ready.is_set():
            self._publish(f"{self._base}/status", "offline")
        self._drop()

    def _failed(self, got: str) -> Receipt:
        why = f"expected {self.told()} to take a message, got {got}"
        return Receipt(delivery=Delivery.FAILED, why=why)

    def _publish(self, topic: str, said: str) -> bool:
        assert self._client is not None
        sent = self._client.publish(topic, said, qos=1, retain=True)
        with suppress(RuntimeError, ValueError):  # not connected any more
            sent.wait_for_publish(CALL_S / 2)
        return sent.rc == 0 and sent.is_published()

    def _connected(self) -> bool:
        if self._client is None:
            self._client = self._new()
            self._client.connect_async(self._options.host, self._options.port, KEEPALIVE_S)
            self._client.loop_start()
            self._patience = time.monotonic() + CALL_S
        # A broker that is down holds up one notice, not each of them.
        return self._ready.wait(max(0.0, self._patience - time.monotonic()))

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._ready.clear()
        if client is not None:
            client.on_disconnect = None
            client.disconnect()
            client.loop_stop()

    def _new(self) -> Client:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2)
        client.tls_set_context(self._tls)
        client.reconnect_delay_set(1, 5)
        if self._options.user is not None:
            client.username_pw_set(self._options.user, self._password)
        client.will_set(f"{self._base}/status", "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: self._ready.clear()
        return client

    def _on_connect(self, client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        """Describe every room anew: the broker may have lost what it kept."""
        if reason.is_failure:
            return
        for topic, said in described(self._house, self._options.discovery, self._base):
            client.publish(topic, said, qos=1, retain=True)
        shown = {room or HOUSE for room in self._house.given().values()}
        for room in [*self._house.rooms, HOUSE]:
            on = "ON" if room in shown else "OFF"
            client.publish(f"{self._base}/{room}/alarm", on, qos=1, retain=True)
        client.publish(f"{self._base}/status", "online", qos=1, retain=True)
        self._ready.set()
