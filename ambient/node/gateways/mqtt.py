"""MQTT: wearables that publish data points, and small sensors that describe themselves.

Comes in: messages of the broker of the configuration, over TLS. Goes out: readings, to the desk. A
message is acknowledged to the broker once what it says is sent to fusion, so whatever kills this
process, the broker sends it again. `ambient.node.gateways.topics` tells the two sessions apart.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Collection
from typing import Final

import aiomqtt
import structlog

from ambient.bus.secrets import client_tls, secret
from ambient.config_gateways import Mqtt, Way
from ambient.node.gateways.tasks import together
from ambient.node.gateways.topics import Message, Session, Topics
from ambient.node.gateways.way import Desk

PEER: Final = "mqtt"
QOS: Final = 1
KEEPALIVE_S: Final = 20
CALL_S: Final = 10.0
FIRST_S: Final = 1.0
GROWTH: Final = 1.6
LONGEST_S: Final = 30.0
"""Pauses between attempts to reach the broker."""
STABLE_S: Final = 60.0
DESCRIBE_S: Final = 10.0
"""So soon after a connection a sensor should have described itself."""
MAX_PAYLOAD: Final = 4 * 1024 * 1024
MAX_QUEUED: Final = 20_000
"""Messages without acknowledgement (QoS 0) that wait here; the broker holds the others back."""

_log = structlog.get_logger(__name__)
_quiet = logging.getLogger("ambient.mqtt")


class MqttGateway:
    """The broker of one node.

    Parameters
    ----------
    settings
        ``gateways.mqtt``.
    node
        Id of the node: the broker keeps its sessions by it.
    desk
        Where readings go.
    pause
        Waits so many seconds; a seam for tests.
    describe_s
        So soon after a connection a sensor should have described itself.
    wearables
        Topics of all wearables of the configuration.
    """

    way: Final = Way.MQTT

    def __init__(
        self,
        settings: Mqtt,
        node: str,
        desk: Desk,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        describe_s: float = DESCRIBE_S,
        wearables: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._node = node
        self._desk = desk
        self._pause = pause
        self.describe_s = describe_s
        self._topics = Topics(settings.discovery, wearables)
        self._connections = {session: _Connection(session, self) for session in Session}
        self._reasons: dict[Session, str | None] = {}
        self._cords_known = asyncio.Event()
        self._allow()

    @property
    def settled(self) -> bool:
        """Whether the broker sends nothing that may not be read."""
        return all(one.settled for one in self._connections.values())

    @property
    def topics(self) -> Topics:
        """What is known of the broker's topics."""
        return self._topics

    def changed(self) -> None:
        """Take note that other devices may be read now."""
        self._allow()
        self.refresh()

    def refresh(self) -> None:
        """Have both sessions subscribe to what is wanted now."""
        self._look_for_cords()
        for one in self._connections.values():
            one.refresh()

    async def run(self) -> None:
        """Keep both sessions for ever.

        Raises
        ------
        LinkError
            When a file with a secret or certificate cannot be used.
        """
        tls, password = self._credentials()
        await together(*(self._keep(one, tls, password) for one in self._connections.values()))

    def client(
        self, session: Session, tls: ssl.SSLContext | None, password: str | None
    ) -> AcknowledgingClient:
        """Return a client that is not connected yet."""
        lasting = session is Session.LASTING
        return AcknowledgingClient(
            self._settings.host,
            self._settings.port,
            username=self._settings.user,
            password=password,
            identifier=f"ambient-{self._node}" + ("" if lasting else "-states"),
            clean_session=not lasting,
            keepalive=KEEPALIVE_S,
            timeout=CALL_S,
            max_queued_incoming_messages=MAX_QUEUED,
            tls_context=tls,
            logger=_quiet,
        )

    def told(self, session: Session, reason: str | None) -> None:
        """Note whether a session is connected: nothing when it is, else why not."""
        self._reasons[session] = reason
        failing = next((r for r in self._reasons.values() if r is not None), None)
        if failing is not None or len(self._reasons) == len(Session):
            self._desk.link(Way.MQTT, failing)

    async def handle(self, session: Session, message: Message) -> bool:
        """Take a message in; return whether it may be acknowledged."""
        if len(message.payload) > MAX_PAYLOAD:
            message = Message(message.topic, b"", message.retained)
        heard = self._topics.hear(session, message)
        for device, there in heard.there.items():
            self._desk.presence(device, there)
        if heard.described:
            self.refresh()
        if heard.unwanted:
            self._connections[session].forget(message.topic)
        if heard.parsed:
            await self._desk.take(Way.MQTT, PEER, heard.parsed)
        for each in heard.early:
            await self.handle(Session.LASTING, each)
        return not heard.waits

    def tell_missing(self) -> None:
        """Say which sensors have not described themselves."""
        self._cords_known.set()
        devices = {one.id: one.device for one in self._desk.sensors(Way.MQTT)}
        for source in self._topics.missing():
            if source in devices:
                self._desk.presence(devices[source], False)

    def _allow(self) -> None:
        self._topics.allow(self._desk.wearables(Way.MQTT), self._desk.sensors(Way.MQTT))
        self._look_for_cords()

    def _look_for_cords(self) -> None:
        if not self._topics.missing_cords():
            self._cords_known.set()

    def _credentials(self) -> tuple[ssl.SSLContext | None, str | None]:
        mqtt = self._settings
        tls = client_tls(mqtt.ca, mqtt.certificate, mqtt.private_key) if mqtt.tls else None
        return tls, secret(mqtt.password_file) if mqtt.password_file is not None else None

    async def _keep(
        self, one: _Connection, tls: ssl.SSLContext | None, password: str | None
    ) -> None:
        """Keep one session: connect, read, and again whenever that ends."""
        wait_s = FIRST_S
        loop = asyncio.get_running_loop()
        if one.session is Session.LASTING:
            # A pull that waits at the broker is only understood once the cord is known.
            await self._cords_known.wait()
        while True:
            began = loop.time()
            try:
                async with self.client(one.session, tls, password) as client:
                    self.told(one.session, None)
                    await one.read(client)
            except aiomqtt.MqttError as error:
                one.lost()
                self.told(one.session, _reason(error))
            if loop.time() - began > STABLE_S:
                wait_s = FIRST_S
            await self._pause(wait_s)
            wait_s = min(LONGEST_S, wait_s * GROWTH)


class AcknowledgingClient(aiomqtt.Client):
    """A client that acknowledges a message when told to, not when it came."""

    async def __aenter__(self) -> AcknowledgingClient:
        """Connect."""
        self._client.manual_ack_set(True)
        await super().__aenter__()
        return self

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Tell the broker that it need not send `message` again."""
        self._client.ack(message.mid, message.qos)


class _Connection:
    """One session and what it is subscribed to."""

    def __init__(self, session: Session, gateway: MqttGateway) -> None:
        self.session = session
        self._gateway = gateway
        self._news = asyncio.Event()
        self._subscribed: set[str] = set()
        self._unwanted: set[str] = set()
        self._connected = False
        self.left = 0
        """Topics that were unsubscribed from."""

    @property
    def settled(self) -> bool:
        """Whether it is subscribed to nothing but what is wanted."""
        return not self._connected or self._subscribed <= self._gateway.topics.wanted(self.session)

    def refresh(self) -> None:
        self._news.set()

    def forget(self, topic: str) -> None:
        """Unsubscribe from a topic that an earlier run wanted."""
        self._unwanted.add(topic)
        self._news.set()

    def lost(self) -> None:
        self._connected = False
        self._subscribed.clear()

    async def read(self, client: AcknowledgingClient) -> None:
        """Read until the connection ends."""
        self._connected = True
        self._news.set()
        if self.session is Session.FRESH:
            await together(self._messages(client), self._subscribe(client), self._look())
        else:
            await together(self._messages(client), self._subscribe(client))

    async def _messages(self, client: AcknowledgingClient) -> None:
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            heard = Message(str(message.topic), payload, message.retain)
            await self._gateway.handle(self.session, heard)
            client.acknowledge(message)

    async def _look(self) -> None:
        """Miss those sensors that have not described themselves in time."""
        await asyncio.sleep(self._gateway.describe_s)
        self._gateway.tell_missing()
        await asyncio.get_running_loop().create_future()

    async def _subscribe(self, client: AcknowledgingClient) -> None:
        """Bring the subscriptions to what is wanted, whenever that changes."""
        while True:
            await self._news.wait()
            self._news.clear()
            wanted = self._gateway.topics.wanted(self.session)
            away = sorted((self._subscribed - wanted) | (self._unwanted - wanted))
            if away:
                await client.unsubscribe(away)
                self.left += len(away)
                self._subscribed -= set(away)
                self._unwanted.clear()
            fresh = sorted(wanted - self._subscribed)
            if fresh:
                granted = await client.subscribe([(topic, QOS) for topic in fresh])
                for topic, code in zip(fresh, granted, strict=True):
                    if _code(code) > QOS:
                        _log.warning("the broker does not let this node read a topic", topic=topic)
                # Refused ones count as asked for: the broker's rules change with its restart.
                self._subscribed |= set(fresh)


def _code(code: object) -> int:
    """Return what the broker answered to a subscription: the quality granted, or more."""
    value = getattr(code, "value", code)
    return value if isinstance(value, int) else 128


def _reason(error: Exception) -> str:
    """Return why the broker was not reached, without anything secret."""
    text = str(error)
    for word, meaning in _REASONS:
        if word in text:
            return meaning
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text[:120]) or "connection lost"


_REASONS: Final = (
    ("CERTIFICATE_VERIFY_FAILED", "the broker's certificate is not one that ca has signed"),
    ("WRONG_VERSION_NUMBER", "the broker speaks no TLS on this port"),
    ("Not authorized", "the broker does not know this user, password or certificate"),
    ("Bad user name", "the broker does not know this user, password or certificate"),
    ("Connection refused", "no broker listens there"),
)
